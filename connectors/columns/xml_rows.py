"""Rows of XML, streamed: an element for each row, and in it an element for each cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from xml.parsers import expat

from msgspec import Meta, Struct

from connectors.reading.archive import Named
from engine.records.limits import LONGEST_CELL
from engine.records.unread import Value

_CHUNK = 64 * 1024

Cells = dict[str, str | list[str]]
"""Column to text; to a list where the column stands several times in the row."""


class XmlRows(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How rows stand in XML."""

    row: Annotated[str, Meta(description="Name of the element that is a row.", min_length=1)] = "ligne"
    name: Annotated[
        str, Meta(description="Attribute that names a cell's column; without it the element's name does.")
    ] = "nom"


class NotXmlError(Exception):
    """Where the text cannot be read on: a code, and its values with the `line`."""

    def __init__(self, code: str, **values: Value) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


class _Reader:
    """Gathers rows while the parser goes through the text."""

    def __init__(self, shape: XmlRows) -> None:
        self._shape = shape
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self.rows: list[tuple[int, Cells]] = []
        self._row: Cells | None = None
        self._column: str | None = None
        self._parts: list[str] = []
        self._depth = 0
        self._line = 0
        self._length = 0

    def feed(self, chunk: bytes, final: bool) -> None:
        """Read on. Raises NotXmlError."""
        try:
            self._parser.Parse(chunk, final)
        except expat.ExpatError as error:
            raise NotXmlError(
                "no_rows_in_what_is_no_xml", found=expat.ErrorString(error.code), line=error.lineno
            ) from None
        except (LookupError, ValueError):  # an encoding that Python does not know, or not by the byte
            found = expat.errors.XML_ERROR_UNKNOWN_ENCODING
            raise NotXmlError("no_rows_in_what_is_no_xml", found=found, line=1) from None

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        if self._row is None:
            if _bare(element) == self._shape.row:
                self._row, self._line, self._depth = {}, self._parser.CurrentLineNumber, 0
            return
        self._depth += 1
        if self._depth == 1:
            self._column = attributes.get(self._shape.name) or _bare(element)
            self._parts, self._length = [], 0

    def _end(self, _element: str) -> None:
        if self._row is None:
            return
        if self._depth == 0:
            self.rows.append((self._line, self._row))
            self._row = None
            return
        self._depth -= 1
        if self._depth == 0 and self._column is not None:
            text = "".join(self._parts).strip()
            before = self._row.get(self._column)
            if before is None:
                self._row[self._column] = text
            elif isinstance(before, list):
                before.append(text)
            else:
                self._row[self._column] = [before, text]
            self._column = None

    def _text(self, text: str) -> None:
        if self._column is not None:
            self._parts.append(text)
            self._length += len(text)
            if self._length > LONGEST_CELL:
                line = self._parser.CurrentLineNumber
                raise NotXmlError("no_rows_for_a_long_cell", most=LONGEST_CELL, line=line)

    def _doctype(self, *_: object) -> None:
        # Its entities could make the text endless.
        raise NotXmlError("no_rows_for_a_document_type", line=self._parser.CurrentLineNumber)


def xml_rows(file: Named, shape: XmlRows) -> Iterator[tuple[int, Cells]]:
    """Line and cells of every row. Raises NotXmlError, after the rows before that place."""
    reader = _Reader(shape)
    with file.opens() as stream:
        final = False
        while not final:
            chunk = stream.read(_CHUNK)
            final = not chunk
            broken: NotXmlError | None = None
            try:
                reader.feed(chunk, final)
            except NotXmlError as error:
                broken = error
            # The rows before the place where it breaks off are whole.
            rows, reader.rows = reader.rows, []
            yield from rows
            if broken is not None:
                raise broken


def _bare(element: str) -> str:
    return element.rpartition(":")[2]
