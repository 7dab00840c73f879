"""Limits: how much one request may bring."""

from __future__ import annotations

from msgspec import Struct

MEBIBYTE = 1024 * 1024


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
    line_bytes: int = MEBIBYTE
    """One record of an NDJSON body."""
    list_bytes: int = MEBIBYTE
    """A list of ids, such as that of sheets that were entered in the source."""
    small_bytes: int = 16 * 1024
    """Body of everything else: searches and forms."""
