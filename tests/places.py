"""Where things stand in the project."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFORMANCE = ROOT / "tests" / "conformance"
DOCS = ROOT / "docs"
GOLDEN = ROOT / "tests" / "golden"
PROGRAMS = ROOT / "programs"
