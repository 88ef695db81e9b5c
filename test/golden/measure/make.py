"""Kernel distances by numpy in float64, as torch-fidelity and the paper have them.

Run:  python test/golden/measure/make.py     writes kernel-distance.safetensors
"""

import pathlib

import numpy
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent


def kernel(x, y):
    return (x @ y.T / x.shape[1] + 1.0) ** 3


def distance(a, b):
    m, n = len(a), len(b)
    within_a, within_b = kernel(a, a), kernel(b, b)
    return (
        (within_a.sum() - numpy.trace(within_a)) / (m * (m - 1))
        + (within_b.sum() - numpy.trace(within_b)) / (n * (n - 1))
        - 2 * kernel(a, b).mean()
    )


random = numpy.random.default_rng(11)
a = random.normal(size=(7, 12)).astype(numpy.float32)
b = (random.normal(size=(5, 12)) * 0.5 + 0.7).astype(numpy.float32)
c = random.normal(size=(9, 12)).astype(numpy.float32)
expected = [distance(x.astype(numpy.float64), y.astype(numpy.float64)) for x, y in [(a, b), (a, c), (b, c)]]
save_file({"a": a, "b": b, "c": c, "ab_ac_bc": numpy.array(expected)}, HERE / "kernel-distance.safetensors")
