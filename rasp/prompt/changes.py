"""Taking back and taking away what was bound at the prompt: `undo`, `del`, `clear`, `reload`.

A session is what its statements make of it, so each of these repeats some of them in a session of its own and,
if all of them succeed, puts the outcome in place. If not, nothing has changed.
"""

from collections.abc import Iterable, Iterator, Sequence

from rasp.diagnostics import Diagnostic, RaspError, suggest_word
from rasp.library.load import Texts
from rasp.prompt.events import Failed
from rasp.prompt.moments import Kept, Moment
from rasp.prompt.session import Session
from rasp.source import Source
from rasp.syntax.lexer import tokenize_text

FEW = 4


def undo_change(session: Session) -> tuple[Kept, ...]:
    """Go back to before the last change. Out: the statements that are gone. Raises `RaspError` if there is
    no change.
    """
    if not session.past:
        hint = "it takes back what was bound, loaded, deleted or set as an example in this session"
        raise RaspError(Diagnostic("there is nothing to undo", hint=hint, code="command"))
    moment, now = session.past[-1], session.kept
    fresh = Session(Texts(moment.loaded))
    list(repeat(fresh, moment.kept))
    put_in_place(session, fresh, moment)
    session.past.pop()
    return tuple(kept for kept in now[len(moment.kept) :] if not kept.only_shows)


def delete_names(session: Session, names: Sequence[str]) -> None:
    """Unbind names. Raises `RaspError` if one is not bound here, or something else needs it."""
    for name in names:
        if name not in session.bindings:
            hint = suggest_word(name, session.bindings) or "`vars` lists what is bound here"
            raise RaspError(Diagnostic(f"`{name}` was not bound here", hint=hint, code="command"))
    before = session.moment
    staying = tuple(kept for kept in before.kept if not set(kept.binds) & set(names))
    fresh = Session(Texts(before.loaded))
    # Files fail as they did before; what only showed a value is forgotten.
    failed = [kept for kept, _ in repeat(fresh, staying) if not kept.loads and not kept.only_shows]
    needing = next(iter(failed), None) or reader(session, staying, names)
    if needing is not None:
        raise needed(names, needing)
    lost = [name for name in session.bindings if name not in names and name not in fresh.bindings]
    if lost:
        raise together(session, names, lost)
    answers = {text: answer for text, answer in before.answers.items() if text not in names}
    put_in_place(session, fresh, Moment(tuple(fresh.kept), before.examples, answers, before.loaded))
    session.remember(before)


def reader(session: Session, staying: Iterable[Kept], names: Sequence[str]) -> Kept | None:
    """A statement that would silently read the library's meaning of a name from now on."""
    covered = set(names) & set(session.workshop.base.values)
    return next((kept for kept in staying if covered & words(kept.text)), None)


def words(text: str) -> set[str]:
    return {token.text for token in tokenize_text(Source("", text))[0] if token.kind == "name"}


def needed(names: Sequence[str], needing: Kept) -> RaspError:
    used = [name for name in names if name in words(needing.text)] or names
    told = f"{list_names(used)} cannot be deleted, since `{needing.headline}` needs {'it' if len(used) == 1 else 'them'}"
    hint = f"`del {' '.join((*names, *needing.binds))}` deletes both" if needing.binds else ""
    return RaspError(Diagnostic(told, hint=hint, code="command"))


def together(session: Session, names: Sequence[str], lost: Sequence[str]) -> RaspError:
    """The error for names that one statement has bound together with others."""
    statement = next(
        kept for kept in session.kept if set(names) & set(kept.binds) and set(lost) & set(kept.binds)
    )
    told = f"{list_names(names)} cannot be deleted alone: `{statement.headline}` has bound {list_names(lost)}, too"
    hint = (
        f"`del {' '.join((*names, *lost))}` deletes all of them"
        if len(lost) <= FEW
        else "`clear` deletes everything"
    )
    return RaspError(Diagnostic(told, hint=hint, code="command"))


def list_names(names: Sequence[str]) -> str:
    """`a`, `b` and 3 more."""
    shown = ", ".join(f"`{name}`" for name in names[:FEW])
    return shown if len(names) <= FEW else f"{shown} and {len(names) - FEW} more"


def clear_session(session: Session) -> None:
    """Unbind everything; the running examples stay."""
    before = session.moment
    session.start(session.loader)
    session.remember(before)


def reload_files(session: Session) -> Iterator[Failed]:
    """Read the loaded files again and repeat the statements. When a file has errors now, nothing changes."""
    before, statements = session.moment, tuple(session.statements)
    fresh = Session(session.loader)
    for kept, failure in repeat(fresh, statements):
        yield failure
        if kept.loads:
            return
    loaded = fresh.workshop.loaded
    put_in_place(session, fresh, Moment(tuple(fresh.kept), before.examples, before.answers, loaded))
    session.past.append(before)


def repeat(fresh: Session, statements: Iterable[Kept]) -> Iterator[tuple[Kept, Failed]]:
    """Carry statements out in a session; what fails of them."""
    for kept in statements:
        yield from ((kept, event) for event in fresh.run(kept.text) if isinstance(event, Failed))


def put_in_place(session: Session, fresh: Session, moment: Moment) -> None:
    """Give a session the bindings of another one, and the rest of a moment."""
    fresh.workshop.loader = session.loader
    session.workshop, session.scope = fresh.workshop, fresh.scope
    session.kept, session.answers = list(moment.kept), dict(moment.answers)
    session.examples = moment.examples
