import { fileURLToPath } from "node:url";
import { openSafetensors, readTensor, readTensorRaw } from "../../lora/format/index.ts";
import { symbol, type Graph, type Value } from "../../lora/graph/index.ts";
import { FrozenWeights, openStableDiffusion, type SdPart, type StableDiffusion } from "../../lora/models/index.ts";
import { Scope, type AdapterSite, type LayerAdapter } from "../../lora/nn/index.ts";
import type { HostTensor } from "../../lora/runtime/index.ts";
import { closeTo } from "../support/close-to.ts";

/** What test/golden/sd/make.py computed; README.md there lists the tensors. */
const folder = new URL("../golden/sd/", import.meta.url);
export const goldenPath = (name: string): string => fileURLToPath(new URL(name, folder));
export const openTiny = (variant: "tiny" | "tiny-v2"): Promise<StableDiffusion> =>
  openStableDiffusion(goldenPath(variant));

export interface Goldens {
  readonly names: readonly string[];
  /** Floats as float32, integers as they are. */
  tensor(name: string): HostTensor & { readonly data: Float32Array | BigInt64Array };
  floats(name: string): HostTensor & { readonly data: Float32Array };
  /** Integers as float32: how our networks take timesteps. */
  asFloats(name: string): HostTensor;
}

export function openGoldens(fileName: string): Goldens {
  const file = openSafetensors(goldenPath(fileName));
  const floats = (name: string) => ({ data: readTensor(file, name), dims: file.tensors.get(name)!.shape });
  const integers = (name: string) => {
    const { data, shape } = readTensorRaw(file, name);
    return { data: data as BigInt64Array, dims: shape };
  };
  return {
    names: [...file.tensors.keys()],
    tensor: (name) => (file.tensors.get(name)?.dtype === "I64" ? integers(name) : floats(name)),
    floats,
    asFloats: (name) => {
      const { data, dims } = integers(name);
      return { data: Float32Array.from(data, Number), dims };
    },
  };
}

/** One network's weights as the product maps them, with adapters where `adapterOf` gives one. */
export function scopeOf(
  graph: Graph,
  base: StableDiffusion,
  part: SdPart,
  adapterOf?: (site: AdapterSite) => LayerAdapter | undefined,
): Scope {
  return new Scope(new FrozenWeights(graph, part, base.weights[part], adapterOf));
}

export interface UnetFeeds {
  readonly sample: Value;
  readonly timestep: Value;
  readonly textEmbeddings: Value;
}

/** Inputs of the UNet with symbolic batch and size, as the product has them. */
export function unetInputs(graph: Graph, base: StableDiffusion): UnetFeeds {
  const [n, h, w] = [symbol("n"), symbol("h", 8), symbol("w", 8)];
  const { inChannels, crossAttentionDim } = base.unet;
  return {
    sample: graph.input("sample", "float32", [n, inChannels, h, w]),
    timestep: graph.input("timestep", "float32", [n]),
    textEmbeddings: graph.input("textEmbeddings", "float32", [n, 77, crossAttentionDim]),
  };
}

/** Every |difference| is at most `fraction` of the largest |expected|: what "1e-4 relative" means for a whole tensor. */
export function closeToScale(actual: HostTensor, expected: HostTensor, fraction: number, label: string): void {
  const want = expected.data as Float32Array;
  const largest = want.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  closeTo(actual.data as Float32Array, want, { atol: fraction * largest }, label);
}
