"""Makes optimizer.json: torch's AdamW and transformers' learning-rate schedules, step by step.

Run from the repository root: python test/golden/train/make.py (packages: test/golden/requirements.txt).
Everything is float64 from inputs that float32 holds, so the golden's own error does not count.
"""

import json
import pathlib

import torch
from transformers import get_scheduler

GOLDEN = pathlib.Path(__file__).parent / "optimizer.json"
STEPS = 12
PARAMETERS = 7


def float32(values: torch.Tensor) -> torch.Tensor:
    return values.to(torch.float32).to(torch.float64)


def adamw(settings: dict, max_norm: float | None, generator: torch.Generator) -> dict:
    initial = float32(torch.randn(PARAMETERS, generator=generator, dtype=torch.float64))
    gradients = float32(torch.randn(STEPS, PARAMETERS, generator=generator, dtype=torch.float64) * 0.7)
    # Never moved by a gradient: only decay acts on it.
    gradients[:, 3] = 0
    # Tiny gradients, where epsilon decides.
    gradients[:, 5] *= 2.0**-27
    parameter = torch.nn.Parameter(initial.clone())
    optimizer = torch.optim.AdamW([parameter], foreach=False, **settings)
    norms, states = [], []
    for gradient in gradients:
        parameter.grad = gradient.clone()
        if max_norm is not None:
            norms.append(torch.nn.utils.clip_grad_norm_([parameter], max_norm).item())
        optimizer.step()
        states.append(parameter.detach().tolist())
    return {
        "settings": settings,
        "maxNorm": max_norm,
        "initial": initial.tolist(),
        "gradients": gradients.tolist(),
        "norms": norms,
        "parameters": states,
    }


def schedule(name: str, warmup: int, total: int) -> dict:
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    kind = "constant_with_warmup" if name == "constant" else name
    scheduler = get_scheduler(kind, optimizer, num_warmup_steps=warmup, num_training_steps=total)
    factors = []
    for _ in range(total):
        factors.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return {"scheduler": name, "warmupSteps": warmup, "totalSteps": total, "factors": factors}


def main() -> None:
    generator = torch.Generator().manual_seed(20)
    usual = {"lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01}
    other = {"lr": 0.05, "betas": [0.8, 0.95], "eps": 1e-4, "weight_decay": 0.2}
    golden = {
        "adamw": [adamw(usual, None, generator), adamw(other, None, generator), adamw(other, 1.0, generator)],
        "schedules": [
            schedule(name, warmup, total)
            for name in ("cosine", "linear", "constant")
            for warmup, total in ((0, 10), (3, 20), (1, 1), (20, 20))
        ],
    }
    GOLDEN.write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
