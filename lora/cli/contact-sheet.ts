import sharp from "sharp";
import type { Picture } from "../generate/index.ts";

export interface SheetRow {
  readonly label: string;
  /** Drawn pictures, or files. */
  readonly pictures: readonly (Picture | string)[];
}

const GAP = 8;
const LABEL_HEIGHT = 28;

/** Rows of pictures with a label above each, as PNG. @param side of one picture, pixels */
export async function contactSheet(rows: readonly SheetRow[], side: number): Promise<Uint8Array> {
  const columns = Math.max(...rows.map(({ pictures }) => pictures.length));
  const rowHeight = LABEL_HEIGHT + side + GAP;
  const [width, height] = [columns * (side + GAP) + GAP, rows.length * rowHeight + GAP];
  const parts = await Promise.all(
    rows.flatMap(({ label, pictures }, row) => {
      const top = row * rowHeight + GAP;
      const text = `<svg width="${width}" height="${LABEL_HEIGHT}"><text x="${GAP}" y="20" font-family="sans-serif" font-size="16" fill="#333">${label}</text></svg>`;
      const images = pictures.map(async (picture, column) => ({
        input: await open(picture).resize(side, side, { kernel: "cubic" }).png().toBuffer(),
        left: GAP + column * (side + GAP),
        top: top + LABEL_HEIGHT,
      }));
      return [Promise.resolve({ input: Buffer.from(text), left: 0, top }), ...images];
    }),
  );
  return sharp({ create: { width, height, channels: 3, background: "#f4f4f2" } })
    .composite(parts)
    .png()
    .toBuffer();
}

const open = (picture: Picture | string) =>
  typeof picture === "string"
    ? sharp(picture)
    : sharp(picture.pixels, { raw: { width: picture.width, height: picture.height, channels: 3 } });
