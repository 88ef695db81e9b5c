"""One measurement of PyTorch + transformers + PEFT: `python text-reference.py JOB` prints a result as its last line (see job.ts).

The same work as text-ours.ts on the same weights and token ids. Decoding is timed twice: as `generate` does it, and as a loop over
the model's forward pass with its cache and nothing else.
"""

import json
import resource
import sys
import time
import warnings

import peft
import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, DynamicCache
from transformers.generation.streamers import BaseStreamer

warnings.filterwarnings("ignore")
transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
RANK = 8
ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]


def timed(times, label, run):
    start = time.perf_counter()
    value = run()
    times.setdefault(label, []).append((time.perf_counter() - start) * 1e3)
    return value


def label(job, step, name="step"):
    return "warmup" if step < job["warmups"] else name


def load(job):
    return AutoModelForCausalLM.from_pretrained(f"{job['cache']}/smol", dtype=torch.float32, attn_implementation="sdpa", local_files_only=True)


def inputs(job):
    return load_file(f"{job['cache']}/inputs-smol.safetensors")


def train(job, times):
    tokens = inputs(job)["tokens"]

    def prepare():
        model = load(job)
        model.config.use_cache = False
        if job["checkpointing"]:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        config = peft.LoraConfig(r=RANK, lora_alpha=RANK, target_modules=ATTENTION, task_type="CAUSAL_LM")
        return peft.get_peft_model(model, config).train()

    model = timed(times, "ready", prepare)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)

    def step():
        loss = model(input_ids=tokens, labels=tokens).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    losses = [timed(times, label(job, i), step) for i in range(job["warmups"] + job["steps"])]
    return {"check": losses[0]}


class Clock(BaseStreamer):
    """When each token came; the first call brings the prompt."""

    def __init__(self):
        self.at = []

    def put(self, value):
        self.at.append(time.perf_counter())

    def end(self):
        pass


@torch.inference_mode()
def decode(job, times):
    prompt = inputs(job)["prompt"]
    model = timed(times, "ready", lambda: load(job)).eval()
    steps = job["warmups"] + job["steps"]
    cache = DynamicCache(config=model.config)
    forward = lambda ids: model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits[0, -1]
    logits = timed(times, "prompt", lambda: forward(prompt))
    said = []

    def step():
        nonlocal logits
        said.append(logits.argmax().item())
        logits = forward(torch.tensor([[said[-1]]]))

    for i in range(steps):
        timed(times, label(job, i), step)

    clock = Clock()
    model.generation_config.eos_token_id = None
    ids = model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=steps + 1, do_sample=False, streamer=clock)
    assert ids[0, prompt.shape[1] :].tolist()[:steps] == said
    times["generate"] = [(b - a) * 1e3 for a, b in zip(clock.at[1:], clock.at[2:])][job["warmups"] :]
    return {"said": said, "check": logits.abs().mean().item()}


def main():
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    torch.manual_seed(0)
    times = {}
    checked = {"train": train, "decode": decode}[job["what"]](job, times)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    versions = f"PyTorch {torch.__version__}, transformers {transformers.__version__}, PEFT {peft.__version__}"
    print(json.dumps({"timesMs": times, "peakMb": peak, "versions": versions, **checked}))


main()
