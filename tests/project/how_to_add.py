"""The changes of docs/how-to-add.md: patches against the sources, each with a program that tries what it adds.

Where a patch no longer applies, because the sources have changed:

    python -m tests.project.how_to_add open NAME FOLDER   # the sources with the patch; what does not fit lies there as .rej
    python -m tests.project.how_to_add keep NAME FOLDER   # after mending: what is different in FOLDER is the patch now
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.places import DOCS, ROOT

CHANGES = DOCS / "how-to-add"
PACKAGES = ("rasp", "compiler")
GIT = ("git", "-c", "user.name=-", "-c", "user.email=-")


def names() -> list[str]:
    """The changes that there are."""
    return sorted(path.stem for path in CHANGES.glob("*.patch"))


def copy_sources(folder: Path) -> None:
    """Both packages, with the bytecode of what a patch leaves alone."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package)


def apply_patch(name: str, folder: Path, *options: str) -> str:
    """Change the sources in a folder; what git says where a part does not fit."""
    command = ["git", "apply", *options, str(CHANGES / f"{name}.patch")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stderr


def try_change(name: str, folder: Path) -> str:
    """Run a change's trial on the sources in a folder; what it says where it fails."""
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); import runpy; runpy.run_path(sys.argv[1])"
    command = [sys.executable, "-c", code, str(CHANGES / f"{name}.py")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


def open_change(name: str, folder: Path) -> None:
    """Lay out the sources with a patch, as far as it fits, for mending."""
    copy_sources(folder)
    for command in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "before")):
        subprocess.run([*GIT, *command], cwd=folder, check=True)
    print(apply_patch(name, folder, "--reject") or "it applies")


def keep_change(name: str, folder: Path) -> None:
    """Make the patch of what is different in a folder that was laid out."""
    subprocess.run([*GIT, "add", "-A", "--", ":!*.rej", ":!*.pyc"], cwd=folder, check=True)
    found = subprocess.run([*GIT, "diff", "--cached"], cwd=folder, capture_output=True, text=True, check=True)
    (CHANGES / f"{name}.patch").write_text(found.stdout, encoding="utf-8")


if __name__ == "__main__":
    _, action, change, place = sys.argv
    {"open": open_change, "keep": keep_change}[action](change, Path(place))
