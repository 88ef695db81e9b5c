/**
 * Mean over a square of `2 * radius + 1` pixels, around the borders: the picture repeats in both directions.
 * @param field Row-major, [height, width].
 */
export function wrapBlur(field: Float32Array, width: number, height: number, radius: number): Float32Array {
  const rows = blurLines(field, { lines: height, length: width, lineStep: width, step: 1 }, radius);
  return blurLines(rows, { lines: width, length: height, lineStep: 1, step: width }, radius);
}

interface Lines {
  readonly lines: number;
  readonly length: number;
  readonly lineStep: number;
  readonly step: number;
}

function blurLines(field: Float32Array, { lines, length, lineStep, step }: Lines, radius: number): Float32Array {
  const out = new Float32Array(field.length);
  const size = 2 * radius + 1;
  for (let line = 0; line < lines; line++) {
    const at = (i: number): number => line * lineStep + wrap(i, length) * step;
    let sum = 0;
    for (let i = -radius; i <= radius; i++) sum += field[at(i)]!;
    for (let i = 0; i < length; i++) {
      out[at(i)] = sum / size;
      sum += field[at(i + radius + 1)]! - field[at(i - radius)]!;
    }
  }
  return out;
}

const wrap = (i: number, length: number): number => ((i % length) + length) % length;
