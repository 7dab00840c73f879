"""YAML as this project reads it: places, few types, and nothing that surprises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.records.limits import LARGEST_RULE_FILE
from engine.rulefiles.yaml_tree import Mapping, Scalar, Sequence, read_nodes


def values(text: str) -> dict[str, object]:
    file = read_nodes(text.encode(), "f.yaml")
    assert file.problems == ()
    assert isinstance(file.root, Mapping)
    return {entry.name: entry.value.value for entry in file.root.entries if isinstance(entry.value, Scalar)}


def codes(text: str | bytes) -> list[tuple[int, int, str]]:
    file = read_nodes(text if isinstance(text, bytes) else text.encode(), "f.yaml")
    return [(problem.place.line, problem.place.column, problem.code) for problem in file.problems]


@pytest.mark.parametrize(
    "written", ["no", "on", "off", "yes", "True", "6E1", "1e5", "08:30", "12:00", "0012", "1_000", "0x1f", "+33", ".5"]
)
def test_what_yaml_would_make_a_number_or_a_truth_is_text(written: str) -> None:
    assert values(f"k: {written}") == {"k": written}


@pytest.mark.parametrize("written", ["2026-12-20", "2026-12-20T09:00:00+01:00", "9" * 40])
def test_dates_and_numbers_no_machine_holds_are_text(written: str) -> None:
    assert values(f"k: {written}") == {"k": written}


def test_plain_truths_nothing_integers_and_decimals_are_typed() -> None:
    text = "{a: true, b: false, c: null, d: ~, e: , f: 12, g: -3, h: 1.50, i: 0}"
    typed = {"a": True, "b": False, "c": None, "d": None, "e": None, "f": 12, "g": -3, "h": 1.5, "i": 0}
    assert values(text) == typed


def test_quotes_make_text_of_anything() -> None:
    assert values("{a: 'true', b: \"12\", c: ''}") == {"a": "true", "b": "12", "c": ""}


def test_places_are_lines_and_columns_in_characters() -> None:
    root = read_nodes('é: "ü"\nk: [çà, 12]\n'.encode(), "f.yaml").root
    assert isinstance(root, Mapping)
    first, second = root.entries
    assert (first.value.place.line, first.value.place.column, first.value.place.length) == (1, 4, 3)
    assert isinstance(second.value, Sequence)
    places = [(item.place.line, item.place.column, item.place.length) for item in second.value.items]
    assert places == [(2, 5, 2), (2, 9, 2)]


def test_a_byte_order_mark_moves_no_column() -> None:
    root = read_nodes(b"\xef\xbb\xbfkey: value", "f.yaml").root
    assert isinstance(root, Mapping)
    assert root.entries[0].key.place.column == 1


def test_an_empty_file_says_nothing() -> None:
    for text in (b"", b"# only a remark\n", b"---\n", b"~\n"):
        file = read_nodes(text, "f.yaml")
        assert file.problems == ()
        assert isinstance(file.root, Mapping)
        assert file.root.entries == ()


def test_everything_that_is_refused_is_told_at_once() -> None:
    text = "a: &x 1\nb: *x\na: 2\n<<: {c: 1}\n!!str d: 3\n? [e]\n: 4\n'': 5\n---\nf: 6\n"
    assert codes(text) == [
        (1, 4, "no-anchor"),
        (2, 4, "no-alias"),
        (3, 1, "duplicate-key"),
        (4, 1, "no-merge"),
        (5, 1, "no-tag"),
        (6, 3, "bad-key"),
        (8, 1, "bad-key"),
        (9, 1, "several-documents"),
    ]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a:\n\tb: 1", (2, 1), "a tab"),
        ('a: "x\nb: 1', (1, 4), "a quote is opened here and never closed"),
        ("a\nb: 1", (2, 2), "a colon where none can stand"),
        ("a: b: c", (1, 5), "a colon where none can stand"),
        ("a: [1, 2\nb: 3", (2, 2), "the `[` opened in line 1 is not closed"),
        ("a: {b: 1", (1, 9), "the `{` opened in line 1 is not closed"),
        ("a: @x", (1, 4), "a text cannot start with `@`"),
        ("a: 1\nabc\nb: 2", (2, 1), "the colon after this key is missing"),
        ("- a\nb: c", (2, 1), "a list is followed by something that is not a list item"),
        ("a: - b", (1, 4), "a list item cannot stand here"),
        ('a: "\\q"', (1, 5), "a backslash that means nothing"),
        ("{a: b}}", (1, 7), "this `}` closes nothing"),
        ("a: [b]]\nc: d", (1, 7), "this `]` closes nothing"),
        ("rules:\n\xa0\xa0a: {b: c}\n  d: {e: f}", (2, 1), "the line starts with a non-breaking space"),
        ("name:Norvane\nlanguage: fr", (1, 5), "the space after this colon is missing"),
        ("fr: {fix: Attention: rien}", (1, 20), "a colon where none can stand"),
        ("a: {b: ${MUSTER_X}}", (1, 9), "braces stand inside braces"),
    ],
)
def test_broken_yaml_is_told_in_plain_words(text: str, place: tuple[int, int], words: str) -> None:
    (problem,) = read_nodes(text.encode(), "f.yaml").problems
    assert problem.code == "bad-yaml"
    assert (problem.place.line, problem.place.column) == place
    assert problem.message.startswith(words)
    assert problem.hint


def test_a_file_is_text_of_a_bounded_size_and_depth() -> None:
    assert codes(b"a: b\nc: \xe9\n") == [(2, 4, "not-utf8")]
    assert codes(b"a: b\nc: \x00\n") == [(2, 4, "not-text")]
    assert codes(b"#" * (LARGEST_RULE_FILE + 1)) == [(1, 1, "too-large")]
    assert codes("[" * 100_000) == [(1, 1001, "too-deep")]
    assert codes("[" * 30) == [(1, 25, "too-deep")]
    assert codes("a: &x [b, b]\nc: &y [*x, *x]\nd: [*y, *y]\n")[-1] == (3, 9, "no-alias")


@given(st.binary(max_size=300) | st.text("ab:-[]{}'\"&*!|>#%@\t\n ?,~0.é", max_size=80).map(str.encode))
def test_no_bytes_make_reading_fail(content: bytes) -> None:
    file = read_nodes(content, "f.yaml")
    lines = len(content.splitlines()) + 1
    assert all(1 <= problem.place.line <= lines for problem in file.problems)
    assert all(problem.message and problem.hint for problem in file.problems)
