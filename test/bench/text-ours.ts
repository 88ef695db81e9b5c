/** One measurement of Animula's language model in a process of its own: `node text-ours.ts JOB` prints a `Result` as its last line. */
import { createModule, targetSites, trainingAdapters, type ModuleSite } from "../../lora/adapter/index.ts";
import { Random } from "../../lora/diffusion/index.ts";
import { openSafetensors, readTensorRaw } from "../../lora/format/index.ts";
import { TextDecoder, VoiceStudio, type DecodingBatch } from "../../lora/generate/index.ts";
import { chooseToken, SAMPLING_DEFAULTS, type SamplingOptions } from "../../lora/generate/token-sampler.ts";
import { languageModelSites, openLanguageModel, openLanguageWeights } from "../../lora/models/index.ts";
import { ADAMW_DEFAULTS, adamWStep, clipGradients } from "../../lora/train/index.ts";
import { initialParameters } from "../../lora/train/run-settings.ts";
import { TextTrainingGraph, type TokenRow } from "../../lora/train/text-training-graph.ts";
import { RANK, type Result } from "./job.ts";
import { smolFolder, TEXT_SIZES, textInputsFile, type TextJob } from "./text-job.ts";
import { prepareText } from "./text-prepare.ts";
import { firstTextInScene } from "./text-scene.ts";

type Times = Record<string, number[]>;
type Checked = Pick<Result, "check" | "said">;

const GREEDY: SamplingOptions = { ...SAMPLING_DEFAULTS, temperature: 0, repetitionPenalty: 1 };

const since = (start: number): number => performance.now() - start;

async function timed<T>(times: Times, label: string, run: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const value = await run();
  (times[label] ??= []).push(since(start));
  return value;
}

const label = ({ warmups }: TextJob, step: number, name = "step"): string => (step < warmups ? "warmup" : name);

/** Rows of token ids. */
function readIds(job: TextJob, name: string): number[][] {
  const { data, shape } = readTensorRaw(openSafetensors(textInputsFile(job)), name);
  const [rows, length] = shape as [number, number];
  const ids = Array.from(data as BigInt64Array, Number);
  return Array.from({ length: rows }, (_, row) => ids.slice(row * length, (row + 1) * length));
}

/** A training step as the loop does it: graph, clipping, AdamW. Every token but the first of a row is asked for. */
async function train(job: TextJob, times: Times): Promise<Checked> {
  const rows: TokenRow[] = readIds(job, "tokens").map((ids) => ({ ids, isReply: ids.map(() => true) }));
  const start = performance.now();
  const base = openLanguageWeights(smolFolder(job));
  const sites = targetSites(languageModelSites(base), ["attention"]);
  const parameters = initialParameters(sites, { rank: RANK, alpha: RANK, seed: 3 });
  const graph = await TextTrainingGraph.open(base, (g) => trainingAdapters(g, sites, RANK, 1), parameters, {
    gradientCheckpointing: job.checkpointing,
    askedMax: TEXT_SIZES.rows * (TEXT_SIZES.length - 1),
    session: { threads: job.threads },
  });
  times["ready"] = [since(start)];
  let check = 0;
  for (let step = 0; step < job.warmups + job.steps; step++) {
    const loss = await timed(times, label(job, step), async () => {
      const value = await graph.step(rows);
      clipGradients(parameters.gradients, 1);
      adamWStep(parameters.weights, parameters.gradients, parameters.moments, step + 1, 1e-4, ADAMW_DEFAULTS);
      return value;
    });
    if (step === 0) check = loss;
  }
  return { check };
}

const greedy = (logits: Float32Array): number => chooseToken(logits, [], GREEDY, () => 0);

/** One greedy reply of the bare base, in the graph in which every layer could carry a module. */
async function decode(job: TextJob, times: Times): Promise<Checked> {
  const prompts = readIds(job, "prompt");
  const start = performance.now();
  const { threads, weights } = job;
  const decoder = await TextDecoder.open(openLanguageWeights(smolFolder(job)), { threads, weights });
  times["ready"] = [since(start)];
  const batch = await timed(times, "prompt", () => decoder.start(prompts, [[]]));
  const said: number[] = [];
  for (let step = 0; step < job.warmups + job.steps; step++)
    await timed(times, label(job, step), async () => {
      said.push(greedy(batch.logits[0]!));
      await batch.read([[said.at(-1)!]]);
    });
  const logits = batch.logits[0]!;
  return { said, check: logits.reduce((sum, value) => sum + Math.abs(value), 0) / logits.length };
}

function randomModule(sites: readonly ModuleSite[], seed: number) {
  const random = new Random(seed);
  const uniform = () => random.uniform();
  const module = createModule(sites, { rank: RANK, alpha: RANK, uniform });
  for (const { up } of module.layers.values()) for (let i = 0; i < up.length; i++) up[i] = (uniform() - 0.5) / 100;
  return module;
}

/**
 * Replies of a batch with a module of its own for each row, and of one with the same module for all, step by step in turn:
 * modules of the attention, as training makes them where nothing else is asked for, and modules of every layer.
 */
async function stacks(job: TextJob, times: Times): Promise<Checked> {
  const [prompt] = readIds(job, "prompt");
  const decoder = await TextDecoder.open(openLanguageWeights(smolFolder(job)), { threads: job.threads });
  const rows = Array.from({ length: TEXT_SIZES.stacks }, (_, row) => row);
  const batches = new Map<string, DecodingBatch>();
  for (const [of, sites] of [
    ["attention", targetSites(decoder.sites, ["attention"])],
    ["all", decoder.sites],
  ] as const) {
    const own = rows.map((row) => [{ module: randomModule(sites, 10 + row), weight: 1, textEncoderWeight: 1 }]);
    const start = (stackOf: (row: number) => number) =>
      decoder.start(
        rows.map(() => prompt!),
        rows.map((row) => own[stackOf(row)]!),
      );
    batches.set(`${of} different`, await start((row) => row));
    batches.set(`${of} equal`, await start(() => 0));
  }
  for (let step = 0; step < job.warmups + job.steps; step++)
    for (const [name, batch] of batches)
      await timed(times, label(job, step, name), () => batch.read(batch.logits.map((logits) => [greedy(logits)])));
  return {};
}

const PERSONA =
  "You are Wendal, the blacksmith. You sell axes for 14 coins; nails for 3 coins. You are gruff. You like rain.";
const LINES = ["Hello!", "What is your name?", "What do you sell?", "How much is an axe?", "Do you like rain?"];

/** From a player's line to the first piece of the reply's text on the embedded base: within the engine, and in the scene. */
async function firstToken(job: TextJob, times: Times): Promise<Checked> {
  const studio = await timed(times, "ready", () =>
    VoiceStudio.open(openLanguageModel(job.mini), { threads: job.threads }),
  );
  for (let step = 0; step < job.warmups + job.steps; step++) {
    const start = performance.now();
    const onText = () => void (first ??= since(start));
    let first: number | undefined;
    const content = LINES[step % LINES.length]!;
    await studio.reply({
      messages: [{ role: "user", content }],
      systemPrompt: PERSONA,
      maxTokens: 8,
      seed: step,
      onText,
    });
    (times[label(job, step)] ??= []).push(first!);
  }
  await studio.close();
  const lines = Array.from({ length: job.warmups + job.steps }, (_, step) => LINES[step % LINES.length]!);
  times["scene"] = (await firstTextInScene(job.mini, lines)).slice(job.warmups);
  return {};
}

async function measure(job: TextJob): Promise<Result> {
  const times: Times = {};
  const versions = `Node ${process.versions.node}`;
  if (job.what === "prepare") {
    prepareText(job);
    return { timesMs: times, peakMb: 0, versions };
  }
  const kinds = { train, decode, stacks, "first-token": firstToken } as const;
  const checked = await kinds[job.what](job, times);
  return { timesMs: times, peakMb: process.resourceUsage().maxRSS / 1024, versions, ...checked };
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]!) as TextJob)));
