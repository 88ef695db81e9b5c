import assert from "node:assert/strict";
import { Talks, type TalkSource } from "../../../plugin/core/index.ts";
import {
  ServiceError,
  TalkLine,
  TalkState,
  type SceneEvents,
  type SceneState,
} from "../../../service/protocol/index.ts";

type Hears = Parameters<TalkSource["onEvents"]>[0];

/** A scene as a client sees it, without a wire. */
class Scene implements TalkSource {
  readonly state = { talks: new Map<string, TalkState>() } as unknown as Pick<SceneState, "talks">;
  status: TalkSource["status"] = "online";
  #changed: (() => void)[] = [];
  #hears: Hears[] = [];
  readonly onChange = (listener: () => void) => {
    this.#changed.push(listener);
    return () => void (this.#changed = this.#changed.filter((each) => each !== listener));
  };
  readonly onEvents = (listeners: Hears) => {
    this.#hears.push(listeners);
    return () => void (this.#hears = this.#hears.filter((each) => each !== listeners));
  };
  send<T extends keyof SceneEvents>(type: T, event: SceneEvents[T]): void {
    for (const hears of this.#hears) hears[type]?.(event);
  }
  change(): void {
    for (const listener of this.#changed) listener();
  }
  finish(nodeId: string, replyId: string, text: string): void {
    const talk = this.state.talks.get(nodeId) ?? new TalkState();
    const line = Object.assign(new TalkLine(), { replyId, from: "Ada", said: "Hi", name: "Ben", text, at: 1 });
    talk.lines.push(line);
    this.state.talks.set(nodeId, talk);
    this.change();
  }
  get listeners(): number {
    return this.#changed.length + this.#hears.length;
  }
}

const start = (replyId: string, text = "") => ({ replyId, nodeId: "npc", from: "Ada", said: "Hi", name: "Ben", text });
const piece = (replyId: string, text: string) => ({ replyId, nodeId: "npc", piece: text });
const end = (replyId: string, text: string) => ({ replyId, nodeId: "npc", text, reason: "end" as const });

describe("talks", () => {
  let scene: Scene;
  let talks: Talks;
  let told: string[];
  const shown = () => talks.of("npc").map(({ replyId, text, isOver }) => `${replyId} ${text}${isOver ? "." : "…"}`);

  beforeEach(() => {
    scene = new Scene();
    scene.finish("npc", "old", "Aye");
    talks = new Talks(scene);
    told = [];
    talks.onChange((nodeId) => told.push(nodeId));
  });

  it("has the finished exchanges of the room, and says nothing new of them", () => {
    assert.deepEqual(shown(), ["old Aye."]);
    scene.change();
    assert.deepEqual(told, []);
  });

  it("a reply grows piece by piece, ends, and stands in the state once", () => {
    scene.send("reply.start", start("a"));
    scene.send("reply.text", piece("a", "Two "));
    scene.send("reply.text", piece("a", "coins"));
    assert.deepEqual(shown(), ["old Aye.", "a Two coins…"]);
    scene.send("reply.end", end("a", "Two coins"));
    assert.deepEqual(shown(), ["old Aye.", "a Two coins."]);
    scene.finish("npc", "a", "Two coins");
    assert.deepEqual(shown(), ["old Aye.", "a Two coins."]);
    assert.equal(told.length, 5);
    assert.equal(talks.revision, 5);
  });

  it("who comes late has what was said so far; pieces without a beginning say nothing", () => {
    scene.send("reply.text", piece("b", "lost"));
    assert.deepEqual(told, []);
    scene.send("reply.start", start("b", "Once upon"));
    scene.send("reply.text", piece("b", " a time"));
    assert.deepEqual(shown(), ["old Aye.", "b Once upon a time…"]);
    // Told again, as after a reconnection: what counts is what the room says now.
    scene.send("reply.start", start("b", "Once upon a time, a"));
    assert.deepEqual(shown(), ["old Aye.", "b Once upon a time, a…"]);
  });

  it("the words of the end are the reply, whatever got lost on the way", () => {
    scene.send("reply.start", start("c"));
    scene.send("reply.text", piece("c", "Tw"));
    scene.send("reply.end", end("c", "Two coins"));
    assert.deepEqual(shown(), ["old Aye.", "c Two coins."]);
  });

  it("one that failed says why until the next begins", () => {
    const error = new ServiceError("VOICE_WORKER_DIED", { how: "SIGKILL" }).toBody();
    scene.send("reply.start", start("d"));
    scene.send("reply.end", { ...end("d", ""), reason: "error", error });
    assert.equal(talks.of("npc").at(-1)?.error?.code, "VOICE_WORKER_DIED");
    scene.change();
    assert.equal(talks.of("npc").length, 2);
    scene.send("reply.start", start("e"));
    assert.deepEqual(shown(), ["old Aye.", "e …"]);
  });

  it("what grew when the line dropped is gone until it is told anew", () => {
    scene.send("reply.start", start("f", "Half"));
    scene.status = "reconnecting";
    scene.change();
    assert.deepEqual(shown(), ["old Aye."]);
    assert.deepEqual(told, ["npc", "npc"]);
  });

  it("hears nothing after it was given up", () => {
    talks.dispose();
    assert.equal(scene.listeners, 0);
  });
});
