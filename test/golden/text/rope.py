"""Rotary frequencies and attention factors of every scaling, from transformers.

Run:  python test/golden/text/rope.py     (versions: test/golden/requirements.txt; seconds)
Writes rope.json: for each case a config.json's keys, a length of the run, and what transformers computes.
"""

import json
import pathlib

from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

HEAD = 16
SIZES = dict(hidden_size=64, num_attention_heads=4, head_dim=HEAD, max_position_embeddings=4096)
SHORT = [1 + 0.1 * i for i in range(HEAD // 2)]
LONG = [1 + 0.7 * i * i for i in range(HEAD // 2)]
LONGROPE = {"rope_type": "longrope", "rope_theta": 1e4, "short_factor": SHORT, "long_factor": LONG}
YARN = {"rope_type": "yarn", "rope_theta": 1e6, "factor": 4.0}
CASES = [
    ({"rope_type": "linear", "rope_theta": 1e4, "factor": 2.5}, 10),
    ({"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}, 10),
    ({"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}, 10000),
    ({"rope_type": "llama3", "rope_theta": 5e5, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 512}, 10),
    (YARN, 10),
    ({**YARN, "original_max_position_embeddings": 512}, 10),
    ({**YARN, "original_max_position_embeddings": 512, "truncate": False, "beta_fast": 20.0, "beta_slow": 2.0}, 10),
    ({**YARN, "original_max_position_embeddings": 512, "attention_factor": 0.75}, 10),
    ({**YARN, "original_max_position_embeddings": 512, "mscale": 0.7, "mscale_all_dim": 1.0}, 10),
    ({**YARN, "factor": 1.0}, 10),
    ({**YARN, "factor": None, "original_max_position_embeddings": 1024}, 10),
    # Both ends of the range fall on one frequency.
    ({**YARN, "original_max_position_embeddings": 4, "beta_fast": 32.0, "beta_slow": 31.0}, 10),
    ({**LONGROPE, "original_max_position_embeddings": 512}, 512),
    ({**LONGROPE, "original_max_position_embeddings": 512}, 513),
    ({**LONGROPE, "original_max_position_embeddings": 512, "factor": 3.0}, 10),
    ({**LONGROPE, "original_max_position_embeddings": 512, "attention_factor": 1.25}, 10),
    (LONGROPE, 10),
]


def main():
    rows = []
    for parameters, length in CASES:
        config = LlamaConfig(**SIZES, rope_parameters=dict(parameters))
        rates, factor = ROPE_INIT_FUNCTIONS[parameters["rope_type"]](config, "cpu", seq_len=length)
        rows.append({"parameters": parameters, "length": length, "rates": rates.tolist(), "attentionFactor": factor})
    (pathlib.Path(__file__).parent / "rope.json").write_text(json.dumps({"sizes": SIZES, "cases": rows}, indent=1) + "\n")


main()
