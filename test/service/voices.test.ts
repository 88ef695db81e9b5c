import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { Client, type Room } from "@colyseus/sdk";
import type {
  CardImportReply,
  DatasetReply,
  LinesUploadReply,
  ReplyEnd,
  ReplyStart,
  SceneState,
  SessionReply,
  StudioState,
  VoiceTag,
} from "../../service/protocol/index.ts";
import { ServiceProcess } from "../support/service-process.ts";
import { eventually, TALKER } from "./jobs/workbench.ts";
import { freshFolder } from "./store/fresh-folder.ts";

const NPC = "npc-guard";
/** Beside the guard of the demo world. */
const beside = { x: -2, y: 0, z: 2, heading: 0 };

describe("a voice, from lines to words", function () {
  this.timeout(600_000);
  let folder: string;
  let service: ServiceProcess;
  const rooms: { leave(): Promise<unknown>; connection: { isOpen: boolean } }[] = [];

  before(async () => {
    folder = await freshFolder();
    service = await ServiceProcess.start(folder, { env: { ANIMULA_VOICE_BASE: TALKER } });
  });
  after(async () => {
    for (const room of rooms) if (room.connection.isOpen) await room.leave();
    await service.kill();
    await rm(folder, { recursive: true });
  });

  const post = async <T>(path: string, body: string, type: string, token = ""): Promise<T> => {
    const headers = { "content-type": type, ...(token && { authorization: `Bearer ${token}` }) };
    const reply = await fetch(service.url + path, { method: "POST", headers, body });
    assert.ok(reply.ok, `${path}: ${reply.status}`);
    return (await reply.json()) as T;
  };
  const session = (who: object, token?: string) =>
    post<SessionReply>("/api/session", JSON.stringify(who), "application/json", token);
  const join = async <State>(token: string, name: string, options: object): Promise<Room<unknown, State>> => {
    const client = new Client(service.url);
    client.auth.token = token;
    const room = await client.joinOrCreate<State>(name, options);
    room.onMessage("*", () => undefined);
    // What is killed does not come back under the same address.
    room.reconnection.enabled = false;
    rooms.push(room);
    return room as unknown as Room<unknown, State>;
  };

  it("R23 R25 is trained, published, put on an NPC, talked to by one player and heard by another", async () => {
    const { token } = await session({ role: "editor", name: "Ada" });
    const made = { name: "Rolf", nodeId: NPC, kind: "voice" };
    const { id } = await post<DatasetReply>("/api/datasets", JSON.stringify(made), "application/json", token);
    const lines = Array.from({ length: 8 }, (_, i) => `Player: Who goes ${i}?\nRolf: Halt ${i}!`).join("\n\n");
    const { kept } = await post<LinesUploadReply>(`/api/datasets/${id}/lines`, lines, "text/plain", token);
    assert.equal(kept, 8);

    const studio = await join<StudioState>(token, "studio", {});
    const settings = { steps: 4, saveSteps: 2, batchSize: 2, rank: 2 };
    const asked = { datasetId: id, nodeId: NPC, name: "Rolf", settings, samplePrompts: ["Who goes 1?"] };
    const { jobId } = (await studio.request("voice.train", asked)) as { jobId: string };
    const job = await eventually(() => {
      const state = studio.state.jobs?.get(jobId);
      return state && ["done", "failed"].includes(state.status) ? state : undefined;
    }, "the end of the training");
    assert.deepEqual([job.status, job.error], ["done", ""]);
    assert.deepEqual(
      Array.from(job.replies, ({ step }) => step),
      [0, 2, 4],
    );
    const published = (await studio.request("module.publish", { jobId, step: 4, name: "Rolf" })) as {
      moduleId: string;
    };
    const { moduleId } = published;
    await eventually(() => studio.state.modules.get(moduleId)?.kind === "voice", "the module");
    const config = await fetch(`${service.url}/api/modules/${moduleId}/1/adapter_config.json`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { peft_type: type, r, task_type: task } = (await config.json()) as Record<string, unknown>;
    assert.deepEqual([type, r, task], ["LORA", 2, "CAUSAL_LM"]);
    assert.equal(studio.state.voiceBase, "talker");
    assert.deepEqual([studio.state.datasets.get(id)?.kind, studio.state.datasets.get(id)?.lines], ["voice", 8]);

    const ada = await join<SceneState>(token, "scene", { sceneId: "square" });
    const voice = { name: "Rolf", persona: "You are a guard.", modules: [{ module: moduleId, weight: 0.8 }] };
    await ada.request("tag", { nodeId: NPC, tag: { voice } });
    const players = await Promise.all(
      ["Bo", "Kim"].map(async (name) => {
        const { token: own } = await session({ role: "player", name, sceneId: "square" }, token);
        const room = await join<SceneState>(own, "scene", { sceneId: "square" });
        await room.request("move", beside);
        const heard = { start: undefined as ReplyStart | undefined, text: "", end: undefined as ReplyEnd | undefined };
        room.onMessage("reply.start", (start: ReplyStart) => (heard.start = start));
        room.onMessage("reply.text", ({ piece }: { piece: string }) => (heard.text += piece));
        room.onMessage("reply.end", (end: ReplyEnd) => (heard.end = end));
        return { room, heard };
      }),
    );
    const [bo, kim] = players as [(typeof players)[0], (typeof players)[0]];
    const { replyId } = (await bo.room.request("say", { nodeId: NPC, text: "Who goes there?" })) as { replyId: string };
    await eventually(() => kim.heard.end, "the end of the reply");
    await eventually(() => bo.heard.end, "the end of the reply");
    assert.deepEqual(kim.heard, bo.heard);
    assert.deepEqual(
      [kim.heard.start?.from, kim.heard.start?.replyId, kim.heard.end?.reason === "error"],
      ["Bo", replyId, false],
    );
    assert.equal(kim.heard.text, kim.heard.end?.text);
    await eventually(() => ada.state.talks.get(NPC)?.lines.length === 1, "the exchange");
  });

  it("R33 has its card after the service was killed, and speaks without one", async () => {
    const { token } = await session({ role: "editor", name: "Ada" });
    const entries = Array.from({ length: 200 }, (_, i) => ({ keys: [`key ${i}`], content: "It is old. ".repeat(100) }));
    const data = { name: "Rolf", description: "You are a guard.", character_book: { entries } };
    const card = JSON.stringify({ spec: "chara_card_v2", spec_version: "2.0", data });
    const { voice } = await post<CardImportReply>("/api/cards/import", card, "application/json", token);
    const ada = await join<SceneState>(token, "scene", { sceneId: "square" });
    await ada.request("tag", { nodeId: NPC, tag: { voice } });
    await service.kill();

    const env = { ANIMULA_VOICE_BASE: TALKER, ANIMULA_VOICE_WEIGHTS: "int8", XDG_CACHE_HOME: folder };
    service = await ServiceProcess.start(folder, { env });
    const later = await join<SceneState>(token, "scene", { sceneId: "square" });
    const tag = await eventually(() => later.state.tags?.get(NPC), "the tag");
    const { voice: kept } = JSON.parse(tag) as { voice: VoiceTag };
    assert.deepEqual(kept, voice);
    const exported = await post<unknown>(
      "/api/cards/export",
      JSON.stringify({ voice: kept }),
      "application/json",
      token,
    );
    assert.deepEqual(exported, JSON.parse(card));

    await later.request("tag", { nodeId: NPC, tag: { voice: { ...voice, card: "0".repeat(64) } } });
    const end = new Promise<ReplyEnd>((done) => void later.onMessage("reply.end", done));
    await later.request("say", { nodeId: NPC, text: "Who goes there?" });
    const { reason, text } = await end;
    assert.notEqual(reason, "error");
    assert.notEqual(text, "");
  });
});
