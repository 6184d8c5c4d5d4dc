"""tokenizer.json: token text → id, in the WordLevel format that the `tokenizers` library reads.

A vocabulary of single characters splits a text into characters, any other one at blanks. BOS is put in front.
The text of the number 1 is `1`; which kind a token has stands in config.json (a vocabulary never holds both).
"""

from compiler.strict_json.check_json import Record
from rasp.values import Atom

BOS = "<bos>"


def encode_tokenizer(vocabulary: tuple[Atom, ...]) -> Record:
    """The tokenizer of a vocabulary as JSON data; BOS has the id behind the last token."""
    words = [str(token) for token in vocabulary]
    bos = BOS
    while bos in words:
        bos = f"<{bos}>"
    number = len(words)
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": number,
                "content": bos,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
        ],
        "normalizer": None,
        "pre_tokenizer": splitter(words),
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": bos, "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
            ],
            "pair": [
                {"SpecialToken": {"id": bos, "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"Sequence": {"id": "B", "type_id": 1}},
            ],
            "special_tokens": {bos: {"id": bos, "ids": [number], "tokens": [bos]}},
        },
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {word: i for i, word in enumerate(words)} | {bos: number},
            # Not in the vocabulary on purpose: an unknown token is an error, not a guess.
            "unk_token": "<unknown>",
        },
    }


def splitter(words: list[str]) -> Record:
    """How a text falls into tokens."""
    if all(len(word) == 1 for word in words):
        return {"type": "Split", "pattern": {"Regex": ""}, "behavior": "Isolated", "invert": False}
    return {"type": "WhitespaceSplit"}
