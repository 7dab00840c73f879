"""Text forms: what an email address, a phone number and a domain must look like."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.records.fields import FieldType

# One @, a local part without spaces, accents or stray dots, a domain of two labels or more. Stricter than the
# standard on purpose: it is what platforms can send a sign-in link to.
_EMAIL = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)"
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{2,59})\Z"
)
_PHONE = re.compile(r"\+?[0-9]{6,15}\Z")
_PHONE_ASIDE = str.maketrans("", "", " .-/()\u00a0\u202f\t")


def has_form(field_type: FieldType, *, well: bool) -> Callable[[str], bool]:
    """Whether a text is an address, or a phone number of 6 to 15 digits with at most one leading `+`; or is not."""
    if field_type == "email":
        return lambda value: (_EMAIL.match(value) is not None) is well
    return lambda value: (_PHONE.match(value.translate(_PHONE_ASIDE)) is not None) is well


def of_domain(wanted: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a folded address is of one of these domains; `.school.org` takes its subdomains too."""
    whole = frozenset(item.removeprefix(".") for item in wanted)
    below = tuple(item for item in wanted if item.startswith("."))

    def inside(address: str) -> bool:
        _, at, domain = address.rpartition("@")
        return bool(at and domain) and (domain in whole or domain.endswith(below))

    return inside


def not_a_domain(text: str) -> bool:
    """Whether an author has written something that is no domain."""
    return "@" in text or " " in text.strip()
