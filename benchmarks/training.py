"""Five programs, learnt by transformers: with the layers and heads that the compiler predicts, with a layer fewer, with a
head fewer; from several seeds, and three of the programs also for longer inputs.

    python -m benchmarks.training -o build/training

Each training is kept in a folder of its own and goes on after an interruption. At the end the table of `docs/training.md`
and its pictures are written.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure

from benchmarks.tables import Cell, markdown_rows, write_into_page
from compiler.config import Config
from compiler.export.records import encode_config
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.training.attention import draw_attention
from compiler.training.examples import split_examples
from compiler.training.kept_training import RECORD, Task, has_training, resume_training, save_training
from compiler.training.learn import Settings, begin_training, continue_training
from compiler.training.shape import Widths, choose_shape, describe_shape
from compiler.training_commands.train_command import Lesson, compare_attention, judge, show_longest
from rasp.arguments import Attention
from rasp.elaborate.program import load_program
from rasp.source import Source

ROOT = Path(__file__).parents[1]
DOCUMENT, PICTURES = ROOT / "docs" / "training.md", ROOT / "docs" / "pictures"
EXAMPLES, SETTINGS = 20_000, Settings(steps=2000, batch=64, rate=3e-3, patience=5)
#: Of data, weights and batches.
SEEDS = 0, 1, 2
#: Pictures of curves in a row.
ACROSS = 4
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
    "longer sort": Subject("sorting/sort", "sorted_tokens", "abcdefghijklmnopqrstuvwxyz", 12),
    "longer induction": Subject("language/induction", "induction", "abcdefgh", 16, "causal"),
    "longer dyck1": Subject("brackets/dyck1", "dyck1", "()", 24),
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


@dataclass(frozen=True)
class Trial:
    """One training: of a subject of `SUBJECTS`, in a shape of `SHAPES`, from a seed."""

    name: str
    which: str
    seed: int

    @property
    def subject(self) -> Subject:
        return SUBJECTS[self.name]

    def name_folder(self, output: Path) -> Path:
        """Where it is kept."""
        return output / f"{self.name} {self.which} {self.seed}".replace(" ", "-")


def prepare_lesson(trial: Trial, folder: Path) -> Lesson:
    """The training of a trial, where it was if it had begun."""
    compiled = compile_subject(trial.subject)
    config = SHAPES[trial.which](choose_shape(compiled.weights.config, None, None, Widths()))
    length, settings = config.max_length, replace(SETTINGS, seed=trial.seed)
    split = split_examples(config, compiled.meaning, length, EXAMPLES, trial.seed)
    data = {"examples": EXAMPLES, "trained_length": length, "seed": trial.seed}
    outputs = dict(compiled.expressions)
    task = Task(
        compiled.program.source.text, outputs, encode_config(config), data, asdict(settings), "random"
    )
    training = begin_training(config, settings, torch.device("cpu"))
    if has_training(folder):
        resume_training(folder, task, training)
    return Lesson(compiled, config, split, task, training)


def finish_lesson(lesson: Lesson, folder: Path) -> dict[str, Any]:
    """Train to the end; what the best weights can do."""
    for _ in continue_training(lesson.training, lesson.split):
        save_training(folder, lesson.task, lesson.config, lesson.training, None)
    results = judge(lesson, noise=False, seed=lesson.training.settings.seed)
    save_training(folder, lesson.task, lesson.config, lesson.training, results)
    return results


def draw_histories(histories: Mapping[str, Mapping[str, list[Any]]], path: Path) -> None:
    """For each subject the share of right validation positions over steps, a line for each shape that is finished."""
    rows = -(-len(histories) // ACROSS)
    figure = Figure((3 * ACROSS, 2.6 * rows), layout="constrained")
    panels = figure.subplots(rows, ACROSS, sharey=True, squeeze=False).flat
    for panel in panels[len(histories) :]:
        panel.set_axis_off()
    for panel, (name, lines) in zip(panels, histories.items(), strict=False):
        for shape, history in lines.items():
            steps, right = zip(*((moment.step, moment.accuracy) for moment in history), strict=True)
            panel.plot(steps, right, label=shape)
        panel.set(title=name, xlabel="step", ylim=(0, 1.03))
        panel.grid(alpha=0.3)
        panel.legend(loc="lower right", fontsize=8)
    figure.axes[0].set_ylabel("validation positions right")
    figure.savefig(path, dpi=120, metadata={"Software": None})


@dataclass(frozen=True, eq=False)
class Finished:
    """A training that is done, and what its best weights can do."""

    lesson: Lesson
    results: Mapping[str, Any]


def write_table(found: Mapping[tuple[str, str], Sequence[Finished]]) -> str:
    """The table of the document: a row for each subject and shape, with what each seed gave."""
    lines: list[dict[str, Cell]] = []
    for (name, which), trials in found.items():
        subject = SUBJECTS[name]
        positions, inputs, steps = (
            [row.results[key] for row in trials] for key in ("positions_right", "inputs_right", "steps")
        )
        shown = (f"**{right:.4f}**" if right >= LEARNT else f"{right:.4f}" for right in positions)
        lines.append(
            {
                "program": name,
                "vocabulary, length": f"`{subject.vocabulary}`, {subject.length}, {subject.attention}",
                "": which,
                "shape": describe_shape(trials[0].lesson.config),
                "test positions right, by seed": ", ".join(shown),
                "test inputs right": ", ".join(f"{right:.3f}" for right in inputs),
                "steps": ", ".join(f"{count:,}" for count in steps),
            }
        )
    return markdown_rows(tuple(lines[0]) if lines else (), lines)


def read_finished(trial: Trial, output: Path) -> Finished | None:
    """What a folder has of a training that is done."""
    folder = trial.name_folder(output)
    results: dict[str, Any] = {}
    if has_training(folder) and (folder / RECORD).exists():
        results = json.loads((folder / RECORD).read_bytes())["results"]
    if not results:
        print(f"{trial.name}, {trial.which}, seed {trial.seed}: not finished")
        return None
    return Finished(prepare_lesson(trial, folder), results)


def write_results(output: Path) -> None:
    """Table and pictures of all trainings that are finished."""
    found: dict[tuple[str, str], list[Finished]] = {}
    for name, which, seed in product(SUBJECTS, SHAPES, SEEDS):
        if finished := read_finished(Trial(name, which, seed), output):
            found.setdefault((name, which), []).append(finished)
    histories: dict[str, dict[str, list[Any]]] = {}
    for (name, which), trials in found.items():
        lesson = trials[0].lesson
        histories.setdefault(name, {})[which] = lesson.training.history
        if which == "predicted":
            lesson.training.decoder.load_state_dict(lesson.training.best)
            draw_attention(compare_attention(lesson), show_longest(lesson), PICTURES / name_picture(name))
    draw_histories(histories, PICTURES / "training-curves.png")
    told = write_table(found) + "\n![Right validation positions over steps](pictures/training-curves.png)\n\n"
    told += "What heads look at, compiled on the left and trained on the right; of heads that count, without BOS:\n\n"
    told += "".join(f"![{name}](pictures/{name_picture(name)})\n" for name in histories)
    write_into_page(DOCUMENT, told)


def name_picture(name: str) -> str:
    """The file of a subject's attention."""
    return f"attention-{name.replace(' ', '-')}.png"


def main() -> None:
    """Train what is not trained yet, and write table and pictures."""
    parser = argparse.ArgumentParser(description="Train the predicted shape, and smaller ones.")
    parser.add_argument("programs", nargs="*", help="train these; all, if none is named")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "build" / "training")
    parser.add_argument("--write", action="store_true", help="train nothing; write what is finished")
    given = parser.parse_args()
    for seed, which, name in () if given.write else product(SEEDS, SHAPES, given.programs or SUBJECTS):
        trial = Trial(name, which, seed)
        folder = trial.name_folder(given.output)
        results = finish_lesson(prepare_lesson(trial, folder), folder)
        told = {key: results[key] for key in ("positions_right", "inputs_right", "steps", "stopped")}
        print(json.dumps(asdict(trial) | told), flush=True)
    if not given.programs:
        write_results(given.output)


if __name__ == "__main__":
    main()
