/**
 * Whether a module makes a character consistent, as numbers: `npm run measure:identity -- --base FOLDER`. Ten characters
 * and five kinds of texture that the base never saw are each taught to a module by the trainer's own suggestions from
 * twelve pictures; then twenty prompts are drawn with the base alone and with the module. Seeds are fixed.
 *
 * Similarity is the mean cosine between features of the drawn pictures and of those the module learned from: face
 * descriptors of characters, statistics of the pattern of textures, each number standardised over all real pictures. The
 * gap closed is (trained − base) / (real − base), where "real" are pictures of the same subject that the module never saw. "Recognised"
 * are the pictures that are more like this subject's than any other's. What is measured of a subject is kept in `--out`: a run that was
 * stopped goes on, and two runs, each of some `--subjects`, can share the work. Caption fidelity is the share of a prompt's facts
 * that a judge tells of the picture, for those facts which it tells of at least three quarters of the real pictures.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { makeFolder } from "../format/index.ts";
import { DrawingStudio, modelHash } from "../generate/index.ts";
import { openStableDiffusion, type StableDiffusion } from "../models/index.ts";
import { readBaseDefaults } from "../train/index.ts";
import { AttributeJudge, JUDGE } from "./attribute-classifier.ts";
import { recipeErrors } from "./errors.ts";
import { faceWeights } from "./face-descriptor-package.ts";
import { FaceNetwork, type Crop } from "./face-descriptor.ts";
import { characters, characterSubject, CHARACTER_PROMPTS_MAX } from "./identity-characters.ts";
import {
  drawPrompts,
  judgePictures,
  tellableFacts,
  type Measured,
  type Reference,
  type TellFacts,
} from "./identity-experiment.ts";
import { readRecord, writeRecord, type RecordKey, type SubjectResult } from "./identity-record.ts";
import { identityTable, saveIdentitySheet, settingsTable, type SheetRow } from "./identity-report.ts";
import { areaUnderCurve, pairSimilarities, standardising, type Features } from "./identity-score.ts";
import { settingsNames, settingsVariants, type SettingsName } from "./identity-settings.ts";
import type { Describe, Subject, SubjectKind } from "./identity-subject.ts";
import { colorTeller, textureSubject, triggerOf } from "./identity-textures.ts";
import { textureFeatures } from "./identity-texture-features.ts";
import { teach } from "./identity-training.ts";
import { heldOutTextures } from "./textures.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { values: args } = parseArgs({
  options: {
    base: { type: "string", default: join(ROOT, "assets/base/mini-sd") },
    judge: { type: "string", default: JUDGE },
    out: { type: "string", default: ".work/identity" },
    characters: { type: "string", default: String(characters.length) },
    textures: { type: "string", default: String(heldOutTextures.length) },
    prompts: { type: "string", default: "20" },
    settings: { type: "string", default: "defaults" },
    /** Only these, by name. */
    subjects: { type: "string" },
  },
});

function wholeNumber(name: "characters" | "textures" | "prompts", least: number, most: number): number {
  const value = Number(args[name]);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw recipeErrors.IDENTITY_ARGUMENT(name, `a whole number from ${least} to ${most}`, args[name]);
}

function settingsAsked(): SettingsName[] {
  if (args.settings === "all") return settingsNames;
  return args.settings.split(",").map((name) => {
    const known = settingsNames.find((other) => other === name);
    if (known === undefined) throw recipeErrors.IDENTITY_ARGUMENT("settings", `all, ${settingsNames.join(", ")}`, name);
    return known;
  });
}

const counts = {
  character: wholeNumber("characters", 0, characters.length),
  texture: wholeNumber("textures", 0, heldOutTextures.length),
} as const satisfies Record<SubjectKind, number>;
const promptCount = wholeNumber("prompts", 1, CHARACTER_PROMPTS_MAX);
const settings = settingsAsked();
const namesOf: Readonly<Record<SubjectKind, readonly string[]>> = {
  character: characters.map(({ name }) => name),
  texture: heldOutTextures.map(triggerOf),
};
const names = Object.values(namesOf).flat();
const only = args.subjects?.split(",") ?? names;
const unknown = only.find((name) => !names.includes(name));
if (unknown !== undefined) throw recipeErrors.IDENTITY_ARGUMENT("subjects", `some of ${names.join(", ")}`, unknown);

/** Nearly the whole head: of the crops tried it tells two characters of one style apart best. */
const HEAD: Crop = { left: 0.05, top: 0.05, side: 0.9 };

const SHEET_TITLES = ["real", "base", "trained", "trained", "trained"];

interface KindOfSubject {
  readonly subjects: () => Promise<Subject[]>;
  /** Features of one picture, and how to be rid of what computes them. */
  readonly open: () => Promise<{ describe: Describe; close: () => Promise<void> }>;
  readonly tell: (subject: Subject, judge: AttributeJudge) => TellFacts;
}

const kinds: Readonly<Record<SubjectKind, KindOfSubject>> = {
  character: {
    subjects: () => Promise.all(characters.map((_, index) => characterSubject(index, promptCount))),
    open: async () => {
      const network = await FaceNetwork.open(await faceWeights());
      return { describe: (rgb) => network.describe(rgb, HEAD), close: () => network.close() };
    },
    tell: (_, judge) => async (rgb) => ({ ...(await judge.judge(rgb)) }),
  },
  texture: {
    subjects: async () => heldOutTextures.map((_, index) => textureSubject(index, promptCount)),
    open: async () => ({ describe: async (rgb) => textureFeatures(rgb), close: async () => {} }),
    tell: ({ pictures }) => {
      const colorOf = colorTeller(pictures);
      return async (rgb) => ({ color: colorOf(rgb) });
    },
  },
};

/** Features of all real pictures, standardised, and how well they tell subjects apart. */
async function openReference(all: readonly Subject[], describe: Describe): Promise<Reference> {
  const rows = new Map<string, Features[]>();
  for (const { name, pictures, held } of all) {
    const features: Features[] = [];
    for (const { pixels } of [...pictures, ...held]) features.push(await describe(pixels));
    rows.set(name, features);
  }
  const standardised = standardising([...rows.values()].flat());
  const groups = new Map([...rows].map(([name, features]) => [name, features.map(standardised)]));
  printTelling(all, groups);
  const learned = all.map(({ name, pictures }) => [name, groups.get(name)!.slice(0, pictures.length)] as const);
  return { describe: async (rgb) => standardised(await describe(rgb)), learned: new Map(learned) };
}

function printTelling(all: readonly Subject[], groups: ReadonlyMap<string, readonly Features[]>): void {
  const areaOf = (subjects: readonly Subject[]): string => {
    const { same, different } = pairSimilarities(subjects.map(({ name }) => groups.get(name)!));
    return areaUnderCurve(same, different).toFixed(3);
  };
  console.log(`same or different, area under the curve on real pictures: ${areaOf(all)} over all`);
  const styles = [...new Set(all.map(({ style }) => style))];
  if (styles.length === 1) return;
  const within = styles.map((style) => `${style} ${areaOf(all.filter((subject) => subject.style === style))}`);
  console.log(`  within a style: ${within.join(", ")}`);
}

interface Bench {
  readonly key: RecordKey;
  readonly base: StableDiffusion;
  readonly studio: DrawingStudio;
  readonly judge: AttributeJudge;
}

const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
};

/** All settings of one subject: the pictures of the base alone are the same for all. */
async function measureSubject(
  subject: Subject,
  kind: KindOfSubject,
  reference: Reference,
  { base, studio, judge }: Bench,
): Promise<SubjectResult> {
  const tell = kind.tell(subject, judge);
  const judged = await tellableFacts(subject, tell);
  const judging = { reference, tell, judged };
  const heldPixels = subject.held.map(({ pixels }) => pixels);
  const real = await judgePictures(subject, heldPixels, subject.held, judging);
  const counting = (what: string) => (count: number) => progress(`${subject.name}: ${what} ${count}`);
  const alone = await drawPrompts(studio, subject, undefined, counting("base"));
  const without = await judgePictures(subject, alone, subject.prompts, judging);
  const measured = new Map<SettingsName, Measured>();
  let shown: readonly Uint8Array[] = [];
  for (const name of settings) {
    const taught = await teach(base, subject, settingsVariants[name], counting(`${name}, step`));
    console.log(`${subject.name}, ${name}: ${taught.steps} steps in ${taught.seconds.toFixed(0)} s`);
    const pictures = await drawPrompts(studio, subject, taught.module, counting(`${name}, picture`));
    const trained = await judgePictures(subject, pictures, subject.prompts, judging);
    const each = (key: "similarity" | "recognised" | "fidelity") => ({
      trained: trained[key],
      base: without[key],
      real: real[key],
    });
    measured.set(name, {
      name: subject.name,
      style: subject.style,
      judged,
      ...each("similarity"),
      recognised: each("recognised"),
      fidelity: each("fidelity"),
      steps: taught.steps,
      seconds: taught.seconds,
    });
    if (shown.length === 0) shown = pictures.slice(0, 3);
  }
  progress("");
  return { measured, row: { name: subject.name, pictures: [subject.pictures[0]!.pixels, alone[0]!, ...shown] } };
}

async function measureKind(name: SubjectKind, bench: Bench): Promise<void> {
  const asked = namesOf[name].slice(0, counts[name]).filter((each) => only.includes(each));
  if (asked.length === 0) return;
  const kind = kinds[name];
  const all = await kind.subjects();
  const { describe, close } = await kind.open();
  const reference = await openReference(all, describe);
  const rows: SheetRow[] = [];
  const tables = settings.map((setting) => ({ name: setting, measured: [] as Measured[] }));
  for (const subject of all.filter((each) => asked.includes(each.name))) {
    const known = readRecord(args.out, bench.key, subject.name);
    const { measured, row } = known ?? (await measureSubject(subject, kind, reference, bench));
    if (!known) writeRecord(args.out, bench.key, { measured, row });
    for (const table of tables) table.measured.push(measured.get(table.name)!);
    rows.push(row);
    // After each, so that a run that is stopped has shown something.
    const blocks = tables.map((table) => `settings: ${table.name}\n\n${identityTable(name, table.measured)}`);
    if (tables.length > 1) blocks.push(settingsTable(tables));
    writeFileSync(join(args.out, `${name}s.md`), `${blocks.join("\n\n")}\n`);
    await saveIdentitySheet(join(args.out, `${name}s.png`), SHEET_TITLES, rows);
    console.log(identityTable(name, [tables[0]!.measured.at(-1)!]).split("\n")[2]);
  }
  await close();
  for (const table of tables) console.log(`\nsettings: ${table.name}\n\n${identityTable(name, table.measured)}`);
  if (tables.length > 1) console.log(`\n${settingsTable(tables)}`);
}

makeFolder(args.out);
const base = await openStableDiffusion(args.base);
const key = {
  base: await modelHash(base),
  drawing: base.drawing,
  training: readBaseDefaults(base.path),
  settings,
  prompts: promptCount,
};
const bench: Bench = {
  key,
  base,
  studio: await DrawingStudio.open(base),
  judge: await AttributeJudge.open(args.judge),
};
for (const name of ["character", "texture"] as const) await measureKind(name, bench);
await bench.judge.close();
await bench.studio.close();
console.log(`\ntables and sheets: ${args.out}`);
