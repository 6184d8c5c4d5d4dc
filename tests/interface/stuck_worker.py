"""A worker of the playground that does not answer as it should: which way, the question says."""

import os
from collections.abc import Callable
from typing import Any

from rasp.page_answers.question import Question
from rasp.page_answers.worker import serve_worker


def answer(question: Question, report: Callable[[str], None]) -> dict[str, Any]:
    match question.text("way"):
        case "loop":
            report("looping")
            while True:
                pass
        case "grow":
            return {"size": len(bytearray(2**40))}
        case "die":
            os._exit(1)
        case "fail":
            raise AttributeError("inside")
        case _:
            print("what a library prints")
            return {"process": os.getpid()}


if __name__ == "__main__":
    serve_worker({"try": answer})
