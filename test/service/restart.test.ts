import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { Client, type Room } from "@colyseus/sdk";
import type { DatasetReply, SceneState, SessionReply, StudioState } from "../../service/protocol/index.ts";
import { ServiceProcess } from "../support/service-process.ts";
import { eventually, TALKER } from "./jobs/workbench.ts";
import { freshFolder } from "./store/fresh-folder.ts";

const NPC = "npc-guard";
const [STEPS, SAVE_STEPS] = [400, 4];

/** The service as its users have it: a process, tokens, HTTP and rooms. */
class Studio {
  readonly service: ServiceProcess;
  readonly token: string;

  private constructor(service: ServiceProcess, token: string) {
    this.service = service;
    this.token = token;
  }

  /** @param token of an earlier start; the new process knows it */
  static async start(folder: string, token?: string): Promise<Studio> {
    const service = await ServiceProcess.start(folder, { env: { ANIMULA_VOICE_BASE: TALKER } });
    if (token !== undefined) return new Studio(service, token);
    const body = JSON.stringify({ role: "editor", name: "Ada" });
    const headers = { "content-type": "application/json" };
    const reply = await fetch(`${service.url}/api/session`, { method: "POST", headers, body });
    return new Studio(service, ((await reply.json()) as SessionReply).token);
  }

  async post<T>(path: string, body: string, type = "application/json"): Promise<T> {
    const headers = { "content-type": type, authorization: `Bearer ${this.token}` };
    const reply = await fetch(this.service.url + path, { method: "POST", headers, body });
    assert.ok(reply.ok, `${path}: ${reply.status}`);
    return (await reply.json()) as T;
  }

  async join<State>(name: string, options: object = {}): Promise<Room<unknown, State>> {
    const client = new Client(this.service.url);
    client.auth.token = this.token;
    const room = await client.joinOrCreate<State>(name, options);
    room.onMessage("*", () => undefined);
    // What is killed does not come back under the same address.
    room.reconnection.enabled = false;
    return room as unknown as Room<unknown, State>;
  }
}

describe("a service that is killed in the middle of a voice's training", function () {
  this.timeout(600_000);
  let folder: string;
  let studio: Studio | undefined;

  before(async () => (folder = await freshFolder()));
  after(async () => {
    await studio?.service.kill();
    // Its worker sees that it is alone only after its next step, and may be writing until then.
    await rm(folder, { recursive: true, maxRetries: 20, retryDelay: 250 });
  });

  it("R13 R31 R34 goes on by itself from its last checkpoint, with its curve, its replies and the talks", async () => {
    studio = await Studio.start(folder);
    const { token } = studio;
    const made = { name: "Rolf", nodeId: NPC, kind: "voice" };
    const { id } = await studio.post<DatasetReply>("/api/datasets", JSON.stringify(made));
    const lines = Array.from({ length: 8 }, (_, i) => `Player: Who goes ${i}?\nRolf: Halt ${i}!`).join("\n\n");
    await studio.post(`/api/datasets/${id}/lines`, lines, "text/plain");

    const scene = await studio.join<SceneState>("scene", { sceneId: "square" });
    await scene.request("tag", { nodeId: NPC, tag: { voice: { name: "Rolf" } } });
    await scene.request("say", { nodeId: NPC, text: "Who goes there?" });
    const [talk] = await eventually(() => scene.state.talks.get(NPC)?.lines.toJSON(), "the exchange");

    const room = await studio.join<StudioState>("studio");
    const settings = { steps: STEPS, saveSteps: SAVE_STEPS, batchSize: 2, rank: 2 };
    const asked = { datasetId: id, nodeId: NPC, name: "Rolf", settings, samplePrompts: ["Who goes 1?"] };
    const { jobId } = (await room.request("voice.train", asked)) as { jobId: string };
    const before = await eventually(() => {
      const job = room.state.jobs.get(jobId);
      return job && job.savedSteps.length >= 2 ? { ...job.toJSON(), first: job.replies[0]!.text } : undefined;
    }, "two saves");
    await studio.service.kill();

    studio = await Studio.start(folder, token);
    const again = await studio.join<StudioState>("studio");
    const job = await eventually(() => {
      const now = again.state.jobs?.get(jobId);
      return now && now.step > before.step! + SAVE_STEPS && now.savedSteps.length > 2 ? now : undefined;
    }, "steps beyond those before");
    assert.deepEqual([job.status, job.error], ["running", ""]);
    const goingOn = Array.from(job.log).filter((line) => line.startsWith("going on"));
    assert.equal(goingOn.length, 1, Array.from(job.log).join("\n"));
    assert.ok(Number(/\d+/.exec(goingOn[0]!)) >= 2 * SAVE_STEPS);
    const saved = Array.from(job.savedSteps);
    assert.deepEqual(
      saved,
      [...new Set(saved)].toSorted((a, b) => a - b),
      "no step is there twice",
    );
    // A worker that notices that its service is gone saves where it is, between two of these.
    const asAsked = saved.filter((step) => step % SAVE_STEPS === 0);
    assert.deepEqual(
      asAsked,
      asAsked.map((_, i) => (i + 1) * SAVE_STEPS),
      "no step is missing",
    );
    const unasked = Array.from(job.replies).filter(({ step }) => step === 0);
    assert.deepEqual(
      unasked.map(({ text }) => text),
      [before.first],
      "asked before training once",
    );
    assert.equal(job.lossSteps[0], 1);

    const later = await studio.join<SceneState>("scene", { sceneId: "square" });
    const kept = await eventually(() => later.state.talks?.get(NPC)?.lines.toJSON(), "the talk");
    assert.deepEqual(kept, [talk]);
    await again.request("job.cancel", { jobId });
    await Promise.all([again.leave(), later.leave()]);
  });
});
