/** Element types of GGUF tensors: how many values a block has, in how many bytes, and what they are. */
import { bfloat16ToFloat32, float16ToFloat32 } from "./dtype.ts";

interface GgmlType {
  readonly name: string;
  /** Values of one block. */
  readonly values: number;
  /** Bytes of one block. */
  readonly bytes: number;
  /** The whole blocks in `bytes` as float32, written to `into`. */
  readonly dequantise: (bytes: Uint8Array<ArrayBuffer>, into: Float32Array) => void;
}

/** float32 products and sums, as the reference computes them. */
const f = Math.fround;
const QUANT_VALUES = 32;
const K_VALUES = 256;

/** Half-precision numbers at one place of each block, `stride` bytes apart. */
function halves(bytes: Uint8Array, start: number, stride: number): Float32Array {
  const bits = new Uint16Array(Math.floor(bytes.length / stride));
  for (let i = 0; i < bits.length; i++) bits[i] = bytes[i * stride + start]! | (bytes[i * stride + start + 1]! << 8);
  return float16ToFloat32(bits);
}

const words = (bytes: Uint8Array): Uint16Array => new Uint16Array(bytes.slice().buffer);

/** Block: d (half), 32 int8. value = q · d */
function q8_0(bytes: Uint8Array<ArrayBuffer>, into: Float32Array): void {
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  halves(bytes, 0, 34).forEach((d, block) => {
    for (let i = 0; i < 32; i++) into[block * 32 + i] = signed[block * 34 + 2 + i]! * d;
  });
}

/** Block: d (half), 16 bytes: low nibbles are values 0–15, high ones 16–31. value = (q − 8) · d */
function q4_0(bytes: Uint8Array, into: Float32Array): void {
  halves(bytes, 0, 18).forEach((d, block) => {
    for (let i = 0; i < 16; i++) {
      const pair = bytes[block * 18 + 2 + i]!;
      into[block * 32 + i] = ((pair & 15) - 8) * d;
      into[block * 32 + 16 + i] = ((pair >> 4) - 8) * d;
    }
  });
}

/** As q4_0, with a minimum: d, m (halves), 16 bytes. value = q · d + m */
function q4_1(bytes: Uint8Array, into: Float32Array): void {
  const least = halves(bytes, 2, 20);
  halves(bytes, 0, 20).forEach((d, block) => {
    const m = least[block]!;
    for (let i = 0; i < 16; i++) {
      const pair = bytes[block * 20 + 4 + i]!;
      into[block * 32 + i] = f((pair & 15) * d) + m;
      into[block * 32 + 16 + i] = f((pair >> 4) * d) + m;
    }
  });
}

/**
 * Block: d, dmin (halves), 12 bytes of 6-bit scales s and minima m for 8 groups of 32, 128 bytes of nibbles: of each 32 bytes the low
 * ones are one group, the high ones the next. value = q · (s · d) − m · dmin
 */
function q4_k(bytes: Uint8Array, into: Float32Array): void {
  const mins = halves(bytes, 2, 144);
  halves(bytes, 0, 144).forEach((d, block) => {
    const at = block * 144 + 4;
    for (let group = 0; group < 8; group++) {
      const { scale, least } = groupScale(bytes, at, group);
      const [step, base] = [f(d * scale), f(mins[block]! * least)];
      const from = at + 12 + (group >> 1) * 32;
      const shift = (group & 1) * 4;
      for (let i = 0; i < 32; i++)
        into[block * K_VALUES + group * 32 + i] = f(((bytes[from + i]! >> shift) & 15) * step) - base;
    }
  });
}

/** The first four scales are the low 6 bits of bytes 0–3, minima of 4–7; the others have 4 bits in 8–11 and 2 on top in 0–7. */
function groupScale(bytes: Uint8Array, at: number, group: number): { scale: number; least: number } {
  const [d, m] = [bytes[at + (group & 3)]!, bytes[at + 4 + (group & 3)]!];
  if (group < 4) return { scale: d & 63, least: m & 63 };
  const both = bytes[at + 4 + group]!;
  return { scale: (both & 15) | ((d >> 2) & 48), least: (both >> 4) | ((m >> 2) & 48) };
}

/**
 * Block: 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 int8 scales for groups of 16, d (half).
 * value = (q − 32) · (scale · d)
 */
function q6_k(bytes: Uint8Array<ArrayBuffer>, into: Float32Array): void {
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  halves(bytes, 208, 210).forEach((d, block) => {
    const at = block * 210;
    for (let i = 0; i < K_VALUES; i++) {
      // Values 0–31 and 32–63 of each half of 128 are low nibbles of two runs of bytes, 64–127 their high nibbles.
      const [half, within] = [i >> 7, i & 127];
      const low = (bytes[at + half * 64 + (within & 63)]! >> (within < 64 ? 0 : 4)) & 15;
      const high = (bytes[at + 128 + half * 32 + (within & 31)]! >> (2 * (within >> 5))) & 3;
      into[block * K_VALUES + i] = ((low | (high << 4)) - 32) * f(d * signed[at + 192 + (i >> 4)]!);
    }
  });
}

/** By the number that GGUF has for a type. */
export const GGML_TYPES: ReadonlyMap<number, GgmlType> = new Map<number, GgmlType>([
  [0, { name: "F32", values: 1, bytes: 4, dequantise: (b, into) => into.set(new Float32Array(b.slice().buffer)) }],
  [1, { name: "F16", values: 1, bytes: 2, dequantise: (b, into) => into.set(float16ToFloat32(words(b))) }],
  [2, { name: "Q4_0", values: QUANT_VALUES, bytes: 18, dequantise: q4_0 }],
  [3, { name: "Q4_1", values: QUANT_VALUES, bytes: 20, dequantise: q4_1 }],
  [8, { name: "Q8_0", values: QUANT_VALUES, bytes: 34, dequantise: q8_0 }],
  [12, { name: "Q4_K", values: K_VALUES, bytes: 144, dequantise: q4_k }],
  [14, { name: "Q6_K", values: K_VALUES, bytes: 210, dequantise: q6_k }],
  [30, { name: "BF16", values: 1, bytes: 2, dequantise: (b, into) => into.set(bfloat16ToFloat32(words(b))) }],
]);
