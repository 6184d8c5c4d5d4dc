"""One page of HTML for a compiled model and an input, complete in itself: it asks nothing of the network.

Weights stand in it as the checkpoint holds them, and `forward.js` runs the decoder on them: what the page shows for an
input, it has computed itself. Only what names of the program mean is the interpreter's: for the given input.
"""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from typing import Any

from compiler.audit.score_errors import find_gap
from compiler.config import Config
from compiler.emit.join_outputs import split_outputs
from compiler.export.files import encode_arrays
from compiler.export.records import encode_config
from compiler.json_forms.model_forms import Summary
from compiler.limits import PAGE_BYTES
from compiler.numerics.count_precision import Precision
from compiler.numerics.dtypes import find_arithmetic
from compiler.options import CompileError
from compiler.pipeline import Compiled
from compiler.plan.reuse import find_lives
from compiler.report.describe import describe_node
from compiler.report.known_values import list_known_values
from compiler.report.parts import list_parts
from rasp.diagnostics import Diagnostic
from rasp.graph.nodes import Graph, Node, list_in_order
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.values import Atom, make_typed_key, show_count, show_value

Record = dict[str, Any]
PAGE_HINT = "inspect a model for a shorter length"


def build_page(compiled: Compiled, tokens: Sequence[Atom], title: str) -> str:
    """The page. Raises `CompileError` for an input that the model does not take, or where the page would be too large."""
    check_input(compiled, tokens)
    data = json.dumps(describe_model(compiled, tokens), ensure_ascii=True).replace("<", "\\u003c")
    script = read_piece("forward.js") + read_piece("page.js")
    pieces = {"@TITLE@": escape(title), "@STYLE@": read_piece("page.css"), "@SCRIPT@": script}
    page = read_piece("page.html")
    for mark, text in {**pieces, "@MODEL@": data}.items():
        page = page.replace(mark, text)
    if len(page) > PAGE_BYTES.most:
        message = f"the page would have {len(page):,} bytes, and {PAGE_BYTES.most:,} is the most"
        raise CompileError(Diagnostic(message, hint=PAGE_HINT, code="too-large"))
    return page


def read_piece(name: str) -> str:
    """A file of this package."""
    return files("compiler.explorer").joinpath(name).read_text(encoding="utf-8")


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def check_input(compiled: Compiled, tokens: Sequence[Atom]) -> None:
    """Raise `CompileError` for an input that the model was not compiled for."""
    options = compiled.options
    known = {make_typed_key(token) for token in options.vocabulary}
    wrong = [token for token in tokens if make_typed_key(token) not in known]
    if wrong:
        listed = ", ".join(map(show_value, options.vocabulary[:20]))
        message = f"the token {show_value(wrong[0])} is not in the model's vocabulary"
        raise CompileError(Diagnostic(message, hint=f"the vocabulary is {listed}", code="unknown-token"))
    if not 0 < len(tokens) <= options.max_length:
        given = show_count(len(tokens), "token")
        message = f"the input has {given}; this model takes 1 to {options.max_length}"
        raise CompileError(Diagnostic(message, hint="give another input with -i", code="input-too-long"))


def describe_model(compiled: Compiled, tokens: Sequence[Atom]) -> Record:
    """All that the page needs to know."""
    weights = split_outputs(compiled.weights)
    arrays = encode_arrays(weights)
    plain = all(isinstance(token, str) and len(token) == 1 for token in tokens)
    summary = compiled.summary
    return {
        "config": encode_config(list_classes(weights.config)),
        "arrays": {
            name: {
                "shape": list(array.shape),
                "data": b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode(),
                "double": array.dtype.itemsize == 8,
            }
            for name, array in arrays.items()
        },
        "source": compiled.program.source.text or "\n".join(compiled.expressions.values()),
        "tokens": list(tokens),
        "input": "".join(map(str, tokens)) if plain else json.dumps(list(tokens)),
        "summary": describe_sizes(summary),
        "names": list_name_records(compiled, tokens),
        "values": list_value_records(compiled),
        "columns": list_column_records(compiled),
        "directions": None if compiled.directions is None else compiled.directions.tolist(),
        "heads": list_head_records(compiled, tokens),
        "certificate": compiled.certificate,
    }


def list_classes(config: Config) -> Config:
    """With all values of outputs listed, as far as a page could hold them. Raises `CompileError`."""
    most = PAGE_BYTES.most // 8
    for output in config.outputs:
        if len(output.classes) > most:
            message = (
                f"{output.name} has {len(output.classes):,} values, and a page has room for {most:,} at most"
            )
            raise CompileError(Diagnostic(message, hint=PAGE_HINT, code="too-large"))
    return replace(
        config, outputs=tuple(replace(output, classes=tuple(output.classes)) for output in config.outputs)
    )


def describe_sizes(summary: Summary) -> str:
    """`1 layer, 2 heads, d_model 9`."""
    sizes = ("layer", summary["layers"]), ("head", summary["heads"])
    counted = ", ".join(show_count(number, noun) for noun, number in sizes)
    return f"{counted}, d_model {summary['d_model']}, {show_count(summary['parameters'], 'parameter')}"


def list_name_records(compiled: Compiled, tokens: Sequence[Atom]) -> list[Record]:
    """The names of the program, with what they are on the input: values, a selector's matrix, or neither."""
    nodes = {name: node for node, name in compiled.program.graph.names.items()}
    outcomes = evaluate(list(nodes.values()), [list(tokens)], compiled.options.attention)
    found: list[Record] = []
    for (name, node), [outcome] in zip(nodes.items(), outcomes, strict=True):
        said = None if isinstance(outcome, EvaluationError) else outcome
        found.append({"name": name, "matrix" if node.is_selector else "values": said})
    return found


def list_value_records(compiled: Compiled) -> list[Record]:
    """The values of the residual stream, with what is needed to decode them."""
    known = list_known_values(compiled.plan, compiled.layout, compiled.analysis, compiled.bounds)
    layers = len(compiled.plan.layers)
    return [
        {
            "name": value.name,
            "where": value.where,
            "written": value.written,
            "after": f"from {name_half(value.written, layers)} to {name_half(value.cleared, layers)}",
            "places": list(value.places),
            "values": list(value.values),
            "vectors": value.vectors.tolist(),
            "bounds": value.bounds.tolist(),
        }
        for value in known.values()
    ]


def name_half(step: int, layers: int) -> str:
    """A half-layer in words."""
    if step > 2 * layers:
        return "the end"
    return f"{'heads' if step % 2 else 'units'} {(step - 1) // 2}" if step else "embedding"


def list_column_records(compiled: Compiled) -> list[Mapping[str, Any]]:
    """The contents of columns, with the half-layers that write, last read and clear them."""
    lives = find_lives(compiled.plan, compiled.layout)
    cleared = {erasure.column: 2 * erasure.layer + 2 for erasure in compiled.layout.erasures}
    end = 2 * len(compiled.plan.layers) + 2
    return [
        {**row, "written": life.written, "read": life.read, "cleared": cleared.get(k, end)}
        for k, (row, life) in enumerate(zip(compiled.symbols["columns"], lives, strict=True))
    ]


def list_head_records(compiled: Compiled, tokens: Sequence[Atom]) -> list[Record]:
    """The heads, with what their selectors select on the input; None where that has no value."""
    graph, found = compiled.program.graph, list[Record]()
    computes = {part.where: part.computes(graph) for part in list_parts(compiled.plan, compiled.layout)}
    arithmetic = find_arithmetic(compiled.options)
    count_logit = Precision(compiled.options.max_length, arithmetic=arithmetic).count_logit
    for number, layer in enumerate(compiled.plan.layers):
        for h, head in enumerate(layer.heads):
            where = f"layer {number} head {h}"
            [[rows]] = evaluate([head.selector], [list(tokens)], compiled.options.attention)
            found.append(
                {
                    "layer": number,
                    "head": h,
                    "where": where,
                    "selector": describe_node(graph, head.selector),
                    "computes": computes[where],
                    "mentions": list_mentioned(graph, head.selector),
                    "mode": head.scores.mode,
                    "apart": find_gap(head.scores, arithmetic)[0],
                    "closed": compiled.options.attention == "causal" or head.scores.is_closed,
                    "count_logit": count_logit,
                    "ideal": None if isinstance(rows, EvaluationError) else rows,
                }
            )
    return found


def list_mentioned(graph: Graph, selector: Node) -> list[str]:
    """The names that a selector is written with: its own, and those of selectors and s-ops in it down to the first s-ops
    that have names."""

    def list_parts_below(node: Node) -> Sequence[Node]:
        return node.args if node.is_selector or node not in graph.names else ()

    nodes = list_in_order([selector], list_parts_below)
    return [graph.names[node] for node in nodes if node in graph.names]
