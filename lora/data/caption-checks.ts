import { hasWord, splitParts } from "./caption.ts";

export interface CaptionFinding {
  readonly code:
    | "CAPTION_ONE_FOR_ALL"
    | "CAPTION_TRIGGER_MISSING"
    | "CAPTION_CONTRADICTS_ITSELF"
    | "CAPTION_LANGUAGES_MIXED"
    | "CAPTION_FORMS_MIXED";
  readonly file?: string;
  readonly value: string | number;
}

interface Captioned {
  readonly file: string;
  readonly caption: string;
}

/** From this many pictures on, one caption for all of them is no coincidence. */
const SAME_CAPTION_MIN = 3;

/** What is odd about the captions of a data set taken together, and about each of them. */
export function checkCaptions(samples: readonly Captioned[], triggerWord: string | undefined): CaptionFinding[] {
  const findings: CaptionFinding[] = [];
  const [first] = samples;
  if (first !== undefined && samples.length >= SAME_CAPTION_MIN && samples.every((s) => s.caption === first.caption)) {
    findings.push({ code: "CAPTION_ONE_FOR_ALL", value: first.caption });
  }
  for (const { file, caption } of samples) {
    if (triggerWord !== undefined && !hasWord(caption, triggerWord)) {
      findings.push({ code: "CAPTION_TRIGGER_MISSING", file, value: triggerWord });
    }
    const contradiction = findContradiction(caption);
    if (contradiction !== undefined) findings.push({ code: "CAPTION_CONTRADICTS_ITSELF", file, value: contradiction });
  }
  return [...findings, ...findMinority(samples, triggerWord)];
}

/** Captions that differ in language or form from most others. */
function findMinority(samples: readonly Captioned[], triggerWord: string | undefined): CaptionFinding[] {
  const findings: CaptionFinding[] = [];
  const chinese = samples.filter(({ caption }) => isChinese(caption, triggerWord));
  const others = samples.filter((sample) => !chinese.includes(sample));
  const fewer = chinese.length < others.length ? chinese : others;
  if (chinese.length > 0 && others.length > 0) {
    for (const { file, caption } of fewer) findings.push({ code: "CAPTION_LANGUAGES_MIXED", file, value: caption });
  }
  const tags = samples.filter(({ caption }) => isTagList(caption)).length;
  const sentences = samples.filter(({ caption }) => isSentence(caption)).length;
  if (Math.min(tags, sentences) >= Math.max(2, samples.length * FORM_SHARE_MIN)) {
    findings.push({ code: "CAPTION_FORMS_MIXED", value: `${tags} : ${sentences}` });
  }
  return findings;
}

/** A few captions of another form do no harm. */
const FORM_SHARE_MIN = 0.2;

function isChinese(caption: string, triggerWord: string | undefined): boolean {
  const text = triggerWord === undefined ? caption : caption.replaceAll(triggerWord, "");
  const han = text.match(/\p{Script=Han}/gu)?.length ?? 0;
  const words = text.match(/\p{Script=Latin}+/gu)?.length ?? 0;
  return han > words;
}

const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

/** "1boy, black hair, glasses, smile" */
function isTagList(caption: string): boolean {
  const parts = splitParts(caption);
  return parts.length >= 4 && wordsOf(parts.join(" ")).length <= 2 * parts.length;
}

/** "A man with black hair is smiling at the camera." */
const isSentence = (caption: string): boolean => splitParts(caption).length === 1 && wordsOf(caption).length >= 6;

/** Things that cannot both be true of one subject, as people write them in captions. */
const opposites: readonly (readonly [string, string])[] = [
  ["long hair", "short hair"],
  ["eyes open", "eyes closed"],
  ["open eyes", "closed eyes"],
  ["open mouth", "closed mouth"],
  ["mouth open", "mouth closed"],
  ["smiling", "frowning"],
  ["clean-shaven", "beard"],
  ["indoors", "outdoors"],
  ["daytime", "night"],
  ["full body", "close-up"],
  ["full body", "headshot"],
  ["black and white", "colorful"],
  ["长发", "短发"],
  ["睁眼", "闭眼"],
  ["室内", "室外"],
  ["白天", "夜晚"],
  ["全身", "特写"],
];

/** With several people in the picture, each may have another attribute. */
const several =
  /\b(?:two|three|four|couple|group|several|many|people|men|women|boys|girls|and an? \p{L}+)\b|两|三个|几个|多人|们/iu;

/** The two halves of a contradiction, such as "glasses / without glasses", or undefined. */
export function findContradiction(caption: string): string | undefined {
  if (several.test(caption)) return undefined;
  for (const [a, b] of opposites) {
    if (hasWord(caption, a) && hasWord(caption, b)) return `${a} / ${b}`;
  }
  return findDenied(caption);
}

/** "without glasses", "no beard", 没有胡子, 不戴眼镜: the denied thing, then looked for outside the denial. */
const denials: readonly RegExp[] = [
  /\b(?:without|no|not wearing)\s+(?:an?\s+|any\s+|the\s+|his\s+|her\s+)?(?<thing>[\p{L}-]{3,})/giu,
  /(?:没有戴|没戴|不戴|没有|没穿|不穿|无)(?<thing>\p{Script=Han}{2})/gu,
];

function findDenied(caption: string): string | undefined {
  for (const denial of denials) {
    for (const match of caption.matchAll(denial)) {
      const thing = match.groups!["thing"]!;
      const rest = caption.replaceAll(denial, " ");
      if (hasWord(rest, thing)) return `${thing} / ${match[0]}`;
    }
  }
  return undefined;
}

/** Shared words of two captions, 0..1 (Jaccard); Chinese is compared by characters. */
export function captionLikeness(a: string, b: string): number {
  const pieces = (caption: string): Set<string> =>
    new Set(caption.toLowerCase().match(/\p{Script=Han}|[\p{L}\p{N}]+/gu) ?? []);
  const [left, right] = [pieces(a), pieces(b)];
  const all = new Set([...left, ...right]).size;
  return all === 0 ? 1 : (left.size + right.size - all) / all;
}
