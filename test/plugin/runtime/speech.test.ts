import assert from "node:assert/strict";
import type { Exchange } from "../../../plugin/core/index.ts";
import type { Label } from "../../../plugin/runtime/overlay.ts";
import { Speech } from "../../../plugin/runtime/speech.ts";

/** What is written over a head: the words, and whether they are all of it. */
class Head {
  readonly seen: string[] = [];
  isSpeaking = false;
  speak(text: string, isOver: boolean): void {
    this.isSpeaking = text !== "";
    this.seen.push(`${text}${isOver ? "." : "…"}`);
  }
  hush(): void {
    this.isSpeaking = false;
    this.seen.push("hush");
  }
}

const exchange = (replyId: string, text: string, isOver = false): Exchange => ({
  replyId,
  from: "Ada",
  said: `${replyId}?`,
  name: "Ben",
  text,
  isOver,
});

describe("runtime: speech", () => {
  let head: Head;
  let said: string[];
  let exchanges: readonly Exchange[];
  let speech: Speech;
  const heard = (...now: Exchange[]): void => {
    exchanges = now;
    speech.heard("npc");
  };

  beforeEach(() => {
    head = new Head();
    said = [];
    exchanges = [];
    speech = new Speech(
      { of: () => exchanges },
      () => head as unknown as Label,
      (each) => said.push(each.said),
    );
  });

  it("a bubble thinks, grows, and has all words at the end", () => {
    heard(exchange("a", ""));
    heard(exchange("a", "Two"));
    heard(exchange("a", "Two coins"));
    heard(exchange("a", "Two coins", true));
    assert.deepEqual(head.seen, ["…", "Two…", "Two coins…", "Two coins."]);
    assert.deepEqual(said, ["a?"]);
  });

  it("what was said before one came hangs nowhere, and gives a node no label", () => {
    speech = new Speech(
      { of: () => exchanges },
      () => assert.fail("a label was asked for"),
      (each) => said.push(each.said),
    );
    heard(exchange("old", "Aye", true));
    assert.deepEqual(said, []);
  });

  it("who waits for a turn does not take the last words from the air", () => {
    heard(exchange("a", "Two coins"), exchange("b", ""));
    heard(exchange("a", "Two coins", true), exchange("b", ""));
    heard(exchange("a", "Two coins", true), exchange("b", "Aye"));
    assert.deepEqual(head.seen, ["Two coins…", "Two coins.", "Aye…"]);
    assert.deepEqual(said, ["a?", "b?"]);
  });

  it("a reply that fails, or whose end nobody told, leaves nothing behind", () => {
    heard(exchange("a", ""));
    heard({ ...exchange("a", "", true), error: { code: "REPLY_FAILED", params: {}, message: "" } });
    heard(exchange("b", "Tw"));
    heard();
    assert.deepEqual(head.seen, ["…", "hush", "Tw…", "hush"]);
  });
});
