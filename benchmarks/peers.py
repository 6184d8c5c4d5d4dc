"""What Tracr measured: `data/tracr.csv` as rows. Where Tracr failed, a row says how and has no figures."""

import csv
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "tracr.csv"
DEFAULT_EXACTNESS = 100


@dataclass(frozen=True)
class Peer:
    """One program at one size. `best_mismatch` is at the highest exactness measured, if only the default."""

    program: str
    vocabulary: int
    length: int
    status: str
    layers: int
    d_model: int
    parameters: int
    unembedding: int
    nonzero: int
    compile_cpu: float
    batch_ms: float
    inputs: int
    mismatch: int
    best_mismatch: int
    best_exactness: int

    @property
    def works(self) -> bool:
        """Whether Tracr has a model, right or wrong."""
        return self.status == "ok"

    @property
    def size(self) -> tuple[int, int]:
        return self.vocabulary, self.length


def read_peers(path: Path = TABLE) -> list[Peer]:
    """The rows at Tracr's default exactness, in the file's order, joined with those of a higher one."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    best: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in sorted(rows, key=lambda row: int(row["mlp_exactness"])):
        best[row["program"], row["vocab"], row["max_seq_len"]] = row
    return [
        peer(row, best[row["program"], row["vocab"], row["max_seq_len"]])
        for row in rows
        if int(row["mlp_exactness"]) == DEFAULT_EXACTNESS
    ]


def peer(row: dict[str, str], best: dict[str, str]) -> Peer:
    """A row of the file. Empty cells become 0, and CPU seconds that were not taken become wall seconds."""
    return Peer(
        program=row["program"],
        vocabulary=int(row["vocab"]),
        length=int(row["max_seq_len"]),
        status=row["status"],
        layers=whole(row["n_layers"]),
        d_model=whole(row["d_model"]),
        parameters=whole(row["params_total"]),
        unembedding=whole(row["unembed_entries"]),
        nonzero=whole(row["params_nonzero"]),
        compile_cpu=float(row["compile_cpu_s"] or row["compile_s"] or 0),
        batch_ms=float(row["fwd_ms_jit_b64"] or 0),
        inputs=whole(row["n_inputs"]),
        mismatch=whole(row["seq_mismatch"]),
        best_mismatch=whole(best["seq_mismatch"]),
        best_exactness=int(best["mlp_exactness"]),
    )


def whole(cell: str) -> int:
    return int(cell or 0)
