"""Which definition a name in a text belongs to, and which names can be seen from a place.

Scopes as the elaboration has them: comprehensions, functions, the text, the texts it loads, the library. Of
several definitions in a scope the last one that stands before the use counts, or else (a function may be
called later) the first one behind it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from rasp.elaborate.prelude import load_standard_library
from rasp.language_features.document import Document
from rasp.library.load import find_text
from rasp.source import Source, Span
from rasp.syntax.lexer import tokenize_text
from rasp.syntax.parser import parse_tolerantly
from rasp.syntax.syntax_tree import (
    Assign,
    Broken,
    DictComprehension,
    For,
    FunctionDefinition,
    ListComprehension,
    Load,
    Module,
    Name,
    Statement,
)
from rasp.syntax.walk import Tree, list_children, walk_trees
from rasp.values import ValueProblem


@dataclass(frozen=True)
class Definition:
    """A binding of a name: where it is, in which text and by what; it counts from offset `visible` on.

    `owner` is the function whose parameter or local it is; `tree` is what binds it.
    """

    name: Name
    source: Source
    tree: Tree
    visible: int
    owner: FunctionDefinition | None = None

    @property
    def is_parameter(self) -> bool:
        return self.owner is not None and self.name in self.owner.parameters

    @property
    def scope(self) -> Tree | None:
        """The function or comprehension that the name belongs to; None at the top level of its text."""
        return self.tree if isinstance(self.tree, ListComprehension | DictComprehension) else self.owner


class Level(NamedTuple):
    """The bindings of one scope. Those of a `captured` one are looked up when a function is called, so that
    they may stand behind their use.
    """

    definitions: list[Definition]
    captured: bool = False


def list_enclosing(module: Module, place: int) -> list[Tree]:
    """The trees around an offset, the outermost first. The offset may be right behind a tree's end."""
    found: list[Tree] = []
    below: Sequence[Tree] = module.statements
    while inside := [tree for tree in below if tree.span.start <= place <= tree.span.end]:
        # Of two trees that touch at the offset, the second; but a name rather than what follows it.
        found.append(next((tree for tree in inside if isinstance(tree, Name)), inside[-1]))
        below = list_children(found[-1])
    return found or list(unfinished(module, place))


def unfinished(module: Module, place: int) -> Iterator[Broken]:
    """The statement that could not be read and is followed by nothing but blanks up to an offset."""
    before = [tree for tree in module.statements if tree.span.end <= place][-1:]
    for tree in before:
        if isinstance(tree, Broken) and module.source.text[tree.span.end : place].isspace():
            yield tree


def find_name_at(module: Module, place: int) -> Name | None:
    """The name at an offset, be it read or bound there, or part of a statement that could not be read."""
    match list_enclosing(module, place):
        case [*_, Name() as name]:
            return name
        case [*_, Broken(_, span)]:
            tokens = tokenize_text(module.source)[0]
            found = [token for token in tokens if token.kind == "name" and within(token.span, place)]
            return Name(found[0].text, found[0].span) if found and within(span, place) else None
        case _:
            return None


def list_bindings(
    source: Source, statements: Sequence[Statement], owner: FunctionDefinition | None = None
) -> Iterator[Definition]:
    """What statements bind in their own scope, in the order of the text, without what they load."""
    for tree in statements:
        match tree:
            case Assign(names) | Broken(names):
                yield from [Definition(name, source, tree, tree.span.end, owner) for name in names]
            case FunctionDefinition(name):
                yield Definition(name, source, tree, name.span.end, owner)
            case For(names, iterable, body):
                yield from [Definition(name, source, tree, iterable.span.end, owner) for name in names]
                yield from list_bindings(source, body, owner)
            case _:
                pass


def loaded(document: Document, source: Source, statements: Sequence[Statement]) -> Iterator[Definition]:
    """What statements bind by loading texts; `visible` is the end of the `load`."""
    pending = [(source, tree, tree.span.end) for tree in walk_trees(*statements) if isinstance(tree, Load)]
    known = {source.name}
    while pending:
        loading, tree, visible = pending.pop()
        text = find_loaded_source(document, tree, loading)
        if text is None or text.name in known:
            continue
        known.add(text.name)
        module = parse_tolerantly(text)
        for definition in list_bindings(text, module.statements):
            if not definition.name.text.startswith("_"):
                yield Definition(definition.name, text, definition.tree, visible)
        pending += [(text, inner, visible) for inner in module.statements if isinstance(inner, Load)]


def find_loaded_source(document: Document, tree: Load, source: Source) -> Source | None:
    """The text that a `load` in `source` finds."""
    try:
        return find_text(document.buffers, tree.path, source.name)
    except ValueProblem:
        return None


def scopes(document: Document, place: int) -> Iterator[Level]:
    """The bindings in each scope around an offset, the innermost scope first; the library's are the last."""
    source, captured = document.source, False
    around = list_enclosing(document.module, place)
    for tree in reversed(around):
        match tree:
            case ListComprehension() | DictComprehension() if not within(tree.iterable.span, place):
                yield Level([Definition(name, source, tree, 0) for name in tree.names], captured)
            case FunctionDefinition() if not within(tree.name.span, place):
                parameters = [Definition(name, source, tree, 0, tree) for name in tree.parameters]
                inner = [*list_bindings(source, tree.body, tree), *loaded(document, source, tree.body)]
                yield Level([*parameters, *inner], captured)
                captured = True
            case Broken() if is_function(document, tree):
                yield Level(list(half_read(document, tree)), captured)
                captured = True
            case _:
                pass
    yield Level(top_level(document), captured)
    yield Level(library_definitions(), captured=True)


@lru_cache(maxsize=16)
def top_level(document: Document) -> list[Definition]:
    """What a text binds at its top level, itself and by loading."""
    top = document.module.statements
    outside = [tree for tree in top if not isinstance(tree, FunctionDefinition)]
    return [*list_bindings(document.source, top), *loaded(document, document.source, outside)]


def library_definitions() -> list[Definition]:
    library = load_standard_library()
    return list(list_bindings(library.source, library.statements))


def half_read(document: Document, tree: Broken) -> Iterator[Definition]:
    """What a function that could not be read seems to bind inside of it: names before `=`, the parameters of
    functions, the variables of loops.
    """
    tokens = tokenize_text(document.source)[0]
    span, header = tree.span, False
    for token, following in pairwise(tokens):
        if not span.start <= token.start < span.end:
            continue
        if token.is_one_of("def", "for"):
            header = True
        elif token.is_one_of("{", "in", "=", ";"):
            header = False
        elif token.kind == "name" and (header or following.is_one_of("=")):
            yield Definition(Name(token.text, token.span), document.source, tree, token.end)


def within(span: Span, place: int) -> bool:
    return span.start <= place <= span.end


def resolve_name(document: Document, name: Name) -> Definition | None:
    """The definition that a name of the document belongs to; None for what is built in or unknown.

    A name that is bound only further on in its own scope is looked for around that scope first.
    """
    return among(scopes(document, name.span.start), name)


def resolve_at_end(document: Document, name: Name) -> Definition | None:
    """The same, of a name that is read behind the text, as in its directives."""
    return among([Level(top_level(document)), Level(library_definitions(), captured=True)], name)


def among(levels: Iterable[Level], name: Name) -> Definition | None:
    """The definition of a name in the first scope that has one before it."""
    later: list[Definition] = []
    for level in levels:
        found = [definition for definition in level.definitions if definition.name.text == name.text]
        for definition in found:
            if definition.name is name:
                return definition
        if before := [definition for definition in found if definition.visible <= name.span.start]:
            return max(before, key=lambda each: each.visible)
        if found and level.captured:
            return found[0]
        later += found
    return later[0] if later else None


def is_function(document: Document, tree: Tree) -> bool:
    """Is it a function, or was it to become one?"""
    broken = isinstance(tree, Broken) and document.source.text.startswith("def", tree.span.start)
    return broken or isinstance(tree, FunctionDefinition)


def list_visible_names(document: Document, place: int) -> dict[str, Definition | None]:
    """Every name that can be seen from an offset, with its definition; None for what is built in.

    Names at the top level of the text count only from their definition on, unless the place is in a function.
    """
    found: dict[str, Definition | None] = {}
    around = list_enclosing(document.module, place)
    inside = any(is_function(document, tree) for tree in around)
    for level in scopes(document, place):
        here: dict[str, Definition] = {}
        for definition in level.definitions:
            being_written = isinstance(definition.tree, Broken) and definition.visible == place
            late = definition.source == document.source and (definition.visible > place or being_written)
            if not late or (inside and definition.owner is None):
                here[definition.name.text] = definition
        found = {**here, **found}
    built_in = document.program.workshop.base.values
    return {**{name: None for name in built_in}, **found}
