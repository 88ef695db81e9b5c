/** The graph of one training step: noisy latents in, loss and the gradient of every adapter out. */
import type { AdapterInputs } from "../adapter/index.ts";
import { unetInputs } from "../data/index.ts";
import { Graph, gradients, mul, reduceMean, reshape, sub, symbol, type Value } from "../graph/index.ts";
import { clipText, FrozenWeights, unet, type StableDiffusion } from "../models/index.ts";
import { Scope } from "../nn/index.ts";
import { Session, type Feeds, type HostTensor, type SessionOptions } from "../runtime/index.ts";
import type { FlatParameters } from "./flat-parameters.ts";

export interface TrainingGraphOptions {
  readonly gradientCheckpointing: boolean;
  /** The text tower becomes part of the graph; otherwise embeddings are fed. */
  readonly trainsTextEncoder: boolean;
  /** Positions of the largest latents, h · w. */
  readonly latentArea?: number;
  readonly session?: SessionOptions;
}

/** One batch, all arrays flat. */
export interface TrainingBatch {
  readonly rows: number;
  /** Noisy latents and what the model should return, [rows, 4, h, w]. */
  readonly sample: HostTensor;
  readonly target: HostTensor;
  readonly timesteps: Float32Array;
  /** Loss weight per row (min-SNR, prior preservation). */
  readonly weights: Float32Array;
  /** [rows, S] ids, or [rows, S, C] embeddings. */
  readonly text: HostTensor;
}

export class TrainingGraph {
  private readonly training: Session;
  private readonly openEvaluation: () => Promise<Session>;
  private evaluation: Promise<Session> | undefined;
  private readonly parameters: FlatParameters;
  private readonly textInput: string;

  private constructor(
    training: Session,
    openEvaluation: () => Promise<Session>,
    parameters: FlatParameters,
    textInput: string,
  ) {
    this.training = training;
    this.openEvaluation = openEvaluation;
    this.parameters = parameters;
    this.textInput = textInput;
  }

  /** @param adaptersOf creates the trainable inputs in a graph, in the order of `parameters` */
  static async open(
    base: StableDiffusion,
    adaptersOf: (graph: Graph) => AdapterInputs,
    parameters: FlatParameters,
    options: TrainingGraphOptions,
  ): Promise<TrainingGraph> {
    const build = () => buildLoss(base, adaptersOf, options);
    const { loss, adapters } = build();
    const grads = gradients(loss, adapters.values);
    const outputs = { loss, ...Object.fromEntries(adapters.values.map(({ name }, i) => [name, grads[i]!])) };
    const training = await Session.open<string>(outputs, options.session);
    const openEvaluation = () => Session.open<string>({ loss: build().loss }, options.session);
    const textInput = options.trainsTextEncoder ? "tokens" : "textEmbeddings";
    return new TrainingGraph(training, openEvaluation, parameters, textInput);
  }

  /** Loss of the batch; leaves its gradients in `parameters.gradients`. */
  async step(batch: TrainingBatch): Promise<number> {
    const into = Object.fromEntries(this.parameters.views(this.parameters.gradients));
    const { loss } = await this.training.run(this.feeds(batch), into);
    return Number(loss!.data[0]);
  }

  /** Loss alone, through a graph of its own that keeps nothing for a backward pass; opened by the first call. */
  async loss(batch: TrainingBatch): Promise<number> {
    this.evaluation ??= this.openEvaluation();
    const { loss } = await (await this.evaluation).run(this.feeds(batch));
    return Number(loss!.data[0]);
  }

  async close(): Promise<void> {
    await this.training.close();
    await (await this.evaluation)?.close();
  }

  private feeds(batch: TrainingBatch): Feeds {
    return {
      ...Object.fromEntries(this.parameters.views(this.parameters.weights)),
      sample: batch.sample,
      target: batch.target,
      timestep: { data: batch.timesteps, dims: [batch.rows] },
      weight: { data: batch.weights, dims: [batch.rows] },
      [this.textInput]: batch.text,
    };
  }
}

/** mean over rows of weight · mean((prediction − target)²) */
function buildLoss(
  base: StableDiffusion,
  adaptersOf: (graph: Graph) => AdapterInputs,
  { gradientCheckpointing, trainsTextEncoder, latentArea = 0 }: TrainingGraphOptions,
): { loss: Value; adapters: AdapterInputs } {
  const graph = new Graph();
  const inputs = unetInputs(graph, base);
  const adapters = adaptersOf(graph);
  const textEmbeddings = trainsTextEncoder ? embedded(graph, base, adapters) : inputs.textEmbeddings;
  const net = new FrozenWeights(graph, "unet", base.weights.unet, adapters.forPart("unet"));
  const prediction = unet(new Scope(net), { ...inputs, textEmbeddings }, base.unet, {
    gradientCheckpointing,
    latentArea,
  });
  const target = graph.input("target", "float32", prediction.shape);
  const weight = graph.input("weight", "float32", [symbol("N")]);
  const error = sub(prediction, target);
  const perRow = reshape(reduceMean(mul(error, error), [1, 2, 3]), [symbol("N")]);
  const weighted = mul(perRow, weight);
  return { loss: reduceMean(weighted, [0], false), adapters };
}

function embedded(graph: Graph, base: StableDiffusion, adapters: AdapterInputs): Value {
  const tokens = graph.input("tokens", "int64", [symbol("N"), base.text.maxPositions]);
  const text = new FrozenWeights(graph, "text_encoder", base.weights.text_encoder, adapters.forPart("text_encoder"));
  return clipText(new Scope(text), tokens, base.text);
}
