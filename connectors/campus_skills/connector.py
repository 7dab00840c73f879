"""Campus Skills, also named Ypareo Skills: the accounts of integrated contracts, and which were only transmitted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from connectors.columns.connector import once
from connectors.columns.maps import RowMap, ValueForm, fields_given
from connectors.columns.rows import json_row
from connectors.contract import ConnectorContext, ConnectorError, Fetch, Garbled, Refused, Window
from connectors.contracts.shape import account
from connectors.http.client import Http, bearer
from connectors.http.pages import FetchedPage, Params
from connectors.reading.admit import Raw, admitted
from engine.model.connector_spec import ConnectorSpec, Schedule, Secret, Url
from engine.records.kinds import Record

INTEGRATED = "api/sync/v1/contrats"
TRANSMITTED = "api/sync/v1/contrats-get-all"

_ACCOUNTS = (
    {"account": account("Apprenant", role="learner", source_kind="learner", created_by="api")},
    # Tutors are nobody of the source's; as who they are known there is kept, so that they do not look made by hand.
    {"account": account("MaitreApprentissage", role="other", created_by="api")},
    {"account": account("Personnel", role="other", created_by="api")},
)


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: campus-skills`."""

    token: Annotated[Secret, Meta(description="Token of the synchronisation, made on the platform.")]
    url: Annotated[Url, Meta(description="Address of the platform; schools may have one of their own.")] = (
        "https://app.campus-skills.com"
    )
    first_page: Annotated[int, Meta(description="Number of the first page of a list; not published.", ge=0)] = 1
    page_size: Annotated[int, Meta(description="Contracts asked for at a time.", ge=1, le=1000)] = 100


class _Answer(Struct):
    """A page of contracts, or what is wrong with the token: both come as a success."""

    contrats: list[dict[str, Any]] | None = None
    total: int | None = None
    error: str | None = None


class CampusSkills:
    """The logbook of apprentices: the target of contracts and the learners in them."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="campus-skills",
        title="Campus Skills",
        certainty="published",
        side="platform",
        options=Options,
        provides=fields_given(iter(_ACCOUNTS)),
        takes=frozenset({"contract", "learner"}),
        schedule=Schedule(("22:00",), ("22:00",)),
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self._options = options
        self._around = around
        self._maps = [RowMap(kinds, ValueForm(), around) for kinds in _ACCOUNTS]

    def records(self, _window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """The accounts of everybody in integrated contracts; whoever is in several, once."""
        options = self._options
        with Http(self.spec.title, options.url, fetch, self._around, auth=bearer(options.token)) as http:
            integrated: set[str] = set()
            yield from admitted(once(self._accounts(http, integrated, fetch)), fetch)
            try:
                transmitted = {code for each in self._contracts(http, TRANSMITTED, fetch) if (code := _code(each))}
            except ConnectorError as error:
                fetch.partial.append(error)
            else:
                waiting = len(transmitted - integrated)
                if waiting:
                    fetch.note("contracts_not_integrated", number=waiting, total=len(transmitted))

    def _accounts(self, http: Http, integrated: set[str], fetch: Fetch) -> Iterator[Raw]:
        for number, contract in enumerate(self._contracts(http, INTEGRATED, fetch), 1):
            integrated.add(_code(contract))
            for line in json_row(contract, (), f"{INTEGRATED}:{number}", fetch):
                for row_map in self._maps:
                    yield from row_map.raws(line.cell, line.place)

    def _contracts(self, http: Http, call: str, fetch: Fetch) -> Iterator[dict[str, Any]]:
        """Every contract of a list; one that ends too early makes the fetch partial."""
        options, read, total = self._options, 0, None

        def rows(answer: _Answer) -> int:
            if answer.error is not None:
                raise Refused(self.spec.title, call, "token_not_accepted")
            if answer.contrats is None:
                raise Garbled(self.spec.title, call, "no_contracts_in_the_answer")
            return len(answer.contrats)

        def following(page: FetchedPage[_Answer]) -> Params | None:
            said = page.answer.total
            # The platform may give fewer at a time than it is asked for, so that a short page is not the last.
            more = page.rows >= options.page_size if said is None else page.rows > 0 and page.so_far < said
            return {"page": options.first_page + page.number + 1} if more else None

        pages = http.pages(
            call,
            _Answer,
            params={"page": options.first_page, "limit": options.page_size},
            rows=rows,
            following=following,
        )
        for answer in pages:
            total = answer.total if total is None else total
            for contract in answer.contrats or ():
                read += 1
                yield contract
        if total is not None and read < total:
            fetch.partial.append(Refused(self.spec.title, call, "fewer_contracts_than_it_says"))


def _code(contract: dict[str, Any]) -> str:
    return str(contract.get("codeContrat") or "").strip()
