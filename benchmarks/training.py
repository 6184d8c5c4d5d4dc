"""Five programs, learnt by transformers: with the layers and heads that the compiler predicts, with a layer fewer, with a
head fewer.

    python -m benchmarks.training -o build/training

Each training is kept in a folder of its own and goes on after an interruption. At the end `docs/training/table.md` and the
pictures beside it are written.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure

from compiler.commands.train import Lesson, compare_attention, judge, show_longest
from compiler.config import Config
from compiler.export.records import encode_config
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.training.attention import draw_attention
from compiler.training.examples import split_examples
from compiler.training.kept_training import Task, has_training, resume_training, save_training
from compiler.training.learn import Settings, begin_training, continue_training
from compiler.training.shape import Widths, choose_shape, describe_shape
from rasp.arguments import Attention
from rasp.elaborate.program import load_program
from rasp.source import Source

ROOT = Path(__file__).parents[1]
TOLD = ROOT / "docs" / "training"
EXAMPLES, SETTINGS = 20_000, Settings(steps=2000, batch=64, rate=3e-3, patience=5)
#: A training counts as learnt from this share of right positions on.
LEARNT = 0.99


@dataclass(frozen=True)
class Subject:
    """What is learnt: an output of a program of `programs/`, on what inputs."""

    file: str
    output: str
    vocabulary: str
    length: int
    attention: Attention = "full"


SUBJECTS = {
    "histogram": Subject("counting/histogram", "histogram", "abcd", 6),
    "reverse": Subject("basics/reverse", "reverse", "abcd", 6),
    "sort": Subject("sorting/sort", "sorted_tokens", "abcd", 6),
    "induction": Subject("language/induction", "induction", "abcd", 6, "causal"),
    "dyck1": Subject("brackets/dyck1", "dyck1", "()", 10),
}


def drop_layer(config: Config) -> Config:
    """Without the last layer."""
    return replace(config, layers=config.layers[:-1])


def drop_head(config: Config) -> Config:
    """Without a head of the first layer that has most of them."""
    counts = [len(layer.heads) for layer in config.layers]
    layers = list(config.layers)
    fewer = counts.index(max(counts))
    layers[fewer] = replace(layers[fewer], heads=layers[fewer].heads[:-1])
    return replace(config, layers=tuple(layers))


SHAPES: Mapping[str, Callable[[Config], Config]] = {
    "predicted": lambda config: config,
    "a layer fewer": drop_layer,
    "a head fewer": drop_head,
}


def compile_subject(subject: Subject) -> Compiled:
    """Compile it for its inputs."""
    path = ROOT / "programs" / f"{subject.file}.rasp"
    source = Source(path.name, path.read_text(encoding="utf-8"))
    options = CompileOptions(tuple(subject.vocabulary), subject.length, subject.attention)
    return compile_program(load_program(source), {subject.output: subject.output}, options)


def prepare_lesson(compiled: Compiled, change: Callable[[Config], Config], folder: Path) -> Lesson:
    """A training of the changed shape, where it was if it had begun."""
    config = change(choose_shape(compiled.weights.config, None, None, Widths()))
    length = config.max_length
    split = split_examples(config, compiled.meaning, length, EXAMPLES, SETTINGS.seed)
    data = {"examples": EXAMPLES, "trained_length": length, "seed": SETTINGS.seed}
    outputs = dict(compiled.expressions)
    task = Task(
        compiled.program.source.text, outputs, encode_config(config), data, asdict(SETTINGS), "random"
    )
    training = begin_training(config, SETTINGS, torch.device("cpu"))
    if has_training(folder):
        resume_training(folder, task, training)
    return Lesson(compiled, config, split, task, training)


def finish_lesson(lesson: Lesson, folder: Path) -> dict[str, Any]:
    """Train to the end; what the best weights can do."""
    for _ in continue_training(lesson.training, lesson.split):
        save_training(folder, lesson.task, lesson.config, lesson.training, {})
    results = judge(lesson, noise=False, seed=SETTINGS.seed)
    save_training(folder, lesson.task, lesson.config, lesson.training, results)
    return results


def draw_histories(histories: Mapping[str, Mapping[str, list[Any]]], path: Path) -> None:
    """For each subject the share of right validation positions over steps, a line for each shape."""
    figure = Figure((3 * len(histories), 3), layout="constrained")
    for panel, (name, lines) in zip(
        figure.subplots(1, len(histories), sharey=True), histories.items(), strict=True
    ):
        for shape, history in lines.items():
            steps, right = zip(*((moment.step, moment.accuracy) for moment in history), strict=True)
            panel.plot(steps, right, label=shape)
        panel.set(title=name, xlabel="step", ylim=(0, 1.03))
        panel.grid(alpha=0.3)
    first = figure.axes[0]
    first.set_ylabel("validation positions right")
    first.legend(loc="lower right", fontsize=8)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def write_table(rows: list[dict[str, Any]]) -> str:
    """The table of the document."""
    head = "| program | vocabulary, length | | shape | test positions right | test inputs right | steps |"
    lines = [head, "|---|---|---|---|---|---|---|"]
    for row in rows:
        positions = f"{row['positions_right']:.4f}"
        shown = f"**{positions}**" if row["positions_right"] >= LEARNT else positions
        cells = (row["program"], row["inputs"], row["which"], row["shape"], shown)
        lines.append(f"| {' | '.join(cells)} | {row['inputs_right']:.4f} | {row['steps']:,} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Train what is not trained yet, and write table and pictures."""
    parser = argparse.ArgumentParser(
        description="Train transformers of the predicted shape, and of smaller ones."
    )
    parser.add_argument("programs", nargs="*", choices=[[], *SUBJECTS], help="train these, and write nothing")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "build" / "training")
    parser.add_argument("--told", type=Path, default=TOLD, help="where table and pictures are written")
    given = parser.parse_args()
    given.told.mkdir(parents=True, exist_ok=True)
    rows, histories = list[dict[str, Any]](), dict[str, dict[str, list[Any]]]()
    for name, subject in SUBJECTS.items():
        if given.programs and name not in given.programs:
            continue
        compiled = compile_subject(subject)
        for which, change in SHAPES.items():
            folder = given.output / f"{name}, {which}".replace(", ", "-").replace(" ", "-")
            lesson = prepare_lesson(compiled, change, folder)
            results = finish_lesson(lesson, folder)
            histories.setdefault(name, {})[which] = lesson.training.history
            inputs = f"`{subject.vocabulary}`, {subject.length}, {subject.attention}"
            row = {"program": name, "inputs": inputs, "which": which, "shape": describe_shape(lesson.config)}
            rows.append(
                row | {k: results[k] for k in ("positions_right", "inputs_right", "steps", "stopped")}
            )
            print(json.dumps(rows[-1]), flush=True)
            if which == "predicted":
                picture = given.told / f"attention-{name}.png"
                draw_attention(compare_attention(lesson), show_longest(lesson), picture)
    if given.programs:
        return
    draw_histories(histories, given.told / "curves.png")
    (given.told / "table.md").write_text(write_table(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
