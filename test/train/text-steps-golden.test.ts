import assert from "node:assert/strict";
import { siteKey, trainingAdapters } from "../../lora/adapter/index.ts";
import { packRows } from "../../lora/data/index.ts";
import { languageModelSites } from "../../lora/models/index.ts";
import { FlatParameters } from "../../lora/train/flat-parameters.ts";
import { runLoop, type LoopSettings } from "../../lora/train/loop.ts";
import {
  askedCount,
  TextTrainingGraph,
  type TextTrainingGraphOptions,
  type TokenRow,
} from "../../lora/train/text-training-graph.ts";
import {
  integerRows,
  openTinyText,
  textFamilies,
  textGoldens,
  type TextFamily,
} from "../models/tiny-language-model.ts";
import { closeToScale } from "../models/tiny-stable-diffusion.ts";
import { closeTo } from "../support/close-to.ts";
import { tempDir } from "../support/temp-dir.ts";

const [RANK, SCALE, STEPS] = [4, 8 / 4, 10];
/** Of a loss of about 5. */
const LOSS = 3e-6;
/** Of the largest gradient of the same matrix. */
const GRADIENT = 1e-4;

/** PEFT's and PyTorch's settings in test/golden/text/make.py. */
const settings: Omit<LoopSettings, "rates" | "checkpointDir"> = {
  totalSteps: STEPS,
  picturesPerStep: 2,
  accumulationSteps: 1,
  scheduler: "constant",
  warmupSteps: 0,
  betas: [0.9, 0.999],
  epsilon: 1e-8,
  weightDecay: 0.01,
  maxGradNorm: 1,
  saveSteps: STEPS,
  validationSteps: undefined,
  patience: undefined,
  seed: 0,
  fingerprint: "golden",
  resume: "never",
};

const goldens = textGoldens();

/** The product's training graph on all layers, with the golden's matrices. */
async function openTraining(
  family: TextFamily,
  gradientCheckpointing: boolean,
  chunkRows?: number,
  more: Partial<TextTrainingGraphOptions> = {},
) {
  const base = openTinyText(family);
  const sites = languageModelSites(base);
  const matrices = sites.flatMap((site) =>
    ["down", "up"].map((kind) => [`${siteKey(site)}.${kind}`, `${site.name}.${kind}`] as const),
  );
  const initial = (name: string) => goldens.floats(`${family}/initial/${name}`);
  const shapes = matrices.map(([key, name]): [string, number[]] => [key, [1, ...initial(name).dims]]);
  const parameters = new FlatParameters(new Map(shapes));
  const views = parameters.views(parameters.weights);
  for (const [key, name] of matrices) views.get(key)!.data.set(initial(name).data);
  const graph = await TextTrainingGraph.open(
    base,
    (inside) => trainingAdapters(inside, sites, RANK, SCALE),
    parameters,
    { gradientCheckpointing, askedMax: 24, ...(chunkRows ? { chunkRows } : {}), ...more },
  );
  return { parameters, matrices, graph };
}

/** The batch without its padding: the graph pads as it needs. */
function batchOf(family: TextFamily): TokenRow[] {
  const labels = integerRows(goldens, `${family}/labels`);
  return integerRows(goldens, `${family}/tokens`).map((ids, row) => {
    const length = row === 1 ? 8 : ids.length;
    return { ids: ids.slice(0, length), isReply: labels[row]!.slice(0, length).map((label) => label !== -100) };
  });
}

async function compareFirstStep(family: TextFamily, gradientCheckpointing: boolean, chunkRows?: number): Promise<void> {
  const { parameters, matrices, graph } = await openTraining(family, gradientCheckpointing, chunkRows);
  const expected = goldens.floats(`${family}/loss`).data;
  closeTo([await graph.step(batchOf(family))], expected, { rtol: LOSS }, "loss");
  const gradients = parameters.views(parameters.gradients);
  for (const [key, name] of matrices)
    closeToScale(gradients.get(key)!, goldens.floats(`${family}/gradient/${name}`), GRADIENT, name);
  closeTo([await graph.loss(batchOf(family))], expected, { rtol: LOSS }, "loss alone");
  await graph.close();
}

/** Of a float32 sum in another order. */
const REORDERED = 2e-6;

/** Texts of such lengths, each with a reply in its second half. */
function textsOf(lengths: readonly number[], { vocabSize }: { readonly vocabSize: number }): TokenRow[] {
  const id = (text: number, at: number) => (7 + text * 31 + at * at * 13) % vocabSize;
  return lengths.map((length, text) => ({
    ids: Array.from({ length }, (_, at) => id(text, at)),
    isReply: Array.from({ length }, (_, at) => at >= length / 2),
  }));
}

describe("text packed into rows", () => {
  // One more than a window, rope that depends on how long a row is, norms and halves of heads: what a wrong position or a
  // look at the neighbour would change.
  for (const family of textFamilies) {
    it(`${family}: loss and every gradient are those of padded rows`, async () => {
      const options = { askedMax: 60 };
      const [padded, packed] = await Promise.all([
        openTraining(family, false, undefined, options),
        openTraining(family, false, undefined, { ...options, packing: true }),
      ]);
      const texts = textsOf([3, 16, 5, 7, 2, 9, 4], openTinyText(family).config);
      assert.deepEqual(
        packRows(texts).map((row) => row.map(({ ids }) => ids.length)),
        [[16], [9, 7], [5, 4, 3, 2]],
      );
      try {
        closeTo([await packed.graph.step(texts)], [await padded.graph.step(texts)], { rtol: REORDERED }, "loss");
        const expected = padded.parameters.views(padded.parameters.gradients);
        for (const [name, gradient] of packed.parameters.views(packed.parameters.gradients))
          closeToScale(gradient, expected.get(name)!, REORDERED, name);
        closeTo([await packed.graph.loss(texts)], [await padded.graph.loss(texts)], { rtol: REORDERED }, "loss alone");
      } finally {
        await Promise.all([padded.graph.close(), packed.graph.close()]);
      }
    });
  }

  it("is also that of batches of one text each, weighted by their tokens", async () => {
    const { graph } = await openTraining("qwen2", true, 5, { askedMax: 60, packing: true });
    const texts = textsOf([4, 12, 6, 5], openTinyText("qwen2").config);
    try {
      const together = await graph.loss(texts);
      const asked = texts.map(askedCount);
      let sum = 0;
      for (const [i, text] of texts.entries()) sum += asked[i]! * (await graph.loss([text]));
      closeTo([together], [sum / asked.reduce((a, b) => a + b, 0)], { rtol: REORDERED }, "loss");
    } finally {
      await graph.close();
    }
  });
});

describe("text LoRA training against PEFT", () => {
  for (const family of textFamilies) {
    it(`${family}: the loss and every gradient, rank 4, alpha 8, on all layers`, () => compareFirstStep(family, false));

    it(`${family}: ten losses`, async () => {
      const { parameters, graph } = await openTraining(family, false);
      const losses: number[] = [];
      const rates = [{ from: 0, to: parameters.size, learningRate: 1e-2 }];
      const work = { step: () => graph.step(batchOf(family)) };
      await runLoop(parameters, { ...settings, rates, checkpointDir: tempDir() }, work, (event) => {
        if (event.type === "step") losses.push(event.loss);
      });
      await graph.close();
      closeTo(losses, goldens.floats(`${family}/losses`).data, { rtol: GRADIENT }, "losses");
    });
  }

  for (const [title, checkpointing, chunkRows] of [
    ["with gradient checkpointing", true, undefined],
    ["with the vocabulary in chunks of five rows, the last not full", false, 5],
    ["with both", true, 5],
  ] as const)
    it(title, () => compareFirstStep("qwen2", checkpointing, chunkRows));
});
