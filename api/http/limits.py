"""Limits: how much one request may bring."""

from __future__ import annotations

from msgspec import Struct

from engine.records.limits import KIBIBYTE, LONGEST_LINE, MEBIBYTE

LARGEST_HEAD = 64 * KIBIBYTE
"""Bytes of a request's line and headers. What comes in one piece with its end is read, up to 256 KiB."""
INLINE_BYTES = 128 * KIBIBYTE
"""Bytes of a body that is read and decided between other requests, without a thread: handing it over costs more than it
frees. What is longer keeps nobody else waiting."""
INLINE_RECORDS = 200
"""Records of such a body."""


class Limits(Struct, frozen=True):
    """How much one request may bring; beyond it the answer is 413."""

    batch_records: int = 5_000
    """Records in one `classify`. More belong into several calls, or into a run."""
    batch_bytes: int = 16 * MEBIBYTE
    """Body of one `classify`."""
    run_records: int = 2_000_000
    """Records in one pushed run."""
    run_bytes: int = 1024 * MEBIBYTE
    """Body of one pushed run; beyond a few MiB it waits on disk, not in memory."""
    line_bytes: int = LONGEST_LINE
    """One record of an NDJSON body."""
    list_bytes: int = MEBIBYTE
    """A list of ids, such as that of sheets that were entered in the source."""
    small_bytes: int = 64 * KIBIBYTE
    """Body of everything else: searches, and forms, in which a letter may take twelve bytes."""
