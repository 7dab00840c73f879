"""SC-Form (Galia, Gessica, Sofia): instructors, enrolled people and sessions, company by company."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct

from connectors.contract import ConnectorContext, Fetch, Refused, Window, asking_for
from connectors.http.client import Http, basic
from connectors.reading.admit import Raw, admitted
from connectors.reading.parts import each_part
from connectors.reading.times import DayOrder, day_as, days_of
from connectors.sc_form.people import Learners, Mail, enrolment, has_address, person, text
from connectors.sc_form.sessions import Sessions, signing
from connectors.sc_form.shapes import Enrolled, Labelled, Meeting, PersonRow
from engine.model.connector_spec import ConnectorSpec, Secret, Url
from engine.records.kinds import Record

_PERSON = frozenset({"source_id", "mis_id", "first_name", "last_name", "email", "secondary_email", "phone"})

_REFERENCE = "Entite/GetEntite"
_SESSIONS = "PresenceSta/GetSeance"


class DayOrders(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How days are written for one company."""

    asked: Annotated[DayOrder, Meta(description="In what is asked.")] = "YYYY-MM-DD"
    answered: Annotated[DayOrder, Meta(description="In what is answered.")] = "YYYY-MM-DD"


class Options(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a customer file writes beside `connector: sc-form`."""

    url: Annotated[Url, Meta(description="Address with its ending: https://CLIENT.sc-form.net/GaliaEDC/API.")]
    user: Annotated[Secret, Meta(description="User of the API.")]
    password: Annotated[Secret, Meta(description="Its password.")]
    companies: Annotated[
        tuple[str, ...], Meta(description="Ids of companies (IDSociete) to read; all when left out.")
    ] = ()
    sectors: Annotated[
        tuple[str, ...], Meta(description="Sectors (CSecteur) to ask for one by one; they are a segment key then.")
    ] = ()
    view: Annotated[
        Literal["ACTION", "MODULE", "INSCRIT", "INTERVENANT", "SALLE", "MATERIEL"],
        Meta(description="View by which sessions are asked for (Vue)."),
    ] = "ACTION"
    mail: Annotated[Mail, Meta(description="Which of two addresses and phones comes first.")] = "pro"
    remote_types: Annotated[
        tuple[int, ...], Meta(description="Types of personal hours (Type_Seance) that are at a distance.")
    ] = (2,)
    days: Annotated[
        dict[str, DayOrders], Meta(description="Id of a company to the order of its year, month and day.")
    ] = {}


class ScForm:
    """People and sessions of the companies that the user may see."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="sc-form",
        title="SC-Form",
        certainty="observed",
        side="source",
        options=Options,
        provides={
            "learner": _PERSON
            | {"training", "groups", "company", "tutor_name", "tutor_email", "left_on", "segment_keys"},
            "instructor": _PERSON | {"segment_keys"},
            "enrolment": frozenset({"source_id", "person_id", "role", "begins_on", "ends_on"}),
            "session": frozenset(
                {
                    *("source_id", "name", "starts_at", "ends_at", "room", "remote", "topic", "training"),
                    *("segment_keys", "instructor_ids", "learner_ids"),
                }
            ),
        },
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self._options = options
        self._around = around

    def records(self, window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """Instructors, enrolments, sessions, then learners; a company or a call that fails makes the fetch partial."""
        options = self._options
        credentials = basic(options.user, options.password)
        with Http(self.spec.title, options.url, fetch, self._around, auth=credentials) as http:
            reading = _Reading(http, options, self._around, fetch)
            companies = options.companies or self._companies(http)
            yield from admitted(reading.raws(companies, window), fetch)

    def _companies(self, http: Http) -> list[str]:
        found = http.get_json(_REFERENCE, list[Labelled], params={"ACTION": "SOCIETE"})
        companies = [company for each in found if (company := text(each.ID))]
        if not companies:
            raise Refused(self.spec.title, _REFERENCE, "no_company")
        return companies


class _Reading:
    """One pass over the companies."""

    def __init__(self, http: Http, options: Options, around: ConnectorContext, fetch: Fetch) -> None:
        self._http = http
        self._options = options
        self._around = around
        self._fetch = fetch
        self._learners = Learners(options.mail)
        self._instructors: set[str] = set()
        self._sessions = Sessions(around.zone, options.remote_types)

    def raws(self, companies: tuple[str, ...] | list[str], window: Window) -> Iterator[Raw]:
        sectors = self._options.sectors or (None,)
        # All people first: what a session says of somebody is only taken where no list has told more.
        parts = [
            *(self._all_instructors(company) for company in companies),
            *(self._enrolled(company, sector) for company in companies for sector in sectors),
            *(self._meetings(company, sector, window) for company in companies for sector in sectors),
        ]
        yield from each_part(parts, self._fetch)
        yield from self._learners.raws()
        self._sessions.tell(self._fetch)
        if self._learners.without_company:
            self._fetch.note("nobody_has_a_company")

    def _all_instructors(self, company: str) -> Iterator[Raw]:
        for found in self._asked(_REFERENCE, list[PersonRow], company, {"ACTION": "INTERVENANT"}):
            yield self._instructor(found, {"company": company})

    def _instructor(self, found: PersonRow, keys: dict[str, str]) -> Raw:
        self._instructors.add(text(found.ID))
        raw = person("instructor", found, self._options.mail, f"Intervenant {text(found.ID)}")
        return raw._replace(values={**raw.values, "segment_keys": keys})

    def _enrolled(self, company: str, sector: str | None) -> Iterator[Raw]:
        order = self._orders(company).answered
        params = {"ACTION": "INSCRIT", "CSecteur": sector}
        for found in self._asked(_REFERENCE, list[Enrolled], company, params):
            self._learners.add(found, order, _keys(company, sector))
            yield enrolment(found, order)

    def _meetings(self, company: str, sector: str | None, window: Window) -> Iterator[Raw]:
        orders = self._orders(company)
        first, last = days_of(window, self._around.zone)
        params = {
            "Debut": day_as(first, orders.asked),
            "Fin": day_as(last, orders.asked),
            "Vue": self._options.view,
            "CSecteur": sector,
        }
        keys = _keys(company, sector)
        for found in self._asked(_SESSIONS, list[Meeting], company, params):
            raw = self._sessions.raw(found, orders.answered, keys)
            if raw is None:
                continue
            yield raw
            yield from self._met(found, orders.answered, keys)

    def _met(self, found: Meeting, order: DayOrder, keys: dict[str, str]) -> Iterator[Raw]:
        """People whom no list has told: of another company, or the user may not see the list.

        Only with an address: a name alone would look like somebody who has none.
        """
        for each in found.Intervenants or ():
            if has_address(each) and text(each.ID) not in self._instructors:
                yield self._instructor(each, keys)
        for slot in signing(found):
            who = slot.Inscrit.Stagiaire if slot.Inscrit else None
            if slot.Inscrit and who and has_address(who) and text(who.ID) not in self._learners:
                self._learners.add(slot.Inscrit, order, keys)

    def _orders(self, company: str) -> DayOrders:
        return self._options.days.get(company, DayOrders())

    def _asked(self, call: str, shape: Any, company: str, params: dict[str, str | None]) -> Any:
        """A list; that it is empty is noted, since that is how a missing right looks."""
        with asking_for(company):
            found = self._http.get_json(call, shape, params={"IDSociete": company, **params})
        if not found:
            asked = " ".join(name for name in (call, params.get("ACTION")) if name)
            place = " ".join(name for name in (company, params.get("CSecteur")) if name)
            self._fetch.note("nothing_for_the_company", asked=asked, company=place)
        return found


def _keys(company: str, sector: str | None) -> dict[str, str]:
    return {"company": company} if sector is None else {"company": company, "sector": sector}
