import assert from "node:assert";

/**
 * A size known only at run time: a polynomial in named symbols with integer coefficients, e.g. `4*h*w + 2`.
 * `key` is canonical, so equal sizes have equal keys.
 */
export interface SymbolicDim {
  /** monomial ("" for the constant, "h*w" sorted) → coefficient */
  readonly terms: ReadonlyMap<string, number>;
  readonly key: string;
}
export type Dim = number | SymbolicDim;
export type Shape = readonly Dim[];

function fromTerms(terms: Map<string, number>): Dim {
  for (const [monomial, coefficient] of terms) if (coefficient === 0) terms.delete(monomial);
  if (terms.size === 0) return 0;
  if (terms.size === 1 && terms.has("")) return terms.get("")!;
  const sorted = new Map([...terms].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { terms: sorted, key: [...sorted].map(([m, c]) => `${c}*${m}`).join("+") };
}

const termsOf = (dim: Dim): ReadonlyMap<string, number> => (typeof dim === "number" ? new Map([["", dim]]) : dim.terms);

/** A fresh symbol; `symbol("h", 8)` is a size known to be a multiple of 8. */
export function symbol(name: string, multiple = 1): Dim {
  return fromTerms(new Map([[name, multiple]]));
}

export function addDims(a: Dim, b: Dim): Dim {
  const sum = new Map(termsOf(a));
  for (const [monomial, coefficient] of termsOf(b)) sum.set(monomial, (sum.get(monomial) ?? 0) + coefficient);
  return fromTerms(sum);
}

export function mulDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a * b;
  const product = new Map<string, number>();
  for (const [ma, ca] of termsOf(a)) {
    for (const [mb, cb] of termsOf(b)) {
      const monomial = [...ma.split("*"), ...mb.split("*")].filter(Boolean).toSorted().join("*");
      product.set(monomial, (product.get(monomial) ?? 0) + ca * cb);
    }
  }
  return fromTerms(product);
}

/** ⌊dim / divisor⌋; every coefficient but the constant must divide, so that the result is a polynomial again. */
export function floorDivDim(dim: Dim, divisor: number): Dim {
  const quotient = new Map<string, number>();
  for (const [monomial, coefficient] of termsOf(dim)) {
    const exact = coefficient / divisor;
    assert(
      monomial === "" || Number.isInteger(exact),
      `size ${dimKey(dim)} is not divisible by ${divisor}; declare the input size as a multiple`,
    );
    quotient.set(monomial, Math.floor(exact));
  }
  return fromTerms(quotient);
}

export const productOf = (shape: Shape): Dim => shape.reduce<Dim>(mulDims, 1);
export const dimKey = (dim: Dim): string => (typeof dim === "number" ? String(dim) : dim.key);
export const sameDim = (a: Dim, b: Dim): boolean => dimKey(a) === dimKey(b);
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => sameDim(d, b[i]!));
export const shapeKey = (shape: Shape): string => `[${shape.map(dimKey).join(", ")}]`;
export const isStatic = (shape: Shape): shape is readonly number[] => shape.every((dim) => typeof dim === "number");

/** Numeric shape once every symbol has a value. */
export function evaluateDim(dim: Dim, symbols: Readonly<Record<string, number>>): number {
  let total = 0;
  for (const [monomial, coefficient] of termsOf(dim)) {
    const factors = monomial === "" ? [] : monomial.split("*");
    total += factors.reduce((product, name) => {
      const value = symbols[name];
      assert(value !== undefined, `symbol ${name} has no value`);
      return product * value;
    }, coefficient);
  }
  return total;
}
