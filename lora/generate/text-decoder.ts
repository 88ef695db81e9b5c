/** Decoding with a cache of keys and values: each row of a batch reads its own prompt and carries its own stack. */
import { stackAdapters, stackFeeds, type AdapterFeeds, type ModuleSite, type Stack } from "../adapter/index.ts";
import { gather, Graph, mulDims, reshape, symbol, type Dim } from "../graph/index.ts";
import {
  cachedFeeds,
  FrozenWeights,
  languageModelSites,
  llama,
  llamaInputs,
  llamaLogits,
  quantisedWeights,
  type LanguageWeights,
  type LlamaConfig,
  type WeightKind,
} from "../models/index.ts";
import { Scope } from "../nn/index.ts";
import { Session, type Feeds, type SessionOptions } from "../runtime/index.ts";

/**
 * Weights up to this size are copied when the model is opened: half-precision ones widened to float32, which costs twice their
 * size in memory instead of time at each step, and all in the order in which a step reads them, which saves a quarter of the
 * processor's time of one row and a third of that of eight (540 MB of float32; opening took 0.5 s longer).
 */
const COPIED_BYTES_MAX = 2 ** 30;

const BITS = { int8: 8, int4: 4 } as const;

export interface DecoderOptions extends SessionOptions {
  /**
   * "float" by default: as the base has them. "int8" and "int4" round the base's matrices, not the modules, when it is opened
   * (once, to a file in the user's cache): less memory and faster steps for a little of the base's quality.
   */
  readonly weights?: WeightKind | undefined;
}

export class TextDecoder {
  readonly base: LanguageWeights;
  readonly sites: readonly ModuleSite[];
  private readonly session: Session;

  private constructor(base: LanguageWeights, sites: readonly ModuleSite[], session: Session) {
    this.base = base;
    this.sites = sites;
    this.session = session;
  }

  /**
   * Every layer of the base can carry adapters; a layer that no module changes is fed rank 0.
   * @throws FOLDER_NOT_WRITABLE, FILE_NO_SPACE where weights of few bits cannot be kept
   */
  static async open(
    base: LanguageWeights,
    { weights: kind = "float", ...options }: DecoderOptions = {},
  ): Promise<TextDecoder> {
    const sites = languageModelSites(base);
    const { config } = base;
    const graph = new Graph();
    const inputs = llamaInputs(graph, config, true);
    const adapters = stackAdapters(graph, sites);
    const bytes = [...base.weights.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    const blocks = kind === "float" ? undefined : quantisedWeights(base, BITS[kind]);
    // Blocks have fast kernels only when copied.
    const isCopied = blocks !== undefined || bytes <= COPIED_BYTES_MAX;
    const weights = new FrozenWeights(graph, "language_model", base.weights, adapters.forPart("language_model"), {
      widenOnce: isCopied,
      blocks,
    });
    const scope = new Scope(weights);
    const { hidden, present } = llama(scope, inputs, config);
    const [n, t] = hidden.shape as [Dim, Dim];
    const last = graph.input("last", "int64", [symbol("N")]);
    const rows = gather(reshape(hidden, [mulDims(n, t), config.hiddenSize]), last);
    const outputs = { logits: llamaLogits(scope, rows, config) };
    const caches = present.flatMap(({ keys, values }, i) => [
      [`keys.${i}`, keys] as const,
      [`values.${i}`, values] as const,
    ]);
    const session = await Session.open<string>(
      { ...outputs, ...Object.fromEntries(caches) },
      { prepack: isCopied, ...options },
    );
    return new TextDecoder(base, sites, session);
  }

  /** Reads the prompts. @param stacks one for each prompt */
  async start(prompts: readonly (readonly number[])[], stacks: readonly Stack[]): Promise<DecodingBatch> {
    const batch = new DecodingBatch(this.base.config, this.sites, this.session, stacks);
    await batch.read(prompts);
    return batch;
  }

  async close(): Promise<void> {
    await this.session.close();
  }
}

/** Slots by which a cache grows: few enough to waste little, many enough not to copy often. */
const GROWTH_SLOTS = 256;

/** Rows that are decoded together. Slots of the cache are shared: what a row must not see in one is masked. */
export class DecodingBatch {
  /** Logits of each row's next token. */
  logits: readonly Float32Array[] = [];
  private readonly config: LlamaConfig;
  private readonly sites: readonly ModuleSite[];
  private readonly session: Session;
  private stacks: readonly Stack[];
  private adapters: AdapterFeeds;
  /** By cache name, [capacity, N, kvHeads, headSize]. */
  private caches = new Map<string, Float32Array>();
  private used = 0;
  /** Per row, the position that each used slot holds; −1: nothing of this row. */
  private slots: number[][];
  private lengths: number[];

  constructor(config: LlamaConfig, sites: readonly ModuleSite[], session: Session, stacks: readonly Stack[]) {
    this.config = config;
    this.sites = sites;
    this.session = session;
    this.stacks = stacks;
    this.adapters = stackFeeds(stacks, sites);
    this.slots = stacks.map(() => []);
    this.lengths = stacks.map(() => 0);
  }

  /** Appends tokens to each row, at least one, and leaves the logits of what follows. */
  async read(tokens: readonly (readonly number[])[]): Promise<void> {
    const length = tokens.reduce((most, row) => Math.max(most, row.length), 0);
    const ids = new BigInt64Array(tokens.length * length);
    const last = new BigInt64Array(tokens.length);
    const rows = tokens.map((row, r) => {
      const positions = Int32Array.from({ length }, (_, i) => (i < row.length ? this.lengths[r]! + i : -1));
      row.forEach((id, i) => (ids[r * length + i] = BigInt(id)));
      last[r] = BigInt(r * length + row.length - 1);
      this.slots[r]!.push(...positions);
      this.lengths[r]! += row.length;
      return { slots: Int32Array.from(this.slots[r]!), positions };
    });
    const feeds: Feeds = {
      ...this.adapters,
      ...this.past(),
      ...cachedFeeds(this.config, rows),
      tokens: { data: ids, dims: [tokens.length, length] },
      last: { data: last, dims: [tokens.length] },
    };
    const { logits, ...present } = await this.session.run(feeds);
    for (const [name, { data }] of Object.entries(present)) this.append(name, data as Float32Array, length);
    this.used += length;
    const { vocabSize } = this.config;
    const all = logits!.data as Float32Array;
    this.logits = tokens.map((_, r) => all.subarray(r * vocabSize, (r + 1) * vocabSize));
  }

  /** Goes on with some of the rows, in their order. */
  keep(rows: readonly number[]): void {
    const width = this.config.kvHeads * this.config.headSize;
    const before = this.stacks.length;
    for (const cache of this.caches.values())
      for (let slot = 0; slot < this.used; slot++)
        rows.forEach((row, to) => {
          const from = (slot * before + row) * width;
          cache.copyWithin((slot * rows.length + to) * width, from, from + width);
        });
    const pick = <T>(values: readonly T[]): T[] => rows.map((row) => values[row]!);
    this.stacks = pick(this.stacks);
    this.adapters = stackFeeds(this.stacks, this.sites);
    [this.slots, this.lengths, this.logits] = [pick(this.slots), pick(this.lengths), pick(this.logits)];
  }

  /** Numbers in one slot of one cache. */
  private get slotSize(): number {
    return this.stacks.length * this.config.kvHeads * this.config.headSize;
  }

  private past(): Feeds {
    const dims = [this.used, this.stacks.length, this.config.kvHeads, this.config.headSize];
    const names = Array.from({ length: this.config.layers }, (_, i) => [`keys.${i}`, `values.${i}`]).flat();
    const used = (name: string) => this.caches.get(name)?.subarray(0, this.used * this.slotSize) ?? new Float32Array();
    return Object.fromEntries(names.map((name) => [`past.${name}`, { data: used(name), dims }]));
  }

  private append(name: string, rows: Float32Array, length: number): void {
    const needed = (this.used + length) * this.slotSize;
    let cache = this.caches.get(name);
    if (!cache || cache.length < needed) {
      const larger = new Float32Array(needed + GROWTH_SLOTS * this.slotSize);
      if (cache) larger.set(cache.subarray(0, this.used * this.slotSize));
      this.caches.set(name, (cache = larger));
    }
    cache.set(rows, this.used * this.slotSize);
  }
}
