"""Small GGUF files by llama.cpp's own `gguf` package, and what it, transformers and SentencePiece make of them.

Run:  python test/golden/gguf/make.py     (versions: test/golden/requirements.txt; seconds)
Reads the folders of test/golden/text. Writes
- blocks.gguf: a tensor of every type that is read, of random blocks; blocks.safetensors: their values by `gguf.quants`;
- llama3.gguf, llama-tied.gguf, qwen3.gguf: the random models of those names, without loss, so that their goldens hold;
- talker.gguf: the one that can be talked to, quantised; talker.safetensors: logits of transformers with these weights;
- llama3-adapter.gguf: the initial adapters of llama3's golden, rank 4, alpha 8, as convert_lora_to_gguf.py writes them;
- spm.model, spm.gguf: a vocabulary of SentencePiece, by itself and in a model; spm.json: ids of texts by SentencePiece.
"""

import io
import json
import math
import pathlib

import gguf
import numpy as np
import sentencepiece
import torch
from gguf import GGMLQuantizationType as Q
from gguf import quants
from safetensors.torch import load_file, save_file
from transformers import LlamaForCausalLM

HERE = pathlib.Path(__file__).parent
TEXT = HERE.parent / "text"
ARCHITECTURES = {"llama": gguf.MODEL_ARCH.LLAMA, "qwen3": gguf.MODEL_ARCH.QWEN3}


def permute(weights, heads):
    """As llama.cpp's convert_hf_to_gguf.py."""
    return weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)


def rope_divisors(rope, head):
    """As llama.cpp's convert_hf_to_gguf.py for Llama 3."""
    low, high = (rope["original_max_position_embeddings"] / rope[f"{end}_freq_factor"] for end in ("low", "high"))
    factors = []
    for i in range(0, head, 2):
        wave = 2 * math.pi * rope["rope_theta"] ** (i / head)
        smooth = (rope["original_max_position_embeddings"] / wave - rope["low_freq_factor"]) / (rope["high_freq_factor"] - rope["low_freq_factor"])
        factors.append(1 if wave < high else rope["factor"] if wave > low else 1 / ((1 - smooth) / rope["factor"] + smooth))
    return np.array(factors, dtype=np.float32)


def metadata(writer, config):
    heads = config["num_attention_heads"]
    head = config.get("head_dim") or config["hidden_size"] // heads
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(head)
    writer.add_rope_dimension_count(head)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    rope = config["rope_parameters"]
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    if rope["rope_type"] == "llama3":
        writer.add_tensor("rope_freqs.weight", rope_divisors(rope, head))


def tensors(writer, architecture, config, weights, type_of):
    """The weights as stored, by their first names."""
    names = gguf.get_tensor_name_map(ARCHITECTURES[architecture], config["num_hidden_layers"])
    stored = {}
    for name, weight in weights.items():
        array = weight.float().numpy()
        kind = type_of(name, array)
        data = quants.quantize(array, kind)
        stored[name] = torch.from_numpy(quants.dequantize(data, kind).copy())
        if architecture == "llama" and ("q_proj" in name or "k_proj" in name):
            heads = config["num_attention_heads" if "q_proj" in name else "num_key_value_heads"]
            data = quants.quantize(permute(array, heads), kind)
        writer.add_tensor(names.get_name(name, (".weight", ".bias")), data, raw_dtype=kind)
    return stored


def folder(name):
    config = json.loads((TEXT / name / "config.json").read_text())
    return config, load_file(TEXT / name / "model.safetensors")


def write(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def byte_level_vocabulary(writer, path):
    tokenizer = json.loads((path / "tokenizer.json").read_text())
    vocabulary = tokenizer["model"]["vocab"]
    special = {token["content"] for token in tokenizer["added_tokens"]}
    tokens = sorted(vocabulary, key=vocabulary.get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in tokenizer["model"]["merges"]])
    writer.add_eos_token_id(vocabulary["<|im_end|>"])
    writer.add_chat_template((path / "chat_template.jinja").read_text())


def lossless(name, architecture):
    config, weights = folder(name)
    writer = gguf.GGUFWriter(HERE / f"{name}.gguf", architecture)
    metadata(writer, config)
    # Norms and biases are always F32; every second matrix too, the others as they are.
    f32 = lambda key, array: array.ndim == 1 or "layers.1" in key
    tensors(writer, architecture, config, weights, lambda key, array: Q.F32 if f32(key, array) else Q.F16)
    write(writer)


def adapter():
    config, _ = folder("llama3")
    golden = load_file(TEXT / "goldens.safetensors")
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    writer = gguf.GGUFWriter(HERE / "llama3-adapter.gguf", "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, 8.0)
    for key in sorted(key for key in golden if key.startswith("llama3/initial/") and key.endswith(".down")):
        name = key.removeprefix("llama3/initial/").removesuffix(".down")
        up = golden[key.removesuffix("down") + "up"].numpy()
        if "q_proj" in name or "k_proj" in name:
            up = permute(up, config["num_attention_heads" if "q_proj" in name else "num_key_value_heads"])
        writer.add_tensor(names.get_name(name) + ".weight.lora_a", golden[key].numpy())
        writer.add_tensor(names.get_name(name) + ".weight.lora_b", np.ascontiguousarray(up))
    write(writer)


QUANTISED = {"embed_tokens": Q.Q8_0, "q_proj": Q.Q8_0, "k_proj": Q.Q4_0, "v_proj": Q.Q4_1, "o_proj": Q.F16, "gate_proj": Q.BF16, "up_proj": Q.Q4_1, "down_proj": Q.F16}


def talker():
    config, weights = folder("talker")
    writer = gguf.GGUFWriter(HERE / "talker.gguf", "llama")
    metadata(writer, config)
    byte_level_vocabulary(writer, TEXT / "talker")
    stored = tensors(writer, "llama", config, weights, lambda key, array: next((kind for part, kind in QUANTISED.items() if part in key), Q.F32))
    write(writer)
    # Quantised weights are kept as half precision.
    kind_of = lambda name: next((kind for part, kind in QUANTISED.items() if part in name), Q.F32)
    rounded = {name: value.half().float() if kind_of(name).name.startswith("Q") else value for name, value in stored.items()}
    model = LlamaForCausalLM.from_pretrained(TEXT / "talker", attn_implementation="eager").float()
    model.load_state_dict(rounded, strict=False)
    model.tie_weights()
    tokens = torch.randint(3, config["vocab_size"], (2, 12), generator=torch.Generator().manual_seed(5))
    save_file({"tokens": tokens, "logits": model.double()(input_ids=tokens).logits.float().detach()}, HERE / "talker.safetensors")


SPM_TEXTS = ["Hello, world!", "the guard  guards\n\nthe gate", " a b", "你好，旅行者。🐉", "1234 567", "ünïcödé", "don't", "", "a\tb"]


def spm():
    corpus = (["the guard guards the gate of the old town", "hello world, the baker bakes bread", "你好，旅行者。今天天气很好！", "who goes there? 1 2 3 4 5 6 7 8 9 0"]) * 20
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(corpus), model_writer=model, model_type="bpe", vocab_size=400, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True, minloglevel=2)
    sp = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    size = sp.vocab_size()
    (HERE / "spm.model").write_bytes(model.getvalue())
    config = {"max_position_embeddings": 64, "hidden_size": 32, "num_hidden_layers": 1, "intermediate_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-5, "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}}
    writer = gguf.GGUFWriter(HERE / "spm.gguf", "llama")
    metadata(writer, config)
    kinds = [gguf.TokenType.UNKNOWN if sp.is_unknown(i) else gguf.TokenType.CONTROL if sp.is_control(i) else gguf.TokenType.BYTE if sp.is_byte(i) else gguf.TokenType.NORMAL for i in range(size)]
    writer.add_tokenizer_model("llama")
    writer.add_token_list([sp.id_to_piece(i) for i in range(size)])
    writer.add_token_scores([sp.get_score(i) for i in range(size)])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(sp.bos_id())
    writer.add_eos_token_id(sp.eos_id())
    generator = np.random.default_rng(1)
    shapes = {"token_embd": (size, 32), "output_norm": (32,)}
    shapes |= {f"blk.0.{name}": shape for name, shape in {"attn_norm": (32,), "ffn_norm": (32,), "attn_q": (32, 32), "attn_k": (16, 32), "attn_v": (16, 32), "attn_output": (32, 32), "ffn_gate": (32, 32), "ffn_up": (32, 32), "ffn_down": (32, 32)}.items()}
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", quants.quantize(generator.normal(size=shape).astype(np.float32), Q.Q8_0), raw_dtype=Q.Q8_0)
    write(writer)
    texts = [{"text": text, "ids": sp.encode(text), "decoded": sp.decode(sp.encode(text))} for text in SPM_TEXTS]
    (HERE / "spm.json").write_text(json.dumps({"size": size, "texts": texts}, ensure_ascii=False) + "\n")


# Where the half-precision scales of a block lie; all else may be any byte.
SCALES = {Q.Q4_0: [0], Q.Q4_1: [0, 2], Q.Q8_0: [0], Q.Q4_K: [0, 2], Q.Q6_K: [208]}


def blocks():
    generator = np.random.default_rng(2)
    writer = gguf.GGUFWriter(HERE / "blocks.gguf", "llama")
    out = {}
    for kind in [Q.F32, Q.F16, Q.BF16, *SCALES]:
        if kind in SCALES:
            size, width = gguf.GGML_QUANT_SIZES[kind]
            raw = generator.integers(0, 256, (3, 512 // size, width), dtype=np.uint8)
            for at in SCALES[kind]:
                raw[..., at : at + 2] = generator.normal(size=(3, 512 // size, 1)).astype(np.float16).view(np.uint8)
            raw = raw.reshape(3, -1)
        else:
            raw = quants.quantize(generator.normal(size=(3, 512)).astype(np.float32), kind)
        writer.add_tensor(kind.name, raw, raw_dtype=kind)
        out[kind.name] = torch.from_numpy(quants.dequantize(raw, kind).copy())
    write(writer)
    save_file(out, HERE / "blocks.safetensors")


torch.set_num_threads(1)
blocks()
for each, architecture in {"llama3": "llama", "llama-tied": "llama", "qwen3": "qwen3"}.items():
    lossless(each, architecture)
adapter()
talker()
spm()
