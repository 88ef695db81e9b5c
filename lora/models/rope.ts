/** Rotary position embeddings (Su et al. 2021) and their scalings, as transformers' `modeling_rope_utils.py` computes them. */
import type { ConfigFile } from "./config-file.ts";

type Scaling =
  | { readonly kind: "default" }
  | { readonly kind: "linear"; readonly factor: number }
  | { readonly kind: "dynamic"; readonly factor: number; readonly originalPositions: number }
  | Llama3
  | Yarn
  | LongRope;

/** Waves shorter than original / high stay, longer than original / low are divided by the factor. */
interface Llama3 {
  readonly kind: "llama3";
  readonly factor: number;
  readonly originalPositions: number;
  readonly lowFrequencyFactor: number;
  readonly highFrequencyFactor: number;
}

/** Peng et al. 2023: what turns more than betaFast times stays, less than betaSlow times is divided by the factor. */
interface Yarn {
  readonly kind: "yarn";
  readonly factor: number;
  readonly originalPositions: number;
  readonly betaFast: number;
  readonly betaSlow: number;
  /** The range between the two begins and ends at whole frequencies. */
  readonly isTruncated: boolean;
}

/** Ding et al. 2024: a divisor for each frequency, others for runs longer than the original positions. */
interface LongRope {
  readonly kind: "longrope";
  readonly originalPositions: number;
  readonly shortFactors: readonly number[];
  readonly longFactors: readonly number[];
}

export type Rope = Scaling & {
  readonly theta: number;
  /** Times cos and sin; squared, the temperature of the attention. */
  readonly attentionFactor: number;
};
type Kind = Rope["kind"];

/** What a kind reads, and the angle per position of each pair of a head. */
type Rules = {
  readonly [K in Kind]: {
    read(scaling: ConfigFile, context: Context): Extract<Scaling, { kind: K }> & { readonly attentionFactor?: number };
    /** @param length positions in the run so far */
    rates(rope: Extract<Rope, { kind: K }>, headSize: number, length: number): number[];
  };
};
interface Context {
  readonly headSize: number;
  readonly maxPositions: number;
  /** Positions the base was trained on before the scaling. */
  readonly originalPositions: number;
}

const plain = (theta: number, headSize: number): number[] =>
  Array.from({ length: headSize / 2 }, (_, i) => theta ** ((-2 * i) / headSize));
const clamp = (value: number): number => Math.min(1, Math.max(0, value));

const RULES: Rules = {
  default: {
    read: () => ({ kind: "default" }),
    rates: ({ theta }, headSize) => plain(theta, headSize),
  },
  linear: {
    read: (scaling) => ({ kind: "linear", factor: scaling.positive("factor") }),
    rates: ({ theta, factor }, headSize) => plain(theta, headSize).map((rate) => rate / factor),
  },
  dynamic: {
    read: (scaling, { originalPositions }) => ({
      kind: "dynamic",
      factor: scaling.positive("factor"),
      originalPositions,
    }),
    rates: ({ theta, factor, originalPositions: original }, headSize, length) => {
      const grown = (factor * Math.max(length, original)) / original - (factor - 1);
      return plain(theta * grown ** (headSize / (headSize - 2)), headSize);
    },
  },
  llama3: {
    read: (scaling, { originalPositions }) => ({
      kind: "llama3",
      factor: scaling.positive("factor"),
      originalPositions,
      lowFrequencyFactor: scaling.positive("low_freq_factor"),
      highFrequencyFactor: scaling.positive("high_freq_factor"),
    }),
    rates: ({ theta, factor, originalPositions, lowFrequencyFactor: low, highFrequencyFactor: high }, headSize) =>
      plain(theta, headSize).map((rate) => {
        const waves = (originalPositions * rate) / (2 * Math.PI);
        const share = clamp((waves - low) / (high - low));
        return ((1 - share) * rate) / factor + share * rate;
      }),
  },
  yarn: { read: readYarn, rates: yarnRates },
  longrope: {
    read: readLongRope,
    rates: ({ theta, originalPositions, shortFactors, longFactors }, headSize, length) => {
      const factors = length > originalPositions ? longFactors : shortFactors;
      return plain(theta, headSize).map((rate, i) => rate / factors[i]!);
    },
  },
};
const KINDS = Object.keys(RULES).join(", ");
const isKind = (value: unknown): value is Kind => typeof value === "string" && Object.hasOwn(RULES, value);

/**
 * Reads `rope_parameters` (transformers 5) or `rope_theta` and `rope_scaling` (before).
 * @throws BASE_CONFIG_INVALID
 */
export function readRope(json: ConfigFile, { headSize, maxPositions }: Omit<Context, "originalPositions">): Rope {
  const scaling = json.part("rope_parameters") ?? json.part("rope_scaling");
  const theta = (scaling?.object["rope_theta"] === undefined ? json : scaling).positive("rope_theta", 10_000);
  const spelled = scaling?.object["rope_type"] === undefined ? "type" : "rope_type";
  const kind = scaling?.get(spelled, KINDS, isKind, "default") ?? "default";
  if (!scaling || kind === "default") return { kind: "default", theta, attentionFactor: 1 };
  // Phi writes it beside the scaling, and means that one.
  const key = "original_max_position_embeddings";
  const originalPositions = (json.object[key] === undefined ? scaling : json).count(key, maxPositions);
  return { theta, attentionFactor: 1, ...RULES[kind].read(scaling, { headSize, maxPositions, originalPositions }) };
}

const optional = (scaling: ConfigFile, key: string): number | undefined =>
  (scaling.object[key] ?? undefined) === undefined ? undefined : scaling.positive(key);

function readYarn(
  scaling: ConfigFile,
  { maxPositions, originalPositions }: Context,
): Yarn & { attentionFactor: number } {
  const factor = optional(scaling, "factor") ?? maxPositions / originalPositions;
  const [scale, scaleAll] = [optional(scaling, "mscale"), optional(scaling, "mscale_all_dim")];
  const growth = (by: number) => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  return {
    kind: "yarn",
    factor,
    originalPositions,
    betaFast: optional(scaling, "beta_fast") ?? 32,
    betaSlow: optional(scaling, "beta_slow") ?? 1,
    isTruncated: scaling.flag("truncate", true),
    attentionFactor:
      optional(scaling, "attention_factor") ?? (scale && scaleAll ? growth(scale) / growth(scaleAll) : growth(1)),
  };
}

function yarnRates(rope: Yarn & { readonly theta: number }, headSize: number): number[] {
  // The frequency, as a fraction of an index, that turns so many times within the original positions.
  const turning = (turns: number) =>
    (headSize * Math.log(rope.originalPositions / (turns * 2 * Math.PI))) / (2 * Math.log(rope.theta));
  const [from, to] = [turning(rope.betaFast), turning(rope.betaSlow)];
  const low = Math.max(rope.isTruncated ? Math.floor(from) : from, 0);
  const high = Math.min(rope.isTruncated ? Math.ceil(to) : to, headSize - 1);
  const width = low === high ? 0.001 : high - low;
  return plain(rope.theta, headSize).map((rate, i) => {
    const divided = clamp((i - low) / width);
    return (rate / rope.factor) * divided + rate * (1 - divided);
  });
}

function readLongRope(scaling: ConfigFile, context: Context): LongRope & { attentionFactor: number } {
  const { headSize, maxPositions, originalPositions } = context;
  const factor = optional(scaling, "factor") ?? maxPositions / originalPositions;
  const inferred = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalPositions));
  const isList = (v: unknown): v is number[] =>
    Array.isArray(v) && v.length === headSize / 2 && v.every((n) => typeof n === "number" && n > 0);
  const factors = (key: string) => scaling.get(key, `${headSize / 2} positive numbers`, isList);
  return {
    kind: "longrope",
    originalPositions,
    shortFactors: factors("short_factor"),
    longFactors: factors("long_factor"),
    attentionFactor: optional(scaling, "attention_factor") ?? inferred,
  };
}

export interface RotaryTables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/** Angle per position of each pair of a head. @param length positions in the run so far */
export function rotaryRates(rope: Rope, headSize: number, length: number): number[] {
  const rules = RULES[rope.kind] as { rates(rope: Rope, headSize: number, length: number): number[] };
  return rules.rates(rope, headSize, length);
}

/** cos and sin of each position's angles, [positions.length, headSize / 2]. */
export function rotaryTables(rope: Rope, headSize: number, positions: ArrayLike<number>): RotaryTables {
  const all = Array.from(positions);
  const length = all.reduce((most, position) => Math.max(most, position + 1), 0);
  const rates = rotaryRates(rope, headSize, length);
  const cos = new Float32Array(all.length * rates.length);
  const sin = new Float32Array(cos.length);
  all.forEach((position, row) =>
    rates.forEach((rate, i) => {
      cos[row * rates.length + i] = rope.attentionFactor * Math.cos(position * rate);
      sin[row * rates.length + i] = rope.attentionFactor * Math.sin(position * rate);
    }),
  );
  return { cos, sin };
}
