"""OneRoster's JSON: objects read by the column names of the CSV binding, the next page, and the status it really is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from connectors.contract import NOT_JSON
from connectors.http.client import Response
from connectors.http.pages import FetchedPage

_NEXT = re.compile(r"<([^>]*)>[^,<]*;\s*rel\s*=\s*\"?next\"?", re.IGNORECASE)
_RENAMED = {
    "preferredGivenName": "preferredFirstName",
    "preferredFamilyName": "preferredLastName",
    "birthDate": "birthdate",
}
"""Column to its name in JSON, where the two bindings, or the two versions, differ."""

_MEANINGS = {
    "unauthorisedrequest": 401,
    "unauthorizedrequest": 401,
    "forbidden": 403,
    "unknownobject": 404,
    "server_busy": 429,
    "internal_server_error": 500,
    "invalid_filter_field": 400,
    "invalid_selection_field": 400,
    "invalid_sort_field": 400,
    "invaliddata": 400,
}
"""Minor code to the HTTP status that the standard gives it."""


class Item:
    """One object of a collection; the references in it are read as the CSV's columns of ids."""

    __slots__ = ("_values", "place")

    def __init__(self, values: Mapping[str, Any], place: str) -> None:
        self._values = values
        self.place = place

    def __getitem__(self, column: str) -> str:
        value = self._found(column)
        if isinstance(value, list):
            return next((text for each in value if (text := _text(each))), "")
        return _text(value)

    def listed(self, column: str) -> list[str]:
        """The values of a list, of the ids it refers to, or of one text with commas between them."""
        found = self._found(column)
        each = found if isinstance(found, list) else [found]
        texts = [text for one in each if (text := _text(one))]
        if len(texts) == 1 and not isinstance(found, list) and column in ("grades", "subjects"):
            return [part for piece in texts[0].split(",") if (part := piece.strip())]
        return texts

    def objects(self, name: str) -> list[Mapping[str, Any]]:
        """The objects of a list, such as `roles`; none where there is no such list."""
        found = self._values.get(name)
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def _found(self, column: str) -> Any:
        found = self._values.get(column)
        if found is not None:
            return found
        if column.endswith("SourcedIds"):
            name = column.removesuffix("SourcedIds")
            found = self._values.get(f"{name}s")
            return self._values.get(name) if found is None else found
        if column.endswith("SourcedId") and column != "sourcedId":
            return self._values.get(column.removesuffix("SourcedId"))
        return self._values.get(_RENAMED.get(column, column))


def reference(value: Any) -> str:
    """The id that a reference leads to."""
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("sourcedId")
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else ""


def following(size: int) -> Any:
    """What to ask next: where `Link` leads; without one by `X-Total-Count`; without either until a page is short."""

    def ask(page: FetchedPage[Any]) -> Mapping[str, Any] | None:
        link = page.headers.get("link", "")
        if link:
            # Only the query of the link is followed, never its host: the key goes nowhere else.
            found = _NEXT.search(link)
            query = parse_qsl(urlsplit(found[1]).query) if found else []
            return {name: value for name, value in query if not name.startswith("oauth_")} or None
        total = page.headers.get("x-total-count", "")
        more = page.so_far < int(total) and page.rows > 0 if total.isdecimal() else page.rows >= size
        return {"offset": page.so_far} if more else None

    return ask


def status_of(answer: Response) -> int:
    """The status that an answer really has: some servers send a failure as a 200, or a missing right as a 500."""
    if b"imsx_" not in answer.body[:4096]:
        return answer.status
    try:
        said = msgspec.json.decode(answer.body)
    except NOT_JSON:
        return answer.status
    majors, minors = _codes(said, "imsx_codemajor"), _codes(said, "imsx_codeminorfieldvalue")
    if answer.status < 300 and "failure" not in majors:
        return answer.status
    meant = [_MEANINGS[code] for code in minors if code in _MEANINGS]
    return meant[0] if meant else max(answer.status, 400)


def _codes(value: Any, name: str) -> list[str]:
    """Every text under that name, however deep: versions differ in where they put it."""
    if isinstance(value, list):
        return [code for each in value for code in _codes(each, name)]
    if not isinstance(value, dict):
        return []
    found: list[str] = []
    for key, each in value.items():
        if key.casefold() == name and isinstance(each, str):
            found.append(each.strip().casefold())
        elif isinstance(each, (dict, list)):
            found += _codes(each, name)
    return found
