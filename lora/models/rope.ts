/** Rotary position embeddings (Su et al. 2021) and their scalings, as transformers' `modeling_rope_utils.py` computes them. */
import type { ConfigFile } from "./config-file.ts";

export interface Rope {
  readonly kind: "default" | "linear" | "dynamic" | "llama3";
  readonly theta: number;
  /** 1 for the default kind. */
  readonly factor: number;
  /** Positions the base was trained on before the scaling. */
  readonly originalPositions: number;
  /** llama3: waves shorter than original / high stay, longer than original / low are divided by the factor. */
  readonly lowFrequencyFactor: number;
  readonly highFrequencyFactor: number;
}

const KINDS: readonly string[] = ["default", "linear", "dynamic", "llama3"];
const isKind = (value: unknown): value is Rope["kind"] => typeof value === "string" && KINDS.includes(value);

/** Reads `rope_parameters` (transformers 5) or `rope_theta` and `rope_scaling` (before). @throws BASE_CONFIG_INVALID */
export function readRope(json: ConfigFile, maxPositions: number): Rope {
  const scaling = json.part("rope_parameters") ?? json.part("rope_scaling");
  const theta = scaling?.object["rope_theta"] === undefined ? json : scaling;
  const spelled = scaling?.object["rope_type"] === undefined ? "type" : "rope_type";
  const kind = scaling?.get(spelled, KINDS.join(", "), isKind, "default") ?? "default";
  const scaled = kind === "default" ? undefined : scaling;
  return {
    kind,
    theta: theta.positive("rope_theta", 10_000),
    factor: scaled?.positive("factor") ?? 1,
    originalPositions: scaled?.count("original_max_position_embeddings", maxPositions) ?? maxPositions,
    lowFrequencyFactor: kind === "llama3" ? scaled!.positive("low_freq_factor") : 1,
    highFrequencyFactor: kind === "llama3" ? scaled!.positive("high_freq_factor") : 1,
  };
}

/** @param length positions in the run so far, on which the dynamic (NTK) scaling depends */
function frequencies(rope: Rope, headSize: number, length: number): number[] {
  const plain = (theta: number) => Array.from({ length: headSize / 2 }, (_, i) => theta ** ((-2 * i) / headSize));
  const { factor, originalPositions: original, lowFrequencyFactor: low, highFrequencyFactor: high } = rope;
  if (rope.kind === "linear") return plain(rope.theta).map((f) => f / factor);
  if (rope.kind === "dynamic") {
    const grown = (factor * Math.max(length, original)) / original - (factor - 1);
    return plain(rope.theta * grown ** (headSize / (headSize - 2)));
  }
  if (rope.kind === "default") return plain(rope.theta);
  return plain(rope.theta).map((frequency) => {
    const waves = (original * frequency) / (2 * Math.PI);
    const share = Math.min(1, Math.max(0, (waves - low) / (high - low)));
    return ((1 - share) * frequency) / factor + share * frequency;
  });
}

export interface RotaryTables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/** cos and sin of each position's angles, [positions.length, headSize / 2]. */
export function rotaryTables(rope: Rope, headSize: number, positions: readonly number[]): RotaryTables {
  const length = positions.reduce((most, position) => Math.max(most, position + 1), 0);
  const rates = frequencies(rope, headSize, length);
  const cos = new Float32Array(positions.length * rates.length);
  const sin = new Float32Array(cos.length);
  positions.forEach((position, row) =>
    rates.forEach((rate, i) => {
      cos[row * rates.length + i] = Math.cos(position * rate);
      sin[row * rates.length + i] = Math.sin(position * rate);
    }),
  );
  return { cos, sin };
}
