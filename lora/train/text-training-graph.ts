/** The graph of one training step on text: token ids in, loss and the gradient of every adapter out. */
import type { AdapterInputs } from "../adapter/index.ts";
import { packRows } from "../data/index.ts";
import {
  cast,
  gate,
  gather,
  gatherOnce,
  Graph,
  gradients,
  mul,
  mulDims,
  reduceLogSumExp,
  reduceSum,
  reshape,
  split,
  sub,
  symbol,
  concat,
  type Dim,
  type Value,
} from "../graph/index.ts";
import {
  causalFeeds,
  FrozenWeights,
  llama,
  llamaInputs,
  llamaLogits,
  packedFeeds,
  type LanguageWeights,
  type LlamaConfig,
} from "../models/index.ts";
import { Scope } from "../nn/index.ts";
import { Session, type Feeds, type SessionOptions } from "../runtime/index.ts";
import type { FlatParameters } from "./flat-parameters.ts";

export interface TextTrainingGraphOptions {
  readonly gradientCheckpointing: boolean;
  /** Short texts of a batch share rows, instead of padding. Loss and gradients are the same. */
  readonly packing?: boolean;
  /** Most tokens that a batch asks a loss for. */
  readonly askedMax: number;
  /** Tokens whose logits exist at one time. */
  readonly chunkRows?: number;
  readonly session?: SessionOptions;
}

/** A training text: token ids, and which of them the model must learn to say. The first can never be asked for. */
export interface TokenRow {
  readonly ids: ArrayLike<number>;
  readonly isReply: ArrayLike<boolean | number>;
}

const LOGITS_BYTES_MAX = 256 * 2 ** 20;

/**
 * Rows of logits at one time: as many as fit into 256 MB. A batch in one chunk is computed once, where each of several is
 * computed again in the backward pass: 4 × 256 tokens of a vocabulary of 49,152 take 0.9 of the time of four chunks.
 */
export const chunkRowsFor = (vocabSize: number): number =>
  Math.max(1, Math.floor(LOGITS_BYTES_MAX / (Float32Array.BYTES_PER_ELEMENT * vocabSize)));

interface Layout {
  /** In how many pieces logits are computed. */
  readonly chunks: number;
  readonly packing: boolean;
}

export class TextTrainingGraph {
  private readonly config: LlamaConfig;
  private readonly training: Session;
  private readonly openEvaluation: () => Promise<Session>;
  private evaluation: Promise<Session> | undefined;
  private readonly parameters: FlatParameters;
  private readonly layout: Layout;

  private constructor(
    config: LlamaConfig,
    training: Session,
    openEvaluation: () => Promise<Session>,
    parameters: FlatParameters,
    layout: Layout,
  ) {
    this.config = config;
    this.training = training;
    this.openEvaluation = openEvaluation;
    this.parameters = parameters;
    this.layout = layout;
  }

  /** @param adaptersOf creates the trainable inputs in a graph, in the order of `parameters` */
  static async open(
    base: LanguageWeights,
    adaptersOf: (graph: Graph) => AdapterInputs,
    parameters: FlatParameters,
    options: TextTrainingGraphOptions,
  ): Promise<TextTrainingGraph> {
    const chunks = Math.ceil(options.askedMax / (options.chunkRows ?? chunkRowsFor(base.config.vocabSize)));
    const layout = { chunks, packing: options.packing ?? false };
    const build = () => buildTextLoss(base, adaptersOf, options.gradientCheckpointing, layout);
    const { loss, adapters } = build();
    const grads = gradients(loss, adapters.values);
    const outputs = { loss, ...Object.fromEntries(adapters.values.map(({ name }, i) => [name, grads[i]!])) };
    const training = await Session.open<string>(outputs, options.session);
    const openEvaluation = () => Session.open<string>({ loss: build().loss }, options.session);
    return new TextTrainingGraph(base.config, training, openEvaluation, parameters, layout);
  }

  /** Mean loss over the batch's replies; leaves its gradients in `parameters.gradients`. */
  async step(rows: readonly TokenRow[]): Promise<number> {
    const into = Object.fromEntries(this.parameters.views(this.parameters.gradients));
    const { loss } = await this.training.run(this.feeds(rows), into);
    return Number(loss!.data[0]);
  }

  /** Loss alone, through a graph of its own that keeps nothing for a backward pass; opened by the first call. */
  async loss(rows: readonly TokenRow[]): Promise<number> {
    this.evaluation ??= this.openEvaluation();
    const { loss } = await (await this.evaluation).run(this.feeds(rows));
    return Number(loss!.data[0]);
  }

  async close(): Promise<void> {
    await this.training.close();
    await (await this.evaluation)?.close();
  }

  private feeds(texts: readonly TokenRow[]): Feeds {
    const { chunks, packing } = this.layout;
    const length = texts.reduce((most, { ids }) => Math.max(most, ids.length), 0);
    const rows = packing ? packRows(texts) : texts.map((text) => [text]);
    const lengths = () => rows.map((row) => row.map(({ ids }) => ids.length));
    return {
      ...Object.fromEntries(this.parameters.views(this.parameters.weights)),
      ...(packing ? packedFeeds(this.config, lengths(), length) : causalFeeds(this.config, length)),
      ...textFeeds(rows, length, chunks),
    };
  }
}

/** How many tokens of a text a loss is asked for. */
export function askedCount({ ids, isReply }: TokenRow): number {
  let count = 0;
  for (let i = 1; i < ids.length; i++) if (isReply[i]) count++;
  return count;
}

/**
 * tokens [N, T], in each row its texts and padding on the right; asked [M] positions in N·T whose next token is a reply's, and what it is (said);
 * M is a multiple of the chunks, what it has too many weighs nothing.
 */
function textFeeds(rows: readonly (readonly TokenRow[])[], length: number, chunks: number): Feeds {
  const positions: number[] = [];
  const said: number[] = [];
  const tokens = new BigInt64Array(rows.length * length);
  rows.forEach((texts, row) => {
    let start = row * length;
    for (const { ids, isReply } of texts) {
      for (let i = 0; i < ids.length; i++) {
        tokens[start + i] = BigInt(ids[i]!);
        if (i === 0 || !isReply[i]) continue;
        positions.push(start + i - 1);
        said.push(ids[i]!);
      }
      start += ids.length;
    }
  });
  const count = Math.max(1, Math.ceil(positions.length / chunks)) * chunks;
  const weight = new Float32Array(count).fill(1 / Math.max(1, positions.length), 0, positions.length);
  // What fills up the last chunk reads position 0 and weighs nothing.
  const asked = new BigInt64Array(count);
  const inverse = new BigInt64Array(tokens.length).fill(BigInt(count));
  positions.forEach((position, i) => {
    asked[i] = BigInt(position);
    inverse[position] = BigInt(i);
  });
  const saidIds = new BigInt64Array(count);
  said.forEach((id, i) => (saidIds[i] = BigInt(id)));
  return {
    tokens: { data: tokens, dims: [rows.length, length] },
    asked: { data: asked, dims: [count] },
    inverse: { data: inverse, dims: [tokens.length] },
    said: { data: saidIds, dims: [count] },
    weight: { data: weight, dims: [count] },
  };
}

/** Σ weight · (log Σ e^logits − logit of what was said) */
function buildTextLoss(
  base: LanguageWeights,
  adaptersOf: (graph: Graph) => AdapterInputs,
  gradientCheckpointing: boolean,
  { chunks, packing }: Layout,
): { loss: Value; adapters: AdapterInputs } {
  const { config } = base;
  const graph = new Graph();
  const inputs = llamaInputs(graph, config, false, packing);
  const adapters = adaptersOf(graph);
  const weights = new FrozenWeights(graph, "language_model", base.weights, adapters.forPart("language_model"));
  const scope = new Scope(weights);
  const { hidden } = llama(scope, inputs, config, { gradientCheckpointing });
  const asked = graph.input("asked", "int64", [symbol("asked", chunks)]);
  const count = asked.shape[0]!;
  const said = graph.input("said", "int64", [count]);
  const weight = graph.input("weight", "float32", [count]);
  const rows = askedRows(hidden, asked, config);
  const perToken = chunkedCrossEntropy(scope, rows, said, config, chunks);
  return { loss: reduceSum(mul(reshape(perToken, [count]), weight), [0], false), adapters };
}

/** hidden [N, T, C] → the rows that a loss is asked for, [M, C]. */
function askedRows(hidden: Value, asked: Value, { hiddenSize }: LlamaConfig): Value {
  const [n, t] = hidden.shape as [Dim, Dim];
  const flat = reshape(hidden, [mulDims(n, t), hiddenSize]);
  return gatherOnce(flat, asked, hidden.graph.input("inverse", "int64", [flat.shape[0]!]));
}

/**
 * Cross-entropy of rows [M, C] → [M, 1], a chunk of rows after the other, each recomputed in the backward pass: only one
 * chunk's logits exist at a time, however large the vocabulary is.
 */
function chunkedCrossEntropy(scope: Scope, rows: Value, said: Value, config: LlamaConfig, chunks: number): Value {
  const table = config.tiedEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";
  const wanted = cast(gather(scope.parameter(table, [config.vocabSize, config.hiddenSize]), said), "float32");
  const crossEntropy = (hidden: Value, target: Value) =>
    sub(reduceLogSumExp(llamaLogits(scope, hidden, config), [-1]), reduceSum(mul(hidden, target), [-1]));
  if (chunks === 1) return crossEntropy(rows, wanted);
  const each = symbol("asked");
  const pieces = (x: Value) => {
    const apart = reshape(x, [chunks, each, config.hiddenSize]);
    const ones = Array.from({ length: chunks }, () => 1);
    return split(apart, ones, 0).map((piece) => reshape(piece, [each, config.hiddenSize]));
  };
  const targets = pieces(wanted);
  const losses: Value[] = [];
  for (const [i, hidden] of pieces(rows).entries()) {
    const before = losses.at(-1);
    // Waiting for the chunk before keeps the runtime from computing all logits first.
    const next = before ? gate(hidden, before) : hidden;
    losses.push(hidden.graph.checkpoint(() => crossEntropy(next, targets[i]!)));
  }
  const lines = losses.map((loss) => reshape(loss, [1, each]));
  return reshape(concat(lines, 0), [rows.shape[0]!, 1]);
}
