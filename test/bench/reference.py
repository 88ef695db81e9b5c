"""One measurement of PyTorch + diffusers + PEFT: `python reference.py JOB` prints a result as its last line (see job.ts).

The same work as ours.ts on the same weights and inputs. PyTorch is measured at its best on a CPU: scaled-dot-product attention,
no autograd bookkeeping for frozen weights, inference with the module fused (which is the bare UNet), its fastest layout (run.ts tries both).
"""

import json
import resource
import sys
import time
import warnings

import diffusers
import peft
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file

warnings.filterwarnings("ignore")
diffusers.utils.logging.set_verbosity_error()
diffusers.utils.logging.disable_progress_bar()
RANK = 8
ATTENTION = ["to_q", "to_k", "to_v", "to_out.0"]
SD15 = {"sample_size": 64, "cross_attention_dim": 768, "attention_head_dim": 8, "block_out_channels": (320, 640, 1280, 1280)}


def timed(times, label, run):
    start = time.perf_counter()
    value = run()
    times.setdefault(label, []).append((time.perf_counter() - start) * 1e3)
    return value


def adapter():
    return peft.LoraConfig(r=RANK, lora_alpha=RANK, target_modules=ATTENTION)


def folder(job):
    return job["mini"] if job["base"] == "mini" else f"{job['cache']}/sd15"


def load_unet(job):
    unet = UNet2DConditionModel.from_pretrained(folder(job), subfolder="unet", torch_dtype=torch.float32, local_files_only=True)
    unet.requires_grad_(False)
    return unet.to(memory_format=torch.channels_last) if job.get("channelsLast") else unet


def inputs(job):
    tensors = load_file(f"{job['cache']}/inputs-{job['base']}-{job['what']}.safetensors")
    if job.get("channelsLast"):
        tensors["sample"] = tensors["sample"].to(memory_format=torch.channels_last)
    return tensors


def label(job, step):
    return "warmup" if step < job["warmups"] else "step"


def train(job, times):
    batch = inputs(job)

    def prepare():
        unet = load_unet(job)
        unet.add_adapter(adapter())
        if job["checkpointing"]:
            unet.enable_gradient_checkpointing()
        unet.train()
        return unet

    unet = timed(times, "ready", prepare)
    parameters = [p for p in unet.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)

    def step():
        prediction = unet(batch["sample"], batch["timestep"], batch["textEmbeddings"]).sample
        loss = torch.nn.functional.mse_loss(prediction, batch["target"])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    return [timed(times, label(job, i), step) for i in range(job["warmups"] + job["steps"])][0]


def infer(job, times):
    batch = inputs(job)
    unet = timed(times, "ready", lambda: load_unet(job)).eval()
    with torch.inference_mode():
        run = lambda: unet(batch["sample"], batch["timestep"], batch["textEmbeddings"]).sample
        for i in range(job["warmups"] + job["steps"]):
            prediction = timed(times, label(job, i), run)
        return prediction.abs().mean().item()


def open_checkpoint(job, times):
    path = f"{job['cache']}/sd15-zeros.safetensors"
    load = lambda: UNet2DConditionModel.from_single_file(path, config=folder(job), subfolder="unet", torch_dtype=torch.float32, local_files_only=True)
    timed(times, "ready", load)


def switch(job, times):
    """set_adapters touches no weights, so the UNet needs none."""
    with torch.device("meta"):
        unet = UNet2DConditionModel(**SD15)
    for name in "ab":
        unet.add_adapter(adapter(), adapter_name=name)
    for name, adapters, weights in (("weighted", ["a"], [0.8]), ("mix", ["a", "b"], [0.8, 0.5])):
        for i in range(job["warmups"] + job["steps"]):
            timed(times, "warmup" if i < job["warmups"] else name, lambda: unet.set_adapters(adapters, weights))


def main():
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    torch.manual_seed(0)
    times = {}
    check = {"train": train, "infer": infer, "open": open_checkpoint, "switch": switch}[job["what"]](job, times)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    versions = f"PyTorch {torch.__version__}, diffusers {diffusers.__version__}, PEFT {peft.__version__}"
    print(json.dumps({"timesMs": times, "peakMb": peak, "check": check, "versions": versions}))


main()
