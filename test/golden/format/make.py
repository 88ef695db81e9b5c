"""Makes the safetensors goldens of test/format with the Hugging Face writer and PyTorch.

Run from the repository root: python test/golden/format/make.py (packages: test/golden/requirements.txt).
"""

import pathlib

import numpy
import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent


def every_dtype() -> None:
    """One tensor per dtype and awkward names: shows the order, the escapes and the padding of the reference writer.

    A single metadata key: the reference writes several in random order.
    """
    generator = torch.Generator().manual_seed(1)
    tensors = {}
    dtypes = "uint64 int64 float64 float32 uint32 int32 bfloat16 float16 uint16 int16"
    for name in f"{dtypes} float8_e4m3fn float8_e5m2 int8 uint8".split():
        dtype = getattr(torch, name)
        raw = torch.randint(0, 256, (6 * dtype.itemsize,), generator=generator, dtype=torch.uint8)
        tensors[f"dtype.{name}"] = raw.view(dtype).reshape(2, 3).clone()
    tensors["dtype.bool"] = torch.tensor([[True, False, True]])
    tensors["empty"] = torch.zeros(0, 4)
    tensors["scalar"] = torch.tensor(2.5)
    for name in ["10", "9", "中文.weight", "\U0001f600", "\uffee", 'quote"back\\slash/', "tab\tline\n\x01\x7f", "constructor"]:
        tensors[name] = torch.tensor([1.0])
    save_file(tensors, HERE / "every-dtype.safetensors", metadata={"format": 'pt "\u2028" é'})


def floats() -> None:
    """float32 values that are hard to round, and what PyTorch makes of them; every float8 as float32."""
    halves = numpy.arange(0, 0x7C00, 97, dtype=numpy.uint16).view(numpy.float16).astype(numpy.float32)
    upper = (numpy.arange(0, 0x7C00, 97, dtype=numpy.uint16) + 1).view(numpy.float16).astype(numpy.float32)
    middles = (halves.astype(numpy.float64) + upper) / 2
    bits = numpy.random.default_rng(2).integers(0, 0x7F800000, 1500, dtype=numpy.uint32).view(numpy.float32)
    special = numpy.array([0, 65504, 65519.996, 65520, 1e9, 2**-24, 2**-25, 2**-25 * 1.0001, 3e38, 1e-45, numpy.inf])
    positive = numpy.concatenate([halves, middles, numpy.nextafter(middles.astype(numpy.float32), 0), bits, special])
    values = torch.from_numpy(numpy.concatenate([positive, -positive]).astype(numpy.float32))
    codes = torch.arange(256, dtype=torch.uint8)
    tensors = {
        "values": values,
        "float16": values.to(torch.float16),
        "bfloat16": values.to(torch.bfloat16),
        "e4m3": codes.view(torch.float8_e4m3fn),
        "e4m3.float32": codes.view(torch.float8_e4m3fn).float(),
        "e5m2": codes.clone().view(torch.float8_e5m2),
        "e5m2.float32": codes.view(torch.float8_e5m2).float(),
    }
    save_file(tensors, HERE / "floats.safetensors")


every_dtype()
floats()
