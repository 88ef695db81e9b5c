import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { createModule, type Stack } from "../../lora/adapter/index.ts";
import { seededRandom } from "../../lora/data/index.ts";
import { VoiceStudio, type ReplyRequest } from "../../lora/generate/index.ts";
import { ReplyText } from "../../lora/generate/reply-text.ts";
import { openLanguageModel, type ChatMessage } from "../../lora/models/index.ts";

const base = openLanguageModel(fileURLToPath(new URL("../golden/text/talker", import.meta.url)));
const asked = (content: string): ChatMessage[] => [{ role: "user", content }];

describe("replies", () => {
  let studio: VoiceStudio;
  let stack: Stack;
  before(async () => {
    studio = await VoiceStudio.open(base);
    const module = createModule(studio.sites, { rank: 2, alpha: 8, uniform: seededRandom(1) });
    // A module that was trained to something: `up` is zero in a new one.
    const uniform = seededRandom(2);
    for (let i = 0; i < module.parameters.length; i++) module.parameters[i] = uniform() - 0.5;
    stack = [{ module, weight: 1, textEncoderWeight: 0 }];
  });
  after(() => studio.close());

  const request = (more: Partial<ReplyRequest> = {}): ReplyRequest => ({
    messages: asked("Who are you?"),
    maxTokens: 12,
    ...more,
  });

  it("the pieces that stream are the reply", async () => {
    const pieces: string[] = [];
    const reply = await studio.reply(request({ onText: (piece) => pieces.push(piece) }));
    assert.equal(pieces.join(""), reply.text);
    assert.ok(pieces.length > 1);
    assert.ok(reply.reason === "end" || reply.tokens === 12);
  });

  it("a seed says the same again, alone and beside others; a module or a persona says something else", async () => {
    const alone = await studio.reply(request({ seed: 3 }));
    const others = [
      request({ seed: 4 }),
      request({ seed: 3, stack }),
      request({ seed: 3, systemPrompt: "You are a cat." }),
    ];
    const [again, ...rest] = await studio.replies([request({ seed: 3 }), ...others]);
    assert.deepEqual(again, alone);
    for (const [i, reply] of rest.entries()) {
      assert.notEqual(reply.text, alone.text);
      assert.deepEqual(reply, await studio.reply(others[i]!), "the same alone");
    }
  });

  it("ends at a stop text, which is no part of it", async () => {
    const { text } = await studio.reply(request({ maxTokens: 40 }));
    // A random model also says bytes that are no characters.
    const stop = /[a-z]{2}/.exec(text.slice(2))![0];
    const pieces: string[] = [];
    const cut = await studio.reply(request({ maxTokens: 40, stops: [stop], onText: (piece) => pieces.push(piece) }));
    assert.equal(cut.text, text.slice(0, text.indexOf(stop)));
    assert.equal(pieces.join(""), cut.text);
    assert.equal(cut.reason, "stop");
  });

  it("ends when it is cancelled, with what was said", async () => {
    const abort = new AbortController();
    let pieces = 0;
    const onText = () => void (++pieces === 2 && abort.abort());
    const reply = await studio.reply(request({ onText, signal: abort.signal, maxTokens: 100 }));
    assert.equal(reply.reason, "cancelled");
    assert.ok(reply.tokens < 100);
  });

  it("never runs past what the base can read, and refuses a prompt that does", async () => {
    const long = asked("a b ".repeat(100));
    const prompt = base.tokenizer.prompt(long).length;
    assert.ok(prompt < 256 && prompt > 200, String(prompt));
    const reply = await studio.reply(request({ messages: long, maxTokens: 1000, sampling: { temperature: 0 } }));
    assert.ok(reply.reason === "end" || reply.tokens === 256 - prompt);
    await assert.rejects(studio.reply(request({ messages: asked("a b ".repeat(200)) })), { code: "PROMPT_TOO_LONG" });
  });
});

describe("dialogues that are too long", () => {
  let studio: VoiceStudio;
  before(async () => void (studio = await VoiceStudio.open(base)));
  after(() => studio.close());
  const long = "a b ".repeat(200);

  it("one is refused with its error, the others of its batch are what they are alone", async () => {
    const messages = asked("Who are you?");
    const [first, refused, last] = await studio.replies([
      { messages, maxTokens: 5, seed: 1 },
      { messages: asked(long), maxTokens: 5 },
      { messages, maxTokens: 5, seed: 2 },
    ]);
    assert.equal(refused!.reason, "refused");
    assert.equal((refused!.error as { code?: string }).code, "PROMPT_TOO_LONG");
    assert.deepEqual(first, await studio.reply({ messages, maxTokens: 5, seed: 1 }));
    assert.deepEqual(last, await studio.reply({ messages, maxTokens: 5, seed: 2 }));
    assert.deepEqual(await studio.replies([]), []);
  });

  it("their oldest messages can be left out until the rest fits, the persona stays", () => {
    const turns = Array.from({ length: 9 }, (_, i): ChatMessage => {
      return { role: i % 2 === 0 ? "user" : "assistant", content: `line ${i} and some more of it` };
    });
    const request: ReplyRequest = { messages: turns, systemPrompt: "You are a guard.", maxTokens: 40 };
    const messages = studio.fitting(request);
    assert.ok(messages.length > 2 && messages.length < 10, String(messages.length));
    assert.deepEqual(messages[0], { role: "system", content: "You are a guard." });
    assert.equal(messages[1]!.role, "user");
    assert.deepEqual(messages.slice(1), turns.slice(1 - messages.length));
    assert.ok(studio.promptTokens({ messages }) <= 256 - 40);
    assert.ok(studio.promptTokens({ messages: [messages[0]!, ...turns.slice(-1 - messages.length)] }) > 256 - 40);
    assert.deepEqual(studio.fitting({ messages: asked(long) }), asked(long));
    assert.deepEqual(studio.fitting({ messages: asked("hi") }), asked("hi"));
  });
});

describe("what of a dialogue fits", () => {
  let studio: VoiceStudio;
  before(async () => void (studio = await VoiceStudio.open(base)));
  after(() => studio.close());

  /** Tries one message less after the other. */
  function tried(messages: readonly ChatMessage[], room: number): readonly ChatMessage[] {
    const system = messages[0]?.role === "system" ? messages.slice(0, 1) : [];
    const turns = messages.slice(system.length);
    for (let start = 0; start < turns.length - 1; start++) {
      const rest = [...system, ...turns.slice(start)];
      if ((start === 0 || turns[start]!.role === "user") && base.tokenizer.prompt(rest).length <= room) return rest;
    }
    return [...system, ...turns.slice(-1)];
  }

  it("is the most that does, of any dialogue", () => {
    const turn = fc.record({
      role: fc.constantFrom("user" as const, "assistant" as const),
      content: fc.string({ maxLength: 40 }),
    });
    const system = fc.option(
      fc.record({ role: fc.constant("system" as const), content: fc.string({ maxLength: 60 }) }),
    );
    fc.assert(
      fc.property(
        fc.array(turn, { maxLength: 12 }),
        system,
        fc.integer({ min: 1, max: 250 }),
        (turns, first, maxTokens) => {
          const messages = [...(first ? [first] : []), ...turns];
          const room = base.config.maxPositions - maxTokens;
          assert.deepEqual(studio.fitting({ messages, maxTokens }), tried(messages, room));
        },
      ),
    );
  });

  it("takes few tries, and reads each once", () => {
    const turns = Array.from({ length: 80 }, (_, i): ChatMessage => {
      return { role: i % 2 === 0 ? "user" : "assistant", content: `Line ${i}, and more!` };
    });
    let read = 0;
    const encode = base.tokenizer.encode.bind(base.tokenizer);
    base.tokenizer.encode = (text) => (text.includes("Line") && read++, encode(text));
    try {
      studio.fitting({ messages: turns, maxTokens: 40 });
    } finally {
      base.tokenizer.encode = encode;
    }
    // The whole, then halves of 39 beginnings.
    assert.ok(read <= 1 + 6, String(read));
  });
});

describe("text of a growing reply", () => {
  const { tokenizer } = base;

  it("shows no half characters", () => {
    const text = new ReplyText(tokenizer, []);
    const shown = tokenizer.encode("🐉你").map((id) => text.add(id).text);
    assert.equal(shown.join("") + text.rest(), "🐉你");
    assert.ok(shown.every((piece) => !piece.includes("\uFFFD")));
  });

  it("holds back the start of a stop text also before half a character", () => {
    const text = new ReplyText(tokenizer, ["x你好"]);
    const shown = tokenizer.encode("ax你").map((id) => text.add(id).text);
    assert.equal(shown.join(""), "a");
    assert.equal(text.rest(), "x你");
  });

  it("holds back what may begin a stop text, and shows it when it does not", () => {
    const text = new ReplyText(tokenizer, ["\nUser:"]);
    const shown = tokenizer.encode("Hi\nUs and").map((id) => text.add(id).text);
    assert.equal(shown.join("") + text.rest(), "Hi\nUs and");
    const stopped = new ReplyText(tokenizer, ["\nUser:"]);
    const pieces: string[] = [];
    for (const id of tokenizer.encode("Hi\nUser: more")) {
      const { text: piece, isStopped } = stopped.add(id);
      pieces.push(piece);
      if (isStopped) break;
    }
    assert.equal(pieces.join(""), "Hi");
  });
});
