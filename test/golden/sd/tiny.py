"""The two small random models that the goldens are computed on, in the layout of a diffusers folder.

`tiny` is a Stable Diffusion 1.x, `tiny-v2` a 2.x (linear projections, heads per block, v-prediction, OpenCLIP text tower),
with the block types of the big ones and small, unequal widths. Every weight is random and none is 0 or 1, so a swapped or
forgotten tensor shows. Weights are rounded to fp16, stored so, and the goldens are computed from the rounded values.
"""

import json
import math
import pathlib

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

HERE = pathlib.Path(__file__).parent
NOISE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}
DOWN = ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"]
UP = ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]
UNET = {"sample_size": 16, "down_block_types": DOWN, "up_block_types": UP, "cross_attention_dim": 32, "norm_num_groups": 8}
VAE = {"sample_size": 128, "down_block_types": ["DownEncoderBlock2D"] * 4, "up_block_types": ["UpDecoderBlock2D"] * 4, "latent_channels": 4, "layers_per_block": 2, "norm_num_groups": 8, "scaling_factor": 0.18215}
TEXT = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4, "max_position_embeddings": 77, "vocab_size": 760, "bos_token_id": 758, "eos_token_id": 759, "pad_token_id": 759}
VARIANTS = {
    "tiny": {
        "unet": {**UNET, "block_out_channels": [16, 32, 32, 48], "layers_per_block": 2, "attention_head_dim": 8},
        "vae": {**VAE, "block_out_channels": [16, 16, 32, 32]},
        "text_encoder": {**TEXT, "num_hidden_layers": 3, "hidden_act": "quick_gelu"},
        "prediction_type": "epsilon",
    },
    "tiny-v2": {
        "unet": {**UNET, "block_out_channels": [16, 32, 32, 32], "layers_per_block": 1, "attention_head_dim": [2, 4, 4, 8], "use_linear_projection": True},
        "vae": {**VAE, "block_out_channels": [8, 8, 16, 16], "layers_per_block": 1},
        "text_encoder": {**TEXT, "num_hidden_layers": 2, "hidden_act": "gelu"},
        "prediction_type": "v_prediction",
    },
}


def randomise(model, seed):
    """Unit-variance matrices, query and key a little larger so that attention is not flat; norms around, but not at, 1 and 0."""
    generator = torch.Generator().manual_seed(seed)
    draw = lambda tensor: torch.randn(tensor.shape, generator=generator)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if name.endswith("bias"):
                value = 0.1 * draw(parameter)
            elif parameter.ndim == 1:
                value = 1 + 0.25 * draw(parameter)
            elif "embedding.weight" in name:
                value = 0.5 * draw(parameter)
            else:
                gain = 1.4 if any(k in name for k in ("to_q", "to_k", "q_proj", "k_proj")) else 1.0
                value = gain / math.sqrt(parameter[0].numel()) * draw(parameter)
            parameter.copy_(value.half())
    return model.eval().requires_grad_(False)


def build(variant):
    """{unet, vae, text_encoder} in float64."""
    config = VARIANTS[variant]
    base = 100 if variant == "tiny" else 200
    unet = randomise(UNet2DConditionModel(**config["unet"]), base + 1)
    vae = randomise(AutoencoderKL(**config["vae"]), base + 2)
    text_config = CLIPTextConfig(**config["text_encoder"], attn_implementation="eager")
    text_encoder = randomise(CLIPTextModel(text_config), base + 3)
    return {"unet": unet.double(), "vae": vae.double(), "text_encoder": text_encoder.double()}


def canonical_text_name(name):
    """transformers 5 dropped `text_model.` from CLIPTextModel; published folders and single files have it."""
    return name if name.startswith("text_model.") else f"text_model.{name}"


def state_dicts(models):
    """fp16 tensors of each part under the names that published diffusers folders use."""
    parts = {part: {k: v.half() for k, v in model.state_dict().items() if v.is_floating_point()} for part, model in models.items()}
    parts["text_encoder"] = {canonical_text_name(k): v for k, v in parts["text_encoder"].items()}
    return parts


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")


def write_folder(variant, models):
    folder, config = HERE / variant, VARIANTS[variant]
    weights = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model", "text_encoder": "model"}
    classes = {"unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"], "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"], "scheduler": ["diffusers", "DDIMScheduler"], "safety_checker": [None, None], "feature_extractor": [None, None], "image_encoder": [None, None]}
    write_json(folder / "model_index.json", {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.42.1", "requires_safety_checker": False, **classes})
    for part, tensors in state_dicts(models).items():
        if part == "text_encoder":
            content = {"architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "layer_norm_eps": 1e-5, "torch_dtype": "float16", **config[part]}
        else:
            content = {"_class_name": classes[part][1], "_diffusers_version": "0.42.1", **config[part]}
        write_json(folder / part / "config.json", content)
        save_file(tensors, folder / part / f"{weights[part]}.safetensors", metadata={"format": "pt"})
    write_json(folder / "scheduler" / "scheduler_config.json", scheduler_config(variant))
    write_tokenizer(folder / "tokenizer")


def scheduler_config(variant):
    return {"_class_name": "DDIMScheduler", "_diffusers_version": "0.42.1", **NOISE, "clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1, "timestep_spacing": "leading", "prediction_type": VARIANTS[variant]["prediction_type"]}


CORPUS = """a portrait of an old woman with silver hair and round glasses; a young man with a black beard, wearing a red scarf
and a leather jacket; a smiling girl with freckles, green eyes and long curly hair, painted in warm evening light; weathered brick
wall covered with moss, seamless texture; polished marble floor, dark oak planks, rusty iron plate with rivets; a knight in shining
armour holding a burning torch before the castle gate; low poly merchant selling apples, cinematic lighting, highly detailed,
sharp focus; neon street at night in the rain, cyberpunk style; watercolour sketch of mountains beneath drifting clouds"""


def byte_symbols():
    """GPT-2's reversible byte alphabet: printable bytes stand for themselves, the others follow from U+0100."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    return [chr(b) for b in printable] + [chr(256 + i) for i in range(len(others))]


def learn_merges(count):
    words = ["".join(c for c in word if c.isalpha()) for word in CORPUS.split()]
    words = [[*word[:-1], word[-1] + "</w>"] for word in words if word]
    merges = []
    while len(merges) < count:
        pairs = {}
        for word in words:
            for pair in zip(word, word[1:]):
                pairs[pair] = pairs.get(pair, 0) + 1
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        for word in words:
            i = 0
            while i < len(word) - 1:
                if (word[i], word[i + 1]) == best:
                    word[i : i + 2] = ["".join(best)]
                i += 1
    return merges


def write_tokenizer(folder):
    symbols = byte_symbols()
    merges = learn_merges(TEXT["vocab_size"] - 2 * 256 - 2)
    tokens = [*symbols, *(s + "</w>" for s in symbols), *("".join(m) for m in merges), "<|startoftext|>", "<|endoftext|>"]
    assert len(set(tokens)) == TEXT["vocab_size"], len(set(tokens))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>", "do_lower_case": True})


if __name__ == "__main__":
    for variant in VARIANTS:
        write_folder(variant, build(variant))
