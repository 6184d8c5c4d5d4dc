"""What a checkpoint says of itself, held against itself: what it says twice, and what its weights show.

Whether these are the weights of the program, only compiling it again tells (`compiler/verify/recompile.py`).
"""

from collections.abc import Iterator, Mapping

from compiler.config import Config
from compiler.emit.weights import Weights
from compiler.export.records import Record, encode_json, items, mapping, number, size, text
from compiler.options import CompileOptions
from compiler.report.certificate import DTYPE
from compiler.report.summary import sizes
from rasp.values import Atom, typed


def contradictions(
    weights: Weights,
    expressions: Mapping[str, str],
    options: CompileOptions,
    summary: Record,
    symbols: Record,
) -> Iterator[str]:
    """What does not fit, in words. Raises `ValueError` or `KeyError` for records that are none."""
    config = weights.config
    yield from config_contradictions(config, expressions, options)
    for name, value in sizes(weights).items():
        if encode_json(summary[name]) != encode_json(value):
            yield f"rasp.json says {name} {summary[name]}, and the weights have {value}"
    if not 0 <= size(summary["lower_bound_layers"]) <= len(config.layers):
        yield "rasp.json has a lower bound of layers that is above their number"
    yield from certificate_contradictions(mapping(summary["certificate"]), options)
    yield from symbol_contradictions(symbols, weights)


def config_contradictions(
    config: Config, expressions: Mapping[str, str], options: CompileOptions
) -> Iterator[str]:
    """Where config.json is not about what rasp.json says was compiled."""
    told_twice = {
        "attention": (config.attention, options.attention),
        "maximum length": (config.max_length, options.max_length),
        "dialect": (config.dialect, options.dialect),
        "vocabulary": (kinds(config.vocabulary), kinds(options.vocabulary)),
        "outputs": ([output.name for output in config.outputs], list(expressions)),
    }
    for what, (one, other) in told_twice.items():
        if one != other:
            yield f"config.json has another {what} than rasp.json"
    if not config.outputs:
        yield "config.json has no outputs"
    for output in config.outputs:
        if (
            not output.classes
        ):  # the same value may stand for several: a program's numbers that are one answer
            yield f"config.json has no classes for the output {output.name}"


def kinds(values: tuple[Atom, ...]) -> list[tuple[str, str]]:
    """Values so that those of different kinds differ, as 1 and true do."""
    return [*map(typed, values)]


def certificate_contradictions(certificate: Record, options: CompileOptions) -> Iterator[str]:
    """Where the certificate is not one of this length, or proves nothing."""
    if (certificate["dtype"], certificate["max_length"]) != (DTYPE, options.max_length):
        yield "the certificate in rasp.json is not for this maximum length and float32"
    for row in map(mapping, items(certificate["values"])):
        if not text(row["value"]) or number(row["bound"]) < 0:
            yield "the certificate in rasp.json has a value without a bound"
    decisions = [*map(mapping, items(certificate["decisions"]))]
    for row in decisions:
        if not number(row["error_bound"]) < number(row["margin"]):
            yield f"the certificate in rasp.json has a decision, {text(row['of'])}, that errors can turn"
    if decisions and mapping(certificate["tightest"]) not in decisions:
        yield "the tightest decision in rasp.json is none of its decisions"


def symbol_contradictions(symbols: Record, weights: Weights) -> Iterator[str]:
    """Where the symbol map is not one of a model of these sizes."""
    parts = [*map(mapping, items(symbols["parts"]))]
    columns = [*map(mapping, items(symbols["columns"]))]
    for row in parts:
        require(row, ("where", "computes"), ("error_bound",))
    for row in columns:
        require(row, ("carries", "holds", "written_by", "last_read_by"), ("at_bos", "error_bound"))
    places = [size(place) for row in parts for place in items(row["columns"])]
    places += [size(row["column"]) for row in columns]
    if max(places, default=0) >= max(weights.config.d_model, 1):
        yield "the symbol map in rasp.json names residual columns that the model does not have"
    if sum(size(row["parameters"]) for row in parts) != weights.parameters():
        yield "the parts in the symbol map of rasp.json have more or fewer parameters than the model"


def require(row: Record, texts: tuple[str, ...], numbers: tuple[str, ...]) -> None:
    """Raise `KeyError` or `ValueError` unless a record has all these entries."""
    for name in texts:
        text(row[name])
    for name in numbers:
        number(row[name])
