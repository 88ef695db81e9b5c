"""Golden values of language models, from transformers and PEFT, on small random models of each family.

Run:  python test/golden/text/make.py     (versions: test/golden/requirements.txt; seconds)
Writes one Hugging Face folder per family (fp16 weights), goldens.safetensors and peft/, an adapter of qwen2 by PEFT itself. Computed in float64 from weights that fp16
holds exactly, except where transformers itself goes through float32 (root-mean-square norm, softmax, rotary tables).

For each family F: `F/tokens` [2, 12], the second row padded on the right from position 8; `F/labels`, -100 where no loss is
asked; `F/logits` of the bare base; adapters on all seven layers of each block (rank 4, alpha 8): `F/initial/<name>.{down,up}`,
`F/loss`, `F/gradient/…`; `F/losses` of ten steps (AdamW, lr 1e-2, weight decay 1e-2, norm clipped to 1) on the same batch;
`F/greedy` the 64 tokens that the base says after `F/prompt`, and `F/greedyAdapted` with the initial adapters, both in float32.
"""

import copy
import json
import pathlib
import shutil

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import (
    Glm4Config,
    Glm4ForCausalLM,
    GlmConfig,
    GlmForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

torch.set_num_threads(1)
HERE = pathlib.Path(__file__).parent
VOCABULARY = 96
SIZES = dict(vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=128, bos_token_id=1, eos_token_id=None, pad_token_id=None)
LLAMA3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}
DYNAMIC = {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0}
LINEAR = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 32, "beta_fast": 8.0, "beta_slow": 0.01, "truncate": False}
LONGROPE = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0, 1.1, 1.2, 1.3], "long_factor": [1.0, 1.5, 2.5, 4.0], "original_max_position_embeddings": 8}
FAMILIES = {
    # One head for keys to each for queries, as Llama 2; sharded.
    "llama2": (LlamaForCausalLM, LlamaConfig(**{**SIZES, "num_key_value_heads": 4})),
    "llama3": (LlamaForCausalLM, LlamaConfig(**SIZES, rope_parameters=LLAMA3)),
    # SmolLM2 and the small Llama 3.2 tie their embeddings; attention and feed-forward with biases are rare but exist.
    "llama-tied": (LlamaForCausalLM, LlamaConfig(**SIZES, rope_parameters=LINEAR, tie_word_embeddings=True, attention_bias=True, mlp_bias=True)),
    "llama-dynamic": (LlamaForCausalLM, LlamaConfig(**{**SIZES, "max_position_embeddings": 16}, rope_parameters=DYNAMIC)),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config(**SIZES, tie_word_embeddings=True, use_sliding_window=True, sliding_window=5, max_window_layers=1)),
    "qwen3": (Qwen3ForCausalLM, Qwen3Config(**SIZES, head_dim=16)),
    "mistral": (MistralForCausalLM, MistralConfig(**SIZES, sliding_window=6)),
    "llama-yarn": (LlamaForCausalLM, LlamaConfig(**SIZES, rope_parameters=YARN)),
    # The batch is longer than the original 8 positions.
    "llama-longrope": (LlamaForCausalLM, LlamaConfig(**SIZES, rope_parameters=LONGROPE)),
    # Half of each head turns, in pairs of neighbours; gate and up are one layer.
    "glm": (GlmForCausalLM, GlmConfig(**SIZES, head_dim=16, attention_bias=True)),
    "glm4": (Glm4ForCausalLM, Glm4Config(**SIZES, head_dim=8, attention_bias=True, rope_parameters={"rope_type": "default", "rope_theta": 5000.0, "partial_rotary_factor": 0.5})),
}
# With its own seed, float32 drifts from float64 by 3e-4 within ten steps, in PyTorch as well.
SEEDS = {"llama-longrope": 109}
LAYERS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
FUSED = [*LAYERS[:4], "gate_up_proj", "down_proj"]


def randomise(model, generator):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            value = 1 + 0.2 * noise if "norm" in name else 0.25 * noise
            parameter.copy_(value.half().to(parameter.dtype))


def write_folder(name, model):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    # A copy: half() would round the rotary frequencies, which are no weights, too.
    copy.deepcopy(model).half().save_pretrained(folder, **({"max_shard_size": "20KB"} if name == "llama2" else {}))
    (folder / "generation_config.json").unlink(missing_ok=True)
    config = json.loads((folder / "config.json").read_text())
    config.pop("transformers_version", None)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def site(name):
    return name.removeprefix("base_model.model.").replace(".lora_A.default.weight", ".down").replace(".lora_B.default.weight", ".up")


def batch(generator):
    tokens = torch.randint(2, VOCABULARY, (2, 12), generator=generator)
    mask = torch.ones_like(tokens)
    tokens[1, 8:], mask[1, 8:] = 0, 0
    labels = tokens.clone()
    labels[0, :4], labels[1, :3], labels[1, 8:] = -100, -100, -100
    labels[0, 7] = -100
    return tokens, mask, labels


def adapters(out, family, model, generator, tokens, mask, labels):
    config = LoraConfig(r=4, lora_alpha=8, target_modules=FUSED if "glm" in family else LAYERS, bias="none", task_type="CAUSAL_LM")
    peft = get_peft_model(model, config)
    trained = {site(name): p for name, p in peft.named_parameters() if p.requires_grad}
    with torch.no_grad():
        for parameter in trained.values():
            parameter.copy_((0.2 * torch.randn(parameter.shape, generator=generator)).half().to(parameter.dtype))
    for name, parameter in trained.items():
        out[f"{family}/initial/{name}"] = parameter.detach().clone()
    if family == "qwen2":
        save_peft(peft)
    out[f"{family}/greedyAdapted"] = greedy(peft.float(), out[f"{family}/prompt"])
    peft.double()
    loss_of = lambda: peft(input_ids=tokens, attention_mask=mask, labels=labels).loss
    loss = loss_of()
    loss.backward()
    out[f"{family}/loss"] = loss.detach()
    for name, parameter in trained.items():
        out[f"{family}/gradient/{name}"] = parameter.grad.clone()
    out[f"{family}/losses"] = train(trained, loss_of)


def save_peft(peft):
    """The initial adapters as PEFT writes them; its README and the path of the base say nothing."""
    folder = HERE / "peft"
    shutil.rmtree(folder, ignore_errors=True)
    peft.save_pretrained(folder)
    (folder / "README.md").unlink()
    config = json.loads((folder / "adapter_config.json").read_text())
    config["target_modules"] = sorted(config["target_modules"])
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def train(trained, loss_of):
    optimizer = torch.optim.AdamW(trained.values(), lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained.values(), 1.0)
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses)


def greedy(model, prompt):
    said = model.generate(input_ids=prompt, max_new_tokens=64, do_sample=False, pad_token_id=0)
    return said[0, prompt.shape[1] :]


def main():
    out = {}
    for index, (family, (kind, config)) in enumerate(FAMILIES.items()):
        generator = torch.Generator().manual_seed(SEEDS.get(family, 100 + index))
        torch.manual_seed(index)
        model = kind._from_config(config, attn_implementation="eager").eval()
        randomise(model, generator)
        write_folder(family, model)
        tokens, mask, labels = batch(generator)
        out[f"{family}/prompt"] = torch.randint(2, VOCABULARY, (1, 5), generator=generator)
        out[f"{family}/greedy"] = greedy(model.float(), out[f"{family}/prompt"])
        model.double()
        out[f"{family}/tokens"], out[f"{family}/labels"] = tokens, labels
        out[f"{family}/logits"] = model(input_ids=tokens, attention_mask=mask).logits.detach()
        adapters(out, family, model, generator, tokens, mask, labels)
        print(family, float(out[f"{family}/loss"]), out[f"{family}/losses"][-1].item(), len(set(out[f"{family}/greedy"].tolist())))
    floats = lambda value: value.float() if value.is_floating_point() else value
    save_file({name: floats(value).contiguous() for name, value in out.items()}, HERE / "goldens.safetensors")


main()
