"""Hyperplanning's web service: its calls by name, answers as texts, columns and structures."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from connectors.contract import ConnectorError, Fetch, Garbled, Refused
from connectors.http.client import Http
from connectors.hyperplanning.normal import TITLE
from connectors.hyperplanning.wsdl import Operation, operations
from connectors.reading.parts import Parts

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_MOST_FAULTS = 10
BATCH = 500
"""Keys asked for at once by a call that takes an array."""

Argument = str | tuple[str, Sequence[str]]
"""One value, or the keys of an array with the name of their elements."""
Structure = dict[str, ET.Element]
"""An item of an answer: element by its name, without namespace."""


class SoapFault(Refused):
    """The service refuses this one call. Its own words are left out: they may name a person."""


class Faults:
    """Refused calls about one thing among many, such as a course deleted since its key was read. Used from threads."""

    def __init__(self, fetch: Fetch) -> None:
        self._parts = Parts(fetch)
        self._lock = threading.Lock()
        self._row = 0

    def well(self) -> None:
        """A call was answered."""
        self._row = 0

    def tell(self, fault: SoapFault) -> None:
        """The thing is left out, and the fetch partial. Raises the fault when everything is refused, for then it is
        the right that is missing."""
        with self._lock:
            self._row += 1
            if self._row > _MOST_FAULTS:
                raise fault
            self._parts.tell(fault)


class SoapService:
    """The calls of one web service. May be used from threads."""

    def __init__(self, http: Http, known: dict[str, Operation], prefix: str) -> None:
        self._http = http
        self._known = known
        self._prefix = prefix

    @classmethod
    def read(cls, http: Http, url: str, wsdl: str) -> SoapService:
        """The service that a WSDL describes. `url` is the address that `http` was opened with."""
        known = operations(http.get_xml(wsdl))
        if not known:
            raise Garbled(TITLE, wsdl, "no_web_service")
        return cls(http, known, urlsplit(url).path.rstrip("/"))

    def has(self, call: str | None) -> bool:
        """Whether there is a call of that name."""
        return call in self._known

    def text(self, call: str, *arguments: tuple[str, Argument]) -> str:
        """The one value of an answer; empty for none."""
        answer = self._answer(call, arguments)
        return "" if answer is None else _text(answer)

    def flag(self, call: str, *arguments: tuple[str, Argument]) -> bool:
        """A true or false."""
        found = self.text(call, *arguments).casefold()
        if found not in ("true", "false", "1", "0"):
            raise Garbled(TITLE, call, "neither_true_nor_false")
        return found in ("true", "1")

    def texts(self, call: str, *arguments: tuple[str, Argument]) -> list[str]:
        """The items of an answer, in order; an empty one keeps its place."""
        answer = self._answer(call, arguments)
        return [] if answer is None else [_text(item) for item in answer]

    def keys(self, call: str, *arguments: tuple[str, Argument]) -> list[str]:
        """The keys of an answer."""
        return found_keys(self.texts(call, *arguments))

    def structures(self, call: str, *arguments: tuple[str, Argument]) -> list[Structure]:
        """The items of an answer that have parts. An item without parts is a `{"": item}`."""
        answer = self._answer(call, arguments)
        items = [] if answer is None else list(answer)
        return [{_local(part): part for part in item} or {"": item} for item in items]

    def column(self, call: str, key: str, keys: Sequence[str]) -> list[str]:
        """One attribute of each of these keys, in their order. Garbled when there are more or fewer values."""
        found: list[str] = []
        for batch in batched(keys):
            values = self.texts(call, ("ATableau", (key, batch)))
            if len(values) != len(batch):
                # Values have only their order to tell whose they are: with one missing, they are another person's.
                raise Garbled(TITLE, call, "values_for_keys", values=len(values), keys=len(batch))
            found += values
        return found

    def _answer(self, call: str, arguments: tuple[tuple[str, Argument], ...]) -> ET.Element | None:
        """What a call returns; None when it returns nothing at all."""
        operation = self._known.get(call)
        if operation is None:
            raise Refused(TITLE, call, "no_such_call")
        headers = {"SOAPAction": f'"{operation.action}"'}
        path = operation.path.removeprefix(self._prefix) if self._prefix else operation.path
        try:
            root = self._http.post_xml(path, _envelope(call, operation, arguments), headers=headers)
        except ConnectorError as error:
            # Every call of a port is sent to one path: only the call's own name tells which failed.
            raise type(error)(TITLE, call, error.failure.code, error.status, **error.failure.values) from None
        body = next((each for each in root if _local(each) == "Body"), None)
        response = None if body is None else next(iter(body), None)
        if _local(root) != "Envelope" or response is None:
            raise Garbled(TITLE, call, "no_soap_answer")
        if _local(response) == "Fault":
            raise SoapFault(TITLE, call, "soap_fault", call=call)
        answer = next(iter(response), None)
        return None if answer is None or answer.get(_NIL) == "true" else answer


def batched(keys: Sequence[str], size: int = BATCH) -> Iterator[list[str]]:
    """These keys, so many at a time."""
    remaining = iter(keys)
    while batch := list(islice(remaining, size)):
        yield batch


def found_keys(written: Iterable[str]) -> list[str]:
    """Those that are keys: 0 and nothing stand for none."""
    return [key for key in written if key not in ("", "0")]


def keys_of(structure: Structure, part: str) -> list[str] | None:
    """The keys of an array inside a structure; None when it has no such part."""
    found = structure.get(part)
    return None if found is None else found_keys(_text(item) for item in found)


def value_of(structure: Structure, part: str) -> str:
    """The value of a part of a structure; empty when it has none."""
    found = structure.get(part)
    return "" if found is None else _text(found)


def _envelope(call: str, operation: Operation, arguments: tuple[tuple[str, Argument], ...]) -> bytes:
    """The request. A parameter is named as the WSDL names it at this place, else as its argument says."""
    envelope = ET.Element(f"{{{_ENVELOPE}}}Envelope")
    asked = ET.SubElement(ET.SubElement(envelope, f"{{{_ENVELOPE}}}Body"), f"{{{operation.namespace}}}{call}")
    names = operation.parameters if len(operation.parameters) == len(arguments) else [name for name, _ in arguments]
    for name, (_, value) in zip(names, arguments, strict=True):
        parameter = ET.SubElement(asked, _named(name, operation.namespace, operation.qualified))
        if isinstance(value, str):
            parameter.text = value
            continue
        item_name, items = value
        for item in items:
            tag = _named(item_name, operation.namespace, operation.items_qualified)
            ET.SubElement(parameter, tag).text = item
    written: bytes = ET.tostring(envelope, encoding="utf-8", xml_declaration=True)
    return written


def _named(name: str, namespace: str, qualified: bool) -> str:
    return f"{{{namespace}}}{name}" if qualified and namespace else name


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ET.Element) -> str:
    return (element.text or "").strip()
