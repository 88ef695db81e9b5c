"""Golden values of noise schedules, samplers and the CLIP tokenizer, from diffusers and transformers.

Versions: test/golden/requirements.txt, and `pip install --no-deps open_clip_torch==3.3.0` for its copy of OpenAI's merges.
Run from the repository root: python test/golden/diffusion/make.py
"""

import gzip
import hashlib
import importlib.util
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LCMScheduler,
)
from diffusers.training_utils import compute_snr
from safetensors.numpy import save_file
from transformers import CLIPTokenizer

HERE = Path(__file__).parent
SIZE = 12  # latents per case: the samplers are elementwise
SCALED = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}

SCHEDULES = {
    "scaled_linear": SCALED,
    "linear": {"beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear"},
    "cosine": {"beta_schedule": "squaredcos_cap_v2"},
    "zero_snr": {**SCALED, "rescale_betas_zero_snr": True, "prediction_type": "v_prediction"},
}

SAMPLERS = {
    "ddim": DDIMScheduler,
    "euler": EulerDiscreteScheduler,
    "euler-a": EulerAncestralDiscreteScheduler,
    "dpmpp-2m": DPMSolverMultistepScheduler,
    "lcm": LCMScheduler,
}


def sampler_cases():
    base = {**SCALED, "steps_offset": 1}
    ddim = {**base, "set_alpha_to_one": False, "clip_sample": False}
    yield "ddim", ddim, 10, {}
    yield "ddim", ddim, 7, {"eta": 1.0}
    yield "ddim", {**ddim, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}, 9, {"eta": 0.3}
    yield "ddim", {**ddim, "prediction_type": "sample", "timestep_spacing": "linspace"}, 10, {}
    yield "ddim", {**ddim, "set_alpha_to_one": True, "clip_sample": True, "clip_sample_range": 0.8}, 10, {}
    zero = {**SCALED, "prediction_type": "v_prediction", "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    yield "ddim", {**zero, "clip_sample": False}, 10, {}
    for name in ["euler", "dpmpp-2m"]:
        for spacing in ["linspace", "leading", "trailing"]:
            yield name, {**base, "timestep_spacing": spacing}, 10, {}
        yield name, {**base, "prediction_type": "v_prediction"}, 20, {}
        yield name, {**base, "prediction_type": "sample"}, 6, {}
        yield name, base, 11, {"karras": True}
        yield name, zero, 8, {}
        yield name, {**base, "beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02}, 3, {}
    for spacing in ["linspace", "leading", "trailing"]:
        yield "euler-a", {**base, "timestep_spacing": spacing}, 10, {}
    yield "euler-a", {**base, "prediction_type": "v_prediction"}, 13, {}
    lcm = {**base, "set_alpha_to_one": False, "clip_sample": False}
    for steps in [1, 4, 7, 50]:
        yield "lcm", lcm, steps, {}
    yield "lcm", {**lcm, "prediction_type": "v_prediction"}, 4, {}
    yield "lcm", {**lcm, "prediction_type": "sample", "clip_sample": True, "clip_sample_range": 0.8}, 8, {}


def run_sampler(name, config, steps, options, generator, tensors, key):
    keywords = {**config}
    if options.get("karras"):
        keywords["use_karras_sigmas"] = True
    scheduler = SAMPLERS[name](**keywords)
    scheduler.set_timesteps(steps)
    outputs = torch.randn(steps, SIZE, generator=generator)
    noise = torch.randn(steps, SIZE, generator=generator)
    x = torch.randn(SIZE, generator=generator) * scheduler.init_noise_sigma
    xs, scaled = [x], []
    drawn = {}
    module = __import__(type(scheduler).__module__, fromlist=["randn_tensor"])
    module.randn_tensor = lambda *_, **__: drawn["noise"]
    for i, timestep in enumerate(scheduler.timesteps):
        drawn["noise"] = noise[i]
        scaled.append(scheduler.scale_model_input(x, timestep))
        extra = {"eta": options["eta"]} if "eta" in options else {}
        x = scheduler.step(outputs[i], timestep, x, **extra).prev_sample
        xs.append(x)
    tensors[f"{key}.outputs"] = outputs.numpy()
    tensors[f"{key}.noise"] = noise.numpy()
    tensors[f"{key}.x"] = torch.stack(xs).numpy()
    tensors[f"{key}.scaled"] = torch.stack(scaled).numpy()
    tensors[f"{key}.timesteps"] = scheduler.timesteps.numpy().astype(np.float32)
    return float(scheduler.init_noise_sigma)


def make_samplers():
    generator = torch.Generator().manual_seed(1)
    tensors, cases = {}, []
    for index, (name, config, steps, options) in enumerate(sampler_cases()):
        key = f"{index:02d}"
        sigma = run_sampler(name, config, steps, options, generator, tensors, key)
        cases.append({"key": key, "name": name, "config": config, "steps": steps, **options, "initNoiseSigma": sigma})
    return tensors, cases


def make_schedules(tensors):
    generator = torch.Generator().manual_seed(2)
    x0, noise = torch.randn(2, SIZE, generator=generator)
    tensors["x0"], tensors["noise"] = x0.numpy(), noise.numpy()
    timesteps = [0, 1, 10, 250, 500, 777, 998]
    cases = []
    for key, config in SCHEDULES.items():
        scheduler = DDPMScheduler(num_train_timesteps=1000, **config)
        t = torch.tensor(timesteps)
        rows = (len(timesteps), SIZE)
        tensors[f"{key}.alphas_cumprod"] = scheduler.alphas_cumprod.numpy()
        tensors[f"{key}.noisy"] = scheduler.add_noise(x0.expand(rows), noise.expand(rows), t).numpy()
        tensors[f"{key}.velocity"] = scheduler.get_velocity(x0.expand(rows), noise.expand(rows), t).numpy()
        tensors[f"{key}.snr"] = compute_snr(scheduler, t).numpy()
        cases.append({"key": key, "config": config, "timesteps": timesteps})
    return cases


def make_guidance(tensors):
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg

    generator = torch.Generator().manual_seed(3)
    negative, positive = torch.randn(2, 3, 4, 2, 2, generator=generator)
    guided = negative + 7.5 * (positive - negative)
    tensors["guidance.unconditional"], tensors["guidance.conditional"] = negative.numpy(), positive.numpy()
    tensors["guidance.guided"] = guided.numpy()
    tensors["guidance.rescaled"] = rescale_noise_cfg(guided, positive, guidance_rescale=0.7).numpy()


TEXTS = [
    "",
    "   ",
    "a photo of an astronaut riding a horse on mars",
    "A Portrait of ZHANG San, 8K!!! (masterpiece), it's best-quality...",
    "张三的肖像，黑色头发",
    "mixed 中文 and English，１２３ 42",
    "café naïve Ångström e\u0301cole ΣΑΣ İstanbul ẞ",
    "emoji 😎👩‍🚀🏳️‍🌈",
    "we're they'll I'd don't 's 'S ''s",
    "tabs\tand\nnew lines\u00a0nbsp\u0085nel\u3000wide\ufefffeff",
    "a<|endoftext|>b <|startoftext|> c",
    "<|ENDOFTEXT|>!! !!<|STARTOFTEXT|>",
    "x²½ Ⅷ ٣ ๓ under_score #hash @at $5.00 50%",
    "\u0000\u0001control\u007f",
    "supercalifragilisticexpialidocious " * 12,
    "العربية हिन्दी ไทย 한국어 日本語",
    "<lora:name:0.8> (word:1.2) [less] \\(escaped\\)",
]


def openai_merges():
    root = Path(importlib.util.find_spec("open_clip").submodule_search_locations[0])
    lines = gzip.open(root / "bpe_simple_vocab_16e6.txt.gz").read().decode().split("\n")
    return [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]


def openai_vocabulary(merges):
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    moved = [byte for byte in range(256) if byte not in kept]
    symbols = [chr(byte) for byte in kept] + [chr(256 + i) for i in range(len(moved))]
    tokens = symbols + [s + "</w>" for s in symbols] + ["".join(m) for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
    return {token: i for i, token in enumerate(tokens)}


def make_tokenizer():
    merges = openai_merges()
    vocab = openai_vocabulary(merges)
    tokenizer = CLIPTokenizer(vocab=vocab, merges=merges)
    digest = hashlib.sha256("".join(f"{a} {b}\n" for a, b in merges).encode()).hexdigest()
    cases = [{"text": text, "ids": tokenizer(text).input_ids} for text in TEXTS]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node", str(HERE / "write-mini-tokenizer.ts"), folder], check=True)
        mini = CLIPTokenizer.from_pretrained(folder)
        files = {
            name: hashlib.sha256((Path(folder) / name).read_bytes()).hexdigest() for name in ["vocab.json", "merges.txt"]
        }
        padded = mini(TEXTS[2], padding="max_length", truncation=True).input_ids
        mini_cases = [{"text": text, "ids": mini(text).input_ids} for text in TEXTS]
    golden = {
        "openai": {"mergesSha256": digest, "cases": cases},
        "mini": {"sha256": files, "cases": mini_cases, "padded": padded, "vocabSize": len(mini)},
    }
    (HERE / "clip-tokenizer.json").write_text(json.dumps(golden, ensure_ascii=True) + "\n")


def main():
    tensors, samplers = make_samplers()
    schedules = make_schedules(tensors)
    make_guidance(tensors)
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, HERE / "samplers.safetensors")
    (HERE / "samplers.json").write_text(json.dumps({"samplers": samplers, "schedules": schedules}, indent=1) + "\n")
    make_tokenizer()
    subprocess.run(["npx", "oxfmt", str(HERE)], check=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
