import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../../lora/diffusion/index.ts";
import { Graph, mul, reduceMean, sub } from "../../lora/graph/index.ts";
import { FullTrainer, TrainableParameters } from "../../lora/recipe/full-training.ts";
import { runTraining } from "../../lora/recipe/run-training.ts";
import type { Feeds } from "../../lora/runtime/index.ts";
import { tempDir } from "../support/temp-dir.ts";

describe("a training of the recipe", () => {
  it("goes on where it stopped, and keeps its curve beside its state", async () => {
    const folder = tempDir();
    const statePath = join(folder, "state.safetensors");
    const open = async (): Promise<FullTrainer> => {
      const graph = new Graph();
      const parameters = new TrainableParameters(graph);
      const off = sub(parameters.parameter("w.weight", [1, 4]), graph.input("target", "float32", [1, 4]));
      const options = { emaDecay: 0.9, maxGradNorm: 10, weightDecay: 0 };
      return FullTrainer.open(reduceMean(mul(off, off), [0, 1], false), {}, parameters.values, new Random(1), options);
    };
    const target = { data: Float32Array.of(1, 2, 3, 4), dims: [1, 4] };
    const kept: number[] = [];
    const run = {
      peakRate: 0.5,
      batchAt: () => ({ target }),
      told: { root: ({ loss }: Feeds) => Math.sqrt(Number(loss!.data[0])) },
      statePath,
      saveEvery: 4,
      tellEvery: 5,
      saved: ({ loss }: Feeds) => void kept.push(Number(loss!.data[0])),
    };
    await runTraining(await open(), { ...run, steps: 20, until: 10 });
    const again = await open();
    assert.equal(again.resume(statePath), true);
    await runTraining(again, { ...run, steps: 20 });
    const [columns, ...lines] = readFileSync(join(folder, "curve.csv"), "utf8").trim().split("\n");
    assert.equal(columns, "step,loss,gradient norm,ms per step,root");
    assert.equal(kept.length, 6); // 4, 8, 10; 12, 16, 20
    const rows = lines.map((line) => line.split(",").map(Number));
    assert.deepEqual(rows.map(([step]) => step), [1, 2, 3, 5, 10, 15, 20]); // prettier-ignore
    const losses = rows.map(([, loss]) => loss!);
    assert.deepEqual(
      losses,
      losses.toSorted((a, b) => b - a),
    ); // each lower than the one before
    assert.ok(Math.abs(rows[0]![4]! - Math.sqrt(losses[0]!)) < 1e-3);
    assert.ok(rows.flat().every(Number.isFinite));
  });
});
