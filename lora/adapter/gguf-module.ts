/** LoRA modules of language models as llama.cpp's `convert_lora_to_gguf.py` writes them and its `--lora` reads them. */
import {
  fromGgufLayer,
  isInterleaved,
  openGguf,
  readGgufTensor,
  rowsInHalves,
  rowsInPairs,
  toGgufLayer,
  writeGguf,
  type GgufFile,
  type GgufTensorToWrite,
} from "../format/index.ts";
import { adapterErrors as errors } from "./errors.ts";
import { checkWritable } from "./module-file.ts";
import type { IgnoredKey, ModuleReport } from "./module-read.ts";
import type { LoraLayer, LoraModule } from "./module.ts";
import { siteKey, type ModuleSite } from "./site.ts";

const PART = "language_model";
const ALPHA = "adapter.lora.alpha";

interface Found {
  readonly site: ModuleSite;
  /** Names of the tensors. */
  down?: string;
  up?: string;
}

/** Errors: MODULE_CONFIG, MODULE_NOTHING_APPLIED, MODULE_SHAPE, MODULE_VALUE and those of `openGguf`. */
export function readGgufModule(
  path: string,
  sites: readonly ModuleSite[],
): { module: LoraModule; report: ModuleReport } {
  const file = openGguf(path);
  expectText(file, "general.type", "adapter");
  expectText(file, "adapter.type", "lora");
  const { found, ignored } = collect(file, sites);
  const applied: string[] = [];
  const layers = new Map<string, LoraLayer>();
  for (const { site, down, up } of found) {
    if (down !== undefined && up !== undefined) {
      layers.set(siteKey(site), readLayer(file, site, down, up));
      applied.push(down, up);
    } else ignored.push({ key: (down ?? up)!, reason: `its ${down === undefined ? "a" : "b"} half is missing` });
  }
  if (layers.size === 0)
    throw errors.MODULE_NOTHING_APPLIED(file.path, "one for another model", "check which base model it was made for");
  return { module: { layers, metadata: {} }, report: { applied, ignored } };
}

function expectText({ path, metadata }: GgufFile, key: string, expected: string): void {
  const got = metadata.get(key);
  if (got !== expected) throw errors.MODULE_CONFIG(path, key, expected, typeof got === "string" ? got : "nothing");
}

function collect(file: GgufFile, sites: readonly ModuleSite[]): { found: Iterable<Found>; ignored: IgnoredKey[] } {
  const byKey = new Map(sites.map((site) => [siteKey(site), site]));
  const found = new Map<ModuleSite, Found>();
  const ignored: IgnoredKey[] = [];
  for (const key of file.tensors.keys()) {
    const [, layer, half] = /^(.*)\.weight\.lora_([ab])$/.exec(key) ?? [];
    const name = layer === undefined ? undefined : fromGgufLayer(layer);
    const site = name === undefined ? undefined : byKey.get(siteKey({ part: PART, name }));
    if (half === undefined) ignored.push({ key, reason: "not a tensor of a LoRA module" });
    else if (!site) ignored.push({ key, reason: "this base has no such layer that a module can adapt" });
    else found.set(site, { ...(found.get(site) ?? { site }), [half === "a" ? "down" : "up"]: key });
  }
  return { found: found.values(), ignored };
}

function readLayer(file: GgufFile, site: ModuleSite, downKey: string, upKey: string): LoraLayer {
  const { inSize, outSize, kernel } = site;
  const [down, up] = [file.tensors.get(downKey)!, file.tensors.get(upKey)!];
  const rank = down.shape[0] ?? 0;
  const check = (key: string, got: readonly number[], expected: readonly number[]) => {
    if (got.length === 2 && got.every((size, i) => size === expected[i])) return;
    const remedy = "the module was made for another base, use it with that one";
    throw errors.MODULE_SHAPE(file.path, key, `[${expected.join(", ")}]`, `[${got.join(", ")}]`, remedy);
  };
  check(downKey, down.shape, [Math.max(1, rank), inSize]);
  check(upKey, up.shape, [outSize, rank]);
  const alpha = file.metadata.get(ALPHA) ?? rank;
  if (typeof alpha !== "number" || !(alpha >= 0 && alpha < Infinity))
    throw errors.MODULE_CONFIG(file.path, ALPHA, "a number of at least 0", String(alpha));
  const finite = (key: string) => {
    const data = readGgufTensor(file, file.tensors.get(key)!);
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw errors.MODULE_VALUE(file.path, key, "finite numbers", `${data[at]} at ${at}`);
    return data;
  };
  const isTurned = isInterleaved(String(file.metadata.get("general.architecture")), upKey);
  const order = isTurned && site.headSize !== undefined ? rowsInHalves : undefined;
  const rows = finite(upKey);
  // llama.cpp takes 0 as "not given".
  const layer = { rank, alpha: alpha || rank, inSize, outSize, kernel, down: finite(downKey) };
  return { ...layer, up: order ? ordered(rows, order, site) : rows };
}

function ordered(
  up: Float32Array<ArrayBuffer>,
  order: typeof rowsInHalves,
  { outSize, headSize }: ModuleSite,
): Float32Array {
  const bytes = new Uint8Array(up.buffer, up.byteOffset, up.byteLength);
  return new Float32Array(order(bytes, outSize, headSize!).buffer);
}

/**
 * @param architecture as llama.cpp calls it: "llama", "qwen2"…
 * Errors: MODULE_VALUE, MODULE_OVERFLOW, FILE_NO_SPACE, FILE_NOT_WRITABLE.
 */
export function writeGgufModule(
  path: string,
  module: LoraModule,
  sites: readonly ModuleSite[],
  architecture: string,
  { dtype = "F16" }: { readonly dtype?: "F16" | "F32" } = {},
): void {
  const [alpha = 0] = [...module.layers.values()].map((layer) => layer.alpha);
  const tensors = sites.flatMap((site) => {
    const layer = module.layers.get(siteKey(site));
    return layer ? layerTensors(path, site, layer, { architecture, alpha, dtype }) : [];
  });
  const metadata = {
    "general.architecture": architecture,
    "general.type": "adapter",
    "adapter.type": "lora",
    [ALPHA]: alpha,
  };
  writeGguf(path, metadata, tensors);
}

function layerTensors(
  path: string,
  site: ModuleSite,
  layer: LoraLayer,
  { architecture, alpha, dtype }: { architecture: string; alpha: number; dtype: "F16" | "F32" },
): GgufTensorToWrite[] {
  const name = toGgufLayer(site.name);
  if (name === undefined) throw new TypeError(`layer ${site.name} has no name in GGUF files`);
  const [downKey, upKey] = [`${name}.weight.lora_a`, `${name}.weight.lora_b`];
  const { rank, inSize, outSize } = layer;
  // The file has one alpha for all layers: what is left of a layer's own goes into its matrix.
  const scaled = layer.alpha === alpha ? layer.up.slice() : layer.up.map((value) => (value * layer.alpha) / alpha);
  const isTurned = isInterleaved(architecture, upKey) && site.headSize !== undefined;
  const up = isTurned ? ordered(new Float32Array(scaled), rowsInPairs, site) : scaled;
  checkWritable(path, downKey, layer.down, dtype);
  checkWritable(path, upKey, up, dtype);
  return [
    { name: downKey, shape: [rank, inSize], data: layer.down, dtype },
    { name: upKey, shape: [outSize, rank], data: up, dtype },
  ];
}
