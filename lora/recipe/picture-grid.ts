import sharp from "sharp";

/** RGB bytes [side, side, 3]. */
interface Square {
  readonly rgb: Uint8Array;
  readonly side: number;
}

export interface GridOptions {
  readonly columns: number;
  /** Between the pictures, white, pixels. */
  readonly gap?: number;
}

const WEBP = { quality: 90, effort: 6 } as const;

/** Pictures of equal size in rows, as WebP or, where the path does not end so, as PNG. */
export async function savePictureGrid(path: string, pictures: readonly Square[], options: GridOptions): Promise<void> {
  const { columns, gap = 0 } = options;
  const { side } = pictures[0]!;
  const across = (count: number): number => count * (side + gap) - gap;
  const [width, height] = [across(Math.min(columns, pictures.length)), across(Math.ceil(pictures.length / columns))];
  const tiles = pictures.map(({ rgb }, n) => ({
    input: Buffer.from(rgb),
    raw: { width: side, height: side, channels: 3 as const },
    left: (n % columns) * (side + gap),
    top: Math.floor(n / columns) * (side + gap),
  }));
  const grid = sharp({ create: { width, height, channels: 3, background: "white" } })
    .composite(tiles)
    .removeAlpha();
  await (path.endsWith(".webp") ? grid.webp(WEBP) : grid.png()).toFile(path);
}

/** The picture `times` × `times`, side by side. */
export function repeated({ rgb, side }: Square, times: number): Square {
  const whole = side * times;
  const out = new Uint8Array(3 * whole * whole);
  const line = 3 * side;
  for (let y = 0; y < whole; y++)
    for (let x = 0; x < times; x++)
      out.set(rgb.subarray((y % side) * line, ((y % side) + 1) * line), (y * times + x) * line);
  return { rgb: out, side: whole };
}
