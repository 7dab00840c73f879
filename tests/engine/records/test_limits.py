"""Every text of every kind has a longest length, told at the door before anything costly is done to it."""

from __future__ import annotations

import re
import sys
import time
import unicodedata
from pathlib import Path

import msgspec
import pytest

from engine.language.languages import languages
from engine.language.unread import school_text, unread_text
from engine.language.wording import wording
from engine.records.decode import Invalid, read_json, read_mapping
from engine.records.fields import fields_of
from engine.records.folding import fold_name, is_crowded, normal
from engine.records.kinds import KINDS, Record
from engine.records.limits import LONGEST, MOST_FAULTS, MOST_MARKS, MOST_VALUES
from engine.records.unread import Unread

ROOT = Path(__file__).resolve().parents[3]
DOT, ACUTE = "\u0323", "\u0301"
TEXTS = [
    (kind, field.name, field.type, field.is_set)
    for kind in KINDS
    for field in fields_of(kind).values()
    if field.type in LONGEST and not field.choices and not field.computed and field.name != "source_id"
]
MAKERS = ("json", "mapping")


def one(kind: str, maker: str, **values: object) -> Record | Invalid:
    if maker == "mapping":
        return read_mapping(kind, {"source_id": "1", **values}, "a row")
    (found,) = read_json([msgspec.json.encode({"kind": kind, "source_id": "1", **values})])
    return found


def faults(found: Record | Invalid) -> tuple[Unread | str, ...]:
    assert not isinstance(found, Invalid)
    return found.unread


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize(("kind", "name", "form", "is_set"), TEXTS)
def test_every_text_is_taken_up_to_its_length_and_told_beyond(
    kind: str, name: str, form: str, is_set: bool, maker: str
) -> None:
    longest = LONGEST[form]
    taken, refused = "x" * longest, "x" * (longest + 1)
    held = getattr(one(kind, maker, **{name: [taken] if is_set else f" {taken} "}), name)
    assert held == ((taken,) if is_set else taken) or (form == "id" and held == f" {taken} ")
    (told,) = faults(one(kind, maker, **{name: [refused] if is_set else refused}))
    assert isinstance(told, Unread)
    assert (told.code, told.field, told.values["most"]) == ("too_long", name, longest)


@pytest.mark.parametrize("maker", MAKERS)
def test_sets_and_segment_keys_have_a_most_and_their_values_a_length(maker: str) -> None:
    many = [str(number) for number in range(MOST_VALUES + 1)]
    assert not faults(one("session", maker, learner_ids=many[1:]))
    for values in ({"learner_ids": many}, {"segment_keys": {"site_code": many}}):
        (told,) = faults(one("session", maker, **values))
        assert isinstance(told, Unread)
        assert told.code == "too_many_values"
    (told,) = faults(one("session", maker, segment_keys={"site_code": "x" * (LONGEST["key"] + 1)}))
    assert isinstance(told, Unread)
    assert told.code == "too_long"


@pytest.mark.parametrize("maker", MAKERS)
def test_a_crowd_of_marks_on_one_letter_is_told_and_what_people_write_is_not(maker: str) -> None:
    crowd = "a" + DOT * (MOST_MARKS + 1)
    (told,) = faults(one("learner", maker, first_name=crowd))
    assert isinstance(told, Unread)
    assert told.code == "too_many_marks"
    for written in ("a" + DOT * MOST_MARKS, "กิ่งแก้วน้ำผึ้ง" * 9, "Đặng Thị Ngọc Ánh", "הַדָּבָר֙ אֲשֶׁ֣ר חָזָ֔ה", "ابتسام" * 20):
        assert not faults(one("learner", maker, first_name=written)), written


def test_an_id_that_is_too_long_or_crowded_is_no_id() -> None:
    for source_id in ("x" * (LONGEST["id"] + 1), "a" + ACUTE * (MOST_MARKS + 1)):
        (found,) = read_json([msgspec.json.encode({"kind": "learner", "source_id": source_id})])
        assert isinstance(found, Invalid)
        assert found.source_id == "item 1"


def test_only_that_record_is_spoiled() -> None:
    good = msgspec.json.encode({"kind": "learner", "source_id": "1", "first_name": "Mina"})
    bad = msgspec.json.encode({"kind": "learner", "source_id": "x" * 9_999})
    first, second, third = read_json([good, bad, good])
    assert isinstance(second, Invalid)
    assert first == third == one("learner", "json", first_name="Mina")


@pytest.mark.parametrize(
    "hostile",
    [
        {"first_name": "a" + (ACUTE + DOT) * 500_000},
        {"first_name": ("a" + (ACUTE + DOT) * 15) * 30_000},
        {"first_name": "\u0f73" * 500_000},
        {"email": "x" * 1_000_000},
        {"groups": [str(number) for number in range(100_000)]},
        {"groups": ["a" + (ACUTE + DOT) * 1_900] * 300},
        {f"field_{number}": 1 for number in range(50_000)},
        {"segment_keys": {f"key_{number}": 1 for number in range(50_000)}},
    ],
    ids=["marks", "letters with marks", "hidden marks", "email", "values", "marks in values", "fields", "keys"],
)
@pytest.mark.parametrize("maker", MAKERS)
def test_a_hostile_record_of_a_mebibyte_costs_no_more_than_reading_it(hostile: dict[str, object], maker: str) -> None:
    begun = time.process_time()
    one("learner", maker, **hostile)
    assert time.process_time() - begun < 1.5


def test_of_thousands_of_faults_a_few_are_told_and_all_counted() -> None:
    found = one("learner", "json", **{f"field_{number}": 1 for number in range(100)})
    assert isinstance(found, Invalid)
    assert len(found.errors) == MOST_FAULTS + 1
    assert found.errors[-1] == Unread("more", values={"number": 100 - MOST_FAULTS})


@pytest.mark.parametrize("language", languages().names)
@pytest.mark.parametrize("code", ["too_long", "too_many_values", "too_many_marks"])
def test_the_sentences_name_the_limit(code: str, language: str) -> None:
    said = Unread(code, "company", {"most": 4_000})
    written = wording(language).number(4_000)
    assert written in unread_text(said, language)
    assert written in school_text(said, language)


def test_normal_forms_of_crowds_cost_what_they_are_long_and_keep_what_can_be_read() -> None:
    begun = time.process_time()
    said = normal("NFC", "e" + ACUTE + "a" + (ACUTE + DOT) * 100_000 + "z")
    fold_name("a" + ("\uff9e" + DOT) * 50_000)
    assert time.process_time() - begun < 1.5
    assert said.startswith("éạ")
    assert said.endswith("z")
    assert len(said) < MOST_MARKS + 5


def test_nothing_that_becomes_marks_escapes_being_counted() -> None:
    """Of every character: a long run of it never leaves a long run of marks once it is taken apart."""
    for number in range(sys.maxunicode + 1):
        letter = chr(number)
        if unicodedata.decomposition(letter) or unicodedata.combining(letter):
            apart = unicodedata.normalize("NFKD", letter)
            if all(map(unicodedata.combining, apart)):
                assert is_crowded(letter * (MOST_MARKS + 1)), f"U+{number:04X}"


def test_one_module_puts_texts_into_normal_forms() -> None:
    """Any other would take the square of the marks that a stranger puts on one letter."""
    found = [
        str(path.relative_to(ROOT))
        for folder in ("engine", "connectors", "store", "runs", "api")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if re.search(r"unicodedata\.normalize\(", path.read_text("utf-8"))
    ]
    assert found == ["engine/language/filters.py", "engine/records/folding.py"]
