/**
 * Whitening of latents, folded into the two 1×1 convolutions between encoder, latents and decoder. The VAE alone does not
 * care in which directions it writes: two of its eight channels may say nearly the same, and what tells them apart, a
 * thirtieth of the rest, is part of the picture. Noise drowns so small a difference, the UNet guesses it, and the decoder
 * draws the guess as rubble. Where every direction varies alike, none is drowned before the others.
 */
import type { HostTensor } from "../runtime/index.ts";

type Matrix = readonly Float64Array[];
export interface Whitening {
  /** Per channel. */
  readonly mean: Float64Array;
  /** Lower triangle; latents are mean + lower · white. */
  readonly lower: Matrix;
  /** white = inverse · (latents − mean). */
  readonly inverse: Matrix;
}

/** @param latents [N, C, positions], one after the other @returns what makes their covariance the identity */
export function whiteningOf(latents: Float32Array, channels: number, positions: number): Whitening {
  const count = latents.length / channels;
  const at = (channel: number, i: number) =>
    latents[(Math.floor(i / positions) * channels + channel) * positions + (i % positions)]!;
  const mean = Float64Array.from({ length: channels }, (_, channel) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += at(channel, i);
    return sum / count;
  });
  const covariance = Array.from({ length: channels }, (_, a) =>
    Float64Array.from({ length: channels }, (__, b) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += (at(a, i) - mean[a]!) * (at(b, i) - mean[b]!);
      return sum / count;
    }),
  );
  const lower = cholesky(covariance);
  return { mean, lower, inverse: inverseOfLower(lower) };
}

/** Lower triangle L with L·Lᵀ the matrix, which must be positive definite; RangeError if it is not. */
function cholesky(matrix: Matrix): Float64Array[] {
  const lower = matrix.map((row) => new Float64Array(row.length));
  for (let a = 0; a < matrix.length; a++)
    for (let b = 0; b <= a; b++) {
      let rest = matrix[a]![b]!;
      for (let k = 0; k < b; k++) rest -= lower[a]![k]! * lower[b]![k]!;
      if (a === b && !(rest > 0)) throw new RangeError(`channel ${a} of the latents says nothing that others do not`);
      lower[a]![b] = a === b ? Math.sqrt(rest) : rest / lower[b]![b]!;
    }
  return lower;
}

function inverseOfLower(lower: Matrix): Float64Array[] {
  const inverse = lower.map((row) => new Float64Array(row.length));
  for (let column = 0; column < lower.length; column++)
    for (let row = column; row < lower.length; row++) {
      let sum = row === column ? 1 : 0;
      for (let k = column; k < row; k++) sum -= lower[row]![k]! * inverse[k]![column]!;
      inverse[row]![column] = sum / lower[row]![row]!;
    }
  return inverse;
}

/** a · b, b by rows of any width. */
export const product = (a: Matrix, b: Matrix): Float64Array[] =>
  a.map((row) =>
    Float64Array.from({ length: b[0]!.length }, (_, column) =>
      row.reduce((sum, value, k) => sum + value * b[k]![column]!, 0),
    ),
  );

const rowsOf = ({ data, dims }: HostTensor): Float64Array[] => {
  const [rows = 0] = dims;
  const width = data.length / rows;
  return Array.from({ length: rows }, (_, row) =>
    Float64Array.from(data.slice(row * width, (row + 1) * width), Number),
  );
};
const write = (tensor: HostTensor, rows: Matrix): void =>
  rows.forEach((row, i) => (tensor.data as Float32Array).set(row, i * row.length));
const columnOf = (vector: ArrayLike<number>): Float64Array[] => Array.from(vector, (value) => Float64Array.of(value));

/**
 * Changes the VAE's weights so that its latents are white; what it gives back stays the same. The logarithm of the variance
 * becomes a constant: that of a mixture is no linear function of its parts.
 * @param logVariance mean per channel, before
 */
export function whitenVae(weights: Readonly<Record<string, HostTensor>>, white: Whitening, logVariance: Float64Array) {
  const channels = white.mean.length;
  const [into, intoBias] = [weights["quant_conv.weight"]!, weights["quant_conv.bias"]!];
  const [out, outBias] = [weights["post_quant_conv.weight"]!, weights["post_quant_conv.bias"]!];
  const means = product(white.inverse, rowsOf(into).slice(0, channels));
  write(into, [...means, ...means.map((row) => row.map(() => 0))]);
  const centred = columnOf(Float64Array.from(white.mean, (mean, i) => Number(intoBias.data[i]) - mean));
  const variances = white.inverse.map((row) =>
    Float64Array.of(Math.log(row.reduce((sum, value, k) => sum + value ** 2 * Math.exp(logVariance[k]!), 0))),
  );
  write(intoBias, [...product(white.inverse, centred), ...variances]);
  const before = rowsOf(out);
  const shift = product(before, columnOf(white.mean)).map((row, i) =>
    row.map((value) => value + Number(outBias.data[i])),
  );
  write(outBias, shift);
  write(out, product(before, white.lower));
}
