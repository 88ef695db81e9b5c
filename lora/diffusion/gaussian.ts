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
      philox(this.#words, block, this.#stream, this.#seed);
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

/**
 * Philox4x32-10: `words` [4] for the counter (block, stream) and the key `seed`, each a whole number under 2^53 split in
 * its low and high 32 bits.
 */
export function philox(words: Uint32Array, block: number, stream: number, seed: number): void {
  let c0 = block % UINT32;
  let c1 = Math.floor(block / UINT32);
  let c2 = stream % UINT32;
  let c3 = Math.floor(stream / UINT32);
  let k0 = seed % UINT32;
  let k1 = Math.floor(seed / UINT32);
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
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
  2.509080928730122673e3, 3.343057558358812811e4, 6.72657709270087009e4, 4.592195393154987146e4, 1.373169376550946112e4,
  1.971590950306551443e3, 1.331416678917843775e2, 3.387132872796366608,
];
const centralBottom = [
  5.226495278852854561e3, 2.872908573572194267e4, 3.930789580009271061e4, 2.121379430158659587e4, 5.394196021424751108e3,
  6.87187007492057908e2, 4.231333070160091125e1, 1,
];
const middleTop = [
  7.745450142783414076e-4, 2.272384498926918458e-2, 2.417807251774506118e-1, 1.270458252452368383, 3.647848324763204605,
  5.769497221460691406, 4.630337846156545296, 1.423437110749683577,
];
const middleBottom = [
  1.050750071644416843e-9, 5.475938084995344946e-4, 1.519866656361645720e-2, 1.481039764274800746e-1,
  6.897673349851000046e-1, 1.676384830183803849, 2.053191626637758822, 1,
];
const farTop = [
  2.010334399292288132e-7, 2.711555568743487578e-5, 1.242660947388078439e-3, 2.65321895265761231e-2,
  2.965605718285048912e-1, 1.784826539917291336, 5.463784911164114370, 6.657904643501103777,
];
const farBottom = [
  2.044263103389939786e-15, 1.421511758316445889e-7, 1.846318317510054682e-5, 7.868691311456132591e-4,
  1.487536129085061485e-2, 1.369298809227358053e-1, 5.998322065558879377e-1, 1,
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
