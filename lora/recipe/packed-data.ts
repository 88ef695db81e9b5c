import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";

const SIDE = 128;
const SAMPLE_BYTES = SIDE * SIDE * 3;

export interface PackedSample {
  readonly caption: string;
  readonly kind: "portrait" | "texture";
  readonly style: string;
  /** Chinese; it says other parts than `caption`, in another order. Lacking in data of generator version 1, as are the attributes. */
  readonly captionZh?: string;
  /** What the picture shows: see `PortraitAttributes` and `TextureAttributes`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** The pictures and captions that `render-data.ts` packed, read one picture at a time. */
export class PackedData {
  readonly samples: readonly PackedSample[];
  private readonly images: number;
  private readonly bytes = new Uint8Array(SAMPLE_BYTES);

  constructor(dir: string) {
    this.images = openSync(join(dir, "images.bin"), "r");
    const lines = readFileSync(join(dir, "captions.jsonl"), "utf8").trim().split("\n");
    const count = Math.min(lines.length, Math.floor(fstatSync(this.images).size / SAMPLE_BYTES));
    this.samples = lines.slice(0, count).map((line) => JSON.parse(line) as PackedSample);
  }

  /** Writes picture `index` as [3, 128, 128] in −1 … 1. */
  read(index: number, into: Float32Array, flip = false): void {
    this.readBytes(index);
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const from = (y * SIDE + (flip ? SIDE - 1 - x : x)) * 3;
        const to = y * SIDE + x;
        for (let c = 0; c < 3; c++) into[c * SIDE * SIDE + to] = this.bytes[from + c]! / 127.5 - 1;
      }
    }
  }

  /** The bytes of picture `index`, [128, 128, 3]; the next call overwrites them. */
  readBytes(index: number): Uint8Array {
    readSync(this.images, this.bytes, 0, SAMPLE_BYTES, index * SAMPLE_BYTES);
    return this.bytes;
  }

  close(): void {
    closeSync(this.images);
  }
}
