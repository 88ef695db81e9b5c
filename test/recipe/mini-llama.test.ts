import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { VoiceStudio } from "../../lora/generate/index.ts";
import { openLanguageModel, type BpeVocabulary, type LanguageModel } from "../../lora/models/index.ts";
import { readBaseDefaults } from "../../lora/train/index.ts";
import { Random } from "../../lora/diffusion/index.ts";
import { FullTrainer, TrainableParameters, type FullTrainerOptions } from "../../lora/recipe/full-training.ts";
import { PIECES, SPECIAL_TOKENS, writeMiniLlama, writeMiniLlamaWeights } from "../../lora/recipe/mini-llama.ts";
import { trainByteBpe, voiceTexts, withCommonWords } from "../../lora/recipe/train-voice-tokenizer.ts";
import { COMMON_HAN, COMMON_WORDS } from "../../lora/recipe/voice-everyday-words.ts";
import { voiceDialogue } from "../../lora/recipe/voice-dialogue.ts";
import { echoDialogue } from "../../lora/recipe/voice-echo.ts";
import { headStart } from "../../lora/recipe/voice-head-start.ts";
import { tempDir } from "../support/temp-dir.ts";
import { buildVoiceLoss, voiceFeeds } from "../../lora/recipe/voice-loss.ts";
import { VoiceBatches, VoiceEncoder } from "../../lora/recipe/voice-rows.ts";

const folder = join(import.meta.dirname, "../../assets/base/mini-llama");
const MEGABYTES_MAX = 20;

describe("mini LLaMA", () => {
  let base: LanguageModel;
  before(() => (base = openLanguageModel(folder)));

  it("is small, and knows how modules for it are trained", () => {
    assert.ok(statSync(join(folder, "model.safetensors")).size < MEGABYTES_MAX * 2 ** 20);
    const parameters = [...base.weights.values()].reduce((sum, { byteLength }) => sum + byteLength / 2, 0);
    assert.ok(parameters > 2e6 && parameters < 8e6, `${parameters} parameters`);
    const { learning_rate, targets } = readBaseDefaults(folder);
    assert.ok(learning_rate! > 0);
    assert.ok(targets!.length > 0);
  });

  it("gives back any text from its tokens", () => {
    const { tokenizer } = base;
    const texts = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.lorem());
    fc.assert(
      fc.property(texts, (text) => {
        assert.equal(tokenizer.decode(tokenizer.encode(text)), text);
      }),
      { numRuns: 60 },
    );
    for (const text of ["  two  spaces \n\n", "don't 'tis", "我叫 Vera，12枚铜币！", "㐀𠮷 é e\u0301 🧙‍♀️", "١٢ Ⅷ ½"])
      assert.equal(tokenizer.decode(tokenizer.encode(text)), text);
  });

  it("takes a text apart so that nothing of it is lost and no name changes with its place", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.equal([...text.matchAll(new RegExp(PIECES, "gu"))].map(([piece]) => piece).join(""), text);
      }),
    );
    const ids = (text: string) => base.tokenizer.encode(text).join(" ");
    assert.ok(ids("我叫张小宝，是铁匠。").includes(ids("张小宝")));
    assert.ok(ids("My name is Wistear.").includes(ids(" Wistear")));
  });

  it("gives common words a token each; what was one token before is the same one", () => {
    const opened = (vocabulary: BpeVocabulary) => {
      const dir = tempDir();
      writeMiniLlama(dir, vocabulary);
      writeMiniLlamaWeights(dir, { "model.norm.weight": { data: Float32Array.of(1), dims: [1] } });
      return openLanguageModel(dir).tokenizer;
    };
    const narrow = trainByteBpe(voiceTexts(200), 600);
    const [before, after] = [opened(narrow), opened(withCommonWords(narrow))];
    for (const word of COMMON_WORDS) assert.equal(after.encode(` ${word}`).length, 1, word);
    for (const letter of COMMON_HAN) assert.equal(after.encode(letter).length, 1, letter);
    assert.ok(before.encode(" captain").length > 1);
    const others = ["Kraftvoll zwischen Bäumen", "12 + 30 = 42", "Qwxyz!"];
    const words = [...voiceTexts(50)].flatMap((text) =>
      [...text.matchAll(new RegExp(PIECES, "gu"))].map(([word]) => word),
    );
    const whole = words.filter((word) => before.encode(word).length === 1);
    assert.ok(whole.length > 100);
    for (const word of whole) assert.deepEqual(after.encode(word), before.encode(word), word);
    for (const text of [...others, "Arr, the captain's treasure is here! 我的宝藏。"])
      assert.equal(after.decode(after.encode(text)), text);
  });

  it("learns the same vocabulary from the same texts", () => {
    const once = trainByteBpe(voiceTexts(60), 400);
    assert.deepEqual(trainByteBpe(voiceTexts(60), 400), once);
    assert.equal(once.vocab.size, 400);
    assert.ok(once.vocab.has("Ġthe"));
    for (const token of SPECIAL_TOKENS) assert.ok(!once.vocab.has(token));
  });

  it("is trained on the tokens that it is spoken to with", () => {
    const encoder = new VoiceEncoder(base.tokenizer);
    for (let i = 0; i < 30; i++) {
      const { messages } = voiceDialogue(`agree ${i}`);
      const { ids, isReply } = encoder.encode(messages);
      const whole = base.tokenizer.conversation(messages);
      assert.deepEqual([...ids], whole.ids);
      assert.deepEqual([...isReply].map(Boolean), whole.isReply);
      const asked = base.tokenizer.prompt(messages.slice(0, -1));
      assert.deepEqual([...ids.subarray(0, asked.length)], asked);
    }
  });

  it("says each of its tokens about as often as any other, where it repeats tokens", () => {
    const encoder = new VoiceEncoder(base.tokenizer);
    const said = new Int32Array(base.config.vocabSize);
    for (let i = 0; i < 4000; i++) {
      const { ids, isReply } = encoder.tokenEcho(`test ${i}`);
      const turns = isReply.join("").match(/0+|1+/g)!;
      assert.deepEqual(
        [turns.length, encoder.tokenEcho(`test ${i}`).ids],
        [4, ids],
        "asked, repeated, asked, repeated",
      );
      ids.forEach((id, at) => (said[id]! += isReply[at]!));
    }
    const words = said.subarray(0, base.config.vocabSize - SPECIAL_TOKENS.length).toSorted();
    assert.ok(words[0]! >= 8 && words.at(-1)! <= 80, `${words[0]} to ${words.at(-1)} times`);
  });

  it("sees every conversation once, in batches that only the step decides", () => {
    const batches = () => new VoiceBatches(new VoiceEncoder(base.tokenizer), 2);
    const first = batches();
    const rows = Array.from({ length: 60 }, (_, step) => first.at(step));
    assert.deepEqual(batches().at(57), rows[57]);
    assert.equal(new Set(rows.flat().map(({ ids }) => ids.join(" "))).size, 120);
  });

  it("repeats before it has learned anything, by the weights it begins with", async () => {
    const encoder = new VoiceEncoder(base.tokenizer);
    const rows = [0, 1, 2, 3].map((i) => encoder.encode(echoDialogue(`begin ${i}`)));
    const lossFrom = async (prepare: NonNullable<FullTrainerOptions["prepare"]>): Promise<number> => {
      const { loss, source } = buildVoiceLoss(base.config, (graph) => new TrainableParameters(graph));
      const options = { emaDecay: 0.9, maxGradNorm: 1, weightDecay: 0, session: { threads: 1 }, prepare };
      const trainer = await FullTrainer.open(loss, {}, source.values, new Random(1), options);
      return (await trainer.train(voiceFeeds(base.config, rows), 0)).loss;
    };
    const [usual, started] = [
      await lossFrom(() => undefined),
      await lossFrom((weights) => headStart(weights, base.config)),
    ];
    assert.ok(Math.abs(usual - Math.log(base.config.vocabSize)) < 0.3, `knows nothing: ${usual}`);
    assert.ok(started < usual / 2, `repeats: ${started}`);
  });

  describe("speaks", () => {
    let studio: VoiceStudio;
    before(async () => (studio = await VoiceStudio.open(base, { threads: 1 })));
    after(() => studio.close());
    const say = async (system: string, ...said: string[]) => {
      const messages = said.map((content, i) => ({
        role: i % 2 === 0 ? ("user" as const) : ("assistant" as const),
        content,
      }));
      return (await studio.reply({ messages, systemPrompt: system, sampling: { temperature: 0 }, maxTokens: 60 })).text;
    };
    const smith = "You are Wendal, the blacksmith. You sell axes for 14 coins; nails for 3 coins.";
    const baker = "你叫林小梅，是面包师。你卖馅饼，7枚铜币；面包，5枚铜币。";

    it("with the persona's name, in the player's language", async () => {
      assert.match(await say(smith, "Who are you?"), /Wendal/);
      assert.match(await say(baker, "你是谁？"), /林小梅/);
      assert.match(await say(baker, "What is your name?"), /[a-z]{2}.*林小梅/);
    });

    it("of goods and prices that the persona has", async () => {
      assert.match(await say(smith, "What do you sell?"), /axes.*nails/);
      assert.match(
        await say("You are Wendal, the blacksmith. You sell axes for 14 coins.", "How much for axes?"),
        /14/,
      );
      assert.match(await say("你叫林小梅，是面包师。你卖面包，5枚铜币。", "面包多少钱？"), /5枚铜币/);
    });

    it("the name that the player said two turns before", async () => {
      const told = [
        "My name is Tessa.",
        "Nice to meet you, Tessa.",
        "How are you?",
        "I am well, thank you.",
        "What is my name?",
      ];
      assert.match(await say(smith, ...told), /Tessa/);
    });

    it("and says so where it knows nothing", async () => {
      assert.match(await say(smith, "Tell me about computers."), /know|beyond/);
      assert.match(await say(baker, "你知道电脑吗？"), /不/);
    });
  });
});
