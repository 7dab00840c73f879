"""Where a configured system is read: files in the customer's data folder, or addresses that answer with tables."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from connectors.columns.maps import ValueForm
from connectors.columns.rows import ENDINGS, Format, Line, Source, format_of, json_row, listed, rows_of
from connectors.columns.xml_rows import XmlRows
from connectors.contract import ConnectorContext, Fetch, Refused, Window
from connectors.http.client import Http, basic, bearer, numbered
from connectors.reading.archive import Named, opened
from connectors.reading.tables import folded
from connectors.reading.times import DayOrder, day_as, days_of
from engine.model.connector_spec import DataPath, Secret, Url

_IN_BRACES = re.compile(r"\{([^{}]*)\}")


class Paging(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a list of JSON comes in pages."""

    name: Annotated[str, Meta(description="Parameter that holds the number of the page.")] = "page"
    first: Annotated[int, Meta(description="Number of the first page.", ge=0)] = 1
    size: Annotated[int, Meta(description="Rows a page holds; one with fewer is the last.", ge=1)] = 100
    size_name: Annotated[str | None, Meta(description="Parameter that asks for the size.")] = None


class Access(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of connectors by column map: `path`, or `url` and its credentials."""

    path: Annotated[
        DataPath | None, Meta(description="A file, or a folder or ZIP of files, in the customer's data folder.")
    ] = None
    url: Annotated[Url | None, Meta(description="Address of the system, in place of `path`.")] = None
    user: Annotated[Secret | None, Meta(description="User name, for HTTP Basic.")] = None
    password: Annotated[Secret | None, Meta(description="Password, for HTTP Basic.")] = None
    token: Annotated[Secret | None, Meta(description="Token or key, sent in a header.")] = None
    header: Annotated[
        str, Meta(description="Header of the token; in `Authorization` it is sent as a bearer token.")
    ] = "Authorization"
    params: Annotated[
        dict[str, str],
        Meta(description="Query of every call; `{from}` and `{to}` are the first and last day that is wanted."),
    ] = {}
    param_days: Annotated[DayOrder, Meta(description="How days are written in the query.")] = "YYYY-MM-DD"
    pages: Annotated[
        Paging | None, Meta(description="How lists of JSON come in pages; in one piece when left out.")
    ] = None
    format: Annotated[Format, Meta(description="What an address answers with; a file tells it by its ending.")] = "json"
    xml: Annotated[XmlRows, Meta(description="How rows stand in XML.")] = XmlRows()
    written: Annotated[ValueForm, Meta(description="How days, lists and words are written.")] = ValueForm()

    def check(self, calls: Collection[str], known: Collection[str] = ()) -> None:
        """ValueError when these options do not go together. `known` are names that a call may have in braces."""
        if (self.path is None) is (self.url is None):
            raise ValueError("write `path` or `url`, one of the two")
        if (self.user is None) is not (self.password is None):
            raise ValueError("write `user` and `password`, both or none")
        if self.user is not None and self.token is not None:
            raise ValueError("write a `token`, or `user` and `password`, not both")
        if self.pages is not None and self.format != "json":
            raise ValueError("`pages` are for JSON only")
        for text in calls:
            if set(_IN_BRACES.findall(text)) - set(known):
                raise ValueError("an address holds a name in braces that is not known")
        for text in self.params.values():
            if set(_IN_BRACES.findall(text)) - {*known, "from", "to"}:
                raise ValueError("`params` hold a name in braces that is not known")


class Wanted(Struct, frozen=True):
    """One table to read."""

    table: str
    """Its name: that of its file, of its list in a JSON object, and in errors."""
    columns: Collection[str]
    needed: Collection[str] = ()
    """Columns that must be there; a CSV table must have all of `columns`, unless `ids` says which are enough."""
    ids: Collection[str] = ()
    """Columns without which a row of CSV is nothing: others may be missing, which is told."""
    at: str = ""
    call: str = ""
    path: Mapping[str, str] = {}


@contextmanager
def reading(
    access: Access, title: str, window: Window, fetch: Fetch, around: ConnectorContext
) -> Iterator[Callable[[Wanted], Iterator[Line]]]:
    """A function that gives the rows of a table. Raises ConnectorError, as that function does."""
    if access.path is not None:
        with opened(Path(access.path), title, endings=ENDINGS) as files:
            yield lambda wanted: _of_files(files, access, title, wanted, fetch)
    else:
        assert access.url is not None
        with Http(title, access.url, fetch, around, auth=_credentials(access)) as http:
            first, last = (day_as(day, access.param_days) for day in days_of(window, around.zone))
            yield lambda wanted: _of_web(http, access, title, wanted, {"from": first, "to": last}, fetch)


def _of_files(files: list[Named], access: Access, title: str, wanted: Wanted, fetch: Fetch) -> Iterator[Line]:
    """Rows of the file of that name; of the only file, when there is one only."""
    named = [file for file in files if file.stem == folded(wanted.table)] or (files if len(files) == 1 else [])
    if not named:
        raise Refused(title, wanted.table, "no_file_of_that_name")
    source = Source(title, named[0], wanted.table, fetch)
    form = format_of(named[0])
    needed = (wanted.ids or wanted.columns) if form == "csv" else wanted.needed
    yield from rows_of(source, form, wanted.columns, needed, wanted.at, access.xml)


def _of_web(
    http: Http, access: Access, title: str, wanted: Wanted, days: Mapping[str, str], fetch: Fetch
) -> Iterator[Line]:
    call = wanted.call or wanted.table
    params = {name: _filled(text, {**days, **wanted.path}) for name, text in access.params.items()}
    name = wanted.table
    if access.format == "json":
        source = Source(title, Named(call, io.BytesIO), name, fetch)
        pages = access.pages
        if pages is not None:
            params[pages.name] = str(pages.first)
            if pages.size_name is not None:
                params[pages.size_name] = str(pages.size)
        following = numbered(pages.size, first=pages.first, name=pages.name) if pages else lambda _: None
        answers = http.pages(
            call,
            Any,
            path=wanted.path,
            params=params,
            rows=lambda answer: len(listed(answer, wanted.at, name, source)),
            following=following,
        )
        read = 0
        for answer in answers:
            for item in listed(answer, wanted.at, name, source):
                read += 1
                yield from json_row(item, wanted.needed, f"{name}:{read}", fetch)
        return
    body = http.get(call, path=wanted.path, params=params).body
    source = Source(title, Named(name, lambda: io.BytesIO(body)), name, fetch)
    needed = (wanted.ids or wanted.columns) if access.format == "csv" else wanted.needed
    yield from rows_of(source, access.format, wanted.columns, needed, wanted.at, access.xml)


def _credentials(access: Access) -> Mapping[str, str]:
    if access.user is not None and access.password is not None:
        return basic(access.user, access.password)
    if access.token is None:
        return {}
    return bearer(access.token) if access.header == "Authorization" else {access.header: access.token}


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _IN_BRACES.sub(lambda found: values[found[1]], text)
