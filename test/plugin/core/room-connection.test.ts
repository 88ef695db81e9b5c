import assert from "node:assert/strict";
import { defineRoom, defineServer, Room, type MessageContext, type Server } from "@colyseus/core";
import { WebSocketTransport } from "@colyseus/ws-transport";
import { joinScene, ServiceClient, type SceneConnection } from "../../../plugin/core/index.ts";
import { PlayerState, SceneState, ServiceError } from "../../../service/protocol/index.ts";

let rooms: TestRoom[] = [];

/** The smallest room with the state of a scene: what the service's own adds is tested there. */
class TestRoom extends Room<{ state: SceneState }> {
  override state = new SceneState();
  override onCreate(options: { sceneId: string }): void {
    rooms.push(this);
    this.state.sceneId = options.sceneId;
    this.onMessage("chat", (_client: unknown, _message: unknown, context: MessageContext) => {
      context.reject(
        JSON.stringify(new ServiceError("REQUEST_INVALID", { where: "text", problem: "is empty" }).toBody()),
      );
    });
    this.onMessage("history", () => ({ entries: [{ version: 1, sha256: "", by: "Ada", at: 5 }] }));
    const never = new Promise(() => {});
    this.onMessage("revert", (): unknown => never);
  }
  override onJoin(client: { sessionId: string }): void {
    const player = new PlayerState();
    player.name = "Ada";
    this.state.players.set(client.sessionId, player);
  }
  override async onDrop(client: Parameters<NonNullable<Room["onDrop"]>>[0]): Promise<void> {
    await this.allowReconnection(client, 30);
  }
  override onLeave(client: { sessionId: string }): void {
    this.state.players.delete(client.sessionId);
  }
}

const port = 25_871;

async function serve(): Promise<Server> {
  const server = defineServer({
    greet: false,
    transport: new WebSocketTransport(),
    rooms: { scene: defineRoom(TestRoom).filterBy(["sceneId"]) },
  });
  await server.listen(port, "127.0.0.1");
  return server;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 20) {
    assert.ok(waited < 15_000, `in vain waited for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("room connection", () => {
  let server: Server;
  let scene: SceneConnection;

  beforeEach(async () => {
    rooms = [];
    server = await serve();
    scene = await joinScene(new ServiceClient({ url: `http://127.0.0.1:${port}`, token: "t" }), "square", "Ada");
  });
  afterEach(async () => {
    await scene.leave();
    await server.gracefullyShutdown(false);
  });

  /** Cuts the wire, as a network does. */
  const cut = (): void => {
    for (const client of rooms.at(-1)!.clients) (client.ref as unknown as { terminate(): void }).terminate();
  };

  it("has the room's state when it is open, and tells of each change", async () => {
    assert.equal(scene.state.sceneId, "square");
    assert.equal(scene.state.players.get(scene.sessionId)?.name, "Ada");
    let calls = 0;
    const before = scene.revision;
    const end = scene.onChange(() => calls++);
    rooms[0]!.state.tags.set("npc", "null");
    await until("the tag", () => scene.state.tags.get("npc") === "null");
    assert.ok(calls > 0 && scene.revision > before);
    end();
    const told = calls;
    rooms[0]!.state.tags.set("npc", "{}");
    await until("the next tag", () => scene.state.tags.get("npc") === "{}");
    assert.equal(calls, told);
  });

  it("a request resolves with the reply, or rejects with the service's error", async () => {
    const { entries } = await scene.request("history", { slot: "npc/portrait" });
    assert.equal(entries[0]?.by, "Ada");
    await assert.rejects(scene.request("chat", { text: "" }), (error) => {
      return error instanceof ServiceError && error.code === "REQUEST_INVALID" && error.params["where"] === "text";
    });
  });

  it("what the room sends unasked is heard by type, also what came before anybody listened, until one stops", async () => {
    const start = { replyId: "a", nodeId: "npc", from: "Ada", said: "Hi", name: "Ben", text: "" };
    rooms[0]!.broadcast("reply.start", start);
    rooms[0]!.broadcast("reply.text", { replyId: "a", nodeId: "npc", piece: "Aye" });
    rooms[0]!.state.tags.set("npc", "{}");
    await until("the patch behind them", () => scene.state.tags.get("npc") === "{}");
    const heard: unknown[] = [];
    const end = scene.onEvents({
      "reply.start": ({ said }) => heard.push(said),
      "reply.text": ({ piece }) => heard.push(piece),
    });
    assert.deepEqual(heard, ["Hi", "Aye"]);
    rooms[0]!.broadcast("reply.text", { replyId: "a", nodeId: "npc", piece: "!" });
    rooms[0]!.broadcast("reply.end", { replyId: "a", nodeId: "npc", text: "Aye!", reason: "end" });
    await until("the next piece", () => heard.length === 3);
    end();
    rooms[0]!.broadcast("reply.text", { replyId: "a", nodeId: "npc", piece: "?" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(heard, ["Hi", "Aye", "!"]);
  });

  it("R6 a dropped connection takes its place again by itself; what was asked meanwhile is refused", async () => {
    const { sessionId } = scene;
    const pending = assert.rejects(scene.request("revert", { slot: "x" }), { code: "CONNECTION_LOST" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    cut();
    await pending;
    await until("the drop", () => scene.status === "reconnecting");
    await assert.rejects(scene.request("history", { slot: "x" }), { code: "CONNECTION_LOST" });
    rooms[0]!.state.tags.set("npc", "{}");
    await until("the connection", () => scene.status === "online");
    await until("the state", () => scene.state.tags.get("npc") === "{}");
    assert.equal(scene.sessionId, sessionId);
    assert.equal(rooms.length, 1);
  });

  it("after a restart of the service the room is joined anew", async () => {
    await server.gracefullyShutdown(false);
    await until("the drop", () => scene.status === "reconnecting");
    server = await serve();
    await until("the connection", () => scene.status === "online");
    assert.equal(rooms.length, 2);
    assert.equal(scene.state.players.get(scene.sessionId)?.name, "Ada");
    assert.equal((await scene.request("history", { slot: "x" })).entries.length, 1);
  });

  it("that was left while the wire was down does not come back", async () => {
    cut();
    await until("the drop", () => scene.status === "reconnecting");
    await scene.leave();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(scene.status, "closed");
    assert.equal(rooms[0]!.clients.length, 0);
  });

  it("to a service that is away is refused with what to do", async () => {
    const away = new ServiceClient({ url: "http://127.0.0.1:1" });
    await assert.rejects(joinScene(away, "square"), { code: "SERVICE_UNREACHABLE" });
  });
});
