import {
  float32ToFloat16,
  openSafetensors,
  readTensor,
  writeSafetensors,
  type SafetensorsTensor,
} from "../format/index.ts";
import type { HostTensor } from "../runtime/index.ts";

/** Every tensor of a weights file as float32, each name with a prefix. */
export function readWeights(path: string, prefix = ""): Record<string, HostTensor> {
  const file = openSafetensors(path);
  return Object.fromEntries(
    [...file.tensors].map(([name, { shape }]) => [prefix + name, { data: readTensor(file, name), dims: shape }]),
  );
}

/** What transformers and diffusers look for in a weights file. */
export const PYTORCH = { format: "pt" } as const;

/** Writes float32 weights in half precision. */
export function writeHalfWeights(
  path: string,
  weights: Readonly<Record<string, HostTensor>>,
  metadata?: Readonly<Record<string, string>>,
): void {
  const tensors = Object.entries(weights).map(([name, { data, dims }]): [string, SafetensorsTensor] => [
    name,
    { dtype: "F16", shape: [...dims], data: float32ToFloat16(data as Float32Array) },
  ]);
  writeSafetensors(path, Object.fromEntries(tensors), metadata);
}
