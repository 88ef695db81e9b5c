import assert from "node:assert/strict";
import { add, Graph, gradients, mul, opTable, reduceSum, allAxes, type Value } from "../../lora/graph/index.ts";
import { Session, type Feeds, type HostTensor } from "../../lora/runtime/index.ts";
import { closeTo } from "../support/close-to.ts";
import { builders, caseTensor, opCases, type OpCase } from "./op-cases.ts";

/** float32 against float64: a few units in the last place of sums of at most 54 products of order 1. */
const TOLERANCE = { rtol: 2e-5, atol: 2e-5 };
/** The cotangent of a cast to half precision is itself rounded to a half: 2⁻¹¹. */
const HALF_TOLERANCE = { rtol: 5e-4, atol: 5e-4 };

/** Goldens of what the graph does not have; the test below fails as soon as it has it. */
const NOT_AN_OP = ["Pow", "Clip", "LogSoftmax", "GroupNorm", "CrossEntropy", "MeanSquaredError", "Attention"];
/** Variants of an op that no model here needs and the builder cannot express. */
const NOT_EXPRESSIBLE = ["Gather_axis1", "Pad_value", "Gemm_scaled"];
/** Only a step of Conv's gradient: it is never differentiated itself. */
const FORWARD_ONLY = ["ConvTranspose"];

const covered = opCases.filter(({ name, op }) => !NOT_AN_OP.includes(op) && !NOT_EXPRESSIBLE.includes(name));

interface BuiltCase {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly feeds: Feeds;
}

function buildCase(opCase: OpCase): BuiltCase {
  const graph = new Graph();
  const feeds: Record<string, HostTensor> = {};
  const inputs = opCase.inputs.map((name) => {
    const { dtype, shape, data } = caseTensor(opCase, "in", name);
    feeds[name] = { data, dims: shape };
    return graph.input(name, dtype, shape);
  });
  return { inputs, outputs: builders[opCase.op]!(inputs, opCase.attrs as never), feeds };
}

/** Σ over the outputs of output · cotangent, whose gradients are the golden's. */
function linearLoss(opCase: OpCase, { outputs, feeds }: BuiltCase): { loss: Value; feeds: Feeds } {
  const all: Record<string, HostTensor> = { ...feeds };
  const terms = opCase.outputs.map((name, i) => {
    const { shape, data } = caseTensor(opCase, "cot", name);
    const key = `cotangent ${name}`;
    all[key] = { data, dims: shape };
    const product = mul(outputs[i]!, outputs[i]!.graph.input(key, "float32", shape));
    return reduceSum(product, allAxes(product), false);
  });
  return { loss: terms.reduce(add), feeds: all };
}

const numbers = ({ data }: HostTensor) => data as Float32Array;

describe("ops against PyTorch", () => {
  for (const opCase of covered) {
    it(`forward: ${opCase.name}`, async () => {
      const built = buildCase(opCase);
      const session = await Session.open(Object.fromEntries(built.outputs.map((value, i) => [String(i), value])));
      const results = await session.run(built.feeds);
      await session.close();
      opCase.outputs.forEach((name, i) => {
        const golden = caseTensor(opCase, "out", name);
        assert.deepEqual(results[i]!.dims, golden.shape, "shape at run time");
        assert.deepEqual(built.outputs[i]!.shape, golden.shape, "shape as inferred");
        closeTo(numbers(results[i]!), golden.data as Float32Array, TOLERANCE, name);
      });
    });

    if (opCase.gradients.length === 0 || FORWARD_ONLY.includes(opCase.op)) continue;
    it(`gradient: ${opCase.name}`, async () => {
      const built = buildCase(opCase);
      const { loss, feeds } = linearLoss(opCase, built);
      const wrt = opCase.gradients.map((name) => built.inputs[opCase.inputs.indexOf(name)]!);
      const cotangents = gradients(loss, wrt);
      const session = await Session.open(Object.fromEntries(opCase.gradients.map((name, i) => [name, cotangents[i]!])));
      const results = await session.run(feeds);
      await session.close();
      for (const name of opCase.gradients) {
        const golden = caseTensor(opCase, "grad", name);
        assert.deepEqual(results[name]!.dims, golden.shape, `shape of the gradient of ${name}`);
        const tolerance = opCase.name === "Cast_float16" ? HALF_TOLERANCE : TOLERANCE;
        closeTo(numbers(results[name]!), golden.data as Float32Array, tolerance, `gradient of ${name}`);
      }
    });
  }

  it("covers every op of the table that has a gradient", () => {
    const tested = new Set(covered.filter(({ op }) => !FORWARD_ONLY.includes(op)).map(({ op }) => op));
    const differentiable = Object.entries(opTable).filter(([, row]) => row.vjp !== "none");
    assert.deepEqual(
      differentiable.map(([op]) => op).filter((op) => !tested.has(op)),
      [],
    );
  });

  it("skips no golden of an op that the graph has", () => {
    assert.deepEqual(
      NOT_AN_OP.filter((op) => op in opTable),
      [],
    );
  });
});
