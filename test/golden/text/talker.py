"""A small random base that can be talked to: tokenizer, chat template and weights. And what transformers makes of texts.

Run:  python test/golden/text/talker.py     (versions: test/golden/requirements.txt)
Writes talker/ and talker.json: ids and decoded texts, rendered chats, and which tokens the assistant said.
"""

import json
import pathlib
import shutil

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

torch.set_num_threads(1)
HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "talker"
SPECIAL = ["<|end|>", "<|im_start|>", "<|im_end|>"]
TEXTS = [
    "Halt! Who goes there?",
    "I sell bread, cheese and apples.\n\nNothing else.",
    "你好，旅行者。今天天气很好！",
    "Ünïcödé, emoji 🐉 and\ttabs   and spaces ",
    "<|im_start|>user\nhi<|im_end|>\n",
    "",
]
TEMPLATE = (
    "{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a villager.<|im_end|>\n' }}{% endif %}"
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{{ message['content'] + '<|im_end|>' }}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CHATS = [
    [{"role": "user", "content": "Who are you?"}, {"role": "assistant", "content": "The baker of this village."}],
    [
        {"role": "system", "content": "You are a guard."},
        {"role": "user", "content": "你好"},
        {"role": "assistant", "content": "站住！"},
        {"role": "user", "content": "May I pass?"},
        {"role": "assistant", "content": "No.\nGo away."},
    ],
]


def train_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=384, special_tokens=SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator([*TEXTS[:4], *(m["content"] for chat in CHATS for m in chat)] * 4, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|end|>", chat_template=TEMPLATE)


def write_model(size):
    config = LlamaConfig(vocab_size=size, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256, tie_word_embeddings=True, bos_token_id=None, eos_token_id=2, pad_token_id=0)
    torch.manual_seed(7)
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(1 + 0.1 * torch.randn(parameter.shape) if "norm" in name else 0.12 * torch.randn(parameter.shape))
    model.half().save_pretrained(FOLDER)
    (FOLDER / "generation_config.json").unlink(missing_ok=True)


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    tokenizer = train_tokenizer()
    write_model(len(tokenizer))
    tokenizer.save_pretrained(FOLDER)
    # transformers' own marks of what the assistant says.
    marked = (
        TEMPLATE.split("{% for")[0]
        + "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}{% if message['role'] == 'assistant' %}"
        + "{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}{% else %}{{ message['content'] + '<|im_end|>' }}{% endif %}{{ '\n' }}{% endfor %}"
    )
    ids = [tokenizer(text, add_special_tokens=False).input_ids for text in TEXTS]
    chats = []
    for messages in CHATS:
        whole = tokenizer.apply_chat_template(messages, chat_template=marked, tokenize=True, return_dict=True, return_assistant_tokens_mask=True)
        prompt = tokenizer.apply_chat_template(messages[:-1], tokenize=False, add_generation_prompt=True)
        chats.append({"messages": messages, "text": tokenizer.apply_chat_template(messages, tokenize=False), "prompt": prompt, "ids": whole["input_ids"], "isReply": whole["assistant_masks"]})
    texts = [{"text": text, "ids": each, "decoded": tokenizer.decode(each, skip_special_tokens=True)} for text, each in zip(TEXTS, ids)]
    (HERE / "talker.json").write_text(json.dumps({"texts": texts, "chats": chats}, ensure_ascii=False) + "\n")
    print(len(tokenizer), sum(map(len, ids)))


main()
