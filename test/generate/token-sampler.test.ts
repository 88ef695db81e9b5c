import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Random } from "../../lora/diffusion/index.ts";
import {
  chooseToken,
  SAMPLING_DEFAULTS,
  weighTokens,
  type SamplingOptions,
} from "../../lora/generate/token-sampler.ts";
import { closeTo } from "../support/close-to.ts";

interface Golden {
  readonly logits: number[];
  readonly seen: number[];
  readonly cases: readonly { readonly options: SamplingOptions; readonly probabilities: number[] }[];
}
/** What test/golden/text/sampling.py had from transformers. */
const golden = JSON.parse(readFileSync(new URL("../golden/text/sampling.json", import.meta.url), "utf8")) as Golden;
const logits = Float32Array.from(golden.logits);
const uniformOf = (seed: number) => {
  const random = new Random(seed);
  return () => random.uniform();
};

describe("sampling against transformers' logits processors", () => {
  for (const { options, probabilities } of golden.cases)
    it(JSON.stringify(options), () => {
      const actual = probabilities.map(() => 0);
      for (const { id, probability } of weighTokens(logits, golden.seen, options)) actual[id] = probability;
      // The penalty is applied to float32 logits here, to float64 ones there.
      closeTo(actual, probabilities, { atol: 1e-6 });
    });

  it("draws each token as often as it is likely", () => {
    const { options, probabilities } = golden.cases.at(-2)!;
    const uniform = uniformOf(1);
    const draws = 20_000;
    const counts = probabilities.map(() => 0);
    for (let i = 0; i < draws; i++) counts[chooseToken(logits, golden.seen, options, uniform)]!++;
    // Four standard deviations of the likeliest, whose share is at most ½.
    closeTo(
      counts.map((count) => count / draws),
      probabilities,
      { atol: 4 * Math.sqrt(0.25 / draws) },
    );
  });

  it("the same seed chooses the same tokens, another one others", () => {
    const choices = (seed: number) => {
      const uniform = uniformOf(seed);
      return Array.from({ length: 20 }, () => chooseToken(logits, [], SAMPLING_DEFAULTS, uniform));
    };
    assert.deepEqual(choices(4), choices(4));
    assert.notDeepEqual(choices(4), choices(5));
  });

  it("temperature 0 takes the likeliest and leaves nothing to chance", () => {
    const never = () => assert.fail("drew");
    const chosen = chooseToken(logits, [], { ...SAMPLING_DEFAULTS, temperature: 0 }, never);
    assert.equal(chosen, golden.logits.indexOf(Math.max(...golden.logits)));
  });
});
