"""transformers as an engine for golden models: batches padded on the left, continued with a cache."""

from collections.abc import Sequence
from typing import Any

import torch

from compiler.model.stock_model import hide_progress_bars, take_transformers


def answer_in_transformers(folder: str, prompts: Sequence[Sequence[int]], count: int) -> list[list[int]]:
    """The likeliest `count` ids after each prompt. Raises `ModelError` where transformers is missing."""
    library = take_transformers()
    with hide_progress_bars(library):
        model: Any = library.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True
        )
    longest = max(map(len, prompts))
    pad = model.config.pad_token_id
    ids = torch.tensor([[pad] * (longest - len(prompt)) + [*prompt] for prompt in prompts])
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    made = model.eval().generate(
        input_ids=ids, attention_mask=mask, max_new_tokens=count, max_length=None, do_sample=False
    )
    return made[:, longest:].tolist()
