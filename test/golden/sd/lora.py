"""LoRA by PEFT on the tiny models, and LoRA files as diffusers, PEFT and kohya-style trainers write them."""

import math
import shutil
import tempfile
import pathlib

import torch
from diffusers import StableDiffusionPipeline
from diffusers.utils import convert_state_dict_to_diffusers
from peft import LoraConfig, get_peft_model
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file

from tiny import HERE, canonical_text_name

FOREIGN = HERE / "foreign"
ATTENTION = ["to_q", "to_k", "to_v", "to_out.0"]
FEED_FORWARD = ["ff.net.0.proj", "ff.net.2"]
PROJECTIONS = ["proj_in", "proj_out"]
CONVOLUTIONS = ["conv1", "conv2", "conv_shortcut", "time_emb_proj", "downsamplers.0.conv", "upsamplers.0.conv"]
TEXT = ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"]
SETS = {
    "attention": {"unet": (4, 8, ATTENTION)},
    "everything": {"unet": (2, 4, ATTENTION + FEED_FORWARD + PROJECTIONS + CONVOLUTIONS), "text_encoder": (4, 4, TEXT)},
}


def config_of(rank, alpha, targets):
    return LoraConfig(r=rank, lora_alpha=alpha, target_modules=targets, init_lora_weights="gaussian")


def attach(models, lora_set, seed):
    """Adds the set's adapters with fixed, non-zero, fp16-representable values and makes only them trainable."""
    generator = torch.Generator().manual_seed(seed)
    for part, settings in lora_set.items():
        models[part].add_adapter(config_of(*settings))
        models[part].double()
        for _, parameter in sorted(lora_parameters(models[part]).items()):
            value = torch.rand(parameter.shape, generator=generator) * 2 - 1
            bound = 1 / math.sqrt(parameter[0].numel()) if parameter.shape[0] == settings[0] else 0.5
            parameter.data = (value * bound).half().double()
            parameter.requires_grad_(True)
    return models


def lora_parameters(model):
    """{module path + .down|.up: parameter}; text encoder paths with `text_model.`."""
    found = {}
    for name, parameter in model.named_parameters():
        if ".lora_" not in name:
            continue
        path = name.replace(".lora_A.default.weight", ".down").replace(".lora_B.default.weight", ".up")
        found[canonical_text_name(path) if path.startswith(("encoder.", "text_model.")) else path] = parameter
    return found


def all_parameters(models, lora_set):
    return {f"{part}/{name}": p for part in lora_set for name, p in lora_parameters(models[part]).items()}


def write_diffusers(models, path):
    """What a current diffusers training script saves: PEFT state dicts plus the adapters' settings as metadata."""
    parts = {part: get_peft_model_state_dict(models[part]) for part in ("unet", "text_encoder")}
    halves = {part: {k: v.half() for k, v in tensors.items()} for part, tensors in parts.items()}
    settings = {f"{part}_lora_adapter_metadata": models[part].peft_config["default"].to_dict() for part in halves}
    with tempfile.TemporaryDirectory() as folder:
        StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=halves["unet"], text_encoder_lora_layers=halves["text_encoder"], **settings)
        shutil.copyfile(f"{folder}/pytorch_lora_weights.safetensors", path)


def write_diffusers_old(models, path):
    """`….lora.down.weight` names and no metadata, as diffusers before 0.2x: readers take alpha = rank."""
    tensors = convert_state_dict_to_diffusers(get_peft_model_state_dict(models["unet"]))
    with tempfile.TemporaryDirectory() as folder:
        StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers={k: v.half() for k, v in tensors.items()})
        shutil.copyfile(f"{folder}/pytorch_lora_weights.safetensors", path)


def write_peft(models, folder, settings):
    """PEFT's own folder; the adapter values are those of `models['unet']`, on a bare copy of its base."""
    source = get_peft_model_state_dict(models["unet"])
    bare = type(models["unet"]).from_config(models["unet"].config).double()
    wrapped = get_peft_model(bare, config_of(*settings))
    with torch.no_grad():
        for name, parameter in wrapped.base_model.model.named_parameters():
            if ".lora_" in name:
                parameter.copy_(source[name.replace(".default", "")])
    shutil.rmtree(folder, ignore_errors=True)
    wrapped.half().save_pretrained(folder)
    (pathlib.Path(folder) / "README.md").unlink(missing_ok=True)


def write_kohya(models, lora_set, path):
    tensors = {}
    prefixes = {"unet": "lora_unet_", "text_encoder": "lora_te_"}
    for part, (_, alpha, _) in lora_set.items():
        for name, parameter in lora_parameters(models[part]).items():
            module, kind = name.rsplit(".", 1)
            key = prefixes[part] + module.replace(".", "_")
            tensors[f"{key}.lora_{kind}.weight"] = parameter.detach().half().contiguous()
            tensors[f"{key}.alpha"] = torch.tensor(float(alpha)).half()
    metadata = {"ss_v2": "False", "ss_base_model_version": "sd_v1", "ss_network_module": "networks.lora", "ss_network_dim": "2", "ss_network_alpha": "4.0", "ss_network_args": "{}"}
    save_file(tensors, path, metadata=metadata)


def write_foreign_attention(models):
    FOREIGN.mkdir(exist_ok=True)
    write_diffusers_old(models, FOREIGN / "diffusers-old.safetensors")
    write_peft(models, FOREIGN / "peft", SETS["attention"]["unet"])


def write_foreign_everything(models):
    FOREIGN.mkdir(exist_ok=True)
    write_diffusers(models, FOREIGN / "diffusers.safetensors")
    write_kohya(models, SETS["everything"], FOREIGN / "kohya.safetensors")


def with_scale(unet, scale, run):
    """The result of `run` with every adapter of `unet` at `scale` instead of alpha / rank."""
    layers = [m for m in unet.modules() if isinstance(getattr(m, "scaling", None), dict) and "default" in m.scaling]
    before = [m.scaling["default"] for m in layers]
    for layer in layers:
        layer.scaling["default"] = scale
    result = run()
    for layer, value in zip(layers, before):
        layer.scaling["default"] = value
    return result
