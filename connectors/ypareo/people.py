"""Learners and staff of Ypareo as records. A learner stands once per enrolment, and is one person all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import msgspec
from msgspec import Struct, field

from connectors.contract import NOT_JSON
from connectors.reading.admit import Raw
from connectors.ypareo.answers import Row, at, code, codes, french_day, row, several
from connectors.ypareo.contracts import Employment
from connectors.ypareo.options import Options


class Group(Struct, frozen=True):
    """A group of learners, and what its training is called."""

    name: str
    training: str
    sector: str


class KnownPeople(Struct):
    """What was read before the learners, to say more of them."""

    site_code: Callable[[str], str]
    """A site's code by its name; empty when it is not known."""
    groups: Mapping[str, Group] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    """A learner's code to the address of its user account."""
    jobs: Mapping[str, Employment] = field(default_factory=dict)
    """A learner's code to the contract of these days."""
    trainings: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Filled by the learners: code to training and name, for their contracts."""


class _Code(Struct):
    codeApprenant: Any = None  # noqa: N815 - Ypareo's name


_code = msgspec.json.Decoder(_Code)


def learners(raws: list[msgspec.Raw], call: str, options: Options, known: KnownPeople) -> Iterator[Raw]:
    """One Raw per learner. All rows of one are brought together without decoding the others."""
    by_code: dict[str, list[msgspec.Raw]] = {}
    for number, raw in enumerate(raws, 1):
        try:
            found = code(_code.decode(raw).codeApprenant)
        except NOT_JSON:
            found = ""
        # Rows without a code are nobody's, each on its own.
        by_code.setdefault(found or f" {number}", []).append(raw)
    for found, same in by_code.items():
        rows = [row(raw, call) for raw in same]
        if found.startswith(" "):
            yield _learner("", rows, f"learner {found.strip()}", options, known)
        else:
            yield _learner(found, rows, f"learner {found}", options, known)


def _learner(found: str, rows: list[Row], place: str, options: Options, known: KnownPeople) -> Raw:
    enrolments = _enrolments(rows)
    groups = [group for each in rows for group in codes(at(each, "informationsCourantes.codeGroupe"))]
    here = next((known.groups[group] for group in groups if group in known.groups), None)
    normal, professional, other = _addresses(found, rows, options, known)
    chosen, second = (normal, professional) if options.email == "normal" else (professional, normal)
    job = known.jobs.get(found)
    block = "adresse" if options.address == 1 else options.second_address
    values = {
        "source_id": found,
        "first_name": _first(rows, "prenomApprenant"),
        "last_name": _first(rows, "nomApprenant"),
        "email": chosen,
        "secondary_email": next((each for each in (second, other) if each and not _same(each, chosen)), ""),
        "phone": _first(rows, f"{block}.tel1", f"{block}.tel2"),
        "birth_date": french_day(_first(rows, "dateNaissance")),
        "training": here.training if here else "",
        "section": here.name if here else "",
        "company": job.company if job else "",
        "tutor_name": job.tutor_name if job else "",
        "tutor_email": job.tutor_email if job else "",
        "segment_keys": _keys(enrolments, groups, options, known),
        "groups": groups,
        "left_on": _left_on(enrolments),
    }
    if found:
        name = " ".join(part for part in (values["first_name"], values["last_name"]) if isinstance(part, str))
        known.trainings[found] = (here.training if here else "", name)
    return Raw("learner", values, place)


def _enrolments(rows: list[Row]) -> list[Row]:
    """The enrolments that run, of all rows together; all of them where none does."""
    every = [each for row in rows for each in several(row.get("inscriptions")) if isinstance(each, dict)]
    return [each for each in every if each.get("isInscriptionEnCours") in (1, "1", True)] or every


def _left_on(enrolments: list[Row]) -> date | Any:
    """The last day of the last enrolment to end; nothing while one goes on."""
    ends = [french_day(each.get("dateDepart")) for each in enrolments]
    if not ends or not all(ends):
        return ""
    # A day that cannot be read comes first, so that it is told.
    return next((end for end in ends if not isinstance(end, date)), None) or max(ends)


def _addresses(found: str, rows: list[Row], options: Options, known: KnownPeople) -> tuple[Any, Any, Any]:
    """Normal address, professional address, and the one of the other block."""
    blocks = ("adresse", options.second_address)
    first, second = (_first(rows, f"{block}.email") for block in blocks)
    normal, other = (first, second) if options.address == 1 else (second, first)
    if options.professional_email:
        return normal, _first(rows, options.professional_email), other
    return normal, known.accounts.get(found, ""), other


def _keys(enrolments: list[Row], groups: list[str], options: Options, known: KnownPeople) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"place": [], "site_code": [], "structure_id": [], "sector": []}
    for each in enrolments:
        place = at(each, "site.nomSite")
        site = code(at(each, options.site_code))
        if isinstance(place, str):
            found["place"].append(place)
            site = site or known.site_code(place)
        found["site_code"].append(site)
        if options.structure_id:
            found["structure_id"].append(code(at(each, options.structure_id)))
    found["sector"] += [known.groups[group].sector for group in groups if group in known.groups]
    return {key: kept for key, values in found.items() if (kept := sorted({value for value in values if value}))}


def _first(rows: list[Row], *paths: str) -> Any:
    """The first value that is not empty."""
    return next((value for path in paths for row in rows if (value := at(row, path)) not in (None, "", [])), "")


def _same(one: Any, other: Any) -> bool:
    """Whether two addresses are one."""
    return str(one).strip().casefold() == str(other).strip().casefold()


def staff_member(found: Row, number: int) -> Raw:
    """One user account of the staff: who teaches, and who does not."""
    member = code(found.get("codePersonnel"))
    values = {
        "source_id": member,
        "first_name": found.get("prenom"),
        "last_name": found.get("nom"),
        "email": found.get("email"),
        "birth_date": french_day(found.get("dateNaissance")),
        "teaching": found.get("isFormateur"),
    }
    return Raw("instructor", values, f"staff {member or number}")
