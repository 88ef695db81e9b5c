/** Training of all weights of a model, for the embedded base: weights are graph inputs, gradients come back per weight. */
import { existsSync } from "node:fs";
import { openSafetensors, readTensor, writeSafetensors } from "../format/index.ts";
import { gradients, type Graph, type Value } from "../graph/index.ts";
import type { ParameterSource } from "../nn/index.ts";
import { Session, type Feeds, type HostTensor, type SessionOptions } from "../runtime/index.ts";
import { ADAMW_DEFAULTS, adamWStep, clipGradients, FlatParameters } from "../train/index.ts";
import type { Random } from "../diffusion/index.ts";
import { averagedWeights } from "./averaged-weights.ts";

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

/**
 * Layers that start at zero, so that each residual branch begins as the identity. In the text tower this matters most:
 * with PyTorch's defaults the branches are ten times larger than the embeddings, all captions look alike, and after 3,000
 * steps the UNet still ignored them.
 */
const STARTS_AT_ZERO =
  /(resnets\.\d+\.conv2|attentions\.\d+\.proj_out|unet\.conv_out|self_attn\.(?:out|o)_proj|mlp\.(?:fc2|down_proj))\.(weight|bias)$/;

/** The VAE's posterior starts narrow: with unit noise on small latents it would first have to shout over the noise. */
const START_LOG_VARIANCE = -6;

/** PyTorch's default initialisation by name and shape. */
function initialise(data: Float32Array, name: string, shape: readonly number[], random: Random): void {
  if (STARTS_AT_ZERO.test(name)) return;
  if (name === "quant_conv.bias") data.fill(START_LOG_VARIANCE, data.length / 2);
  if (/(embedding|embed_tokens)\.weight$/.test(name)) {
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
  /** AdamW's; a short training forgets sooner. */
  readonly betas?: readonly [number, number];
  readonly session?: SessionOptions;
  /** Weights that stay as they are; without weight decay only, which knows no exceptions. */
  readonly isFrozen?: (name: string) => boolean;
  /** Changes the weights that training begins with. */
  readonly prepare?: (weights: ReadonlyMap<string, HostTensor & { readonly data: Float32Array }>) => void;
}

/** Loss and gradients of the weights that are learned. */
async function openSession(
  loss: Value,
  extra: Readonly<Record<string, Value>>,
  parameters: ReadonlyMap<string, Value>,
  options: FullTrainerOptions,
): Promise<Session> {
  const learned = [...parameters.keys()].filter((name) => !options.isFrozen?.(name));
  if (learned.length < parameters.size && options.weightDecay > 0)
    throw new RangeError(`weight decay ${options.weightDecay} would move frozen weights; set it to 0`);
  const grads = gradients(
    loss,
    learned.map((name) => parameters.get(name)!),
  );
  const outputs = { loss, ...extra, ...Object.fromEntries(learned.map((name, i) => [`d ${name}`, grads[i]!])) };
  return Session.open<string>(outputs, options.session);
}

/** Trains all weights and keeps their moving average, which is what the base is made of. */
export class FullTrainer {
  step = 0;
  private readonly parameters: FlatParameters;
  private readonly average: Float32Array<ArrayBuffer>;
  private readonly sessions: Session[];
  private readonly options: FullTrainerOptions;

  private constructor(session: Session, parameters: FlatParameters, options: FullTrainerOptions) {
    this.sessions = [session];
    this.parameters = parameters;
    this.options = options;
    this.average = new Float32Array(parameters.size);
  }

  static async open(
    loss: Value,
    extra: Readonly<Record<string, Value>>,
    parameters: ReadonlyMap<string, Value>,
    random: Random,
    options: FullTrainerOptions,
  ): Promise<FullTrainer> {
    const names = [...parameters.keys()];
    const session = await openSession(loss, extra, parameters, options);
    const shapes = new Map(names.map((name) => [name, parameters.get(name)!.shape as readonly number[]]));
    const flat = new FlatParameters(shapes);
    const trainer = new FullTrainer(session, flat, options);
    for (const [name, view] of flat.views(flat.weights)) initialise(view.data, name, view.dims, random);
    options.prepare?.(flat.views(flat.weights));
    trainer.average.set(flat.weights);
    return trainer;
  }

  /** Another loss of the same weights, of another graph. @returns its number for `train` */
  async also(
    loss: Value,
    parameters: ReadonlyMap<string, Value>,
    extra: Readonly<Record<string, Value>> = {},
  ): Promise<number> {
    return this.sessions.push(await openSession(loss, extra, parameters, this.options)) - 1;
  }

  get parameterCount(): number {
    return this.parameters.size;
  }

  /** Forward, backward, clip, update, moving average. Returns the loss (and `extra` outputs) before the update. */
  async train(
    feeds: Feeds,
    learningRate: number,
    lossNumber = 0,
  ): Promise<{ loss: number; norm: number; outputs: Record<string, HostTensor> }> {
    const { parameters, options } = this;
    const into = Object.fromEntries(
      [...parameters.views(parameters.gradients)]
        .filter(([name]) => !options.isFrozen?.(name))
        .map(([name, view]) => [`d ${name}`, view]),
    );
    const outputs = await this.sessions[lossNumber]!.run(
      { ...feeds, ...Object.fromEntries(parameters.views(parameters.weights)) },
      into,
    );
    const loss = Number(outputs["loss"]!.data[0]);
    if (!Number.isFinite(loss)) throw new Error(`loss is ${loss} at step ${this.step}`);
    const norm = clipGradients(parameters.gradients, options.maxGradNorm);
    const { weightDecay, betas = ADAMW_DEFAULTS.betas } = options;
    const settings = { ...ADAMW_DEFAULTS, weightDecay, betas };
    adamWStep(parameters.weights, parameters.gradients, parameters.moments, ++this.step, learningRate, settings);
    const decay = Math.min(options.emaDecay, (1 + this.step) / (10 + this.step));
    const { average } = this;
    for (let i = 0; i < average.length; i++) average[i]! += (1 - decay) * (parameters.weights[i]! - average[i]!);
    return { loss, norm, outputs };
  }

  /** The moving average of the weights, as tensors. */
  averaged(): Record<string, HostTensor> {
    return Object.fromEntries(this.parameters.views(this.average));
  }

  /** Everything needed to go on: weights, average, moments, step. */
  save(path: string): void {
    const { weights, moments, shapes } = this.parameters;
    const parts = { weights, average: this.average, ...moments };
    const tensors = Object.fromEntries(
      Object.entries(parts).map(([name, data]) => [name, { dtype: "F32" as const, shape: [data.length], data }]),
    );
    writeSafetensors(path, tensors, { step: String(this.step), names: JSON.stringify([...shapes]) });
  }

  /** Goes on from `path` if it holds a checkpoint of this model; one unpacked from a base holds its average only. */
  resume(path: string): boolean {
    if (!existsSync(path)) return false;
    const file = openSafetensors(path);
    if (!file.tensors.has("weights")) return this.begin(averagedWeights(path));
    if (file.metadata["names"] !== JSON.stringify([...this.parameters.shapes])) return false;
    this.parameters.weights.set(readTensor(file, "weights"));
    this.average.set(readTensor(file, "average"));
    this.parameters.moments.first.set(readTensor(file, "first"));
    this.parameters.moments.second.set(readTensor(file, "second"));
    this.#freeze();
    this.step = Number(file.metadata["step"]);
    return true;
  }

  /** Frozen weights stay at their average, which is what the base has of them, and without moments do not drift on. */
  #freeze(): void {
    const { parameters, average, options } = this;
    const { first, second } = parameters.moments;
    const [weights, averages, ...moments] = [parameters.weights, average, first, second].map((flat) =>
      parameters.views(flat),
    );
    for (const [name, { data }] of weights!) {
      if (!options.isFrozen?.(name)) continue;
      data.set(averages!.get(name)!.data);
      for (const moment of moments) moment.get(name)!.data.fill(0);
    }
  }

  /** Begins with those of these weights that are this model's by name and shape. @returns how many tensors that were */
  beginWith(initial: Readonly<Record<string, HostTensor>>): number {
    const fitting = [...this.parameters.views(this.parameters.weights)].filter(
      ([name, { dims }]) => String(initial[name]?.dims) === String(dims),
    );
    for (const [name, { data }] of fitting) data.set(initial[name]!.data as Float32Array);
    this.average.set(this.parameters.weights);
    return fitting.length;
  }

  /** Begins with these weights if they are this model's; moments start anew. */
  begin(initial: Readonly<Record<string, HostTensor>>): boolean {
    const views = [...this.parameters.views(this.parameters.weights)];
    if (!views.every(([name, { dims }]) => String(initial[name]?.dims) === String(dims))) return false;
    return this.beginWith(initial) === views.length;
  }
}
