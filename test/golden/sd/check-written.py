"""Loads a module file into the tiny model with diffusers' `load_lora_weights` and compares the UNet's output.

Run:  python test/golden/sd/check-written.py MODULE [--expected FILE] [--key everything/output] [--tolerance 1e-4] [--scale 1]

MODULE    a .safetensors file with kohya or diffusers names, or a PEFT folder.
FILE      a safetensors file holding the expected output under KEY, [2, 4, 16, 16]; default goldens.safetensors.
The output is unet(unet16x16/latents, unet16x16/timesteps, text_encoder(text/ids)) with both parts adapted, in float32.
Prints the largest difference relative to the largest output, how far the bare base is from it, and exits 1 beyond the
tolerance, when nothing was applied, or when diffusers warns of keys it did not use.
"""

import argparse
import logging
import pathlib
import sys

import torch
from diffusers import StableDiffusionPipeline
from peft import PeftModel
from safetensors.torch import load_file

from tiny import HERE


class Collector(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, entry):
        self.messages.append(entry.getMessage())


def output(pipeline, golden):
    with torch.no_grad():
        embeddings = pipeline.text_encoder(golden["text/ids"]).last_hidden_state
        return pipeline.unet(golden["unet16x16/latents"], golden["unet16x16/timesteps"], embeddings).sample


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("module", type=pathlib.Path)
    parser.add_argument("--expected", type=pathlib.Path, default=HERE / "goldens.safetensors")
    parser.add_argument("--key", default="everything/output")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    collector = Collector()
    logging.getLogger("diffusers").addHandler(collector)
    golden = load_file(HERE / "goldens.safetensors")
    expected = load_file(options.expected)[options.key]
    pipeline = StableDiffusionPipeline.from_pretrained(HERE / "tiny", dtype=torch.float32)
    bare = output(pipeline, golden)
    if options.module.is_dir():
        pipeline.unet = PeftModel.from_pretrained(pipeline.unet, options.module)
    else:
        pipeline.load_lora_weights(options.module.parent, weight_name=options.module.name, local_files_only=True)
        if options.scale != 1:
            pipeline.set_adapters(pipeline.get_active_adapters(), options.scale)
    result = output(pipeline, golden)
    size = expected.abs().max()
    difference, effect = float((result - expected).abs().max() / size), float((bare - expected).abs().max() / size)
    print(f"difference {difference:.2e}, bare base {effect:.2e}")
    unused = [message for message in collector.messages if "unexpected keys" in message]
    for message in unused:
        print("diffusers:", message)
    sys.exit(1 if unused or effect <= options.tolerance or not difference <= options.tolerance else 0)


if __name__ == "__main__":
    main()
