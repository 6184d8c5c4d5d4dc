"""From a program's output to what its decoder is: the output rewritten, and the words that are read and written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from compiler.completions.decoder_graph import make_decoder_graph
from compiler.completions.decoder_words import DecoderWords, choose_words
from compiler.limits import LENGTH
from compiler.options import CompileError, CompileOptions, Prompts
from compiler.rewrite.apply_passes import apply_passes
from rasp.diagnostics import Diagnostic
from rasp.elaborate.program import Program
from rasp.graph.nodes import Graph, Node
from rasp.recursion import allow_deep_recursion


@dataclass(frozen=True, eq=False)
class Decoder:
    """What a decoder answers: the `output` as the program has it, and as it is `computed`, both under full attention; the
    `words` of prompts, stages and answers; and how long prompts are at `most`."""

    output: Node
    computed: Node
    words: DecoderWords
    most: int


@lru_cache(maxsize=8)  # each way to build it, its check and its file ask for the same
def plan_decoder(graph: Graph, output: Node, options: CompileOptions) -> Decoder:
    """The decoder of an output; `options` are those of the program under full attention. Raises `CompileError`.

    The program is rewritten first, for its own inputs: rules know more of them than of all that a decoder can be given.
    """
    with allow_deep_recursion():
        computed = apply_passes(graph, {"out": output}, options).rewritten["out"]
        return Decoder(output, computed, choose_words(graph, computed, options), options.max_length)


def ask_for_decoder(program: Program, outputs: Mapping[str, str], options: CompileOptions) -> CompileOptions:
    """What the decoder of a program is compiled with; `options` say for which inputs.

    Raises `RaspError`, `CompileError`.
    """
    if len(outputs) != 1 or options.attention != "full":
        message = "a decoder is made of one output of a program under full attention"
        hint = (
            "compile each output into a folder of its own" if len(outputs) != 1 else "leave --attention out"
        )
        raise CompileError(Diagnostic(message, hint=hint, code="decode"))
    [output] = [program.sop(text) for text in outputs.values()]
    return fit_options(plan_decoder(program.graph, output, replace(options, dialect="plain")), options)


def fit_options(decoder: Decoder, options: CompileOptions) -> CompileOptions:
    """The options of a decoder: its tokens, and room for all that it reads and writes."""
    words = decoder.words
    length = (len(words.bars) + 1) * (decoder.most + 1)  # the end, which no position has to read, among them
    if length > LENGTH.most:
        message = f"this decoder would read and write {length:,} tokens, and there can be {LENGTH.most:,}"
        raise CompileError(Diagnostic(message, hint="compile for a shorter length", code="decode"))
    prompts = Prompts(options.vocabulary, decoder.most, words.bars, words.end)
    own = {"vocabulary": words.vocabulary, "max_length": length}
    return replace(options, attention="causal", prompts=prompts, **own)


def bound_indices(options: CompileOptions, *, bounded: bool) -> CompileOptions:
    """The same for a decoder whose indices are bounded, or not; for any other model as they are."""
    prompts = options.prompts
    return options if prompts is None else replace(options, prompts=replace(prompts, bounded=bounded))


def list_variants(options: CompileOptions) -> tuple[CompileOptions, ...]:
    """The ways to build a model, of which the first that holds is taken: a decoder's indices are bounded, or else not, for
    carries are for what is not (`compiler/reading/carries.py`); any other model is built as it is."""
    return tuple(dict.fromkeys((options, bound_indices(options, bounded=False))))


def shorten_options(
    program: Program, outputs: Mapping[str, str], options: CompileOptions, length: int
) -> CompileOptions:
    """The options of the same model for inputs of at most so many tokens: of a decoder, for prompts."""
    if options.prompts is None:
        return replace(options, max_length=length)
    vocabulary = options.prompts.vocabulary
    asked = replace(options, vocabulary=vocabulary, max_length=length, attention="full", prompts=None)
    return ask_for_decoder(program, outputs, asked)


def find_decoder(
    program: Program, outputs: Mapping[str, str], options: CompileOptions, prompts: Prompts
) -> Decoder:
    """What the decoder of a program is, for options that were made for it.

    Raises `RaspError`, and `CompileError` where they were made for another.
    """
    own = {"vocabulary": prompts.vocabulary, "max_length": prompts.max_length}
    full = replace(options, attention="full", dialect="plain", prompts=None, **own)
    [text] = outputs.values()
    decoder = plan_decoder(program.graph, program.sop(text), full)
    if fit_options(decoder, full) != bound_indices(replace(options, dialect="plain"), bounded=True):
        message = "these are not the tokens of the program's decoder"
        raise CompileError(Diagnostic(message, hint="compile the program again", code="decode"))
    return decoder


def find_meaning(program: Program, outputs: Mapping[str, str], options: CompileOptions) -> dict[str, Node]:
    """What the outputs of a model mean: output name → s-op over its tokens, the program's own or a decoder's.

    Raises `RaspError` for an expression that is wrong, `CompileError` where there are no words for its values.
    """
    if options.prompts is None:
        return {name: program.sop(text) for name, text in outputs.items()}
    [name] = outputs
    decoder = find_decoder(program, outputs, options, options.prompts)
    words, most, bounded = decoder.words, decoder.most, options.prompts.bounded
    return {name: make_decoder_graph(program.graph, decoder.computed, words, most, bounded=bounded)}
