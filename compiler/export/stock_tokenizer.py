"""tokenizer.json and tokenizer_config.json of a folder for a family: the ids of tokens, special ones, and classes.

As in our own (`compiler/export/tokenizer.py`), but blanks between tokens are passed over where no token has one, and there
are words for the ids behind the vocabulary's: a class that is no token is answered as `<value>`.
"""

from collections.abc import Mapping
from typing import cast

from compiler.config import Config
from compiler.export.tokenizer import encode_tokenizer
from compiler.options import CompileError
from compiler.strict_json.check_json import Record, check_mapping
from rasp.diagnostics import Diagnostic
from rasp.values import Atom

EOS = "<eos>"
NO_VALUE = "no value"
UNSAID = "O"
"""The label of what is nothing, by convention: pipelines do not show it."""


def name_ids(config: Config, answers: Mapping[int, Atom | None]) -> list[str]:
    """The word of each id: tokens, BOS, what pads and ends, then values that answer, by their ids.

    Raises `CompileError` where no text can hold a token.
    """
    words = [str(token) for token in config.vocabulary]
    single = all(len(word) == 1 for word in words)
    bad = next((word for word in words if not word or (not single and word.split() != [word])), None)
    if bad is not None:
        message = f"the token {bad!r} cannot stand in a text whose tokens are separated by blanks"
        raise CompileError(
            Diagnostic(message, hint="use a token without blanks, or the target plain", code="target")
        )
    words.append(bos_word(config.vocabulary))
    words.append(make_free_word(EOS, words))
    for i in range(len(words), max((*answers, len(words) - 1)) + 1):
        value = answers[i]
        words.append(make_free_word(f"<{NO_VALUE if value is None else value}>", words))
    return words


def name_labels(config: Config) -> list[str]:
    """The label of each class: its value, in angle brackets where that is taken, or what pipelines pass over."""
    labels: list[str] = [UNSAID]
    for value in config.outputs[0].classes:
        labels.append(make_free_word(f"<{NO_VALUE}>" if value is None else str(value), labels))
    return labels[1:]


def bos_word(vocabulary: tuple[Atom, ...]) -> str:
    """What stands for BOS."""
    [added] = cast("list[Record]", encode_tokenizer(vocabulary)["added_tokens"])
    return str(added["content"])


def make_free_word(word: str, taken: list[str]) -> str:
    while word in taken:
        word = f"<{word}>"
    return word


def encode_stock_tokenizer(config: Config, words: list[str]) -> Record:
    """tokenizer.json."""
    record = encode_tokenizer(config.vocabulary)
    model = check_mapping(record["model"])
    splitter = check_mapping(record["pre_tokenizer"])
    if splitter["type"] == "Split" and not any(word.isspace() for word in words):
        splitter = {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, splitter]}
    bos, eos = len(config.vocabulary), len(config.vocabulary) + 1
    [added] = cast("list[Record]", record["added_tokens"])
    specials = [added, added | {"id": eos, "content": words[eos]}]
    assert added["id"] == bos
    return record | {
        "added_tokens": specials,
        "pre_tokenizer": splitter,
        "model": model | {"vocab": {word: i for i, word in enumerate(words)}},
    }


def encode_tokenizer_config(config: Config, words: list[str]) -> Record:
    """tokenizer_config.json: the class that every version of transformers knows."""
    bos, eos = words[len(config.vocabulary)], words[len(config.vocabulary) + 1]
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": bos,
        "eos_token": eos,
        "pad_token": eos,
        "clean_up_tokenization_spaces": False,
        # Else transformers before 5 give every model token types, which DistilBERT does not take.
        "model_input_names": ["input_ids", "attention_mask"],
        "model_max_length": config.max_length + 1,
    }
