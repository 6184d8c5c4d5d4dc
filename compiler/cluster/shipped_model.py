"""A folder as it is sent to workers, which have none of ours: its bytes, and how it is to be run."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from compiler.cluster.open_check import open_check
from compiler.engines.engine_table import EngineRequest
from compiler.transformer.problem import make_model_error
from compiler.verify.differential import Check
from rasp.version import VERSION
from rasp.write_whole import write_file


@dataclass(frozen=True)
class ShippedModel:
    """`files`: names and contents. `engine`: what runs it, None: what the folder is for. `version`: the sender's."""

    files: tuple[tuple[str, bytes], ...]
    engine: EngineRequest | None
    version: str = VERSION

    def hash(self) -> str:
        """The same for the same bytes, run in the same way by the same version."""
        whole = sha256(repr((self.engine, self.version)).encode())
        for name, data in self.files:
            whole.update(f"\0{name}\0{len(data)}\0".encode())
            whole.update(data)
        return whole.hexdigest()


def read_shipped(folder: Path, engine: EngineRequest | None) -> ShippedModel:
    """A folder as it is. Raises `OSError`."""
    files = tuple((path.name, path.read_bytes()) for path in sorted(folder.iterdir()) if path.is_file())
    return ShippedModel(files, None if engine is None else replace(engine, folder=None))


@dataclass(frozen=True, eq=False)
class Opened:
    """A check with what it needs while it is used."""

    check: Check
    needs: ExitStack


@lru_cache(maxsize=1)
def open_shipped(shipped: ShippedModel) -> Opened:
    """The check of a folder that was sent, opened once in a process, which runs it on one thread. Raises as `open_check`,
    and `ModelError` where the sender is of another version."""
    if shipped.version != VERSION:
        message = f"a worker has rasp-compiler {VERSION}, and was asked by {shipped.version}"
        raise make_model_error(message, "install the same version on all machines", "cluster")
    torch.set_num_threads(1)
    needs = ExitStack()
    folder = Path(needs.enter_context(TemporaryDirectory())) / "model"
    folder.mkdir()
    for name, data in shipped.files:
        write_file(folder / name, data)
    return Opened(needs.enter_context(open_check(folder, shipped.engine)), needs)
