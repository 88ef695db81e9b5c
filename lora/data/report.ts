import { relative, sep } from "node:path";
import { adviseSettings, type AdvisedSettings, guessSubject } from "./advice.ts";
import type { Size } from "./buckets.ts";
import { captionLikeness, checkCaptions } from "./caption-checks.ts";
import { type ImageDataset, type ImageSample, readImageDataset } from "./dataset.ts";
import { type ImageMeasures, measureImage, sameLook, SHARPNESS_MIN } from "./image-measures.ts";
import { mapParallel } from "./parallel.ts";
import { type FindingCode, findingTexts, type Language, type Severity } from "./report-texts.ts";

/** One thing worth a person's attention. */
export interface Finding {
  readonly severity: Severity;
  readonly code: FindingCode;
  /** Relative to the data folder; `file:line` for lines of a metadata file. */
  readonly file?: string;
  /** The number or text that was found. */
  readonly value?: number | string;
  /** What was found, in the report's language. */
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
}

export interface Report {
  readonly dir: string;
  readonly lang: Language;
  /** Number of pictures that can be used. */
  readonly samples: number;
  readonly findings: readonly Finding[];
}

export interface CheckOptions {
  readonly lang?: Language | undefined;
  /** The size that pictures are trained at: smaller ones are enlarged. 512 if unknown. Pixels. */
  readonly resolution?: number | Size | undefined;
  readonly metadataPath?: string | undefined;
  readonly triggerWord?: string | undefined;
  /** Settings to compare with the rules of thumb. */
  readonly config?: AdvisedSettings | undefined;
  /** What is learned; guessed from the captions if undefined. */
  readonly subject?: "face" | "style" | undefined;
}

/** The seed's smallest side. */
const RESOLUTION = 512;
/** Fewer pictures of one thing teach the pictures instead of the thing. */
const SAMPLES_MIN = 10;
/** Captions of one picture that share fewer of their words say different things. */
const LIKENESS_MIN = 0.5;

/**
 * Looks through a data set before training: pictures too small, blurred, near-duplicate or unreadable; captions missing,
 * contradictory or inconsistent; too few samples; settings off the rules of thumb. Findings never stop anything.
 * @param source a folder, or a data set already read
 * Errors: those of `readImageDataset`.
 */
export async function checkDataset(source: string | ImageDataset, options: CheckOptions = {}): Promise<Report> {
  const { lang = "en", triggerWord, config } = options;
  const dataset =
    typeof source === "string"
      ? await readImageDataset({ dir: source, metadataPath: options.metadataPath, triggerWord })
      : source;
  const { dir, samples } = dataset;
  const findings: Finding[] = [];
  const add = (code: FindingCode, file: string | undefined, value: number | string): void => {
    const { severity, [lang]: text } = findingTexts[code];
    const place = file === undefined ? {} : { file: relativeName(dir, file) };
    findings.push({ severity, code, ...place, value, message: text.message(value), advice: text.advice });
  };

  for (const { code, file, value = "" } of dataset.problems) {
    // Said by IMAGE_SMALL, before the first picture is loaded.
    if (code !== "IMAGE_ENLARGED") add(code, file, value);
  }
  if (samples.length < SAMPLES_MIN) add("SAMPLES_FEW", undefined, samples.length);
  const size = sizeOf(options.resolution);
  for (const { file, width, height } of samples) {
    if (isSmall({ width, height }, size)) add("IMAGE_SMALL", file, `${width}×${height} < ${size.width}×${size.height}`);
  }
  const measures = await mapParallel(samples, (sample) =>
    measureImage(sample.file, sample, Math.min(size.width, size.height)),
  );
  reportMeasures(dir, samples, measures, add);

  const missing = new Set(dataset.problems.filter(({ code }) => code === "CAPTION_MISSING").map(({ file }) => file));
  const captioned = samples.filter(({ file }) => !missing.has(file));
  for (const { code, file, value } of checkCaptions(captioned, triggerWord)) add(code, file, value);
  if (config !== undefined) {
    const subject = options.subject ?? guessSubject(captioned.map(({ caption }) => caption));
    for (const { code, value } of adviseSettings(config, subject)) add(code, undefined, value);
  }
  return { dir, lang, samples: samples.length, findings: sorted(findings) };
}

type Add = (code: FindingCode, file: string | undefined, value: number | string) => void;

/** Blur, and each picture that looks like an earlier one. */
function reportMeasures(
  dir: string,
  samples: readonly ImageSample[],
  measures: readonly ImageMeasures[],
  add: Add,
): void {
  for (const [index, { file, caption }] of samples.entries()) {
    const { sharpness, fingerprint } = measures[index]!;
    if (sharpness < SHARPNESS_MIN) add("IMAGE_BLURRED", file, Math.round(sharpness));
    const twin = measures.findIndex((other, at) => at < index && sameLook(other.fingerprint, fingerprint));
    if (twin < 0) continue;
    const name = relativeName(dir, samples[twin]!.file);
    add("IMAGE_DUPLICATE", file, name);
    if (captionLikeness(samples[twin]!.caption, caption) < LIKENESS_MIN) add("CAPTION_DIFFERS", file, name);
  }
}

const sizeOf = (resolution: number | Size = RESOLUTION): Size =>
  typeof resolution === "number" ? { width: resolution, height: resolution } : resolution;

/** Whether the picture must be enlarged to cover the area at its own shape, as the buckets do it. */
function isSmall(picture: Size, { width, height }: Size): boolean {
  return Math.min(picture.width, picture.height) < Math.min(width, height);
}

function relativeName(dir: string, file: string): string {
  const name = relative(dir, file);
  return name === "" || name.startsWith("..") ? file : name.split(sep).join("/");
}

const severities: readonly Severity[] = ["error", "warning", "advice"];

/** Worst first, findings of one kind together. */
function sorted(findings: readonly Finding[]): Finding[] {
  const codes = Object.keys(findingTexts);
  return findings.toSorted(
    (a, b) =>
      severities.indexOf(a.severity) - severities.indexOf(b.severity) || codes.indexOf(a.code) - codes.indexOf(b.code),
  );
}
