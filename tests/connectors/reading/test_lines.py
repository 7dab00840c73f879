"""Lines are read whole up to their longest; of a longer one the beginning is, and the next one is read as ever."""

from __future__ import annotations

import io

from connectors.reading.lines import Lines
from engine.records.limits import LONGEST_LINE


def test_a_line_is_whole_up_to_its_longest_and_cut_beyond() -> None:
    fits, over = "x" * (LONGEST_LINE - 1) + "\n", "y" * LONGEST_LINE + "\n"
    lines = Lines(io.StringIO(fits + over + over * 3 + "end"), ("\n",))
    assert next(lines) == fits
    assert not lines.cut
    assert next(lines) == over[:-1]
    assert lines.cut
    assert [len(line) for line in lines] == [LONGEST_LINE] * 3 + [3]


def test_the_last_line_needs_no_end_and_bytes_are_lines_too() -> None:
    lines = Lines(io.BytesIO(b"a\n\nb"), (b"\n",))
    assert list(lines) == [b"a\n", b"\n", b"b"]
    assert not lines.cut
