"""Probabilities of the next token after transformers' logits processors, for some settings.

Run:  python test/golden/text/sampling.py     (versions: test/golden/requirements.txt). Writes sampling.json.
"""

import json
import pathlib

import torch
from transformers import MinPLogitsWarper, RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

generator = torch.Generator().manual_seed(3)
logits = (torch.randn(24, generator=generator) * 2).float()
seen = [1, 5, 5, 9, 20]
SETTINGS = [
    {},
    {"temperature": 0.5},
    {"topK": 5},
    {"topP": 0.7},
    {"minP": 0.2},
    {"repetitionPenalty": 1.5},
    {"temperature": 1.7, "topK": 12, "topP": 0.85, "minP": 0.05, "repetitionPenalty": 1.2},
    {"topP": 0.01},
]
cases = []
for given in SETTINGS:
    s = {"temperature": 1.0, "topK": 0, "topP": 1.0, "minP": 0.0, "repetitionPenalty": 1.0, **given}
    chain = [RepetitionPenaltyLogitsProcessor(s["repetitionPenalty"]), TemperatureLogitsWarper(s["temperature"])]
    chain += [TopKLogitsWarper(s["topK"])] if s["topK"] else []
    chain += [TopPLogitsWarper(s["topP"])] if s["topP"] < 1 else []
    chain += [MinPLogitsWarper(s["minP"])] if s["minP"] else []
    scores = logits.double()[None].clone()
    for step in chain:
        scores = step(torch.tensor([seen]), scores)
    cases.append({"options": s, "probabilities": scores.softmax(-1)[0].tolist()})
out = pathlib.Path(__file__).parent / "sampling.json"
out.write_text(json.dumps({"logits": logits.tolist(), "seen": seen, "cases": cases}) + "\n")
