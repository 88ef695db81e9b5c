import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { rm } from "node:fs/promises";
import { freshFolder } from "../store/fresh-folder.ts";
import { eventually, isAlive, isDone, openWorkbench, PATIENCE_MS, until } from "./workbench.ts";

interface Told {
  readonly jobId?: string;
  readonly waiting?: string;
  readonly pid?: number;
  readonly saved?: number;
}

describe("the queue", function () {
  this.timeout(PATIENCE_MS);

  it("R13 goes on where it was when the service is killed and comes back, and no worker outlives it", async () => {
    const dataDir = await freshFolder();
    try {
      const service = fork(new URL("./service-process.ts", import.meta.url), [dataDir]);
      let told: Told = {};
      service.on("message", (message: Told) => (told = { ...told, ...message }));
      await eventually(() => (told.saved ?? 0) >= 2, "a checkpoint");
      const { jobId = "", waiting = "", pid = 0 } = told;
      service.kill("SIGKILL");
      await eventually(() => !isAlive(service.pid!), "the end of the service");

      // At once, so that its worker is still there: it must not write beside the new one.
      const bench = await openWorkbench({ dataDir });
      try {
        const [first, second] = bench.jobs.list();
        assert.deepEqual([first?.id, second?.id], [jobId, waiting]);
        const running = await until(bench.jobs, jobId, ({ log }) => log.some((line) => line.startsWith("going on")));
        assert.ok(!isAlive(pid), "the orphan is gone");
        assert.ok(Number(/\d+/.exec(running.log.findLast((line) => line.startsWith("going on"))!)) >= 2);
        const done = await until(bench.jobs, jobId, isDone);
        // With what was saved in the moment before the service died.
        for (const step of [2, 4, 6, 8, 10, 12, 14]) assert.ok(done.savedSteps.includes(step), `step ${step}`);
        // The one behind it begins; closing the service in the middle leaves it in the queue.
        await until(bench.jobs, waiting, ({ status }) => status === "running");
      } finally {
        await bench.close();
      }
      assert.equal(bench.jobs.list()[1]?.status, "queued");
      assert.equal(bench.jobs.workerPid(waiting), undefined);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
