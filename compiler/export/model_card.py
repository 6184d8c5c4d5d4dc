"""README.md of a folder for a family: what the model computes, how sure that is, and how to run it."""

from compiler.pipeline import Compiled
from compiler.report.certificate import describe_tightest
from compiler.stock.families import Family
from compiler.stock.uniform import UniformWeights
from rasp.values import show_value

SHOWN_TOKENS = 20

CARD = """---
library_name: transformers
tags: [rasp, compiled]
---

# {name}, compiled from RASP

A `{architecture}` that was not trained: its weights were compiled from a program, and at each position of an input the
likeliest id is the program's value there.

```rasp
{source}
```

The output is `{expression}`, for up to {length} of the tokens {vocabulary}, {attention} attention, BOS in front.

## Run it

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("DIR")
model = AutoModelForCausalLM.from_pretrained("DIR")
ids = tokenizer({example!r}, return_tensors="pt").input_ids
tokenizer.convert_ids_to_tokens(model(ids).logits[0, 1:].argmax(-1))
```

Run it in float32: in half precision it is another model. Where an engine chooses, say so (`dtype=float32`, and a cache of
keys and values in float32). The answer at position i of the input is that of position i + 1 of the model, since BOS comes
first. Ids behind the vocabulary's are values that are no token: `<3>` is 3.

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
    return CARD.format(
        name=name,
        architecture=family.architecture,
        source=compiled.program.source.text.strip(),
        expression=expression.strip(),
        length=options.max_length,
        vocabulary=shown + (f" and {more} more" if more > 0 else ""),
        attention=options.attention,
        example=" ".join(str(token) for token in options.vocabulary[: min(3, options.max_length)]),
        layers=shape.layers,
        heads=shape.heads,
        d_head=shape.d_head,
        hidden=shape.hidden,
        units=shape.units,
        parameters=weights.parameters(),
        tightest="\n".join(line.strip() for line in describe_tightest(compiled.certificate))
        or "nothing to decide",
    )
