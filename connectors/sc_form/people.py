"""People of SC-Form: instructors, and learners gathered from their enrolments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Literal

from connectors.reading.admit import Raw
from connectors.reading.times import Day, DayOrder, ordered_day
from connectors.sc_form.shapes import Agreement, Enrolled, Number, PersonRow

Mail = Literal["pro", "personal"]


def text(value: Number) -> str:
    """An id or reference as text; empty for none."""
    return "" if value is None else str(value).strip()


def has_address(found: PersonRow) -> bool:
    """Whether an email address stands with the person."""
    return any(each and each.strip() for each in (found.Email_Pro, found.Email_Perso))


def person(kind: str, found: PersonRow, mail: Mail, place: str) -> Raw:
    """An instructor or learner; of two addresses and two phones, the kind that is configured first."""
    mails = [found.Email_Pro, found.Email_Perso]
    phones = [found.Mobile_Pro, found.Mobile_Perso, found.Telephone_Pro, found.Telephone_Perso]
    if mail == "personal":
        mails.reverse()
        phones = [phones[1], phones[0], phones[3], phones[2]]
    distinct = list({each.strip().casefold(): each for each in mails if each and each.strip()}.values())
    values = {
        "source_id": text(found.ID),
        "mis_id": text(found.Reference),
        "first_name": found.Prenom,
        "last_name": found.Nom,
        "email": distinct[0] if distinct else None,
        "secondary_email": distinct[1] if len(distinct) > 1 else None,
        "phone": next((phone for phone in phones if phone and phone.strip()), None),
    }
    return Raw(kind, values, place)


class Learners:
    """Humans by id, each made of all its enrolments: one with two is one learner."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail
        self._latest: dict[str, tuple[date, Enrolled]] = {}
        """The enrolment that began last, which tells training, company and tutor."""
        self._ends: dict[str, list[Day]] = {}
        self._groups: dict[str, set[str]] = {}
        self._keys: dict[str, dict[str, set[str]]] = {}

    def __contains__(self, human: str) -> bool:
        return human in self._latest

    def add(self, found: Enrolled, order: DayOrder, keys: dict[str, str]) -> None:
        """Take an enrolment into account, if it is anybody's; `keys` are segment keys that it was asked by."""
        if found.Stagiaire is None:
            return
        human = text(found.Stagiaire.ID)
        begins = ordered_day(found.Date_Entree or "", order)
        began = begins if isinstance(begins, date) else date.min
        if human not in self._latest or began > self._latest[human][0]:
            self._latest[human] = (began, found)
        self._ends.setdefault(human, []).append(ordered_day(found.Date_Sortie or "", order))
        group = (found.Libelle_Parcours_Groupe or "").strip()
        self._groups.setdefault(human, set()).update([group] if group else [])
        for name, value in keys.items():
            self._keys.setdefault(human, {}).setdefault(name, set()).add(value)

    def raws(self) -> Iterator[Raw]:
        """Every learner."""
        for human, (_, found) in self._latest.items():
            assert found.Stagiaire is not None
            raw = person("learner", found.Stagiaire, self._mail, f"Stagiaire {human}")
            agreement = found.Convention or Agreement()
            values = {
                **raw.values,
                "training": found.Libelle_Parcours,
                "groups": sorted(self._groups[human]),
                "company": named(agreement.Client),
                "tutor_name": named(agreement.Tuteur),
                "tutor_email": mailed(agreement.Tuteur),
                "left_on": _last(self._ends[human]),
                "segment_keys": {name: sorted(each) for name, each in self._keys.get(human, {}).items()},
            }
            yield Raw("learner", values, raw.place)

    @property
    def without_company(self) -> bool:
        """Whether there are learners, and none has a company."""
        latest = [found for _, found in self._latest.values()]
        return bool(latest) and not any(found.Convention and named(found.Convention.Client) for found in latest)


def enrolment(found: Enrolled, order: DayOrder) -> Raw:
    """The enrolment itself; the class it is in has no id of its own."""
    values = {
        "source_id": text(found.ID),
        "person_id": text(found.Stagiaire.ID) if found.Stagiaire else "",
        "role": "learner",
        "begins_on": ordered_day(found.Date_Entree or "", order),
        "ends_on": ordered_day(found.Date_Sortie or "", order),
    }
    return Raw("enrolment", values, f"Inscrit {text(found.ID)}")


def named(found: Any) -> str | None:
    """The name of a part of an agreement, whether it is a text or an object."""
    if isinstance(found, dict):
        found = found.get("Libelle") or " ".join(_words(found.get("Prenom"), found.get("Nom")))
    return found.strip() or None if isinstance(found, str) else None


def mailed(found: Any) -> str | None:
    """The address of a part of an agreement, when it is an object that has one."""
    if not isinstance(found, dict):
        return None
    return next(_words(found.get("Email_Pro"), found.get("Email_Perso"), found.get("Email")), None)


def _words(*found: Any) -> Iterator[str]:
    return (each.strip() for each in found if isinstance(each, str) and each.strip())


def _last(ends: Iterable[Day]) -> Day:
    """The last day of somebody whose enrolments all end; a day that is not read comes before all, so it is told."""
    days = list(ends)
    read = [day for day in days if isinstance(day, date)]
    unread = [day for day in days if not isinstance(day, date) and day]
    return unread[0] if unread else max(read) if len(read) == len(days) else ""
