/**
 * Vector-Jacobian products, one per op: given the cotangent g of the output, the cotangent of each input.
 * Only standard ops are used, so that the backward pass runs wherever the forward pass does.
 */
import assert from "node:assert";
import { addDims, dimKey, productOf, type Dim, type Shape } from "./dim.ts";
import type { Value } from "./graph.ts";
import * as op from "./ops.ts";
import type { VjpContext } from "./op-table.ts";

type Rule = (context: VjpContext) => (Value | undefined)[];
const first =
  (rule: (g: Value, x: Value, y: Value) => Value): Rule =>
  ({ g, inputs, outputs }) => [rule(g, inputs[0]!, outputs[0]!)];

/** −g */
export const neg = first((g) => op.neg(g));
/** g·y */
export const exp = first((g, _x, y) => op.mul(g, y));
/** g / x */
export const log = first((g, x) => op.div(g, x));
/** g / 2y */
export const sqrt = first((g, _x, y) => op.div(g, op.mulScalar(y, 2)));
/** −g·y² */
export const reciprocal = first((g, _x, y) => op.neg(op.mul(g, op.mul(y, y))));
/** g·y·(1 − y) */
export const sigmoid = first((g, _x, y) => op.mul(g, op.sub(y, op.mul(y, y))));
/** g·(1 − y²) */
export const tanh = first((g, _x, y) => op.sub(g, op.mul(g, op.mul(y, y))));
/** g·2/√π·e^(−x²) */
export const erf = first((g, x) => op.mul(g, op.mulScalar(op.exp(op.neg(op.mul(x, x))), 2 / Math.sqrt(Math.PI))));
/** g where y > 0 */
export const relu = first((g, _x, y) => op.mul(g, op.sign(y)));
/** g·sign(x) */
export const abs = first((g, x) => op.mul(g, op.sign(x)));
/** g·cos x */
export const sin = first((g, x) => op.mul(g, op.cos(x)));
/** −g·sin x */
export const cos = first((g, x) => op.neg(op.mul(g, op.sin(x))));

/** y = x·s with s = σ(αx); g·(s + α·(y − y·s)) */
export const quickGelu: Rule = ({ g, node, inputs, outputs }) => {
  const alpha = node.meta["alpha"] as number;
  const s = op.sigmoid(op.mulScalar(inputs[0]!, alpha));
  const y = outputs[0]!;
  return [op.mul(g, op.add(s, op.mulScalar(op.sub(y, op.mul(y, s)), alpha)))];
};

/**
 * exact: g·(Φ(x) + x·φ(x));
 * tanh: with u = √(2/π)(x + 0.044715x³), t = tanh u: g·½(1 + t + x(1 − t²)u′)
 */
export const gelu: Rule = ({ g, node, inputs: [input] }) => {
  const x = input!;
  const square = op.mul(x, x);
  if (node.attributes["approximate"] === "tanh") {
    const root = Math.sqrt(2 / Math.PI);
    const u = op.mulScalar(op.mul(x, op.addScalar(op.mulScalar(square, 0.044715), 1)), root);
    const t = op.tanh(u);
    const slope = op.addScalar(op.mulScalar(square, 3 * 0.044715 * root), root);
    const tail = op.mul(op.mul(x, slope), op.addScalar(op.neg(op.mul(t, t)), 1));
    return [op.mul(g, op.mulScalar(op.add(op.addScalar(t, 1), tail), 0.5))];
  }
  const cdf = op.mulScalar(op.addScalar(op.erf(op.mulScalar(x, Math.SQRT1_2)), 1), 0.5);
  const density = op.mulScalar(op.exp(op.mulScalar(square, -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return [op.mul(g, op.add(cdf, op.mul(x, density)))];
};

/** y·(g − Σ g·y) over the last axis */
export const softmax = first((g, _x, y) => {
  const gy = op.mul(g, y);
  return op.sub(gy, op.mul(y, op.reduceSum(gy, [-1])));
});

const toBoth =
  (pick: (context: VjpContext) => [() => Value, () => Value]): Rule =>
  (context) => {
    const rules = pick(context);
    return rules.map((rule, i) => (context.needs[i] ? op.sumTo(rule(), context.inputs[i]!.shape) : undefined));
  };
/** g, g */
export const add = toBoth(({ g }) => [() => g, () => g]);
/** g, −g */
export const sub = toBoth(({ g }) => [() => g, () => op.neg(g)]);
/** g·b, g·a */
export const mul = toBoth(({ g, inputs: [a, b] }) => [() => op.mul(g, b!), () => op.mul(g, a!)]);
/** g/b, −g·y/b */
export const div = toBoth(({ g, inputs: [, b], outputs: [y] }) => [
  () => op.div(g, b!),
  () => op.neg(op.div(op.mul(g, y!), b!)),
]);

/** g to the input that was chosen; a tie splits it in halves, as PyTorch does. */
const chosen = (wins: (self: Value, other: Value) => Value) =>
  toBoth(({ g, inputs: [a, b] }) => {
    const share = (self: Value, other: Value) => {
      const tie = op.mulScalar(op.cast(op.equal(self, other), g.dtype), 0.5);
      return op.mul(g, op.add(op.cast(wins(self, other), g.dtype), tie));
    };
    return [() => share(a!, b!), () => share(b!, a!)];
  });
export const max = chosen((self, other) => op.greater(self, other));
export const min = chosen((self, other) => op.greater(other, self));

/** g where the condition holds to a, elsewhere to b */
export const where: Rule = ({ g, inputs: [condition, a, b] }) => {
  const zero = op.scalar(g, 0);
  return [
    undefined,
    op.sumTo(op.where(condition!, g, zero), a!.shape),
    op.sumTo(op.where(condition!, zero, g), b!.shape),
  ];
};
export const cast: Rule = ({ g, inputs: [x] }) => [op.cast(g, x!.dtype)];

/** g·bᵀ, aᵀ·g */
export const matmul = toBoth(({ g, inputs: [a, b] }) => [
  () => op.matmul(g, op.swapLast(b!)),
  () => op.matmul(op.swapLast(a!), g),
]);

/** With A′ = op(A), B′ = op(B): dA′ = g·B′ᵀ, dB′ = A′ᵀ·g, dC = Σ rows of g; transposed back where the attribute says so. */
export const gemm: Rule = ({ g, node, inputs: [a, b, c], needs }) => {
  const [transA, transB] = [Boolean(node.attributes["transA"]), Boolean(node.attributes["transB"])];
  const weight = () => op.weightForBackward(b!, g);
  const dA = () =>
    transA
      ? op.gemm(weight(), g, undefined, { transA: transB, transB: true })
      : op.gemm(g, weight(), undefined, { transB: !transB });
  const dB = () =>
    transB
      ? op.gemm(g, a!, undefined, { transA: true, transB: transA })
      : op.gemm(a!, g, undefined, { transA: !transA });
  return [needs[0] ? dA() : undefined, needs[1] ? dB() : undefined, c && needs[2] ? op.sumTo(g, c.shape) : undefined];
};

/** dx = ConvTranspose(g, W); dW = correlation of x with g; db = Σ g over batch and space. */
export const conv: Rule = ({ g, node, inputs: [x, w, b], needs }) => {
  assert(node.attributes["group"] === undefined, "Conv gradient: only of one group");
  return [
    needs[0] ? convInput(g, x!, w!, node.attributes) : undefined,
    needs[1] ? convWeight(g, x!, w!, node.attributes) : undefined,
    b && needs[2] ? op.reduceSum(g, [0, 2, 3], false) : undefined,
  ];
};

function convInput(g: Value, x: Value, w: Value, attributes: VjpContext["node"]["attributes"]): Value {
  const strides = attributes["strides"] as [number, number];
  const pads = attributes["pads"] as [number, number, number, number];
  const kernel = w.shape.slice(2) as [number, number];
  // The rows and columns that the stride left over at the end: (size + pads − kernel) mod stride.
  const leftOver = (axis: 0 | 1) => {
    const reached = addDims(
      multiply(addDims(g.shape[axis + 2]!, -1), strides[axis]),
      kernel[axis] - pads[axis] - pads[axis + 2]!,
    );
    const rest = addDims(x.shape[axis + 2]!, multiply(reached, -1));
    assert(
      typeof rest === "number",
      `Conv gradient: ${dimKey(x.shape[axis + 2]!)} is not a known multiple of the stride`,
    );
    return rest;
  };
  return op.convTranspose(g, op.weightForBackward(w, g), { strides, pads, outputPadding: [leftOver(0), leftOver(1)] });
}
const multiply = (dim: Dim, factor: number) => productOf([dim, factor]);

/**
 * dW[o, c, i, j] = Σ over batch n and positions p of g[n, o, p] · x[n, c, s·p + (i, j)].
 * With channels first, the shifted windows of x lie below one another and one product sums over batch and positions at
 * once; a product per picture and a sum afterwards took 1.4 times as long on the mini UNet's lowest levels.
 */
function convWeight(g: Value, x: Value, w: Value, attributes: VjpContext["node"]["attributes"]): Value {
  const [strideH, strideW] = attributes["strides"] as [number, number];
  const [top, left, bottom, right] = attributes["pads"] as [number, number, number, number];
  const [o, c, kh, kw] = w.shape as [number, number, number, number];
  const [n, , gh, gw] = g.shape as [Dim, Dim, Dim, Dim];
  const samples = productOf([n, gh, gw]);
  const channelsFirst = (value: Value) => op.transpose(value, [1, 0, 2, 3]);
  const rows = op.reshape(channelsFirst(g), [o, samples]);
  const correlate = (columns: Value) => op.matmul(rows, op.swapLast(columns));
  if (kh === 1 && kw === 1 && strideH === 1 && strideW === 1)
    return op.reshape(correlate(op.reshape(channelsFirst(x), [c, samples])), w.shape);
  const padded = op.pad(channelsFirst(x), [
    [0, 0],
    [0, 0],
    [top, bottom],
    [left, right],
  ]);
  const product = correlate(op.windows(padded, kh, kw, gh, gw, strideH, strideW));
  return op.reshape(op.transpose(op.reshape(product, [o, kh * kw, c]), [0, 2, 1]), w.shape);
}

/** g spread over the reduced axes */
export const reduceSum: Rule = ({ g, node, inputs: [x] }) => [op.expand(kept(g, node.meta, x!.shape), x!.shape)];
/** g spread over the reduced axes, divided by how many there are */
export const reduceMean: Rule = (context) => {
  const {
    inputs: [x],
    outputs: [y],
    g,
    node,
  } = context;
  const total = countRatio(x!, y!);
  return [op.expand(op.div(kept(g, node.meta, x!.shape), total), x!.shape)];
};
/** g at the maxima (split evenly among ties) */
export const reduceMax: Rule = ({ g, node, inputs: [x], outputs: [y] }) => {
  const hit = op.cast(op.equal(x!, kept(y!, node.meta, x!.shape)), g.dtype);
  const ties = op.reduceSum(hit, node.meta["axes"] as number[]);
  return [op.mul(hit, op.div(kept(g, node.meta, x!.shape), ties))];
};

/** g·e^(x − y) */
export const reduceLogSumExp: Rule = ({ g, node, inputs: [x], outputs: [y] }) => {
  const share = op.exp(op.sub(x!, kept(y!, node.meta, x!.shape)));
  return [op.mul(share, kept(g, node.meta, x!.shape))];
};

/** Brings a reduced value back to rank with size-1 axes. */
function kept(y: Value, meta: VjpContext["node"]["meta"], full: Shape): Value {
  if (meta["keepDims"]) return y;
  const axes = new Set(meta["axes"] as number[]);
  return op.reshape(
    y,
    full.map((dim, axis) => (axes.has(axis) ? 1 : dim)),
  );
}
function countRatio(x: Value, y: Value): Value {
  const count = (v: Value) => op.cast(op.reshape(op.dimValue(v, productOf(v.shape)), []), x.dtype);
  return op.div(count(x), count(y));
}

export const reshape: Rule = ({ g, inputs: [x] }) => [op.reshape(g, x!.shape), undefined];
export const expand: Rule = ({ g, inputs: [x] }) => [op.sumTo(g, x!.shape), undefined];
/** the inverse permutation */
export const transpose: Rule = ({ g, node }) => {
  const perm = node.attributes["perm"] as number[];
  return [
    op.transpose(
      g,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ];
};
/** the matching piece of g */
export const concat: Rule = ({ g, node, inputs }) => {
  const axis = node.attributes["axis"] as number;
  return op.split(
    g,
    inputs.map(({ shape }) => shape[axis] as number),
    axis,
  );
};
/** all pieces' cotangents joined; zeros where a piece has none */
export const split: Rule = ({ node, outputs, cotangents }) => {
  const like = cotangents.find((g) => g)!;
  const zeros = (shape: Shape) =>
    op.expand(
      op.reshape(
        op.scalar(like, 0),
        shape.map(() => 1),
      ),
      shape,
    );
  const pieces = outputs.map((output, i) => cotangents[i] ?? zeros(output.shape));
  return [op.concat(pieces, node.attributes["axis"] as number), undefined];
};
/** g padded with zeros to where it was cut from; a strided cut first spreads g with zeros in between. */
export const slice: Rule = ({ g, node, inputs: [x] }) => {
  const { axis, start, end, stride = 1 } = node.meta as { axis: number; start: number; end?: number; stride?: number };
  const spread = stride === 1 ? g : op.spread(g, axis, stride);
  const size = x!.shape[axis]!;
  const before = start < 0 ? addDims(size, start) : start;
  const after = end !== undefined && end <= 0 ? -end : addDims(size, multiply(addDims(spread.shape[axis]!, start), -1));
  assert(
    typeof before === "number" && typeof after === "number" && after >= 0,
    `Slice gradient: what surrounds the cut of ${dimKey(size)} is not known`,
  );
  return [
    op.pad(
      spread,
      x!.shape.map((_, at) => (at === axis ? [before, after] : [0, 0])),
    ),
    undefined,
    undefined,
    undefined,
    undefined,
  ];
};
/** g without the padding */
export const pad: Rule = ({ g, node }) => {
  const amounts = node.meta["amounts"] as [number, number][];
  const cut = amounts.reduce(
    (v, [before, after], axis) => (before || after ? op.slice(v, axis, before, -after) : v),
    g,
  );
  return [cut, undefined];
};
/**
 * One-hot(indices)ᵀ·g: deterministic, unlike a scatter-add from several threads. Where each row is taken at most once and
 * `inverse` says by which index, the rows of g are gathered back, and the row of zeros after them.
 */
export const gather: Rule = ({ g, node, inputs: [table, indices] }) => {
  const inverse = node.meta["inverse"] as Value | undefined;
  if (inverse) {
    const none = op.expand(op.constant(g, [0], [1, 1]), [1, g.shape[1]!]);
    return [op.gather(op.concat([g, none], 0), inverse), undefined];
  }
  const vocabulary = table!.shape[0] as number;
  const width = table!.shape.slice(1);
  const count = productOf(indices!.shape);
  const range = g.graph.constant(
    BigInt64Array.from({ length: vocabulary }, (_, i) => BigInt(i)),
    [1, vocabulary],
    "int64",
  );
  const hot = op.cast(op.equal(op.reshape(op.cast(indices!, "int64"), [count, 1]), range), g.dtype);
  const flat = op.reshape(g, [count, productOf(width)]);
  return [op.reshape(op.gemm(hot, flat, undefined, { transA: true }), table!.shape), undefined];
};
/** Σ of each 2×2 block */
export const upsampleNearest2x = first((g) => op.mulScalar(op.averagePool2x2(g), 4));
/** g/4 to each of the 2×2 */
export const averagePool2x2 = first((g) => op.mulScalar(op.upsampleNearest2x(g), 0.25));

/**
 * With x̂ = (x − μ)·r and h = g·scale: dx = r·(h − mean(h) − x̂·mean(h·x̂)), dscale = Σ g·x̂, dbias = Σ g.
 * Source: Ba et al. 2016, eq. 4; μ and r are the op's own second and third output.
 */
export const layerNormalization: Rule = ({
  g,
  node,
  inputs: [x, scale, bias],
  outputs: [y, mean, inverseStd],
  needs,
}) => {
  const plain = Boolean(node.meta["plain"]);
  const normalised = plain ? y! : op.mul(op.sub(x!, mean!), inverseStd!);
  const h = plain ? g : op.mul(g, scale!);
  const centred = () => {
    const alongX = op.mul(op.reduceMean(op.mul(h, normalised), [-1]), inverseStd!);
    const shift = op.mul(op.reduceMean(h, [-1]), inverseStd!);
    return op.sub(op.sub(op.mul(h, inverseStd!), shift), op.mul(normalised, alongX));
  };
  return [
    needs[0] ? centred() : undefined,
    needs[1] ? op.sumTo(op.mul(g, normalised), scale!.shape) : undefined,
    bias && needs[2] ? op.sumTo(g, bias.shape) : undefined,
  ];
};

/**
 * With r = 1/√(mean(x²) + ε), x̂ = x·r and h = g·scale: dx = r·(h − x̂·mean(h·x̂)), dscale = Σ g·x̂.
 * Source: Zhang & Sennrich 2019, eq. 4. r is computed anew: WebGPU's kernel returns garbage in its place.
 */
export const rmsNormalization: Rule = ({ g, node, inputs: [x, scale], needs }) => {
  const square = op.reduceMean(op.mul(x!, x!), [-1]);
  const inverse = op.reciprocal(op.sqrt(op.addScalar(square, node.meta["epsilon"] as number)));
  const normalised = op.mul(x!, inverse);
  const h = op.mul(g, scale!);
  const dx = () => op.mul(op.sub(h, op.mul(normalised, op.reduceMean(op.mul(h, normalised), [-1]))), inverse);
  return [needs[0] ? dx() : undefined, needs[1] ? op.sumTo(op.mul(g, normalised), scale!.shape) : undefined];
};
