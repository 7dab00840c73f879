"""OneRoster 1.1 and 1.2 by REST: people, classes and enrolments, page by page. It has no dated sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, timedelta
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct

from connectors.contract import ConnectorContext, ConnectorError, Fetch, Garbled, Refused, Window
from connectors.http.client import Http
from connectors.http.oauth import ClientCredentials, Signed
from connectors.oneroster.lookups import Lookups
from connectors.oneroster.mapping import COLUMNS_OF, PROVIDES, Role, class_, enrolment, guardian, person
from connectors.oneroster_rest.answers import Item, following, reference, status_of
from connectors.reading.admit import Raw, admitted
from connectors.reading.times import iso_day
from engine.model.connector_spec import ConnectorSpec, Secret, Url
from engine.records.kinds import Record

_SCOPE = "https://purl.imsglobal.org/spec/or/{version}/scope/{name}.readonly"
_CORE, _DEMOGRAPHICS = "roster-core", "roster-demographics"


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: oneroster-rest`."""

    url: Annotated[
        Url, Meta(description="Address up to the version: `https://sis.example.org/ims/oneroster/rostering/v1p2`.")
    ]
    client_id: Annotated[str, Meta(description="Id of the client, or key of the consumer.", min_length=1)]
    client_secret: Secret
    sign_in: Annotated[
        Literal["oauth2", "oauth2-body", "oauth1-sha256", "oauth1-sha1"],
        Meta(
            description="How it lets us in: client credentials of OAuth 2 (the client in a header, or in the body), or "
            "signatures of OAuth 1.0a, which many servers of 1.1 take."
        ),
    ] = "oauth2"
    token_url: Annotated[Url | None, Meta(description="Where tokens are given, for OAuth 2.")] = None
    version: Annotated[Literal["v1p1", "v1p2"], Meta(description="Version of the scopes to ask for, 1.1 or 1.2.")] = (
        "v1p2"
    )
    scopes: Annotated[
        tuple[str, ...] | None,
        Meta(description="Scopes to ask for; those of the standard when left out, none when empty."),
    ] = None
    demographics: Annotated[bool, Meta(description="Whether birth dates are read; needs a right of its own.")] = False
    changed_within_days: Annotated[
        int,
        Meta(
            description="Read only people, classes and enrolments changed so many days before the window, or later; "
            "nothing is taken for gone then. Everything when 0.",
            ge=0,
            le=366,
        ),
    ] = 0
    page_size: Annotated[int, Meta(description="Objects to ask for at a time.", ge=1, le=10_000)] = 500

    def __post_init__(self) -> None:
        if self.sign_in.startswith("oauth2") and self.token_url is None:
            raise ValueError("`token_url` is missing; OAuth 2 needs it")


class OneRosterRest:
    """Rosters in the standard's REST binding."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="oneroster-rest",
        title="OneRoster",
        certainty="standard",
        side="source",
        options=Options,
        provides=PROVIDES,
        layer="oneroster",
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self._options = options
        self._around = around

    def records(self, window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """People, then classes, then enrolments. Without the users nothing is of use, and their error is raised."""
        with ExitStack() as stack:
            roster = _Roster(self._http(fetch, stack), self._options, window, fetch)
            roster.read_lookups()
            key = self._around.id_key
            people = 0
            try:
                for record in admitted(roster.people(key), fetch, columns=COLUMNS_OF):
                    people += 1
                    yield record
            except ConnectorError as error:
                if not people:
                    raise
                fetch.partial.append(error)
            if not people and not fetch.invalid and not roster.is_delta:
                raise Refused(self.spec.title, "users", "no_users_asked")
            yield from roster.told(admitted(roster.classes(), fetch, columns=COLUMNS_OF))
            yield from roster.told(admitted(roster.enrolments(key), fetch, columns=COLUMNS_OF))
            fetch.partial.extend(roster.deltas())

    def _http(self, fetch: Fetch, stack: ExitStack) -> Http:
        options = self._options
        client = (options.client_id, options.client_secret)
        auth: Signed | ClientCredentials
        if options.token_url is None or options.sign_in.startswith("oauth1"):
            auth = Signed(*client, "sha1" if options.sign_in == "oauth1-sha1" else "sha256")
        else:
            auth = stack.enter_context(
                ClientCredentials(
                    self.spec.title,
                    options.token_url,
                    client,
                    " ".join(self._scopes()),
                    fetch,
                    self._around,
                    in_body=options.sign_in == "oauth2-body",
                )
            )
        http = Http(self.spec.title, options.url, fetch, self._around, auth=auth, meaning=status_of)
        return stack.enter_context(http)

    def _scopes(self) -> tuple[str, ...]:
        options = self._options
        if options.scopes is not None:
            return options.scopes
        names = (_CORE, _DEMOGRAPHICS) if options.demographics else (_CORE,)
        return tuple(_SCOPE.format(version=options.version, name=name) for name in names)


class _Roster:
    """One reading of a roster: the small collections held, the large ones streamed."""

    def __init__(self, http: Http, options: Options, window: Window, fetch: Fetch) -> None:
        self._http = http
        self._options = options
        self._fetch = fetch
        self._lookups = Lookups()
        self._changed = ""
        self._read_as_deltas: list[str] = []
        if options.changed_within_days:
            since = window.starts.astimezone(UTC) - timedelta(days=options.changed_within_days)
            self._changed = f"dateLastModified>='{since:%Y-%m-%dT%H:%M:%S}.000Z'"

    @property
    def is_delta(self) -> bool:
        """Whether only what changed was asked for and given."""
        return bool(self._read_as_deltas)

    def deltas(self) -> Iterator[Refused]:
        """What was read as a delta, so that nothing of it may be taken for gone."""
        for name in self._read_as_deltas:
            yield Refused(OneRosterRest.spec.title, name, "only_what_changed")

    def told(self, records: Iterator[Record]) -> Iterator[Record]:
        """These records; an error ends them and is told, for the rest is of use without them."""
        try:
            yield from records
        except ConnectorError as error:
            self._fetch.partial.append(error)

    def read_lookups(self) -> None:
        """Read the small collections. One that cannot be read is told; without the network, or the key, all ends."""
        lookups = self._lookups
        wanted: list[tuple[str, Callable[[Item], None]]] = [
            ("orgs", lookups.add_org),
            ("academicSessions", lookups.add_term),
            ("courses", lookups.add_course),
        ]
        if self._options.demographics:
            wanted.append(("demographics", lookups.add_demographics))
        for name, add in wanted:
            try:
                for item in self._items(name):
                    add(item)
            except ConnectorError as error:
                if not isinstance(error, Garbled) and error.status in (None, 401):
                    raise
                self._fetch.partial.append(error)
                if name == "orgs":
                    lookups.orgs = None

    def people(self, key: bytes) -> Iterator[Raw]:
        """The users. Learners whose family has not come yet wait for it until the end."""
        lookups = self._lookups
        waiting: list[Item] = []
        for item in self._items("users", changed=True):
            roles = _roles(item)
            family = guardian(item, roles)
            if family is not None:
                lookups.guardians[item["sourcedId"]] = family
            if all(agent in lookups.guardians for agent in item.listed("agentSourcedIds")):
                yield from person(item, roles, lookups, key)
            else:
                waiting.append(item)
        if self.is_delta:
            self._fetch_family({agent for item in waiting for agent in item.listed("agentSourcedIds")})
        for item in waiting:
            yield from person(item, _roles(item), lookups, key)

    def classes(self) -> Iterator[Raw]:
        """The classes."""
        for item in self._items("classes", changed=True):
            yield class_(item, self._lookups)

    def enrolments(self, key: bytes) -> Iterator[Raw]:
        """The enrolments."""
        for item in self._items("enrollments", changed=True):
            yield enrolment(item, key)

    def _items(self, name: str, *, changed: bool = False) -> Iterator[Item]:
        """The objects of a collection. A server that cannot filter is asked for all of them."""
        if changed and self._changed:
            pages = self._pages(name, {"filter": self._changed})
            try:
                first = next(pages, [])
            except Garbled as error:
                if error.status != 400:
                    raise
                self._fetch.note("not_filtered_by_time", name=name)
            else:
                self._read_as_deltas.append(name)
                yield from first
                for page in pages:
                    yield from page
                return
        for page in self._pages(name, {}):
            yield from page

    def _pages(self, name: str, params: dict[str, str]) -> Iterator[list[Item]]:
        size = self._options.page_size
        pages = self._http.pages(
            name,
            dict[str, Any],
            rows=lambda page: len(_rows(page, name)),
            following=following(size),
            params={"limit": size, "offset": 0, **params},
        )
        read = 0
        for page in pages:
            rows = _rows(page, name)
            yield [Item(row, f"{name} {number}") for number, row in enumerate(rows, read + 1)]
            read += len(rows)

    def _fetch_family(self, agents: set[str]) -> None:
        """The family that did not change while its learner did, one by one."""
        lookups = self._lookups
        missing = sorted(agents - lookups.guardians.keys())

        def found(agent: str) -> Item | None:
            try:
                answer = self._http.get_json("users/{id}", dict[str, Any], path={"id": agent})
            except Refused as error:
                if error.status == 404:
                    return None
                raise
            user = answer.get("user")
            return Item(user, "user") if isinstance(user, dict) else None

        try:
            for agent, item in zip(missing, self._http.together(found, missing), strict=True):
                family = guardian(item, _roles(item)) if item is not None else None
                if family is not None:
                    lookups.guardians[agent] = family
        except ConnectorError as error:
            self._fetch.partial.append(error)


def _roles(item: Item) -> list[Role]:
    """The roles of a user of 1.2; one of 1.1 has its word beside its name."""
    return [
        Role(str(role.get("role") or ""), reference(role.get("org")), iso_day(str(role.get("endDate") or "")))
        for role in item.objects("roles")
    ]


def _rows(page: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = page.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Garbled(OneRosterRest.spec.title, name, "no_such_list", name=name)
    return rows
