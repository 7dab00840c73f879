"""`when:` as authors write it, and the tree it becomes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any as Anything

import pytest

from engine.model.conditions import (
    ALWAYS,
    All,
    Any,
    Condition,
    Count,
    Day,
    FieldTest,
    Instant,
    Not,
    Related,
    Setting,
    This,
    Unless,
    Value,
)
from engine.model.problems import Place, Problem
from engine.model.rulebook import SettingEntry, SettingType
from engine.rulefiles.parse.operands import Scope
from engine.rulefiles.parse.when import parse_when
from engine.rulefiles.reader import ShapeReader
from engine.rulefiles.yaml_tree import read_nodes

_TYPES: dict[str, SettingType] = {
    "days": "integer",
    "share": "number",
    "loud": "boolean",
    "word": "text",
    "words": "texts",
    "since": "date",
    "reasons": "mapping",
}
SETTINGS = {name: SettingEntry(name, type_, None, "", "base", Place("f")) for name, type_ in _TYPES.items()}


def parsed(kind: str, when: str) -> tuple[All, list[Problem]]:
    file = read_nodes(when.encode(), "f.yaml")
    assert file.problems == ()
    reading = ShapeReader()
    return parse_when(file.root, Scope(kind, (kind,), SETTINGS), reading), reading.problems


def tree(kind: str, when: str) -> Anything:
    """The tree in short: (field, op, operands…) and the names of blocks."""
    condition, problems = parsed(kind, when)
    assert problems == []
    return _short(condition)


def only(kind: str, when: str) -> Anything:
    (item,) = tree(kind, when)
    return item


def _short(condition: Condition) -> Anything:
    match condition:
        case FieldTest(field=field, op=op, operands=operands):
            return (field, op, *(item.value if isinstance(item, Value) else item for item in operands))
        case All(items):
            return [_short(item) for item in items]
        case Any(items):
            return {"any": [_short(item) for item in items]}
        case Not(item):
            return {"not": _short(item)}
        case Unless(item):
            return {"unless": _short(item)}
        case Related(quantifier, relation, where):
            return {quantifier: {relation: _short(where)}}
        case Count(relation, op, number, where):
            return {"count": (relation, op, number, _short(where))}


def code(kind: str, when: str) -> tuple[int, str, str]:
    """Column, code and hint of the only problem."""
    _, problems = parsed(kind, when)
    assert len(problems) == 1, problems
    return problems[0].place.column, problems[0].code, problems[0].hint


def test_an_empty_condition_always_holds() -> None:
    assert parsed("sheet", "{}") == (ALWAYS, [])


def test_every_entry_and_every_test_of_an_entry_must_hold() -> None:
    assert tree("session", "{remote: false, starts_at: {after: now, at_most: in 2 hours}}") == [
        ("remote", "equals", False),
        ("starts_at", "after", Instant()),
        ("starts_at", "at_most", Instant(amount=2, unit="hours")),
    ]


def test_a_value_is_equality_and_a_list_is_one_of() -> None:
    assert only("learner", "{status: left}") == ("status", "equals", "left")
    assert only("learner", "{status: [left, suspended]}") == ("status", "in", "left", "suspended")
    assert only("learner", "{status: {not: [left, suspended]}}") == ("status", "not_in", "left", "suspended")
    assert only("session", "{families: BTS}") == ("families", "equals", "BTS")
    assert only("session", "{families: [BTS, Bac]}") == ("families", "in", "BTS", "Bac")


def test_text_and_ids_are_taken_as_spelled() -> None:
    assert only("learner", "{company: 12}") == ("company", "equals", "12")
    assert only("learner", "{company: true}") == ("company", "equals", "true")
    assert only("learner", "{section: 6E1}") == ("section", "equals", "6E1")
    assert only("enrolment", "{class_id: 0012}") == ("class_id", "equals", "0012")


def test_blocks_stand_as_written() -> None:
    when = """
    any:
      - topic: Maths
      - not: {topic: {in: $words}}
    all: [{remote: true}, {name: {is: present}}]
    unless: {room: {is: missing}}
    """
    assert tree("session", when) == [
        {"any": [[("topic", "equals", "Maths")], [{"not": [("topic", "in", Setting("words"))]}]]},
        [[("remote", "equals", True)], [("name", "present")]],
        {"unless": [("room", "missing")]},
    ]


def test_relations_are_asked_each_on_its_own() -> None:
    when = "{no: {own_accounts: {}}, some: {email_accounts: {role: learner}, logins: {}}}"
    assert tree("learner", when) == [
        {"no": {"own_accounts": []}},
        {"some": {"email_accounts": [("role", "equals", "learner")]}},
        {"some": {"logins": []}},
    ]


def test_counts_compare_a_number_of_distinct_records() -> None:
    assert only("learner", "{count: {accounts: 2}}") == {"count": ("accounts", "equals", Value(2), [])}
    when = "{count: {accounts: {at_least: 2, below: $days, where: {archived: true}}}}"
    assert tree("learner", when) == [
        {"count": ("accounts", "at_least", Value(2), [("archived", "equals", True)])},
        {"count": ("accounts", "below", Setting("days"), [("archived", "equals", True)])},
    ]


def test_a_field_of_a_mixed_relation_is_known_when_one_kind_has_it() -> None:
    assert only("enrolment", "{some: {people: {families: BTS}}}") == {
        "some": {"people": [("families", "equals", "BTS")]}
    }
    assert code("enrolment", "{some: {people: {topic: Maths}}}")[1] == "unknown-field"


@pytest.mark.parametrize(
    ("written", "operand"),
    [
        ("now", Instant()),
        ("last_sync", Instant(anchor="last_sync")),
        ("24 hours ago", Instant(amount=-24, unit="hours")),
        ("in 2 hours", Instant(amount=2, unit="hours")),
        ("30 minutes ago", Instant(amount=-30, unit="minutes")),
        ("in 1 hour", Instant(amount=1, unit="hours")),
        ("$days hours ago", Instant(amount=Setting("days"), unit="hours", ago=True)),
        ("in $days minutes", Instant(amount=Setting("days"), unit="minutes")),
        ("today", Day()),
        ("yesterday", Day(-1)),
        ("tomorrow", Day(1)),
        ("in 14 days", Day(14)),
        ("3 days ago", Day(-3)),
        ("2 weeks ago", Day(-14)),
        ("in $days days", Day(Setting("days"))),
        ("$days days ago", Day(Setting("days"), ago=True)),
        ("2026-12-20", Value(date(2026, 12, 20))),
        ("2026-12-20T09:00:00+01:00", Value(datetime(2026, 12, 20, 8, tzinfo=UTC))),
        ("2026-12-20T09:00Z", Value(datetime(2026, 12, 20, 9, tzinfo=UTC))),
        ("$since", Setting("since")),
        ("$this.ends_at", This("ends_at")),
    ],
)
def test_times_are_words_days_and_instants(written: str, operand: object) -> None:
    condition, problems = parsed("session", f"{{starts_at: {{before: {written}}}}}")
    assert problems == []
    (test,) = condition.items
    assert isinstance(test, FieldTest)
    assert test.operands == (operand,)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("2026-12-20T09:00:00", "naive-instant"),
        ("2026-02-30", "bad-time"),
        ("20/12/2026", "bad-time"),
        ("12:00", "bad-time"),
        ("14 days", "bad-time"),
        ("last sync", "bad-time"),
        ("next_run", "bad-time"),
        ("in $days weeks", "bad-time"),
        ("in $words days", "setting-does-not-fit"),
        ("$days", "setting-does-not-fit"),
        ("$nothing", "unknown-setting"),
        ("$this.name", "wrong-value"),
        ("0001-01-01", "bad-time"),
        ("9999-12-31T23:59:59-23:00", "bad-time"),
    ],
)
def test_other_times_are_told(written: str, wanted: str) -> None:
    column, found, _ = code("session", f"{{starts_at: {{before: {written}}}}}")
    assert (column, found) == (22, wanted)


def test_a_whole_day_is_asked_by_on_and_an_instant_is_not() -> None:
    assert only("session", "{starts_at: {on: today}}") == ("starts_at", "on", Day())
    assert code("session", "{starts_at: today}")[2] == "write `starts_at: {on: today}`"
    assert code("session", "{starts_at: {not: today}}")[2] == "write `starts_at: {on: today}` under `not:`"
    assert code("session", "{starts_at: {on: now}}")[1] == "bad-time"
    assert only("class", "{ends_on: 2026-12-20}") == ("ends_on", "equals", date(2026, 12, 20))
    assert code("class", "{ends_on: {before: 2026-12-20T09:00:00Z}}")[2] == "write the day: 2026-12-20"


def test_sets_are_asked_by_members_and_by_size() -> None:
    assert only("session", "{learner_ids: {contains: [a, b]}}") == ("learner_ids", "contains", "a", "b")
    assert only("session", "{segments: {at_least: 2}}") == ("segments", "at_least", 2)
    assert only("session", "{families: {not_in: $words}}") == ("families", "not_in", Setting("words"))
    assert only("sheet", "{some: {sessions: {learner_ids: {within: $this.learner_refs}}}}") == {
        "some": {"sessions": [("learner_ids", "within", This("learner_refs"))]}
    }


def test_settings_that_are_lists_or_mappings_stand_for_their_values() -> None:
    assert only("session", "{topic: $words}") == ("topic", "in", Setting("words"))
    assert only("session", "{topic: {not: $words}}") == ("topic", "not_in", Setting("words"))
    assert only("session", "{topic: $word}") == ("topic", "equals", Setting("word"))
    assert only("sheet", "{some: {marks: {reason_code: {not_in: $reasons}}}}") == {
        "some": {"marks": [("reason_code", "not_in", Setting("reasons"))]}
    }
    assert only("learner", "{email: {domain_in: $words}}") == ("email", "domain_in", Setting("words"))


@pytest.mark.parametrize(
    ("kind", "when", "wanted", "hint"),
    [
        ("session", "{instructors_ids: {is: missing}}", "unknown-field", "did you mean instructor_ids?"),
        ("session", "{instructors: {}}", "unknown-field", "it is a relation: write it under `some:`"),
        ("session", "{unles: {remote: true}}", "unknown-field", "did you mean unless?"),
        ("session", "{after: now}", "unknown-field", "a test stands below its field: `field: {after: ...}`"),
        ("session", "{segment_keys: {is: missing}}", "field-not-testable", "test ‘segments’"),
        ("session", "{some: {instructor: {}}}", "unknown-relation", "did you mean instructors?"),
        ("session", "{some: {room: {}}}", "unknown-relation", "it is a field"),
        ("session", "{some: {sheets: {some: {marks: {}}}}}", "nested-relation", "inside a relation stand fields"),
        ("session", "{starts_at: {above: now}}", "test-not-allowed", "tests that do: is, not, before, after"),
        ("session", "{room: {at_least: 2}}", "test-not-allowed", "tests that do: is, not, in, not_in"),
        ("session", "{status: {starts_with: val}}", "test-not-allowed", "tests that do: is, not, in, not_in"),
        ("session", "{room: {is: malformed}}", "test-not-allowed", "here `is` takes missing or present"),
        ("session", "{room: {is: absent}}", "unknown-word", "missing"),
        ("session", "{room: {missing: true}}", "unknown-test", "write `room: {is: missing}`"),
        ("session", "{room: {equals: A}}", "unknown-test", "write the value itself"),
        ("session", "{room: {begins_with: A}}", "unknown-test", "did you mean starts_with?"),
        ("session", "{status: {is: cancelled}}", "unknown-word", "write `status: cancelled`"),
        ("session", "{status: canceled}", "wrong-value", "did you mean cancelled?"),
        ("session", "{remote: yes}", "wrong-type", "write true, without quotes"),
        ("session", "{remote: [true, false]}", "wrong-shape", "for one of several write `any:`"),
        ("session", "{room: }", "empty", "write `room: {is: missing}`"),
        ("session", "{room: N/A}", "never-equal", "write `room: {is: missing}`"),
        ("session", "{room: {}}", "empty", "write `room: {is: present}`"),
        ("session", "{room: {in: A12}}", "wrong-shape", "write `in: [A12]`"),
        ("session", "{room: {not: {is: missing}}}", "wrong-shape", "write `not: {room: ...}`"),
        ("session", "{families: []}", "empty", "write `families: {is: missing}`"),
        ("session", "{segments: {at_least: two}}", "wrong-type", ""),
        ("session", '{segments: {at_least: "2"}}', "wrong-type", "write it without quotes"),
        ("session", "{room: $wrds}", "unknown-setting", "did you mean words?"),
        ("session", "{room: $Word}", "unknown-setting", "write $name"),
        ("session", "{remote: $words}", "setting-does-not-fit", "types of setting that fit here: boolean"),
        ("session", "{families: [$words]}", "setting-does-not-fit", "write it alone: `in: $words`"),
        ("session", "{room: $this.rom}", "unknown-field", "did you mean room?"),
        ("learner", "{email: {domain_in: [a@example.org]}}", "wrong-value", "write the part behind the @"),
        ("session", "{any: {remote: true}}", "wrong-shape", "start each condition with `- `"),
        ("session", "{any: []}", "empty", "start each condition with `- `"),
        ("session", "{not: {}}", "empty", "write a condition in it"),
        ("session", "{not: [{remote: true}]}", "wrong-shape", "for one of several write `any:`"),
        ("session", "{some: {}}", "empty", "write the relation below it"),
        ("session", "{count: {sheets: {where: {}}}}", "missing-key", "to ask for any at all use `some`"),
        ("session", "{count: {sheets: {at_lest: 2, below: 3}}}", "unknown-key", "did you mean at_least?"),
        ("session", "{count: {sheets: {at_least: -1}}}", "wrong-type", ""),
        ("session", "{count: {sheets: {at_least: $words}}}", "setting-does-not-fit", "integer"),
    ],
)
def test_what_cannot_be_meant_is_told_with_what_to_write(kind: str, when: str, wanted: str, hint: str) -> None:
    _, found, said = code(kind, when)
    assert found == wanted
    assert hint in said


def test_all_problems_of_a_condition_are_told_at_once() -> None:
    when = "{any: [{topik: a}, {status: b, remote: c}], some: {sheet: {}}, count: {sheets: x}}"
    _, problems = parsed("session", when)
    assert [problem.code for problem in problems] == [
        "unknown-field",
        "wrong-value",
        "wrong-type",
        "unknown-relation",
        "wrong-type",
    ]
