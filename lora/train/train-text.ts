/** Trains a text module from a configuration: `animula train` with `task_type: text-generation`, but the terminal. */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { targetSites, trainingAdapters, type LoraModule, type ModuleSite } from "../adapter/index.ts";
import {
  epochSeed,
  epochTextBatches,
  leadingText,
  splitValidation,
  SYSTEM_SHARE,
  tokenizeDialogues,
  withHistories,
  type DialogueProblem,
  type TextDataset,
  type TokenizedDialogue,
} from "../data/index.ts";
import type { Graph } from "../graph/index.ts";
import { languageModelSites, type LanguageModel } from "../models/index.ts";
import { loadCheckpoint, type LoopState } from "./checkpoint.ts";
import type { TrainConfig } from "./config.ts";
import { trainErrors } from "./errors.ts";
import { runLoop, type LoopWork, type TrainEvent } from "./loop.ts";
import { checkMemory } from "./memory.ts";
import { bestCheckpoint, initialParameters, runSettings, shapingSettings, toModule } from "./run-settings.ts";
import { predictTextMemoryMb } from "./text-memory.ts";
import { askedCount, chunkRowsFor, TextTrainingGraph } from "./text-training-graph.ts";
import { weightsMark } from "./weights-mark.ts";

/** Where nothing else is asked for: longer than almost all dialogue, short enough for a small machine. */
const MAX_LENGTH = 1024;

/** Dialogues as the run will see them. */
export interface TextPlan {
  readonly train: readonly TokenizedDialogue[];
  readonly validation: readonly TokenizedDialogue[];
  /** What was left out, and why: broken lines, refused conversations, replies beyond the limit. */
  readonly problems: readonly DialogueProblem[];
  readonly cutCount: number;
  readonly maxLength: number;
  /** As it is learned with: one that takes too much of what is read at once is cut, else no reply would be learned. */
  readonly systemPrompt: string | undefined;
  readonly systemCut: boolean;
}

/** Tokenises and splits. @throws DIALOGUES_NONE */
export function planText(config: TrainConfig, base: LanguageModel, dataset: TextDataset): TextPlan {
  const maxLength = Math.min(config.maxLength ?? MAX_LENGTH, base.config.maxPositions);
  const said = config.systemPrompt;
  const systemPrompt = said && leadingText(base.tokenizer, said, Math.floor(maxLength * SYSTEM_SHARE));
  const options = { maxLength, systemPrompt };
  const { rows, kept, problems, cutCount } = tokenizeDialogues(dataset.dialogues, base.tokenizer, options);
  const [first] = problems;
  if (rows.length === 0)
    throw trainErrors.DIALOGUES_NONE(
      config.trainDataDir,
      first ? `line ${first.line}: ${first.reason}` : "nothing read",
    );
  const pairs = rows.map((row, i) => ({ row, dialogue: kept[i]!, tokens: row.ids.length }));
  const { train, validation } = splitValidation(pairs, config.validation?.split ?? 0, config.seed);
  // After the split: what is held out must not come back as another's history.
  const histories = withHistories(train, { dialoguesMax: config.historyDialogues, maxLength, seed: config.seed });
  const talks = tokenizeDialogues(histories, base.tokenizer, options).rows;
  const alone = (list: typeof pairs) => list.map(({ row }) => row);
  return {
    train: [...alone(train), ...talks],
    validation: alone(validation),
    problems: [...dataset.problems, ...problems],
    cutCount,
    maxLength,
    systemPrompt,
    systemCut: systemPrompt !== said,
  };
}

export interface TrainTextOptions {
  readonly config: TrainConfig;
  readonly base: LanguageModel;
  readonly plan: TextPlan;
  readonly emit: (event: TrainEvent) => void;
  readonly signal?: AbortSignal;
  /** Called at each save with the module as it is then. */
  readonly onSave?: (module: LoraModule, step: number, sites: readonly ModuleSite[]) => Promise<void>;
}

export interface TrainedTextModule {
  /** The best step's module if a held-out loss was measured, else the last. */
  readonly module: LoraModule;
  readonly sites: readonly ModuleSite[];
  readonly state: LoopState;
  readonly totalSteps: number;
}

/** @throws MEMORY_TOO_SMALL, CHECKPOINT_FOREIGN, LOSS_NOT_FINITE */
export async function trainText(options: TrainTextOptions): Promise<TrainedTextModule> {
  const { config, base, plan, signal, onSave } = options;
  const sites = targetSites(languageModelSites(base), config.targets);
  const parameters = initialParameters(sites, config);
  const askedMax = largestSum([...plan.train, ...plan.validation].map(askedCount), config.batchSize);
  const length = [...plan.train, ...plan.validation].reduce((most, { ids }) => Math.max(most, ids.length), 0);
  const size = { rows: config.batchSize, length, chunkRows: Math.min(askedMax, chunkRowsFor(base.config.vocabSize)) };
  checkMemory(predictTextMemoryMb(base, parameters.size, size, config.gradientCheckpointing), config.maxMemoryMb);
  const adaptersOf = (graph: Graph) => trainingAdapters(graph, sites, config.rank, config.alpha / config.rank);
  const { gradientCheckpointing, packing } = config;
  const graph = await TextTrainingGraph.open(base, adaptersOf, parameters, {
    gradientCheckpointing,
    packing,
    askedMax,
  });
  const perEpoch = Math.ceil(plan.train.length / config.batchSize);
  const batchAt = textOrder(plan, config, perEpoch);
  const updatesPerEpoch = Math.ceil(perEpoch / config.gradientAccumulationSteps);
  const totalSteps = config.maxTrainSteps ?? updatesPerEpoch * config.epochs!;
  const settings = runSettings(config, {
    totalSteps,
    rates: [{ from: 0, to: parameters.size, learningRate: config.learningRate }],
    hasValidation: plan.validation.length > 0,
    fingerprint: fingerprint(config, base, plan, totalSteps),
  });
  const moduleNow = () => toModule(parameters, sites, config);
  const work: LoopWork = {
    step: (step, micro) => graph.step(batchAt(step * config.gradientAccumulationSteps + micro)),
    ...(plan.validation.length > 0 ? { validate: () => validate(plan, config, graph) } : {}),
    async saved(step) {
      await onSave?.(moduleNow(), step, sites);
    },
  };
  try {
    const state = await runLoop(parameters, settings, work, textEvents(options.emit), signal);
    if (state.bestStep > 0 && state.bestStep !== state.step && !signal?.aborted)
      loadCheckpoint(bestCheckpoint(settings, state), parameters, settings.fingerprint);
    return { module: moduleNow(), sites, state, totalSteps };
  } finally {
    await graph.close();
  }
}

const textEvents =
  (emit: (event: TrainEvent) => void) =>
  (event: TrainEvent): void => {
    if (event.type === "step") emit({ ...event, unit: "dialogue" });
    else if (event.type === "validation") emit({ ...event, perplexity: Math.exp(event.loss) });
    else emit(event);
  };

/** The most that any `count` of the values can add up to. */
function largestSum(values: readonly number[], count: number): number {
  const largest = values.toSorted((a, b) => b - a).slice(0, count);
  return largest.reduce((a, b) => a + b, 0);
}

/** Batch `index` of the run; epochs are recomputed from the seed, so that nothing of the order needs to be saved. */
function textOrder({ train }: TextPlan, { batchSize, seed }: TrainConfig, perEpoch: number) {
  let current: { epoch: number; batches: TokenizedDialogue[][] } | undefined;
  return (index: number): TokenizedDialogue[] => {
    const epoch = Math.floor(index / perEpoch);
    if (current?.epoch !== epoch)
      current = { epoch, batches: epochTextBatches(train, batchSize, epochSeed(seed, epoch)) };
    return current.batches[index % perEpoch]!;
  };
}

/** Mean loss of a held-out token. */
async function validate(
  { validation }: TextPlan,
  { batchSize }: TrainConfig,
  graph: TextTrainingGraph,
): Promise<number> {
  const byLength = validation.toSorted((a, b) => a.ids.length - b.ids.length);
  let [sum, count] = [0, 0];
  for (let at = 0; at < byLength.length; at += batchSize) {
    const batch = byLength.slice(at, at + batchSize);
    const asked = batch.reduce((total, row) => total + askedCount(row), 0);
    sum += asked * (await graph.loss(batch));
    count += asked;
  }
  return sum / count;
}

/** What must be equal for a checkpoint to belong to the run: settings that shape the result, base, token ids. */
function fingerprint(config: TrainConfig, base: LanguageModel, plan: TextPlan, totalSteps: number): string {
  const hash = createHash("sha256");
  const [weights] = base.weights.values();
  const identity = [shapingSettings(config), totalSteps, basename(base.path), weights && weightsMark(weights.path)];
  hash.update(JSON.stringify(identity));
  for (const { ids, isReply } of [...plan.train, ...plan.validation]) hash.update(ids).update(isReply);
  return hash.digest("hex");
}
