"""Going through a syntax tree without caring for its forms. No recursion, so that any depth is fine."""

from collections.abc import Iterator
from dataclasses import fields
from typing import get_args

from rasp.syntax.syntax_tree import Expression, Name, Statement

Tree = Expression | Statement
FORMS: tuple[type, ...] = (*get_args(Expression), *get_args(Statement))


def list_children(tree: Tree) -> list[Tree]:
    """The expressions, names and statements right below a tree, in the order of the text."""
    found: list[Tree] = []
    pending: list[object] = [getattr(tree, field.name) for field in reversed(fields(tree))]
    while pending:
        value = pending.pop()
        if isinstance(value, tuple):
            pending.extend(reversed(value))  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(value, FORMS):
            found.append(value)  # pyright: ignore[reportArgumentType]
    return found


def walk_trees(*trees: Tree) -> Iterator[Tree]:
    """The trees and all below them, parents before children."""
    pending = list(reversed(trees))
    while pending:
        tree = pending.pop()
        yield tree
        pending.extend(reversed(list_children(tree)))


def list_names_in(*trees: Tree) -> Iterator[Name]:
    """Every `Name` in the trees, whether it is read or bound there."""
    for tree in walk_trees(*trees):
        if isinstance(tree, Name):
            yield tree
