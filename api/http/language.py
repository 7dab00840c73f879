"""Languages: which of those offered a reader gets."""

from __future__ import annotations

from collections.abc import Sequence

from engine.language.wholeness import FALLBACK


def preferred(accept: str | None) -> list[str]:
    """The languages of an Accept-Language header, best first; `fr-CA` is `fr`, and wrong parts are left out."""
    weighed: list[tuple[float, str]] = []
    for part in (accept or "").split(",")[:20]:
        tag, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest.strip() else 1.0
        except ValueError:
            continue
        if tag and weight > 0:
            weighed.append((weight, tag.partition("-")[0].lower()))
    return [tag for _, tag in sorted(weighed, key=lambda pair: -pair[0])]


def choose(asked: str | None, accept: str | None, offered: Sequence[str], otherwise: str | None) -> str:
    """The language asked for, else the best accepted one, else `otherwise`, else English; always one offered."""
    for tag in [(asked or "").partition("-")[0].lower(), *preferred(accept), otherwise or ""]:
        if tag in offered:
            return tag
        if tag == "*":
            break
    return otherwise if otherwise is not None and otherwise in offered else FALLBACK
