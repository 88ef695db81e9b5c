import { diffusionErrors } from "./errors.ts";

/**
 * A random state as plain JSON. `position` is the index of the next draw, so `Random.from({ ...state, position })` is
 * random access.
 */
export interface RandomState {
  readonly seed: number;
  readonly stream: number;
  readonly position: number;
}

const UINT32 = 2 ** 32;
const ROUNDS = 10;

/**
 * Seeded random numbers, the same on every machine and engine.
 *
 * Counter-based: draw k is a pure function of (seed, stream, k), by Philox4x32-10 (Salmon et al. 2011). One block of
 * four words gives two draws of 53 bits. Normals come from the inverse of the normal distribution (Wichura 1988,
 * AS 241), one draw each. Only + − × ÷ and the square root are used, which IEEE 754 rounds correctly; `Math.log` and
 * `Math.cos` may differ between engines in the last bit, and a seed would then not name one picture.
 */
export class Random {
  readonly #seed: number;
  readonly #stream: number;
  #position: number;
  #block = -1;
  readonly #words = new Uint32Array(4);

  /** `stream` separates independent sequences of one seed. @throws SEED_RANGE */
  constructor(seed: number, stream = 0) {
    if (!isCount(seed)) throw diffusionErrors.SEED_RANGE(seed);
    if (!isCount(stream)) throw diffusionErrors.SEED_RANGE(stream);
    this.#seed = seed;
    this.#stream = stream;
    this.#position = 0;
  }

  /** @throws RANDOM_STATE */
  static from(state: RandomState): Random {
    const fields: Partial<RandomState> | null = state;
    if (!isCount(fields?.seed) || !isCount(fields.stream) || !isCount(fields.position)) {
      throw diffusionErrors.RANDOM_STATE(JSON.stringify(state) ?? "nothing");
    }
    const random = new Random(fields.seed, fields.stream);
    random.#position = fields.position;
    return random;
  }

  /** The state before the next draw; survives `JSON.stringify`. */
  state(): RandomState {
    return { seed: this.#seed, stream: this.#stream, position: this.#position };
  }

  /** In [0, 1), 53 bits. */
  uniform(): number {
    return this.#next53() * 2 ** -53;
  }

  /** A whole number in [0, limit). */
  integer(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }

  /** From N(0, 1); within ±8.2. */
  normal(): number {
    // 52 bits and a half: symmetric, and never 0 or 1.
    return normalQuantile((Math.floor(this.#next53() / 2) + 0.5) * 2 ** -52);
  }

  /** Fills `out` with normals and returns it. */
  fillNormal<T extends Float32Array>(out: T): T {
    for (let i = 0; i < out.length; i++) out[i] = this.normal();
    return out;
  }

  #next53(): number {
    const block = Math.floor(this.#position / 2);
    if (block !== this.#block) {
      split(this.#words, 0, block);
      split(this.#words, 2, this.#stream);
      philox(this.#words, this.#seed % UINT32, Math.floor(this.#seed / UINT32));
      this.#block = block;
    }
    const at = (this.#position % 2) * 2;
    this.#position++;
    return (this.#words[at]! >>> 5) * 2 ** 26 + (this.#words[at + 1]! >>> 6);
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A whole number under 2^53 as its low and high 32 bits. */
function split(words: Uint32Array, at: number, value: number): void {
  words[at] = value % UINT32;
  words[at + 1] = Math.floor(value / UINT32);
}

/** Philox4x32-10 in place: `words` [4] is the counter before and the random block after; (k0, k1) is the key. */
export function philox(words: Uint32Array, k0: number, k1: number): void {
  let [c0, c1, c2, c3] = words as unknown as [number, number, number, number];
  let [key0, key1] = [k0, k1];
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    c0 = (high1 ^ c1 ^ key0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ key1) >>> 0;
    c3 = low0;
    key0 = (key0 + 0x9e3779b9) >>> 0;
    key1 = (key1 + 0xbb67ae85) >>> 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/** The upper 32 bits of a 64-bit product; every partial product stays under 2^53, so floats are exact. */
function multiplyHigh(a: number, b: number): number {
  const low = a * (b & 0xffff);
  return Math.floor((a * (b >>> 16) + Math.floor(low / 65536)) / 65536);
}

// AS 241 (PPND16), coefficients from the highest power down; relative error about 1e-16.
const centralTop = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
  133.14166789178438, 3.3871328727963665,
];
const centralBottom = [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
  42.31333070160091, 1,
];
const middleTop = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
  5.769497221460691, 4.630337846156546, 1.4234371107496835,
];
const middleBottom = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
  1.6763848301838038, 2.053191626637759, 1,
];
const farTop = [
  2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
  1.7848265399172913, 5.463784911164114, 6.657904643501103,
];
const farBottom = [
  2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133, 0.014875361290850615,
  0.1369298809227358, 0.599832206555888, 1,
];

/** x with Φ(x) = p, for p in (0, 1). */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(centralTop, r)) / polynomial(centralBottom, r);
  }
  const r = Math.sqrt(-naturalLog(q < 0 ? p : 1 - p));
  const tail =
    r <= 5
      ? polynomial(middleTop, r - 1.6) / polynomial(middleBottom, r - 1.6)
      : polynomial(farTop, r - 5) / polynomial(farBottom, r - 5);
  return q < 0 ? -tail : tail;
}

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = 0; i < coefficients.length; i++) sum = sum * x + coefficients[i]!;
  return sum;
}

/** ln x for x in (0, 1]: x = m · 2^−k with m in [0.7, 1.4), then 2 · artanh((m − 1) / (m + 1)) as a series. */
function naturalLog(x: number): number {
  let k = 0;
  let m = x;
  while (m < 0.7) {
    m *= 2;
    k++;
  }
  const s = (m - 1) / (m + 1);
  const squared = s * s;
  let sum = 0;
  // |s| < 0.18, so the 13th term is under 1e-19.
  for (let odd = 25; odd >= 1; odd -= 2) sum = sum * squared + 1 / odd;
  return 2 * s * sum - k * Math.LN2;
}
