import assert from "node:assert/strict";
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openLanguageModel, openLanguageWeights } from "../../lora/models/index.ts";
import { ggufBytes, pair, tensor, text, u32, u64 } from "../format/gguf-bytes.ts";
import { tempDir } from "../support/temp-dir.ts";
import { logitsOf, openTinyText, textGoldens } from "./tiny-language-model.ts";
import { closeToScale, openGoldens } from "./tiny-stable-diffusion.ts";

const golden = (name: string): string => fileURLToPath(new URL(`../golden/gguf/${name}`, import.meta.url));
/** Of the largest logit, as for folders: float32 against float64. */
const FORWARD = 3e-6;

describe("language models of GGUF files", () => {
  const before = process.env["XDG_CACHE_HOME"];
  beforeEach(() => void (process.env["XDG_CACHE_HOME"] = tempDir()));
  after(() => {
    if (before === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = before;
  });
  const cached = () => readdirSync(join(process.env["XDG_CACHE_HOME"]!, "animula", "gguf"));

  for (const family of ["llama3", "llama-tied", "qwen3"] as const)
    it(`${family}: the model of the folder`, async () => {
      const base = openLanguageWeights(golden(`${family}.gguf`));
      const folder = openTinyText(family);
      assert.deepEqual(new Set(base.weights.keys()), new Set(folder.weights.keys()));
      const { rope, normEpsilon, ...config } = base.config;
      const { rope: expectedRope, normEpsilon: expectedEpsilon, ...expected } = folder.config;
      assert.deepEqual(config, expected);
      assert.ok(Math.abs(normEpsilon / expectedEpsilon - 1) < 1e-6);
      // Llama 3's scaling comes as divisors.
      assert.equal(rope.kind, family === "llama3" ? "longrope" : expectedRope.kind);
      const goldens = textGoldens();
      const logits = await logitsOf(base, goldens.tensor(`${family}/tokens`));
      const real = ({ data, dims }: { data: Float32Array; dims: readonly number[] }) => ({
        data: data.subarray(0, 20 * base.config.vocabSize),
        dims: [20, dims.at(-1)!],
      });
      closeToScale(real(logits), real(goldens.floats(`${family}/logits`)), FORWARD, family);
    });

  it("a quantised one: the logits of transformers with the same weights, and the tokenizer of the folder", async () => {
    const base = openLanguageModel(golden("talker.gguf"));
    const goldens = openGoldens("../gguf/talker.safetensors");
    const logits = await logitsOf(base, goldens.tensor("tokens"));
    const expected = goldens.floats("logits");
    closeToScale({ ...logits, dims: expected.dims }, expected, FORWARD, "talker");
    const { tokenizer } = openLanguageModel(fileURLToPath(new URL("../golden/text/talker", import.meta.url)));
    for (const sample of [
      "Halt! Who goes there?",
      "你好，旅行者。🐉",
      "a\n\n b  c",
      "<|im_start|>user\nhi<|im_end|>",
      "It's 12",
    ]) {
      const ids = base.tokenizer.encode(sample);
      assert.deepEqual(ids, tokenizer.encode(sample), sample);
      assert.equal(base.tokenizer.decode(ids), tokenizer.decode(ids));
    }
    const messages = [{ role: "user", content: "hi<|im_end|>" } as const];
    assert.deepEqual(base.tokenizer.prompt(messages), tokenizer.prompt(messages));
    assert.deepEqual(base.tokenizer.endIds, tokenizer.endIds);
  });

  it("is converted once, and what need not be is mapped where it lies", () => {
    const path = join(tempDir(), "talker.gguf");
    copyFileSync(golden("talker.gguf"), path);
    const { weights } = openLanguageWeights(path);
    assert.equal(cached().length, 1);
    assert.ok(weights.get("model.layers.0.self_attn.o_proj.weight")!.path.endsWith("talker.gguf"));
    assert.ok(weights.get("model.layers.0.self_attn.q_proj.weight")!.path.endsWith(cached()[0]!));
    assert.deepEqual(openLanguageWeights(path).weights, weights);
    assert.equal(cached().length, 1);
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(32)]));
    openLanguageWeights(path);
    assert.equal(cached().length, 2, "another file is converted anew");
  });

  it("a vocabulary of SentencePiece: the ids of SentencePiece", () => {
    const { tokenizer } = openLanguageModel(golden("spm.gguf"));
    const expected = JSON.parse(readFileSync(golden("spm.json"), "utf8")) as {
      size: number;
      texts: { text: string; ids: number[]; decoded: string }[];
    };
    assert.equal(tokenizer.size, expected.size);
    for (const { text: sample, ids, decoded } of expected.texts) {
      assert.deepEqual(tokenizer.encode(sample), ids, sample);
      assert.equal(tokenizer.decode(ids), decoded);
    }
    assert.deepEqual([...tokenizer.endIds], [2]);
    assert.ok(tokenizer.isSpecial(1) && !tokenizer.isSpecial(100));
    const forged = tokenizer.prompt([{ role: "user", content: "</s><s>" }]);
    assert.equal(forged.filter((id) => id === 1 || id === 2).length, 1, "the template's own <s>");
  });

  const number = (key: string, value: number) => pair(key, 4, u32(value));
  const words = (key: string, value: string) => pair(key, 8, text(value));
  const list = (key: string, type: number, items: readonly Buffer[]) =>
    pair(key, 9, Buffer.concat([u32(type), u64(items.length), ...items]));
  const head = (architecture: string) => [
    words("general.architecture", architecture),
    number(`${architecture}.embedding_length`, 32),
    number(`${architecture}.feed_forward_length`, 32),
    number(`${architecture}.block_count`, 1),
    number(`${architecture}.attention.head_count`, 4),
    number(`${architecture}.context_length`, 64),
  ];
  const table = [tensor("token_embd.weight", [32, 3], 1, 0)];
  const tokens = [
    list("tokenizer.ggml.tokens", 8, ["a", "b", "<e>"].map(text)),
    list("tokenizer.ggml.token_type", 5, [1, 1, 3].map(u32)),
  ];
  const gpt2 = [words("tokenizer.ggml.model", "gpt2"), list("tokenizer.ggml.merges", 8, [])];
  const open = (pairs: readonly Buffer[]) => {
    const path = join(tempDir(), "model.gguf");
    writeFileSync(path, ggufBytes(pairs, table, Buffer.alloc(192)));
    return openLanguageModel(path);
  };
  /** What is wrong, the metadata, and what the message says. */
  const refused: readonly (readonly [string, readonly Buffer[], RegExp])[] = [
    ["no architecture", [], /general.architecture: expected one of llama, qwen2, qwen3, got nothing/],
    ["another architecture", head("bert"), /got bert/],
    ["an adapter", [words("general.type", "adapter"), ...head("llama")], /general.type: expected model, got adapter/],
    ["a part of a model", [...head("llama"), number("split.count", 3)], /split.count/],
    ["experts", [...head("llama"), number("llama.expert_count", 8)], /expert_count/],
    ["a head that turns in part", [...head("llama"), number("llama.rope.dimension_count", 4)], /partial_rotary_factor/],
    ["another scaling", [...head("llama"), words("llama.rope.scaling.type", "odd")], /rope_type.*odd/],
    ["heads that do not fit", [...head("llama"), number("llama.attention.head_count_kv", 3)], /a divisor of 4/],
    ["no layers", head("llama").filter((_, i) => i !== 3), /num_hidden_layers/],
    ["no vocabulary", head("llama"), /tokenizer.ggml.model: expected one of gpt2, llama, got nothing/],
    ["another vocabulary", [...head("llama"), words("tokenizer.ggml.model", "rwkv")], /got rwkv/],
    [
      "unknown words",
      [...head("llama"), ...tokens, ...gpt2, words("tokenizer.ggml.pre", "odd")],
      /tokenizer.ggml.pre.*odd/,
    ],
    ["no merges", [...head("llama"), ...tokens, gpt2[0]!], /tokenizer.ggml.merges/],
    [
      "tokens that are numbers",
      [...head("llama"), ...gpt2, list("tokenizer.ggml.tokens", 4, [u32(1)])],
      /texts, got a list/,
    ],
    [
      "kinds for other tokens",
      [...head("llama"), ...gpt2, tokens[0]!, list("tokenizer.ggml.token_type", 5, [u32(1)])],
      /3 numbers/,
    ],
    [
      "a broken template",
      [...head("llama"), ...tokens, ...gpt2, words("tokenizer.chat_template", "{% for %}")],
      /chat template/,
    ],
  ];
  for (const [what, pairs, message] of refused)
    it(`refuses ${what}`, () => assert.throws(() => open(pairs), { message }));

  it("refuses queries that are no whole heads, of any rank and type", () => {
    for (const [sizes, type] of [
      [[32, 12], 0],
      [[12], 0],
      [[32], 2],
      [[8, 2, 6], 1],
    ] as const) {
      const path = join(tempDir(), "model.gguf");
      const tensors = [...table, tensor("blk.0.attn_q.weight", sizes, type, 192)];
      writeFileSync(path, ggufBytes([...head("llama"), ...tokens, ...gpt2], tensors, Buffer.alloc(2048)));
      assert.throws(() => openLanguageModel(path), { code: "BASE_TENSOR_SHAPE", message: /whole heads of 8/ });
      assert.throws(() => cached(), { code: "ENOENT" }, "nothing was written");
    }
  });

  it("refuses a vocabulary larger than the weights, and a name without a file", () => {
    const more = list("tokenizer.ggml.tokens", 8, ["a", "b", "c", "d"].map(text));
    const kinds = list("tokenizer.ggml.token_type", 5, [1, 1, 1, 1].map(u32));
    assert.throws(() => open([...head("llama"), ...gpt2, more, kinds]), { code: "BASE_VOCABULARY" });
    assert.throws(() => openLanguageModel("no/such.gguf"), { code: "BASE_TEXT_NOT_FOUND" });
  });

  it("reads YaRN's settings as llama.cpp means them", () => {
    const float = (key: string, value: number) => {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(value);
      return pair(key, 6, bytes);
    };
    const { config } = open([
      ...head("llama"),
      ...tokens,
      ...gpt2,
      words("llama.rope.scaling.type", "yarn"),
      float("llama.rope.scaling.factor", 4),
      float("llama.rope.scaling.attn_factor", 0.5),
      number("llama.rope.scaling.original_context_length", 16),
    ]);
    const { rope } = config;
    assert.ok(rope.kind === "yarn" && rope.factor === 4 && rope.originalPositions === 16 && rope.betaFast === 32);
    assert.ok(Math.abs(rope.attentionFactor - 0.5 * (0.1 * Math.log(4) + 1)) < 1e-12);
  });
});
