"""What messages know of others: who and when, by name with the id beside; who is not in sight by what they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.analysis.availability import EVERYTHING
from engine.matching.classifier import Classifier
from engine.model.moments import Moment
from engine.records.kinds import Instructor, Learner, Record, Session, Sheet
from tests.engine.language.test_renderer import BASE, MESSAGES, plain

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CLASSIFIER = Classifier(BASE, EVERYTHING)
HELENE = Learner(source_id="20881", first_name="Hélène", last_name="Aalto")
ADA = Learner(source_id="20882", first_name="Ada", last_name="Nkemelu")
ORLA = Instructor(source_id="318", first_name="Orla", last_name="Quist")
ELIA = Instructor(source_id="319", first_name="Elia", last_name="Vasserot")


def session(**more: object) -> Session:
    times = {"starts_at": NOON + timedelta(hours=1), "ends_at": NOON + timedelta(hours=4)}
    return Session(source_id="904412", name="Sales", learner_ids=("20881",), **times | more)  # type: ignore[arg-type]


def sheet(**more: object) -> Sheet:
    times = {"starts_at": NOON + timedelta(hours=1), "ends_at": NOON + timedelta(hours=4)}
    return Sheet(source_id="crs_7", source_ref="904412", name="Sales", **times | more)  # type: ignore[arg-type]


def said(rule: str, language: str, *records: Record) -> str:
    decided = CLASSIFIER.decide(list(records), Moment(as_of=NOON, zone="Europe/Paris"))
    decision = decided.decisions[0]
    assert decision is not None
    assert rule in [match.rule for match in decision.matches]
    return plain(MESSAGES.render(BASE, rule, decided.facts(0, rule), language).problem)


@pytest.mark.parametrize(
    ("one", "english", "french"),
    [
        (
            sheet(archived=True, learner_refs=("20881", "20882")),
            "agree with its session “Sales” in the source: Ada Nkemelu (id 20882) on the sheet is not expected there.",
            "dans la source : Ada Nkemelu (identifiant 20882), sur la feuille, n’y est pas attendu.",
        ),
        (
            sheet(archived=True, ends_at=NOON + timedelta(hours=3)),
            "at 14:00 to 16:00, the session from Friday 20 November 2026 at 14:00 to 17:00.",
            "à 14:00 à 16:00, la séance du vendredi 20 novembre 2026 à 14:00 à 17:00.",
        ),
        (
            sheet(archived=True, ends_at=NOON + timedelta(hours=3), learner_refs=("20881", "20899")),
            "to 17:00; and the learner (id 20899) on the sheet is not expected there.",
            "à 17:00 ; de plus, l’apprenant (identifiant 20899), sur la feuille, n’y est pas attendu.",
        ),
    ],
    ids=["a learner", "a time", "both, of somebody not in sight"],
)
def test_a_sheet_that_differs_from_its_session_says_in_what(one: Sheet, english: str, french: str) -> None:
    for language, wanted in (("en", english), ("fr", french)):
        assert said("sheet.differs_from_source", language, one, session(), HELENE, ADA).endswith(wanted)


def test_who_changed_places_today_is_called_by_name_on_both_sides() -> None:
    one = session(instructor_ids=("318",))
    other = sheet(instructor_refs=("319",))
    told = said("session.instructor_changed_today", "en", one, other, ORLA, ELIA)
    assert "has Elia Vasserot (id 319) on its sheet on the platform, and Orla Quist (id 318) in the source." in told
    assert "the instructor (id 319) on its sheet" in said("session.instructor_changed_today", "en", one, other, ORLA)


@pytest.mark.parametrize(
    ("since", "english", "french"),
    [
        (
            None,
            "is not what its session, Sales (id 904412), is in the source; the learner",
            "telle qu’elle figure dans la source",
        ),
        (
            NOON - timedelta(days=3),
            "has been in the source for a day or more; the learner",
            "telle qu’elle figure depuis un jour ou plus dans la source",
        ),
    ],
    ids=["nobody knows since when", "for days"],
)
def test_since_when_the_source_says_otherwise_is_told_only_where_it_is_known(
    since: datetime | None, english: str, french: str
) -> None:
    one, renamed = session(modified_at=since), sheet(learner_refs=("20882",))
    assert english in said("sheet.edited_on_platform", "en", renamed, one)
    assert french in said("sheet.edited_on_platform", "fr", renamed, one)
