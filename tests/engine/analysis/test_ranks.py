"""The order in which rules are decided that ask what is decided of others, and what has none."""

from __future__ import annotations

from engine.analysis.ranks import misplaced, order_of
from engine.model.rulebook import Reaction, Rule
from tests.engine.conditions import when
from tests.engine.drawing import rule_of


def rule(kind: str, name: str, written: str, then: Reaction = "flag") -> Rule:
    return rule_of(kind, when(kind, written), f"{kind}.{name}", then)


PLAIN = rule("instructor", "plain", "email: {is: missing}")
LEFT = rule("instructor", "left", "status: left", "skip")
ALONE = rule("session", "alone", "no: {instructors: {alone: sync}}")
VERDICT = rule("learner", "verdict", "some: {sessions: {verdict: flag}}")
SKIPS = rule("session", "skips", "some: {instructors: {verdict: {not: skip}}}")
LATER = rule("learner", "later", "no: {sessions: {skipped_by: {not: session.over}}}", "skip")
OVER = rule("session", "over", "status: cancelled", "skip")


def test_a_flag_comes_after_all_that_it_asks_for() -> None:
    order = order_of([VERDICT, ALONE, PLAIN, LEFT, SKIPS, LATER, OVER])
    assert order.ranks == {
        "instructor.plain": 0,
        "session.skips": 0,
        "session.alone": 1,
        "learner.verdict": 2,
    }
    assert order.levels == {"instructor.left": 0, "session.over": 0, "learner.later": 1}
    assert order.steps["session.alone"] == 1
    assert order.steps["learner.verdict"] > order.steps["session.alone"]


def test_what_is_switched_off_counts_for_nothing() -> None:
    off = rule("session", "alone", "no: {instructors: {alone: sync}}", "off")
    assert order_of([VERDICT, off]).ranks == {"learner.verdict": 1}


def test_a_circle_is_told_with_its_way_round_and_alone_is_the_way_out() -> None:
    back = rule("session", "back", "some: {learners: {verdict: flag}}")
    (circle,) = order_of([VERDICT, back]).circles
    assert {one.id for one, _ in circle.path} == {"learner.verdict", "session.back"}
    assert order_of([VERDICT, rule("session", "back", "some: {learners: {alone: flag}}")]).circles == ()
    own = rule("learner", "own", "some: {same_person: {verdict: flag}}")
    assert len(order_of([own]).circles) == 1


def test_a_record_may_be_asked_what_it_comes_to_alone_before_it_waits_for_others() -> None:
    back = rule("session", "back", "some: {learners: {alone: flag}}")
    waits = rule("learner", "waits", "some: {sessions: {verdict: flag}}\nunless: {alone: flag}")
    own = rule("learner", "own", "email: {is: missing}")
    order = order_of([waits, back, own])
    assert order.ranks == {"learner.waits": 2, "session.back": 1, "learner.own": 0}
    assert order.steps["learner.waits"] > order.steps["session.back"] > order.steps["learner.own"]
    assert [why for _, why in misplaced(rule("learner", "a", "unless: {alone: flag}", "skip"))] == ["skip"]
    assert len(order_of([rule("learner", "a", "unless: {alone: skip}", "skip")]).circles) == 1


def test_skips_that_ask_for_each_other_are_a_circle_too() -> None:
    back = rule("session", "back", "some: {learners: {verdict: skip}}", "skip")
    (circle,) = order_of([LATER, back]).circles
    assert len(circle.path) == 2


def test_a_skip_asks_for_skips_alone_and_nobody_for_what_goes_the_other_way() -> None:
    assert not [*misplaced(LATER)]
    assert [why for _, why in misplaced(rule("session", "a", "some: {learners: {verdict: flag}}", "skip"))] == ["skip"]
    assert [why for _, why in misplaced(rule("session", "a", "some: {learners: {alone: [skip, flag]}}", "skip"))] == [
        "skip"
    ]
    assert [why for _, why in misplaced(rule("session", "a", "some: {sheets: {verdict: flag}}"))] == ["direction"]
