/** Trains an image module from a configuration: the whole of `animula train` but the terminal. */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { basename } from "node:path";
import { targetSites, trainingAdapters, type LoraModule, type ModuleSite } from "../adapter/index.ts";
import {
  assignBuckets,
  balanceClassSamples,
  batchesPerEpoch,
  buildCaption,
  epochBatches,
  epochSeed,
  splitValidation,
  TextEncoder,
  type ImageDataset,
  type Size,
} from "../data/index.ts";
import type { Graph } from "../graph/index.ts";
import { NoiseSchedule, Random, type ScheduleConfig } from "../diffusion/index.ts";
import { moduleSites, type StableDiffusion } from "../models/index.ts";
import type { HostTensor } from "../runtime/index.ts";
import { loadCheckpoint, type LoopState } from "./checkpoint.ts";
import type { TrainConfig } from "./config.ts";
import { trainErrors } from "./errors.ts";
import { noisyBatch, type CaptionEncoder } from "./examples.ts";
import type { FlatParameters } from "./flat-parameters.ts";
import { runLoop, type LoopSettings, type LoopWork, type TrainEvent } from "./loop.ts";
import { checkMemory, predictMemoryMb } from "./memory.ts";
import { BatchOrder, LatentSource, type TrainingPicture } from "./prepare.ts";
import { bestCheckpoint, initialParameters, runSettings, shapingSettings, toModule } from "./run-settings.ts";
import { TrainingGraph } from "./training-graph.ts";
import { weightsMark } from "./weights-mark.ts";

export interface TrainImageOptions {
  readonly config: TrainConfig;
  readonly base: StableDiffusion;
  readonly dataset: ImageDataset;
  readonly emit: (event: TrainEvent) => void;
  readonly signal?: AbortSignal;
  /** Called at each save with the module as it is then. */
  readonly onSave?: (module: LoraModule, step: number, sites: readonly ModuleSite[]) => Promise<void>;
}

export interface TrainedImageModule {
  /** The best step's module if a held-out loss was measured, else the last. */
  readonly module: LoraModule;
  readonly sites: readonly ModuleSite[];
  readonly state: LoopState;
  readonly totalSteps: number;
}

/** Repetitions of each held-out picture, at timesteps spread over the schedule. */
const VALIDATION_TIMESTEPS = 4;
const VALIDATION_SEED = 20_240_601;
/** A shuffled caption is new each time: 512 of SD 1.5's embeddings are 120 MB. */
const CACHED_CAPTIONS_MAX = 512;

/** @throws SAMPLES_NONE, MEMORY_TOO_SMALL, CHECKPOINT_FOREIGN, LOSS_NOT_FINITE */
export async function trainImage(options: TrainImageOptions): Promise<TrainedImageModule> {
  const { config, base, dataset, emit, signal, onSave } = options;
  const sites = targetSites(moduleSites(base), config.targets);
  const parameters = initialParameters(sites, config);
  const plan = planPictures(config, base, dataset);
  const need = predictMemoryMb(base, parameters.size, plan.largest, config);
  checkMemory(need, config.maxMemoryMb);
  const trainsTextEncoder = config.targets.includes("text-encoder");
  const latents = await LatentSource.open(base, config);
  const captions = await captionEncoder(base, trainsTextEncoder);
  const adaptersOf = (graph: Graph) => trainingAdapters(graph, sites, config.rank, config.alpha / config.rank);
  const graph = await TrainingGraph.open(base, adaptersOf, parameters, {
    gradientCheckpointing: config.gradientCheckpointing,
    trainsTextEncoder,
    latentArea: (plan.largest.width * plan.largest.height) / base.factor ** 2,
  });
  const schedule = new NoiseSchedule(base.scheduler as Partial<ScheduleConfig> as ScheduleConfig);
  const settings = loopSettings(config, base, dataset, parameters, plan);
  const moduleNow = () => toModule(parameters, sites, config);

  const work: LoopWork = {
    async step(step, micro, random) {
      const { samples, width, height } = plan.order.at(step * config.gradientAccumulationSteps + micro);
      const uniform = () => random.uniform();
      const examples = [];
      for (const picture of samples) examples.push(await latents.example(picture, { width, height }, uniform));
      const texts = samples.map(({ caption }) =>
        buildCaption(caption, { ...config.captions, triggerWord: config.triggerWord }, uniform),
      );
      return graph.step(await noisyBatch(examples, texts, schedule, random, config, captions.encode));
    },
    ...(plan.validation.length > 0
      ? { validate: () => validate(plan, config, latents, captions.encode, schedule, graph) }
      : {}),
    async saved(step) {
      await onSave?.(moduleNow(), step, sites);
    },
  };
  try {
    const state = await runLoop(parameters, settings, work, emit, signal);
    if (state.bestStep > 0 && state.bestStep !== state.step && !signal?.aborted)
      loadCheckpoint(bestCheckpoint(settings, state), parameters, settings.fingerprint);
    return { module: moduleNow(), sites, state, totalSteps: settings.totalSteps };
  } finally {
    await Promise.all([graph.close(), latents.close(), captions.close()]);
  }
}

interface PicturePlan {
  readonly order: BatchOrder;
  readonly batchesPerEpoch: number;
  readonly validation: readonly { readonly picture: TrainingPicture; readonly size: Size }[];
  readonly largest: Size;
}

function planPictures(config: TrainConfig, base: StableDiffusion, dataset: ImageDataset): PicturePlan {
  if (dataset.samples.length === 0) throw trainErrors.SAMPLES_NONE(config.trainDataDir);
  const step = base.factor * 2 ** (base.unet.blockOutChannels.length - 1);
  const bucketOptions = {
    ...config.buckets,
    step: config.buckets.step ?? step,
    resolution: config.resolution ?? base.side,
  };
  const { train, validation } = splitValidation(dataset.samples, config.validation?.split ?? 0, config.seed);
  const classWeight = config.priorPreservation?.weight ?? 0;
  const shown: TrainingPicture[] = train.map((sample) => ({ ...sample, weight: 1 }));
  for (const sample of balanceClassSamples(train, dataset.classSamples)) shown.push({ ...sample, weight: classWeight });
  const buckets = assignBuckets(shown, bucketOptions);
  const perEpoch = batchesPerEpoch(buckets, config.batchSize);
  const order = new BatchOrder(perEpoch, (epoch) =>
    epochBatches(buckets, config.batchSize, epochSeed(config.seed, epoch)),
  );
  const held = [
    ...assignBuckets(
      validation.map((sample) => ({ ...sample, weight: 1 })),
      bucketOptions,
    ).values(),
  ];
  const largest = [...buckets.values()].reduce<Size>((a, b) => (a.width * a.height >= b.width * b.height ? a : b), {
    width: 0,
    height: 0,
  });
  return {
    order,
    batchesPerEpoch: perEpoch,
    validation: held.flatMap(({ width, height, samples }) =>
      samples.map((picture) => ({ picture, size: { width, height } })),
    ),
    largest,
  };
}

/** Mean loss over the held-out pictures, each at the same noise and timesteps every time, so that losses compare. */
async function validate(
  plan: PicturePlan,
  { captions, triggerWord }: TrainConfig,
  latents: LatentSource,
  encode: CaptionEncoder,
  schedule: NoiseSchedule,
  graph: TrainingGraph,
): Promise<number> {
  let sum = 0;
  for (const [index, { picture, size }] of plan.validation.entries()) {
    const random = new Random(VALIDATION_SEED, index);
    const example = { ...(await latents.example(picture, size, () => 0.5)), weight: 1 };
    const rows = Array.from({ length: VALIDATION_TIMESTEPS }, () => example);
    const caption = buildCaption(picture.caption, { ...captions, triggerWord, dropout: 0, shuffle: false }, () => 0);
    const texts = rows.map(() => caption);
    const spread = (row: number) => Math.floor(((row + 0.5) / VALIDATION_TIMESTEPS) * schedule.numTrainTimesteps);
    const options = { minSnrGamma: 0, timestepBias: "none", noiseOffset: 0, timestepOf: spread } as const;
    sum += await graph.loss(await noisyBatch(rows, texts, schedule, random, options, encode));
  }
  return sum / plan.validation.length;
}

/** Captions as token ids (the text tower trains) or as embeddings, each distinct caption encoded once. */
async function captionEncoder(
  base: StableDiffusion,
  asTokens: boolean,
): Promise<{ encode: CaptionEncoder; close: () => Promise<void> }> {
  const length = base.text.maxPositions;
  const tokensOf = (caption: string) => base.tokenizer.encode(caption, length);
  if (asTokens) {
    const encode: CaptionEncoder = async (captions) => {
      const data = new BigInt64Array(captions.length * length);
      captions.forEach((caption, row) => data.set(BigInt64Array.from(tokensOf(caption), BigInt), row * length));
      return { data, dims: [captions.length, length] };
    };
    return { encode, close: async () => {} };
  }
  const encoder = await TextEncoder.open(base);
  const cache = new Map<string, Float32Array>();
  const encode: CaptionEncoder = async (captions): Promise<HostTensor> => {
    const size = length * encoder.width;
    const data = new Float32Array(captions.length * size);
    for (const [row, caption] of captions.entries()) {
      const known = cache.get(caption) ?? (await encoder.encode(tokensOf(caption)));
      if (cache.size >= CACHED_CAPTIONS_MAX) cache.clear();
      cache.set(caption, known);
      data.set(known, row * size);
    }
    return { data, dims: [captions.length, length, encoder.width] };
  };
  return { encode, close: () => encoder.close() };
}

function loopSettings(
  config: TrainConfig,
  base: StableDiffusion,
  dataset: ImageDataset,
  parameters: FlatParameters,
  plan: PicturePlan,
): LoopSettings {
  const updatesPerEpoch = Math.ceil(plan.batchesPerEpoch / config.gradientAccumulationSteps);
  const totalSteps = config.maxTrainSteps ?? updatesPerEpoch * config.epochs!;
  const ranges = [
    { ...parameters.range((name) => name.startsWith("unet.")), learningRate: config.learningRate },
    {
      ...parameters.range((name) => name.startsWith("text_encoder.")),
      learningRate: config.textEncoderLearningRate ?? 0,
    },
  ];
  return runSettings(config, {
    totalSteps,
    rates: ranges.filter(({ from, to }) => to > from),
    hasValidation: plan.validation.length > 0,
    fingerprint: fingerprint(config, base, dataset, totalSteps),
  });
}

/** What must be equal for a checkpoint to belong to the run: settings that shape the result, base, pictures, captions. */
function fingerprint(config: TrainConfig, base: StableDiffusion, dataset: ImageDataset, totalSteps: number): string {
  const { priorPreservation, ...shaping } = shapingSettings(config);
  const pictures = [...dataset.samples, ...dataset.classSamples].map(({ file, caption, repeats }) => [
    basename(file),
    statSync(file).size,
    caption,
    repeats,
  ]);
  const [weights] = base.weights.unet.values();
  const identity = [
    shaping,
    priorPreservation?.weight ?? 0,
    totalSteps,
    pictures,
    basename(base.path),
    weights && weightsMark(weights.path),
  ];
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex");
}
