"""README.md of a folder for a family: what the model computes, how sure that is, and how to run it."""

from compiler.pipeline import Compiled
from compiler.report.certificate import describe_tightest
from compiler.stock.families import Family
from compiler.stock.uniform import UniformWeights
from compiler.targets.target import find_target
from rasp.values import show_value

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

CARD = """---
library_name: transformers
tags: [rasp, compiled]
---

# {name}, compiled from RASP

A `{architecture}` that was not trained: its weights were compiled from a program, and at each position of an input the
likeliest {answer} is the program's value there.

```rasp
{source}
```

The output is `{expression}`, for up to {length} of the tokens {vocabulary}, {attention} attention, BOS in front.

## Run it

{run}

Run it in float32: in half precision it is another model. Where an engine chooses, say so (`dtype=float32`, and a cache of
keys and values in float32). {answers}

## Size

{layers} layers, {heads} heads of {d_head}, residual {hidden}, {units} hidden units; {parameters:,} parameters.

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
    options, shape = compiled.options, weights.shape
    shown = ", ".join(show_value(token) for token in options.vocabulary[:SHOWN_TOKENS])
    more = len(options.vocabulary) - SHOWN_TOKENS
    example = " ".join(str(token) for token in options.vocabulary[: min(3, options.max_length)])
    labels = find_target(options).labels
    return CARD.format(
        name=name,
        answer="label" if labels else "id",
        run=(RUN_LABELS if labels else RUN_IDS).format(example=example),
        answers=ANSWER_LABELS if labels else ANSWER_IDS,
        architecture=family.architecture,
        source=compiled.program.source.text.strip(),
        expression=expression.strip(),
        length=options.max_length,
        vocabulary=shown + (f" and {more} more" if more > 0 else ""),
        attention=options.attention,
        layers=shape.layers,
        heads=shape.heads,
        d_head=shape.d_head,
        hidden=shape.hidden,
        units=shape.units,
        parameters=weights.parameters(),
        tightest="\n".join(line.strip() for line in describe_tightest(compiled.certificate))
        or "nothing to decide",
    )
