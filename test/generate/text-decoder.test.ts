import assert from "node:assert/strict";
import { siteKey, type LoraLayer, type Stack } from "../../lora/adapter/index.ts";
import { TextDecoder } from "../../lora/generate/text-decoder.ts";
import { tempDir } from "../support/temp-dir.ts";
import { chooseToken, SAMPLING_DEFAULTS } from "../../lora/generate/token-sampler.ts";
import {
  integerRows,
  openTinyText,
  textFamilies,
  textGoldens,
  type TextFamily,
} from "../models/tiny-language-model.ts";

const TOKENS = 64;
const goldens = textGoldens();

/** The golden's initial adapters, weighed. */
function initialStack(decoder: TextDecoder, family: TextFamily, weight = 1): Stack {
  const layers = decoder.sites.map((site): [string, LoraLayer] => {
    const of = (kind: string) => goldens.floats(`${family}/initial/${site.name}.${kind}`).data;
    const { inSize, outSize, kernel } = site;
    return [siteKey(site), { rank: 4, alpha: 8, inSize, outSize, kernel, down: of("down"), up: of("up") }];
  });
  return [{ module: { layers: new Map(layers), metadata: {} }, weight, textEncoderWeight: 0 }];
}

/** What each row says, likeliest token first; row r falls silent after `counts[r]` tokens. */
async function greedy(decoder: TextDecoder, prompts: readonly number[][], stacks: readonly Stack[], counts: number[]) {
  const batch = await decoder.start(prompts, stacks);
  const said = prompts.map((): number[] => []);
  let rows = prompts.map((_, r) => r);
  while (rows.length > 0) {
    const next = batch.logits.map((logits) =>
      chooseToken(logits, [], { ...SAMPLING_DEFAULTS, temperature: 0, repetitionPenalty: 1 }, () => 0),
    );
    rows.forEach((row, i) => said[row]!.push(next[i]!));
    const going = rows.flatMap((row, i) => (said[row]!.length < counts[row]! ? [i] : []));
    if (going.length < rows.length && going.length > 0) batch.keep(going);
    if (going.length > 0) await batch.read(going.map((i) => [next[i]!]));
    rows = going.map((i) => rows[i]!);
  }
  return said;
}

/** Weights of few bits are kept in the user's cache. */
function withOwnCache(): void {
  const before = process.env["XDG_CACHE_HOME"];
  beforeEach(() => void (process.env["XDG_CACHE_HOME"] = tempDir()));
  after(() => {
    if (before === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = before;
  });
}

describe("greedy decoding against transformers", () => {
  for (const family of textFamilies)
    it(`${family}: the same 64 tokens, bare and with a module`, async () => {
      const decoder = await TextDecoder.open(openTinyText(family));
      const prompt = integerRows(goldens, `${family}/prompt`);
      const [bare] = await greedy(decoder, prompt, [[]], [TOKENS]);
      assert.deepEqual([bare], integerRows(goldens, `${family}/greedy`));
      const [adapted] = await greedy(decoder, prompt, [initialStack(decoder, family)], [TOKENS]);
      assert.deepEqual([adapted], integerRows(goldens, `${family}/greedyAdapted`));
      await decoder.close();
    });

  // LongRoPE turns by how long a row is.
  for (const family of ["qwen2", "llama-longrope", "glm"] as const)
    it(`${family}: rows of one batch, each with its own prompt, stack and end, say what each says alone`, async () => {
      const decoder = await TextDecoder.open(openTinyText(family));
      const [prompt] = integerRows(goldens, `${family}/prompt`) as [number[]];
      const prompts = [prompt, [...prompt, 7, 8, 9], prompt.slice(0, 2), prompt];
      const stacks = [
        [],
        initialStack(decoder, family),
        initialStack(decoder, family, -0.5),
        initialStack(decoder, family, 0.3),
      ];
      const counts = [TOKENS, 5, 20, TOKENS];
      const together = await greedy(decoder, prompts, stacks, counts);
      assert.deepEqual([together[0]], integerRows(goldens, `${family}/greedy`));
      for (const [r, said] of together.entries())
        assert.deepEqual([said], await greedy(decoder, [prompts[r]!], [stacks[r]!], [counts[r]!]), `row ${r}`);
      await decoder.close();
    });
});

describe("decoding with weights of few bits", () => {
  withOwnCache();
  for (const weights of ["int8", "int4"] as const)
    it(`${weights}: rows of one batch say what each says alone; a module counts as much as beside floats`, async () => {
      const decoder = await TextDecoder.open(openTinyText("qwen2"), { weights });
      const [prompt] = integerRows(goldens, "qwen2/prompt") as [number[]];
      const prompts = [prompt, [...prompt, 7, 8, 9], prompt.slice(0, 2)];
      const stacks = [[], initialStack(decoder, "qwen2"), initialStack(decoder, "qwen2", -0.5)];
      const counts = [TOKENS, 9, 20];
      const together = await greedy(decoder, prompts, stacks, counts);
      for (const [r, said] of together.entries())
        assert.deepEqual([said], await greedy(decoder, [prompts[r]!], [stacks[r]!], [counts[r]!]), `row ${r}`);
      const float = await TextDecoder.open(openTinyText("qwen2"));
      const change = async (of: TextDecoder) => {
        const { logits } = await of.start([prompt, prompt], [[], initialStack(of, "qwen2")]);
        return logits[0]!.map((bare, i) => logits[1]![i]! - bare);
      };
      const [few, all] = [await change(decoder), await change(float)];
      const norm = (values: Float32Array) => Math.hypot(...values);
      const off = norm(few.map((value, i) => value - all[i]!)) / norm(all);
      assert.ok(off > 0 && off < { int8: 0.05, int4: 0.6 }[weights], `off by ${off}`);
      await Promise.all([decoder.close(), float.close()]);
    });
});
