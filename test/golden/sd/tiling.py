"""Goldens of pictures that tile: diffusers with circular padding in every convolution, as the WebUI's tiling option sets it.

Run:  python test/golden/sd/tiling.py     (after make.py; some seconds)
Writes tiling.safetensors. Inputs and adapters are those of goldens.safetensors, and so are the names.
"""

import torch
from safetensors.torch import load_file, save_file

import lora
from tiny import HERE, build

torch.set_num_threads(1)


def circular(model):
    for layer in model.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.padding_mode = "circular"
            layer._reversed_padding_repeated_twice = [p for p in reversed(layer.padding) for _ in range(2)]


def main():
    golden = load_file(HERE / "goldens.safetensors")
    models, out = build("tiny"), {}
    circular(models["unet"])
    circular(models["vae"].decoder)
    double = lambda name: golden[name].double()
    with torch.no_grad():
        for size in ("unet16x16", "unet8x24"):
            inputs = double(f"{size}/latents"), golden[f"{size}/timesteps"], double(f"{size}/embeddings")
            out[f"{size}/output"] = models["unet"](*inputs).sample
        out["vae/decoded"] = models["vae"].decode(double("vae/latents")).sample
    models = lora.attach(build("tiny"), lora.SETS["everything"], 12)
    circular(models["unet"])
    with torch.no_grad():
        embeddings = models["text_encoder"](golden["text/ids"]).last_hidden_state
        inputs = double("unet16x16/latents"), golden["unet16x16/timesteps"], embeddings
        out["everything/output"] = models["unet"](*inputs).sample
    save_file({name: tensor.float().contiguous() for name, tensor in out.items()}, HERE / "tiling.safetensors")


if __name__ == "__main__":
    main()
