import { openSafetensors, readTensor } from "../format/index.ts";
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
