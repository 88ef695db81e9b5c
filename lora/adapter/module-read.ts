import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { openSafetensors, readTensor, readTensorRaw, type SafetensorsFile } from "../format/index.ts";
import { adapterErrors as errors } from "./errors.ts";
import { readGgufModule } from "./gguf-module.ts";
import { metadataSettings, readPeftConfig, type PeftSettings } from "./module-settings.ts";
import type { LoraLayer, LoraModule } from "./module.ts";
import { fileKind, likelyBase, parseForeignKey, schemeOf, SiteNames, type TensorRole } from "./names.ts";
import { adapterParts, downWidth, siteKey, type AdapterPart, type ModuleSite } from "./site.ts";

export interface IgnoredKey {
  readonly key: string;
  readonly reason: string;
}
/** What became of each tensor of a file, by the names it has there. */
export interface ModuleReport {
  readonly applied: readonly string[];
  readonly ignored: readonly IgnoredKey[];
}

const PEFT_CONFIG = "adapter_config.json";
/** What a folder is expected to hold: PEFT's file, diffusers' file. */
const moduleFileNames = ["adapter_model.safetensors", "pytorch_lora_weights.safetensors"];

function moduleFileIn(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  const file = moduleFileNames.map((name) => join(path, name)).find((candidate) => existsSync(candidate));
  if (!file) throw errors.MODULE_FOLDER(path, moduleFileNames.join(" or "));
  return file;
}

/** The tensors of one layer, by role. */
interface FoundLayer {
  readonly site: ModuleSite;
  readonly base: string;
  readonly keys: Partial<Record<TensorRole, string>>;
  /** What the layer is, if not a plain LoRA. */
  what?: string;
}

class ModuleReader {
  private readonly file: SafetensorsFile;
  private readonly names: SiteNames;
  private readonly applied: string[] = [];
  private readonly ignored: IgnoredKey[] = [];
  private readonly settings: Readonly<Record<AdapterPart, PeftSettings | undefined>>;

  constructor(file: SafetensorsFile, sites: readonly ModuleSite[]) {
    this.file = file;
    this.names = new SiteNames(sites);
    const isPeft = [...file.tensors.keys()].some((key) => schemeOf(key) === "peft");
    const folder = isPeft ? readPeftConfig(join(dirname(file.path), PEFT_CONFIG)) : undefined;
    const of = (part: AdapterPart) => folder ?? metadataSettings(file.path, file.metadata, part);
    this.settings = Object.fromEntries(adapterParts.map((part) => [part, of(part)])) as typeof this.settings;
  }

  read(): { module: LoraModule; report: ModuleReport } {
    const layers = new Map<string, LoraLayer>();
    for (const found of this.collect()) {
      const layer = this.layer(found);
      if (layer) layers.set(siteKey(found.site), layer);
    }
    if (layers.size === 0) {
      const { looksLike, remedy } = fileKind(this.file.tensors.keys());
      throw errors.MODULE_NOTHING_APPLIED(this.file.path, looksLike, remedy);
    }
    return {
      module: { layers, metadata: { ...this.file.metadata } },
      report: { applied: this.applied, ignored: this.ignored },
    };
  }

  private ignore(key: string, reason: string): void {
    this.ignored.push({ key, reason });
  }

  private collect(): Iterable<FoundLayer> {
    const layers = new Map<ModuleSite, FoundLayer>();
    for (const key of [...this.file.tensors.keys()].toSorted()) {
      const parsed = parseForeignKey(key);
      if (!parsed) {
        this.ignore(key, "not a tensor of a LoRA module");
        continue;
      }
      const site = this.names.find(parsed.base);
      if (!site) {
        this.ignore(key, "this base has no such layer that a module can adapt");
        continue;
      }
      const found: FoundLayer = layers.get(site) ?? { site, base: parsed.base, keys: {} };
      layers.set(site, found);
      const earlier = found.keys[parsed.role];
      if (earlier !== undefined && parsed.role !== "other") throw errors.MODULE_TWICE(this.file.path, earlier, key);
      if (parsed.what !== undefined) {
        found.what = parsed.what;
        this.ignore(key, `the layer is ${parsed.what}, which is not supported`);
      } else found.keys[parsed.role] = key;
    }
    return layers.values();
  }

  /** The layer's matrices; undefined (and reported) where they are not a whole plain LoRA. */
  private layer({ site, keys, what }: FoundLayer): LoraLayer | undefined {
    const { down, up, alpha } = keys;
    if (what !== undefined || down === undefined || up === undefined) {
      const missing = down === undefined ? "its down half is missing" : "its up half is missing";
      const reason = what === undefined ? missing : `the layer is ${what}, which is not supported`;
      for (const key of Object.values(keys)) this.ignore(key, reason);
      return undefined;
    }
    const rank = this.rank(site, down, up);
    if (rank === 0) {
      for (const key of Object.values(keys)) this.ignore(key, "its rank is 0");
      return undefined;
    }
    const { inSize, outSize, kernel } = site;
    const layer = {
      rank,
      alpha: this.alpha(site, alpha, rank),
      inSize,
      outSize,
      kernel,
      down: this.finite(down),
      up: this.finite(up),
    };
    this.applied.push(...Object.values(keys));
    return layer;
  }

  /** Checks both shapes against the site. [r, in] and [r, in, 1, 1] are the same matrix. */
  private rank(site: ModuleSite, downKey: string, upKey: string): number {
    const { kernel } = site;
    const down = this.file.tensors.get(downKey)!.shape;
    const up = this.file.tensors.get(upKey)!.shape;
    const rank = down[0] ?? 0;
    const square = `${site.inSize}, ${kernel}, ${kernel}`;
    const downFits =
      (down.length === 4 && down[1] === site.inSize && down[2] === kernel && down[3] === kernel) ||
      (down.length === 2 && down[1] === downWidth(site) && kernel === 1);
    if (!downFits) throw this.wrongShape(downKey, kernel > 1 ? `[rank, ${square}]` : `[rank, ${site.inSize}]`, down);
    const upFits = up[0] === site.outSize && up[1] === rank && up.slice(2).every((size) => size === 1);
    if (!upFits || (up.length !== 2 && up.length !== 4)) {
      throw this.wrongShape(upKey, `[${site.outSize}, ${rank}]`, up);
    }
    return rank;
  }

  private wrongShape(key: string, expected: string, got: readonly number[]): Error {
    const shapes = [...this.file.tensors].map(([name, { shape }]) => [name, shape] as const);
    const base = likelyBase(shapes);
    const remedy = base
      ? `the module was made for ${base}, use it with such a base`
      : "the module was made for a base of another size, use it with that one";
    return errors.MODULE_SHAPE(this.file.path, key, expected, `[${got.join(", ")}]`, remedy);
  }

  private alpha(site: ModuleSite, key: string | undefined, rank: number): number {
    if (key === undefined) return this.settings[site.part]?.alphaOf(site.name, rank) || rank;
    const { dtype, shape } = this.file.tensors.get(key)!;
    if (shape.some((size) => size !== 1)) throw this.wrongShape(key, "[]", shape);
    const isInteger = /^[IU]\d+$/.test(dtype);
    const value = Number(isInteger ? readTensorRaw(this.file, key).data[0] : readTensor(this.file, key)[0]);
    if (!Number.isFinite(value) || value < 0) {
      throw errors.MODULE_VALUE(this.file.path, key, "a number of at least 0", String(value));
    }
    // sd-scripts takes 0 as "not given".
    return value || rank;
  }

  private finite(key: string): Float32Array {
    const data = readTensor(this.file, key);
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw errors.MODULE_VALUE(this.file.path, key, "finite numbers", `${data[at]} at ${at}`);
    return data;
  }
}

/**
 * Reads a module by kohya, diffusers or PEFT names or llama.cpp's, of any floating dtype, against the sites of a base (all that
 * `recordSites` found). Without a stored alpha, alpha = rank (scale 1), as every loader takes it.
 * @param path the .safetensors or .gguf file, or a folder of PEFT's or diffusers' making
 * Errors: MODULE_NOTHING_APPLIED, MODULE_SHAPE, MODULE_TWICE, MODULE_VALUE, MODULE_CONFIG, MODULE_FOLDER and those of
 * `openSafetensors` and `openGguf`.
 */
export function readModule(path: string, sites: readonly ModuleSite[]): { module: LoraModule; report: ModuleReport } {
  const file = moduleFileIn(path);
  if (file.toLowerCase().endsWith(".gguf")) return readGgufModule(file, sites);
  return new ModuleReader(openSafetensors(file), sites).read();
}
