"""Lines of a file, none longer than is read: one without an end must not fill the memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, AnyStr, Generic

from engine.records.limits import LONGEST_LINE


class Lines(Generic[AnyStr]):
    """Every line with its end; of one that is too long its beginning, and `cut` is set until somebody takes it back."""

    def __init__(self, stream: IO[AnyStr], ends: tuple[AnyStr, ...]) -> None:
        self._stream: IO[AnyStr] = stream
        self._ends: tuple[AnyStr, ...] = ends
        self.cut = False

    def __iter__(self) -> Iterator[AnyStr]:
        return self

    def __next__(self) -> AnyStr:
        line: AnyStr = self._stream.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        if len(line) == LONGEST_LINE and not line.endswith(self._ends):
            self.cut = True
            while (rest := self._stream.readline(LONGEST_LINE)) and not rest.endswith(self._ends):
                pass
        return line
