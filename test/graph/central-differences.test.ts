import assert from "node:assert/strict";
import { add, allAxes, Graph, gradients, mul, reduceSum, type Value } from "../../lora/graph/index.ts";
import { Session, type HostTensor } from "../../lora/runtime/index.ts";
import { builders, caseTensor, opCases, type OpCase } from "./op-cases.ts";

/** The runtime's CPU kernels of these, or of what their gradients need, exist in float32 only. */
const FLOAT32_ONLY = ["Erf", "Silu", "QuickGelu", "Conv", "Resize", "AveragePool", "LayerNormalization"];
const FLOAT32_ONLY_CASES = ["Gelu_none"];
const NOT_DIFFERENTIATED = ["ConvTranspose", "Cast"];
const NOT_EXPRESSIBLE = ["Gather_axis1", "Pad_value", "Gemm_scaled"];

interface Precision {
  readonly dtype: "float64" | "float32";
  readonly step: number;
  /**
   * |slope − gradient · direction| / (|gradient| · |direction|): truncation, step²/6 of a third derivative of order 1 to
   * 100, and cancellation, the dtype's epsilon / step.
   */
  readonly errorMax: number;
}
const DOUBLE: Precision = { dtype: "float64", step: 1e-5, errorMax: 1e-6 };
const SINGLE: Precision = { dtype: "float32", step: 1 / 128, errorMax: 3e-4 };

const isSingle = ({ name, op }: OpCase) => FLOAT32_ONLY.includes(op) || FLOAT32_ONLY_CASES.includes(name);

interface DifferenceCase {
  readonly loss: Value;
  readonly inputs: ReadonlyMap<string, Value>;
  readonly feeds: Record<string, HostTensor>;
}

/** The case with the golden's cotangents as the weights of a scalar loss. */
function buildLoss(opCase: OpCase, precision: Precision["dtype"]): DifferenceCase {
  const graph = new Graph();
  const feeds: Record<string, HostTensor> = {};
  const feed = (key: string, kind: "in" | "cot", name: string): Value => {
    const { dtype, shape, data } = caseTensor(opCase, kind, name);
    const isFloat = data instanceof Float32Array;
    const isDouble = isFloat && precision === "float64";
    feeds[key] = { data: isDouble ? Float64Array.from(data) : data, dims: shape };
    return graph.input(key, isDouble ? "float64" : dtype, shape);
  };
  const inputs = new Map(opCase.inputs.map((name) => [name, feed(name, "in", name)]));
  const outputs = builders[opCase.op]!([...inputs.values()], opCase.attrs as never);
  const terms = opCase.outputs.map((name, i) => {
    const product = mul(outputs[i]!, feed(`cotangent ${name}`, "cot", name));
    return reduceSum(product, allAxes(product), false);
  });
  return { loss: terms.reduce(add), inputs, feeds };
}

/** A fixed direction without zeros, so that every entry of a gradient counts. */
const direction = (length: number) => Float64Array.from({ length }, (_, i) => Math.sin(1 + 2.3 * i) + 0.1);

describe("gradients against central differences", () => {
  for (const opCase of opCases) {
    const { name, op } = opCase;
    if (!(op in builders) || opCase.gradients.length === 0) continue;
    if (NOT_DIFFERENTIATED.includes(op) || NOT_EXPRESSIBLE.includes(name)) continue;
    const { dtype, step, errorMax } = isSingle(opCase) ? SINGLE : DOUBLE;

    it(`${name} in ${dtype}`, async () => {
      const { loss, inputs, feeds } = buildLoss(opCase, dtype);
      const wrt = opCase.gradients.map((input) => inputs.get(input)!);
      const cotangents = gradients(loss, wrt);
      const session = await Session.open<string>({
        loss,
        ...Object.fromEntries(opCase.gradients.map((input, i) => [input, cotangents[i]!])),
      });
      const analytic = await session.run(feeds);
      const lossAt = async (input: string, along: Float64Array, by: number) => {
        const at = feeds[input]!.data as Float32Array | Float64Array;
        const moved = { data: at.map((value, i) => value + by * along[i]!), dims: feeds[input]!.dims };
        return Number((await session.run({ ...feeds, [input]: moved }))["loss"]!.data[0]);
      };
      for (const input of opCase.gradients) {
        const gradient = analytic[input]!.data as Float32Array | Float64Array;
        const along = direction(gradient.length);
        const expected = along.reduce((sum, value, i) => sum + value * gradient[i]!, 0);
        const slope = ((await lossAt(input, along, step)) - (await lossAt(input, along, -step))) / (2 * step);
        const size = Math.hypot(...gradient) * Math.hypot(...along);
        const error = Math.abs(slope - expected) / size;
        assert.ok(error < errorMax, `${input}: slope ${slope}, gradient · direction ${expected}, error ${error}`);
      }
      await session.close();
    });
  }
});
