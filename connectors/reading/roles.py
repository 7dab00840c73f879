"""The words that rosters use for roles, and which of ours each one is."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from engine.records.unread import Unread, shown, unread

Role = Literal["learner", "instructor", "staff", "family"]

_WORDS: dict[Role, str] = {
    "learner": "student pupil learner apprentice trainee",
    "instructor": (
        "teacher coteacher primaryteacher secondaryteacher substituteteacher headteacher faculty professor "
        "associateprofessor assistantprofessor lecturer seniorlecturer instructor adjunct trainer"
    ),
    "staff": (
        "staff aide assistant teachingassistant teacherassistant teachersassistant paraprofessional administrator "
        "admin principal viceprincipal proctor counselor counsellor coach librarian nurse secretary itadmin "
        "siteadministrator districtadministrator systemadministrator officestaff advisor adviser other"
    ),
    "family": "guardian parent relative family mother father grandparent",
}
_ROLES: dict[str, Role] = {word: role for role, words in _WORDS.items() for word in words.split()}


@lru_cache(4096)
def role_of(word: str) -> Role | None:
    """What a source's word for a role is to us, whatever its case; None for a word we do not know."""
    return _ROLES.get("".join(letter for letter in word.casefold() if letter.isalnum()))


def kinds_of(words: list[str]) -> list[tuple[str, str]]:
    """What a person with these role words is: kind and, for a `person`, the word that is not known.

    A learner who also teaches is two records. Other staff are instructors that do not teach (`staff`), unless they
    teach or learn as well. Family of a learner are nobody of ours: an empty list.
    """
    roles = {role_of(word) for word in words}
    found: list[tuple[str, str]] = [(role, "") for role in ("learner", "instructor") if role in roles]
    if found:
        return found
    if "staff" in roles:
        return [("staff", "")]
    unknown = [word for word in words if role_of(word) is None]
    if unknown or not words:
        return [("person", unknown[0] if unknown else "")]
    return []


def enrolment_role(word: str) -> str | Unread:
    """The role in a class: learner, instructor or other; empty for no word at all. One that is not known is told.

    What a vendor adds to a standard (`ext:`) is another role.
    """
    if not word.strip():
        return ""
    role = role_of(word)
    if role is None and not word.strip().casefold().startswith("ext:"):
        return unread("unknown_role", **shown(word))
    return role if role in ("learner", "instructor") else "other"
