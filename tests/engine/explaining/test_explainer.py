"""Explanations: of a flagged, a skipped and a synced record, as text, as values, and against the matcher."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.registry import catalogue
from engine.analysis.availability import Provided
from engine.explaining.as_text import as_text
from engine.explaining.explainer import example_matches, explain
from engine.explaining.explanation import Explanation, Node
from engine.matching.classifier import Classifier, Decided
from engine.model.moments import Moment
from engine.model.package_files import RULES
from engine.model.rulebook import Rule, Rulebook
from engine.records.decode import Invalid, read_mapping
from engine.records.fields import REACHING
from engine.records.kinds import KINDS, Record
from engine.rulefiles.library import load_base

BASE = load_base(RULES, catalogue())
MOMENT = Moment(
    as_of=datetime(2026, 11, 21, 11, tzinfo=UTC),
    zone="Europe/Paris",
    last_sync=datetime(2026, 11, 20, 21, tzinfo=UTC),
)
GOLDEN = Path(__file__).parent / "golden"

SESSION = {
    "source_id": "904412",
    "name": "Négociation",
    "starts_at": "2026-11-25T09:00:00+01:00",
    "ends_at": "2026-11-25T12:00:00+01:00",
    "room": "B2",
    "instructor_ids": ["318"],
    "learner_ids": ["20881"],
}
LEARNER = {
    "source_id": "20881",
    "first_name": "Mina",
    "last_name": "Okparo",
    "email": "mina@example.org",
    "company": "Atelier Ferrand",
}
ORLA = {"source_id": "318", "first_name": "Orla", "last_name": "Quist"}
INES = {**ORLA, "email": "ines.barou@example.org"}

READS = ("rules/base/session.yaml:", "rules/base/learner.yaml:")


def made(kind: str, **values: Any) -> Record:
    record = read_mapping(kind, values, "test")
    assert not isinstance(record, Invalid), record.errors
    return record


def decided(*items: Record | Invalid, provided: Provided | None = None) -> tuple[Classifier, Decided]:
    classifier = Classifier(BASE, provided or _given_all_but())
    return classifier, classifier.decide(items, MOMENT)


def explained(*items: Record | Invalid, language: str = "en", provided: Provided | None = None) -> Explanation:
    classifier, found = decided(*items, provided=provided)
    return explain(classifier, found, 0, language)


def _given_all_but(*left_out: str) -> Provided:
    """Everything but segments, which the base has none of, and these fields."""
    kinds = {
        kind: frozenset(name for name in (*cls.__struct_fields__, *REACHING) if f"{kind}.{name}" not in left_out)
        for kind, cls in KINDS.items()
    }
    return Provided(kinds)


def _without_lines(text: str) -> str:
    """The text with neither the rulebook's version nor line numbers, which change with every remark in a file."""
    words = text.replace(BASE.version, "VERSION").split(" ")
    return " ".join(_without_line(word) for word in words)


def _without_line(word: str) -> str:
    if not word.startswith(READS):
        return word
    path, _, rest = word.partition(":")
    return f"{path}:N{rest.lstrip('0123456789')}"


CASES: dict[str, Sequence[Record]] = {
    "flagged": (made("session", **SESSION), made("instructor", **ORLA), made("learner", **LEARNER)),
    "skipped": (
        made(
            "session", **{**SESSION, "starts_at": "2026-12-20T09:00:00+01:00", "ends_at": "2026-12-20T12:00:00+01:00"}
        ),
        made("instructor", **INES),
        made("learner", **LEARNER),
    ),
    "synced": (made("learner", **LEARNER), made("session", **SESSION), made("instructor", **INES)),
}


@pytest.mark.parametrize("printed", sorted(GOLDEN.glob("explained_*.txt")), ids=lambda path: path.stem)
def test_an_explanation_reads_as_printed(printed: Path) -> None:
    case, _, language = printed.stem.removeprefix("explained_").partition(".")
    assert _without_lines(as_text(explained(*CASES[case], language=language))) == printed.read_text(encoding="utf-8")


def test_an_explanation_is_json_and_comes_back_the_same() -> None:
    told = explained(*CASES["flagged"])
    assert msgspec.json.decode(msgspec.json.encode(told), type=Explanation) == told


def test_the_explanation_and_the_decision_agree_on_which_rules_matched() -> None:
    classifier, found = decided(*CASES["flagged"])
    for position, decision in enumerate(found.decisions):
        assert decision is not None
        told = explain(classifier, found, position, "en")
        assert (told.verdict, told.rule) == (decision.verdict, decision.rule)
        matched = {report.id for report in told.rules if report.outcome == "matched"}
        assert matched == {match.rule for match in decision.matches}
        assert [report.id for report in told.rules if report.deciding] == [decision.rule] * (decision.rule is not None)


def test_every_rule_of_the_kind_is_told_in_the_rulebooks_order_with_its_place() -> None:
    told = explained(*CASES["synced"])
    assert [report.id for report in told.rules] == [rule.id for rule in BASE.rules if rule.kind == "learner"]
    assert {report.layer for report in told.rules} == {"base"}
    assert all(report.place.startswith("rules/base/learner.yaml:") for report in told.rules)


@pytest.mark.parametrize("rule", [rule for rule in BASE.rules if rule.examples], ids=lambda rule: rule.id)
def test_every_base_example_says_what_the_explainer_says(rule: Rule) -> None:
    assert [example_matches(rule, example) for example in rule.examples] == [one.matches for one in rule.examples]


def test_the_four_checks_of_a_session_come_in_the_order_support_asks_them() -> None:
    told = explained(*CASES["flagged"])
    assert [(check.rule, check.answer) for check in told.checks] == [
        ("session.no_instructor", "ok"),
        ("session.instructor_without_email", "problem"),
        ("session.outside_window", "ok"),
        ("session.changed_since_sync", "ok"),
    ]


def test_without_an_instructor_nobody_asks_for_the_instructors_email() -> None:
    told = explained(made("session", **{**SESSION, "instructor_ids": []}), made("learner", **LEARNER))
    assert [check.answer for check in told.checks] == ["problem", "unknown", "ok", "ok"]


def test_a_check_whose_rule_rests_is_not_answered_and_says_why() -> None:
    told = explained(*CASES["flagged"], provided=_given_all_but("session.created_at", "session.modified_at"))
    last = told.checks[-1]
    assert (last.answer, last.why) == (
        "unknown",
        "`session.created_at` is not provided; `session.modified_at` is not provided",
    )


def test_a_dormant_rule_has_reasons_and_no_tree() -> None:
    told = explained(*CASES["synced"], provided=_given_all_but("learner.company"))
    report = next(report for report in told.rules if report.id == "learner.company_missing")
    assert (report.outcome, report.why, report.tree) == ("dormant", ("`learner.company` is not provided",), None)


def test_a_value_is_told_with_the_record_or_the_layer_it_comes_from() -> None:
    told = explained(*CASES["skipped"])
    report = next(report for report in told.rules if report.id == "session.outside_window")
    assert report.tree is not None
    readings = [(reading.label, reading.value, reading.origin, reading.of) for reading in report.tree.readings]
    assert readings == [
        ("start", "20 Dec 2026 09:00", "record", "session 904412"),
        ("now", "21 Nov 2026 12:00", "moment", ""),
        ("window_days", "14", "setting", "base"),
    ]


def test_related_records_stand_in_the_tree_by_id_and_name() -> None:
    told = explained(*CASES["flagged"])
    report = next(report for report in told.rules if report.deciding)
    assert report.tree is not None
    relation = next(node for node in _nodes(report.tree) if node.block == "relation")
    (record,) = relation.children
    assert (record.sentence, record.holds) == ("instructor 318 (Orla Quist)", "false")
    assert [reading.of for reading in record.children[0].readings] == ["instructor 318"]


def _nodes(node: Node) -> list[Node]:
    return [node, *(inner for child in node.children for inner in _nodes(child))]


def test_a_flagged_record_would_sync_if_the_missing_were_present() -> None:
    told = explained(made("instructor", **ORLA), CASES["synced"][1])
    assert [(near.outcome, near.sentence) for near in told.near] == [("sync", "would sync if email address is given")]


def test_no_change_is_offered_that_another_rule_would_stop() -> None:
    changes = [near.changes for near in explained(*CASES["flagged"]).near]
    assert ("linked instructors are missing",) not in changes
    assert ("email address is valid (for instructor 318 (Orla Quist))",) in changes


def test_with_two_causes_both_have_to_go_before_the_record_syncs() -> None:
    told = explained(made("session", **{**SESSION, "instructor_ids": [], "name": None}), made("learner", **LEARNER))
    assert [(near.outcome, near.changes) for near in told.near] == [
        ("not_matched", ("linked instructors are given",)),
        ("sync", ("linked instructors are given", "name is given")),
    ]


def test_what_only_time_can_change_and_what_is_in_order_is_nobodys_to_mend() -> None:
    (later, *_) = CASES["skipped"]
    alone = msgspec.structs.replace(later, instructor_ids=())
    assert explained(alone, CASES["synced"][0]).near == ()
    told = explained(made("session", **SESSION), made("instructor", **INES), made("learner", **LEARNER))
    assert (told.verdict, told.near) == ("sync", ())


def test_an_invalid_item_is_explained_by_its_errors() -> None:
    told = explained(Invalid("learner", "item 3", ("`email`: found a number, wanted text",)))
    assert (told.verdict, told.rule, told.errors) == (
        "flag",
        "record.invalid",
        ("`email`: found a number, wanted text",),
    )
    assert [report.id for report in told.rules] == ["record.invalid"]
    assert "found a number" in as_text(told)


def test_a_record_that_is_only_related_says_so() -> None:
    told = explained(made("mark", source_id="1"))
    assert (told.verdict, told.rules) == (None, ())
    assert "only a related record here" in as_text(told)


def test_colours_change_no_word_and_no_column() -> None:
    told = explained(*CASES["flagged"])
    coloured = as_text(told, colour=True)
    assert coloured != as_text(told)
    plain = coloured
    for code in ("0", "1", "2", "31", "32", "33"):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert plain == as_text(told)


def test_a_rule_changed_by_a_later_layer_names_it() -> None:
    rule = BASE.rule("session.no_instructor")
    place = msgspec.structs.replace(rule.place, path="rules/customers/acme.yaml", line=9)
    touched = (*rule.touched, msgspec.structs.replace(rule.touched[0], layer="acme", what=("then",), place=place))
    changed = msgspec.structs.replace(rule, then="note", touched=touched)
    rules = tuple(changed if one.id == rule.id else one for one in BASE.rules)
    rulebook: Rulebook = msgspec.structs.replace(BASE, rules=rules)
    classifier = Classifier(rulebook, _given_all_but())
    item = made("session", **{**SESSION, "instructor_ids": []})
    told = explain(classifier, classifier.decide([item, made("learner", **LEARNER)], MOMENT), 0, "en")
    report = next(report for report in told.rules if report.id == rule.id)
    assert [(one.layer, one.what, one.place) for one in report.overriding] == [
        ("acme", ("then",), "rules/customers/acme.yaml:9")
    ]
    assert "then changed by acme  rules/customers/acme.yaml:9" in as_text(told)


def test_a_check_of_what_has_not_happened_or_is_not_known_is_no_yes() -> None:
    sheet = made("sheet", source_id="s-1", name="Paie", created_by="administrator", archived=False)
    told = {check.rule: (check.answer, check.why) for check in explained(sheet).checks}
    assert told["sheet.archived_too_recently"] == told["sheet.archived_again"] == ("unknown", "not archived yet")
    classifier = Classifier(BASE, _given_all_but())
    never = classifier.decide([made("session", **{**SESSION, "instructor_ids": []})], Moment(MOMENT.as_of, MOMENT.zone))
    told = {check.rule: (check.answer, check.why) for check in explain(classifier, never, 0, "en").checks}
    assert told["session.changed_since_sync"] == ("unknown", "no sync is known to compare with")
