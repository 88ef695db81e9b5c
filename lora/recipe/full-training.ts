/** Training of all weights of a model, for the embedded base: weights are graph inputs, gradients come back per weight. */
import { existsSync } from "node:fs";
import { openSafetensors, readTensor, writeSafetensors } from "../format/index.ts";
import { gradients, type Graph, type Value } from "../graph/index.ts";
import type { ParameterSource } from "../nn/index.ts";
import { Session, type Feeds, type HostTensor } from "../runtime/index.ts";
import { ADAMW_DEFAULTS, adamWState, adamWStep, clipGradients, type AdamWState } from "../train/adamw.ts";
import type { Random } from "../diffusion/index.ts";

/** Every parameter the model asks for becomes a graph input. */
export class TrainableParameters implements ParameterSource {
  readonly graph: Graph;
  readonly values = new Map<string, Value>();
  private readonly prefix: string;

  constructor(graph: Graph, prefix = "") {
    this.graph = graph;
    this.prefix = prefix;
  }
  parameter(name: string, shape: readonly number[]): Value {
    const full = this.prefix + name;
    const known = this.values.get(full);
    if (known) return known;
    const value = this.graph.input(full, "float32", shape);
    this.values.set(full, value);
    return value;
  }
  has(): boolean {
    return true;
  }
}

/** Layers that start at zero, so that each residual branch begins as the identity. */
const STARTS_AT_ZERO = /(resnets\.\d+\.conv2|attentions\.\d+\.proj_out|unet\.conv_out)\.(weight|bias)$/;

/** The VAE's posterior starts narrow: with unit noise on small latents it would first have to shout over the noise. */
const START_LOG_VARIANCE = -6;

/** PyTorch's default initialisation by name and shape. */
function initialise(data: Float32Array, name: string, shape: readonly number[], random: Random): void {
  if (STARTS_AT_ZERO.test(name)) return;
  if (name === "quant_conv.bias") data.fill(START_LOG_VARIANCE, data.length / 2);
  if (/embedding\.weight$/.test(name)) {
    random.fillNormal(data);
    for (let i = 0; i < data.length; i++) data[i]! *= 0.02;
  } else if (/norm[^.]*\.weight$/.test(name)) data.fill(1);
  else if (name.endsWith("weight")) {
    const bound = 1 / Math.sqrt(shape.slice(1).reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = (2 * random.uniform() - 1) * bound;
  }
}

export interface FullTrainerOptions {
  readonly emaDecay: number;
  readonly maxGradNorm: number;
  readonly weightDecay: number;
}

/** One flat array each for weights, gradients, moments and the moving average; tensors are views into them. */
export class FullTrainer {
  readonly names: readonly string[];
  step = 0;
  private readonly shapes: ReadonlyMap<string, readonly number[]>;
  private readonly weights: Float32Array;
  private readonly gradient: Float32Array;
  private readonly average: Float32Array;
  private readonly moments: AdamWState;
  private readonly session: Session;
  private readonly options: FullTrainerOptions;

  private constructor(session: Session, shapes: ReadonlyMap<string, readonly number[]>, options: FullTrainerOptions) {
    this.session = session;
    this.shapes = shapes;
    this.names = [...shapes.keys()];
    this.options = options;
    const size = [...shapes.values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
    this.weights = new Float32Array(size);
    this.gradient = new Float32Array(size);
    this.average = new Float32Array(size);
    this.moments = adamWState(size);
  }

  static async open(
    loss: Value,
    extra: Readonly<Record<string, Value>>,
    parameters: ReadonlyMap<string, Value>,
    random: Random,
    options: FullTrainerOptions,
  ): Promise<FullTrainer> {
    const names = [...parameters.keys()];
    const grads = gradients(loss, [...parameters.values()]);
    const outputs = { loss, ...extra, ...Object.fromEntries(names.map((name, i) => [`d ${name}`, grads[i]!])) };
    const session: Session = await Session.open<string>(outputs);
    const shapes = new Map(names.map((name) => [name, parameters.get(name)!.shape as readonly number[]]));
    const trainer = new FullTrainer(session, shapes, options);
    for (const [name, view] of trainer.views(trainer.weights))
      initialise(view.data as Float32Array, name, view.dims, random);
    trainer.average.set(trainer.weights);
    return trainer;
  }

  get parameterCount(): number {
    return this.weights.length;
  }

  /** Named views into a flat array. */
  private *views(flat: Float32Array): Generator<[string, HostTensor]> {
    let offset = 0;
    for (const [name, shape] of this.shapes) {
      const size = sizeOf(shape);
      yield [name, { data: flat.subarray(offset, offset + size), dims: shape }];
      offset += size;
    }
  }

  /** Forward, backward, clip, update, moving average. Returns the loss (and `extra` outputs) before the update. */
  async train(
    feeds: Feeds,
    learningRate: number,
  ): Promise<{ loss: number; norm: number; outputs: Record<string, HostTensor> }> {
    const into = Object.fromEntries([...this.views(this.gradient)].map(([name, view]) => [`d ${name}`, view]));
    const outputs = await this.session.run({ ...feeds, ...Object.fromEntries(this.views(this.weights)) }, into);
    const loss = Number(outputs["loss"]!.data[0]);
    if (!Number.isFinite(loss)) throw new Error(`loss is ${loss} at step ${this.step}`);
    const norm = clipGradients(this.gradient, this.options.maxGradNorm);
    const settings = { ...ADAMW_DEFAULTS, weightDecay: this.options.weightDecay };
    adamWStep(this.weights, this.gradient, this.moments, ++this.step, learningRate, settings);
    const decay = Math.min(this.options.emaDecay, (1 + this.step) / (10 + this.step));
    for (let i = 0; i < this.average.length; i++)
      this.average[i]! += (1 - decay) * (this.weights[i]! - this.average[i]!);
    return { loss, norm, outputs };
  }

  /** The moving average of the weights, as tensors. */
  averaged(): Record<string, HostTensor> {
    return Object.fromEntries(this.views(this.average));
  }

  /** Everything needed to go on: weights, average, moments, step. */
  save(path: string): void {
    const parts = {
      weights: this.weights,
      average: this.average,
      first: this.moments.first,
      second: this.moments.second,
    };
    const tensors = Object.fromEntries(
      Object.entries(parts).map(([name, data]) => [name, { dtype: "F32" as const, shape: [data.length], data }]),
    );
    writeSafetensors(path, tensors, { step: String(this.step), names: JSON.stringify([...this.shapes]) });
  }

  /** Goes on from `path` if it holds a checkpoint of this model. */
  resume(path: string): boolean {
    if (!existsSync(path)) return false;
    const file = openSafetensors(path);
    if (file.metadata["names"] !== JSON.stringify([...this.shapes])) return false;
    this.weights.set(readTensor(file, "weights"));
    this.average.set(readTensor(file, "average"));
    this.moments.first.set(readTensor(file, "first"));
    this.moments.second.set(readTensor(file, "second"));
    this.step = Number(file.metadata["step"]);
    return true;
  }
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
