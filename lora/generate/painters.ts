import { statSync } from "node:fs";
import type { StableDiffusion } from "../models/index.ts";
import type { Borders } from "../nn/index.ts";
import type { Painter } from "./painter.ts";

/** Of a larger file only one graph stays open: a second one holds its weights in memory a second time. */
const BOTH_BYTES_MAX = 512 * 2 ** 20;

/** The two graphs of a base, with plain and with circular borders, each opened when it is first drawn with. */
export class Painters {
  readonly #open: (borders: Borders) => Promise<Painter>;
  readonly #opened = new Map<Borders, Promise<Painter>>();
  readonly #keepsBoth: boolean;
  #drawing: Promise<unknown> = Promise.resolve();

  constructor(
    base: StableDiffusion,
    open: (borders: Borders) => Promise<Painter>,
    bothBytesMax: number = BOTH_BYTES_MAX,
  ) {
    this.#open = open;
    const [weights] = base.weights.unet.values();
    this.#keepsBoth = weights === undefined || statSync(weights.path).size <= bothBytesMax;
  }

  /** Whatever `draw` gets stays open until it is done; drawings follow each other. */
  use<T>(borders: Borders, draw: (painter: Painter) => Promise<T>): Promise<T> {
    const turn = this.#drawing.then(async () => draw(await this.#get(borders)));
    this.#drawing = turn.catch(() => undefined);
    return turn;
  }

  async #get(borders: Borders): Promise<Painter> {
    if (!this.#keepsBoth && !this.#opened.has(borders)) await this.close();
    const known = this.#opened.get(borders);
    if (known) return known;
    const opening = this.#open(borders);
    this.#opened.set(borders, opening);
    opening.catch(() => this.#opened.delete(borders));
    return opening;
  }

  async close(): Promise<void> {
    const opened = [...this.#opened.values()];
    this.#opened.clear();
    await Promise.all(opened.map(async (painter) => (await painter).close()));
  }
}
