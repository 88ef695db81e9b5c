import assert from "node:assert/strict";
import { drawDefaults, readGenerationInfo } from "../../../lora/index.ts";
import { limits, readErrorBody } from "../../../service/protocol/index.ts";
import { ADA, drawRequest, isDone, jobOf, openWorkbench, PATIENCE_MS, until, type Workbench } from "./workbench.ts";

describe("drawing jobs", function () {
  this.timeout(PATIENCE_MS);
  let bench: Workbench;
  before(async () => {
    bench = await openWorkbench();
  });
  after(() => bench.close());

  const draw = async (wanted: Parameters<typeof drawRequest>[0]) =>
    (await bench.jobs.draw(drawRequest(wanted), ADA)).jobId;
  const slot = { nodeId: "npc-smith", kind: "portrait", negative: "", modules: [] } as const;

  it("R19 are done once: equal ones at a time share a job, later ones have the picture at once", async () => {
    const ids = await Promise.all([draw({ seeds: [1, 2] }), draw({ seeds: [1, 2] }), draw({ seeds: [2, 3] })]);
    assert.equal(ids[0], ids[1]);
    assert.notEqual(ids[0], ids[2]);
    const first = await until(bench.jobs, ids[0], isDone);
    const other = await until(bench.jobs, ids[2], isDone);
    assert.deepEqual(
      first.samples.map(({ seed, index }) => [seed, index]),
      [
        [1, 0],
        [2, 1],
      ],
    );
    assert.equal(first.samples[1]?.sha256, other.samples[0]?.sha256);
    assert.equal(new Set([...first.samples, ...other.samples].map(({ sha256 }) => sha256)).size, 3);
    const png = await bench.library.readAsset(first.samples[1]!.sha256);
    const info = readGenerationInfo(png!);
    assert.deepEqual([info?.prompt, info?.seed, info?.steps, info?.width], ["a man", 2, 2, bench.jobs.base.side]);

    const again = jobOf(bench.jobs, await draw({ seeds: [3, 1] }));
    assert.equal(again.status, "done");
    assert.deepEqual(
      again.samples.map(({ sha256 }) => sha256),
      [other.samples[1]!.sha256, first.samples[0]!.sha256],
    );
    const suits = drawDefaults(bench.jobs.base.drawing).guidanceScale;
    const suited = jobOf(bench.jobs, await draw({ seeds: [1], guidanceScale: suits }));
    assert.equal(suited.status, "done", "what the base suggests is what is drawn without a word about it");
    const guidanceScale = suits + 1;
    for (const different of [{ prompt: "a woman" }, { negative: "red" }, { steps: 3 }, { guidanceScale }]) {
      const id = await draw({ seeds: [1], ...different });
      assert.equal(jobOf(bench.jobs, id).status, "queued", JSON.stringify(different));
      await bench.jobs.cancel(id);
    }
  });

  it("for slots give the same picture to all who ask for it", async () => {
    const asked = [1, 2, 3].map(() => bench.jobs.drawForSlot({ ...slot, prompt: "a slot", seed: 7 }, ADA));
    const jobs = bench.jobs.list().length;
    const [first, ...others] = await Promise.all(asked);
    assert.deepEqual(others, [first, first]);
    assert.equal(bench.jobs.list().length, jobs + 1);
    assert.equal(await bench.jobs.drawForSlot({ ...slot, prompt: "a slot", seed: 7 }, ADA), first);
    assert.equal(bench.jobs.list().length, jobs + 1);
  });

  it("R14 R16 are cancelled at their next step, and begin anew when their process is killed", async () => {
    const long = await draw({ prompt: "long", steps: 150 });
    const next = await draw({ prompt: "next", steps: 20, seeds: [1, 2] });
    await until(bench.jobs, long, ({ phase }) => phase === "drawing");
    const warm = bench.jobs.workerPid(long)!;
    const before = performance.now();
    await bench.jobs.cancel(long);
    assert.equal(jobOf(bench.jobs, long).status, "cancelled");
    assert.ok(performance.now() - before < 1000);

    // The same process goes on with the next one, until it is killed there.
    const { samples } = await until(bench.jobs, next, (job) => job.samples.length === 1);
    assert.equal(bench.jobs.workerPid(next), warm);
    process.kill(warm, "SIGKILL");
    const done = await until(bench.jobs, next, isDone);
    assert.equal(done.samples.length, 2);
    assert.equal(done.samples[0]?.sha256, samples[0]?.sha256);
    assert.ok(done.log.some((line) => line.includes("SIGKILL")));
    assert.equal(jobOf(bench.jobs, long).samples.length, 0);
    await assert.rejects(bench.jobs.resume(long, ADA), { code: "JOB_STATE" });
  });

  it("say why a picture cannot be drawn", async () => {
    const asked = bench.jobs.drawForSlot({ ...slot, prompt: "a man <lora:nobody:1>", seed: 1 }, ADA);
    await assert.rejects(asked, { code: "DRAWING_FAILED", message: /nobody/ });
    const failed = bench.jobs.list().at(-1)!;
    assert.equal(failed.status, "failed");
    assert.equal(readErrorBody(failed.error)?.code, "DRAWING_FAILED");
    const unknown = { ...slot, prompt: "", seed: 1, modules: [{ module: "nobody", weight: 1 }] };
    await assert.rejects(bench.jobs.drawForSlot(unknown, ADA), { code: "NOT_FOUND" });
  });

  it("are refused when too many wait", async () => {
    const asked = Array.from({ length: limits.drawsQueuedMax }, (_, i) => draw({ prompt: `crowd ${i}`, steps: 150 }));
    const ids = await Promise.all(asked);
    await assert.rejects(draw({ prompt: "one more" }), { code: "QUEUE_FULL" });
    for (const id of ids) await bench.jobs.cancel(id);
    // Those that are over make room in the list.
    const over = bench.jobs.list().filter(({ endedAt }) => endedAt > 0);
    assert.equal(over.length, limits.jobsInStateMax);
  });
});
