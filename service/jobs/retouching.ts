/** What becomes of a picture after it was drawn: enlarged, or with the maps of its surface. */
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type * as z from "zod";
import { UPSCALER_NAME } from "../../lora/index.ts";
import type { Library } from "../library/index.ts";
import { mapKinds, ServiceError, type studioMessages, type SurfaceMaps } from "../protocol/index.ts";
import type { DrawWorker, RetouchOrder } from "../workers/index.ts";
import { drawingFailure } from "./drawing-job.ts";

type UpscaleRequest = z.output<(typeof studioMessages)["upscale"]>;
type MapsRequest = z.output<(typeof studioMessages)["maps"]>;
type Key = Readonly<Record<string, unknown>>;

export interface RetouchingContext {
  readonly library: Library;
  readonly worker: DrawWorker;
  /** Where results lie until they are assets. */
  readonly temporary: string;
  readonly pathOf: (sha256: string) => string;
}

/** Seconds of work each, so no jobs: whoever asks waits, and asks again if the process dies meanwhile. */
export class Retouching {
  readonly #context: RetouchingContext;
  /** What is just being made, by what it is. */
  readonly #making = new Map<string, Promise<string[]>>();

  constructor(context: RetouchingContext) {
    this.#context = context;
  }

  /** Errors: NOT_FOUND, DRAWING_FAILED. */
  async upscale({ sha256: of, seamless }: UpscaleRequest, by: string): Promise<{ sha256: string }> {
    const key = { upscale: UPSCALER_NAME, of, seamless };
    const order = { type: "upscale", of: this.#context.pathOf(of), seamless } as const;
    const [sha256] = await this.#make(of, [key], order, by);
    return { sha256: sha256! };
  }

  /** Errors: NOT_FOUND, DRAWING_FAILED. */
  async maps({ sha256: of, darkHigh, ...strengths }: MapsRequest, by: string): Promise<SurfaceMaps> {
    const keys = mapKinds.map((map) => ({ map, of, strength: strengths[map], darkHigh }));
    const order = { type: "maps", of: this.#context.pathOf(of), darkHigh, strengths } as const;
    const [normal, roughness, occlusion] = (await this.#make(of, keys, order, by)) as [string, string, string];
    return { normal, roughness, occlusion };
  }

  /** One asset for each key, in their order; those that were made before are not made again. */
  async #make(of: string, keys: readonly Key[], order: Unplaced, by: string): Promise<string[]> {
    const { library } = this.#context;
    if (!(await library.isAsset(of))) throw new ServiceError("NOT_FOUND", { what: "picture", id: of.slice(0, 12) });
    const known = await Promise.all(keys.map((key) => library.findAsset(key)));
    if (known.every((sha256) => sha256 !== undefined)) return known;
    const name = JSON.stringify(keys);
    const making =
      this.#making.get(name) ?? this.#work(keys, order, { by, of }).finally(() => this.#making.delete(name));
    this.#making.set(name, making);
    return making;
  }

  async #work(keys: readonly Key[], order: Unplaced, provenance: Key): Promise<string[]> {
    const { worker, temporary, library } = this.#context;
    await mkdir(temporary, { recursive: true });
    const folder = await mkdtemp(join(temporary, "retouching-"));
    const files = keys.map((_, i) => join(folder, `${i}.png`));
    try {
      await worker.retouch({ ...order, files });
      const saved: string[] = [];
      for (const [i, file] of files.entries())
        saved.push(await library.saveAsset(keys[i]!, await readFile(file), provenance));
      return saved;
    } catch (error) {
      throw drawingFailure(error);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** An order before it is known where its results go. */
type Unplaced = RetouchOrder extends infer Order ? (Order extends RetouchOrder ? Omit<Order, "files"> : never) : never;
