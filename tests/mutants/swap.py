"""Put a change into the modules of this process, which are already imported.

Functions get the changed code, wherever they have been imported to. A constant at a module's top is bound anew in every
module that has it.
"""

import gc
import sys
from collections.abc import Iterator
from dataclasses import is_dataclass
from types import CodeType, FunctionType, ModuleType

import numpy as np

from tests.mutants.changes import Change

KINDS = int, float, str, tuple, frozenset, dict, np.ndarray
"""What constants are, besides dataclasses."""


def swap(change: Change, text: str) -> None:
    """Make the change; `text` is the module's own. Raises `LookupError` where nothing of it is alive."""
    module = sys.modules[change.module]
    code = compile(change.apply(text), str(module.__file__), "exec")
    done = swap_functions(text, code, module) if change.function else swap_constants(code, module)
    if not done:
        raise LookupError(change.name)


def swap_functions(text: str, changed: CodeType, module: ModuleType) -> int:
    """How many live functions have another code now."""
    old, new = by_place(compile(text, str(module.__file__), "exec")), by_place(changed)
    other = {
        before: after
        for place, codes in old.items()
        for before, after in zip(codes, new.get(place, codes), strict=False)
        if before != after
    }
    alive = [f for f in gc.get_objects() if isinstance(f, FunctionType) and f.__code__ in other]
    for function in alive:
        function.__code__ = other[function.__code__]
    return len(alive)


def by_place(code: CodeType) -> dict[tuple[str, int], list[CodeType]]:
    """The code of every function by its name and first line, lambdas of one line in order."""
    found: dict[tuple[str, int], list[CodeType]] = {}
    for inner in nested(code):
        found.setdefault((inner.co_qualname, inner.co_firstlineno), []).append(inner)
    return found


def nested(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from nested(constant)


def swap_constants(changed: CodeType, module: ModuleType) -> int:
    """How many names have another value now."""
    fresh: dict[str, object] = {"__name__": module.__name__, "__file__": module.__file__}
    exec(changed, fresh)
    count = 0
    for name, value in fresh.items():
        old = vars(module).get(name)
        if (isinstance(value, KINDS) or is_dataclass(value)) and repr(value) != repr(old):
            for other in list(sys.modules.values()):
                if (
                    getattr(other, "__name__", "").startswith(("compiler.", "tests.", "test_"))
                    and vars(other).get(name) is old
                ):
                    setattr(other, name, value)
                    count += 1
    return count
