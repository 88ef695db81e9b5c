import { openSafetensors, readTensor, writeSafetensors } from "../format/index.ts";
import type { HostTensor } from "../runtime/index.ts";

/** The moving average that a full-training checkpoint holds, by parameter name. */
export function averagedWeights(path: string): Record<string, HostTensor> {
  const file = openSafetensors(path);
  const flat = readTensor(file, "average");
  let offset = 0;
  const shapes = JSON.parse(file.metadata["names"]!) as [string, number[]][];
  return Object.fromEntries(
    shapes.map(([name, dims]) => {
      const size = dims.reduce((a, b) => a * b, 1);
      const data = flat.subarray(offset, offset + size);
      offset += size;
      return [name, { data, dims }];
    }),
  );
}

/** A checkpoint that holds nothing else: training goes on from it with new moments, from step 0. */
export function writeAveragedWeights(path: string, weights: Readonly<Record<string, HostTensor>>): void {
  const entries = Object.entries(weights);
  const average = new Float32Array(entries.reduce((sum, [, { data }]) => sum + data.length, 0));
  let offset = 0;
  for (const [, { data }] of entries) {
    average.set(data as Float32Array, offset);
    offset += data.length;
  }
  const names = JSON.stringify(entries.map(([name, { dims }]) => [name, dims]));
  const tensor = { dtype: "F32" as const, shape: [average.length], data: average };
  writeSafetensors(path, { average: tensor }, { step: "0", names });
}
