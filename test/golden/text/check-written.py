"""Loads a PEFT folder that Animula wrote for the model qwen2 and compares it with the golden's initial adapters.

Run:  node test/golden/text/write-peft.ts DIR && python test/golden/text/check-written.py DIR
"""

import pathlib
import sys

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import Qwen2ForCausalLM

HERE = pathlib.Path(__file__).parent
golden = load_file(HERE / "goldens.safetensors")
base = Qwen2ForCausalLM.from_pretrained(HERE / "qwen2", dtype=torch.float32, attn_implementation="eager")
model = PeftModel.from_pretrained(base, sys.argv[1])
found = {k: v for k, v in model.named_parameters() if "lora_" in k}
for name, parameter in found.items():
    site = name.removeprefix("base_model.model.").replace(".lora_A.default.weight", ".down").replace(".lora_B.default.weight", ".up")
    assert torch.equal(parameter, golden[f"qwen2/initial/{site}"]), site
said = model.generate(input_ids=golden["qwen2/prompt"], max_new_tokens=64, do_sample=False, pad_token_id=0)[0, 5:]
assert said.tolist() == golden["qwen2/greedyAdapted"].tolist()
print(f"{len(found)} matrices equal, alpha too: the same 64 tokens")
