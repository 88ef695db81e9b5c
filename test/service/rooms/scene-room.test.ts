import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limits, readErrorBody, type LoraTag } from "../../../service/protocol/index.ts";
import { ADA, drawRequest, eventually, openWorkbench, PATIENCE_MS, until, type Workbench } from "../jobs/workbench.ts";
import { openRooms, refusal, seen, type RoomServer, type SceneConnection } from "./room-server.ts";

const SLOT = "npc-smith/portrait";
const PLAYER = { role: "player", name: "Bo", sceneId: "square" } as const;
const tagInFile = { prompt: "a smith", playersMay: ["portrait"] };

describe("a scene room", function () {
  this.timeout(PATIENCE_MS);
  let scenes: string;
  let bench: Workbench;
  let server: RoomServer;
  let ada: SceneConnection;
  let bo: SceneConnection;
  let pictures: string[];

  before(async () => {
    scenes = await mkdtemp(join(tmpdir(), "animula-scenes-"));
    const meshes = [{ id: "npc-smith", metadata: { lora: tagInFile } }, { id: "wall" }, { id: "npc-inn" }];
    await writeFile(join(scenes, "square.babylon"), JSON.stringify({ meshes }));
    bench = await openWorkbench();
    pictures = await Promise.all(
      [1, 2, 3].map((i) => bench.library.saveAsset({ picture: i }, Buffer.from(`picture ${i}`))),
    );
    server = await openRooms(bench, scenes);
  });
  beforeEach(async () => {
    [ada, bo] = await Promise.all([server.scene("square"), server.scene("square", PLAYER)]);
  });
  afterEach(async () => {
    for (const room of [ada, bo]) if (room.connection.isOpen) await room.leave();
  });
  after(async () => {
    await server.close();
    await bench.close();
    await rm(scenes, { recursive: true, force: true });
  });

  const alike = (...rooms: SceneConnection[]) =>
    eventually(() => new Set(rooms.map((room) => JSON.stringify(seen(room)))).size === 1, "all to see the same");
  const shown = (room: SceneConnection, slot = SLOT) => {
    const { sha256, version } = room.state.slots.get(slot) ?? {};
    return { sha256, version };
  };

  it("R1 R2 lets a player into the scene of its token, and nowhere else", async () => {
    assert.equal(ada.roomId, bo.roomId);
    const player = await server.client(PLAYER);
    assert.equal((await refusal(player.joinOrCreate("scene", { sceneId: "castle" }))).code, "NOT_ALLOWED");
    assert.equal((await refusal(player.joinOrCreate("scene", {}))).code, "REQUEST_INVALID");
    // Under the name of its own scene, by the number of another's room.
    const castle = await server.scene("castle");
    assert.notEqual(castle.roomId, bo.roomId);
    assert.equal((await refusal(player.joinById(castle.roomId, { sceneId: "square" }))).code, "NOT_ALLOWED");
    assert.equal(castle.state.players.size, 1);
    await castle.leave();
    await assert.rejects(player.create("scene", { sceneId: "square" }), /invalid method/);
    const bad = player.joinOrCreate("scene", { sceneId: "square", name: "<b>Bo</b>" });
    assert.equal((await refusal(bad)).code, "NAME_INVALID");
  });

  it("R3 refuses what only editors may, and nothing changes for anyone", async () => {
    await alike(ada, bo);
    const before = JSON.stringify(seen(ada));
    const requests: readonly [string, unknown][] = [
      ["apply", { slot: SLOT, sha256: pictures[0] }],
      ["revert", { slot: SLOT }],
      ["history", { slot: SLOT }],
      ["tag", { nodeId: "npc-smith", tag: null }],
    ];
    for (const [type, payload] of requests) {
      const { code, params } = await refusal(bo.request(type, payload));
      assert.deepEqual([code, params["role"]], ["NOT_ALLOWED", "player"], type);
    }
    await ada.request("history", { slot: SLOT });
    assert.equal(JSON.stringify(seen(ada)), before);
    assert.equal(JSON.stringify(seen(bo)), before);
  });

  it("R5 R7 shows every change of a slot to all, numbers it once, and goes back step by step", async () => {
    const slot = "wall/albedo";
    const [first, second] = pictures as [string, string];
    assert.deepEqual(await ada.request("apply", { slot, sha256: first }), { version: 1 });
    assert.deepEqual(await ada.request("apply", { slot, sha256: first }), { version: 1 }, "no change, no version");
    // Two at once: each gets a number of its own.
    const other = await server.scene("square");
    const versions = await Promise.all([
      ada.request("apply", { slot, sha256: second }),
      other.request("apply", { slot, sha256: "" }),
    ]);
    assert.deepEqual(
      versions.map((reply) => (reply as { version: number }).version).toSorted((a, b) => a - b),
      [2, 3],
    );
    await eventually(() => [ada, bo, other].every((room) => shown(room, slot).version === 3), "all to see the last");
    await alike(ada, bo, other);
    const { entries } = await ada.request<unknown, { entries: { version: number; sha256: string; by: string }[] }>(
      "history",
      { slot },
    );
    assert.deepEqual(
      entries.map(({ version }) => version),
      [3, 2, 1],
    );
    assert.deepEqual(shown(bo, slot), { sha256: entries[0]!.sha256, version: 3 });
    assert.deepEqual(await ada.request("revert", { slot }), { version: 4, sha256: entries[1]!.sha256 });
    assert.deepEqual(await ada.request("revert", { slot }), { version: 5, sha256: first });
    await eventually(() => shown(bo, slot).version === 5, "the player to see it");

    const late = await server.scene("square", PLAYER);
    assert.deepEqual(shown(late, slot), { sha256: first, version: 5 });
    assert.equal((await refusal(ada.request("apply", { slot, sha256: "0".repeat(64) }))).code, "NOT_FOUND");
    assert.equal((await refusal(ada.request("apply", { slot: "gate/albedo", sha256: first }))).code, "NODE_UNKNOWN");
    assert.equal((await refusal(ada.request("apply", { slot: "wall", sha256: first }))).code, "REQUEST_INVALID");
    await Promise.all([late.leave(), other.leave()]);
  });

  it("R35 shows a texture's maps with the version they belong to, and takes them back with it", async () => {
    const slot = "wall/albedo";
    const [stone, bumps, dull] = pictures as [string, string, string];
    const maps = { normal: bumps, roughness: dull, occlusion: dull };
    const fields = (room: SceneConnection) => {
      const { sha256, normal, roughness, occlusion } = room.state.slots.get(slot)!;
      return { sha256, normal, roughness, occlusion };
    };
    const bare = { sha256: stone, normal: "", roughness: "", occlusion: "" };
    await ada.request("apply", { slot, sha256: stone });
    const { version } = await ada.request<unknown, { version: number }>("apply", { slot, sha256: stone, maps });
    const again = await ada.request("apply", { slot, sha256: stone, maps });
    assert.deepEqual(again, { version }, "no change, no version");
    await eventually(() => bo.state.slots.get(slot)?.normal === bumps, "the player to see them");
    assert.deepEqual(fields(bo), { sha256: stone, ...maps });

    for (const [payload, code] of [
      [{ slot: SLOT, sha256: stone, maps }, "REQUEST_INVALID"],
      [{ slot, sha256: "", maps }, "REQUEST_INVALID"],
      [{ slot, sha256: stone, maps: { normal: bumps } }, "REQUEST_INVALID"],
      [{ slot, sha256: stone, maps: { ...maps, normal: "0".repeat(64) } }, "NOT_FOUND"],
    ] as const)
      assert.equal((await refusal(ada.request("apply", payload))).code, code, JSON.stringify(payload));
    assert.deepEqual(fields(ada), { sha256: stone, ...maps }, "a refused one changes nothing");

    await ada.request("revert", { slot });
    await eventually(() => bo.state.slots.get(slot)?.version === version + 1, "the version before");
    assert.deepEqual(fields(bo), bare);
    await ada.request("apply", { slot, sha256: stone, maps });
    const { entries } = await ada.request<unknown, { entries: { maps?: object }[] }>("history", { slot });
    assert.deepEqual(
      entries.slice(0, 3).map((entry) => entry.maps),
      [maps, undefined, maps],
    );
    // As the service holds it for the next room.
    const { slots } = await bench.library.loadScene("square");
    assert.deepEqual(slots.find((each) => each.slot === slot)?.maps, maps);
    const late = await server.scene("square", PLAYER);
    assert.deepEqual(fields(late), { sha256: stone, ...maps });
    await late.leave();
    await ada.request("apply", { slot, sha256: "" });
    await eventually(() => bo.state.slots.get(slot)?.sha256 === "", "the scene's own");
    assert.deepEqual(fields(bo), { ...bare, sha256: "" });
  });

  it("R8 begins with the slots and tags it held, however long nobody was there", async () => {
    const tag = { modules: [], prompt: "a gate", negative: "", playersMay: [] };
    await ada.request("apply", { slot: SLOT, sha256: pictures[2] });
    await ada.request("tag", { nodeId: "wall", tag });
    await eventually(() => shown(ada).sha256 === pictures[2] && ada.state.tags.has("wall"), "both changes");
    const { slots, tags } = seen(ada);
    const { roomId } = ada;
    await Promise.all([ada.leave(), bo.leave()]);
    // A room without clients is gone; the scene is read anew.
    await eventually(() => !ada.connection.isOpen, "the end of the room");
    await new Promise((resume) => setTimeout(resume, 200));
    ada = await server.scene("square");
    assert.notEqual(ada.roomId, roomId);
    assert.deepEqual([seen(ada)["slots"], seen(ada)["tags"]], [slots, tags]);
    await ada.request("tag", { nodeId: "wall", tag: null });
  });

  it("R9 checks a tag whole before anyone sees any of it", async () => {
    const before = JSON.stringify(seen(bo)["tags"]);
    const bad: readonly (readonly [tag: unknown, where: string])[] = [
      [{ modules: [{ module: "smith", weight: 9 }] }, "tag.tag.modules.0.weight"],
      [{ prompt: "fine", playersMay: ["everything"] }, "tag.tag.playersMay.0"],
      [{ prompt: "fine", colour: "red" }, "tag.tag.colour"],
      ["a smith", "tag.tag"],
    ];
    for (const [tag, where] of bad) {
      const { code, params } = await refusal(ada.request("tag", { nodeId: "npc-inn", tag }));
      assert.deepEqual([code, params["where"]], ["REQUEST_INVALID", where]);
    }
    assert.equal((await refusal(ada.request("tag", { nodeId: "gate", tag: null }))).code, "NODE_UNKNOWN");
    assert.equal(JSON.stringify(seen(bo)["tags"]), before);
    const { version } = (await ada.request("tag", { nodeId: "npc-inn", tag: { prompt: "a host" } })) as unknown as {
      version: number;
    };
    assert.equal(version, 1);
    const whole = { modules: [], prompt: "a host", negative: "", playersMay: [] };
    await eventually(() => bo.state.tags.get("npc-inn") === JSON.stringify(whole), "the tag");
    await ada.request("tag", { nodeId: "npc-inn", tag: null });
    await eventually(() => bo.state.tags.get("npc-inn") === "null", "its removal");
  });

  it("R9 R33 takes a tag that is as large as it may be, and has the hash of a card that stood in it", async () => {
    const text = (chars: number) => "火".repeat(chars);
    const names = Array.from({ length: limits.modulesPerStackMax }, (_, i) => `${text(limits.nameCharsMax - 1)}${i}`);
    const modules = names.map((module) => ({ module, version: 999_999_999, weight: -1.999_999_999 }));
    const notes = "n".repeat(limits.cardBytesInTagMax - JSON.stringify({ spec: "", data: { notes: "" } }).length);
    const voice = {
      name: text(limits.nameCharsMax),
      persona: text(limits.personaCharsMax),
      modules,
      card: { spec: "", data: { notes } },
    };
    const prompts = { prompt: text(limits.promptCharsMax), negative: text(limits.promptCharsMax) };
    const tag = { modules, ...prompts, playersMay: ["portrait", "albedo"], voice };
    // Heard whole: a voice's module must be there.
    assert.equal((await refusal(ada.request("tag", { nodeId: "wall", tag }))).code, "NOT_FOUND");
    await ada.request("tag", { nodeId: "wall", tag: { ...tag, voice: { ...voice, modules: [] } } });
    const seenByBo = await eventually(() => {
      const json = bo.state.tags.get("wall");
      return json !== undefined && json !== "null" && (JSON.parse(json) as LoraTag);
    }, "the tag");
    assert.equal(seenByBo.voice!.persona, voice.persona);
    assert.match(seenByBo.voice!.card as string, /^[0-9a-f]{64}$/);
    assert.deepEqual(await bench.library.cardOf(seenByBo.voice!), voice.card);
    const unknown = { voice: { name: "Rolf", card: "0".repeat(64) } };
    await ada.request("tag", { nodeId: "wall", tag: unknown });
    await ada.request("tag", { nodeId: "wall", tag: null });
  });

  it("R6 keeps the place of one that drops, and gives it back as if it had never been away", async () => {
    bo.send("move", { x: 1, y: 2, z: 3, heading: 0.5 });
    await eventually(() => ada.state.players.get(bo.sessionId)?.x === 1, "the move");
    const { sessionId } = bo;
    bo.reconnection.minUptime = 0;
    bo.reconnection.delay = bo.reconnection.minDelay = 300;
    bo.connection.close(4010);
    await eventually(() => ada.state.players.get(sessionId)?.connected === false, "the drop");
    await ada.request("apply", { slot: "npc-inn/portrait", sha256: pictures[0] });
    ada.send("chat", { text: "where is Bo?" });
    await eventually(() => ada.state.players.get(sessionId)?.connected === true, "the return");
    assert.equal(bo.sessionId, sessionId);
    await alike(ada, bo);
    const { x, y, z, heading, name, role } = bo.state.players.get(sessionId)!;
    assert.deepEqual({ x, y, z, heading, name, role }, { x: 1, y: 2, z: 3, heading: 0.5, name: "Bo", role: "player" });
    assert.equal(shown(bo, "npc-inn/portrait").sha256, pictures[0]);
    assert.equal(bo.state.chat.at(-1)?.text, "where is Bo?");
    await bo.leave();
    await eventually(() => !ada.state.players.has(sessionId), "it to be gone when it leaves");
  });

  it("R10 answers a bad message, and nobody else hears of it", async () => {
    await alike(ada, bo);
    const before = JSON.stringify(seen(ada));
    const bad: readonly (readonly [type: string, payload: unknown, where: string])[] = [
      ["move", { x: "far", y: 0, z: 0, heading: 0 }, "move.x"],
      ["move", { x: Number.NaN, y: 0, z: 0, heading: 0 }, "move.x"],
      ["chat", { text: "  " }, "chat.text"],
      ["chat", { text: "x".repeat(limits.chatCharsMax + 1) }, "chat.text"],
      ["request", { slot: SLOT, seed: -1 }, "request.seed"],
      ["request", { slot: "npc-smith" }, "slot"],
      ["shout", { text: "hello" }, "shout"],
      ["constructor", {}, "constructor"],
    ];
    for (const [type, payload, where] of bad) {
      const { code, params } = await refusal(bo.request(type, payload));
      assert.deepEqual([code, params["where"]], ["REQUEST_INVALID", where]);
    }
    const told: unknown[] = [];
    bo.onError((_code, message) => told.push(readErrorBody(message)?.code));
    bo.send("shout");
    await eventually(() => told.length === 1, "an error");
    assert.deepEqual(told, ["REQUEST_INVALID"]);
    assert.ok(bo.connection.isOpen);
    assert.equal(JSON.stringify(seen(ada)), before);
  });

  it("R11 throws out whoever sends without end, and goes on for the others", async () => {
    bo.reconnection.enabled = false;
    const left = new Promise((resolve) => bo.onLeave(resolve));
    for (let i = 0; i < limits.messagesPerSecondMax * 3; i++) bo.send("move", { x: i, y: 0, z: 0, heading: 0 });
    await left;
    await eventually(() => !ada.state.players.has(bo.sessionId), "its place to be free at once");
    ada.send("chat", { text: "peace" });
    await eventually(() => ada.state.chat.at(-1)?.text === "peace", "the others to go on");
  });

  it("R12 keeps the last lines of chat, as text", async () => {
    await bo.request("chat", { text: "<img src=x onerror=alert(1)>" });
    await eventually(() => ada.state.chat.at(-1)?.from === "Bo", "the line");
    const line = ada.state.chat.at(-1)!;
    assert.deepEqual([line.from, line.text], ["Bo", "<img src=x onerror=alert(1)>"]);
    for (let i = 0; i < limits.chatLinesKept + 5; i++) {
      await ada.request("chat", { text: `line ${i}` });
      if (i % 20 === 19) await new Promise((resume) => setTimeout(resume, 1100));
    }
    await eventually(() => bo.state.chat.at(-1)?.text === `line ${limits.chatLinesKept + 4}`, "the last line");
    await alike(ada, bo);
    const lines = Array.from(bo.state.chat, ({ text }) => text);
    assert.equal(lines.length, limits.chatLinesKept);
    assert.deepEqual([lines[0], lines.at(-1)], ["line 5", `line ${limits.chatLinesKept + 4}`]);
  });

  it("R4 R19 draws what a tag allows players to ask for: once, for all", async () => {
    const ask = (room: SceneConnection, message: object) => room.request("request", message, { timeout: PATIENCE_MS });
    const albedo = await refusal(ask(bo, { slot: "npc-smith/albedo" }));
    assert.deepEqual([albedo.code, albedo.params["slot"]], ["PLAYERS_MAY_NOT", "albedo"]);
    assert.equal((await refusal(ask(bo, { slot: "wall/albedo" }))).code, "TAG_MISSING");
    assert.equal((await refusal(ask(bo, { slot: "gate/albedo" }))).code, "NODE_UNKNOWN");
    assert.equal(bench.jobs.list().length, 0);

    const before = shown(ada).version ?? 0;
    const asked = Promise.all([
      ask(bo, { slot: SLOT, prompt: "laughing" }),
      ask(ada, { slot: SLOT, prompt: "laughing" }),
    ]) as Promise<{ sha256: string; version: number }[]>;
    await eventually(() => ada.state.slots.get(SLOT)?.pending && bo.state.slots.get(SLOT)?.pending, "both to see it");
    assert.equal(bench.jobs.list().length, 1);
    assert.equal(bench.jobs.list()[0]!.name, "a smith, laughing");
    const [one, other] = await asked;
    assert.deepEqual(one, other);
    assert.equal(one!.version, before + 1);
    await eventually(() => [ada, bo].every((room) => room.state.slots.get(SLOT)?.pending === false), "it to show");
    assert.deepEqual(shown(ada), one);
    assert.deepEqual(shown(bo), one);
    assert.ok(await bench.library.isAsset(one!.sha256));

    // What was drawn in the studio with the same words is the same picture.
    const { jobId } = await bench.jobs.draw(drawRequest({ prompt: "a smith, laughing", steps: 20 }), ADA);
    const { samples } = await until(bench.jobs, jobId, ({ status }) => status === "done");
    assert.equal(samples[0]?.sha256, one!.sha256);
    // An editor takes the right away again.
    await ada.request("tag", { nodeId: "npc-smith", tag: { prompt: "a smith" } });
    assert.equal((await refusal(ask(bo, { slot: SLOT, prompt: "laughing" }))).code, "PLAYERS_MAY_NOT");
  });
});
