"""Column maps: which column of a row is which field, and how the system writes days, lists and words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Meta, Struct

from connectors.contract import ConnectorContext, Fetch
from connectors.reading.admit import ColumnsOf, Raw
from connectors.reading.days import Days
from connectors.reading.ids import fit, hashed
from connectors.reading.times import DayOrder
from engine.language.unread import unread_text
from engine.model.moments import zone
from engine.records.decode import absent
from engine.records.fields import Field, fields_of
from engine.records.kinds import SegmentKey
from engine.records.values import unknown

Kind = Literal["learner", "instructor", "person", "session", "class", "enrolment", "contract"]
Columns = str | tuple[str, ...]
"""A column, several columns, or `=text` for a text that is the same in every row."""
FieldColumns = dict[str, Columns]
Kinds = Annotated[
    dict[Kind, FieldColumns],
    Meta(
        description="Kind to field to column; `segment_keys.site_code` for a segment key, `=text` for a fixed text. "
        "Several columns: of an id, a natural key, which is hashed; of a set, its values; else joined by a space.",
        min_length=1,
    ),
]

Cell = Callable[[str], Any]
"""Asked for a column: text, a number, a boolean, None, or a list of these."""

_KEYS = "segment_keys."
_FIXED = "="
_OTHERS = "*"
_NATURAL = frozenset({"source_id", "source_ref", "learner_id", "class_id", "person_id"})
"""Ids that stand for a record in relations; `mis_id` is for people to read, and stays as it is."""


class ValueForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a system writes values."""

    days: Annotated[
        DayOrder | None,
        Meta(description="Order of year, month and day. YYYY-MM-DD when left out, unless all of a file show another."),
    ] = None
    zone: Annotated[
        str | None, Meta(description="IANA name of the zone of times without an offset; the customer's when left out.")
    ] = None
    lists: Annotated[str, Meta(description="What stands between the values of a cell that holds several.")] = "|"
    words: Annotated[
        dict[str, dict[str, str]],
        Meta(
            description="Field such as `session.status` to the system's word to ours; `*` for all other words. "
            "Without regard to case."
        ),
    ] = {}

    def __post_init__(self) -> None:
        if self.zone is not None:
            try:
                zone(self.zone)
            except (KeyError, ValueError, OSError):
                raise ValueError("`zone` is no IANA name such as Europe/Paris") from None
        if not self.lists:
            raise ValueError("`lists` is empty")
        for name in self.words:
            kind, _, field = name.partition(".")
            check_field(kind, field)


def check_field(kind: str, name: str) -> None:
    """ValueError when the kind has no such field that a column may fill."""
    try:
        fields = fields_of(kind)
    except KeyError:
        raise ValueError(f"{unread_text(unknown(kind, Kind.__args__, 'kind'), 'en')}") from None  # type: ignore[attr-defined]
    known = [each.name for each in fields.values() if not each.computed and each.type != "keys"]
    if "segment_keys" in fields:
        known += [f"{_KEYS}{key}" for key in SegmentKey.__args__]  # type: ignore[attr-defined]
    if name not in known:
        raise ValueError(f"{kind}: {unread_text(unknown(name, known, 'field'), 'en')}")


def check_kinds(kinds: Mapping[Any, Mapping[str, Columns]]) -> None:
    """ValueError when a map names a field that is not there, leaves out the id, or an empty column."""
    for kind, columns in kinds.items():
        for name, column in columns.items():
            check_field(kind, name)
            several = () if isinstance(column, str) else column
            if not column or "" in several or column == _FIXED or any(each.startswith(_FIXED) for each in several):
                raise ValueError(f"{kind}: the column of `{name}` has no name")
        if "source_id" not in columns:
            raise ValueError(f"{kind}: no column for `source_id`; a list of columns is a natural key")


def check_together(maps: Mapping[str, Mapping[Any, Mapping[str, Columns]]]) -> None:
    """ValueError when two tables fill one kind differently: two records of one id must not differ but in sets."""
    first: dict[str, tuple[str, frozenset[str]]] = {}
    for table, kinds in maps.items():
        for kind, columns in kinds.items():
            fields = fields_of(kind)
            single = frozenset(name for name in columns if name in fields and not fields[name].is_set)
            other, there = first.setdefault(kind, (table, single))
            if there != single:
                differing = ", ".join(sorted(there ^ single))
                raise ValueError(
                    f"{other} and {table} both tell of the {kind}, but only one has {differing}; fill the same fields "
                    "in both, or leave the kind out of one"
                )


def fields_given(maps: Iterator[Mapping[Any, Mapping[str, Any]]]) -> dict[str, frozenset[str]]:
    """Kind to fields that these maps fill, as a spec's `provides`."""
    found: dict[str, frozenset[str]] = {}
    for kinds in maps:
        for kind, columns in kinds.items():
            names = frozenset(name.partition(".")[0] for name in columns)
            found[kind] = found.get(kind, frozenset()) | names | {"source_id"}
    return found


class _Filled(NamedTuple):
    """One field and how it is read from a row."""

    name: str
    read: Callable[[Cell], Any]
    telling: bool
    """Whether it tells that there is such a record in the row, as a fixed text or a segment key does not."""


class RowMap:
    """What a row becomes, by its table's map."""

    def __init__(
        self,
        kinds: Mapping[Any, Mapping[str, Columns]],
        written: ValueForm,
        around: ConnectorContext,
        expected: DayOrder = "YYYY-MM-DD",
    ) -> None:
        self._written = written
        self.days = Days(written.days or expected, "", list, Fetch(), said=True)
        """How days are read; who reads a file puts in how that is written."""
        self._zone = written.zone or around.zone
        self._key = around.id_key
        self._kinds = {
            kind: [
                _Filled(name, self._reader(kind, name, columns), _tells(name, columns)) for name, columns in of.items()
            ]
            for kind, of in kinds.items()
        }
        self.columns = tuple(
            dict.fromkeys(
                column
                for of in kinds.values()
                for columns in of.values()
                for column in ((columns,) if isinstance(columns, str) else columns)
                if not column.startswith(_FIXED)
            )
        )
        """Every column that is read."""
        self.columns_of: ColumnsOf = {
            kind: {name: columns if isinstance(columns, str) else columns[0] for name, columns in of.items()}
            for kind, of in kinds.items()
        }
        self._dated = {
            columns
            for kind, of in self.columns_of.items()
            for name, columns in of.items()
            if name in fields_of(kind) and fields_of(kind)[name].type in ("date", "instant")
        }
        self._expected = expected

    def reading(self, file: str, cells: Callable[[], Iterable[Cell]], fetch: Fetch, option: str) -> None:
        """Read the days of a file, whose rows these are, as all of them show."""

        def written() -> Iterator[tuple[str, str]]:
            for cell in cells():
                for column in self._dated:
                    if isinstance(text := cell(column), str):
                        yield column, text

        said = self._written.days
        self.days = Days(said or self._expected, file, written, fetch, option=option, said=said is not None)

    def raws(self, cell: Cell, place: str) -> Iterator[Raw]:
        """One Raw for each kind of which the row says anything at all."""
        for kind, fields in self._kinds.items():
            values: dict[str, Any] = {}
            told = False
            for name, read, telling in fields:
                value = read(cell)
                if value is None or value in ("", ()):
                    continue
                values[name] = value
                told = told or telling
            if told:
                yield Raw(kind, values, place)

    def _reader(self, kind: str, name: str, columns: Columns) -> Callable[[Cell], Any]:
        names = (columns,) if isinstance(columns, str) else columns
        if names[0].startswith(_FIXED):
            fixed = names[0].removeprefix(_FIXED)
            return lambda _: fixed
        field = fields_of(kind).get(name)
        words = {_folded(theirs): ours for theirs, ours in self._written.words.get(f"{kind}.{name}", {}).items()}
        word = (lambda value: words.get(_folded(value), words.get(_OTHERS, value))) if words else (lambda value: value)
        if field is None or field.is_set:
            whole = self._id if field is not None and field.type == "id" else (lambda value: value)
            return lambda cell: tuple(word(whole(each)) for column in names for each in self._several(cell(column)))
        if field.type == "id" and name in _NATURAL:
            if not isinstance(columns, str):
                return lambda cell: self._natural([_text(cell(column)) for column in names])
            return lambda cell: self._id(_text(cell(names[0])))
        typed = self._typed(field)
        if len(names) == 1:
            return lambda cell: typed(word(_text(cell(names[0]))))
        return lambda cell: typed(word(" ".join(_texts([cell(column) for column in names]))))

    def _typed(self, field: Field) -> Callable[[Any], Any]:
        where = self._zone
        if field.type == "instant":
            return lambda value: self.days.time(value, where) if isinstance(value, str) else value
        if field.type == "date":
            return lambda value: self.days.day(value) if isinstance(value, str) else value
        if field.type == "text":
            return lambda value: ", ".join(_texts(value)) if isinstance(value, list) else value
        return lambda value: value

    def _several(self, value: Any) -> Iterator[Any]:
        if isinstance(value, list):
            for each in value:
                yield from self._several(each)
        elif isinstance(value, str):
            yield from (part.strip() for part in value.split(self._written.lists) if not absent(part))
        elif value is not None:
            yield _text(value)

    def _id(self, value: Any) -> Any:
        return fit(self._key, value) if isinstance(value, str) else value

    def _natural(self, parts: list[Any]) -> str:
        texts = [str(part) for part in parts]
        return hashed(self._key, *texts) if any(texts) else ""


def _tells(name: str, columns: Columns) -> bool:
    first = columns if isinstance(columns, str) else columns[0]
    return not (name.startswith(_KEYS) or first.startswith(_FIXED))


def _folded(value: Any) -> str:
    return str(value).strip().casefold()


def _texts(values: list[Any]) -> list[str]:
    return [text for each in values if (text := str(_text(each)))]


def _text(value: Any) -> Any:
    """A number as the text it is written as, nothing as the empty text; booleans and what is no single value stay.

    A list of one value is that value, an empty one nothing: JSON paths through lists give lists.
    """
    if isinstance(value, list) and len(value) < 2:
        value = value[0] if value else None
    if value is None or (isinstance(value, str) and absent(value)):
        return ""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
