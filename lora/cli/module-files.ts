/** Where a training run leaves its modules, and what their metadata says. */
import { join } from "node:path";
import { writeDiffusers, writeKohya, type LoraModule, type ModuleInfo, type ModuleSite } from "../adapter/index.ts";
import { makeFolder } from "../format/index.ts";
import type { StableDiffusion } from "../models/index.ts";
import type { TrainConfig } from "../train/index.ts";

function moduleInfo(config: TrainConfig, base: StableDiffusion, title: string): ModuleInfo {
  return {
    title,
    resolution: `${base.side}x${base.side}`,
    ...(config.triggerWord ? { triggerPhrase: config.triggerWord } : {}),
    training: {
      ss_output_name: title,
      ss_learning_rate: String(config.learningRate),
      ss_seed: String(config.seed),
      ss_sd_model_name: base.name,
    },
  };
}

/** The finished module in the formats asked for; returns the path of the first. */
export function writeModules(
  config: TrainConfig,
  base: StableDiffusion,
  module: LoraModule,
  sites: readonly ModuleSite[],
): string {
  const info = moduleInfo(config, base, config.outputName);
  const kohya = join(config.outputDir, `${config.outputName}.safetensors`);
  const diffusers = join(config.outputDir, "pytorch_lora_weights.safetensors");
  if (config.saveFormat !== "diffusers") writeKohya(kohya, module, sites, { info });
  if (config.saveFormat !== "kohya") writeDiffusers(diffusers, module, sites, { info });
  return config.saveFormat === "diffusers" ? diffusers : kohya;
}

/** The module as it is at a save, for whoever wants to choose among the steps: `steps/<name>-<step>.safetensors`. */
export function writeStepModule(
  config: TrainConfig,
  base: StableDiffusion,
  module: LoraModule,
  sites: readonly ModuleSite[],
  step: number,
): string {
  const folder = join(config.outputDir, "steps");
  makeFolder(folder);
  const name = `${config.outputName}-${String(step).padStart(8, "0")}`;
  const path = join(folder, `${name}.safetensors`);
  const write = config.saveFormat === "diffusers" ? writeDiffusers : writeKohya;
  write(path, module, sites, { info: moduleInfo(config, base, name) });
  return path;
}
