"""One thing that was corrected, so that an issue could close."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Correction(Struct, frozen=True, omit_defaults=True):
    """One thing that a rule reads and that is no longer as it was."""

    kind: str
    source_id: str
    field: str = ""
    """Empty where the record itself came or went: before and after are `received`, `not_received`, `unreadable`."""
    before: Any = None
    after: Any = None
