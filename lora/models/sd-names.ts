/**
 * The only place that knows how Stable Diffusion single-file checkpoints (the LDM code's names) call the tensors that a
 * diffusers folder holds. Everything else in the engine uses diffusers names.
 *
 * One table of block pairs, generated from the block counts, serves both directions. An LDM tensor has the same bytes as
 * its diffusers twin, with two exceptions in the shape: the VAE's attention projections are 1×1 convolutions
 * `[C, C, 1, 1]` in LDM and `[C, C]` in diffusers, and OpenCLIP stacks q, k and v in one tensor (`slice`).
 * Sources: diffusers `loaders/single_file_utils.py`; test/golden/sd/names.json.gz holds its conversions.
 */

export type SdPart = "unet" | "vae" | "text_encoder";

/** The `index`-th of `count` equal runs of rows of a tensor (axis 0). */
export interface RowSlice {
  readonly index: number;
  readonly count: number;
}

export interface LdmTensorRef {
  readonly name: string;
  /** The diffusers tensor is this part of the LDM tensor; absent: all of it. */
  readonly slice?: RowSlice;
}

export interface DiffusersTensorRef {
  readonly part: SdPart;
  readonly name: string;
  /** This diffusers tensor comes from this part of the LDM tensor; absent: all of it. */
  readonly slice?: RowSlice;
}

/** Block counts; the widths play no role in names. */
export interface SdNameLayout {
  readonly unet: {
    readonly layersPerBlock: number;
    /** Per down block, whether it has attention; the up blocks mirror it. */
    readonly attention: readonly boolean[];
  };
  readonly vae: { readonly layersPerBlock: number; readonly blocks: number };
  readonly text: { readonly tower: "clip" | "openclip"; readonly layers: number };
}

export const sd1NameLayout: SdNameLayout = {
  unet: { layersPerBlock: 2, attention: [true, true, true, false] },
  vae: { layersPerBlock: 2, blocks: 4 },
  text: { tower: "clip", layers: 12 },
};

/** The checkpoint's tower has 24 layers; diffusers keeps 23, as 2.x reads the last but one. */
export const sd2NameLayout: SdNameLayout = { ...sd1NameLayout, text: { tower: "openclip", layers: 24 } };

export interface SdNames {
  /** No entry: not a tensor of the three parts (schedule buffers, EMA twins). Three entries: a stacked q, k, v. */
  toDiffusers(ldmName: string): readonly DiffusersTensorRef[];
  /** Accepts what {@link canonicalDiffusersName} accepts. */
  toLdm(part: SdPart, diffusersName: string): LdmTensorRef | undefined;
}

/** [LDM, diffusers] name segments inside a block; segments not listed are spelled alike. */
type LeafTable = readonly (readonly [ldm: string, diffusers: string])[];

interface BlockPair {
  readonly part: SdPart;
  readonly ldm: string;
  readonly diffusers: string;
  readonly leaves: LeafTable;
}

const alike: LeafTable = [];
const unetResnet: LeafTable = [
  ["in_layers.0", "norm1"],
  ["in_layers.2", "conv1"],
  ["emb_layers.1", "time_emb_proj"],
  ["out_layers.0", "norm2"],
  ["out_layers.3", "conv2"],
  ["skip_connection", "conv_shortcut"],
];
const vaeResnet: LeafTable = [["nin_shortcut", "conv_shortcut"]];
const vaeAttention: LeafTable = [
  ["norm", "group_norm"],
  ["q", "to_q"],
  ["k", "to_k"],
  ["v", "to_v"],
  ["proj_out", "to_out.0"],
];
/** Before diffusers 0.17 the VAE attention was spelled so, and many published folders still are. */
const vaeAttentionBefore017: LeafTable = [
  ["query", "to_q"],
  ["key", "to_k"],
  ["value", "to_v"],
  ["proj_attn", "to_out.0"],
];
const openClipLayer: LeafTable = [
  ["ln_1", "layer_norm1"],
  ["ln_2", "layer_norm2"],
  ["mlp.c_fc", "mlp.fc1"],
  ["mlp.c_proj", "mlp.fc2"],
  ["attn.out_proj", "self_attn.out_proj"],
];
const stackedProjections = ["q_proj", "k_proj", "v_proj"];

const UNET = "model.diffusion_model.";
const VAE = "first_stage_model.";
const CLIP = "cond_stage_model.transformer.";
const OPEN_CLIP = "cond_stage_model.model.";

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function unetBlocks({ layersPerBlock, attention }: SdNameLayout["unet"]): BlockPair[] {
  const pairs: BlockPair[] = [];
  const add = (ldm: string, diffusers: string, leaves = alike) =>
    pairs.push({ part: "unet", ldm: UNET + ldm, diffusers, leaves });
  add("time_embed.0", "time_embedding.linear_1");
  add("time_embed.2", "time_embedding.linear_2");
  add("input_blocks.0.0", "conv_in");
  add("out.0", "conv_norm_out");
  add("out.2", "conv_out");
  const last = attention.length - 1;
  attention.forEach((hasAttention, block) => {
    const first = 1 + block * (layersPerBlock + 1);
    for (const layer of range(layersPerBlock)) {
      add(`input_blocks.${first + layer}.0`, `down_blocks.${block}.resnets.${layer}`, unetResnet);
      if (hasAttention) add(`input_blocks.${first + layer}.1`, `down_blocks.${block}.attentions.${layer}`);
    }
    if (block < last) add(`input_blocks.${first + layersPerBlock}.0.op`, `down_blocks.${block}.downsamplers.0.conv`);
  });
  add("middle_block.0", "mid_block.resnets.0", unetResnet);
  add("middle_block.1", "mid_block.attentions.0");
  add("middle_block.2", "mid_block.resnets.1", unetResnet);
  attention.toReversed().forEach((hasAttention, block) => {
    const first = block * (layersPerBlock + 1);
    for (const layer of range(layersPerBlock + 1)) {
      add(`output_blocks.${first + layer}.0`, `up_blocks.${block}.resnets.${layer}`, unetResnet);
      if (hasAttention) add(`output_blocks.${first + layer}.1`, `up_blocks.${block}.attentions.${layer}`);
    }
    const upsampler = `output_blocks.${first + layersPerBlock}.${hasAttention ? 2 : 1}.conv`;
    if (block < last) add(upsampler, `up_blocks.${block}.upsamplers.0.conv`);
  });
  return pairs;
}

function vaeBlocks({ layersPerBlock, blocks }: SdNameLayout["vae"]): BlockPair[] {
  const pairs: BlockPair[] = [];
  const add = (ldm: string, diffusers: string, leaves = alike) =>
    pairs.push({ part: "vae", ldm: VAE + ldm, diffusers, leaves });
  add("quant_conv", "quant_conv");
  add("post_quant_conv", "post_quant_conv");
  for (const half of ["encoder", "decoder"]) {
    add(`${half}.conv_in`, `${half}.conv_in`);
    add(`${half}.norm_out`, `${half}.conv_norm_out`);
    add(`${half}.conv_out`, `${half}.conv_out`);
    add(`${half}.mid.block_1`, `${half}.mid_block.resnets.0`, vaeResnet);
    add(`${half}.mid.attn_1`, `${half}.mid_block.attentions.0`, vaeAttention);
    add(`${half}.mid.block_2`, `${half}.mid_block.resnets.1`, vaeResnet);
  }
  for (const block of range(blocks)) {
    // The decoder's blocks are counted from the output in LDM, from the input in diffusers.
    const up = blocks - 1 - block;
    for (const layer of range(layersPerBlock)) {
      add(`encoder.down.${block}.block.${layer}`, `encoder.down_blocks.${block}.resnets.${layer}`, vaeResnet);
    }
    for (const layer of range(layersPerBlock + 1)) {
      add(`decoder.up.${up}.block.${layer}`, `decoder.up_blocks.${block}.resnets.${layer}`, vaeResnet);
    }
    if (block === blocks - 1) continue;
    add(`encoder.down.${block}.downsample.conv`, `encoder.down_blocks.${block}.downsamplers.0.conv`);
    add(`decoder.up.${up}.upsample.conv`, `decoder.up_blocks.${block}.upsamplers.0.conv`);
  }
  return pairs;
}

function textBlocks({ tower, layers }: SdNameLayout["text"]): BlockPair[] {
  const pairs: BlockPair[] = [];
  const add = (ldm: string, diffusers: string, leaves = alike) =>
    pairs.push({ part: "text_encoder", ldm, diffusers, leaves });
  if (tower === "clip") {
    add(`${CLIP}text_model.embeddings.token_embedding`, "text_model.embeddings.token_embedding");
    add(`${CLIP}text_model.embeddings.position_embedding`, "text_model.embeddings.position_embedding");
    add(`${CLIP}text_model.final_layer_norm`, "text_model.final_layer_norm");
    for (const i of range(layers)) add(`${CLIP}text_model.encoder.layers.${i}`, `text_model.encoder.layers.${i}`);
    return pairs;
  }
  add(`${OPEN_CLIP}token_embedding`, "text_model.embeddings.token_embedding");
  add(`${OPEN_CLIP}positional_embedding`, "text_model.embeddings.position_embedding.weight");
  add(`${OPEN_CLIP}ln_final`, "text_model.final_layer_norm");
  for (const i of range(layers)) {
    add(`${OPEN_CLIP}transformer.resblocks.${i}`, `text_model.encoder.layers.${i}`, openClipLayer);
  }
  return pairs;
}

/** Replaces the leading segments of `rest` that `leaves` lists; `from` is the column to look in. */
function renameLeaf(rest: string, leaves: LeafTable, from: 0 | 1): string {
  for (const pair of leaves) {
    if (rest === pair[from] || rest.startsWith(`${pair[from]}.`)) return pair[1 - from] + rest.slice(pair[from].length);
  }
  return rest;
}

/** The block whose prefix is the longest of whole segments of `name`, and what follows it. */
function findBlock(
  blocks: ReadonlyMap<string, BlockPair>,
  name: string,
): { pair: BlockPair; rest: string } | undefined {
  for (let end = name.length; end > 0; end = name.lastIndexOf(".", end - 1)) {
    const pair = blocks.get(name.slice(0, end));
    if (pair) return { pair, rest: name.slice(end + 1) };
  }
  return undefined;
}

const joinName = (block: string, rest: string): string => (rest === "" ? block : `${block}.${rest}`);

/** Index buffers that older checkpoints carry beside the weights. */
const isBuffer = (name: string): boolean => name.endsWith("position_ids");

/** Builds both directions for one layout; see {@link sdNameLayoutOf} for a checkpoint's own. */
export function sdNames(layout: SdNameLayout): SdNames {
  const pairs = [...unetBlocks(layout.unet), ...vaeBlocks(layout.vae), ...textBlocks(layout.text)];
  const byLdm = new Map(pairs.map((pair) => [pair.ldm, pair]));
  const byDiffusers = new Map(pairs.map((pair) => [`${pair.part}/${pair.diffusers}`, pair]));
  return {
    toDiffusers(ldmName) {
      const found = findBlock(byLdm, canonicalLdmName(ldmName));
      if (!found || isBuffer(ldmName)) return [];
      const { pair, rest } = found;
      const stacked = /^attn\.in_proj_(weight|bias)$/.exec(rest);
      if (!stacked) return [{ part: pair.part, name: joinName(pair.diffusers, renameLeaf(rest, pair.leaves, 0)) }];
      return stackedProjections.map((projection, index) => ({
        part: pair.part,
        name: `${pair.diffusers}.self_attn.${projection}.${stacked[1]}`,
        slice: { index, count: stackedProjections.length },
      }));
    },
    toLdm(part, diffusersName) {
      const found = findBlock(byDiffusers, `${part}/${canonicalDiffusersName(part, diffusersName)}`);
      if (!found || isBuffer(diffusersName)) return undefined;
      const { pair, rest } = found;
      const projection = /^self_attn\.([qkv]_proj)\.(weight|bias)$/.exec(rest);
      if (!projection || layout.text.tower === "clip") {
        return { name: joinName(pair.ldm, renameLeaf(rest, pair.leaves, 1)) };
      }
      const slice = { index: stackedProjections.indexOf(projection[1]!), count: stackedProjections.length };
      return { name: `${pair.ldm}.attn.in_proj_${projection[2]}`, slice };
    },
  };
}

/** Some early merges dropped `text_model.` from the CLIP names. */
function canonicalLdmName(name: string): string {
  return name.startsWith(CLIP) && !name.startsWith(`${CLIP}text_model.`)
    ? `${CLIP}text_model.${name.slice(CLIP.length)}`
    : name;
}

/**
 * The current diffusers spelling of a name found in a diffusers folder: VAE attention from before diffusers 0.17
 * (`query` → `to_q`, …), and the text encoder as transformers 5 writes it, without `text_model.`.
 */
export function canonicalDiffusersName(part: SdPart, name: string): string {
  if (part === "text_encoder") {
    return /^(embeddings|encoder|final_layer_norm)\./.test(name) ? `text_model.${name}` : name;
  }
  const attention = part === "vae" ? /^(.*mid_block\.attentions\.\d+)\.(.*)$/.exec(name) : null;
  return attention ? `${attention[1]}.${renameLeaf(attention[2]!, vaeAttentionBefore017, 0)}` : name;
}

/** The EMA twin of an LDM UNet tensor: the name with its dots removed, under `model_ema.`. */
export function emaNameOf(ldmUnetName: string): string {
  return `model_ema.${ldmUnetName.split(".").slice(1).join("")}`;
}

/**
 * Reads the block counts off the names of a single-file checkpoint.
 * @returns undefined when a part is missing, so that the caller can say that the file is not a Stable Diffusion 1.x/2.x.
 */
export function sdNameLayoutOf(ldmNames: Iterable<string>): SdNameLayout | undefined {
  const names = [...ldmNames].map(canonicalLdmName);
  const hasAny = (prefix: string): boolean => names.some((name) => name.startsWith(prefix));
  const countFrom = (prefixOf: (i: number) => string): number => {
    let count = 0;
    while (hasAny(prefixOf(count))) count++;
    return count;
  };
  const inputBlocks = countFrom((i) => `${UNET}input_blocks.${i}.`);
  const downsamplers = range(inputBlocks).filter((i) => hasAny(`${UNET}input_blocks.${i}.0.op.`));
  const layersPerBlock = (downsamplers[0] ?? inputBlocks) - 1;
  const attention = range(downsamplers.length + 1).map((block) =>
    hasAny(`${UNET}input_blocks.${1 + block * (layersPerBlock + 1)}.1.`),
  );
  const vaeLayers = countFrom((i) => `${VAE}encoder.down.0.block.${i}.`);
  const vae = { layersPerBlock: vaeLayers, blocks: countFrom((i) => `${VAE}encoder.down.${i}.`) };
  const openClip = hasAny(OPEN_CLIP);
  const layerPrefix = openClip ? `${OPEN_CLIP}transformer.resblocks.` : `${CLIP}text_model.encoder.layers.`;
  const layers = countFrom((i) => `${layerPrefix}${i}.`);
  if (inputBlocks < 2 || vae.blocks === 0 || vaeLayers === 0 || layers === 0) return undefined;
  return { unet: { layersPerBlock, attention }, vae, text: { tower: openClip ? "openclip" : "clip", layers } };
}
