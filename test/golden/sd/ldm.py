"""Names of the single-file (LDM) checkpoints, and the proof that diffusers reads them as we think.

Run:  python test/golden/sd/ldm.py               writes names.json.gz (pairs for tiny, tiny-v2, SD 1.5 and SD 2.1)
      python test/golden/sd/ldm.py tiny OUT      writes the tiny model as a single file, for use by hand

The pairs are built here from diffusers names and then sent through diffusers' own single-file conversion, which must give
every diffusers name back.
"""

import gzip
import json
import re
import sys

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders import single_file_utils as diffusers_own
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

from tiny import DOWN, HERE, UP, VAE, VARIANTS, build, canonical_text_name, state_dicts

RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0", "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
TOP = {"time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2", "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2"}
VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
OPEN_CLIP = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj", "self_attn.out_proj": "attn.out_proj"}


def replace_leaf(rest, table):
    for old, new in table.items():
        if rest == old or rest.startswith(old + "."):
            return new + rest[len(old) :]
    return rest


def unet_name(name, layers):
    for old, new in TOP.items():
        if name.startswith(old + "."):
            return "model.diffusion_model." + new + name[len(old) :]
    mid = re.fullmatch(r"mid_block\.(resnets|attentions)\.(\d)\.(.*)", name)
    if mid:
        kind, index, rest = mid.groups()
        place = 1 if kind == "attentions" else 2 * int(index)
        return f"model.diffusion_model.middle_block.{place}." + (rest if kind == "attentions" else replace_leaf(rest, RESNET))
    side, block, kind, index, rest = re.fullmatch(r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.*)", name).groups()
    block, index = int(block), int(index)
    if kind == "downsamplers":
        return f"model.diffusion_model.input_blocks.{(block + 1) * (layers + 1)}.0.op." + rest.removeprefix("conv.")
    if kind == "upsamplers":
        return f"model.diffusion_model.output_blocks.{block * (layers + 1) + layers}.{1 if block == 0 else 2}." + rest
    number = 1 + block * (layers + 1) + index if side == "down" else block * (layers + 1) + index
    side = "input_blocks" if side == "down" else "output_blocks"
    if kind == "resnets":
        return f"model.diffusion_model.{side}.{number}.0." + replace_leaf(rest, RESNET)
    return f"model.diffusion_model.{side}.{number}.1." + rest


def vae_name(name, blocks):
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    attention = re.fullmatch(r"(.*)mid_block\.attentions\.0\.(.*)", name)
    if attention:
        name = f"{attention[1]}mid.attn_1." + replace_leaf(attention[2], VAE_ATTENTION)
    name = re.sub(r"down_blocks\.(\d)\.resnets", r"down.\1.block", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d)\.resnets", lambda m: f"up.{blocks - 1 - int(m[1])}.block", name)
    name = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{blocks - 1 - int(m[1])}.upsample", name)
    return "first_stage_model." + name


def open_clip_name(name):
    """(LDM name, row part or None)"""
    top = {"text_model.embeddings.position_embedding.weight": "positional_embedding", "text_model.embeddings.token_embedding.weight": "token_embedding.weight"}
    if name in top:
        return "cond_stage_model.model." + top[name], None
    if name.startswith("text_model.final_layer_norm"):
        return name.replace("text_model.final_layer_norm", "cond_stage_model.model.ln_final"), None
    layer, rest = re.fullmatch(r"text_model\.encoder\.layers\.(\d+)\.(.*)", name).groups()
    prefix = f"cond_stage_model.model.transformer.resblocks.{layer}."
    stacked = re.fullmatch(r"self_attn\.([qkv])_proj\.(weight|bias)", rest)
    if stacked:
        return f"{prefix}attn.in_proj_{stacked[2]}", "qkv".index(stacked[1])
    return prefix + replace_leaf(rest, OPEN_CLIP), None


def name_pairs(names, layers, tower, vae_blocks=4):
    """[LDM name, part, diffusers name, row part or null] for {part: [diffusers name]}."""
    pairs = [[unet_name(n, layers), "unet", n, None] for n in names["unet"]]
    pairs += [[vae_name(n, vae_blocks), "vae", n, None] for n in names["vae"]]
    for n in names["text_encoder"]:
        ldm, row = (f"cond_stage_model.transformer.{n}", None) if tower == "clip" else open_clip_name(n)
        pairs.append([ldm, "text_encoder", n, row])
    return pairs


def to_single_file(parts, layers, tower):
    """fp16 state dict with LDM names and shapes."""
    checkpoint, stacked = {}, {}
    for ldm, part, name, row in name_pairs({p: list(t) for p, t in parts.items()}, layers, tower):
        value = parts[part][name]
        if row is not None:
            stacked.setdefault(ldm, [None] * 3)[row] = value
            continue
        if ".mid.attn_1." in ldm and value.ndim == 2:
            value = value[:, :, None, None]
        checkpoint[ldm] = value
    return {**checkpoint, **{k: torch.cat(v) for k, v in stacked.items()}}


def verify(parts, layers, tower, vae_config):
    checkpoint = to_single_file(parts, layers, tower)
    class Text:
        config = type("Config", (), {"hidden_size": parts["text_encoder"]["text_model.final_layer_norm.weight"].shape[0]})
    back = {
        "unet": diffusers_own.convert_ldm_unet_checkpoint(checkpoint, {"layers_per_block": layers}),
        "vae": diffusers_own.convert_ldm_vae_checkpoint(checkpoint, vae_config),
        "text_encoder": diffusers_own.convert_ldm_clip_checkpoint(checkpoint) if tower == "clip" else diffusers_own.convert_open_clip_checkpoint(Text, checkpoint),
    }
    for part, tensors in parts.items():
        given = {canonical_text_name(k) if part == "text_encoder" else k: v for k, v in back[part].items()}
        assert set(given) == set(tensors), (part, set(given) ^ set(tensors))
        for name, value in tensors.items():
            assert given[name].shape == value.shape, (part, name)
            assert value.is_meta or torch.equal(given[name], value), (part, name)
    return checkpoint


def full_size(tower, text_layers):
    """The real configurations on the meta device: names and shapes, no memory."""
    with torch.device("meta"):
        unet = UNet2DConditionModel(sample_size=64, down_block_types=DOWN, up_block_types=UP, cross_attention_dim=768, use_linear_projection=tower != "clip")
        vae = AutoencoderKL(**{**VAE, "norm_num_groups": 32}, block_out_channels=[128, 256, 512, 512])
        text = CLIPTextModel(CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_attention_heads=12, num_hidden_layers=text_layers))
    return state_dicts({"unet": unet, "vae": vae, "text_encoder": text})


def main():
    if len(sys.argv) == 3:
        variant, out = sys.argv[1:]
        tower = "clip" if variant == "tiny" else "openclip"
        layers = VARIANTS[variant]["unet"]["layers_per_block"]
        checkpoint = to_single_file(state_dicts(build(variant)), layers, tower)
        save_file({k: v.contiguous() for k, v in checkpoint.items()}, out, metadata={"format": "pt"})
        return
    models = {
        "sd15": (full_size("clip", 12), 2, "clip"),
        "sd21": (full_size("openclip", 23), 2, "openclip"),
        "tiny": (state_dicts(build("tiny")), 2, "clip"),
        "tiny-v2": (state_dicts(build("tiny-v2")), 1, "openclip"),
    }
    pairs = {}
    for name, (parts, layers, tower) in models.items():
        verify(parts, layers, tower, VAE)
        pairs[name] = name_pairs({p: list(t) for p, t in parts.items()}, layers, tower)
        print(name, {part: len(tensors) for part, tensors in parts.items()})
    (HERE / "names.json.gz").write_bytes(gzip.compress(json.dumps(pairs).encode(), mtime=0))


if __name__ == "__main__":
    main()
