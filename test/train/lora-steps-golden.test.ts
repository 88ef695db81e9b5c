import assert from "node:assert/strict";
import { siteKey, trainingAdapters, type ModuleSite } from "../../lora/adapter/index.ts";
import { moduleSites, type StableDiffusion } from "../../lora/models/index.ts";
import { FlatParameters } from "../../lora/train/flat-parameters.ts";
import { runLoop, type LoopSettings } from "../../lora/train/loop.ts";
import { TrainingGraph, type TrainingBatch, type TrainingGraphOptions } from "../../lora/train/training-graph.ts";
import { closeToScale, openGoldens, openTiny, type Goldens } from "../models/tiny-stable-diffusion.ts";
import { trainingFeeds } from "../models/tiny-training.ts";
import { closeTo } from "../support/close-to.ts";
import { tempDir } from "../support/temp-dir.ts";

const STEPS = 10;
/** float32 sums through some hundred layers against float64, of the largest gradient of the same matrix. */
const GRADIENT = 1e-4;
/** Of a loss of about 1.3. */
const LOSS = 1e-5;
/**
 * On weights of up to 0.5. Adam divides by |g|: a gradient as small as its own rounding makes a step of random sign, at
 * most 1e-3 each; measured: 5e-5.
 */
const FINAL_WEIGHT = 2e-4;

/** PEFT's and PyTorch's settings in test/golden/sd/make.py. */
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

interface Training {
  readonly base: StableDiffusion;
  readonly sites: readonly ModuleSite[];
  readonly parameters: FlatParameters;
  readonly graph: TrainingGraph;
}

/** The product's training graph on the layers that the golden's set adapts. */
async function openTraining(
  variant: "tiny" | "tiny-v2",
  goldens: Goldens,
  rank: number,
  scale: number,
  memory: Pick<TrainingGraphOptions, "gradientCheckpointing" | "latentArea"> = { gradientCheckpointing: false },
): Promise<Training> {
  const base = await openTiny(variant);
  const named = (site: ModuleSite, kind: string) => `attention/initial/${site.part}/${site.name}.${kind}`;
  const sites = moduleSites(base).filter((site) => goldens.names.includes(named(site, "down")));
  const matrices = sites.flatMap((site) =>
    ["down", "up"].map((kind) => [`${siteKey(site)}.${kind}`, goldens.floats(named(site, kind))] as const),
  );
  const shapes = matrices.map(([name, { dims }]): [string, number[]] => [name, [1, dims[0]!, dims[1] ?? 1]]);
  const parameters = new FlatParameters(new Map(shapes));
  const views = parameters.views(parameters.weights);
  for (const [name, { data }] of matrices) views.get(name)!.data.set(data);
  const options = { ...memory, trainsTextEncoder: false };
  const graph = await TrainingGraph.open(
    base,
    (inside) => trainingAdapters(inside, sites, rank, scale),
    parameters,
    options,
  );
  return { base, sites, parameters, graph };
}

function batchOf(goldens: Goldens, base: StableDiffusion, step: number): TrainingBatch {
  const { sample, target, timestep, textEmbeddings } = trainingFeeds(goldens, base, step);
  const timesteps = timestep!.data as Float32Array;
  const rows = timesteps.length;
  const weights = new Float32Array(rows).fill(1);
  return { rows, sample: sample!, target: target!, timesteps, weights, text: textEmbeddings! };
}

/** Compares every matrix of `flat` with the golden's tensors under `prefix`. */
function compareAll(
  { sites, parameters }: Training,
  flat: Float32Array,
  goldens: Goldens,
  prefix: string,
  bound: number,
) {
  const views = parameters.views(flat);
  for (const site of sites)
    for (const kind of ["down", "up"]) {
      const expected = goldens.floats(`${prefix}/${site.part}/${site.name}.${kind}`);
      closeToScale(views.get(`${siteKey(site)}.${kind}`)!, expected, bound, `${prefix} ${site.name}.${kind}`);
    }
}

async function compareFirstStep(training: Training, goldens: Goldens): Promise<void> {
  const loss = await training.graph.step(batchOf(goldens, training.base, 0));
  closeTo([loss], goldens.floats("attention/loss").data, { rtol: LOSS }, "loss");
  compareAll(training, training.parameters.gradients, goldens, "attention/gradient", GRADIENT);
}

describe("LoRA training against PEFT and diffusers", () => {
  const goldens = openGoldens("goldens.safetensors");
  let training: Training;
  before(async function () {
    this.timeout(180_000);
    training = await openTraining("tiny", goldens, 4, 8 / 4);
  });
  after(() => training.graph.close());

  it("the first loss and every gradient, rank 4, alpha 8, on attention", async () => {
    const expected = goldens.names.filter((name) => name.startsWith("attention/gradient/")).length;
    assert.equal(training.parameters.shapes.size, expected);
    await compareFirstStep(training, goldens);
  });

  it("ten losses, gradient norms with and without clipping, and the final weights", async () => {
    const { parameters, graph, base } = training;
    const losses: number[] = [];
    const norms: number[] = [];
    const rates = [{ from: 0, to: parameters.size, learningRate: 1e-3 }];
    const work = { step: (step: number) => graph.step(batchOf(goldens, base, step)) };
    await runLoop(parameters, { ...settings, rates, checkpointDir: tempDir() }, work, (event) => {
      if (event.type !== "step") return;
      losses.push(event.loss);
      norms.push(event.gradientNorm);
    });
    closeTo(losses, goldens.floats("attention/losses").data, { rtol: GRADIENT }, "losses");
    closeTo(norms, goldens.floats("attention/gradientNorms").data, { rtol: 10 * GRADIENT }, "gradient norms");
    const views = parameters.views(parameters.weights);
    for (const site of training.sites)
      for (const kind of ["down", "up"]) {
        const expected = goldens.floats(`attention/final/${site.part}/${site.name}.${kind}`);
        const actual = views.get(`${siteKey(site)}.${kind}`)!;
        closeTo(actual.data, expected.data, { atol: FINAL_WEIGHT }, `final ${site.name}.${kind}`);
      }
  });
});

describe("LoRA gradients of a 2.x base against PEFT", () => {
  const goldens = openGoldens("goldens-v2.safetensors");
  /** Latents that large that every self-attention runs in slices, one head each. */
  const latentArea = 2 ** 20;
  for (const [title, memory] of [
    ["velocity loss, attention and projections", { gradientCheckpointing: false }],
    ["with gradient checkpointing", { gradientCheckpointing: true }],
    ["with attention in slices", { gradientCheckpointing: false, latentArea }],
    ["with both", { gradientCheckpointing: true, latentArea }],
  ] as const)
    it(title, async function () {
      this.timeout(180_000);
      const training = await openTraining("tiny-v2", goldens, 2, 1, memory);
      await compareFirstStep(training, goldens);
      await training.graph.close();
    });
});
