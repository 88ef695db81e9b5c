/**
 * The only place that knows how other tools call the tensors of a module. Sources: sd-scripts `networks/lora.py`,
 * diffusers `loaders/lora_conversion_utils.py` and `utils/state_dict_utils.py`, PEFT `utils/save_and_load.py`.
 *
 * A key is a base (which layer) and a suffix (which tensor of it). sd-scripts writes the dots of a layer's name as
 * underscores, which cannot be undone by rule ("to_out_0" is "to_out.0", "to_q" is "to_q"); so bases are looked up among
 * the spellings of the sites that the base model has.
 */
import assert from "node:assert";
import { siteKey, type AdapterPart, type ModuleSite } from "./site.ts";

export type NameScheme = "kohya" | "diffusers" | "peft";
/** `other` marks the layer as something else than a plain LoRA: applying down and up alone would be wrong. */
export type TensorRole = "down" | "up" | "alpha" | "other";

/** Longer endings first: ".lora.down.weight" also ends in ".down.weight". */
const suffixes: readonly (readonly [suffix: string, role: TensorRole, what?: string])[] = [
  [".lora_linear_layer.down.weight", "down"],
  [".lora_linear_layer.up.weight", "up"],
  [".lora_magnitude_vector.default.weight", "other", "DoRA"],
  [".lora_magnitude_vector.weight", "other", "DoRA"],
  [".lora_magnitude_vector", "other", "DoRA"],
  [".lora.dora_scale", "other", "DoRA"],
  [".dora_scale", "other", "DoRA"],
  [".lora_A.default.weight", "down"],
  [".lora_B.default.weight", "up"],
  [".lora_A.weight", "down"],
  [".lora_B.weight", "up"],
  [".lora_down.weight", "down"],
  [".lora_up.weight", "up"],
  [".lora.down.weight", "down"],
  [".lora.up.weight", "up"],
  [".lora_mid.weight", "other", "LoCon with a Tucker core"],
  [".lora_B.bias", "other", "LoRA with a bias"],
  [".lora_up.bias", "other", "LoRA with a bias"],
  [".bias", "other", "a trained bias"],
  [".down.weight", "down"],
  [".up.weight", "up"],
  [".lora.alpha", "alpha"],
  [".alpha", "alpha"],
  ...["hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2"].map(
    (name) => [`.${name}`, "other", "LoHa"] as const,
  ),
  ...["lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2"].map(
    (name) => [`.${name}`, "other", "LoKr"] as const,
  ),
  [".oft_blocks", "other", "OFT"],
  [".oft_diag", "other", "OFT"],
  [".diff_b", "other", "a difference of full weights"],
  [".diff", "other", "a difference of full weights"],
];

export interface ForeignKey {
  readonly base: string;
  readonly role: TensorRole;
  /** What the tensor makes of its layer, where the role is `other`. */
  readonly what?: string;
}

/** Cuts a key into layer and tensor; undefined where it is no tensor of a module. */
export function parseForeignKey(key: string): ForeignKey | undefined {
  const row = suffixes.find(([suffix]) => key.endsWith(suffix));
  if (!row) return undefined;
  const [suffix, role, what] = row;
  const base = key.slice(0, -suffix.length);
  return what === undefined ? { base, role } : { base, role, what };
}

/** sd-scripts writes "lora_te_" for SD 1.x and 2.x; some trainers number the towers as for SDXL. */
const kohyaPrefixes: Readonly<Record<AdapterPart, readonly [string, ...string[]]>> = {
  unet: ["lora_unet_"],
  text_encoder: ["lora_te_", "lora_te1_"],
  // sd-scripts knows no language models: this is how its names would continue.
  language_model: ["lora_lm_"],
};
const PEFT_PREFIX = "base_model.model.";
/** transformers 5 dropped this level of CLIPTextModel; most published files have it. */
const TEXT_MODEL = "text_model.";

/** A text encoder's layer as transformers 5 nests it, which is also an ending of how transformers 4 does. */
export const withoutTextModel = (name: string): string =>
  name.startsWith(TEXT_MODEL) ? name.slice(TEXT_MODEL.length) : name;

const underscored = (name: string) => name.replaceAll(".", "_");

/** diffusers before 0.17: adapters lay in the attention processor, "attn1.processor.to_q_lora". */
function processorSpelling(name: string): string | undefined {
  const match = /^(.*\.attn[12])\.(to_q|to_k|to_v|to_out)(\.0)?$/.exec(name);
  return match ? `${match[1]}.processor.${match[2]}_lora` : undefined;
}
/** diffusers 0.15 to 0.16 spelled the text encoder's layers as the UNet's. */
function monkeyPatchedSpelling(name: string): string | undefined {
  const match = /^(.*\.self_attn)\.(q|k|v|out)_proj$/.exec(name);
  return match ? `${match[1]}.to_${match[2]}_lora` : undefined;
}

/** Every base under which a file may hold the site. */
function spellings({ part, name }: ModuleSite): string[] {
  const short = withoutTextModel(name);
  const old = part === "unet" ? processorSpelling(name) : monkeyPatchedSpelling(name);
  const dotted = new Set([name, short, ...(old === undefined ? [] : [old])]);
  return [
    ...kohyaPrefixes[part].map((prefix) => prefix + underscored(name)),
    ...[...dotted].flatMap((spelling) => [`${part}.${spelling}`, PEFT_PREFIX + spelling, spelling]),
  ];
}

/** Finds sites by the bases of foreign keys. */
export class SiteNames {
  private readonly sites = new Map<string, ModuleSite>();

  constructor(sites: readonly ModuleSite[]) {
    for (const site of sites) {
      for (const base of spellings(site)) {
        const other = this.sites.get(base);
        assert(!other, `${base} names ${siteKey(site)} and ${other && siteKey(other)}`);
        this.sites.set(base, site);
      }
    }
  }

  find(base: string): ModuleSite | undefined {
    return this.sites.get(base);
  }
}

export interface LayerKeys {
  readonly down: string;
  readonly up: string;
  readonly alpha: string;
}

const pair = (base: string, down: string, up: string): LayerKeys => ({
  down: `${base}.${down}.weight`,
  up: `${base}.${up}.weight`,
  alpha: `${base}.alpha`,
});

/** The keys under which a tool's own files hold a site. */
export const keysOf: Readonly<Record<NameScheme, (site: ModuleSite) => LayerKeys>> = {
  kohya: ({ part, name }) => pair(kohyaPrefixes[part][0] + underscored(name), "lora_down", "lora_up"),
  diffusers: ({ part, name }) =>
    part === "unet"
      ? pair(`${part}.${name}`, "lora.down", "lora.up")
      : pair(`${part}.${name}`, "lora_linear_layer.down", "lora_linear_layer.up"),
  peft: ({ name }) => pair(PEFT_PREFIX + name, "lora_A", "lora_B"),
};

/** Which tool's names a key is spelled in. */
export function schemeOf(key: string): NameScheme {
  if (key.startsWith("lora_")) return "kohya";
  return key.startsWith(PEFT_PREFIX) ? "peft" : "diffusers";
}

export interface FileKind {
  readonly looksLike: string;
  readonly remedy: string;
}

const OTHER_BASE = "use it with a base of that kind, or choose a module made for Stable Diffusion";
const PLAIN_LORA = "choose a plain LoRA (rank decomposition) or convert it to one";
/** What a file holds, by any of its keys; the first row that matches decides. */
const fileKinds: readonly (readonly [keys: RegExp, looksLike: string, remedy: string])[] = [
  [/^emb_params$|^clip_[lg]$|^string_to_param/, "a textual inversion embedding", "use a LoRA module instead"],
  [/^(model\.)?diffusion_model\.|^cond_stage_model\./, "a full checkpoint", "name it as the base model instead"],
  [/^first_stage_model\.|^decoder\.(up|up_blocks)\./, "a VAE", "use it as part of a base model instead"],
  [
    /^(down_blocks|up_blocks|mid_block)\.(?!.*(lora|alpha))/,
    "a full UNet",
    "name its folder as the base model instead",
  ],
  [/^lora_te2_|^text_encoder_2\./, "a LoRA for SDXL", OTHER_BASE],
  [/^lora_unet_(input_blocks|output_blocks|middle_block)_/, "a LoRA for SDXL", OTHER_BASE],
  [
    /transformer_blocks_([2-9]|\d\d)_|transformer_blocks\.([2-9]|\d\d)\./,
    "a LoRA for SDXL or a later model",
    OTHER_BASE,
  ],
  [
    /double_blocks|single_blocks|single_transformer_blocks|^(lora_)?transformer[._]|joint_blocks/,
    "a LoRA for Flux or SD3",
    OTHER_BASE,
  ],
  [
    /\.layers\.\d+\.self_attn\.[qkvo]_proj\..*lora_|query_key_value/,
    "a LoRA for a language model",
    "use it with a language model",
  ],
  [
    /\.(hada|lokr|oft)_|\.dora_scale$|lora_magnitude_vector|\.lora_mid\./,
    "a LoHa, LoKr, OFT or DoRA module",
    PLAIN_LORA,
  ],
  [/\.(diff|diff_b)$/, "a difference of full weights", PLAIN_LORA],
  [/lora/, "a LoRA for another model", "check which base model it was made for"],
];

/** What a file without a usable layer seems to be. */
export function fileKind(keys: Iterable<string>): FileKind {
  const all = [...keys];
  const row = fileKinds.find(([pattern]) => all.some((key) => pattern.test(key)));
  return row
    ? { looksLike: row[1], remedy: row[2] }
    : { looksLike: "no tensor of a LoRA", remedy: "check that this is the module's file" };
}

/** Whose cross-attention is this wide: the surest sign of the base that a module was made for. */
const contextWidths: ReadonlyMap<number, string> = new Map([
  [768, "Stable Diffusion 1.x"],
  [1024, "Stable Diffusion 2.x"],
  [2048, "SDXL"],
]);

/** Whether a base names a layer whose input is the text embedding. */
const readsText = (base: string): boolean => /attn2[._](processor\.)?to_[kv](_lora)?$/.test(base);

/** The base that a file was made for, from the input width of a layer that reads the text embedding. */
export function likelyBase(shapes: Iterable<readonly [key: string, shape: readonly number[]]>): string | undefined {
  for (const [key, shape] of shapes) {
    const parsed = parseForeignKey(key);
    if (parsed?.role === "down" && readsText(parsed.base)) return contextWidths.get(shape[1] ?? 0);
  }
  return undefined;
}
