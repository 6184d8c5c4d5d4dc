"""An exported folder in llama.cpp, by the server in xllamacpp: for each prefix of an input it says how likely each id is.

Keys and values have to be kept in float32, and attention not done at once, for both are half precision otherwise.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from compiler.config import Config
from compiler.formats.gguf_files import GGUF
from compiler.formats.import_library import take_library
from compiler.model.foreign_model import ForeignModel
from compiler.transformer.problem import make_model_error, report_unopened

INSTALL = "xllamacpp: it is of the extra `engines` of this project"


class LlamaModel(ForeignModel):
    """The server, in this process, on one thread. `exact` asks for float32 where llama.cpp would take half precision."""

    def __init__(self, folder: Path, config: Config, class_ids: Sequence[int] | None, *, exact: bool) -> None:
        super().__init__(config, class_ids)
        library = take_library("xllamacpp", "this engine", INSTALL)
        with report_unopened("llama.cpp", folder):
            self.server: Any = library.Server(describe_run(library, folder / GGUF, config, exact=exact))

    def forward(self, ids: Tensor, mask: Tensor) -> list[Tensor]:
        """Log-probabilities of all ids; what is padded stays not a number."""
        assert self.class_ids is not None
        found: Tensor | None = None
        lengths = cast(list[int], mask.sum(-1).tolist())
        for row, (own, length) in enumerate(zip(cast(list[list[int]], ids.tolist()), lengths, strict=True)):
            for position in range(length):
                likely = self.ask(own[: position + 1])
                if found is None:
                    found = torch.full((*ids.shape, len(likely)), torch.nan)
                for entry in likely:
                    # None where half precision has made logits that are not numbers
                    found[row, position, entry["id"]] = (
                        torch.nan if entry["logprob"] is None else entry["logprob"]
                    )
        assert found is not None, "there is an input"
        return [found]

    def ask(self, ids: list[int]) -> list[dict[str, Any]]:
        """How likely each id is behind these."""
        answer = self.server.handle_completions(
            {"prompt": ids, "n_predict": 1, "n_probs": 1 << 20, "temperature": -1, "cache_prompt": True}
        )
        if "error" in answer:
            raise make_model_error(f"llama.cpp answers: {answer['error']['message']}", "", "engine")
        return answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]


def describe_run(library: Any, path: Path, config: Config, *, exact: bool) -> Any:
    """The server's settings."""
    given = library.CommonParams()
    given.model.path = str(path)
    given.n_ctx, given.n_parallel, given.n_gpu_layers = config.max_length + 2, 1, 0
    given.n_batch = given.n_ubatch = config.max_length + 2
    given.cpuparams.n_threads = given.cpuparams_batch.n_threads = 1
    given.warmup = False
    given.verbosity = -1
    if exact:
        given.cache_type_k = given.cache_type_v = library.ggml_type.GGML_TYPE_F32
        given.flash_attn_type = library.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    return given
