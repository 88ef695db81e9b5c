/**
 * Weights that can repeat before they have learned anything. A model finds out late that what follows a word once may follow
 * it again (induction, Olsson et al. 2022): after a million tokens of personas it still did not copy one name. So three
 * heads of the first layer begin by looking at the token before, and three of the second at whatever followed the present token
 * before, and say it again. Everything is trained on from there.
 */
import type { LlamaConfig } from "../models/index.ts";
import type { HostTensor } from "../runtime/index.ts";

type Weights = ReadonlyMap<string, HostTensor & { readonly data: Float32Array }>;

const HEADS = 3;
/** A part of each token that is always the same: what a query needs that asks for a place and not for a word. */
const CONSTANT = 0.6;
const CONSTANT_AT = 0;
/** Ten times what is usual: a step of the optimiser then turns a token a little and does not make another of it. */
export const EMBEDDING_STD = 0.2;
const EMBEDDING_STD_BEFORE = 0.02;
/** Pairs of a head that turn fast tell places apart; those that turn slowly hardly notice the distance of two words. */
const FAST_PAIRS = 6;
const SLOW_TURN_MAX = 0.006;
/** Score of a hit above the rest, before the softmax. */
const PLACE_SCORE = 10;
const MATCH_SCORE = 16;
/** How much louder than the token itself the repeated one is said, and how sure the first guesses are. */
const SAID_GAIN = 4;
const SURENESS = 0.4;

function slowRowsOf({ headSize, rope }: LlamaConfig): number[] {
  const half = headSize / 2;
  const slow = Array.from({ length: half }, (_, pair) => pair).filter(
    (pair) => rope.theta ** (-pair / half) < SLOW_TURN_MAX,
  );
  return [...slow, ...slow.map((pair) => pair + half)];
}

/** Makes what tokens are known by out of drawn numbers. @param rows [n, hiddenSize] of deviation `EMBEDDING_STD`, changed */
export function freshTokens(rows: Float32Array, config: LlamaConfig): void {
  const { hiddenSize } = config;
  const own = HEADS * slowRowsOf(config).length;
  for (let row = 0; row < rows.length; row += hiddenSize) {
    rows.fill(0, row + 1 + own, row + 1 + 2 * own);
    rows[row + CONSTANT_AT] = CONSTANT;
  }
}

export function headStart(weights: Weights, config: LlamaConfig): void {
  const { headSize, hiddenSize } = config;
  const half = headSize / 2;
  const turn = (pair: number) => config.rope.theta ** (-pair / half);
  const slowRows = slowRowsOf(config);
  const code = slowRows.length;
  const at = (name: string) => weights.get(`model.${name}.weight`)!.data;
  const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

  // Where things stand in a hidden state: the constant, what a token is known by, then what the token before was known by.
  const ownAt = (head: number) => range(1 + head * code, code);
  const beforeAt = (head: number) => range(1 + (HEADS + head) * code, code);
  const beforeEnd = 1 + 2 * HEADS * code;
  const saidAt = (head: number) =>
    [...range(1, HEADS * code), ...range(beforeEnd, hiddenSize - beforeEnd)].slice(
      head * headSize,
      (head + 1) * headSize,
    );

  const table = at("embed_tokens");
  for (let i = 0; i < table.length; i++) table[i]! *= EMBEDDING_STD / EMBEDDING_STD_BEFORE;
  freshTokens(table, config);
  at("norm").fill(SURENESS);
  const matrix = (name: string, columns: number) => {
    const data = at(name);
    return {
      clearRow: (row: number) => data.fill(0, row * columns, (row + 1) * columns),
      set: (row: number, column: number, value: number) => (data[row * columns + column] = value),
    };
  };
  const ofLayer = (layer: number) => ({
    q: matrix(`layers.${layer}.self_attn.q_proj`, hiddenSize),
    k: matrix(`layers.${layer}.self_attn.k_proj`, hiddenSize),
    v: matrix(`layers.${layer}.self_attn.v_proj`, hiddenSize),
    o: matrix(`layers.${layer}.self_attn.o_proj`, config.heads * headSize),
  });

  const rms = Math.sqrt((CONSTANT ** 2 + (hiddenSize - 1) * EMBEDDING_STD ** 2) / hiddenSize);
  const placed = Math.sqrt(PLACE_SCORE * Math.sqrt(headSize)) / (CONSTANT / rms);
  const matched = Math.sqrt((MATCH_SCORE * Math.sqrt(headSize)) / code);
  const [first, second] = [ofLayer(0), ofLayer(1)];
  for (const head of range(0, HEADS)) {
    const row = head * headSize;
    for (const pair of range(0, FAST_PAIRS)) {
      for (const part of [first.q, first.k]) for (const half_ of [0, half]) part.clearRow(row + pair + half_);
      // cos((t − s)·turn − turn) is greatest where s is the place before t.
      first.q.set(row + pair, CONSTANT_AT, placed);
      first.k.set(row + pair, CONSTANT_AT, placed * Math.cos(turn(pair)));
      first.k.set(row + pair + half, CONSTANT_AT, placed * Math.sin(turn(pair)));
    }
    range(0, headSize).forEach((i) => first.v.clearRow(row + i));
    ownAt(head).forEach((column, i) => {
      first.v.set(row + i, column, 1);
      first.o.set(beforeAt(head)[i]!, row + i, EMBEDDING_STD);
    });
    slowRows.forEach((slowRow, i) => {
      second.q.clearRow(row + slowRow);
      second.k.clearRow(row + slowRow);
      second.q.set(row + slowRow, ownAt(head)[i]!, matched);
      second.k.set(row + slowRow, beforeAt(head)[i]!, matched);
    });
    saidAt(head).forEach((column, i) => {
      second.v.clearRow(row + i);
      second.v.set(row + i, column, 1);
      second.o.set(column, row + i, EMBEDDING_STD * SAID_GAIN);
    });
  }
}
