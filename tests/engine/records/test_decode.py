"""The door: what a source writes for nothing is absent, and what is wrong is told field by field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.language.languages import languages
from engine.language.unread import unread_text, unread_words
from engine.records import decode as door
from engine.records.decode import Invalid, absent, faults_of, read_json, read_mapping
from engine.records.fields import fields_of
from engine.records.kinds import KINDS, AnyRecord, Learner, Mark, Record, Session, Sheet, field_names, kind_of
from engine.records.unread import Unread, unread

calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
BLANKS = (None, "", " ", "\t\n", "\u00a0", "N/A", "n/a", " N/a ", "null", "NULL")


def one(values: Any) -> Record | Invalid:
    (found,) = read_json([values if isinstance(values, bytes) else json.dumps(values).encode()])
    return found


def errors(values: Any) -> tuple[str, ...]:
    return in_english(one(values))


def in_english(found: Record | Invalid) -> tuple[str, ...]:
    return tuple(unread_text(each, "en") for each in faults_of(found))


def learner(**values: Any) -> dict[str, Any]:
    return {"kind": "learner", "source_id": "1", **values}


@pytest.mark.parametrize("value", BLANKS)
def test_what_a_source_writes_for_nothing_is_absent(value: Any) -> None:
    assert absent(value)
    assert one(learner(email=value, section=value)) == Learner(source_id="1")


@pytest.mark.parametrize("value", ["0", "no", "-", "N/A please", "nullify", 0, False, [], {}])
def test_what_says_something_is_not_absent(value: Any) -> None:
    assert not absent(value)


@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_people_are_called_null(field: str) -> None:
    assert one(learner(**{field: "Null"})) == Learner(source_id="1", **{field: "Null"})
    assert one(learner(**{field: "N/A"})) == Learner(source_id="1")


def test_the_text_null_is_an_id_like_any_other() -> None:
    assert one({"kind": "learner", "source_id": "null"}) == Learner(source_id="null")


def test_texts_are_trimmed_and_composed_and_ids_stay_as_written() -> None:
    found = one(learner(source_id=" 7 ", email=" Zoe@Example.org ", first_name="Zoe\u0301", groups=[" g"]))
    assert found == Learner(source_id=" 7 ", email="Zoe@Example.org", first_name="Zo\u00e9", groups=(" g",))


def test_whole_numbers_are_ids_and_one_value_is_a_set_of_one() -> None:
    found = one(learner(source_id=12, groups=7, segment_keys={"site_code": 3, "place": ["N", "N", ""], "sector": None}))
    assert found == Learner(source_id="12", groups=("7",), segment_keys={"site_code": ("3",), "place": ("N",)})


def test_a_set_holds_nothing_twice_and_nothing_blank() -> None:
    assert one(learner(groups=["b", "a", "b", "", None, "N/A"])) == Learner(source_id="1", groups=("b", "a"))


def test_a_blank_is_absent_whatever_the_type_of_the_field() -> None:
    for kind in KINDS:
        for field in fields_of(kind).values():
            if field.name != "source_id" and not field.computed:
                for blank in ("", " ", None, "n/a"):
                    for found in (
                        one({"kind": kind, "source_id": "1", field.name: blank}),
                        read_mapping(kind, {"source_id": "1", field.name: blank}, "here"),
                    ):
                        assert found == KINDS[kind](source_id="1"), (kind, field.name, blank)


def test_times_are_kept_in_utc() -> None:
    found = one({"kind": "session", "source_id": "1", "starts_at": "2026-11-24T09:00:00+01:00"})
    assert isinstance(found, Session)
    assert found.starts_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert found.starts_at.tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    said = "starts_at: a time without a zone; wanted e.g. 2026-11-24T09:00:00+01:00"
    for written in ("2026-11-24T09:00:00", "2026-11-24"):
        assert errors({"kind": "session", "source_id": "1", "starts_at": written}) == (said,)


@pytest.mark.parametrize(
    "written",
    ["0001-01-01T00:00:00+02:00", "9999-12-31T23:59:59-02:00", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "soon"],
)
def test_a_time_that_cannot_be_is_refused(written: str) -> None:
    (said,) = errors({"kind": "session", "source_id": "1", "starts_at": written})
    assert said.startswith("starts_at: found ")
    assert written not in said


def test_every_error_is_told_at_once_and_none_repeats_a_value() -> None:
    assert errors(
        learner(
            emial="mina@example.org",
            email=3,
            birth_date="03/02/2010",
            status="gone",
            groups=[{"id": 1}],
            segment_keys={"site": "S1"},
            phone=["1"],
        )
    ) == (
        "unknown field `emial`, did you mean `email`?",
        "email: found a number, wanted text",
        "birth_date: found text that is no day, wanted a day, e.g. 2026-11-24",
        "status: found another word, wanted active, left or suspended",
        "groups: found an object, wanted text or a whole number",
        "segment_keys: unknown segment key `site`, did you mean `site_code`?",
        "phone: found a list, wanted text",
    )


def test_a_name_that_may_be_a_persons_is_not_repeated() -> None:
    assert errors(learner(**{"mina@example.org": 1})) == ("unknown field; leave it out",)
    assert errors(learner(**{"x" * 41: 1})) == ("unknown field; leave it out",)


def test_computed_fields_are_not_for_senders() -> None:
    assert errors(learner(segments=["north"])) == ("segments: is computed, wanted no value; leave it out",)


def test_an_invalid_record_is_named_by_its_id_or_its_place() -> None:
    no_id = unread("id_missing", "source_id")
    assert read_json([b"{}", b'{"kind":"learner"}', b'{"kind":"learner","source_id":"7","mail":1}']) == [
        Invalid("record", "item 1", (unread("kind_missing", "kind", kinds=tuple(KINDS)), no_id)),
        Invalid("learner", "item 2", (no_id,)),
        Invalid("learner", "7", (unread("unknown_field_near", name="mail", near="email"),)),
    ]


def test_a_value_that_cannot_be_read_is_left_out_and_kept_beside_the_record() -> None:
    found = one(learner(first_name="Mina", birth_date="31/02/2010", status="gone"))
    assert found == Learner(
        source_id="1",
        first_name="Mina",
        unread=(
            unread("not_a_day", "birth_date", value="31/02/2010", found="text_no_day"),
            unread("not_a_choice", "status", value="gone", choices=("active", "left", "suspended")),
        ),
    )
    assert msgspec.json.decode(msgspec.json.encode(found), type=AnyRecord) == found


def test_what_is_kept_of_a_value_is_short_and_can_be_shown() -> None:
    (fault,) = faults_of(one(learner(birth_date="\u200b31\u0000 " + "x" * 100)))
    assert isinstance(fault, Unread)
    assert fault.values["value"] == "\ufffd31\ufffd " + "x" * 35 + "…"
    (fault,) = faults_of(one(learner(birth_date={"day": 3})))
    assert isinstance(fault, Unread)
    assert "value" not in fault.values


def test_a_sender_cannot_say_what_could_not_be_read() -> None:
    assert errors(learner(unread=[{"code": "not_a_day"}])) == ("unknown field `unread`; leave it out",)


def test_of_what_has_no_id_no_value_is_kept() -> None:
    found = one({"kind": "mark", "sheet_id": "S-1", "comment": "Mina was ill", "minutes_late": "Mina"})
    assert isinstance(found, Invalid)
    assert found.read == {"sheet_id": "S-1"}
    assert "Mina" not in repr(found)


def test_a_blank_id_is_a_missing_one() -> None:
    for blank in ("", "  ", None, "N/A"):
        assert errors(learner(source_id=blank)) == ("source_id: missing, wanted text or a whole number",)


def test_an_unknown_kind_gets_the_known_ones() -> None:
    kinds = ", ".join(KINDS)
    assert errors({"kind": "lerner", "source_id": "1"}) == (
        f"kind: found another word, wanted one of {kinds}; did you mean `learner`?",
    )
    assert errors({"source_id": "1"}) == (f"kind: missing, wanted one of {kinds}",)
    assert errors({"kind": 4, "source_id": "1"}) == (f"kind: not text, wanted one of {kinds}",)


@pytest.mark.parametrize(
    "raw",
    [b"", b"x", b"[" * 100_000, b"[" * 90_000 + b"]" * 90_000, b'{"kind":"learner"', b"\xff\xfe", b"NaN", b"1" * 5_000],
)
def test_what_is_no_json_object_spoils_nothing_else(raw: bytes) -> None:
    found = read_json([raw, b'{"kind":"learner","source_id":"1"}'])
    assert isinstance(found[0], Invalid)
    assert found[0].source_id == "item 1"
    assert found[1] == Learner(source_id="1")


@pytest.mark.parametrize("raw", [b"[]", b"3", b"null", b'"learner"', b"true"])
def test_json_that_is_no_object_is_said_to_be_none(raw: bytes) -> None:
    assert errors(raw) == ("not an object; wanted one object with its `kind`",)


def test_a_byte_order_mark_does_no_harm() -> None:
    assert one(b'\xef\xbb\xbf{"kind":"learner","source_id":"1"}') == Learner(source_id="1")


def test_what_a_database_cannot_hold_is_refused_by_field() -> None:
    assert errors(learner(email="a\0b", section="x")) == ("email: found a NUL character, wanted text without one",)
    assert errors(learner(groups=["\0"])) == ("groups: found a NUL character, wanted text without one",)
    assert errors(b'{"kind":"learner","source_id":"1","email":"\\ud800"}') == (
        "email: found half a character (a lone surrogate), wanted whole text",
    )
    assert one(learner(source_id="a\0")) == Invalid("learner", "item 1", (unread("nul_character", "source_id"),))


@pytest.mark.parametrize("number", [-1, 2**31, 10**30, 1.5, "3", True])
def test_a_number_out_of_range_or_of_another_type_is_refused(number: Any) -> None:
    (said,) = errors({"kind": "mark", "source_id": "1", "minutes_late": number})
    assert said.startswith("minutes_late: found ")


def test_an_id_of_thousands_of_digits_is_refused() -> None:
    assert isinstance(one(b'{"kind":"learner","source_id":' + b"9" * 4_000 + b"}"), Invalid)
    assert isinstance(read_mapping("learner", {"source_id": 10**5_000}, "here"), Invalid)


def test_the_last_of_two_equal_names_counts() -> None:
    assert one(b'{"kind":"learner","source_id":"1","source_id":"2"}') == Learner(source_id="2")


def test_a_thousand_errors_are_not_all_told() -> None:
    said = errors(learner(**{f"field_{number}": 1 for number in range(1_000)}))
    assert len(said) == 21
    assert said[-1] == "and 980 more"


def test_text_is_typed_by_its_field() -> None:
    cells = {
        "source_id": " 4",
        "starts_at": "2026-11-24 09:00:00+01:00",
        "remote": "TRUE",
        "room": 12,
        "instructor_ids": "7|8| |7",
        "segment_keys.site_code": "S1|S2",
        "segment_keys.place": "",
        "name": " Maths ",
    }
    assert read_mapping("session", cells, "sessions.csv:2") == Session(
        source_id=" 4",
        starts_at=datetime(2026, 11, 24, 8, tzinfo=UTC),
        remote=True,
        room="12",
        instructor_ids=("7", "8"),
        segment_keys={"site_code": ("S1", "S2")},
        name="Maths",
    )
    assert read_mapping("mark", {"source_id": "1", "minutes_late": "05", "justified": "0"}, "m") == Mark(
        source_id="1", minutes_late=5, justified=False
    )
    assert read_mapping("learner", {"source_id": 1, "birth_date": "2010-02-03"}, "l") == Learner(
        source_id="1", birth_date=date(2010, 2, 3)
    )


def test_items_of_a_list_are_not_split() -> None:
    assert read_mapping("learner", {"source_id": "1", "groups": ["a|b"]}, "l") == Learner(
        source_id="1", groups=("a|b",)
    )


def test_text_that_cannot_be_typed_is_refused_with_what_was_wanted() -> None:
    found = read_mapping("mark", {"minutes_late": "five", "justified": "perhaps"}, "marks.csv:9")
    assert (found.kind, found.source_id) == ("mark", "marks.csv:9")
    assert in_english(found) == (
        "source_id: missing, wanted text or a whole number",
        "minutes_late: found text, wanted a whole number",
        "justified: found text, wanted true, false, 1 or 0",
    )


def test_an_example_needs_no_id() -> None:
    assert read_mapping("sheet", {}, "this", default_id="this") == Sheet(source_id="this")
    assert read_mapping("sheet", {"source_id": "9"}, "this", default_id="this") == Sheet(source_id="9")


def test_a_time_is_no_day_and_a_day_is_no_time() -> None:
    moment, day = datetime(2026, 11, 24, 9, tzinfo=UTC), date(2026, 11, 24)
    assert faults_of(read_mapping("learner", {"source_id": "1", "birth_date": moment}, "l"))
    assert faults_of(read_mapping("session", {"source_id": "1", "starts_at": day}, "s"))
    assert faults_of(read_mapping("session", {"source_id": "1", "starts_at": datetime(2026, 1, 1)}, "s"))  # noqa: DTZ001


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.sampled_from(["2026-11-24T09:00:00+01:00", "2026-11-24", "learner", "N/A", "a|b", "1"]),
        st.datetimes(),
        st.dates(),
        st.binary(),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
FIELDS = sorted({name for kind in KINDS for name in fields_of(kind)} | {"kind", "segment_keys.place", "nothing", ""})
OBJECTS = st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=8)


@calmly
@given(kind=st.sampled_from([*KINDS, "other", ""]), values=OBJECTS)
def test_reading_a_mapping_never_raises(kind: str, values: Mapping[str, Any]) -> None:
    found = read_mapping(kind, values, "here")
    assert isinstance(found, Record | Invalid)
    msgspec.json.encode(found)
    if isinstance(found, Invalid):
        assert msgspec.json.decode(msgspec.json.encode(found), type=Invalid) == found
        assert all(
            said not in unread_words(language).unread for language in languages().names for said in in_english(found)
        )


@calmly
@given(raw=st.one_of(st.binary(), OBJECTS.map(lambda values: json.dumps(values, default=str).encode())))
def test_reading_json_never_raises(raw: bytes) -> None:
    (found,) = read_json([raw])
    assert isinstance(found, Record | Invalid)


@st.composite
def _likely(draw: st.DrawFn) -> dict[str, Any]:
    """An object of a known kind whose values are mostly of their fields' types."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    values: dict[str, Any] = {"kind": kind, "source_id": draw(st.text(min_size=1, max_size=3))}
    text = st.one_of(st.text(max_size=6), st.sampled_from([" a ", "N/A", "null", "e\u0301", "Null", "\u00a0b", ""]))
    drawn = {
        "boolean": st.booleans(),
        "integer": st.integers(0, 50),
        "instant": st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
        "date": st.dates().map(date.isoformat),
        "keys": st.dictionaries(st.sampled_from(["site_code", "place"]), st.one_of(text, st.lists(text, max_size=3))),
    }
    for field in draw(
        st.lists(st.sampled_from(list(fields_of(kind).values())), max_size=5, unique_by=lambda f: f.name)
    ):
        if field.name != "source_id" and not field.computed:
            scalar = st.sampled_from(field.choices) if field.choices else drawn.get(field.type, text)
            values[field.name] = draw(st.lists(scalar, max_size=4) if field.is_set else scalar)
    return values


@calmly
@given(values=_likely())
def test_reading_what_was_read_changes_nothing(values: dict[str, Any]) -> None:
    found = one(values)
    if isinstance(found, Invalid):
        return
    assert read_json([msgspec.json.encode(found)]) == [found]
    as_mapping = {name: getattr(found, name) for name in field_names(kind_of(found))}
    assert read_mapping(kind_of(found), as_mapping, "here") == found


@calmly
@given(values=_likely())
def test_the_fast_way_and_the_patient_way_read_the_same(values: dict[str, Any]) -> None:
    rest = {name: value for name, value in values.items() if name != "kind"}
    assert door._read(values["kind"], rest, "item 1") == one(values)


@calmly
@given(kind=st.sampled_from(sorted(KINDS)), names=st.sets(st.sampled_from(FIELDS)), data=st.data())
def test_no_error_repeats_what_was_found(kind: str, names: set[str], data: st.DataObject) -> None:
    secret: Any = data.draw(
        st.sampled_from(["quokka@example.org", ["quokka", {"quokka": 1}], {"quokka quokka": ["quokka"]}, "quokka\0"])
    )
    found = one({**dict.fromkeys(names, secret), "kind": kind, "source_id": 3.5})
    assert isinstance(found, Invalid)
    assert "quokka" not in repr(found.errors)
