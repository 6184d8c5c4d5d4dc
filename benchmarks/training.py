"""Five programs, learnt by transformers: with the layers and heads that the compiler predicts, with a layer fewer, with a
head fewer.

    python -m benchmarks.training -o build/training

Each training is kept in a folder of its own and goes on after an interruption. At the end the table of `docs/training.md`
and its pictures are written.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure

from benchmarks.tables import Cell, markdown_rows, write_into_page
from compiler.commands.train import Lesson, compare_attention, judge, show_longest
from compiler.config import Config
from compiler.export.records import encode_config
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.training.attention import draw_attention
from compiler.training.examples import split_examples
from compiler.training.kept_training import RECORD, Task, has_training, resume_training, save_training
from compiler.training.learn import Settings, begin_training, continue_training
from compiler.training.shape import Widths, choose_shape, describe_shape
from rasp.arguments import Attention
from rasp.elaborate.program import load_program
from rasp.source import Source

ROOT = Path(__file__).parents[1]
DOCUMENT, PICTURES = ROOT / "docs" / "training.md", ROOT / "docs" / "pictures"
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
    "reverse": Subject("basics/reverse", "reverse", "abcdef", 8),
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
    """For each subject the share of right validation positions over steps, a line for each shape that is finished."""
    figure = Figure((3 * len(histories), 3), layout="constrained")
    for panel, (name, lines) in zip(
        figure.subplots(1, len(histories), sharey=True), histories.items(), strict=True
    ):
        for shape, history in lines.items():
            steps, right = zip(*((moment.step, moment.accuracy) for moment in history), strict=True)
            panel.plot(steps, right, label=shape)
        panel.set(title=name, xlabel="step", ylim=(0, 1.03))
        panel.grid(alpha=0.3)
        panel.legend(loc="lower right", fontsize=8)
    figure.axes[0].set_ylabel("validation positions right")
    figure.savefig(path, dpi=120, metadata={"Software": None})


def write_table(rows: list[dict[str, Any]]) -> str:
    """The table of the document."""
    lines: list[dict[str, Cell]] = []
    for row in rows:
        positions = f"{row['positions_right']:.4f}"
        lines.append(
            {
                "program": row["program"],
                "vocabulary, length": row["inputs"],
                "": row["which"],
                "shape": row["shape"],
                "test positions right": f"**{positions}**" if row["positions_right"] >= LEARNT else positions,
                "test inputs right": f"{row['inputs_right']:.4f}",
                "steps": row["steps"],
            }
        )
    return markdown_rows(tuple(lines[0]) if lines else (), lines)


def name_folder(output: Path, name: str, which: str) -> Path:
    """Where a training is kept."""
    return output / f"{name} {which}".replace(" ", "-")


def read_row(name: str, which: str, lesson: Lesson, results: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the table."""
    subject = SUBJECTS[name]
    inputs = f"`{subject.vocabulary}`, {subject.length}, {subject.attention}"
    row = {"program": name, "inputs": inputs, "which": which, "shape": describe_shape(lesson.config)}
    return row | {key: results[key] for key in ("positions_right", "inputs_right", "steps", "stopped")}


def write_results(output: Path) -> None:
    """Table and pictures of all trainings that are finished."""
    rows, histories = list[dict[str, Any]](), dict[str, dict[str, list[Any]]]()
    for name, which in product(SUBJECTS, SHAPES):
        folder = name_folder(output, name, which)
        results = json.loads((folder / RECORD).read_bytes())["results"] if has_training(folder) else {}
        if not results:
            print(f"{name}, {which}: not finished")
            continue
        lesson = prepare_lesson(compile_subject(SUBJECTS[name]), SHAPES[which], folder)
        rows.append(read_row(name, which, lesson, results))
        histories.setdefault(name, {})[which] = lesson.training.history
        if which == "predicted":
            lesson.training.decoder.load_state_dict(lesson.training.best)
            picture = PICTURES / f"attention-{name}.png"
            draw_attention(compare_attention(lesson), show_longest(lesson), picture)
    draw_histories(histories, PICTURES / "training-curves.png")
    told = write_table(rows) + "\n![Right validation positions over steps](pictures/training-curves.png)\n\n"
    told += "What heads look at, compiled on the left and trained on the right; of heads that count, without BOS:\n\n"
    told += "".join(f"![{name}](pictures/attention-{name}.png)\n" for name in histories)
    write_into_page(DOCUMENT, told)


def main() -> None:
    """Train what is not trained yet, and write table and pictures."""
    parser = argparse.ArgumentParser(description="Train the predicted shape, and smaller ones.")
    parser.add_argument("programs", nargs="*", help="train these; all, if none is named")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "build" / "training")
    parser.add_argument("--write", action="store_true", help="train nothing; write what is finished")
    given = parser.parse_args()
    for which, name in () if given.write else product(SHAPES, given.programs or SUBJECTS):
        folder = name_folder(given.output, name, which)
        lesson = prepare_lesson(compile_subject(SUBJECTS[name]), SHAPES[which], folder)
        print(json.dumps(read_row(name, which, lesson, finish_lesson(lesson, folder))), flush=True)
    if not given.programs:
        write_results(given.output)


if __name__ == "__main__":
    main()
