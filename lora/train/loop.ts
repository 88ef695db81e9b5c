/** The training loop: batches in, events out. It knows nothing of files but checkpoints. */
import { Random } from "../diffusion/index.ts";
import { adamWStep, clipGradients } from "./adamw.ts";
import {
  checkpointPath,
  checkpointSteps,
  loadCheckpoint,
  saveCheckpoint,
  START,
  type LoopState,
} from "./checkpoint.ts";
import { trainErrors } from "./errors.ts";
import type { FlatParameters } from "./flat-parameters.ts";
import { learningRateFactor, type SchedulerName } from "./learning-rate.ts";

/** What a run tells its watchers. */
export type TrainEvent =
  | {
      readonly type: "step";
      readonly step: number;
      readonly totalSteps: number;
      readonly loss: number;
      readonly averageLoss: number;
      readonly learningRate: number;
      readonly gradientNorm: number;
      readonly imagesPerSecond: number;
      /** What the speed counts; pictures if absent. */
      readonly unit?: "image" | "dialogue";
      readonly secondsLeft: number;
    }
  | {
      readonly type: "validation";
      readonly step: number;
      readonly loss: number;
      readonly bestStep: number;
      /** e^loss, where the loss is that of a token. */
      readonly perplexity?: number;
    }
  | { readonly type: "save"; readonly step: number; readonly checkpoint: string }
  | { readonly type: "resume"; readonly step: number }
  | {
      readonly type: "stop";
      readonly step: number;
      readonly reason: "finished" | "early-stopping" | "cancelled";
      readonly bestStep: number;
    };

export interface LoopSettings {
  readonly totalSteps: number;
  readonly picturesPerStep: number;
  readonly accumulationSteps: number;
  /** Peak rates, by the range of parameters they drive. */
  readonly rates: readonly { readonly from: number; readonly to: number; readonly learningRate: number }[];
  readonly scheduler: SchedulerName;
  readonly warmupSteps: number;
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly weightDecay: number;
  /** 0: no clipping */
  readonly maxGradNorm: number;
  readonly saveSteps: number;
  readonly validationSteps: number | undefined;
  readonly patience: number | undefined;
  readonly seed: number;
  readonly checkpointDir: string;
  readonly fingerprint: string;
  readonly resume: "auto" | "never" | { readonly path: string };
}

export interface LoopWork {
  /** Loss of micro-batch `micro` of update `step`; its gradients end up in `parameters.gradients`. */
  step(step: number, micro: number, random: Random): Promise<number>;
  /** Mean loss on held-out pictures at fixed noise and timesteps. */
  validate?(): Promise<number>;
  /** After each checkpoint: sample pictures and the like. */
  saved?(step: number): Promise<void>;
}

/** Weight of the newest loss in the running average. */
const AVERAGE_WEIGHT = 0.05;

/**
 * Runs to the end, early stop or cancellation, and leaves the final weights in `parameters`.
 * Every draw of update k comes from Random(seed, k), so a resumed run continues with the very same numbers.
 * @throws LOSS_NOT_FINITE after restoring the last checkpoint
 */
export async function runLoop(
  parameters: FlatParameters,
  settings: LoopSettings,
  work: LoopWork,
  emit: (event: TrainEvent) => void,
  signal?: AbortSignal,
): Promise<LoopState> {
  const resumed = resumeState(parameters, settings, emit);
  let { state, checkpoint } = resumed;
  const save = async () => {
    checkpoint = saveCheckpoint(settings.checkpointDir, parameters, state, settings.fingerprint);
    emit({ type: "save", step: state.step, checkpoint });
    await work.saved?.(state.step);
  };
  const isStale = () => settings.patience !== undefined && state.staleValidations >= settings.patience;
  const requireFinite = (what: "loss" | "gradient norm", value: number) => {
    if (!Number.isFinite(value)) throw diverged(parameters, settings, what, state.step + 1, value, checkpoint);
  };
  const clock = new StepClock(settings);
  while (state.step < settings.totalSteps && !isStale()) {
    if (signal?.aborted) {
      await save();
      return finish("cancelled");
    }
    const random = new Random(settings.seed, state.step + 1);
    const loss = await accumulate(parameters, settings, work, state.step, random);
    requireFinite("loss", loss);
    const norm = clipGradients(parameters.gradients, settings.maxGradNorm > 0 ? settings.maxGradNorm : Infinity);
    requireFinite("gradient norm", norm);
    const learningRate = update(parameters, settings, state.step);
    const average = state.averageLoss === null ? loss : state.averageLoss + AVERAGE_WEIGHT * (loss - state.averageLoss);
    state = { ...state, step: state.step + 1, averageLoss: average };
    emit({
      type: "step",
      step: state.step,
      totalSteps: settings.totalSteps,
      loss,
      averageLoss: average,
      learningRate,
      gradientNorm: norm,
      ...clock.tick(state.step),
    });
    const isLast = state.step === settings.totalSteps;
    const isDue = (every: number | undefined) => every !== undefined && (state.step % every === 0 || isLast);
    if (work.validate && isDue(settings.validationSteps)) state = await validated(state);
    if (isDue(settings.saveSteps) || isStale() || state.bestStep === state.step) await save();
  }
  return finish(isStale() ? "early-stopping" : "finished");

  async function validated(before: LoopState): Promise<LoopState> {
    const loss = await work.validate!();
    const isBest = Number.isFinite(loss) && (before.bestLoss === null || loss < before.bestLoss);
    const after = isBest
      ? { ...before, bestLoss: loss, bestStep: before.step, staleValidations: 0 }
      : { ...before, staleValidations: before.staleValidations + 1 };
    emit({ type: "validation", step: after.step, loss, bestStep: after.bestStep });
    return after;
  }
  function finish(reason: "finished" | "early-stopping" | "cancelled"): LoopState {
    emit({ type: "stop", step: state.step, reason, bestStep: state.bestStep || state.step });
    return state;
  }
}

/** Where the run goes on from, and the checkpoint to go back to if it diverges. */
interface StartingPoint {
  readonly state: LoopState;
  readonly checkpoint: string | undefined;
}

function resumeState(
  parameters: FlatParameters,
  settings: LoopSettings,
  emit: (event: TrainEvent) => void,
): StartingPoint {
  const { resume, checkpointDir, fingerprint } = settings;
  const anew = { state: START, checkpoint: undefined };
  if (resume === "never") return anew;
  const [newest] = checkpointSteps(checkpointDir);
  const path = resume === "auto" ? newest !== undefined && checkpointPath(checkpointDir, newest) : resume.path;
  if (!path) return anew;
  const state = loadCheckpoint(path, parameters, fingerprint);
  emit({ type: "resume", step: state.step });
  return { state, checkpoint: path };
}

/** Mean loss over the micro-batches; their mean gradient replaces `parameters.gradients`. */
async function accumulate(
  parameters: FlatParameters,
  settings: LoopSettings,
  work: LoopWork,
  step: number,
  random: Random,
): Promise<number> {
  const count = settings.accumulationSteps;
  if (count === 1) return work.step(step, 0, random);
  const sum = new Float32Array(parameters.size);
  let loss = 0;
  for (let micro = 0; micro < count; micro++) {
    loss += (await work.step(step, micro, random)) / count;
    for (let i = 0; i < sum.length; i++) sum[i]! += parameters.gradients[i]! / count;
  }
  parameters.gradients.set(sum);
  return loss;
}

/** Applies the gradients; returns the learning rate of the first range. */
function update(parameters: FlatParameters, settings: LoopSettings, step: number): number {
  const factor = learningRateFactor(settings.scheduler, step, settings.warmupSteps, settings.totalSteps);
  const { betas, epsilon, weightDecay } = settings;
  for (const { from, to, learningRate } of settings.rates)
    adamWStep(
      parameters.weights,
      parameters.gradients,
      parameters.moments,
      step + 1,
      learningRate * factor,
      { betas, epsilon, weightDecay },
      from,
      to,
    );
  return settings.rates[0]!.learningRate * factor;
}

/** Puts the last good weights back before reporting, so that what is on disk and in memory stays usable. */
function diverged(
  parameters: FlatParameters,
  settings: LoopSettings,
  what: string,
  step: number,
  value: number,
  checkpoint: string | undefined,
): Error {
  if (!checkpoint) return trainErrors.LOSS_NOT_FINITE(what, step, value, "there was no checkpoint yet to go back to");
  const state = loadCheckpoint(checkpoint, parameters, settings.fingerprint);
  return trainErrors.LOSS_NOT_FINITE(what, step, value, `the checkpoint of step ${state.step} was restored`);
}

/** Speed over the last steps, so that a slow start does not spoil the estimate. */
class StepClock {
  private readonly settings: LoopSettings;
  private readonly times: number[] = [performance.now()];

  constructor(settings: LoopSettings) {
    this.settings = settings;
  }

  tick(step: number): { imagesPerSecond: number; secondsLeft: number } {
    this.times.push(performance.now());
    if (this.times.length > 21) this.times.shift();
    const seconds = (this.times.at(-1)! - this.times[0]!) / 1000 / (this.times.length - 1);
    return {
      imagesPerSecond: this.settings.picturesPerStep / seconds,
      secondsLeft: seconds * (this.settings.totalSteps - step),
    };
  }
}
