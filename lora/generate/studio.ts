/** Prompt in, picture out: a base with its encoders opened once, and the modules its prompts may name. */
import {
  readModule,
  stackAdapters,
  stackFeeds,
  type AdapterPart,
  type LoraModule,
  type ModuleSite,
  type Stack,
} from "../adapter/index.ts";
import { TextEncoder } from "../data/index.ts";
import { parsePrompt } from "../diffusion/index.ts";
import type { Graph } from "../graph/index.ts";
import type { Borders } from "../nn/index.ts";
import { moduleSites, type StableDiffusion } from "../models/index.ts";
import type { SessionOptions } from "../runtime/index.ts";
import { encodePrompts } from "./conditioning.ts";
import { withDrawDefaults } from "./draw-defaults.ts";
import { generateErrors } from "./errors.ts";
import { Painter, type Picture } from "./painter.ts";
import { Painters } from "./painters.ts";

export interface DrawRequest {
  /** WebUI syntax: `(word:1.2)`, `<lora:name:0.8>`. */
  readonly prompt: string;
  readonly negative?: string;
  readonly steps?: number;
  readonly guidanceScale?: number;
  /** See `PaintRequest`. */
  readonly guidanceStop?: number;
  readonly guidanceRescale?: number;
  readonly sampler?: string;
  readonly seeds?: readonly number[];
  readonly width?: number;
  readonly height?: number;
  /** The picture goes on seamlessly when it is laid side by side. */
  readonly tiling?: boolean;
  /** Modules beside those that the prompt names. */
  readonly stack?: Stack;
  readonly onStep?: (step: number, steps: number) => void;
  readonly signal?: AbortSignal;
}

export class DrawingStudio {
  readonly base: StableDiffusion;
  readonly sites: readonly ModuleSite[];
  private readonly text: TextEncoder;
  private readonly painters: Painters;
  private readonly modules = new Map<string, LoraModule>();

  private constructor(base: StableDiffusion, sites: readonly ModuleSite[], text: TextEncoder, painters: Painters) {
    this.base = base;
    this.sites = sites;
    this.text = text;
    this.painters = painters;
  }

  /** Every layer of the base can carry adapters; a layer that no module changes is fed rank 0. */
  static async open(base: StableDiffusion, options?: SessionOptions): Promise<DrawingStudio> {
    const sites = moduleSites(base);
    const inputsOf = (part: AdapterPart) => (graph: Graph) =>
      stackAdapters(
        graph,
        sites.filter((site) => site.part === part),
      ).forPart(part);
    const text = await TextEncoder.open(base, inputsOf("text_encoder"), options);
    const open = (borders: Borders) => Painter.open(base, inputsOf("unet"), options, borders);
    const painters = new Painters(base, open);
    await painters.use("zeros", () => Promise.resolve()); // so that a base that cannot draw is told of now
    return new DrawingStudio(base, sites, text, painters);
  }

  /** Makes a module known to prompts under a name. Loads no base weights. */
  addModule(name: string, module: LoraModule): void {
    this.modules.set(name, module);
  }

  /** Reads a module file and makes it known under a name. @throws the errors of `readModule` */
  loadModule(name: string, path: string): ReturnType<typeof readModule>["report"] {
    const { module, report } = readModule(path, this.sites);
    this.addModule(name, module);
    return report;
  }

  /** @throws MODULE_UNKNOWN, SIZE_INVALID, and the errors of prompts and samplers */
  async draw(request: DrawRequest): Promise<Picture[]> {
    const { steps, guidanceScale, guidanceStop, guidanceRescale, sampler, seeds } = withDrawDefaults(
      this.base.drawing,
      request,
    );
    const [width, height] = [request.width ?? this.base.side, request.height ?? this.base.side];
    checkPictureSize(this.base, width, height);
    const positive = parsePrompt(request.prompt);
    const negative = parsePrompt(request.negative ?? "");
    const named = [...positive.loras, ...negative.loras].map(({ name, unetWeight, textEncoderWeight }) => ({
      module: this.moduleNamed(name),
      weight: unetWeight,
      textEncoderWeight,
    }));
    const stack: Stack = [...(request.stack ?? []), ...named];
    const feeds = stackFeeds([stack], this.sites);
    const conditioning = await encodePrompts(this.base, this.text, positive.segments, negative.segments, feeds);
    const watching = {
      ...(request.onStep ? { onStep: request.onStep } : {}),
      ...(request.signal ? { signal: request.signal } : {}),
    };
    const guidance = { guidanceScale, guidanceStop, guidanceRescale };
    const shared = { ...conditioning, ...watching, ...guidance, steps, sampler, width, height, adapters: feeds };
    return this.painters.use(request.tiling ? "circular" : "zeros", async (painter) => {
      const pictures: Picture[] = [];
      // One at a time: the runtime sums in another order for another batch size, and a seed must always give one picture.
      for (const seed of seeds) pictures.push(...(await painter.paint({ ...shared, seeds: [seed] })));
      return pictures;
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.text.close(), this.painters.close()]);
  }

  private moduleNamed(name: string): LoraModule {
    const module = this.modules.get(name);
    if (!module) throw generateErrors.MODULE_UNKNOWN(name, [...this.modules.keys()].join(", ") || "none");
    return module;
  }
}

/** Pixels must halve evenly down to the UNet's lowest level. @throws SIZE_INVALID */
export function checkPictureSize(base: StableDiffusion, width: number, height: number): void {
  const step = base.factor * 2 ** (base.unet.blockOutChannels.length - 1);
  for (const [key, value] of Object.entries({ width, height }))
    if (!Number.isInteger(value) || value < step || value % step !== 0)
      throw generateErrors.SIZE_INVALID(key, step, value);
}
