/** One measurement of Animula in a process of its own: `node ours.ts JOB` prints a `Result` as its last line. */
import {
  createModule,
  stackAdapters,
  stackFeeds,
  targetSites,
  trainingAdapters,
  type AdapterFeeds,
  type ModuleSite,
} from "../../lora/adapter/index.ts";
import { unetInputs } from "../../lora/data/index.ts";
import { Random } from "../../lora/diffusion/index.ts";
import { openSafetensors, readTensor } from "../../lora/format/index.ts";
import { Graph } from "../../lora/graph/index.ts";
import { FrozenWeights, moduleSites, openStableDiffusion, unet, weightMap } from "../../lora/models/index.ts";
import type { StableDiffusion } from "../../lora/models/index.ts";
import { Scope } from "../../lora/nn/index.ts";
import { Session, type Feeds } from "../../lora/runtime/index.ts";
import { ADAMW_DEFAULTS, adamWStep, clipGradients } from "../../lora/train/index.ts";
import { initialParameters } from "../../lora/train/run-settings.ts";
import { TrainingGraph } from "../../lora/train/training-graph.ts";
import { inputsFile, RANK, sd15Checkpoint, sd15UnetFile, type Job, type Result } from "./job.ts";
import { prepare, SD15_TEXT, SD15_UNET } from "./prepare.ts";

type Times = Record<string, number[]>;

/** The small base, or SD 1.5's names and sizes with the random UNet in the place of zeros. */
async function openBase(job: Job): Promise<StableDiffusion> {
  if (job.base === "mini") return openStableDiffusion(job.mini);
  const base = await openStableDiffusion(sd15Checkpoint(job));
  const weights = weightMap(openSafetensors(sd15UnetFile(job)), (name) => [{ name }]);
  return { ...base, weights: { ...base.weights, unet: weights } };
}

function readInputs(job: Job) {
  const file = openSafetensors(inputsFile(job));
  const read = (name: string) => ({ data: readTensor(file, name), dims: file.tensors.get(name)!.shape });
  return {
    sample: read("sample"),
    target: read("target"),
    timestep: read("timestep"),
    textEmbeddings: read("textEmbeddings"),
  };
}

const since = (start: number): number => performance.now() - start;

async function timed<T>(times: Times, label: string, run: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const value = await run();
  (times[label] ??= []).push(since(start));
  return value;
}

async function openUnet(base: StableDiffusion, sites: readonly ModuleSite[], threads: number) {
  const graph = new Graph();
  const inputs = unetInputs(graph, base);
  const adapters = stackAdapters(graph, sites).forPart("unet");
  const weights = new FrozenWeights(graph, "unet", base.weights.unet, adapters);
  const prediction = unet(new Scope(weights), inputs, base.unet, { latentArea: (base.side / base.factor) ** 2 });
  return Session.open({ prediction }, { threads });
}

const unetSites = (base: Pick<StableDiffusion, "unet" | "text">): ModuleSite[] =>
  moduleSites(base).filter(({ part }) => part === "unet");

/** A training step as the loop does it: graph, clipping, AdamW. */
async function train(job: Job, times: Times): Promise<number> {
  const inputs = readInputs(job);
  const start = performance.now();
  const base = await openBase(job);
  const sites = targetSites(moduleSites(base), ["attention"]);
  const parameters = initialParameters(sites, { rank: RANK, alpha: RANK, seed: 3 });
  const graph = await TrainingGraph.open(base, (g) => trainingAdapters(g, sites, RANK, 1), parameters, {
    gradientCheckpointing: job.checkpointing,
    trainsTextEncoder: false,
    latentArea: (base.side / base.factor) ** 2,
    session: { threads: job.threads },
  });
  times["ready"] = [since(start)];
  const rows = inputs.timestep.data.length;
  const { sample, target, textEmbeddings: text, timestep } = inputs;
  const batch = { rows, sample, target, text, timesteps: timestep.data, weights: new Float32Array(rows).fill(1) };
  let first = 0;
  for (let step = 1; step <= job.warmups + job.steps; step++) {
    const loss = await timed(times, step <= job.warmups ? "warmup" : "step", async () => {
      const value = await graph.step(batch);
      clipGradients(parameters.gradients, 1);
      adamWStep(parameters.weights, parameters.gradients, parameters.moments, step, 1e-4, ADAMW_DEFAULTS);
      return value;
    });
    if (step === 1) first = loss;
  }
  return first;
}

/** A guided step with a module attached to a graph in which every layer could have one, as generation runs it. */
async function infer(job: Job, times: Times): Promise<number> {
  const inputs = readInputs(job);
  const start = performance.now();
  const base = await openBase(job);
  const sites = unetSites(base);
  const session = await openUnet(base, sites, job.threads);
  times["ready"] = [since(start)];
  const feeds = { ...inputs, ...stackOf(sites, 0) };
  let mean = 0;
  for (let step = 1; step <= job.warmups + job.steps; step++) {
    const { prediction } = await timed(times, step <= job.warmups ? "warmup" : "step", () => session.run(feeds));
    const data = prediction.data as Float32Array;
    mean = data.reduce((sum, value) => sum + Math.abs(value), 0) / data.length;
  }
  return mean;
}

/** Feeds of one attention module; `up` is filled with `value`, so that 0 changes nothing. */
function stackOf(sites: readonly ModuleSite[], value: number): AdapterFeeds {
  return stackFeeds([[{ module: attentionModule(sites, value), weight: 1, textEncoderWeight: 1 }]], sites);
}

function attentionModule(sites: readonly ModuleSite[], value: number) {
  const random = new Random(4);
  const targets = targetSites(sites, ["attention"]);
  const module = createModule(targets, { rank: RANK, alpha: RANK, uniform: () => random.uniform() });
  if (value !== 0) for (const { up } of module.layers.values()) up.fill(value);
  return module;
}

/** Opening the 4 GB checkpoint: until everything about it is known, and until its UNet can run. */
async function open(job: Job, times: Times): Promise<undefined> {
  const base = await timed(times, "open", () => openStableDiffusion(sd15Checkpoint(job)));
  const session = await timed(times, "session", () => openUnet(base, unetSites(base), job.threads));
  times["ready"] = [times["open"]![0]! + times["session"]![0]!];
  await session.close();
  return undefined;
}

/** Building feeds at SD 1.5's size, and what switching between kept feeds adds to a step of the small base. */
async function switchStacks(job: Job, times: Times): Promise<undefined> {
  const sites = moduleSites({ unet: SD15_UNET, text: SD15_TEXT });
  const [a, b] = [attentionModule(sites, 0.01), attentionModule(sites, 0.02)];
  const entry = (module: typeof a, weight: number) => ({ module, weight, textEncoderWeight: weight });
  const repeat = async (label: string, run: () => unknown) => {
    for (let i = 0; i < job.warmups + job.steps; i++) await timed(times, i < job.warmups ? "warmup" : label, run);
  };
  await repeat("lone", () => stackFeeds([[entry(a, 1)]], sites));
  await repeat("weighted", () => stackFeeds([[entry(a, 0.8)]], sites));
  await repeat("mix", () => stackFeeds([[entry(a, 0.8), entry(b, 0.5)]], sites));

  const base = await openStableDiffusion(job.mini);
  const miniSites = unetSites(base);
  const session = await openUnet(base, miniSites, job.threads);
  const inputs = readInputs({ ...job, base: "mini", what: "infer" });
  const kept: readonly Feeds[] = [stackOf(miniSites, 0.01), stackOf(miniSites, 0.02)].map((feeds) => ({
    ...inputs,
    ...feeds,
  }));
  // same, same, switched, switched, …: both kinds see the same drift of the machine.
  const order = [0, 0, 1, 1];
  for (let i = 0; i < job.warmups + 4 * job.steps; i++) {
    const isSwitch = order[i % 4] !== order[(i + 3) % 4];
    const label = isSwitch ? "switched" : "same";
    await timed(times, i < job.warmups ? "warmup" : label, () => session.run(kept[order[i % 4]!]!));
  }
  return undefined;
}

async function measure(job: Job): Promise<Result> {
  const times: Times = {};
  const versions = `Node ${process.versions.node}`;
  const kinds = { train, infer, open, switch: switchStacks } as const;
  if (job.what === "prepare") {
    const { unet: config } = await openStableDiffusion(job.mini);
    prepare(job, config.crossAttentionDim);
    return { timesMs: times, peakMb: 0, versions };
  }
  const check = await kinds[job.what](job, times);
  const peakMb = process.resourceUsage().maxRSS / 1024;
  return { timesMs: times, peakMb, versions, ...(check === undefined ? {} : { check }) };
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]!) as Job)));
