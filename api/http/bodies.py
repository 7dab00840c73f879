"""Bodies: what is sent is read as bytes, within limits, and taken apart so that one bad record spoils only itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, TypeVar
from urllib.parse import parse_qsl

import msgspec
from fastapi import Request
from msgspec import Meta, Raw, Struct

from api.http.parameters import MOMENT, of_our_time
from api.http.problem_details import FieldFault, ProblemError
from engine.records.limits import LONGEST_ID, LONGEST_REASON, LONGEST_SEARCH, MEBIBYTE
from runs.issues.by_hand import SettledState, Settlement
from runs.model.outcomes import Outcome, Unreadable, read_outcome

JSON = "application/json"
NDJSON = "application/x-ndjson"
NDJSON_NAMES = (NDJSON, "application/ndjson", "application/jsonl", "application/x-jsonlines")
FORM = "application/x-www-form-urlencoded"

Instant = Annotated[
    datetime,
    Meta(
        tz=True,
        description="A moment from 1970 to 2199 with its UTC offset.",
        extra_json_schema={"pattern": MOMENT},
    ),
]


class Batch(Struct, forbid_unknown_fields=True):
    """What `classify` takes: records, each read on its own afterwards."""

    records: list[Raw]
    language: str | None = None
    as_of: Instant | None = None
    """The moment to decide for; now when left out."""

    def __post_init__(self) -> None:
        of_our_time(self.as_of)


class SearchBody(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a search of the feed takes. Names stand here and not in the address, which is logged on its way."""

    search: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_SEARCH,
            pattern="^[^\\x00]+$",
            description="Part of a name or an id; capitals and accents do not matter.",
        ),
    ]


class SettleBody(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is to become of an issue."""

    state: Annotated[
        SettledState,
        Meta(
            description="`snoozed` until a day or until it grows; `waived`, accepted as it is, with a reason and a "
            "last day; `resolved`, said by hand: the next run opens it again if it is not so; `open` takes any of them "
            "back."
        ),
    ]
    until: Annotated[
        date | None,
        Meta(description="Local day of the customer: when a snoozed issue shows again; a waiver's last day."),
    ] = None
    until_it_grows: Annotated[bool, Meta(description="A snoozed issue also shows again once more waits for it.")] = (
        False
    )
    reason: Annotated[
        Annotated[str, Meta(max_length=LONGEST_REASON, pattern="^[^\\x00]*$")] | None,
        Meta(description="Why, in words for the next reader. A waiver needs it."),
    ] = None

    @property
    def wanted(self) -> Settlement:
        """The same, for the service."""
        return Settlement(self.state, self.until, self.until_it_grows, self.reason)


class UploadedSheet(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One sheet that was entered in the source."""

    sheet_id: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_ID,
            pattern="^[^\\x00]+$",
            description="The platform's id of it, from the list.",
        ),
    ]
    uploaded_at: Annotated[Instant | None, Meta(description="When; now when left out.")] = None

    def __post_init__(self) -> None:
        of_our_time(self.uploaded_at)


class UploadedBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Sheets that were entered in the source."""

    sheets: Annotated[list[UploadedSheet], Meta(min_length=1, max_length=1000)]


class OutcomesBody(Struct, forbid_unknown_fields=True):
    """What became of records: each is read on its own afterwards."""

    outcomes: list[Raw]


Shape = TypeVar("Shape")

_batch_decoder = msgspec.json.Decoder(Batch)
search_decoder = msgspec.json.Decoder(SearchBody)
settle_decoder = msgspec.json.Decoder(SettleBody)
uploaded_decoder = msgspec.json.Decoder(UploadedBody)
_outcomes_decoder = msgspec.json.Decoder(OutcomesBody)


def content_type(request: Request, *wanted: str, default: str) -> str:
    """Which of the forms wanted the body is in; `default` when the request does not say; a 415 problem else."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemError("unsupported-content", "The body is compressed; send it as it is, without Content-Encoding.")
    written = request.headers.get("content-type")
    if written is None:
        return default
    kind, _, rest = written.partition(";")
    kind = kind.strip().lower()
    kind = NDJSON if kind in NDJSON_NAMES else kind
    charset = dict(parse_qsl(rest.strip(), separator=";")).get("charset", "utf-8").strip('"').lower()
    if kind not in wanted or charset not in ("utf-8", "utf8"):
        raise ProblemError(
            "unsupported-content",
            f"Send the body as {' or '.join(wanted)}, in UTF-8.",
            headers={"Accept-Post": ", ".join(wanted)},
        )
    return kind


def _too_large(most: int) -> ProblemError:
    size = f"{most // MEBIBYTE} MiB" if most >= MEBIBYTE else f"{most} bytes"
    return ProblemError(
        "body-too-large",
        f"This call takes bodies of at most {size}. Send less at a time.",
        headers={"Connection": "close"},
    )


_SILENCE = 20.0
"""Longest wait for the next piece of a body, in seconds."""
_PATIENCE = 30.0
_SLOWEST = 16 * 1024.0
"""A body may take its patience in seconds, and one more for each of so many bytes."""


async def _chunks(request: Request, most: int) -> AsyncIterator[bytes]:
    """The body as it comes, until it is longer than `most` bytes; a length announced as longer is not waited for."""
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > most:
        raise _too_large(most)
    length, stream, begun = 0, aiter(request.stream()), time.monotonic()
    while True:
        left = begun + _PATIENCE + length / _SLOWEST - time.monotonic()
        try:
            async with asyncio.timeout(min(_SILENCE, left)):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise ProblemError(
                "too-slow", "The body did not come on. Send it again, at once.", headers={"Connection": "close"}
            ) from None
        if chunk is None:
            return
        length += len(chunk)
        if length > most:
            raise _too_large(most)
        yield chunk


async def read_body(request: Request, most: int) -> bytes:
    """The whole body; a 413 problem when it is longer than `most` bytes. A long one waits on disk for its end."""
    if not most > MEBIBYTE:
        return b"".join([chunk async for chunk in _chunks(request, most)])
    with await spool(request, most, in_memory=MEBIBYTE) as file:
        return file.read()


async def spool(request: Request, most: int, in_memory: int = 8 * MEBIBYTE) -> IO[bytes]:
    """The whole body as a file at its start, in memory while small; a 413 problem when longer than `most` bytes.

    A slow sender is waited for here, before a run takes its turn.
    """
    file = SpooledTemporaryFile(max_size=in_memory)  # noqa: SIM115 - the route closes it
    try:
        async for chunk in _chunks(request, most):
            file.write(chunk)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def lines(file: IO[bytes], longest: int) -> Iterator[bytes]:
    """The lines of an NDJSON body that are not blank; a line longer than `longest` bytes is a 413 problem."""
    while line := file.readline(longest + 1):
        if len(line) > longest:
            raise ProblemError("body-too-large", f"One line is one record, of at most {longest} bytes.")
        if not line.isspace():
            yield line


_WITHOUT_VALUES = {
    "Invalid enum value": "This is none of the values that are taken here",
    "Object contains unknown field": "There is a field that this call does not take",
}
"""Where msgspec repeats what was sent: what is said instead."""


def _taken(wanted: object) -> str:
    """The fields that a call takes, where what is wrong is the body's outermost object."""
    fields = msgspec.structs.fields(wanted) if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct) else ()
    return f"; wanted: an object with {', '.join(f'`{each.encode_name}`' for each in fields)}" if fields else ""


def _unreadable(error: Exception, wanted: object) -> ProblemError:
    """What msgspec says of a body: it names fields and types, never values."""
    said = str(error)
    if isinstance(error, msgspec.ValidationError):
        what, _, path = said.partition(" - at `$")
        for beginning, instead in _WITHOUT_VALUES.items():
            if what.startswith(beginning):
                what = instead
        pointer = "#" + path.rstrip("`").replace("[", "/").replace("]", "").replace(".", "/")
        if pointer == "#":
            what += _taken(wanted)
        return ProblemError(
            "invalid-request",
            "The body is JSON, but not of the shape this call takes. See `errors`.",
            errors=[FieldFault(detail=what, pointer=pointer)],
        )
    return ProblemError("malformed-body", f"The body is not JSON in UTF-8: {said.removeprefix('JSON is malformed: ')}.")


def read_batch(raw: bytes, content: str, most: int) -> Batch:
    """A classify body taken apart; problems for what is no JSON, has another shape, or holds over `most` records."""
    batch = Batch(_each(raw)) if content == NDJSON else read_struct(raw, _batch_decoder)
    if len(batch.records) > most:
        raise ProblemError(
            "too-many-records",
            f"The batch holds {len(batch.records)} records; at most {most} are decided in one call. Send it in parts, "
            "or push it as a run.",
        )
    return batch


def read_outcomes(raw: bytes, content: str, most: int) -> list[Outcome | Unreadable]:
    """What is told of records, each read on its own; problems as of a batch."""
    told = _each(raw) if content == NDJSON else read_struct(raw, _outcomes_decoder).outcomes
    if len(told) > most:
        raise ProblemError(
            "too-many-records",
            f"These are {len(told)} outcomes; at most {most} are taken in one call. Send them in parts.",
        )
    return [read_outcome(bytes(one)) for one in told]


def _each(raw: bytes) -> list[Raw]:
    """The lines of an NDJSON body that are not blank."""
    return [Raw(line) for line in BytesIO(raw) if not line.isspace()]


def read_struct(raw: bytes, decoder: msgspec.json.Decoder[Shape]) -> Shape:
    """The body as what the decoder is for; problems for what is no JSON or has another shape."""
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(error, decoder.type) from None


def read_form(raw: bytes) -> dict[str, str]:
    """A form as the browser sends it; the last value of a name counts."""
    try:
        return dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=50))
    except ValueError:
        raise ProblemError("malformed-body", "The form cannot be read.") from None
