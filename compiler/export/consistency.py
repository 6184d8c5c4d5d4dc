"""What a checkpoint says of itself, held against itself: what it says twice, and what its weights show.

Whether these are the weights of the program, only compiling it again tells (`compiler/export/recompile.py`).
"""

from collections.abc import Iterator, Mapping
from typing import cast

from compiler.config import Config, count_values
from compiler.emit.weights import Weights
from compiler.export.records import encode_json
from compiler.json_forms.model_forms import Certificate, Summary, SymbolMap
from compiler.options import CompileOptions
from compiler.report.certificate import ENDLESS
from compiler.report.summary import count_sizes
from rasp.values import Atom, make_typed_key


def find_contradictions(
    weights: Weights,
    expressions: Mapping[str, str],
    options: CompileOptions,
    summary: Summary,
    symbols: SymbolMap,
) -> Iterator[str]:
    """What does not fit, in words."""
    config = weights.config
    yield from config_contradictions(config, expressions, options)
    told = cast("Mapping[str, object]", summary)
    for name, value in count_sizes(weights).items():
        if encode_json(told[name]) != encode_json(value):
            yield f"rasp.json says {name} {told[name]}, and the weights have {value}"
    if summary["lower_bound_layers"] > len(config.layers):
        yield "rasp.json has a lower bound of layers that is above their number"
    yield from certificate_contradictions(summary["certificate"], options)
    yield from symbol_contradictions(symbols, weights)


def config_contradictions(
    config: Config, expressions: Mapping[str, str], options: CompileOptions
) -> Iterator[str]:
    """Where config.json is not about what rasp.json says was compiled."""
    told_twice = {
        "attention": (config.attention, options.attention),
        "maximum length": (config.max_length, options.max_length),
        "dialect": (config.dialect, options.dialect),
        "dtype": (config.dtype, options.dtype),
        "vocabulary": (kinds(config.vocabulary), kinds(options.vocabulary)),
        "outputs": ([output.name for output in config.outputs], list(expressions)),
    }
    for what, (one, other) in told_twice.items():
        if one != other:
            yield f"config.json and rasp.json differ in {what}"
    if not config.outputs:
        yield "config.json has no outputs"
    for output in config.outputs:
        if not count_values(output.classes):
            # The same value may stand for several: a program's numbers that are one answer.
            yield f"config.json has no classes for the output {output.name}"
        if None in output.classes and not options.no_value:
            yield f"config.json has a class for no value of {output.name}, which rasp.json does not ask for"


def kinds(values: tuple[Atom, ...]) -> list[tuple[str, str]]:
    """Values so that those of different kinds differ, as 1 and true do."""
    return [*map(make_typed_key, values)]


def certificate_contradictions(certificate: Certificate, options: CompileOptions) -> Iterator[str]:
    """Where the certificate is not one of this length, or proves nothing."""
    if certificate["max_length"] != options.max_length:
        yield "the certificate in rasp.json is not for this maximum length"
    if any(not row["value"] or row["bound"] < 0 for row in certificate["values"]):
        yield "the certificate in rasp.json has a value without a bound"
    for row in certificate["decisions"]:
        if not row["error_bound"] < row["margin"]:
            yield f"the certificate in rasp.json has a decision, {row['of']}, that errors can turn"
    limited = [row for row in certificate["decisions"] if row["margin"] < ENDLESS]
    if certificate.get("tightest") not in (limited or [None]):
        yield "the tightest decision in rasp.json is none of its decisions"


def symbol_contradictions(symbols: SymbolMap, weights: Weights) -> Iterator[str]:
    """Where the symbol map is not one of a model of these sizes."""
    places = [place for row in symbols["parts"] for place in row["columns"]]
    places += [row["column"] for row in symbols["columns"]]
    directions = symbols.get("directions")
    if directions is not None and {len(row) for row in directions} - {weights.config.d_model}:
        yield "the directions in rasp.json are of another number of columns than the model has"
    if max(places, default=0) >= max(weights.config.d_model if directions is None else len(directions), 1):
        yield "the symbol map in rasp.json names residual columns that the model does not have"
    if sum(row["parameters"] for row in symbols["parts"]) != weights.parameters():
        yield "the parts in the symbol map of rasp.json have more or fewer parameters than the model"
