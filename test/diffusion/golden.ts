import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openSafetensors, readTensor } from "../../lora/format/index.ts";
import type { ScheduleConfig } from "../../lora/diffusion/schedule.ts";

const folder = new URL("../golden/diffusion/", import.meta.url);

export interface SamplerCase {
  readonly key: string;
  readonly name: string;
  readonly config: ScheduleConfig;
  readonly steps: number;
  readonly eta?: number;
  readonly karras?: boolean;
  readonly initNoiseSigma: number;
}

export interface ScheduleCase {
  readonly key: string;
  readonly config: ScheduleConfig;
  readonly timesteps: readonly number[];
}

export function readGoldenJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, folder), "utf8")) as T;
}

/** Float32 tensors of samplers.safetensors by name. */
export function openGoldenTensors(): (name: string) => Float32Array {
  const file = openSafetensors(fileURLToPath(new URL("samplers.safetensors", folder)));
  return (name) => readTensor(file, name);
}
