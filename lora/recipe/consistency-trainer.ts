/** Trains a module as the student of its own base: latent consistency distillation. */
import { targetSites, trainingAdapters, type LoraModule, type ModuleSite } from "../adapter/index.ts";
import { unetInputs } from "../data/index.ts";
import { NoiseSchedule, Random, type ScheduleConfig } from "../diffusion/index.ts";
import {
  add,
  addScalar,
  allAxes,
  Graph,
  gradients,
  mul,
  reduceMean,
  sqrt,
  sub,
  symbol,
  type Value,
} from "../graph/index.ts";
import { FrozenWeights, moduleSites, unet, type StableDiffusion } from "../models/index.ts";
import { Scope } from "../nn/index.ts";
import { Session, type Feeds, type HostTensor } from "../runtime/index.ts";
import {
  ADAMW_DEFAULTS,
  adamWStep,
  clipGradients,
  type FlatParameters,
  initialParameters,
  toModule,
} from "../train/index.ts";
import { solverStep, solverSteps, studentCoefficients, teacherStep } from "./consistency.ts";

/** Of the pseudo-Huber loss: differences far below it count squared, far above by their size. */
const HUBER = 1e-3;
const MAX_GRAD_NORM = 1;

export interface ConsistencyOptions {
  readonly rank: number;
  readonly seed: number;
  /** The teacher's guidance scale is drawn from this range at each row. */
  readonly guidance: readonly [least: number, most: number];
}

/** Clean latents in the UNet's scale with what their captions say, row by row. */
export interface ConsistencyBatch {
  /** [rows, C, h, w] */
  readonly latents: HostTensor & { readonly data: Float32Array };
  /** [rows, S, width], and the same for the empty prompt. */
  readonly captions: HostTensor & { readonly data: Float32Array };
  readonly empty: HostTensor & { readonly data: Float32Array };
}

export class ConsistencyTrainer {
  step = 0;
  private readonly schedule: NoiseSchedule;
  private readonly sites: readonly ModuleSite[];
  private readonly options: ConsistencyOptions;
  private readonly parameters: FlatParameters;
  /** Weights of zero: the base alone. */
  private readonly none: Float32Array;
  private readonly training: Session;
  private readonly prediction: Session<"output">;

  private constructor(
    base: StableDiffusion,
    sites: readonly ModuleSite[],
    options: ConsistencyOptions,
    parameters: FlatParameters,
    sessions: { training: Session; prediction: Session<"output"> },
  ) {
    this.schedule = new NoiseSchedule(base.scheduler as ScheduleConfig);
    this.sites = sites;
    this.options = options;
    this.parameters = parameters;
    this.none = new Float32Array(parameters.size);
    this.training = sessions.training;
    this.prediction = sessions.prediction;
  }

  /** Every layer of the UNet is changed: a student of few steps is another network than its teacher. */
  static async open(base: StableDiffusion, options: ConsistencyOptions): Promise<ConsistencyTrainer> {
    const all = moduleSites(base).filter(({ part }) => part === "unet");
    const sites = targetSites(all, ["attention", "feed-forward", "proj", "conv"]);
    const alpha = options.rank;
    const parameters = initialParameters(sites, { rank: options.rank, alpha, seed: options.seed });
    const build = () => buildStudent(base, sites, options.rank);
    const { loss, adapters } = build();
    const grads = gradients(loss, adapters);
    const outputs = { loss, ...Object.fromEntries(adapters.map(({ name }, i) => [name, grads[i]!])) };
    const training = await Session.open<string>(outputs);
    const prediction = await Session.open({ output: build().output });
    return new ConsistencyTrainer(base, sites, options, parameters, { training, prediction });
  }

  get module(): LoraModule {
    return toModule(this.parameters, this.sites, { rank: this.options.rank, alpha: this.options.rank });
  }
  get targets(): readonly ModuleSite[] {
    return this.sites;
  }

  /** One update. Returns the loss before it. */
  async train(batch: ConsistencyBatch, learningRate: number): Promise<number> {
    const feeds = await this.distilled(batch);
    const { parameters } = this;
    const into = Object.fromEntries(parameters.views(parameters.gradients));
    const { loss } = await this.training.run({ ...feeds, ...this.weights(parameters.weights) }, into);
    clipGradients(parameters.gradients, MAX_GRAD_NORM);
    const { weights, gradients: grads, moments } = parameters;
    adamWStep(weights, grads, moments, ++this.step, learningRate, { ...ADAMW_DEFAULTS, weightDecay: 0 });
    return Number(loss!.data[0]);
  }

  async close(): Promise<void> {
    await Promise.all([this.training.close(), this.prediction.close()]);
  }

  /** Noisy latents, and what the student must see in them: what it sees after the teacher's step. */
  private async distilled({ latents, captions, empty }: ConsistencyBatch): Promise<Feeds> {
    const { schedule, options } = this;
    const random = new Random(options.seed, this.step + 1);
    const [rows, ...shape] = latents.dims as [number, ...number[]];
    const size = latents.data.length / rows;
    const row = (data: Float32Array, i: number): Float32Array => data.subarray(i * size, (i + 1) * size);
    const steps = Array.from({ length: rows }, () => solverStep(schedule, random.integer(solverSteps(schedule))));
    const noisy = new Float32Array(latents.data.length);
    const noise = new Float32Array(size);
    for (const [i, { start }] of steps.entries())
      schedule.addNoise(row(latents.data, i), random.fillNormal(noise), start, row(noisy, i));

    const dims = [rows, ...shape];
    const starts = Float32Array.from(steps, ({ start }) => start);
    const sample = { data: noisy, dims };
    const conditional = await this.predict(sample, starts, captions, this.none);
    const unconditional = await this.predict(sample, starts, empty, this.none);
    const [least, most] = options.guidance;
    const next = new Float32Array(noisy.length);
    for (const [i, step] of steps.entries()) {
      const outputs = { conditional: row(conditional, i), unconditional: row(unconditional, i) };
      const scale = least + (most - least) * random.uniform();
      row(next, i).set(teacherStep(schedule, step, row(noisy, i), outputs, scale));
    }

    const ends = Float32Array.from(steps, ({ end }) => end);
    const output = await this.predict({ data: next, dims }, ends, captions, this.parameters.weights);
    const target = new Float32Array(next.length);
    for (const [i, { end }] of steps.entries()) {
      const [a, b] = studentCoefficients(schedule, end);
      for (let at = i * size; at < (i + 1) * size; at++) target[at] = a * next[at]! + b * output[at]!;
    }
    const ofStarts = steps.map(({ start }) => studentCoefficients(schedule, start));
    const perRow = (k: 0 | 1) => ({ data: Float32Array.from(ofStarts, (pair) => pair[k]), dims: [rows, 1, 1, 1] });
    return {
      sample,
      timestep: { data: starts, dims: [rows] },
      textEmbeddings: captions,
      target: { data: target, dims },
      onSample: perRow(0),
      onOutput: perRow(1),
    };
  }

  private async predict(
    sample: HostTensor,
    timesteps: Float32Array,
    textEmbeddings: HostTensor,
    weights: Float32Array,
  ): Promise<Float32Array> {
    const timestep = { data: timesteps, dims: [timesteps.length] };
    const feeds = { sample, timestep, textEmbeddings, ...this.weights(weights) };
    return (await this.prediction.run(feeds)).output.data as Float32Array;
  }

  private weights(flat: Float32Array): Feeds {
    return Object.fromEntries(this.parameters.views(flat));
  }
}

/** loss = mean(√((f(x, t) − target)² + c²) − c), f = onSample · sample + onOutput · output */
function buildStudent(
  base: StableDiffusion,
  sites: readonly ModuleSite[],
  rank: number,
): { loss: Value; output: Value; adapters: readonly Value[] } {
  const graph = new Graph();
  const inputs = unetInputs(graph, base);
  const adapters = trainingAdapters(graph, sites, rank, 1);
  const weights = new FrozenWeights(graph, "unet", base.weights.unet, adapters.forPart("unet"));
  const output = unet(new Scope(weights), inputs, base.unet, { latentArea: (base.side / base.factor) ** 2 });
  const perRow = (name: string): Value => graph.input(name, "float32", [symbol("N"), 1, 1, 1]);
  const seen = add(mul(inputs.sample, perRow("onSample")), mul(output, perRow("onOutput")));
  const error = sub(seen, graph.input("target", "float32", output.shape));
  const distances = addScalar(sqrt(addScalar(mul(error, error), HUBER ** 2)), -HUBER);
  return { loss: reduceMean(distances, allAxes(distances), false), output, adapters: adapters.values };
}
