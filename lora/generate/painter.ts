/** Draws pictures: text embeddings and a stack of modules in, latents through a sampler, pixels out. */
import { LatentDecoder, unetInputs, type AdapterCallback, type Plane } from "../data/index.ts";
import {
  combineGuidance,
  createSampler,
  NoiseSchedule,
  Random,
  rescaleGuidance,
  type ScheduleConfig,
} from "../diffusion/index.ts";
import { Graph } from "../graph/index.ts";
import { FrozenWeights, unet, type StableDiffusion } from "../models/index.ts";
import { Scope, type Borders } from "../nn/index.ts";
import { Session, type Feeds, type SessionOptions } from "../runtime/index.ts";

export interface Picture {
  /** RGB bytes, width · height · 3 */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly seed: number;
}

export interface PaintRequest {
  /** [length, width of the embedding] flat, and the same for the negative prompt. */
  readonly positive: Float32Array;
  readonly negative: Float32Array;
  readonly steps: number;
  /** 1 or below: no guidance, and half the work. */
  readonly guidanceScale: number;
  /**
   * Share of the steps that are guided, from the noisiest on; all, if nothing is said. The first ones decide what there will
   * be; later guidance only hardens lines, at twice the work (Kynkäänniemi et al. 2024).
   */
  readonly guidanceStop?: number;
  /** 0 … 1, see `rescaleGuidance`; 0 if nothing is said. */
  readonly guidanceRescale?: number;
  /** As WebUI spells it, or an id; see `samplerNames`. */
  readonly sampler: string;
  readonly seeds: readonly number[];
  /** Pixels, multiples of the base's factor times the UNet's down-sampling. */
  readonly width: number;
  readonly height: number;
  /** Feeds of the UNet's adapter inputs. */
  readonly adapters?: Feeds;
  readonly onStep?: (step: number, steps: number) => void;
  readonly signal?: AbortSignal;
}

/** A base opened for drawing. Switching modules is feeding other arrays; nothing reloads. */
export class Painter {
  private readonly base: StableDiffusion;
  private readonly session: Session<"prediction">;
  private readonly decoder: LatentDecoder;
  private readonly schedule: NoiseSchedule;

  private constructor(base: StableDiffusion, session: Session<"prediction">, decoder: LatentDecoder) {
    this.base = base;
    this.session = session;
    this.decoder = decoder;
    this.schedule = new NoiseSchedule(base.scheduler as Partial<ScheduleConfig> as ScheduleConfig);
  }

  /** @param borders circular: every convolution sees the other side beyond the border, so that what is drawn tiles */
  static async open(
    base: StableDiffusion,
    adapters?: AdapterCallback,
    options?: SessionOptions,
    borders: Borders = "zeros",
  ): Promise<Painter> {
    const graph = new Graph();
    const inputs = unetInputs(graph, base);
    const weights = new FrozenWeights(graph, "unet", base.weights.unet, adapters?.(graph));
    const scope = new Scope(weights, "", borders);
    const prediction = unet(scope, inputs, base.unet, { latentArea: (base.side / base.factor) ** 2 });
    const decoder = await LatentDecoder.open(base, options, borders);
    return new Painter(base, await Session.open({ prediction }, options), decoder);
  }

  /** One picture per seed. The same request gives the same bytes on each run. */
  async paint(request: PaintRequest): Promise<Picture[]> {
    const { seeds, width, height } = request;
    const latents = await this.sample(request);
    const { data, dims } = await this.decoder.decode(latents);
    const size = dims[1]! * height * width;
    return seeds.map((seed, i) => ({
      pixels: rgbBytes(data.subarray(i * size, (i + 1) * size)),
      width,
      height,
      seed,
    }));
  }

  private async sample(request: PaintRequest): Promise<Plane> {
    const { seeds, steps } = request;
    const dims = [
      seeds.length,
      this.base.vae.latentChannels,
      request.height / this.base.factor,
      request.width / this.base.factor,
    ];
    const size = dims[1]! * dims[2]! * dims[3]!;
    const sources = seeds.map((seed) => new Random(seed));
    // Each row draws from its own seed, so a picture does not depend on what else is in the batch.
    const noise = () => {
      const all = new Float32Array(seeds.length * size);
      sources.forEach((source, i) => source.fillNormal(all.subarray(i * size, (i + 1) * size)));
      return all;
    };
    const sampler = createSampler(request.sampler, this.schedule, steps, { noise });
    let x: Float32Array = noise().map((value) => value * sampler.initNoiseSigma);
    const guided = sampler.timesteps.length * (request.guidanceStop ?? 1);
    for (let i = 0; i < sampler.timesteps.length; i++) {
      request.signal?.throwIfAborted();
      const asked = i < guided ? request : { ...request, guidanceScale: 1 };
      const output = await this.predict(asked, sampler.scaleInput(x, i), sampler.timesteps[i]!, dims);
      x = sampler.step(x, output, i);
      request.onStep?.(i + 1, sampler.timesteps.length);
    }
    return { data: x, dims };
  }

  /** The UNet's output with guidance: both halves run as one batch. */
  private async predict(
    request: PaintRequest,
    input: Float32Array,
    timestep: number,
    dims: readonly number[],
  ): Promise<Float32Array> {
    const { positive, negative, guidanceScale, guidanceRescale = 0 } = request;
    const rows = dims[0]!;
    const isGuided = guidanceScale > 1;
    const total = isGuided ? 2 * rows : rows;
    const embedding = positive.length;
    const textEmbeddings = new Float32Array(total * embedding);
    for (let row = 0; row < total; row++)
      textEmbeddings.set(isGuided && row < rows ? negative : positive, row * embedding);
    const sample = new Float32Array(total * (input.length / rows));
    sample.set(input);
    if (isGuided) sample.set(input, input.length);
    const context = this.base.unet.crossAttentionDim;
    const { prediction } = await this.session.run({
      ...request.adapters,
      sample: { data: sample, dims: [total, ...dims.slice(1)] },
      timestep: { data: new Float32Array(total).fill(timestep), dims: [total] },
      textEmbeddings: { data: textEmbeddings, dims: [total, embedding / context, context] },
    });
    const data = prediction.data as Float32Array;
    if (!isGuided) return data;
    const conditional = data.subarray(input.length);
    const guidance = combineGuidance(data.subarray(0, input.length), conditional, guidanceScale);
    return guidanceRescale > 0 ? rescaleGuidance(guidance, conditional, guidanceRescale, rows) : guidance;
  }

  async close(): Promise<void> {
    await this.session.close();
    await this.decoder.close();
  }
}

/** −1 … 1 planes → 0 … 255 interleaved, rounded to nearest. */
export function rgbBytes(planes: Float32Array): Uint8Array {
  const area = planes.length / 3;
  const pixels = new Uint8Array(area * 3);
  for (let p = 0; p < area; p++)
    for (let c = 0; c < 3; c++)
      pixels[p * 3 + c] = Math.max(0, Math.min(255, Math.round((planes[c * area + p]! + 1) * 127.5)));
  return pixels;
}
