/** The element types of safetensors that Animula reads and writes, in the order the reference writer lays them out. */
export type SafetensorsDType =
  | "U64"
  | "I64"
  | "F64"
  | "F32"
  | "U32"
  | "I32"
  | "BF16"
  | "F16"
  | "U16"
  | "I16"
  | "F8_E4M3"
  | "F8_E5M2"
  | "I8"
  | "U8"
  | "BOOL";

/** Raw elements: F16 and BF16 are `Uint16Array` bit patterns; F8 and BOOL are `Uint8Array`. Little-endian. */
export type TensorData =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

type DTypeRow = {
  bits: number;
  /** Position in the file: the reference writer puts higher ranks first (larger alignment, then its own order). */
  fileOrder: number;
  view: (buffer: ArrayBuffer) => TensorData;
  /** To float32, or null where the element is not a floating-point number. */
  toFloat32: ((data: TensorData) => Float32Array<ArrayBuffer>) | null;
};

const float32Bits = new Float32Array(1);
const float32BitsView = new Uint32Array(float32Bits.buffer);

/** IEEE 754 half → float32 bits, one entry per half: a lookup is faster than the arithmetic. Built on first use. */
let halfTable: Uint32Array | undefined;

function buildHalfTable(): Uint32Array {
  const table = new Uint32Array(0x10000);
  for (let half = 0; half < table.length; half++) {
    const exponent = (half >>> 10) & 0x1f;
    const mantissa = half & 0x3ff;
    const sign = (half & 0x8000) << 16;
    if (exponent === 0) {
      float32Bits[0] = mantissa * 2 ** -24;
      table[half] = float32BitsView[0]! | sign;
    } else {
      const exponent32 = exponent === 31 ? 255 : exponent + 112;
      table[half] = sign | (exponent32 << 23) | (mantissa << 13);
    }
  }
  return table;
}

/** IEEE 754 half bit patterns → float32 (exact). */
export function float16ToFloat32(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const table = (halfTable ??= buildHalfTable());
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = table[halves[i]!]!;
  return new Float32Array(bits.buffer);
}

/** One float32 bit pattern → half bit pattern, round to nearest even. */
function halfFromFloat32Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x38800000) {
    if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x1ff);
    if (magnitude >= 0x47800000) return sign | 0x7c00;
    // Adding just under half of the dropped part carries into the exponent when it must, up to infinity.
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  if (magnitude < 0x33000000) return sign;
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - (magnitude >>> 23);
  const kept = mantissa >>> shift;
  const dropped = mantissa & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return sign | (kept + (dropped > middle || (dropped === middle && (kept & 1) === 1) ? 1 : 0));
}

/** float32 → IEEE 754 half bit patterns, round to nearest even; beyond ±65504 becomes infinity, NaN stays NaN. */
export function float32ToFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) halves[i] = halfFromFloat32Bits(bits[i]!);
  return halves;
}

/** bfloat16 bit patterns → float32 (exact: bfloat16 is the upper half of a float32). */
export function bfloat16ToFloat32(values: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(values.length);
  for (let i = 0; i < bits.length; i++) bits[i] = values[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** float32 → bfloat16 bit patterns, round to nearest even; NaN stays NaN. */
export function float32ToBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const result = new Uint16Array(values.length);
  for (let i = 0; i < result.length; i++) {
    const x = bits[i]!;
    const isNaN = (x & 0x7fffffff) > 0x7f800000;
    result[i] = isNaN ? (x >>> 16) | 0x40 : (x + 0x7fff + ((x >>> 16) & 1)) >>> 16;
  }
  return result;
}

/** float8 E5M2 is the upper byte of a half. */
function float8e5m2ToFloat32(values: Uint8Array): Float32Array<ArrayBuffer> {
  return float16ToFloat32(Uint16Array.from(values, (value) => value << 8));
}

/** float8 E4M3 ("fn": no infinity, 0x7f is NaN), exponent bias 7. */
function float8e4m3ToFloat32(values: Uint8Array): Float32Array<ArrayBuffer> {
  const table = Float32Array.from({ length: 256 }, (_, code) => {
    const exponent = (code >>> 3) & 15;
    const mantissa = code & 7;
    const sign = code & 0x80 ? -1 : 1;
    if (exponent === 15 && mantissa === 7) return NaN;
    return sign * (exponent === 0 ? mantissa * 2 ** -9 : (1 + mantissa / 8) * 2 ** (exponent - 7));
  });
  return Float32Array.from(values, (value) => table[value]!);
}

/** One row per dtype. `fileOrder` was read off the reference writer (safetensors 0.8.0). */
export const dtypes: Record<SafetensorsDType, DTypeRow> = {
  U64: { bits: 64, fileOrder: 14, view: (b) => new BigUint64Array(b), toFloat32: null },
  I64: { bits: 64, fileOrder: 13, view: (b) => new BigInt64Array(b), toFloat32: null },
  F64: {
    bits: 64,
    fileOrder: 12,
    view: (b) => new Float64Array(b),
    toFloat32: (data) => new Float32Array(data as Float64Array),
  },
  F32: {
    bits: 32,
    fileOrder: 11,
    view: (b) => new Float32Array(b),
    toFloat32: (data) => data as Float32Array<ArrayBuffer>,
  },
  U32: { bits: 32, fileOrder: 10, view: (b) => new Uint32Array(b), toFloat32: null },
  I32: { bits: 32, fileOrder: 9, view: (b) => new Int32Array(b), toFloat32: null },
  BF16: {
    bits: 16,
    fileOrder: 8,
    view: (b) => new Uint16Array(b),
    toFloat32: (data) => bfloat16ToFloat32(data as Uint16Array),
  },
  F16: {
    bits: 16,
    fileOrder: 7,
    view: (b) => new Uint16Array(b),
    toFloat32: (data) => float16ToFloat32(data as Uint16Array),
  },
  U16: { bits: 16, fileOrder: 6, view: (b) => new Uint16Array(b), toFloat32: null },
  I16: { bits: 16, fileOrder: 5, view: (b) => new Int16Array(b), toFloat32: null },
  F8_E4M3: {
    bits: 8,
    fileOrder: 4,
    view: (b) => new Uint8Array(b),
    toFloat32: (data) => float8e4m3ToFloat32(data as Uint8Array),
  },
  F8_E5M2: {
    bits: 8,
    fileOrder: 3,
    view: (b) => new Uint8Array(b),
    toFloat32: (data) => float8e5m2ToFloat32(data as Uint8Array),
  },
  I8: { bits: 8, fileOrder: 2, view: (b) => new Int8Array(b), toFloat32: null },
  U8: { bits: 8, fileOrder: 1, view: (b) => new Uint8Array(b), toFloat32: null },
  BOOL: { bits: 8, fileOrder: 0, view: (b) => new Uint8Array(b), toFloat32: null },
};
