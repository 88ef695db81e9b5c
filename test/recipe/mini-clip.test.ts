import assert from "node:assert/strict";
import { join } from "node:path";
import { Random } from "../../lora/diffusion/index.ts";
import { openSafetensors, readTensor, readTensorRaw } from "../../lora/format/index.ts";
import { gradients, Graph, symbol } from "../../lora/graph/index.ts";
import { clipScale, clipTextEmbeddings, ClipTokenizer, endMarks, openClip } from "../../lora/models/index.ts";
import { Scope } from "../../lora/nn/index.ts";
import { contrastiveInputs, contrastiveLoss } from "../../lora/recipe/contrastive-loss.ts";
import { TrainableParameters } from "../../lora/recipe/full-training.ts";
import { drawText, factsOf, isAlsoTrue, miniClip, type DescribedSample } from "../../lora/recipe/mini-clip.ts";
import { portrait } from "../../lora/recipe/portraits.ts";
import { trainBpe } from "../../lora/recipe/train-tokenizer.ts";
import { labelQuestions, labelSentence, type Facts } from "../../lora/data/index.ts";
import { FACT_LOGITS, factTargets } from "../../lora/recipe/fact-heads.ts";
import { labelInputs, labelLoss, labelSentences } from "../../lora/recipe/label-loss.ts";
import { Session, type HostTensor } from "../../lora/runtime/index.ts";

const GOLDEN = new URL("../golden/clip/", import.meta.url).pathname;
const PAIRS = 5;
/** float32 against float64, of the largest entry of each gradient; through two towers and a normalisation. */
const GRADIENT_TOLERANCE = 2e-5;
const LOSS_TOLERANCE = 1e-5;

const sample: DescribedSample = {
  caption: "a person with glasses",
  kind: "portrait",
  style: "peeps",
  attributes: {
    style: "peeps",
    headwear: "none",
    headwearColor: "red",
    hairShape: "bald",
    hairColor: "blue",
    eyewear: "glasses",
    facialHair: "none",
    expression: "yawning",
    weather: "rain",
  },
};

describe("the mini CLIP's training", () => {
  it("has transformers' contrastive loss and gradients", async () => {
    const goldens = openSafetensors(join(GOLDEN, "goldens.safetensors"));
    const clip = await openClip(join(GOLDEN, "tiny"));
    const graph = new Graph();
    const parameters = new TrainableParameters(graph);
    const { loss } = contrastiveLoss(new Scope(parameters), contrastiveInputs(graph, clip.config), clip.config);
    const names = [...parameters.values.keys()];
    const grads = gradients(loss, [...parameters.values.values()]);
    const outputs = { loss, ...Object.fromEntries(names.map((name, i) => [`d ${name}`, grads[i]!])) };
    const session = await Session.open<string>(outputs);
    const file = openSafetensors(join(GOLDEN, "tiny", "model.safetensors"));
    const weights = names.map((name): [string, HostTensor] => [
      name,
      { data: readTensor(file, name), dims: file.tensors.get(name)!.shape },
    ]);
    const ids = Int32Array.from(readTensorRaw(goldens, "pairs/ids").data, Number);
    const length = clip.config.text.maxPositions;
    const planes = Array.from({ length: PAIRS }, (_, i) => [...readTensor(goldens, `picture${i}/pixels`)]).flat();
    const out = await session.run({
      ...Object.fromEntries(weights),
      pixels: { data: Float32Array.from(planes), dims: [PAIRS, 3, 24, 24] },
      tokens: { data: BigInt64Array.from(ids, BigInt), dims: [PAIRS, length] },
      ends: { data: endMarks(ids, length, clip.tokenizer.endId), dims: [PAIRS, length] },
      rivals: { data: new Float32Array(PAIRS * PAIRS), dims: [PAIRS, PAIRS] },
    });
    await session.close();
    const off = Math.abs((out["loss"]!.data[0] as number) - readTensor(goldens, "pairs/loss")[0]!);
    assert.ok(off < LOSS_TOLERANCE, `loss ${off}`);
    const theirs = [...goldens.tensors.keys()].filter((name) => name.startsWith("pairs/gradient/"));
    const first = names.filter((name) => !name.includes("layers.1."));
    assert.deepEqual(first.toSorted(), theirs.map((name) => name.slice("pairs/gradient/".length)).toSorted());
    for (const name of first) {
      const expected = readTensor(goldens, `pairs/gradient/${name}`);
      const got = out[`d ${name}`]!.data as Float32Array;
      assert.equal(got.length, expected.length, name);
      // A key's bias adds the same to all of a query's scores, so its gradient is zero but for rounding.
      const size = Math.max(1e-2, ...expected.map(Math.abs));
      const most = Math.max(...expected.map((value, i) => Math.abs(value - got[i]!)));
      assert.ok(most / size < GRADIENT_TOLERANCE, `${name}: ${most} of ${size}`);
    }
  });

  it("takes from the attributes what can be seen and named", () => {
    assert.deepEqual(factsOf(sample), {
      style: "peeps",
      headwear: "none",
      hairShape: "bald",
      eyewear: "glasses",
      facialHair: "none",
    });
    const { attributes: _, ...bare } = sample;
    assert.deepEqual(factsOf(bare), {});
    assert.deepEqual(factsOf({ ...sample, kind: "texture" }), {});
  });

  it("draws texts that are true of their picture: single facts, more of them, and the caption as written", () => {
    const random = new Random(1);
    const facts = factsOf(sample);
    const drawn = Array.from({ length: 400 }, () => drawText(sample, random));
    for (const text of drawn) {
      if (text.claims === undefined) assert.equal(text.text, sample.caption);
      else assert.ok(isAlsoTrue(text, facts), text.text);
    }
    const counts = drawn.map(({ claims }) => (claims ? Object.keys(claims).length : 0));
    const share = (count: number) => counts.filter((each) => each === count).length / drawn.length;
    assert.ok(Math.abs(share(0) - 0.25) < 0.07);
    // Half of the rest, and a fifth of the other half.
    assert.ok(Math.abs(share(1) - 0.75 * (0.5 + 0.5 / 5)) < 0.08);
    assert.ok(Math.max(...counts) === 5);
    const chinese = drawn.filter(({ text }) => /\p{Script=Han}/u.test(text)).length / drawn.length;
    assert.ok(Math.abs(chinese - 0.15) < 0.06);
    for (const { claims, text } of drawn)
      if (claims) assert.ok(["en", "zh"].some((l) => labelSentence("portrait", claims, l as "en", true) === text));
  });

  it("tells a stressed fact more often, and with what it looks different in", () => {
    const random = new Random(2);
    const shares = { written: 0, single: 1, chinese: 0, stressed: ["hairShape"] };
    const drawn = Array.from({ length: 400 }, () => Object.keys(drawText(sample, random, shares).claims!));
    const told = drawn.filter((names) => names.includes("hairShape"));
    assert.ok(told.every((names) => names.join() === "hairShape,style"));
    // Four of the eight lots of five facts.
    assert.ok(Math.abs(told.length / drawn.length - 0.5) < 0.08, `${told.length}`);
    assert.ok(drawn.every((names) => names.includes("hairShape") || names.length === 1));
  });

  it("asks a picture for every fact at once: a softmax over the sentences of each question", async () => {
    const config = miniClip(700);
    const graph = new Graph();
    const parameters = new TrainableParameters(graph);
    const sentences = labelSentences("en");
    assert.equal(sentences.length, FACT_LOGITS);
    const tokenizer = new ClipTokenizer(trainBpe(sentences, 700));
    const length = 24;
    const pictures = 3;
    const images = graph.input("images", "float32", [symbol("N"), config.projectionDim]);
    const scope = new Scope(parameters);
    const inputs = labelInputs(graph, length);
    const loss = labelLoss(scope, images, clipScale(scope), inputs, config);
    const random = new Random(3);
    const drawn = [...parameters.values].map(([name, { shape }]) => {
      const dims = shape as number[];
      const data = new Float32Array(dims.reduce((a, b) => a * b, 1));
      random.fillNormal(data);
      return [name, { data: data.map((x) => (name === "logit_scale" ? 1 : 0.3 * x)), dims }] as const;
    });
    const ids = Int32Array.from(sentences.flatMap((text) => [...tokenizer.encode(text, length)]));
    const targets = new Float32Array(pictures * FACT_LOGITS);
    const facts = [{ subject: "portrait", eyewear: "glasses" }, { subject: "texture" }, { skin: "tan" }];
    for (const [i, each] of facts.entries())
      factTargets(each, targets.subarray(i * FACT_LOGITS, (i + 1) * FACT_LOGITS));
    const vectors = new Float32Array(pictures * config.projectionDim);
    random.fillNormal(vectors);
    const dims = [FACT_LOGITS, length];
    const feeds = {
      ...Object.fromEntries(drawn),
      images: { data: vectors, dims: [pictures, config.projectionDim] },
      labelTokens: { data: BigInt64Array.from(ids, BigInt), dims },
      labelEnds: { data: endMarks(ids, length, tokenizer.endId), dims },
      targets: { data: targets, dims: [pictures, FACT_LOGITS] },
    };
    const labels = clipTextEmbeddings(scope, inputs.tokens, inputs.ends, config);
    const session = await Session.open({ loss, labels });
    const out = await session.run(feeds);
    await session.close();
    const rows = out.labels.data as Float32Array;
    const { projectionDim: width } = config;
    const logit = (i: number, row: number) =>
      Math.E *
      vectors.subarray(i * width, (i + 1) * width).reduce((sum, x, at) => sum + x * rows[row * width + at]!, 0);
    let expected = 0;
    for (const [i, each] of facts.entries()) {
      let row = 0;
      for (const { name, values } of labelQuestions) {
        const logits = values.map((_, value) => logit(i, row + value));
        row += values.length;
        const own = values.indexOf((each as Facts)[name] ?? "");
        if (own >= 0) expected += Math.log(logits.reduce((sum, l) => sum + Math.exp(l - logits[own]!), 0));
      }
    }
    const off = Math.abs(Number(out.loss.data[0]) - expected / pictures);
    assert.ok(off < 1e-4, `${out.loss.data[0]} against ${expected / pictures}`);
  });

  it("knows a text that is true of another picture too, and one of which that is not known", () => {
    const glasses = { text: "portrait of a person with glasses", claims: { eyewear: "glasses" } };
    assert.equal(isAlsoTrue(glasses, { eyewear: "glasses", skin: "tan" }), true);
    assert.equal(isAlsoTrue(glasses, { eyewear: "none" }), false);
    assert.equal(isAlsoTrue(glasses, {}), false);
    assert.equal(isAlsoTrue({ text: "a caption", claims: undefined }, { eyewear: "glasses" }), false);
  });

  it("has room for every attribute told at once", () => {
    const sentences = Array.from({ length: 40 }, (_, i) => {
      const { attributes, caption } = portrait(i);
      const facts = factsOf({ kind: "portrait", style: attributes.style, caption, attributes });
      return labelSentence("portrait", facts, "en", true);
    });
    const tokenizer = new ClipTokenizer(trainBpe(sentences, 700));
    const { maxPositions } = miniClip(700).text;
    for (const sentence of sentences) assert.ok(tokenizer.encodeText(sentence).length + 2 <= maxPositions, sentence);
  });
});
