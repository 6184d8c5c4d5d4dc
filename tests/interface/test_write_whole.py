"""Files are written whole or not at all: failures and interruptions at every step leave the old contents."""

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from rasp import write_whole
from rasp.diagnostics import RaspError
from rasp.write_whole import UNFINISHED, make_folder, unfinished_file, write_bytes, write_text

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
STEPS = ("open", "write", "fsync", "chmod", "replace")


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("failure", [FULL, KeyboardInterrupt()], ids=["full disk", "interrupt"])
def test_a_failure_at_any_step_leaves_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, failure: BaseException
) -> None:
    path = tmp_path / "kept.rasp"
    write_bytes(path, b"old")

    def fail(*_: object, **__: object) -> None:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(write_whole.os, step, fail)
        with pytest.raises(type(failure)):
            write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["kept.rasp"]


def test_a_disk_that_fills_up_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept"
    write_bytes(path, b"old" * 1000)
    write, room = os.write, [2500]

    def fill(handle: int, data: memoryview) -> int:
        if not room[0]:
            raise FULL
        written = write(handle, data[: min(1000, room[0])])
        room[0] -= written
        return written

    monkeypatch.setattr(write_whole.os, "write", fill)
    with pytest.raises(OSError, match="No space"):
        write_bytes(path, b"new" * 1000)
    assert path.read_bytes() == b"old" * 1000 and names(tmp_path) == ["kept"]
    room[0] = 3000
    write_bytes(path, b"new" * 1000)
    assert path.read_bytes() == b"new" * 1000


def test_what_a_killed_writer_left_goes_with_the_next_write(tmp_path: Path) -> None:
    other = f".other.12345678{UNFINISHED}"
    (tmp_path / other).touch()
    for name in ("x.rasp", "n" * 250):
        path = tmp_path / name
        with unfinished_file(path) as (_, left):
            write_bytes(path, b"while another one writes")
            assert os.path.exists(left), "the file of a writer that lives is its own"
        Path(left).touch()  # nobody holds it
        write_bytes(path, b"new")
        assert names(tmp_path) == [other, name]
        path.unlink()


def test_a_file_taken_away_before_it_was_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, first = write_whole.try_lock, [True]

    def robbed(handle: int) -> bool:
        if first.pop():
            first.append(False)
            for entry in tmp_path.iterdir():
                entry.unlink()
        else:
            first.append(False)
        return lock(handle)

    monkeypatch.setattr(write_whole, "try_lock", robbed)
    write_bytes(tmp_path / "x", b"there")
    assert (tmp_path / "x").read_bytes() == b"there" and names(tmp_path) == ["x"]


def test_links_and_permissions_stay(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    target, link, dangling = tmp_path / "deep" / "real", tmp_path / "link", tmp_path / "dangling"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    dangling.symlink_to(tmp_path / "deep" / "later")
    write_bytes(link, b"new")
    write_bytes(dangling, b"made")
    assert link.is_symlink() and dangling.is_symlink()
    assert target.read_bytes() == b"new" and stat.S_IMODE(target.stat().st_mode) == 0o640
    assert (tmp_path / "deep" / "later").read_bytes() == b"made"
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "deep" / "later").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert names(tmp_path / "deep") == ["later", "real"]


def test_a_new_file_never_replaces_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.rasp"
    write_text(path, "one", new=True)
    with pytest.raises(RaspError, match="File exists"):
        write_text(path, "two", new=True)
    monkeypatch.setattr(write_whole, "writable", lambda path: None)  # it appears after we have looked
    with pytest.raises(RaspError, match="File exists"):
        write_text(path, "two", new=True)
    assert path.read_text() == "one" and names(tmp_path) == ["x.rasp"]


def test_where_there_are_no_links_a_new_file_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(write_whole.os, "link", refuse)
    write_bytes(tmp_path / "x", b"new", new=True)
    assert (tmp_path / "x").read_bytes() == b"new" and names(tmp_path) == ["x"]


def test_a_pipe_gets_the_bytes(tmp_path: Path) -> None:
    path, got = tmp_path / "pipe", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: got.append(path.read_bytes()))
    reader.start()
    write_bytes(path, b"through")
    reader.join()
    assert got == [b"through"] and stat.S_ISFIFO(path.stat().st_mode)


WRONG = {
    "no folder": ("nowhere/x", "No such file or directory"),
    "a folder": ("folder", "Is a directory"),
    "through a file": ("file/x", "Not a directory"),
    "too long": ("n" * 300, "File name too long"),
    "NUL": ("a\0b", "a name cannot hold a NUL character"),
    "a ring of links": ("ring", "Too many levels of symbolic links"),
}


@pytest.mark.parametrize("name, message", WRONG.values(), ids=WRONG)
def test_places_that_cannot_be_written(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "ring").symlink_to("ring")
    before = names(tmp_path)
    with pytest.raises(RaspError) as error:
        write_text(tmp_path / name, "text")
    assert error.value.diagnostics[0].message == f"{tmp_path / name} cannot be written: {message}"
    assert names(tmp_path) == before


def test_a_write_protected_file_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_text("mine")
    monkeypatch.setattr(write_whole.os, "access", lambda *_: False)  # for root, everything is allowed
    with pytest.raises(RaspError, match="Permission denied"):
        write_text(tmp_path / "x", "text")


def test_what_is_not_utf_8_is_said_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "x.rasp"
    write_text(path, "x = 1;\r\n")
    assert path.read_bytes() == b"x = 1;\r\n"
    with pytest.raises(RaspError, match=r"line 2 has '\\udcff', which is not a character"):
        write_text(path, "x = 2;\n# \udcff\n")
    assert path.read_bytes() == b"x = 1;\r\n" and names(tmp_path) == ["x.rasp"]


def test_a_folder_that_was_made_for_nothing_is_gone_again(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    for folder in (tmp_path / "a" / "b", tmp_path / "old" / "c", tmp_path / "old"):
        with pytest.raises(RaspError), make_folder(folder):
            raise RaspError
    assert names(tmp_path) == ["old"] and not names(tmp_path / "old")
    with pytest.raises(RaspError), make_folder(tmp_path / "old" / "d"):
        write_text(tmp_path / "old" / "d" / "kept", "text")
        raise RaspError
    assert (tmp_path / "old" / "d" / "kept").exists()
