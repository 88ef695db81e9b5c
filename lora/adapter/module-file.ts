import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { float32ToFloat16, writeFileAtomic, writeSafetensors, type SafetensorsTensor } from "../format/index.ts";
import { adapterErrors as errors } from "./errors.ts";
import { specMetadata, trainingMetadata, type ModuleInfo } from "./module-metadata.ts";
import { ADAPTER_METADATA_KEY, peftFields } from "./module-settings.ts";
import type { LoraLayer, LoraModule } from "./module.ts";
import { keysOf, type NameScheme } from "./names.ts";
import { adapterParts, siteKey, type AdapterPart, type ModuleSite } from "./site.ts";

export interface WriteModuleOptions {
  /** F16 by default, as other tools write modules; a checkpoint that must resume exactly takes F32. */
  readonly dtype?: "F16" | "F32";
  readonly info?: ModuleInfo;
}

type Tensors = Record<string, SafetensorsTensor>;

/** @throws MODULE_VALUE, MODULE_OVERFLOW */
export function checkWritable(path: string, key: string, data: Float32Array, dtype: "F16" | "F32"): void {
  for (const value of data) {
    if (!Number.isFinite(value)) throw errors.MODULE_VALUE(path, key, "finite numbers", String(value));
    // 65520 is where rounding to half precision reaches infinity.
    if (dtype === "F16" && Math.abs(value) >= 65520) throw errors.MODULE_OVERFLOW(path, key, String(value));
  }
}

function encode(
  path: string,
  key: string,
  data: Float32Array,
  shape: number[],
  dtype: "F16" | "F32",
): SafetensorsTensor {
  checkWritable(path, key, data, dtype);
  if (dtype === "F16") return { dtype, shape, data: float32ToFloat16(data) };
  return { dtype, shape, data: new Float32Array(data) };
}

/** "unet.down_blocks…" → part and name. */
function splitKey(key: string): Pick<ModuleSite, "part" | "name"> {
  const part = adapterParts.find((candidate) => key.startsWith(`${candidate}.`));
  if (!part) throw new TypeError(`layer ${key} belongs to no part`);
  return { part, name: key.slice(part.length + 1) };
}

/** Linear layers as matrices, convolutions as 4-D kernels: down [r, in, k, k], up [out, r, 1, 1]. */
function layerTensors(
  path: string,
  scheme: NameScheme,
  site: ModuleSite,
  layer: LoraLayer,
  dtype: "F16" | "F32",
): Tensors {
  const { rank, inSize, outSize, kernel } = layer;
  const keys = keysOf[scheme](site);
  const isConv = site.kind === "conv";
  const downShape = isConv ? [rank, inSize, kernel, kernel] : [rank, inSize];
  const upShape = isConv ? [outSize, rank, 1, 1] : [outSize, rank];
  const tensors: Tensors = {
    [keys.down]: encode(path, keys.down, layer.down, downShape, dtype),
    [keys.up]: encode(path, keys.up, layer.up, upShape, dtype),
  };
  // PEFT and diffusers keep alpha in their settings and refuse keys they do not know.
  if (scheme === "kohya") tensors[keys.alpha] = encode(path, keys.alpha, Float32Array.of(layer.alpha), [], dtype);
  return tensors;
}

function moduleTensors(
  path: string,
  scheme: NameScheme,
  module: LoraModule,
  sites: readonly ModuleSite[],
  dtype: "F16" | "F32" = "F16",
): Tensors {
  const byKey = new Map(sites.map((site) => [siteKey(site), site]));
  const tensors: Tensors = {};
  for (const [key, layer] of module.layers) {
    const site = byKey.get(key);
    if (!site) throw new TypeError(`layer ${key} is not among the sites`);
    Object.assign(tensors, layerTensors(path, scheme, site, layer, dtype));
  }
  return tensors;
}

/** sd-scripts hashes the file as it is with the ss_ metadata alone, so that later edits of the rest keep the hashes. */
function kohyaHashes(path: string, tensors: Tensors, metadata: Record<string, string>): Record<string, string> {
  const HEADER_LENGTH_BYTES = 8;
  const LEGACY_OFFSET = 0x100000;
  const LEGACY_BYTES = 0x10000;
  const LEGACY_HEX_DIGITS = 8;
  const draft = join(dirname(path), `.animula-${randomUUID()}.tmp`);
  try {
    writeSafetensors(draft, tensors, metadata);
    const bytes = readFileSync(draft);
    const dataStart = HEADER_LENGTH_BYTES + Number(bytes.readBigUInt64LE());
    const sha256 = (part: Uint8Array) => createHash("sha256").update(part).digest("hex");
    return {
      sshs_model_hash: sha256(bytes.subarray(dataStart)),
      sshs_legacy_hash: sha256(bytes.subarray(LEGACY_OFFSET, LEGACY_OFFSET + LEGACY_BYTES)).slice(0, LEGACY_HEX_DIGITS),
    };
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Writes the file that the WebUI, ComfyUI and sd-scripts read, with `.alpha` per layer, ss_ and modelspec metadata and
 * sd-scripts' hashes. Equal input gives equal bytes. Errors: MODULE_VALUE, MODULE_OVERFLOW, FILE_NO_SPACE, FILE_NOT_WRITABLE.
 */
export function writeKohya(
  path: string,
  module: LoraModule,
  sites: readonly ModuleSite[],
  options: WriteModuleOptions = {},
): void {
  const tensors = moduleTensors(path, "kohya", module, sites, options.dtype);
  const info = options.info ?? {};
  const training = trainingMetadata(module, info);
  const hashes = kohyaHashes(path, tensors, training);
  writeSafetensors(path, tensors, { format: "pt", ...training, ...specMetadata(info), ...hashes });
}

/** The layers of one part, named without it. */
function partLayers(module: LoraModule, wanted: AdapterPart): Map<string, LoraLayer> {
  const layers = new Map<string, LoraLayer>();
  for (const [key, layer] of module.layers) {
    const { part, name } = splitKey(key);
    if (part === wanted) layers.set(name, layer);
  }
  return layers;
}

/**
 * Writes diffusers' file (by convention `pytorch_lora_weights.safetensors`); rank and alpha lie in its
 * `lora_adapter_metadata`. Errors as `writeKohya`.
 */
export function writeDiffusers(
  path: string,
  module: LoraModule,
  sites: readonly ModuleSite[],
  options: WriteModuleOptions = {},
): void {
  const tensors = moduleTensors(path, "diffusers", module, sites, options.dtype);
  const fields: Record<string, unknown> = {};
  for (const part of adapterParts) {
    const layers = partLayers(module, part);
    if (layers.size === 0) continue;
    for (const [field, value] of Object.entries(peftFields(layers))) fields[`${part}.${field}`] = value;
  }
  const metadata = { format: "pt", [ADAPTER_METADATA_KEY]: JSON.stringify(fields, null, 2) };
  writeSafetensors(path, tensors, { ...metadata, ...(options.info ? specMetadata(options.info) : {}) });
}

/** "q_proj" where every layer of that name is adapted, as people write it and llama.cpp expects it; else whole names. */
function targetEndings(layers: ReadonlyMap<string, LoraLayer>, sites: readonly ModuleSite[]): string[] {
  const ending = (name: string) => name.slice(name.lastIndexOf(".") + 1);
  const partial = new Set(sites.filter(({ name }) => !layers.has(name)).map(({ name }) => ending(name)));
  return [...new Set([...layers.keys()].map((name) => (partial.has(ending(name)) ? name : ending(name))))];
}

/** Writes one part as a PEFT folder: `adapter_model.safetensors` and `adapter_config.json`. Errors as `writeKohya`. */
export function writePeft(
  folder: string,
  module: LoraModule,
  sites: readonly ModuleSite[],
  part: AdapterPart,
  options: Pick<WriteModuleOptions, "dtype"> & { readonly baseModel?: string } = {},
): void {
  const layers = partLayers(module, part);
  const path = join(folder, "adapter_model.safetensors");
  const only = { layers: new Map([...layers].map(([name, layer]) => [siteKey({ part, name }), layer])), metadata: {} };
  const tensors = moduleTensors(path, "peft", only, sites, options.dtype);
  mkdirSync(folder, { recursive: true });
  writeSafetensors(path, tensors, { format: "pt" });
  const config = {
    ...peftFields(layers),
    ...(part === "language_model" ? { target_modules: targetEndings(layers, sites) } : {}),
    base_model_name_or_path: options.baseModel ?? null,
    task_type: part === "language_model" ? "CAUSAL_LM" : null,
  };
  writeFileAtomic(join(folder, "adapter_config.json"), `${JSON.stringify(config, null, 2)}\n`);
}
