import assert from "node:assert/strict";
import { join } from "node:path";
import {
  siteKey,
  stackAdapters,
  stackFeeds,
  targetGroups,
  targetSites,
  type AdapterFeeds,
  type LoraModule,
  type ModuleSite,
  type Stack,
} from "../../lora/adapter/index.ts";
import { downWidth } from "../../lora/adapter/site.ts";
import { openSafetensors, readTensor, writeSafetensors, type SafetensorsTensor } from "../../lora/format/index.ts";
import { Graph, symbol } from "../../lora/graph/index.ts";
import {
  clipText,
  FrozenWeights,
  moduleSites,
  unet,
  weightMap,
  type StableDiffusion,
} from "../../lora/models/index.ts";
import { Scope } from "../../lora/nn/index.ts";
import { Session, type Feeds } from "../../lora/runtime/index.ts";
import { goldenPath, openGoldens, openTiny, unetInputs } from "../models/tiny-stable-diffusion.ts";
import { closeTo } from "../support/close-to.ts";
import { tempDir } from "../support/temp-dir.ts";
import { randomModule } from "./tiny-sites.ts";

const entry = (module: LoraModule, weight: number, textEncoderWeight = weight) => ({
  module,
  weight,
  textEncoderWeight,
});

/** W + Σ weight · alpha / rank · up · down, as a file in place of the base's. */
function mergedFile(source: string, part: "unet" | "text_encoder", sites: readonly ModuleSite[], stack: Stack): string {
  const file = openSafetensors(source);
  const tensors: Record<string, SafetensorsTensor> = {};
  const known = new Map(sites.filter((site) => site.part === part).map((site) => [`${site.name}.weight`, site]));
  for (const [name, { shape }] of file.tensors) {
    const data = readTensor(file, name);
    const site = known.get(name);
    if (site)
      for (const item of stack) addProduct(data, site, item, part === "unet" ? item.weight : item.textEncoderWeight);
    tensors[name] = { dtype: "F32", shape, data };
  }
  const path = join(tempDir(), "merged.safetensors");
  writeSafetensors(path, tensors);
  return path;
}

function addProduct(weights: Float32Array, site: ModuleSite, { module }: Stack[number], weight: number): void {
  const layer = module.layers.get(siteKey(site));
  if (!layer) return;
  const width = downWidth(site);
  for (let o = 0; o < site.outSize; o++)
    for (let i = 0; i < width; i++) {
      let sum = 0;
      for (let r = 0; r < layer.rank; r++) sum += layer.up[o * layer.rank + r]! * layer.down[r * width + i]!;
      weights[o * width + i]! += ((weight * layer.alpha) / layer.rank) * sum;
    }
}

describe("stacks of modules", () => {
  let base: StableDiffusion;
  let sites: ModuleSite[];
  let session: Session<"prediction">;
  let feeds: Feeds;
  let a: LoraModule;
  let b: LoraModule;
  const goldens = openGoldens("goldens.safetensors");
  const unetFile = goldenPath("tiny/unet/diffusion_pytorch_model.safetensors");

  async function openUnet(
    weights: StableDiffusion["weights"]["unet"],
    adapted: boolean,
  ): Promise<Session<"prediction">> {
    const graph = new Graph();
    const inputs = unetInputs(graph, base);
    const own = sites.filter(({ part }) => part === "unet");
    const adapters = adapted ? stackAdapters(graph, own).forPart("unet") : undefined;
    return Session.open({
      prediction: unet(new Scope(new FrozenWeights(graph, "unet", weights, adapters)), inputs, base.unet),
    });
  }
  const predict = async (adapters: AdapterFeeds, inputs = feeds) =>
    (await session.run({ ...inputs, ...adapters })).prediction.data as Float32Array;

  before(async () => {
    base = await openTiny("tiny");
    sites = moduleSites(base);
    session = await openUnet(base.weights.unet, true);
    feeds = {
      sample: goldens.floats("unet16x16/latents"),
      timestep: goldens.asFloats("unet16x16/timesteps"),
      textEmbeddings: goldens.floats("unet16x16/embeddings"),
    };
    a = randomModule(targetSites(sites, targetGroups), 3, 6, 1);
    b = randomModule(targetSites(sites, ["attention"]), 5, 2, 2);
  });
  after(() => session.close());

  it("give the bare base where there are none (rank 0)", async () => {
    const output = goldens.floats("unet16x16/output").data;
    const size = output.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const empty = stackFeeds([[]], sites);
    assert.deepEqual(empty["unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.down"]!.dims, [1, 0, 16]);
    closeTo(await predict(empty), output, { atol: 1e-4 * size });
    closeTo(await predict(stackFeeds([[entry(a, 0)]], sites)), output, { atol: 1e-4 * size });
  });

  for (const [title, weights] of [
    ["one", [0.8]],
    ["several", [0.7, -0.4, 1]],
    ["the same one twice", [0.5, 0, 0.5]],
  ] as const)
    it(`equal the merged weights: ${title}, on every kind of layer`, async () => {
      const modules = [a, b, a];
      const stack = weights.map((weight, i) => entry(modules[i]!, weight));
      const merged = weightMap(openSafetensors(mergedFile(unetFile, "unet", sites, stack)), (name) => [{ name }]);
      const reference = await openUnet(merged, false);
      const expected = (await reference.run(feeds)).prediction.data as Float32Array;
      await reference.close();
      const bare = await predict(stackFeeds([[]], sites));
      const size = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const effect = expected.reduce((most, x, i) => Math.max(most, Math.abs(x - bare[i]!)), 0);
      assert.ok(effect > 0.05 * size, `the modules change too little: ${effect} of ${size}`);
      // Float32 sums in another order, through 50 layers.
      closeTo(await predict(stackFeeds([stack], sites)), expected, { atol: 1e-5 * size });
    });

  it("may differ from row to row: each row is as if served alone", async () => {
    const stacks = [[entry(a, 0.6), entry(b, 0.3)], [], [entry(b, 1)]];
    const pick = (name: string, rows: readonly number[]) => {
      const { data, dims } = feeds[name]!;
      const size = data.length / dims[0]!;
      const out = new Float32Array(rows.length * size);
      rows.forEach((row, i) => out.set((data as Float32Array).subarray(row * size, (row + 1) * size), i * size));
      return { data: out, dims: [rows.length, ...dims.slice(1)] };
    };
    const inputsFor = (rows: readonly number[]) =>
      Object.fromEntries(Object.keys(feeds).map((name) => [name, pick(name, rows)]));
    const together = await predict(stackFeeds(stacks, sites), inputsFor([0, 1, 0]));
    const size = together.length / 3;
    for (const [row, from] of [0, 1, 0].entries()) {
      const alone = await predict(stackFeeds([stacks[row]!], sites), inputsFor([from]));
      closeTo(together.subarray(row * size, (row + 1) * size), alone, { rtol: 1e-5, atol: 1e-5 }, `row ${row}`);
    }
  });

  it("are fed once where all rows share one, and share a lone module's arrays", () => {
    const key = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
    const feedsOf = (stacks: Stack[]) => stackFeeds(stacks, sites);
    const shared = feedsOf([[entry(b, 2.5)], [entry(b, 2.5)]]);
    assert.deepEqual(shared[`${key}.down`]!.dims, [1, 5, 16]);
    assert.equal(shared[`${key}.down`]!.data, b.layers.get(key)!.down);
    // 2.5 · alpha 2 / rank 5 = 1
    assert.equal(shared[`${key}.up`]!.data, b.layers.get(key)!.up);
    assert.deepEqual(feedsOf([[entry(b, 1)], [entry(b, 0.5)]])[`${key}.down`]!.dims, [2, 5, 16]);
  });

  it("weigh UNet and text encoder apart, and equal merged weights in the text encoder", async () => {
    const stack = [entry(a, 0, 0.9)];
    const textSites = sites.filter(({ part }) => part === "text_encoder");
    const open = (weights: StableDiffusion["weights"]["text_encoder"], adapted: boolean) => {
      const graph = new Graph();
      const tokens = graph.input("tokens", "int64", [symbol("N"), 77]);
      const adapters = adapted ? stackAdapters(graph, textSites).forPart("text_encoder") : undefined;
      const source = new FrozenWeights(graph, "text_encoder", weights, adapters);
      return Session.open({ embeddings: clipText(new Scope(source), tokens, base.text) });
    };
    const tokens = goldens.tensor("text/ids");
    const path = mergedFile(goldenPath("tiny/text_encoder/model.safetensors"), "text_encoder", sites, stack);
    const reference = await open(
      weightMap(openSafetensors(path), (name) => [{ name }]),
      false,
    );
    const adapted = await open(base.weights.text_encoder, true);
    const expected = (await reference.run({ tokens })).embeddings.data as Float32Array;
    const adapters = stackFeeds([stack], sites);
    closeTo((await adapted.run({ tokens, ...adapters })).embeddings.data as Float32Array, expected, {
      rtol: 1e-5,
      atol: 1e-4,
    });
    closeTo(await predict(adapters), await predict(stackFeeds([[]], sites)), {});
    await Promise.all([reference.close(), adapted.close()]);
  });
});
