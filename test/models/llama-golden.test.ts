import assert from "node:assert/strict";
import { targetSites } from "../../lora/adapter/index.ts";
import { languageModelSites } from "../../lora/models/index.ts";
import { logitsOf, openTinyText, textFamilies, textGoldens } from "./tiny-language-model.ts";
import { closeToScale } from "./tiny-stable-diffusion.ts";

/** Of the largest logit: float32 through two blocks; transformers' norms, softmax and rotary tables are float32 too. */
const FORWARD = 3e-6;
const LENGTH = 12;
/** After these tokens the second row is padding, whose logits mean nothing. */
const REAL_TOKENS = LENGTH + 8;

describe("LLaMA-like models against transformers", () => {
  const goldens = textGoldens();
  for (const family of textFamilies)
    it(`logits of ${family}`, async () => {
      const base = openTinyText(family);
      const { config } = base;
      const logits = await logitsOf(base, goldens.tensor(`${family}/tokens`));
      const expected = goldens.floats(`${family}/logits`);
      const real = ({ data }: { data: unknown }) => ({
        data: (data as Float32Array).subarray(0, REAL_TOKENS * config.vocabSize),
        dims: [REAL_TOKENS, config.vocabSize],
      });
      closeToScale(real(logits), real(expected), FORWARD, family);
    });

  it("modules can adapt the seven linear layers of each block", () => {
    const names = languageModelSites(openTinyText("qwen3")).map(({ part, name }) => `${part}.${name}`);
    assert.equal(names.length, 2 * 7);
    const glm = languageModelSites(openTinyText("glm"));
    assert.equal(glm.length, 2 * 6, "gate and up are one layer");
    assert.deepEqual(targetSites(glm, ["attention", "feed-forward"]), glm);
    assert.equal(names[0], "language_model.model.layers.0.self_attn.q_proj");
    assert.equal(names.at(-1), "language_model.model.layers.1.mlp.down_proj");
  });
});
