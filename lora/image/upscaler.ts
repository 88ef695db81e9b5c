import { fileURLToPath } from "node:url";
import { openSafetensors, type SafetensorsFile } from "../format/index.ts";
import { Graph, symbol, type Value } from "../graph/index.ts";
import { FrozenWeights, weightMap } from "../models/index.ts";
import { Scope } from "../nn/index.ts";
import { Session } from "../runtime/index.ts";
import { BACK_PROJECTIONS, backProjected } from "./back-projection.ts";
import { SCALE } from "./fine-pixels.ts";
import { residualDense, sightPixels, type ResidualDenseConfig } from "./residual-dense.ts";
import { spreadColours } from "./spread-colours.ts";
import { keepWithinNeighbours } from "./within-neighbours.ts";

/** Interleaved bytes, row-major, top row first. */
export interface Picture {
  /** [height, width, 3] */
  readonly rgb: Uint8Array;
  /** [height, width]; absent where nothing is transparent. */
  readonly alpha?: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A rectangle of a picture, pixels. */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A piece of the enlarged picture: `values` [3, height, width] in about 0…255. */
export interface Tile extends Area {
  readonly values: Float32Array;
}

export interface UpscaleOptions {
  /** The picture repeats in both directions, and so does the result. Else its border pixels go on outside. */
  readonly isSeamless?: boolean;
  /** Largest side of what is enlarged at once, pixels of the picture. It bounds memory and does not change the result. */
  readonly tileMax?: number;
  readonly onTile?: (done: number, tiles: number) => void;
}

/** Some 300 MB while a tile is computed; less would make the overlap the larger part of the work. */
const TILE_MAX = 192;
/** The network that comes with Animula; other weights would be another name. */
export const UPSCALER_NAME = "esrgan-medium-x4";
const WEIGHTS = fileURLToPath(new URL(`../../assets/upscale/${UPSCALER_NAME}.safetensors`, import.meta.url));

/** The network that comes with Animula; see the model card beside its weights. */
export const openUpscaler = (): Promise<Upscaler> => Upscaler.open(WEIGHTS);

/** The network's own result `enlarged` and the one given out, `corrected`, for the graph input "picture" [1, 3, H, W]. */
export function upscalerGraph(file: SafetensorsFile): { enlarged: Value; corrected: Value; sight: number } {
  const config = configOf(file);
  const graph = new Graph();
  const weights = weightMap(file, (name) => [{ name }]);
  const picture = graph.input("picture", "float32", [1, 3, symbol("height"), symbol("width")]);
  const enlarged = residualDense(new Scope(new FrozenWeights(graph, "upscaler", weights)), picture, config);
  const corrected = backProjected(enlarged, picture);
  return { enlarged, corrected, sight: sightPixels(config) + BACK_PROJECTIONS };
}

/** Enlarges pictures four times in each direction. */
export class Upscaler {
  private readonly session: Session<"corrected">;
  private readonly sight: number;

  private constructor(session: Session<"corrected">, sight: number) {
    this.session = session;
    this.sight = sight;
  }

  /**
   * @param path weights as `lora/recipe/convert-upscaler.ts` writes them
   * @throws SAFETENSORS_*, FILE_*, BASE_TENSOR_*
   */
  static async open(path: string): Promise<Upscaler> {
    const { corrected, sight } = upscalerGraph(openSafetensors(path));
    return new Upscaler(await Session.open({ corrected }, { optimization: "all" }), sight);
  }

  /** The picture four times as wide and as high. Transparency is enlarged as a grey picture of its own. */
  async upscale(picture: Picture, options: UpscaleOptions = {}): Promise<Picture> {
    const { alpha: shown, width, height } = picture;
    if (!shown) return this.colours(picture, options);
    const outside = outsideOf(options);
    const spread = { rgb: spreadColours({ ...picture, alpha: shown }, outside), width, height };
    const colours = await this.colours(spread, options);
    const grey = Uint8Array.from({ length: 3 * width * height }, (_, i) => shown[Math.floor(i / 3)]!);
    const { rgb } = await this.colours({ rgb: grey, width, height }, options);
    const alpha = rgb.filter((_, i) => i % 3 === 0);
    keepWithinNeighbours(alpha, shown, picture, outside);
    return { ...colours, alpha };
  }

  /** The result piece by piece, each computed with all that it can see around it: no border between them shows. */
  async *tiles(picture: Picture, options: UpscaleOptions = {}): AsyncGenerator<Tile> {
    const { tileMax = TILE_MAX, onTile } = options;
    const outside = outsideOf(options);
    const columns = cuts(picture.width, tileMax);
    const rows = cuts(picture.height, tileMax);
    let done = 0;
    for (const [top, bottom] of rows)
      for (const [left, right] of columns) {
        yield await this.tile(picture, { left, top, width: right - left, height: bottom - top }, outside);
        onTile?.(++done, rows.length * columns.length);
      }
  }

  async close(): Promise<void> {
    await this.session.close();
  }

  private async colours(picture: Picture, options: UpscaleOptions): Promise<Picture> {
    const [width, height] = [SCALE * picture.width, SCALE * picture.height];
    const rgb = new Uint8Array(3 * width * height);
    for await (const tile of this.tiles(picture, options)) place(tile, rgb, width);
    return { rgb, width, height };
  }

  private async tile(picture: Picture, area: Area, outside: Outside): Promise<Tile> {
    const { left, top, width, height } = area;
    const around = this.sight;
    const seen = { left: left - around, top: top - around, width: width + 2 * around, height: height + 2 * around };
    const data = planesOf(picture, seen, outside);
    const { corrected } = await this.session.run({ picture: { data, dims: [1, 3, seen.height, seen.width] } });
    const planes = corrected.data as Float32Array;
    const values = middle(planes, SCALE * seen.width, SCALE * seen.height, SCALE * around);
    return { left: SCALE * left, top: SCALE * top, width: SCALE * width, height: SCALE * height, values };
  }
}

/** The sizes, from the shapes of the weights. */
function configOf({ tensors }: SafetensorsFile): ResidualDenseConfig {
  const outputs = (name: string): number => tensors.get(`${name}.weight`)?.shape[0] ?? 0;
  let blocks = 0;
  while (tensors.has(`blocks.${blocks}.dense.weight`)) blocks++;
  return {
    blocks,
    width: outputs("shallow.0"),
    growth: outputs("blocks.0.dense"),
    up: [outputs("up.0"), outputs("up.1"), outputs("up.2")],
  };
}

/** Which pixel of a line of `size` stands at `i`, which may lie outside. */
type Outside = (i: number, size: number) => number;
const wrap: Outside = (i, size) => ((i % size) + size) % size;
const clamp: Outside = (i, size) => Math.min(size - 1, Math.max(0, i));
const outsideOf = ({ isSeamless = false }: UpscaleOptions): Outside => (isSeamless ? wrap : clamp);

/** [start, end) of pieces of nearly equal length. */
function cuts(size: number, most: number): [number, number][] {
  const count = Math.ceil(size / most);
  const at = (i: number): number => Math.floor((i * size) / count);
  return Array.from({ length: count }, (_, i) => [at(i), at(i + 1)]);
}

/** Bytes → [3, height, width] of an area that may reach outside the picture. */
function planesOf(picture: Picture, { left, top, width, height }: Area, outside: Outside): Float32Array {
  const planes = new Float32Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const row = outside(top + y, picture.height) * picture.width;
    for (let x = 0; x < width; x++) {
      const from = 3 * (row + outside(left + x, picture.width));
      for (let c = 0; c < 3; c++) planes[(c * height + y) * width + x] = picture.rgb[from + c]!;
    }
  }
  return planes;
}

/** Each of three planes without `border` pixels on every side. */
function middle(planes: Float32Array, width: number, height: number, border: number): Float32Array {
  const [innerWidth, innerHeight] = [width - 2 * border, height - 2 * border];
  const inner = new Float32Array(3 * innerWidth * innerHeight);
  for (let line = 0; line < 3 * innerHeight; line++) {
    const [c, y] = [Math.floor(line / innerHeight), line % innerHeight];
    const start = (c * height + y + border) * width + border;
    inner.set(planes.subarray(start, start + innerWidth), line * innerWidth);
  }
  return inner;
}

/** Rounds a tile into interleaved bytes. */
function place({ left, top, width, height, values }: Tile, rgb: Uint8Array, wholeWidth: number): void {
  const bytes = new Uint8ClampedArray(rgb.buffer, rgb.byteOffset, rgb.length);
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        bytes[3 * ((top + y) * wholeWidth + left + x) + c] = values[(c * height + y) * width + x]!;
}
