"""Adds to a YAML file without touching a letter of what stands there."""

from __future__ import annotations

from pathlib import Path

import yaml

from cli.terminal import Stopped


def keys_under(path: Path, heading: str) -> set[str]:
    """The keys of a top-level mapping of the file; empty when it has none."""
    _, value = _entry(path, heading)
    return {str(key.value) for key, _ in value.value} if isinstance(value, yaml.MappingNode) else set()


def add_under(path: Path, heading: str, block: str) -> None:
    """Add a block, indented by two, at the end of the top-level mapping `heading`; make the heading if need be."""
    text = path.read_text(encoding="utf-8")
    if text and not text.endswith("\n"):
        text += "\n"
    key, value = _entry(path, heading)
    lines = text.splitlines(keepends=True)
    if key is None or value is None:
        path.write_text(f"{text}\n{heading}:\n{block}", encoding="utf-8")
        return
    start = key.start_mark.line
    if not value.value:
        # `rules:` or `rules: {}`
        lines[start : value.end_mark.line + 1] = [f"{heading}:\n", block]
    elif not isinstance(value, yaml.MappingNode) or value.flow_style:
        raise Stopped(
            f"In {path}, `{heading}:` is not an indented block, so nothing can be added to it. Write it as one."
        )
    else:
        # The node's end is where the next key begins; what lies between is blank, or a comment on what follows.
        end = min(value.end_mark.line, len(lines))
        while end > start + 1 and not _is_content(lines[end - 1]):
            end -= 1
        lines[end:end] = ["\n", block]
    path.write_text("".join(lines), encoding="utf-8")


def _is_content(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _entry(path: Path, heading: str) -> tuple[yaml.Node | None, yaml.Node | None]:
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError):
        raise Stopped(f"{path} cannot be read as YAML. Run muster check, mend it, and try again.") from None
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == heading:
            return key, value
    return None, None
