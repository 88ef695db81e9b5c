/** What image and text training share: the trained matrices, and a configuration as the loop wants it. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createModule, siteKey, type LoraModule, type ModuleSite } from "../adapter/index.ts";
import { Random } from "../diffusion/index.ts";
import { makeFolder } from "../format/index.ts";
import { checkpointPath, type LoopState } from "./checkpoint.ts";
import { warmupStepCount, type TrainConfig } from "./config.ts";
import { FlatParameters } from "./flat-parameters.ts";
import type { LoopSettings } from "./loop.ts";

/** Matrices by graph input name, laid out as `createModule` lays out its parameters. */
export function initialParameters(
  sites: readonly ModuleSite[],
  { rank, alpha, seed }: Pick<TrainConfig, "rank" | "alpha" | "seed">,
): FlatParameters {
  const random = new Random(seed);
  const module = createModule(sites, { rank, alpha, uniform: () => random.uniform() });
  const shapes = sites.flatMap((site): [string, number[]][] => {
    const { down } = module.layers.get(siteKey(site))!;
    return [
      [`${siteKey(site)}.down`, [1, rank, down.length / rank]],
      [`${siteKey(site)}.up`, [1, site.outSize, rank]],
    ];
  });
  const parameters = new FlatParameters(new Map(shapes));
  parameters.weights.set(module.parameters);
  return parameters;
}

/** A copy of the current weights as a module. */
export function toModule(
  parameters: FlatParameters,
  sites: readonly ModuleSite[],
  { rank, alpha }: Pick<TrainConfig, "rank" | "alpha">,
): LoraModule {
  const module = createModule(sites, { rank, alpha, uniform: () => 0 });
  module.parameters.set(parameters.weights);
  return module;
}

/** The best step's checkpoint; a run that went on from another folder may have left it there. */
export function bestCheckpoint({ checkpointDir, resume }: LoopSettings, { bestStep }: LoopState): string {
  const here = checkpointPath(checkpointDir, bestStep);
  return existsSync(here) || typeof resume === "string" ? here : checkpointPath(dirname(resume.path), bestStep);
}

/** @param run what does not stand in the configuration */
export function runSettings(
  config: TrainConfig,
  run: Pick<LoopSettings, "totalSteps" | "rates" | "fingerprint"> & { readonly hasValidation: boolean },
): LoopSettings {
  const { totalSteps, rates, fingerprint, hasValidation } = run;
  return {
    totalSteps,
    picturesPerStep: config.batchSize * config.gradientAccumulationSteps,
    accumulationSteps: config.gradientAccumulationSteps,
    rates,
    scheduler: config.scheduler,
    warmupSteps: warmupStepCount(config, totalSteps),
    betas: config.betas,
    epsilon: config.epsilon,
    weightDecay: config.weightDecay,
    maxGradNorm: config.maxGradNorm,
    saveSteps: config.saveSteps,
    validationSteps: hasValidation ? config.validation?.everySteps : undefined,
    patience: config.earlyStopping?.patience,
    seed: config.seed,
    checkpointDir: join(config.outputDir, "checkpoints"),
    fingerprint,
    resume: config.resume,
  };
}

/** The settings that shape what is trained, as opposed to where it lies and when it is shown. */
export function shapingSettings(config: TrainConfig) {
  const {
    outputDir: _o,
    loggingDir: _l,
    samplePrompts: _s,
    saveSteps: _v,
    maxMemoryMb: _m,
    resume: _r,
    strict: _t,
    saveFormat: _f,
    outputName: _n,
    suitedLearningRate: _g,
    // Where things lie: a project folder that moved is still the same run.
    trainDataDir: _d,
    metadataPath: _p,
    baseModel: _b,
    ...shaping
  } = config;
  return shaping;
}

/** Makes the folders a run writes to, so that a full or read-only disk is known before the first step. */
export function makeOutputFolders(config: TrainConfig): void {
  for (const dir of [config.outputDir, config.loggingDir]) makeFolder(dir);
}
