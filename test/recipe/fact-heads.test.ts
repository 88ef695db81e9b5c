import assert from "node:assert/strict";
import { labelSentence, type Facts } from "../../lora/data/index.ts";
import { Random } from "../../lora/diffusion/index.ts";
import { Graph } from "../../lora/graph/index.ts";
import { ClipTokenizer, endMarks } from "../../lora/models/index.ts";
import { Scope } from "../../lora/nn/index.ts";
import { FullTrainer, TrainableParameters } from "../../lora/recipe/full-training.ts";
import { factsOf } from "../../lora/recipe/mini-clip.ts";
import { miniText } from "../../lora/recipe/mini-config.ts";
import { portrait } from "../../lora/recipe/portraits.ts";
import { FACT_LOGITS, factsRead, factTargets, textFacts } from "../../lora/recipe/fact-heads.ts";
import { trainBpe } from "../../lora/recipe/train-tokenizer.ts";

const targetsOf = (facts: Facts): Float32Array => {
  const targets = new Float32Array(FACT_LOGITS);
  factTargets(facts, targets);
  return targets;
};

describe("the facts of a text", () => {
  it("are one choice each, and read back", () => {
    for (let i = 0; i < 100; i++) {
      const plan = portrait(i);
      const facts = factsOf({ ...plan, kind: "portrait", style: plan.attributes.style });
      const targets = targetsOf(facts);
      const count = Object.keys(facts).length;
      assert.equal(
        targets.reduce((a, b) => a + b, 0),
        count,
      );
      assert.deepEqual(factsRead(facts, targets), { right: count, asked: count });
    }
    assert.deepEqual(factsRead({ clothes: "red" }, targetsOf({ clothes: "blue" })), { right: 0, asked: 1 });
  });

  it("are learned from the text: whose colour is whose, not only which colours there are", async () => {
    const pairs: readonly Facts[] = ["red", "blue", "green"].flatMap((clothes) =>
      ["red", "blue", "green"].map((background) => ({ clothes, garment: "shirt", background })),
    );
    const sentences = pairs.map((facts) => labelSentence("portrait", facts, "en"));
    const vocabulary = trainBpe(sentences, 600);
    const tokenizer = new ClipTokenizer(vocabulary);
    const config = miniText(vocabulary.vocab.size);
    const ids = Int32Array.from(sentences.flatMap((text) => [...tokenizer.encode(text, config.maxPositions)]));
    const dims = [pairs.length, config.maxPositions];
    const feeds = {
      tokens: { data: BigInt64Array.from(ids, BigInt), dims },
      ends: { data: endMarks(ids, config.maxPositions, tokenizer.endId), dims },
      targets: {
        data: Float32Array.from(pairs.flatMap((facts) => [...targetsOf(facts)])),
        dims: [pairs.length, FACT_LOGITS],
      },
    };
    const parameters = new TrainableParameters(new Graph());
    const { loss, logits } = textFacts(new Scope(parameters), config);
    const options = { emaDecay: 0.9, maxGradNorm: 1, weightDecay: 0, session: { threads: 1 } };
    const trainer = await FullTrainer.open(loss, { logits }, parameters.values, new Random(1), options);
    const read = (rows: Float32Array): number =>
      pairs.reduce((sum, facts, i) => sum + factsRead(facts, rows.subarray(i * FACT_LOGITS)).right, 0);
    let right = 0;
    for (let step = 0; step < 200 && right < 3 * pairs.length; step++)
      right = read((await trainer.train(feeds, 2e-3)).outputs["logits"]!.data as Float32Array);
    assert.equal(right, 3 * pairs.length);
  });
});
