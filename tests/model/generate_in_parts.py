"""One of several processes that hold a part of each layer, or the only one: what a llama folder writes behind prompts.

    torchrun --nproc-per-node=2 generate_in_parts.py FOLDER PROMPTS COUNT      prompts as JSON, lists of ids of one length

The first process prints the new ids as JSON, and of which kind the weights are.
"""

import json
import os
import sys

import torch
import torch.distributed
from transformers import AutoModelForCausalLM
from transformers.distributed import DistributedConfig


def main(folder: str, prompts: str, count: str) -> None:
    """Generate greedily with a cache."""
    several = int(os.environ.get("WORLD_SIZE", "1")) > 1
    torch.set_num_threads(1)
    parts = {"distributed_config": DistributedConfig(tp_plan="auto")} if several else {}
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True, **parts)
    ids = torch.tensor(json.loads(prompts))
    mask = torch.ones_like(ids)
    made = model.eval().generate(
        ids, attention_mask=mask, max_new_tokens=int(count), max_length=None, do_sample=False
    )
    kind = type(model.model.layers[0].self_attn.q_proj.weight).__name__
    if os.environ.get("RANK", "0") == "0":
        print(json.dumps({"new": made[:, ids.shape[1] :].tolist(), "kind": kind}), flush=True)
    if several:
        torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])
