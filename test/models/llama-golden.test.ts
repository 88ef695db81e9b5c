import assert from "node:assert/strict";
import { Graph, mulDims, reshape, type Dim } from "../../lora/graph/index.ts";
import {
  causalFeeds,
  FrozenWeights,
  languageModelSites,
  llama,
  llamaInputs,
  llamaLogits,
} from "../../lora/models/index.ts";
import { Scope } from "../../lora/nn/index.ts";
import { Session } from "../../lora/runtime/index.ts";
import { openTinyText, textFamilies, textGoldens } from "./tiny-language-model.ts";
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
      const { config, weights } = openTinyText(family);
      const graph = new Graph();
      const scope = new Scope(new FrozenWeights(graph, "language_model", weights));
      const { hidden } = llama(scope, llamaInputs(graph, config), config);
      const [n, t] = hidden.shape as [Dim, Dim];
      const logits = llamaLogits(scope, reshape(hidden, [mulDims(n, t), config.hiddenSize]), config);
      const session = await Session.open({ logits });
      const tokens = goldens.tensor(`${family}/tokens`);
      const results = await session.run({ tokens, ...causalFeeds(config, LENGTH) });
      await session.close();
      const expected = goldens.floats(`${family}/logits`);
      const real = ({ data }: { data: unknown }) => ({
        data: (data as Float32Array).subarray(0, REAL_TOKENS * config.vocabSize),
        dims: [REAL_TOKENS, config.vocabSize],
      });
      closeToScale(real(results.logits), real(expected), FORWARD, family);
    });

  it("modules can adapt the seven linear layers of each block", () => {
    const names = languageModelSites(openTinyText("qwen3")).map(({ part, name }) => `${part}.${name}`);
    assert.equal(names.length, 2 * 7);
    assert.equal(names[0], "language_model.model.layers.0.self_attn.q_proj");
    assert.equal(names.at(-1), "language_model.model.layers.1.mlp.down_proj");
  });
});
