"""A small random CLIP in the Hugging Face layout, and transformers' own results with it.

Run:  python test/golden/clip/make.py     writes tiny/ and goldens.safetensors, see README.md

Computed in float64 from weights that fp16 holds exactly, rounded to float32 at the end.
"""

import json
import pathlib
import shutil
import sys

import numpy
import torch
import transformers
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer

HERE = pathlib.Path(__file__).parent
TEXTS = ["a portrait of a person with glasses", "seamless texture of red bricks", ""]
EYEWEAR = [f"portrait of a person with {words}" for words in ["no glasses", "glasses", "sunglasses", "an eyepatch"]]
TEXT = {"vocab_size": 514 + 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 24, "projection_dim": 16, "hidden_act": "quick_gelu"}
VISION = {"image_size": 24, "patch_size": 8, "hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "projection_dim": 16, "hidden_act": "quick_gelu"}
SIZES = [(37, 53), (64, 30), (24, 24), (11, 17), (24, 40)]


def build(tokenizer):
    text = TEXT | {"vocab_size": len(tokenizer), "bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    torch.manual_seed(5)
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=VISION, projection_dim=16, logit_scale_init_value=2.6592)).eval()
    # The initial weights are so small that all pictures would look alike.
    generator = torch.Generator().manual_seed(6)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name == "logit_scale":
                value = parameter.detach()
            elif "norm" in name or "layrnorm" in name:
                value = parameter + 0.1 * torch.randn(parameter.shape, generator=generator)
            else:
                value = torch.randn(parameter.shape, generator=generator) * (0.3 if "embedding" in name else parameter.shape[-1] ** -0.5)
            parameter.copy_(value.half().float())
    return model


def picture(width, height, seed):
    """Smooth waves and hard noise, so that scaling meets both."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    waves = [127 + 120 * numpy.sin(x / (3 + c) + y / (5 - c) + seed) for c in range(3)]
    noise = random.integers(-60, 60, (height, width, 3))
    return numpy.clip(numpy.stack(waves, -1) + noise, 0, 255).astype(numpy.uint8)


def processor():
    # The Pillow-backed one is what the published models were trained and measured with.
    kind = getattr(transformers, "CLIPImageProcessorPil", None) or transformers.CLIPImageProcessor
    side = VISION["image_size"]
    return kind(size={"shortest_edge": side}, crop_size={"height": side, "width": side})


def save_folder(model, image_processor):
    folder = HERE / "tiny"
    model.half().save_pretrained(folder)
    image_processor.save_pretrained(folder)
    model.double()


def main():
    tokens = HERE.parent / "sd" / "tiny" / "tokenizer"
    (HERE / "tiny").mkdir(exist_ok=True)
    for file in ["vocab.json", "merges.txt"]:
        shutil.copy(tokens / file, HERE / "tiny" / file)
    config = json.loads((tokens / "tokenizer_config.json").read_text()) | {"model_max_length": TEXT["max_position_embeddings"]}
    (HERE / "tiny" / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    tokenizer = CLIPTokenizer.from_pretrained(HERE / "tiny")
    model = build(tokenizer)
    image_processor = processor()
    save_folder(model, image_processor)
    encode = lambda texts: torch.tensor(tokenizer(texts, padding="max_length", truncation=True, max_length=TEXT["max_position_embeddings"]).input_ids)
    ids = encode(TEXTS)
    goldens = {"ids": ids.to(torch.int32)}
    pixels = []
    for seed, (width, height) in enumerate(SIZES):
        rgb = picture(width, height, seed)
        goldens[f"picture{seed}/rgb"] = torch.from_numpy(rgb)
        scaled = image_processor(Image.fromarray(rgb), return_tensors="np").pixel_values[0]
        goldens[f"picture{seed}/pixels"] = torch.from_numpy(numpy.ascontiguousarray(scaled)).float()
        pixels.append(goldens[f"picture{seed}/pixels"])
    with torch.no_grad():
        out = model(input_ids=ids, pixel_values=torch.stack(pixels).double())
        eyewear = model(input_ids=encode(EYEWEAR), pixel_values=torch.stack(pixels).double()).logits_per_image.softmax(-1)
    goldens |= {"eyewear": eyewear, "image_embeds": out.image_embeds, "text_embeds": out.text_embeds, "logits_per_image": out.logits_per_image}
    # Five texts of five pictures: what the symmetric loss and its gradients are.
    pairs = encode([*EYEWEAR[:3], *TEXTS[:2]])
    loss = model(input_ids=pairs, pixel_values=torch.stack(pixels).double(), return_loss=True).loss
    loss.backward()
    goldens |= {"pairs/ids": pairs.to(torch.int32), "pairs/loss": loss.detach().reshape(1)}
    goldens |= {f"pairs/gradient/{name}": parameter.grad for name, parameter in model.named_parameters() if "layers.1." not in name}
    goldens = {name: (value.float() if value.is_floating_point() else value).contiguous() for name, value in goldens.items()}
    save_file(goldens, HERE / "goldens.safetensors", metadata={"processor": type(image_processor).__name__, "transformers": transformers.__version__})
    print(type(image_processor).__name__, out.logits_per_image, file=sys.stderr)


if __name__ == "__main__":
    main()
