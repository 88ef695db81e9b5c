import assert from "node:assert/strict";
import { copyFileSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { openSafetensors, readTensor, readTensorRaw } from "../../lora/format/index.ts";
import { Graph, matmulBlocks, mulDims, reshape, symbol, type Dim } from "../../lora/graph/index.ts";
import {
  causalFeeds,
  FrozenWeights,
  llama,
  llamaInputs,
  llamaLogits,
  openLanguageModel,
  openLanguageWeights,
  quantisedWeights,
} from "../../lora/models/index.ts";
import { RowBlocks, type BlockMap, type Bits } from "../../lora/models/quantised-weights.ts";
import { Scope } from "../../lora/nn/index.ts";
import { voiceDialogue } from "../../lora/recipe/voice-dialogue.ts";
import { VoiceEncoder } from "../../lora/recipe/voice-rows.ts";
import { Session } from "../../lora/runtime/index.ts";
import { closeTo } from "../support/close-to.ts";
import { tempDir } from "../support/temp-dir.ts";

const BLOCK = 32;
const MINI = fileURLToPath(new URL("../../assets/base/mini-llama", import.meta.url));

/** scale · (q − zero) as the operator's documentation has it, row by row. */
function decoded({ packed, scales, zeros }: RowBlocks, rows: number, width: number, bits: Bits): Float64Array {
  const perRow = Math.ceil(width / BLOCK);
  const zeroBytes = Math.ceil((perRow * bits) / 8);
  const at = (bytes: Uint8Array, i: number) =>
    bits === 8 ? bytes[i]! : i % 2 === 0 ? bytes[i >> 1]! & 15 : bytes[i >> 1]! >> 4;
  return Float64Array.from({ length: rows * width }, (_, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    const block = Math.floor(column / BLOCK);
    const zero = at(zeros.subarray(row * zeroBytes, (row + 1) * zeroBytes), block);
    const q = at(packed, (row * perRow + block) * BLOCK + (column % BLOCK));
    return scales[row * perRow + block]! * (q - zero);
  });
}

describe("weights of few bits", () => {
  const number = fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 1000);
  for (const bits of [8, 4] as const)
    it(`${bits} bits: no value is further off than a step, and 0 stays 0`, () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 3 }),
          fc.integer({ min: 1, max: 70 }),
          fc.infiniteStream(number),
          (n, k, stream) => {
            const values = Float32Array.from({ length: n * k }, (_, i) => (i % 5 === 0 ? 0 : stream.next().value!));
            const blocks = new RowBlocks(values, n, k, bits);
            const perRow = Math.ceil(k / BLOCK);
            decoded(blocks, n, k, bits).forEach((value, i) => {
              const step = blocks.scales[Math.floor(i / k) * perRow + Math.floor((i % k) / BLOCK)]!;
              // Half a step for rounding the value, half for where 0 lies.
              assert.ok(Math.abs(value - values[i]!) <= step * 1.001, `${value} for ${values[i]}, step ${step}`);
              if (values[i] === 0) assert.equal(value, 0);
            });
          },
        ),
      );
    });

  it("blocks of zeros, of one value and of one sign", () => {
    for (const bits of [8, 4] as const)
      for (const value of [0, 3, -3]) {
        const values = new Float32Array(33).fill(value);
        closeTo(decoded(new RowBlocks(values, 1, 33, bits), 1, 33, bits), values, { rtol: 1e-6 }, `${bits} ${value}`);
      }
  });
});

describe("products with weights of few bits", () => {
  const [rows, outSize, inSize] = [5, 30, 80];
  const uniform = (i: number) => ((i * 7919) % 1009) / 1009 - 0.5;
  const values = Float32Array.from({ length: outSize * inSize }, (_, i) => uniform(i));
  const bias = Float32Array.from({ length: outSize }, (_, i) => uniform(i + 3));

  async function product(bits: Bits, x: Float32Array, count: number): Promise<Float32Array> {
    const blocks = new RowBlocks(values, outSize, inSize, bits);
    const perRow = Math.ceil(inSize / BLOCK);
    const graph = new Graph();
    const matrix = {
      bits,
      blockSize: BLOCK,
      outSize,
      inSize,
      packed: graph.constant(blocks.packed, [outSize, perRow, (BLOCK * bits) / 8], "uint8"),
      scales: graph.constant(blocks.scales, [outSize, perRow], "float32"),
      zeros: graph.constant(blocks.zeros, [outSize, Math.ceil((perRow * bits) / 8)], "uint8"),
    };
    const input = graph.input("x", "float32", [symbol("M"), inSize]);
    const y = matmulBlocks(input, matrix, graph.constant(bias, [outSize], "float32"));
    const session = await Session.open({ y }, { prepack: true });
    const result = await session.run({ x: { data: x, dims: [count, inSize] } });
    await session.close();
    return result.y.data as Float32Array;
  }
  const reference = (bits: Bits, x: Float32Array) => {
    const w = decoded(new RowBlocks(values, outSize, inSize, bits), outSize, inSize, bits);
    return Float64Array.from({ length: rows * outSize }, (_, i) => {
      const [row, column] = [Math.floor(i / outSize), i % outSize];
      let sum = bias[column]!;
      for (let k = 0; k < inSize; k++) sum += x[row * inSize + k]! * w[column * inSize + k]!;
      return sum;
    });
  };

  for (const bits of [8, 4] as const) {
    it(`${bits} bits: equal to the decoded matrix where the input is whole steps`, async () => {
      // 127 in each block: steps of 1, so that rounding the input changes nothing.
      const x = Float32Array.from({ length: rows * inSize }, (_, i) =>
        (i % inSize) % BLOCK === 0 ? 127 : Math.round(200 * uniform(i)),
      );
      // Sums of 80 products of up to 64, in float32.
      closeTo(await product(bits, x, rows), reference(bits, x), { rtol: 1e-5, atol: 1e-3 });
    });

    it(`${bits} bits: off by no more than rounding the input to 8 bits`, async () => {
      const x = Float32Array.from({ length: rows * inSize }, (_, i) => uniform(i * 31));
      // Half of a 127th of the largest input, times weights of a quarter on average, 80 times.
      const most = (0.5 / 127 / 2) * 0.25 * inSize;
      const actual = await product(bits, x, rows);
      closeTo(actual, reference(bits, x), { rtol: 0, atol: most });
      for (let row = 0; row < rows; row++)
        closeTo(
          await product(bits, x.slice(row * inSize, (row + 1) * inSize), 1),
          actual.slice(row * outSize, (row + 1) * outSize),
          // Equal to the bit where one kernel serves one row and several.
          { rtol: 0, atol: 1e-6 },
          "a row is what it is alone",
        );
    });
  }
});

/** exp of the mean loss of the replies in `count` conversations that the mini LLaMA was not trained on. */
async function perplexity(blocks: BlockMap | undefined, count: number): Promise<number> {
  const { config, weights, tokenizer } = openLanguageModel(MINI);
  const graph = new Graph();
  const scope = new Scope(new FrozenWeights(graph, "language_model", weights, undefined, { widenOnce: true, blocks }));
  const { hidden } = llama(scope, llamaInputs(graph, config), config);
  const [n, t] = hidden.shape as [Dim, Dim];
  const logits = llamaLogits(scope, reshape(hidden, [mulDims(n, t), config.hiddenSize]), config);
  const session = await Session.open({ logits }, { prepack: true, threads: 1 });
  const encoder = new VoiceEncoder(tokenizer);
  let [sum, said] = [0, 0];
  for (let i = 0; i < count; i++) {
    const { ids, isReply } = encoder.encode(voiceDialogue(`held ${i}`).messages);
    const tokens = { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] };
    const result = await session.run({ tokens, ...causalFeeds(config, ids.length) });
    const all = result.logits.data as Float32Array;
    for (let at = 0; at + 1 < ids.length; at++) {
      if (!isReply[at + 1]) continue;
      const row = all.subarray(at * config.vocabSize, (at + 1) * config.vocabSize);
      sum += Math.log(row.reduce((total, logit) => total + Math.exp(logit), 0)) - row[ids[at + 1]!]!;
      said++;
    }
  }
  await session.close();
  return Math.exp(sum / said);
}

describe("a base in few bits", () => {
  it("the mini LLaMA loses less than 0.2 % of its perplexity in 8 bits, less than 1 % in 4", async () => {
    const [base, folder] = [openLanguageWeights(MINI), tempDir()];
    const float = await perplexity(undefined, 25);
    const int8 = await perplexity(quantisedWeights(base, 8, folder), 25);
    const int4 = await perplexity(quantisedWeights(base, 4, folder), 25);
    assert.ok(Math.abs(int8 / float - 1) < 0.002, `${float} → ${int8}`);
    assert.ok(Math.abs(int4 / float - 1) < 0.01, `${float} → ${int4}`);
    assert.ok(int4 !== float && int8 !== float);
  });

  it("is worked out once, and anew when its weights change", () => {
    const [folder, kept] = [tempDir(), tempDir()];
    for (const name of readdirSync(MINI)) copyFileSync(join(MINI, name), join(folder, name));
    const made = () => readdirSync(kept).toSorted();
    const place = (bits: Bits) => quantisedWeights(openLanguageWeights(folder), bits, kept);
    const { path } = place(4).get("model.layers.0.self_attn.q_proj.weight")!.packed;
    const written = statSync(path).mtimeMs;
    place(4);
    assert.equal(statSync(path).mtimeMs, written);
    assert.equal(made().length, 1);
    place(8);
    assert.equal(made().length, 2);
    utimesSync(join(folder, "model.safetensors"), 1, 1);
    place(4);
    assert.equal(made().length, 3);
  });

  it("holds the matrices that are multiplied, of halves as of floats; 4 bits keep the output layer in 8", () => {
    const folder = tempDir();
    const base = openLanguageWeights(MINI);
    const blocks = quantisedWeights(base, 4, folder);
    const isNorm = (name: string) => name.includes("norm");
    assert.deepEqual([...blocks.keys()].toSorted(), [...base.weights.keys()].filter((n) => !isNorm(n)).toSorted());
    assert.equal(blocks.get("model.embed_tokens.weight")!.bits, 8);
    const name = "model.layers.1.mlp.down_proj.weight";
    const { bits, outSize, inSize, packed } = blocks.get(name)!;
    assert.deepEqual([bits, outSize, inSize], [4, 192, 512]);
    const own = readTensor(openSafetensors(join(MINI, "model.safetensors")), name);
    const file = openSafetensors(packed.path);
    assert.deepEqual(readTensorRaw(file, `${name}.packed`).data, new RowBlocks(own, outSize, inSize, 4).packed);
    const { offset, byteLength } = packed;
    assert.deepEqual(
      new Uint8Array(readFileSync(packed.path).subarray(offset, offset + byteLength)),
      readTensorRaw(file, `${name}.packed`).data,
    );
  });

  it("a folder that cannot be written to is named", () => {
    assert.throws(() => quantisedWeights(openLanguageWeights(MINI), 8, join(MINI, "config.json", "x")), {
      code: "FOLDER_NOT_WRITABLE",
    });
  });
});
