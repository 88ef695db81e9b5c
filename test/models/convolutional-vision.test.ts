import assert from "node:assert/strict";
import { openSafetensors, readTensor } from "../../lora/format/index.ts";
import { gradients, Graph, mul, reduceMean } from "../../lora/graph/index.ts";
import { convolutionalSize, convolutionalVision } from "../../lora/models/index.ts";
import { Scope } from "../../lora/nn/index.ts";
import { TrainableParameters } from "../../lora/recipe/full-training.ts";
import { Session, type HostTensor } from "../../lora/runtime/index.ts";

const GOLDEN = new URL("../golden/clip/convolutional.safetensors", import.meta.url).pathname;
/** As `make_convolutional.py` has it. */
const CONFIG = { imageSize: 32, widths: [8, 16, 24] } as const;
const BATCH = 2;
/** float32 against float64, of the largest entry. */
const TOLERANCE = 1e-5;

const goldens = openSafetensors(GOLDEN);
const golden = (name: string): HostTensor => ({
  data: readTensor(goldens, name),
  dims: goldens.tensors.get(name)!.shape,
});
function assertNear(got: HostTensor, name: string): void {
  const expected = golden(name).data as Float32Array;
  const values = got.data as Float32Array;
  assert.equal(values.length, expected.length, name);
  const size = Math.max(...expected.map(Math.abs));
  const off = Math.max(...expected.map((value, i) => Math.abs(value - values[i]!)));
  assert.ok(off < TOLERANCE * size, `${name}: ${off} of ${size}`);
}

describe("a vision tower of convolutions against PyTorch", () => {
  it("gives the same features and gradients", async () => {
    const graph = new Graph();
    const parameters = new TrainableParameters(graph);
    const pixels = graph.input("pixels", "float32", [BATCH, 3, CONFIG.imageSize, CONFIG.imageSize]);
    const features = convolutionalVision(new Scope(parameters), pixels, CONFIG);
    const names = [...parameters.values.keys()];
    const known = [...goldens.tensors.keys()].filter((name) => name.startsWith("weight/"));
    assert.deepEqual(names.map((name) => `weight/${name}`).toSorted(), known.toSorted());
    const loss = reduceMean(mul(features, features), [0, 1], false);
    const grads = gradients(loss, [...parameters.values.values()]);
    const outputs = { features, ...Object.fromEntries(names.map((name, i) => [name, grads[i]!])) };
    const session = await Session.open<string>(outputs);
    const weights = names.map((name) => [name, golden(`weight/${name}`)]);
    const out = await session.run({ ...Object.fromEntries(weights), pixels: golden("pixels") });
    await session.close();
    assert.deepEqual(out["features"]!.dims, [BATCH, convolutionalSize(CONFIG)]);
    assertNear(out["features"]!, "features");
    for (const name of names) assertNear(out[name]!, `gradient/${name}`);
  });
});
