"""Learners and instructors: a column for each attribute, and for each learner the groups and families."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from connectors.contract import Fetch
from connectors.http.client import Http
from connectors.hyperplanning.labels import JOINED, PROMOTION, TD, Labels
from connectors.hyperplanning.normal import segment_keys
from connectors.hyperplanning.soap import Faults, SoapFault, batched
from connectors.reading.admit import Raw
from connectors.reading.times import iso_day

_NO_DAY = ("1899-12-30", "0001-01-01")
"""What the service writes for a day that is not set: the zero of its own calendar."""


class _Held(NamedTuple):
    """What one learner is in."""

    promotions: list[str]
    groups: list[str]
    families: list[str]


def learners(http: Http, labels: Labels, fetch: Fetch) -> Iterator[Raw]:
    """Every learner, in batches. One whose groups cannot be read is left out: it would look like one without any."""
    service, options = labels.service, labels.options
    has_phones, has_options = labels.has(options.calls.learner_phones), labels.has(options.calls.learner_options)
    heading = options.calls.learner_heading
    families: list[str] = []
    if options.learner_families != () and labels.has(heading):
        families = labels.families(options.calls.learner_genre, options.learner_families)

    faults = Faults(fetch)

    def held(key: str) -> _Held | None:
        owner = ("AEtudiant", key)
        try:
            promotions = service.keys("PromotionsEtudiant", owner)
            joined = service.keys("RegroupementsEtudiant", owner)
            tds = service.keys(str(options.calls.learner_options), owner) if has_options else []
            headings = labels.headings(str(heading), families, owner)
        except SoapFault as fault:
            faults.tell(fault)
            return None
        faults.well()
        return _Held(promotions, [*_ids(PROMOTION, promotions), *_ids(TD, tds), *_ids(JOINED, joined)], headings)

    def column(call: str) -> list[str]:
        return service.column(call, "THpSvcWCleEtudiant", keys)

    for keys in batched(service.keys("TousLesEtudiants")):
        firsts, lasts = column("PrenomsTableauDEtudiants"), column("NomsTableauDEtudiants")
        emails, births = column("EMailsTableauDEtudiants"), column("DatesDeNaissancesTableauDEtudiants")
        phones = column(str(options.calls.learner_phones)) if has_phones else [""] * len(keys)
        fetch.received += len(keys)
        details = http.together(held, keys)
        for key, first, last, email, phone, birth, of in zip(
            keys, firsts, lasts, emails, phones, births, details, strict=True
        ):
            if of is None:
                continue
            labels.seen.update(dict.fromkeys(of.groups))
            names = labels.promotions(of.promotions)
            sections = [names[promotion] for promotion in of.promotions]
            values = {
                "source_id": key,
                "first_name": first,
                "last_name": last,
                "email": email,
                "phone": phone,
                "birth_date": "" if birth.startswith(_NO_DAY) else iso_day(birth),
                "training": ", ".join(sections),
                "section": ", ".join(sections),
                "families": of.families,
                "groups": of.groups,
                "segment_keys": segment_keys(of.families, sections),
            }
            yield Raw("learner", values, f"étudiant {key}")


def instructors(labels: Labels, fetch: Fetch) -> Iterator[Raw]:
    """Every instructor, in batches."""

    def column(call: str) -> list[str]:
        return labels.service.column(call, "THpSvcWCleEnseignant", keys)

    for keys in batched(labels.service.keys("TousLesEnseignants")):
        fetch.received += len(keys)
        for key, code, first, last, email in zip(
            keys,
            column("CodesTableauDEnseignants"),
            column("PrenomsTableauDEnseignants"),
            column("NomsTableauDEnseignants"),
            column("EMailsTableauDEnseignants"),
            strict=True,
        ):
            values = {"source_id": key, "mis_id": code, "first_name": first, "last_name": last, "email": email}
            yield Raw("instructor", values, f"enseignant {key}")


def _ids(kind: str, keys: Sequence[str]) -> list[str]:
    """Ids of groups. The same integer is a promotion, a TD group and a joined one: the kind keeps them apart."""
    return [f"{kind}:{key}" for key in keys]
