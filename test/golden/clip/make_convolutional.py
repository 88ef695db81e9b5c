"""A small random tower of convolutions, in PyTorch: what `convolutionalVision` must give, and its gradients.

Run:  python test/golden/clip/make_convolutional.py     writes convolutional.safetensors
"""

import pathlib

import torch
from diffusers.models.resnet import ResnetBlock2D
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

HERE = pathlib.Path(__file__).parent
WIDTHS = [8, 16, 24]
SIDE = 32


class Tower(nn.Module):
    def __init__(self):
        super().__init__()
        stages = list(zip(WIDTHS[:-1], WIDTHS[1:]))
        self.stem = nn.Conv2d(3, WIDTHS[0], 4, stride=2, padding=1)
        self.downs = nn.ModuleList(nn.Conv2d(before, width, 3, stride=2, padding=1) for before, width in stages)
        self.resnets = nn.ModuleList(ResnetBlock2D(in_channels=width, temb_channels=None, groups=8, eps=1e-5) for _, width in stages)
        self.norm = nn.GroupNorm(8, WIDTHS[-1], eps=1e-5)

    def forward(self, pixels):
        h = functional.silu(self.stem(pixels))
        for down, resnet in zip(self.downs, self.resnets):
            h = resnet(down(h), None)
        return functional.silu(self.norm(h)).flatten(1)


def main():
    torch.manual_seed(11)
    tower = Tower().double()
    pixels = torch.randn(2, 3, SIDE, SIDE, dtype=torch.float64)
    features = tower(pixels)
    features.square().mean().backward()
    goldens = {"pixels": pixels, "features": features.detach()}
    goldens |= {f"weight/{name}": parameter.detach() for name, parameter in tower.named_parameters()}
    goldens |= {f"gradient/{name}": parameter.grad for name, parameter in tower.named_parameters()}
    save_file({name: value.float().contiguous() for name, value in goldens.items()}, HERE / "convolutional.safetensors", metadata={"torch": torch.__version__})


if __name__ == "__main__":
    main()
