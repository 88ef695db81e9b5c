import assert from "node:assert/strict";
import sharp from "sharp";
import {
  errorTexts,
  mapKinds,
  readErrorBody,
  type JobState,
  type SurfaceMaps,
} from "../../../service/protocol/index.ts";
import {
  eventually,
  jobOf,
  makeDataset,
  openWorkbench,
  PATIENCE_MS,
  until,
  type Workbench,
} from "../jobs/workbench.ts";
import { openRooms, refusal, seen, type RoomServer, type StudioConnection } from "./room-server.ts";

describe("the studio room", function () {
  this.timeout(PATIENCE_MS);
  let bench: Workbench;
  let server: RoomServer;
  let ada: StudioConnection;
  let bo: StudioConnection;
  let datasetId: string;
  before(async () => {
    bench = await openWorkbench();
    server = await openRooms(bench);
    datasetId = await makeDataset(bench.library);
    [ada, bo] = await Promise.all([server.studio(), server.studio()]);
  });
  after(async () => {
    await server.close();
    await bench.close();
  });

  /** What both see, once they see the same and it is as wanted. */
  const both = async (isWanted: (state: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> => {
    await eventually(() => isWanted(seen(ada)) && JSON.stringify(seen(ada)) === JSON.stringify(seen(bo)), "both alike");
    return seen(bo);
  };
  const jobSeen = (room: StudioConnection, id: string): JobState | undefined => room.state.jobs.get(id);

  it("R1 R2 takes editors alone", async () => {
    const player = await server.client({ role: "player", name: "Cy", sceneId: "square" });
    assert.equal((await refusal(player.joinOrCreate("studio"))).code, "NOT_ALLOWED");
    const nobody = await server.client({ role: "editor" });
    nobody.auth.token = "";
    assert.equal((await refusal(nobody.joinOrCreate("studio"))).code, "TOKEN_MISSING");
    nobody.auth.token = "forged";
    assert.equal((await refusal(nobody.joinOrCreate("studio"))).code, "TOKEN_INVALID");
    assert.equal(ada.roomId, bo.roomId);
    const editor = await server.client({ role: "editor" });
    await assert.rejects(editor.create("studio"), /invalid method/);
  });

  it("R34 enlarges a picture and makes its maps for whoever asks", async () => {
    const grey = await sharp({ create: { width: 16, height: 16, channels: 3, background: "#777" } })
      .png()
      .toBuffer();
    const sha256 = await bench.library.saveAsset({ grey: true }, grey);
    const large = await ada.request<unknown, { sha256: string }>("upscale", { sha256, seamless: true });
    const png = await bench.library.readAsset(large.sha256);
    assert.equal((await sharp(png).metadata()).width, 64);
    const maps = await bo.request<unknown, SurfaceMaps>("maps", { sha256: large.sha256 });
    for (const kind of mapKinds) assert.equal(await bench.library.isAsset(maps[kind]), true, kind);
    assert.equal((await refusal(ada.request("maps", { sha256: "0".repeat(64) }))).code, "NOT_FOUND");
  });

  it("R5 shows base, data sets, jobs and modules to all alike, also to whoever comes late", async () => {
    const state = await both(({ datasets }) => Object.hasOwn(datasets as object, datasetId));
    assert.deepEqual([state["baseModel"], state["baseHash"]], ["mini-sd", bench.jobs.base.hash]);
    const { images, nodeId } = (state["datasets"] as Record<string, { images: number; nodeId: string }>)[datasetId]!;
    assert.deepEqual([images, nodeId], [3, "npc-smith"]);

    const settings = { steps: 6, saveSteps: 3, batchSize: 1, rank: 2 };
    const start = { datasetId, nodeId: "npc-smith", name: "Smith", settings, samplePrompts: ["a man"] };
    const { jobId } = await ada.request<unknown, { jobId: string }>("train.start", start);
    await eventually(() => jobSeen(bo, jobId)?.status === "running", "the other one sees it run");
    await until(bench.jobs, jobId, ({ savedSteps }) => savedSteps.includes(3));
    const late = await server.studio();
    assert.ok(jobSeen(late, jobId)!.savedSteps.includes(3));
    assert.ok(jobSeen(late, jobId)!.lossSteps.length >= 3);

    await until(bench.jobs, jobId, ({ status }) => status === "done");
    await both(({ jobs }) => (jobs as Record<string, { status: string }>)[jobId]?.status === "done");
    const shown = JSON.parse(JSON.stringify(jobSeen(bo, jobId))) as Record<string, unknown>;
    const { losses, ...wanted } = jobOf(bench.jobs, jobId);
    const { losses: rounded, loss: _loss, imagesPerSecond: _speed, ...rest } = shown;
    const { loss: _exactLoss, imagesPerSecond: _exactSpeed, ...exact } = wanted;
    assert.deepEqual(rest, JSON.parse(JSON.stringify(exact)));
    assert.deepEqual(rounded, losses.map(Math.fround));
    assert.deepEqual(
      wanted.samples.map(({ step, prompt }) => [step, prompt]),
      [
        [3, "a man"],
        [6, "a man"],
      ],
    );
    for (const { sha256 } of wanted.samples) assert.ok(await bench.library.readAsset(sha256));

    const published = await bo.request("module.publish", { jobId, step: 6, name: "Smith" });
    const { moduleId, version } = published as unknown as { moduleId: string; version: number };
    assert.equal(version, 1);
    await both(({ modules }) => Object.hasOwn(modules as object, moduleId));
    const module = ada.state.modules.get(moduleId)!;
    assert.deepEqual([module.name, module.owner, module.version], ["Smith", "Ada", 1]);
    assert.equal(module.preview, wanted.samples[1]!.sha256);
    assert.equal(jobSeen(ada, jobId)!.moduleId, moduleId);
    await late.leave();
  });

  it("R14 shows a cancellation to all at once", async () => {
    const settings = { steps: 500, batchSize: 1, rank: 2 };
    const reply = await ada.request("train.start", { datasetId, name: "Long", settings });
    const { jobId } = reply as unknown as { jobId: string };
    await eventually(() => jobSeen(ada, jobId)?.status === "running", "it runs");
    const before = performance.now();
    const cancelled = bo.request("job.cancel", { jobId });
    await eventually(() => jobSeen(ada, jobId)?.status === "cancelled", "the other one sees it");
    assert.ok(performance.now() - before < 1000);
    assert.deepEqual(await cancelled, { status: "cancelled" });
    await bo.request("job.remove", { jobId });
    await eventually(() => jobSeen(ada, jobId) === undefined, "it is gone");
  });

  it("R10 names what is wrong with a message, and keeps its sender", async () => {
    const bad: readonly (readonly [type: string, payload: unknown, where: string])[] = [
      ["train.start", { datasetId, name: "Smith", settings: { rank: 1000 } }, "train.start.settings.rank"],
      ["train.start", { datasetId, name: "<b>" }, "train.start.name"],
      ["train.start", undefined, "train.start.datasetId"],
      ["train.start", { datasetId, name: "Smith", more: 1 }, "train.start.more"],
      ["draw", { kind: "portrait", prompt: "x", seeds: [] }, "draw.seeds"],
      ["draw", { kind: "albedo", prompt: "x", seeds: [1], tiling: "yes" }, "draw.tiling"],
      ["upscale", { sha256: "../etc" }, "upscale.sha256"],
      ["maps", { sha256: "0".repeat(64), normal: 11 }, "maps.normal"],
      ["job.cancel", "all of them", "job.cancel"],
      ["job.obliterate", {}, "job.obliterate"],
      ["__proto__", {}, "__proto__"],
    ];
    const before = JSON.stringify(seen(bo));
    for (const [type, payload, where] of bad) {
      const { code, params } = await refusal(ada.request(type, payload));
      assert.deepEqual([code, params["where"]], ["REQUEST_INVALID", where]);
    }
    // A message that expects no reply is answered by an error of the room.
    const told: unknown[] = [];
    ada.onError((_code, message) => told.push(readErrorBody(message)?.params["where"]));
    ada.send("job.obliterate", {});
    ada.send("job.cancel", {});
    await eventually(() => told.length === 2, "two errors");
    assert.deepEqual(told, ["job.obliterate", "job.cancel.jobId"]);
    assert.equal((await refusal(ada.request("job.cancel", { jobId: "none" }))).code, "NOT_FOUND");
    assert.equal(JSON.stringify(seen(bo)), before);
    assert.ok(ada.connection.isOpen);
    assert.ok(errorTexts.REQUEST_INVALID.zh({ where: "a", problem: "b" }).startsWith("a"));
  });

  it("forgets a data set that is removed", async () => {
    const { id } = await bench.library.createDataset({ name: "short", nodeId: "", owner: "Ada" });
    await both(({ datasets }) => Object.hasOwn(datasets as object, id));
    await bench.library.removeDataset(id, "Ada");
    await both(({ datasets }) => !Object.hasOwn(datasets as object, id));
  });
});
