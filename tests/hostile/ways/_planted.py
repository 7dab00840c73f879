"""A way in that breaks in every manner there is, where its input says so: what finds others is tried on it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.hostile.mutators import Pieces
from tests.hostile.way import Broken, Sample


class WayIn:
    """Breaks where a word stands in what it is given."""

    def __init__(self, _folder: Path, /) -> None:
        self._kept: list[bytes] = []

    def samples(self) -> list[Sample]:
        """Two pieces, of which the first breaks it once its letters are spoiled."""
        return [Sample("well", {"a.txt": b"a well-behaved line\n" * 50, "b.txt": b"another"})]

    def attempt(self, _about: str, pieces: Pieces, /) -> None:
        """What the words say."""
        text = b"".join(pieces.values())
        if b"crash" in text or b"\xe9" in text:
            raise Broken("as planted")
        if b"hang" in text:
            time.sleep(600)
        if b"die" in text:
            os._exit(7)
        if b"grow" in text:
            self._kept.append(b"x" * 300 * 1024 * 1024)
