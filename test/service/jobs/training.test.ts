import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { eq } from "drizzle-orm";
import type { JobSnapshot } from "../../../service/jobs/index.ts";
import { readErrorBody } from "../../../service/protocol/index.ts";
import { tables } from "../../../service/store/index.ts";
import {
  ADA,
  eventually,
  isAlive,
  isDone,
  jobOf,
  makeDataset,
  openWorkbench,
  PATIENCE_MS,
  trainRequest,
  until,
  type Workbench,
} from "./workbench.ts";

describe("training jobs", function () {
  this.timeout(PATIENCE_MS);
  let bench: Workbench;
  let datasetId: string;
  before(async () => {
    bench = await openWorkbench();
    datasetId = await makeDataset(bench.library);
  });
  after(() => bench.close());

  const start = async (...settings: Parameters<typeof trainRequest> extends [string, ...infer Rest] ? Rest : never) =>
    (await bench.jobs.startTraining(trainRequest(datasetId, ...settings), ADA)).jobId;
  const rowOf = async (id: string) =>
    (await bench.store.db.select().from(tables.jobs).where(eq(tables.jobs.id, id)))[0];
  /** The log from its last "going on from step N". */
  const resumedFrom = ({ log }: Readonly<JobSnapshot>): number =>
    Number(/going on from step (\d+)/.exec(log.findLast((line) => line.startsWith("going on")) ?? "")?.[1]);

  it("R13 are durable when they are answered", async () => {
    const id = await start();
    const row = await rowOf(id);
    assert.equal(row?.kind, "train");
    assert.equal(row.owner, "Ada");
    await bench.jobs.cancel(id);
    assert.equal((await rowOf(id))?.status, "cancelled");
  });

  it("R14 show a cancellation at once, leave the device to the next one, and resume from their last step", async () => {
    const first = await start({ steps: 400, saveSteps: 200 });
    const second = await start({ steps: 1 });
    await until(bench.jobs, first, ({ step }) => step >= 3);
    assert.deepEqual([jobOf(bench.jobs, second).status, jobOf(bench.jobs, second).phase], ["queued", "waiting"]);
    const pid = bench.jobs.workerPid(first)!;
    const before = performance.now();
    const shown = until(bench.jobs, first, ({ status }) => status === "cancelled").then(
      () => performance.now() - before,
    );
    assert.deepEqual(await bench.jobs.cancel(first), { status: "cancelled" });
    assert.ok((await shown) < 1000, `${await shown} ms`);
    await assert.rejects(bench.jobs.cancel(first), { code: "JOB_STATE" });

    await until(bench.jobs, second, isDone);
    assert.ok(!isAlive(pid), "the cancelled worker is gone before the next one starts");
    // What it saved on the way out can be published; nothing made it run again.
    const cancelled = jobOf(bench.jobs, first);
    const saved = cancelled.savedSteps.at(-1)!;
    assert.ok(saved >= 3 && saved < 400);
    assert.equal(cancelled.status, "cancelled");

    assert.deepEqual(await bench.jobs.resume(first, ADA), { status: "queued" });
    await assert.rejects(bench.jobs.resume(first, ADA), { code: "JOB_STATE" });
    await until(bench.jobs, first, ({ log }) => log.includes(`going on from step ${saved}`));
    await bench.jobs.cancel(first);
  });

  it("R15 R16 go on by themselves when their worker is killed, three times; then a person resumes them", async () => {
    const id = await start({ steps: 12, saveSteps: 2 });
    await until(bench.jobs, id, ({ savedSteps }) => savedSteps.includes(2));
    let killed = 0;
    const kill = async () => {
      const pid = await eventually(() => {
        const now = bench.jobs.workerPid(id);
        return now !== undefined && now !== killed ? now : undefined;
      }, "a worker");
      killed = pid;
      process.kill(pid, "SIGKILL");
    };
    await kill();
    await until(bench.jobs, id, ({ log }) => log.some((line) => line.startsWith("going on from step")));
    const from = resumedFrom(jobOf(bench.jobs, id));
    assert.ok(from >= 2 && from % 2 === 0, `from step ${from}`);
    assert.equal(jobOf(bench.jobs, id).status, "running");
    assert.ok(
      !jobOf(bench.jobs, id).lossSteps.some((step) => step > from),
      "points after the checkpoint are drawn again",
    );
    for (let i = 0; i < 3; i++) await kill();

    const failed = await until(bench.jobs, id, ({ status }) => status === "failed");
    const error = readErrorBody(failed.error);
    assert.equal(error?.code, "WORKER_DIED");
    assert.deepEqual(error.params, { how: "SIGKILL", times: 3 });

    await bench.jobs.resume(id, ADA);
    const done = await until(bench.jobs, id, isDone);
    assert.ok(resumedFrom(done) >= from);
    assert.deepEqual(
      done.lossSteps,
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
    assert.equal(done.step, 12);
    assert.equal(done.error, "");
    assert.equal(bench.jobs.workerPid(id), undefined);
  });

  it("say what the trainer found wrong, and do not try it again", async () => {
    const id = await start({ steps: 1 }, { samplePrompts: ["a man <lora:nobody:1>"] });
    const { error, log } = await until(bench.jobs, id, ({ status }) => status === "failed");
    const body = readErrorBody(error);
    assert.equal(body?.code, "TRAINING_FAILED");
    assert.match(body.message, /nobody/);
    assert.ok(!log.some((line) => line.includes("starting it again")));
  });

  it("R17 publish a saved step as version after version, and forget nothing of it when they are removed", async () => {
    const id = await start({ steps: 2, saveSteps: 1 });
    await until(bench.jobs, id, isDone);
    const publish = (step: number) =>
      bench.jobs.publish({ jobId: id, step, name: "Smith", description: "the smith" }, { name: "Bo" });
    const first = await publish(1);
    const second = await publish(2);
    assert.deepEqual([first.version, second.version], [1, 2]);
    assert.equal(first.moduleId, second.moduleId);
    assert.notEqual(first.sha256, second.sha256);
    await assert.rejects(publish(3), { code: "STEP_UNKNOWN" });
    assert.equal(jobOf(bench.jobs, id).moduleId, first.moduleId);

    await bench.jobs.remove(id);
    assert.ok(!existsSync(join(bench.dataDir, "jobs", id)));
    assert.equal(await rowOf(id), undefined);
    await assert.rejects(publish(1), { code: "NOT_FOUND" });
    const [newest, oldest] = (await bench.library.getModule(first.moduleId)).versions;
    assert.deepEqual([newest?.sha256, oldest?.sha256], [second.sha256, first.sha256]);
    const { settings, data, trainedBy } = newest!.provenance as { settings: object; data: string[]; trainedBy: string };
    assert.deepEqual(settings, { steps: 2, saveSteps: 1, batchSize: 1, rank: 2 });
    assert.equal(trainedBy, "Ada");
    const images = (await bench.library.getDataset(datasetId)).images.map(({ sha256 }) => sha256);
    assert.deepEqual(data, images);
    assert.deepEqual([newest?.rank, newest?.baseHash], [2, bench.jobs.base.hash]);
  });

  it("refuse what cannot be", async () => {
    const { id: empty } = await bench.library.createDataset({ name: "empty", nodeId: "", owner: "Ada" });
    await assert.rejects(bench.jobs.startTraining(trainRequest(empty), ADA), { code: "DATASET_EMPTY" });
    await assert.rejects(bench.jobs.startTraining(trainRequest("none"), ADA), { code: "NOT_FOUND" });
    for (const refused of [bench.jobs.cancel("none"), bench.jobs.resume("none", ADA), bench.jobs.remove("none")]) {
      await assert.rejects(refused, { code: "NOT_FOUND" });
    }
    const id = await start({ steps: 100 });
    await assert.rejects(bench.jobs.remove(id), { code: "JOB_STATE" });
    await bench.jobs.cancel(id);
    await bench.jobs.remove(id);
  });
});
