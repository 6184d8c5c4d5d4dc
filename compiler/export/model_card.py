"""README.md of a folder for a family: what the model computes, how sure that is, and how to run it."""

from compiler.options import CompileOptions
from compiler.pipeline import Compiled
from compiler.report.certificate import describe_gap, describe_tightest
from compiler.stock.array_names import Family
from compiler.stock.uniform import UniformWeights
from compiler.targets.target import find_target
from rasp.values import show_count, show_value

SHOWN_TOKENS = 20

RUN_IDS = """```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("DIR")
model = AutoModelForCausalLM.from_pretrained("DIR")
ids = tokenizer({example!r}, return_tensors="pt").input_ids
tokenizer.convert_ids_to_tokens(model(ids).logits[0, 1:].argmax(-1))
```"""
ANSWER_IDS = """The answer at position i of the input is that of position i + 1 of the model, since BOS comes
first. Ids behind the vocabulary's are values that are no token: `<3>` is 3."""
RUN_LABELS = """```python
from transformers import pipeline

[answer["entity"] for answer in pipeline("token-classification", "DIR")({example!r})]
```"""
ANSWER_LABELS = """The pipeline leaves BOS out; a model that is called by itself answers there as well, and
that answer means nothing."""

RUN_DECODER = """```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("DIR")
model = AutoModelForCausalLM.from_pretrained("DIR")
ids = tokenizer({example!r}, return_tensors="pt").input_ids
tokenizer.decode(model.generate(ids)[0, ids.shape[1] :], skip_special_tokens=True)
```"""
ANSWER_DECODER = """A prompt is an input of the program and `{bar}` behind it; what is generated is the answer, a token for
each of the input's, and the end of the text.{scratchpad}"""
SCRATCHPAD = """ Before the answer it writes what it has to look up again: its values of s-ops on
the key's side of selectors, each stage behind a bar of its own; the answer is what stands behind `{bar}`."""

CARD = """---
library_name: transformers
tags: [rasp, compiled]
---

# {name}, compiled from RASP

A `{architecture}` that was not trained: its weights were compiled from a program, and {answer}.

```rasp
{source}
```

The output is `{expression}`, for up to {length} of the tokens {vocabulary}, {attention} attention, BOS in front.

## Run it

{run}

Run it in float32: in half precision it is another model. Where an engine chooses, say so (`dtype=float32`, and a cache of
keys and values in float32). {answers}

## Size

{layers}, {heads} of {d_head}, residual {hidden}, {units}; {parameters}.

## Certificate

Error bounds were derived for this family: norm, activation, scale of attention, float32 logits, any order of addition. For
every input up to the length each decision of the model has a margin above its bound.

```text
{tightest}
```

`rasp verify DIR` compiles the program in `rasp.json` again, compares every byte of this folder, and runs it in
transformers against the interpreter.
"""


def write_card(compiled: Compiled, weights: UniformWeights, family: Family) -> str:
    """The text."""
    [(name, expression)] = compiled.expressions.items()
    options, shape, certificate = compiled.options, weights.shape, compiled.certificate
    asked = options.prompts or options
    shown = ", ".join(show_value(token) for token in asked.vocabulary[:SHOWN_TOKENS])
    more = len(asked.vocabulary) - SHOWN_TOKENS
    answer, run, answers = describe_use(options)
    return CARD.format(
        name=name,
        answer=answer,
        run=run,
        answers=answers,
        architecture=family.architecture,
        source=compiled.program.source.text.strip(),
        expression=expression.strip(),
        length=asked.max_length,
        vocabulary=shown + (f" and {more} more" if more > 0 else ""),
        attention="full" if options.prompts else options.attention,
        layers=show_count(shape.layers, "layer"),
        heads=show_count(shape.heads, "head"),
        d_head=shape.d_head,
        hidden=shape.hidden,
        units=show_count(shape.units, "hidden unit"),
        parameters=show_count(weights.parameters(), "parameter"),
        tightest="\n".join(
            line.strip() for line in describe_tightest(certificate) + describe_gap(certificate)
        )
        or "nothing to decide",
    )


def describe_use(options: CompileOptions) -> tuple[str, str, str]:
    """What a model answers, how to run it, and what to know of its answers."""
    asked = options.prompts or options
    words = [str(token) for token in asked.vocabulary[: min(3, asked.max_length)]]
    if options.prompts is not None:
        first, *_, last = [*options.prompts.bars, options.prompts.bars[-1]]
        scratchpad = "" if first == last else SCRATCHPAD.format(bar=last)
        run = RUN_DECODER.format(example=" ".join([*words, first]))
        return "it writes the program's answer", run, ANSWER_DECODER.format(bar=first, scratchpad=scratchpad)
    each = "at each position of an input the\nlikeliest {} is the program's value there"
    if find_target(options).labels:
        return each.format("label"), RUN_LABELS.format(example=" ".join(words)), ANSWER_LABELS
    return each.format("id"), RUN_IDS.format(example=" ".join(words)), ANSWER_IDS
