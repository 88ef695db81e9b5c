/**
 * A trained mini LLaMA that gets more tokens: `node lora/recipe/widen-voice.ts --from OLD --out NEW` gives the vocabulary of OLD
 * the common words (`withCommonWords`), and writes its weights with rows for them that begin as any token's do. `train-llama.ts
 * --base NEW` goes on from there. A base that begins with `train-voice-tokenizer.ts` has them from the start.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../diffusion/index.ts";
import { openLanguageModel, type BpeVocabulary } from "../models/index.ts";
import { SPECIAL_TOKENS, writeMiniLlama, writeMiniLlamaWeights } from "./mini-llama.ts";
import { withCommonWords } from "./train-voice-tokenizer.ts";
import { EMBEDDING_STD, freshTokens } from "./voice-head-start.ts";
import { readWeights } from "./weights-file.ts";

const { values: args } = parseArgs({
  options: {
    from: { type: "string", default: "assets/base/mini-llama" },
    out: { type: "string", default: ".work/mini-llama" },
  },
});
const EMBEDDINGS = "model.embed_tokens.weight";

function vocabularyOf(folder: string): BpeVocabulary {
  const { model } = JSON.parse(readFileSync(join(folder, "tokenizer.json"), "utf8")) as {
    model: { vocab: Record<string, number>; merges: [string, string][] };
  };
  return { vocab: new Map(Object.entries(model.vocab).toSorted(([, a], [, b]) => a - b)), merges: model.merges };
}

const { config } = openLanguageModel(args.from);
const weights = readWeights(join(args.from, "model.safetensors"));
const before = vocabularyOf(args.from);
const after = withCommonWords(before);
writeMiniLlama(args.out, after);

const { hiddenSize } = config;
const more = new Float32Array((after.vocab.size - before.vocab.size) * hiddenSize);
new Random(5).fillNormal(more);
for (let i = 0; i < more.length; i++) more[i]! *= EMBEDDING_STD;
freshTokens(more, config);
// The special tokens come last.
const rows = weights[EMBEDDINGS]!.data as Float32Array;
const specials = rows.length - SPECIAL_TOKENS.length * hiddenSize;
const data = new Float32Array(rows.length + more.length);
data.set(rows.subarray(0, specials));
data.set(more, specials);
data.set(rows.subarray(specials), specials + more.length);
writeMiniLlamaWeights(args.out, { ...weights, [EMBEDDINGS]: { data, dims: [data.length / hiddenSize, hiddenSize] } });
console.log(`${before.vocab.size} tokens and ${after.vocab.size - before.vocab.size} more in ${args.out}`);
