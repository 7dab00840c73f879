"""Ypareo: learners, staff, the planning and contracts of a training centre, by its REST interface."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from typing import ClassVar

import msgspec

from connectors.contract import ConnectorContext, ConnectorError, Fetch, Refused, Window, asking_for
from connectors.http.client import Http
from connectors.reading.admit import Raw, admitted
from connectors.reading.parts import DENIED, Parts
from connectors.reading.times import days_of
from connectors.ypareo.answers import TITLE, Listed, Row, code, items, row
from connectors.ypareo.contracts import Employment, contract_record, employments, jobs, with_tutor
from connectors.ypareo.options import PROVIDES, Options, given
from connectors.ypareo.people import Group, KnownPeople, learners, staff_member
from connectors.ypareo.planning import meets, session
from engine.model.connector_spec import ConnectorSpec
from engine.records.kinds import Record

LEARNERS = "r/v1/formation-longue/apprenants"
SHORT = "r/v1/formation-courte/{from}/{to}/apprenants"
ACCOUNTS = "r/v1/utilisateur/apprenants"
STAFF = "r/v1/utilisateur/personnels"
SITES = "r/v1/sites"
TRAININGS = "r/v1/formations"
GROUPS = "r/v1/formation-longue/groupes"
PLANNING = "r/v1/planning/{from}/{to}/groupes/{group}"
CONTRACTS = "r/v1/contrats"
COMPANIES = "r/v1/entreprises"
PEOPLE = "r/v1/entreprises/{company}/interlocuteurs"

_LARGEST = 512 * 1024 * 1024
"""Bytes of an answer: lists come whole, and a learner takes about a kilobyte."""
_FAILURES = 5
"""So many calls of one kind that fail one after another, and the rest is not asked."""
NOTHING: Mapping[str, str] = {}


class Ypareo:
    """Everything that one call or one call per group gives."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="ypareo", title=TITLE, certainty="observed", side="source", options=Options, provides=PROVIDES, given=given
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self._options = options
        self._around = around

    def records(self, window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """Learners, staff, sessions, contracts. What one right is missing for is left out, and told in `partial`."""
        options = self._options
        with Http(
            TITLE,
            options.url,
            fetch,
            self._around,
            headers={"X-Auth-Token": options.token},
            max_bytes=_LARGEST,
            connections=options.workers,
        ) as http:
            yield from _Reading(options, self._around, window, fetch, http).records()


class _Reading:
    """One fetch."""

    def __init__(self, options: Options, around: ConnectorContext, window: Window, fetch: Fetch, http: Http) -> None:
        self._options = options
        self._zone = around.zone
        self._first, self._last = days_of(window, around.zone)
        self._days = {"from": f"{self._first:%d-%m-%Y}", "to": f"{self._last:%d-%m-%Y}"}
        self._fetch = fetch
        self._http = http
        self._lock = threading.Lock()
        self._parts = Parts(fetch)
        self._sites: dict[str, str] | None = None

    def records(self) -> Iterator[Record]:
        options = self._options
        known = KnownPeople(self._site_code)
        groups = self._groups(known)
        contracts = self._contracts() if options.reads("contracts") else []
        known.jobs = jobs(contracts, self._first, self._last)
        with self._parts.part():
            yield from self._learners(known)
        if options.reads("staff"):
            with self._parts.part():
                raws = self._list(STAFF)
                members = enumerate((row(raw, STAFF) for raw in raws), 1)
                yield from admitted((staff_member(each, number) for number, each in members), self._fetch)
        if options.reads("planning"):
            yield from admitted(self._sessions(groups, known), self._fetch)
        yield from admitted(
            (contract_record(each, number, known.trainings) for number, each in enumerate(contracts, 1)), self._fetch
        )
        self._parts.end()

    def _learners(self, known: KnownPeople) -> Iterator[Record]:
        """Learners. Where the address that is synced stands in another list, they are not given without it."""
        options = self._options
        if options.email == "professional" and not options.professional_email:
            accounts = ((row(raw, ACCOUNTS)) for raw in self._list(ACCOUNTS))
            known.accounts = {code(each.get("codeApprenant")): each.get("email") or "" for each in accounts}
        raws = self._list(LEARNERS)
        if options.short_trainings:
            raws += self._list(SHORT, path=self._days)
        nothing = Refused(TITLE, LEARNERS, "no_learners_at_all")
        yield from admitted(learners(raws, LEARNERS, options, known), self._fetch, nothing)

    def _groups(self, known: KnownPeople) -> list[Row]:
        """The groups, and what is needed to name them."""
        trainings = {code(each.get("codeFormation")): each for each in self._rows(TRAININGS)}
        found = self._rows(GROUPS)
        known.groups = {code(each.get("codeGroupe")): _group(each, trainings) for each in found}
        return found

    def _site_code(self, name: str) -> str:
        """A site's code by its name, from a list that is only asked for when an enrolment has no code."""
        if self._sites is None:
            rows = self._rows(SITES)
            self._sites = {str(each.get("nomSite")): code(each.get("codeSite")) for each in rows}
        return self._sites.get(name, "")

    def _sessions(self, groups: list[Row], known: KnownPeople) -> Iterator[Raw]:
        """Sessions group by group: the whole planning at once is more than big sites can answer."""
        asked = [group for group in groups if meets(group, self._first, self._last)]
        if len(asked) < len(groups):
            self._fetch.note("groups_not_asked", number=len(groups) - len(asked))
        seen: set[bytes] = set()
        for group, raws in self._each(PLANNING, "group", [code(group.get("codeGroupe")) for group in asked], "cours"):
            for number, raw in enumerate(raws, 1):
                # The same session comes with each of its groups.
                mark = hashlib.blake2b(bytes(raw), digest_size=16).digest()
                if mark in seen:
                    continue
                seen.add(mark)
                place = f"group {group}: session {number}"
                yield session(row(raw, PLANNING), place, self._options, known.groups, self._zone)

    def _contracts(self) -> list[Employment]:
        """Every contract with its company; with its tutor, where it is in force in these days."""
        rows = self._rows(CONTRACTS)
        if not rows:
            return []
        companies = {code(each.get("codeEntreprise")): each.get("nomEntreprise") for each in self._rows(COMPANIES)}
        found = list(employments(rows, companies, self._options))
        if not self._options.reads("tutors"):
            return found
        in_force = [each for each in found if each.company_code and each.runs(self._first, self._last)]
        wanted = list(dict.fromkeys(each.company_code for each in in_force))
        people = {
            company: [row(raw, PEOPLE) for raw in raws] for company, raws in self._each(PEOPLE, "company", wanted)
        }
        return [with_tutor(each, people.get(each.company_code, []), self._options) for each in found]

    def _rows(self, call: str) -> list[Row]:
        """The rows of a short list; none where it cannot be read, which is then told."""
        found: list[Row] = []
        with self._parts.part():
            found += [row(raw, call) for raw in self._list(call)]
        return found

    def _each(
        self, call: str, name: str, keys: list[str], wrapped_in: str = ""
    ) -> Iterator[tuple[str, list[msgspec.Raw]]]:
        """A list for each of the keys, a few calls at a time. One that fails is left out; many that do end it."""

        def ask(key: str) -> tuple[str, list[msgspec.Raw] | ConnectorError]:
            try:
                with asking_for(key):
                    return key, self._list(call, wrapped_in, {**self._days, name: key})
            except ConnectorError as error:
                return key, error

        failures = 0
        answers = self._http.together(ask, [key for key in keys if key], self._options.workers)
        for key, found in answers:
            if not isinstance(found, ConnectorError):
                failures = 0
                yield key, found
                continue
            failures += 1
            self._parts.tell(found)
            if found.status in DENIED or failures == _FAILURES:
                answers.close()
                return

    def _list(self, call: str, wrapped_in: str = "", path: Mapping[str, str] = NOTHING) -> list[msgspec.Raw]:
        """The rows of a list, undecoded. Called from threads."""
        narrowed = {}
        if call in (LEARNERS, GROUPS):
            options = self._options
            narrowed = {"codesSite": ",".join(options.sites), "codesPeriode": ",".join(options.periods)}
        params = {name: value for name, value in narrowed.items() if value}
        found: Listed = self._http.get_json(call, Listed, path=path, params=params)
        rows = items(found, wrapped_in, call)
        self._parts.well = True
        if isinstance(found, dict):
            with self._lock:
                self._fetch.received += len(rows)
        return rows


def _group(found: Row, trainings: Mapping[str, Row]) -> Group:
    training = trainings.get(code(found.get("codeFormation")), {})
    return Group(
        name=str(found.get("nomGroupe") or found.get("abregeGroupe") or ""),
        training=str(training.get("nomFormation") or ""),
        sector=str(training.get("nomSecteurActivite") or ""),
    )
