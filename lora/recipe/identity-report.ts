/** The experiment's numbers as Markdown, and its pictures as a sheet. */
import sharp from "sharp";
import { percent } from "./accuracy.ts";
import type { Measured } from "./identity-experiment.ts";
import { gapClosed, meanSimilarities } from "./identity-score.ts";
import { SUBJECT_SIDE } from "./identity-subject.ts";

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const known = (values: readonly number[]): number[] => values.filter((value) => !Number.isNaN(value));
const shown = (share: number): string => (Number.isNaN(share) ? "–" : percent(share));
const points = (share: number): string => (Number.isNaN(share) ? "–" : (100 * share).toFixed(1));

export interface Summary {
  /** Of the mean similarities. */
  readonly gapClosed: number;
  readonly recognised: number;
  /** Base less trained, as a share; negative where the module draws more of what was asked. */
  readonly fidelityLoss: number;
  readonly seconds: number;
}

export function summarise(rows: readonly Measured[]): Summary {
  return {
    gapClosed: gapClosed(meanSimilarities(rows)),
    recognised: mean(rows.map(({ recognised }) => recognised.trained)),
    fidelityLoss: mean(known(rows.map(({ fidelity }) => fidelity.base - fidelity.trained))),
    seconds: mean(rows.map(({ seconds }) => seconds)),
  };
}

/** Each subject a row, and their mean. */
export function identityTable(kind: string, rows: readonly Measured[]): string {
  const cells = (row: Measured): string[] => [
    row.name,
    row.style,
    row.base.toFixed(3),
    row.trained.toFixed(3),
    row.real.toFixed(3),
    shown(gapClosed(row)),
    [row.recognised.base, row.recognised.trained, row.recognised.real].map(shown).join(" / "),
    [row.fidelity.base, row.fidelity.trained, row.fidelity.real].map(shown).join(" / "),
    points(row.fidelity.base - row.fidelity.trained),
    row.judged.join(", ") || "–",
  ];
  const { base, trained, real } = meanSimilarities(rows);
  const recognised = (["base", "trained", "real"] as const).map((of) => mean(rows.map((row) => row.recognised[of])));
  const fidelity = (["base", "trained", "real"] as const).map((of) => mean(known(rows.map((row) => row.fidelity[of]))));
  const last = [
    "**mean**",
    "",
    base.toFixed(3),
    trained.toFixed(3),
    real.toFixed(3),
    `**${shown(gapClosed({ base, trained, real }))}**`,
    recognised.map(shown).join(" / "),
    fidelity.map(shown).join(" / "),
    `**${points(summarise(rows).fidelityLoss)}**`,
    "",
  ];
  const head = [
    kind,
    "style",
    "base",
    "trained",
    "real",
    "gap closed",
    "recognised: base / trained / real",
    "facts drawn: base / trained / real",
    "loss, points",
    "facts judged",
  ];
  return markdown([head, ...rows.map(cells), last]);
}

/** Each training setting a row. */
export function settingsTable(
  rows: readonly { readonly name: string; readonly measured: readonly Measured[] }[],
): string {
  const head = ["settings", "steps", "gap closed", "recognised", "loss, points", "seconds a module"];
  const cells = rows.map(({ name, measured }) => {
    const summary = summarise(measured);
    return [
      name,
      String(measured[0]?.steps ?? ""),
      shown(summary.gapClosed),
      shown(summary.recognised),
      points(summary.fidelityLoss),
      summary.seconds.toFixed(0),
    ];
  });
  return markdown([head, ...cells]);
}

function markdown([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head!), line(head!.map(() => "---")), ...rows.map(line)].join("\n");
}

export interface SheetRow {
  readonly name: string;
  /** RGB bytes [128, 128, 3] under each title. */
  readonly pictures: readonly Uint8Array[];
}

const GAP = 6;
const LABEL_WIDTH = 88;
const TITLE_HEIGHT = 24;

const label = (text: string, width: number, height: number): Buffer =>
  Buffer.from(
    `<svg width="${width}" height="${height}"><text x="${width / 2}" y="${height / 2 + 5}" text-anchor="middle" font-family="sans-serif" font-size="14" fill="#333">${text}</text></svg>`,
  );

/** Rows of pictures under their titles, the row's name before them, as PNG. */
export async function saveIdentitySheet(
  path: string,
  titles: readonly string[],
  rows: readonly SheetRow[],
): Promise<void> {
  const pitch = SUBJECT_SIDE + GAP;
  const [width, height] = [LABEL_WIDTH + titles.length * pitch, TITLE_HEIGHT + rows.length * pitch];
  const heads = titles.map((title, column) => ({
    input: label(title, SUBJECT_SIDE, TITLE_HEIGHT),
    left: LABEL_WIDTH + column * pitch,
    top: 0,
  }));
  const lines = rows.flatMap(({ name, pictures }, row) => [
    { input: label(name, LABEL_WIDTH, SUBJECT_SIDE), left: 0, top: TITLE_HEIGHT + row * pitch },
    ...pictures.map((pixels, column) => ({
      input: Buffer.from(pixels),
      raw: { width: SUBJECT_SIDE, height: SUBJECT_SIDE, channels: 3 as const },
      left: LABEL_WIDTH + column * pitch,
      top: TITLE_HEIGHT + row * pitch,
    })),
  ]);
  await sharp({ create: { width, height, channels: 3, background: "white" } })
    .composite([...heads, ...lines])
    .png()
    .toFile(path);
}
