import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readGenerationInfo } from "../../../lora/index.ts";
import { DrawingRefused, DrawWorker, type DrawOrder } from "../../../service/workers/index.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { eventually, isAlive, MINI, PATIENCE_MS } from "../jobs/workbench.ts";

const order = (folder: string): DrawOrder => ({
  prompt: "a man",
  negative: "",
  stack: [],
  seeds: [5],
  steps: 2,
  guidanceScale: 5,
  sampler: "DPM++ 2M",
  tiling: false,
  folder,
});

describe("the drawing process", function () {
  this.timeout(PATIENCE_MS);

  it("stays warm between orders, and gives its memory back when nobody has ordered for a while", async () => {
    const worker = new DrawWorker({ baseModel: MINI, idleMs: 1500 });
    try {
      const pids = new Set<number | undefined>();
      const paths: string[] = [];
      const watcher = {
        onStep: () => void pids.add(worker.pid),
        onPicture: (_seed: number, path: string) => void paths.push(path),
      };
      assert.equal(worker.pid, undefined, "no process before the first order");
      const again = { ...order(tempDir()), seeds: [6] };
      await Promise.all([worker.draw(order(tempDir()), watcher), worker.draw(again, watcher)]);
      assert.equal(pids.size, 1);
      assert.deepEqual(
        paths.map((path) => readGenerationInfo(readFileSync(path))?.seed),
        [5, 6],
      );
      const [pid] = [...pids] as [number];
      await eventually(() => !isAlive(pid), "the end of the process");
      await eventually(() => worker.pid === undefined, "its owner to know");
    } finally {
      await worker.close();
    }
  });

  it("says what it will not draw, and whose base it cannot open", async () => {
    const worker = new DrawWorker({ baseModel: tempDir() });
    try {
      const asked = worker.draw(order(tempDir()), { onPicture: () => undefined });
      await assert.rejects(asked, DrawingRefused);
    } finally {
      await worker.close();
    }
    await assert.rejects(worker.draw(order(tempDir()), { onPicture: () => undefined }), /stopping/);
  });
});
