import { strict as assert } from "node:assert";
import { join } from "node:path";
import { Random } from "../../lora/diffusion/index.ts";
import { allAxes, Graph, mul, reduceMean, sub } from "../../lora/graph/index.ts";
import { linear, Scope } from "../../lora/nn/index.ts";
import { averagedWeights, writeAveragedWeights } from "../../lora/recipe/averaged-weights.ts";
import { FullTrainer, TrainableParameters } from "../../lora/recipe/full-training.ts";
import { tempDir } from "../support/temp-dir.ts";

/** Two layers, encoder and decoder, that shall give back `factor` times what went in. */
function twoLayers(factor: number) {
  const graph = new Graph();
  const parameters = new TrainableParameters(graph);
  const scope = new Scope(parameters);
  const x = graph.input("x", "float32", [4, 3]);
  const target = graph.input("target", "float32", [4, 3]);
  const error = sub(linear(scope.at("decoder"), linear(scope.at("encoder"), x, 3, 3), 3, 3), target);
  const values = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
  const feeds = {
    x: { data: values, dims: [4, 3] },
    target: { data: values.map((value) => factor * value), dims: [4, 3] },
  };
  return { loss: reduceMean(mul(error, error), allAxes(error), false), parameters: parameters.values, feeds };
}

const OPTIONS = { emaDecay: 0.9, maxGradNorm: 1, weightDecay: 0 };
const isFrozen = (name: string): boolean => name.startsWith("encoder.");

async function opened(options: Parameters<typeof FullTrainer.open>[4]) {
  const model = twoLayers(2);
  return { ...model, trainer: await FullTrainer.open(model.loss, {}, model.parameters, new Random(1), options) };
}
const weightsOf = (trainer: FullTrainer, layer: string): number[] => [
  ...(trainer.averaged()[`${layer}.weight`]!.data as Float32Array),
];

describe("training of all weights", () => {
  it("leaves frozen weights at their average, also after moments of a free training", async () => {
    const path = join(tempDir(), "state.safetensors");
    const free = await opened(OPTIONS);
    for (let i = 0; i < 5; i++) await free.trainer.train(free.feeds, 1e-2);
    free.trainer.save(path);
    const { trainer, feeds } = await opened({ ...OPTIONS, isFrozen });
    trainer.resume(path);
    const [encoder, decoder] = [weightsOf(trainer, "encoder"), weightsOf(trainer, "decoder")];
    const { loss: before } = await trainer.train(feeds, 1e-2);
    for (let i = 0; i < 200; i++) await trainer.train(feeds, 1e-2);
    const { loss: after } = await trainer.train(feeds, 1e-2);
    assert.ok(after < before / 2, `${before} -> ${after}`);
    assert.notDeepEqual(weightsOf(trainer, "decoder"), decoder);
    assert.deepEqual(weightsOf(trainer, "encoder"), encoder);
  });

  it("refuses to freeze under weight decay, which would move frozen weights", async () => {
    await assert.rejects(opened({ ...OPTIONS, weightDecay: 0.01, isFrozen }), /weight decay 0\.01 would move frozen/);
  });

  it("learns from another loss of the same weights", async () => {
    const { trainer, feeds } = await opened(OPTIONS);
    const other = twoLayers(-1);
    const number = await trainer.also(other.loss, other.parameters);
    for (let i = 0; i < 300; i++) await trainer.train(other.feeds, 1e-2, number);
    const told = await trainer.train(other.feeds, 0, number);
    const untold = await trainer.train(feeds, 0);
    assert.ok(told.loss < untold.loss / 10, `${told.loss} of the learned one, ${untold.loss} of the other`);
  });

  it("begins with what fits by name and shape, and says how much that was", async () => {
    const { trainer } = await opened(OPTIONS);
    const weight = { data: new Float32Array(9).fill(0.5), dims: [3, 3] };
    const count = trainer.beginWith({ "encoder.weight": weight, "decoder.weight": { ...weight, dims: [9] } });
    assert.equal(count, 1);
    assert.deepEqual(
      weightsOf(trainer, "encoder"),
      Array.from({ length: 9 }, () => 0.5),
    );
    assert.notDeepEqual(
      weightsOf(trainer, "decoder"),
      Array.from({ length: 9 }, () => 0.5),
    );
  });

  it("begins with a file of averages alone, from step 0", async () => {
    const path = join(tempDir(), "state.safetensors");
    const { trainer, feeds } = await opened(OPTIONS);
    for (let i = 0; i < 5; i++) await trainer.train(feeds, 1e-2);
    writeAveragedWeights(path, trainer.averaged());
    assert.deepEqual(averagedWeights(path), trainer.averaged());
    const next = await opened(OPTIONS);
    assert.ok(next.trainer.resume(path));
    assert.equal(next.trainer.step, 0);
    assert.deepEqual(next.trainer.averaged(), trainer.averaged());
  });
});
