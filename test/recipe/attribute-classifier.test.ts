import assert from "node:assert/strict";
import { Random } from "../../lora/diffusion/index.ts";
import { Graph, symbol } from "../../lora/graph/index.ts";
import { Scope } from "../../lora/nn/index.ts";
import {
  accuracyOf,
  applies,
  attributeLogits,
  attributeLoss,
  attributeTargets,
  attributeValues,
  judgedAttributes,
  likeliest,
  LOGIT_COUNT,
  type Judgement,
} from "../../lora/recipe/attribute-classifier.ts";
import { PictureBatch, pixelsInput } from "../../lora/recipe/picture-batch.ts";
import { FullTrainer, TrainableParameters } from "../../lora/recipe/full-training.ts";
import { portrait, portraitPlan } from "../../lora/recipe/portraits.ts";
import { rasterizePortrait } from "../../lora/recipe/render-data.ts";
import { Session } from "../../lora/runtime/index.ts";

const targetsOf = (attributes: Readonly<Record<string, string>>): Float32Array => {
  const targets = new Float32Array(LOGIT_COUNT);
  attributeTargets(attributes, targets);
  return targets;
};

describe("the judge of portraits", () => {
  it("has a head for each attribute with every value that portraits draw, each of them drawn", () => {
    const drawn = Object.fromEntries(judgedAttributes.map((name) => [name, new Set<string>()]));
    for (let i = 0; i < 4000; i++) {
      const { attributes } = portraitPlan(i, "validation");
      for (const name of judgedAttributes) drawn[name]!.add(attributes[name]);
    }
    for (const name of judgedAttributes) assert.deepEqual(drawn[name], new Set<string>(attributeValues[name]), name);
  });

  it("tells targets and reads them back, but for what cannot be seen", () => {
    for (let i = 0; i < 200; i++) {
      const { attributes } = portraitPlan(i);
      const targets = targetsOf(attributes);
      const seen = judgedAttributes.filter((name) => applies(name, attributes));
      assert.equal(
        targets.reduce((a, b) => a + b, 0),
        seen.length,
      );
      const read = likeliest(targets);
      for (const name of seen) assert.equal(read[name], attributes[name]);
    }
    const { attributes } = portraitPlan(0);
    const covered = { ...attributes, headwear: "hat" as const };
    assert.deepEqual([applies("hairShape", covered), applies("hairColor", covered)], [false, false]);
    const bald = { ...attributes, headwear: "none" as const, hairShape: "bald" as const };
    assert.deepEqual([applies("hairShape", bald), applies("hairColor", bald)], [true, false]);
    assert.throws(() => targetsOf({ ...attributes, skin: "plaid" }), /attribute skin: expected one of light.*plaid/);
    const { skin: _, ...lacking } = attributes;
    assert.throws(() => targetsOf(lacking), RangeError);
  });

  it("has the cross-entropy of the heads that apply", async () => {
    const rows = [portraitPlan(1).attributes, { ...portraitPlan(2).attributes, headwear: "hat" as const }];
    const logits = Float32Array.from({ length: 2 * LOGIT_COUNT }, (_, i) => Math.sin(i * 1.7) * 3);
    let expected = 0;
    for (const [row, attributes] of rows.entries()) {
      let offset = row * LOGIT_COUNT;
      for (const name of judgedAttributes) {
        const values: readonly string[] = attributeValues[name];
        const own = logits.subarray(offset, offset + values.length);
        const all = own.reduce((sum, l) => sum + Math.exp(l), 0);
        if (applies(name, attributes)) expected -= Math.log(Math.exp(own[values.indexOf(attributes[name])]!) / all) / 2;
        offset += values.length;
      }
    }
    const graph = new Graph();
    const input = (name: string) => graph.input(name, "float32", [symbol("N"), LOGIT_COUNT]);
    const session = await Session.open({ loss: attributeLoss(input("logits"), input("targets")) });
    const targets = Float32Array.from(rows.flatMap((attributes) => [...targetsOf(attributes)]));
    const dims = [2, LOGIT_COUNT];
    const { loss } = await session.run({ logits: { data: logits, dims }, targets: { data: targets, dims } });
    await session.close();
    assert.ok(Math.abs((loss.data[0] as number) - expected) < 1e-5 * expected, `${loss.data[0]} ${expected}`);
  });

  it("learns four portraits in a few steps", async () => {
    const graph = new Graph();
    const parameters = new TrainableParameters(graph);
    const logits = attributeLogits(new Scope(parameters), pixelsInput(graph));
    const loss = attributeLoss(logits, graph.input("targets", "float32", [symbol("N"), LOGIT_COUNT]));
    const trainer = await FullTrainer.open(loss, { logits }, parameters.values, new Random(1), {
      emaDecay: 0.9,
      maxGradNorm: 5,
      weightDecay: 0,
    });
    const count = 4;
    const told = Array.from({ length: count }, (_, i) => portrait(i));
    const pictures = new PictureBatch(count);
    for (const { svg } of told) pictures.add(await rasterizePortrait(svg));
    const feeds = {
      pixels: pictures.tensor,
      targets: {
        data: Float32Array.from(told.flatMap(({ attributes }) => [...targetsOf(attributes)])),
        dims: [count, LOGIT_COUNT],
      },
    };
    const losses: number[] = [];
    let last: Judgement[] = [];
    for (let step = 0; step < 25; step++) {
      const result = await trainer.train(feeds, 2e-3);
      losses.push(result.loss);
      const all = result.outputs["logits"]!.data as Float32Array;
      last = told.map((_, i) => likeliest(all.subarray(i * LOGIT_COUNT, (i + 1) * LOGIT_COUNT)));
    }
    // Guessing evenly among the values of ten heads costs about 20.
    assert.ok(losses[0]! > 15 && losses.at(-1)! < 2, losses.map((each) => each.toFixed(2)).join(" "));
    const attributes = told.map((each) => each.attributes);
    for (const name of judgedAttributes) assert.ok(accuracyOf(name, attributes, last).top1 > 0.7, name);
  });

  it("counts what is right where the attribute applies, by picture and by value", () => {
    const told = ["none", "none", "none", "hat"].map((headwear) => ({ headwear, hairShape: "bob" }));
    const judged = ["none", "none", "none", "none"].map((headwear) => ({ headwear, hairShape: "long" })) as Judgement[];
    assert.deepEqual(accuracyOf("headwear", told, judged), {
      top1: 0.75,
      meanOverValues: 0.5,
      mostFrequent: 0.75,
      count: 4,
    });
    assert.deepEqual(accuracyOf("hairShape", told, judged), { top1: 0, meanOverValues: 0, mostFrequent: 1, count: 3 });
    assert.ok(Number.isNaN(accuracyOf("hairShape", told.slice(3), judged).top1));
  });
});
