"""Every message of every layer, in every language, with all that may be known and with no more than its rule needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from connectors.registry import catalogue
from engine.analysis.reads import fields_read, relations_read, settings_read
from engine.matching.classifier import Classifier
from engine.matching.examples import Posed
from engine.matching.facts import fields_of_record, item_of, plain
from engine.model.decisions import Facts, RelatedFacts
from engine.model.moments import Moment
from engine.model.package_files import RULES
from engine.model.rulebook import Rule, Rulebook
from engine.records.fields import fields_of
from engine.records.kinds import PEOPLE, Account, Class, Enrolment, Instructor, Learner, Record, Session, Sheet, name_of
from engine.records.unread import unread
from engine.relations.definitions import REFERENCES
from engine.rulefiles.check.messages import sample_facts
from engine.rulefiles.loader import Loader
from tests.engine.language.test_renderer import BASE, HARBOUR, MESSAGES, NORVANE

LAYERS = Loader(RULES, catalogue())
OF_LAYERS = tuple(LAYERS.over_base(name) for name in sorted(LAYERS.layer_files()))
BOOKS = (BASE, NORVANE, HARBOUR, *OF_LAYERS)
EVERY = [
    pytest.param(book, rule, language, id=f"{book.customer.id}-{rule.id}-{language}")
    for book in BOOKS
    for rule in book.rules
    for language in MESSAGES.languages
    if book is BASE or rule.touched[-1].layer != "base"
]
SAMPLES: dict[str, Any] = {"texts": ["one", "two"], "mapping": {"one": "two"}, "integer": 3, "text": "one"}


def by_examples(rule: Rule) -> Iterator[Facts]:
    """What each example that matches gives, and nothing more: what was never scarcer."""
    for example in rule.examples:
        if not example.matches:
            continue
        posed = Posed(rule, example)
        related = {}
        for name in relations_read(rule.when):
            others = posed.situation.related(posed.record, name)
            related[name] = RelatedFacts(len(others), tuple(map(item_of, others)))
        fields = fields_of_record(posed.record)
        segments = posed.situation.segments(posed.record)
        yield Facts(
            kind=rule.kind,
            source_id=posed.record.source_id,
            name=name_of(posed.record),
            record=fields | ({"segments": list(segments)} if segments else {}),
            related=related,
            settings={name: plain(posed.settings[name]) for name in settings_read(rule.when)},
            as_of=plain(example.as_of),
            last_sync=plain(example.last_sync),
            next_run=plain(example.as_of + timedelta(hours=10)),
        )


def everything(rule: Rule, book: Rulebook) -> Facts:
    """All that may be known, with ids that no text has by chance, and a name for each."""
    facts = sample_facts(rule, book, full=True)
    named = []
    record = dict(facts.record)
    for (kind, field), kinds in REFERENCES.items():
        if kind != facts.kind:
            continue
        one = {"kind": kinds[0], "source_id": f"id_{field}", "name": f"Ana {field.title()}"}
        named.append(one)
        record[field] = [one["source_id"]] if fields_of(kind)[field].is_set else one["source_id"]
    related = {
        name: RelatedFacts(
            held.count,
            tuple(
                item | {"source_id": f"id_{name}", "name": f"Jon {name.title()}", "mis_id": None} for item in held.items
            ),
        )
        for name, held in facts.related.items()
        if rule.kind and name in relations_read(rule.when)
    }
    settings = {
        name: value if value not in (None, "", [], {}) else SAMPLES[book.settings[name].type]
        for name, value in facts.settings.items()
    }
    errors = (unread("id_missing", "source_id"),)
    return msgspec.structs.replace(
        facts, errors=errors, record=record, related=related, settings=settings, named=tuple(named)
    )


def tried(rule: Rule, book: Rulebook) -> Iterator[Facts]:
    """Everything; everything but one; what the examples give; each also where no run is planned and none has been."""
    full = everything(rule, book)
    needed = {field for kind, field in fields_read(rule) if kind == rule.kind}
    several = [
        full,
        *(
            msgspec.structs.replace(full, record={name: value for name, value in full.record.items() if name != gone})
            for gone in full.record
            if gone not in needed
        ),
        msgspec.structs.replace(full, named=()),
        *by_examples(rule),
    ]
    if not rule.kind:
        several.append(sample_facts(rule, book, full=False))
    for facts in several:
        yield facts
        yield msgspec.structs.replace(facts, last_sync=None, next_run=None)


@pytest.mark.parametrize(("book", "rule", "language"), EVERY)
def test_no_message_says_that_a_fact_is_not_given(book: Rulebook, rule: Rule, language: str) -> None:
    absent = MESSAGES.language(language).phrases.absent
    for facts in tried(rule, book):
        said = MESSAGES.render(book, rule.id, facts, language)
        assert absent not in f"{said.problem} {said.fix}", facts
        assert not re.search(r"\(\s*\)|\s[,.]|\(\s|\bNone\b", f"{said.problem} {said.fix}"), said


@pytest.mark.parametrize(("book", "rule", "language"), EVERY)
def test_who_has_a_name_is_called_by_it_and_the_id_stands_beside(book: Rulebook, rule: Rule, language: str) -> None:
    facts = everything(rule, book)
    said = MESSAGES.render(book, rule.id, facts, language)
    known = {item["source_id"]: item["name"] for held in facts.related.values() for item in held.items}
    known |= {item["source_id"]: item["name"] for item in facts.named if item["kind"] in PEOPLE}

    for text in (said.problem, said.fix):
        for source_id, name in known.items():
            if source_id not in ("id_same_person", "id_twins"):  # of the same name, which is what is the matter
                assert text.count(source_id) == len(re.findall(rf"{name} \([^()]*{source_id}\)", text)), text


@pytest.mark.parametrize(("book", "rule", "language"), EVERY)
def test_what_is_counted_agrees_with_its_number(book: Rulebook, rule: Rule, language: str) -> None:
    full = everything(rule, book)
    ones = {name: 1 for name, entry in book.settings.items() if entry.type == "integer"}
    related = {name: RelatedFacts(1, held.items[:1]) for name, held in full.related.items()}
    one = msgspec.structs.replace(full, settings=full.settings | ones, related=related)
    said = MESSAGES.render(book, rule.id, one, language)
    for text in (said.problem, said.fix):
        assert not re.search(r"\b1 (?:days|hours|jours|heures)\b|\bles 1\b", text), text


@pytest.mark.parametrize("language", MESSAGES.languages)
def test_what_leads_to_no_account_is_told_of_one_value_and_of_several(language: str) -> None:
    customer = msgspec.structs.replace(BASE.customer, segments={"left": {"site_code": ("S-1",)}})
    book = msgspec.structs.replace(BASE, customer=customer)
    for rule in book.rules:
        if not rule.id.endswith(".outside_segment"):
            continue
        full = everything(rule, book)
        texts = []
        for keys in ({"site_code": ["S-9"]}, {"site_code": ["S-9", "S-8"]}):
            facts = msgspec.structs.replace(full, record=full.record | {"segment_keys": keys})
            texts.append(MESSAGES.render(book, rule.id, facts, language).problem)
        assert "S-9" in texts[0]
        assert "S-8" in texts[1]
        # What the account belongs to is the subject: it is one, however many values there are.
        verb = {"en": "belongs to no account", "fr": "n’appartient à aucun compte"}[language]
        assert all(verb in text for text in texts), texts


@pytest.mark.parametrize("language", MESSAGES.languages)
@pytest.mark.parametrize(
    ("ids", "english", "french"),
    [
        (["318"], "this instructor exists", "cet intervenant existe"),
        (["318", "319"], "these instructors exist", "ces intervenants existent"),
    ],
)
def test_instructors_who_were_not_received_are_as_many_as_are_linked(
    language: str, ids: list[str], english: str, french: str
) -> None:
    facts = Facts(kind="session", source_id="S", name="Sales", record={"instructor_ids": ids})
    said = MESSAGES.render(BASE, "session.instructor_without_email", facts, language)
    assert {"en": english, "fr": french}[language] in said.fix, said.fix


@pytest.mark.parametrize(("book", "rule", "language"), EVERY)
def test_what_to_do_names_no_time_that_has_passed(book: Rulebook, rule: Rule, language: str) -> None:
    full = everything(rule, book)
    for facts in (full, *by_examples(rule)):
        late = msgspec.structs.replace(facts, as_of="2031-03-02T10:00:00Z", last_sync=None, next_run=None)
        said = MESSAGES.render(book, rule.id, late, language)
        assert not re.search(r"\b20[012]\d\b", said.fix), said.fix


@pytest.mark.parametrize(("book", "rule", "language"), EVERY)
def test_no_sentence_begins_with_the_bare_words_for_a_place(book: Rulebook, rule: Rule, language: str) -> None:
    bare = msgspec.structs.replace(
        book, places={}, customer=msgspec.structs.replace(book.customer, source=None, platform=None)
    )
    facts = everything(rule, book)
    said = MESSAGES.render(bare, rule.id, facts, language)
    words = "|".join(MESSAGES.language(language).phrases.places.values())
    for text in (said.problem, said.fix):
        assert not re.search(rf"(?:^|[.!?]\s+)(?:{words})\b", text), text


WHOLE = Classifier(BASE)
AT = Moment(datetime(2026, 11, 21, 11, tzinfo=UTC), "Europe/Paris")


def decided(*records: Record) -> dict[str, tuple[str, str, str]]:
    """Id to the deciding rule and what the problem is called in English and in French."""
    found = WHOLE.decide(records, AT)
    told = {}
    for place, one in enumerate(found.decisions):
        if one is not None and one.matches:
            rule = one.matches[0].rule
            said = [MESSAGES.render(BASE, rule, found.facts(place, rule), each).problem for each in ("en", "fr")]
            told[one.source_id] = (rule, said[0], said[1].replace("\u00a0", " ").replace("\u202f", " "))
    return told


ELIA = Learner(source_id="L1", first_name="Elia", last_name="Vasserot", email="elia@example.org", company="Norvane")


@pytest.mark.parametrize(
    ("fields", "english", "french"),
    [
        (
            {"starts_at": AT.as_of + timedelta(days=3), "status": "cancelled"},
            "“Sales” on Tuesday 24 November 2026 at 12:00, is cancelled.",
            "« Sales » du mardi 24 novembre 2026 à 12:00, est annulée.",
        ),
        (
            {"starts_at": AT.as_of - timedelta(days=3), "ends_at": AT.as_of - timedelta(days=2.9)},
            "“Sales”, was on Wednesday 18 November 2026 at 12:00.",
            "« Sales », a eu lieu le mercredi 18 novembre 2026 à 12:00.",
        ),
        ({}, "“Sales”, has no date.", "« Sales », n’a pas de date."),
    ],
)
def test_who_has_only_sessions_that_bring_nobody_is_told_of_the_nearest(
    fields: dict[str, Any], english: str, french: str
) -> None:
    session = Session(source_id="S1", name="Sales", instructor_ids=("I1",), learner_ids=("L1",), **fields)
    rule, said, dit = decided(ELIA, session)["L1"]
    assert rule == "learner.no_session_in_window"
    assert said.endswith(f"no session in the 14 days ahead. The nearest that is known, {english}")
    assert dit.endswith(f"La plus proche connue, {french}")


def test_a_former_id_is_told_as_gone_or_as_of_somebody_who_has_left() -> None:
    lesson = Session(source_id="S1", name="Sales", starts_at=AT.as_of + timedelta(days=3), learner_ids=("L1",))
    account = Account(source_id="A1", source_kind="learner", source_ref="318", email="elia@example.org")
    # Ids of two kinds may be alike.
    other = Instructor(source_id="318", first_name="Orla", last_name="Quist")
    rule, said, dit = decided(ELIA, lesson, account, other)["L1"]
    assert rule == "learner.new_id"
    assert "another id, 318, which the source no longer has, and" in said
    assert "318, qui n’existe plus dans la source, et" in dit
    left = msgspec.structs.replace(ELIA, source_id="318", status="left")
    _, said, dit = decided(ELIA, lesson, account, left, other)["L1"]
    assert "another id, 318, of somebody who has left according to the source, and" in said
    assert "318, celui d’une personne partie selon la source, et" in dit


def test_what_a_connector_made_is_not_called_made_by_hand() -> None:
    account = Account(source_id="A1", first_name="Elia", last_name="Vasserot", email="x@example.org", role="learner")
    sheet = Sheet(source_id="F1", name="Sales")
    for made, by, par in (
        (None, "by hand", "à la main"),
        ("owner", "by hand (owner)", "à la main (propriétaire)"),
        ("api", "by a connector", "par un connecteur"),
    ):
        found = decided(*(msgspec.structs.replace(one, created_by=made) for one in (account, sheet)))
        assert (found["A1"][0], found["F1"][0]) == ("account.made_by_hand", "sheet.made_by_hand")
        assert all(f"made {by} on" in said for _, said, _ in found.values())
        assert all(f" {par} sur" in said for _, _, said in found.values())
    own = Account(source_id="A0", source_kind="learner", source_ref="L1", role="learner")
    twice = msgspec.structs.replace(account, email="elia@example.org", created_by="api")
    rule, said, dit = decided(ELIA, own, twice)["L1"]
    assert rule == "learner.copy_made_by_hand"
    assert "another by a connector" in said
    assert "l’autre par un connecteur" in dit


def test_a_class_whose_teachers_enrolment_is_over_is_told_whose_and_one_without_any_that_none_was_received() -> None:
    maths = Class(source_id="C1", name="Maths")
    orla = Instructor(source_id="318", first_name="Orla", last_name="Quist", email="orla@example.org")
    over = Enrolment(source_id="E1", class_id="C1", person_id="318", role="instructor", ends_on=date(2026, 11, 20))
    for ended in (over, msgspec.structs.replace(over, ends_on=None, status="ended")):
        rule, said, dit = decided(maths, orla, ended)["C1"]
        assert rule == "class.teacher_missing"
        assert said.endswith(
            "nobody teaches the class Maths any more: the enrolment of Orla Quist (id 318) there is over."
        )
        assert dit.endswith("car l’inscription d’Orla Quist (identifiant 318) est terminée.")
    _, said, _ = decided(maths)["C1"]
    assert said.endswith("nobody who teaches the class Maths was received from the source.")
