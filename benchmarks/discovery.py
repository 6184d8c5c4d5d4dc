"""Circuit discovery scored against circuits that are known: three methods that only see weights and pairs of inputs.

    python -m benchmarks.discovery FOLDER

FOLDER is what `rasp circuit programs -o FOLDER` wrote. A method gives every edge a number; its score is the area under the
ROC curve: how often an edge of the circuit has a larger number than one that is not in it (1/2 for two alike). Methods:

- edge attribution patching (Syed et al. 2023): what the writer adds on the corrupted input less what it adds on the clean
  one, times the gradient of the answer at the reader;
- the same with gradients averaged on the way from the corrupted input to the clean one (EAP-IG, Hanna et al. 2024);
- activation patching, edge by edge: by how much the answer changes.

The answer is the right class's logit less the wrong one's.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from benchmarks.tables import markdown_rows
from compiler.circuits.circuit_set import CIRCUIT, MODEL, PAIRS
from compiler.circuits.edges import (
    INPUT,
    LETTERS,
    LOGITS,
    Edge,
    count_heads_of,
    list_edges,
    name_attention,
    name_mlp,
)
from compiler.config import Config
from compiler.export.records import read_config

ROOT = Path(__file__).parents[1]
PICKED = (
    *("reverse", "histogram-0", "double_histogram", "sort-0", "induction", "dyck1-0"),
    *("doubled", "parity-0", "shift-0", "copy"),
)
STEPS = 5
Reader = tuple[str, str]


@dataclass(frozen=True)
class Transformer:
    """A model as a method sees it."""

    config: Config
    weights: Mapping[str, Tensor]


@dataclass(frozen=True)
class Batch:
    """Pairs of one length: ids (b, p), BOS first; output, position and both classes of the answer (b)."""

    clean: Tensor
    corrupted: Tensor
    output: Tensor
    position: Tensor
    right: Tensor
    wrong: Tensor


def run_model(
    model: Transformer, start: Tensor, offsets: Mapping[Reader, Tensor]
) -> tuple[list[Tensor], dict[str, Tensor]]:
    """Logits (b, p, class) of each output, and what every writer adds (b, p, d), from the first residual `start`; a reader
    sees the residual and its offset."""
    weights, added = model.weights, {INPUT: start}

    def see(total: Tensor, reader: str, letter: str = "") -> Tensor:
        return total + offsets[reader, letter] if (reader, letter) in offsets else total

    total = start
    for number, layer in enumerate(model.config.layers):
        for head in range(len(layer.heads)):
            name, path = name_attention(number, head), f"layers.{number}.attention.heads.{head}"
            query, key, value = (
                see(total, name, letter) @ weights[f"{path}.{part}"] for letter, part in LETTERS.items()
            )
            scores = query @ key.mT
            if model.config.attention == "causal":
                later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
                scores = scores.masked_fill(later, -torch.inf)
            added[name] = scores.softmax(-1) @ value @ weights[f"{path}.output"]
        total = total + sum(added[name_attention(number, head)] for head in range(len(layer.heads)))
        if layer.d_mlp:
            up, bias, down = (weights[f"layers.{number}.mlp.{part}"] for part in ("up", "bias", "down"))
            added[name_mlp(number)] = (see(total, name_mlp(number)) @ up + bias).relu() @ down
            total = total + added[name_mlp(number)]
    last = see(total, LOGITS).double()
    ends = range(len(model.config.outputs))
    return [
        last @ weights[f"unembeddings.{k}.weight"] + weights[f"unembeddings.{k}.bias"] for k in ends
    ], added


def embed_ids(model: Transformer, ids: Tensor) -> Tensor:
    """The first residual (b, p, d)."""
    rows = model.weights["embedding.tokens"][ids]
    return rows + model.weights["embedding.positions"][: ids.shape[1]] if model.config.has_positions else rows


def measure_answer(logits: Sequence[Tensor], batch: Batch) -> Tensor:
    """The right class's logit less the wrong one's, for each pair."""
    rows = range(len(batch.position))
    picked = [logits[int(batch.output[row])][row, int(batch.position[row])] for row in rows]
    return torch.stack([one[batch.right[row]] - one[batch.wrong[row]] for row, one in enumerate(picked)])


def attribute_edges(model: Transformer, edges: Sequence[Edge], batch: Batch, steps: int) -> Tensor:
    """Edge attribution patching; with several steps, from gradients on the way. Sums over the batch, one for each edge."""
    clean, corrupted = (embed_ids(model, ids) for ids in (batch.clean, batch.corrupted))
    with torch.no_grad():
        added, instead = (run_model(model, start, {})[1] for start in (clean, corrupted))
    offsets = {(edge.reader, edge.letter): torch.zeros_like(clean, requires_grad=True) for edge in edges}
    for step in range(steps):
        start = clean if steps == 1 else corrupted + (clean - corrupted) * ((step + 1) / steps)
        measure_answer(run_model(model, start, offsets)[0], batch).sum().backward()
    found = [torch.zeros(()) for _ in edges]
    for number, edge in enumerate(edges):
        slope = offsets[edge.reader, edge.letter].grad
        if slope is not None:
            found[number] = ((instead[edge.writer] - added[edge.writer]) * slope).sum() / steps
    return torch.stack(found)


@torch.no_grad()
def patch_edges(model: Transformer, edges: Sequence[Edge], batch: Batch) -> Tensor:
    """Activation patching: by how much the answer falls, summed over the batch, one for each edge."""
    clean = embed_ids(model, batch.clean)
    logits, added = run_model(model, clean, {})
    instead = run_model(model, embed_ids(model, batch.corrupted), {})[1]
    before, found = measure_answer(logits, batch), []
    for edge in edges:
        offset = {(edge.reader, edge.letter): instead[edge.writer] - added[edge.writer]}
        after = measure_answer(run_model(model, clean, offset)[0], batch)
        found.append((before - after).abs().sum())
    return torch.stack(found)


METHODS: Mapping[str, Callable[[Transformer, Sequence[Edge], Batch], Tensor]] = {
    "EAP": lambda model, edges, batch: attribute_edges(model, edges, batch, 1),
    "EAP-IG": lambda model, edges, batch: attribute_edges(model, edges, batch, STEPS),
    "patching": patch_edges,
}


def read_batches(folder: Path, config: Config) -> list[Batch]:
    """The pairs of a folder, length by length."""
    lines = (folder / PAIRS).read_text(encoding="utf-8").splitlines()
    pairs = sorted((json.loads(line) for line in lines), key=lambda pair: len(pair["clean"]))
    ids = {(type(token), token): number for number, token in enumerate(config.vocabulary)}
    outputs = [output.name for output in config.outputs]

    def encode(words: list[list[Any]]) -> Tensor:
        return torch.tensor([[config.bos, *(ids[type(token), token] for token in word)] for word in words])

    found: list[Batch] = []
    for _, group in groupby(pairs, key=lambda pair: len(pair["clean"])):
        same = list(group)
        found.append(
            Batch(
                encode([pair["clean"] for pair in same]),
                encode([pair["corrupted"] for pair in same]),
                torch.tensor([outputs.index(pair["output"]) for pair in same]),
                torch.tensor([pair["position"] + 1 for pair in same]),
                torch.tensor([pair["correct_idx"] for pair in same]),
                torch.tensor([pair["incorrect_idx"] for pair in same]),
            )
        )
    return found


def measure_area(scores: Sequence[float], inside: Sequence[bool]) -> float:
    """The area under the ROC curve."""
    found = [score for score, is_in in zip(scores, inside, strict=True) if is_in]
    others = [score for score, is_in in zip(scores, inside, strict=True) if not is_in]
    won = sum((one > other) + (one == other) / 2 for one in found for other in others)
    return won / (len(found) * len(others))


def score_methods(folder: Path) -> dict[str, Any]:
    """A row of the table."""
    record = json.loads((folder / CIRCUIT).read_text(encoding="utf-8"))["edges"]
    config = read_config(json.loads((folder / MODEL / "config.json").read_text(encoding="utf-8")))
    model = Transformer(config, load_file(folder / MODEL / "model.safetensors"))
    batches = read_batches(folder, config)
    _, added = run_model(model, embed_ids(model, batches[0].clean), {})
    heads = count_heads_of(config)
    edges = [e for e in list_edges(heads) if e.writer in added and (e.reader in added or e.reader == LOGITS)]
    inside = [record[str(edge)]["in_graph"] for edge in edges]
    row: dict[str, Any] = {"model": folder.name, "edges": len(edges), "in the circuit": sum(inside)}
    row["pairs"] = sum(len(batch.clean) for batch in batches)
    for name, method in METHODS.items():
        scores = sum((method(model, edges, batch) for batch in batches), torch.zeros(len(edges))).abs()
        row[name] = measure_area(scores.tolist(), inside)
    return row


def main() -> None:
    """Score all methods on the models that are picked, and write the table."""
    parser = argparse.ArgumentParser(description="Score circuit discovery against known circuits.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=PICKED)
    given = parser.parse_args()
    rows = [score_methods(given.folder / name) for name in given.names]
    rows.append({"model": "mean"} | {name: sum(row[name] for row in rows) / len(rows) for name in METHODS})
    print(markdown_rows(tuple(rows[0]), rows), end="")


if __name__ == "__main__":
    main()
