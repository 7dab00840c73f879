"""Where the packaged rules and templates lie: beside the packages, in a checkout as in an installation."""

from __future__ import annotations

from pathlib import Path

_HOME = Path(__file__).resolve().parent.parent.parent

RULES = _HOME / "rules"
TEMPLATES = _HOME / "templates"


def called(path: Path) -> str:
    """What problems call a file: its path from the parent of the rules folder."""
    return "/".join(path.parts[-3:])
