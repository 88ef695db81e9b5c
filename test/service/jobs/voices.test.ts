import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createModule } from "../../../lora/adapter/index.ts";
import { seededRandom } from "../../../lora/data/index.ts";
import {
  languageModelSites,
  openLanguageModel,
  readModule,
  VoiceStudio,
  writePeft,
  type Stack,
  type WeightKind,
} from "../../../lora/index.ts";
import { readVoiceBase, type Line, type VoiceRequest } from "../../../service/jobs/index.ts";
import { packVoiceModule } from "../../../service/jobs/voice-module.ts";
import { SpeakingQueue } from "../../../service/jobs/speaking-queue.ts";
import { limits } from "../../../service/protocol/index.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { eventually, isAlive, openWorkbench, PATIENCE_MS, TALKER, type Workbench } from "./workbench.ts";

const MINI_VOICE = resolve(import.meta.dirname, "../../../assets/base/mini-llama");

const request = (wanted: Partial<VoiceRequest> & { text?: string } = {}): VoiceRequest => {
  const { text = "Who are you?", ...rest } = wanted;
  const line = () => ({ system: "You are a guard.", history: [], text });
  return { node: "square/guard", person: "Ada", isCounted: false, stack: [], line, seed: 7, tokensMax: 24, ...rest };
};

describe("voices", function () {
  this.timeout(PATIENCE_MS);
  let bench: Workbench;
  before(async () => (bench = await openWorkbench({ voices: { tokensPerMinuteMax: 30 } })));
  after(() => bench.close());

  const alone = async (text: string, seed: number): Promise<string> => {
    const studio = await VoiceStudio.open(openLanguageModel(TALKER));
    try {
      const messages = [
        { role: "system" as const, content: "You are a guard." },
        { role: "user" as const, content: text },
      ];
      return (await studio.reply({ messages, seed, maxTokens: 24 })).text;
    } finally {
      await studio.close();
    }
  };

  it("R23 R27 say piece by piece what each would say alone, though many speak at once", async () => {
    const texts = ["Who are you?", "May I pass?", "你好", "A long question about bread, cheese and apples. Which?"];
    const replies = texts.map((text, i) => {
      const pieces: string[] = [];
      const { reply } = bench.voices.say(
        request({ text, node: `square/${i}`, person: `${i}`, seed: i, onText: (piece) => void pieces.push(piece) }),
      );
      return reply.then((said) => ({ said, pieces }));
    });
    for (const [i, { said, pieces }] of (await Promise.all(replies)).entries()) {
      assert.equal(said.text, await alone(texts[i]!, i));
      assert.equal(pieces.join(""), said.text);
      assert.ok(pieces.length > 1 && said.tokens <= 24);
    }
  });

  it("R27 wait for their node, and know then what it answered before", async () => {
    const order: string[] = [];
    let first = "";
    const one = bench.voices.say(request({ person: "Ada" })).reply.then((said) => {
      first = said.text;
      order.push("one");
    });
    const seen: string[] = [];
    const line = () => {
      seen.push(first);
      return { system: "", history: [], text: "And now?" };
    };
    const two = bench.voices.say(request({ person: "Bo", line })).reply.then(() => order.push("two"));
    await Promise.all([one, two]);
    assert.deepEqual(order, ["one", "two"]);
    assert.deepEqual(seen, [first]);
  });

  it("leave out the oldest exchanges that the base cannot read and the end of a persona, and name a memory that is too long", async () => {
    const turn = { role: "user", content: "word ".repeat(40) } as const;
    const answer = { role: "assistant", content: "yes" } as const;
    const history = Array.from({ length: 8 }, () => [turn, answer]).flat();
    const long = request({ line: () => ({ system: "You are a guard.", history, text: "Still there?" }) });
    assert.notEqual((await bench.voices.say(long).reply).text, "");
    const persona = `You are a guard. ${"You never sleep. ".repeat(700)}`;
    const said = async (line: Partial<Line>) => {
      const whole = { system: persona, history, text: "Still there?", ...line };
      return (await bench.voices.say(request({ line: () => whole })).reply).text;
    };
    const cut = await said({});
    assert.notEqual(cut, "");
    assert.equal(await said({ system: `${persona}You are a king.` }), cut, "its end is not read");
    assert.notEqual(await said({ system: persona.replace("guard", "thief") }), cut, "its beginning is");
    assert.notEqual(await said({ memory: "You remember:\n- The bridge is out." }), cut, "and its memory");
    await assert.rejects(said({ memory: "x ".repeat(900) }), { code: "PERSONA_TOO_LONG" });
  });

  it("R28 are refused beyond the places of the queue, those of one person and the tokens of a minute", async () => {
    const stop = new AbortController();
    const many = Array.from({ length: limits.repliesWaitingMax }, (_, i) =>
      bench.voices.say(request({ node: "busy", person: `${i}`, signal: stop.signal })),
    );
    assert.throws(() => bench.voices.say(request({ person: "late" })), { code: "VOICE_BUSY" });
    await assert.rejects(bench.voices.admit({ person: "late", isCounted: true }), { code: "VOICE_BUSY" });
    stop.abort();
    const cancelled = await Promise.all(many.map(({ reply }) => reply));
    assert.ok(cancelled.every(({ reason }) => reason === "cancelled"));

    const own = Array.from({ length: limits.repliesPerPersonMax }, () => bench.voices.say(request()));
    assert.throws(() => bench.voices.say(request()), { code: "RATE_LIMITED" });
    await Promise.all(own.map(({ reply }) => reply));

    const counted = { person: "Kim", isCounted: true };
    for (let spent = 0; spent < 30;) {
      await bench.voices.admit(counted);
      spent += (await bench.voices.say(request(counted)).reply).tokens;
    }
    await assert.rejects(bench.voices.admit(counted), { code: "TOKENS_SPENT" });
    await bench.voices.admit({ person: "Lee", isCounted: true });
  });

  it("R29 end with VOICE_WORKER_DIED when the process is killed, and the next one starts a fresh process", async () => {
    const { reply } = bench.voices.say(request());
    const pid = await eventually(() => bench.voices.workerPid, "a process");
    process.kill(pid, "SIGKILL");
    await assert.rejects(reply, { code: "VOICE_WORKER_DIED" });
    assert.notEqual((await bench.voices.say(request()).reply).text, "");
    assert.ok(!isAlive(pid) && bench.voices.workerPid !== pid);
  });

  it("end their process when nobody needs it, not while someone holds it", async () => {
    const idle = await openWorkbench({ voices: { idleMs: 50 } });
    try {
      const release = idle.voices.hold();
      const pid = idle.voices.workerPid!;
      await idle.voices.say(request()).reply;
      await new Promise((resume) => setTimeout(resume, 200));
      assert.equal(idle.voices.workerPid, pid);
      release();
      await eventually(() => !isAlive(pid), "its end");
    } finally {
      await idle.close();
    }
  });

  it("speak with rounded weights where asked to, with modules on them, as the engine does", async () => {
    const base = openLanguageModel(MINI_VOICE);
    const sites = languageModelSites(base);
    const module = createModule(sites, { rank: 2, alpha: 8, uniform: seededRandom(1) });
    const uniform = seededRandom(2);
    for (let i = 0; i < module.parameters.length; i++) module.parameters[i] = uniform() - 0.5;
    const dir = tempDir();
    writePeft(join(dir, "module"), module, sites, "language_model");
    const file = packVoiceModule(join(dir, "module"));
    const { XDG_CACHE_HOME: cache } = process.env;
    process.env["XDG_CACHE_HOME"] = dir;
    const rounded = await openWorkbench({ voiceBase: MINI_VOICE, voices: { weights: "int4" } });
    try {
      const about = { owner: "Ada", description: "", kind: "voice", triggerWord: "", rank: 2, preview: "" } as const;
      const made = { ...about, name: "Rolf", file, baseHash: rounded.voices.base!.hash, baseModel: "mini-llama" };
      const { moduleId } = await rounded.library.publishModule({ ...made, provenance: {} });
      const stack = await rounded.voices.fix([{ module: moduleId, weight: 1 }]);
      const plain = (await rounded.voices.say(request()).reply).text;
      const { text } = await rounded.voices.say(request({ stack })).reply;
      const { system, text: said } = request().line();
      const messages = [
        { role: "system" as const, content: system },
        { role: "user" as const, content: said },
      ];
      const say = async (weights: WeightKind, stacks: readonly Stack[]) => {
        const studio = await VoiceStudio.open(base, { weights });
        const replies = await studio.replies(stacks.map((each) => ({ messages, stack: each, seed: 7, maxTokens: 24 })));
        await studio.close();
        return replies.map((reply) => reply.text);
      };
      const mixed: Stack = [{ module: readModule(file, sites).module, weight: 1, textEncoderWeight: 0 }];
      assert.deepEqual([plain, text], await say("int4", [[], mixed]));
      assert.notEqual(text, (await say("float", [mixed]))[0]);
      assert.notEqual(text, plain);
    } finally {
      await rounded.close();
      if (cache === undefined) delete process.env["XDG_CACHE_HOME"];
      else process.env["XDG_CACHE_HOME"] = cache;
    }
  });

  it("R22 answer VOICE_BASE_MISSING without a base", async () => {
    const mute = await openWorkbench({ voiceBase: "/nowhere/llama" });
    try {
      assert.throws(() => mute.voices.say(request()), {
        code: "VOICE_BASE_MISSING",
        params: { folder: "/nowhere/llama" },
      });
      await assert.rejects(mute.voices.admit(request()), { code: "VOICE_BASE_MISSING" });
      await assert.rejects(mute.voices.fix([]), { code: "VOICE_BASE_MISSING" });
      mute.voices.hold()();
    } finally {
      await mute.close();
    }
  });
});

describe("the language base", () => {
  it("R22 is none where its files are not there, and an error where they are damaged", async () => {
    const dir = tempDir();
    const read = (path = dir) => readVoiceBase(path, dir);
    assert.deepEqual([await read(join(dir, "nowhere")), await read()], [undefined, undefined]);
    for (const name of ["config.json", "model.safetensors"]) copyFileSync(join(TALKER, name), join(dir, name));
    assert.equal(await read(), undefined, "no tokenizer");
    for (const name of ["tokenizer.json", "tokenizer_config.json"]) copyFileSync(join(TALKER, name), join(dir, name));
    const { hash } = (await read())!;
    assert.equal(hash, (await read(TALKER))!.hash);
    // The trainer's batch of 4, and twelve rounds where the base says nothing; the mini base says 20, with histories.
    assert.equal((await read(TALKER))!.stepsPerLine, 12 / 4);
    assert.equal((await read(MINI_VOICE))!.stepsPerLine, (20 * 2) / 4);
    writeFileSync(join(dir, "config.json"), "{}");
    await assert.rejects(read(), { code: /^BASE_/ });
  });
});

describe("the speaking queue", () => {
  it("R27 gives people turns, whoever came first and however often", () => {
    const queue = new SpeakingQueue<{ node: string; person: string; name: string }>();
    for (const name of ["a1", "a2", "a3", "b1", "c1", "b2"]) queue.add({ node: "n", person: name[0]!, name });
    const order: string[] = [];
    for (let next = queue.next(8); next; next = queue.next(8)) {
      order.push(next.name);
      assert.equal(queue.next(8), undefined, "one at a time of a node");
      queue.done(next);
    }
    assert.deepEqual(order, ["a1", "b1", "c1", "a2", "b2", "a3"]);
  });

  it("lets so many nodes speak at once and no more", () => {
    const queue = new SpeakingQueue<{ node: string; person: string }>();
    for (const node of ["1", "2", "3"]) queue.add({ node, person: node });
    assert.deepEqual([queue.next(2)?.node, queue.next(2)?.node, queue.next(2)], ["1", "2", undefined]);
  });
});
