"""Conditions read aloud, in English and in French."""

from __future__ import annotations

import msgspec
import pytest

from engine.language.sentences import Speaker, rule_sentence, sentence
from engine.model.conditions import NEVER, Not
from engine.model.connector_spec import Schedule
from engine.model.rulebook import FINDINGS, Customer, MessageText, Rule, Rulebook, Touch
from tests.engine.conditions import settings, when

WINDOW = settings({"window_days": 14, "archived_for_hours": 24, "families": ("BTS", "CAP")})
BOOK = Rulebook(Customer("base", "Base", "en", "Europe/Paris", None, None, Schedule(), {}), (), WINDOW, "1")

READ = [
    ("learner", "email: {is: missing}", "email address is missing", "l’adresse e-mail est absente"),
    ("session", "name: {is: present}", "name is given", "le nom est renseigné"),
    (
        "session",
        "instructor_ids: {is: missing}",
        "linked instructors are missing",
        "les intervenants liés sont absents",
    ),
    ("learner", "email: {is: malformed}", "email address is not valid", "l’adresse e-mail n’est pas valide"),
    (
        "learner",
        "status: [left, suspended]",
        "status is left or suspended",
        "le statut est «\xa0parti\xa0» ou «\xa0suspendu\xa0»",
    ),
    (
        "learner",
        "company: {starts_with: Atelier}",
        "company starts with “Atelier”",
        "l’entreprise commence par «\xa0Atelier\xa0»",
    ),
    (
        "session",
        "families: $families",
        "families include “BTS” or “CAP” (`families`)",
        "les familles comprennent «\xa0BTS\xa0» ou «\xa0CAP\xa0» (`families`)",
    ),
    (
        "learner",
        "not: {email: {domain_in: $email_domains}}",
        "email address is not at `email_domains` (not set)",
        "l’adresse e-mail n’est pas du domaine `email_domains` (non réglé)",
    ),
    (
        "session",
        "starts_at: {after: in $window_days days}",
        "start is after the next 14 days (`window_days`)",
        "le début est dans plus de 14 jours (`window_days`)",
    ),
    (
        "sheet",
        "first_archived_at: {after: $archived_for_hours hours ago}",
        "time of the first archiving is less than 24 hours (`archived_for_hours`) ago",
        "la date du premier archivage remonte à moins de 24 heures (`archived_for_hours`)",
    ),
    ("session", "starts_at: {on: today}", "start is today", "le début est aujourd’hui"),
    (
        "session",
        "starts_at: {at_least: in 1 day}",
        "start is at least 1 day ahead",
        "le début est dans au moins 1 jour",
    ),
    (
        "session",
        "modified_at: {after: last_sync}",
        "time of the last change is after the last sync",
        "la date de la dernière modification est après la dernière synchronisation",
    ),
    (
        "session",
        "ends_at: {at_most: $this.starts_at}",
        "end is no later than start",
        "la fin est au plus tard le début",
    ),
    ("session", "remote: false", "the session is not held at a distance", "la séance n’est pas à distance"),
    (
        "sheet",
        "not: {archived: true}",
        "the sheet is not archived, or nobody says",
        "la feuille n’est pas archivée, ou rien ne le dit",
    ),
    (
        "session",
        "no: {instructors: {email: {is: well_formed}}}",
        "there is no linked instructor whose email address is valid",
        "il n’y a aucun intervenant lié dont l’adresse e-mail est valide",
    ),
    (
        "learner",
        "every: {sessions: {remote: true}}",
        "for every session, the session is held at a distance",
        "pour chaque séance, la séance est à distance",
    ),
    (
        "learner",
        "count: {email_accounts: {at_least: 2, where: {unless: {archived: true}}}}",
        "there are at least 2 other accounts with the same email (not counting those that are archived)",
        "il y a au moins 2 autres comptes avec la même adresse (sans compter ceux qui sont archivés)",
    ),
    (
        "learner",
        "{any: [{first_name: {is: missing}}, {last_name: {is: missing}, email: {is: missing}}]}",
        "first name is missing, or (last name is missing and email address is missing)",
        "le prénom est absent, ou (le nom de famille est absent et l’adresse e-mail est absente)",
    ),
    (
        "session",
        "{room: {is: missing}, unless: {remote: true}}",
        "room is missing, unless the session is held at a distance",
        "la salle est absente, sauf quand la séance est à distance",
    ),
    (
        "sheet",
        "some: {sessions: {starts_at: {not: $this.starts_at}}}",
        "there is at least one session whose start is something other than the sheet's start",
        "il y a au moins une séance dont le début est renseigné et n’est pas le début de la feuille",
    ),
    (
        "learner",
        "not: {any: [{email: {is: missing}}, {phone: {is: missing}}]}",
        "it is not true that (email address is missing, or phone number is missing)",
        "il est faux que\xa0: (l’adresse e-mail est absente, ou le numéro de téléphone est absent)",
    ),
    ("learner", "{}", "always", "toujours"),
]


@pytest.mark.parametrize(("kind", "written", "english", "french"), READ)
def test_a_condition_reads_aloud(kind: str, written: str, english: str, french: str) -> None:
    condition = when(kind, written)
    assert Speaker("en", kind, BOOK).say(condition) == english
    assert Speaker("fr", kind, BOOK).say(condition) == french


def test_without_a_rulebook_a_setting_stands_by_its_name() -> None:
    condition = when("session", "starts_at: {after: in $window_days days}")
    assert sentence(condition, "en", kind="session") == "start is after the next `window_days` days"
    assert sentence(when("learner", "families: $families"), "en", kind="learner") == "families include `families`"


def test_not_of_not_is_the_thing_itself_and_not_of_no_is_some() -> None:
    missing = when("learner", "email: {is: missing}")
    assert sentence(Not(Not(missing)), "en", kind="learner") == "email address is missing"
    none = when("learner", "not: {no: {own_accounts: {}}}")
    assert sentence(none, "en", kind="learner") == "there is at least one account of its own"


def test_of_nothing_at_all_any_never_holds() -> None:
    assert sentence(NEVER, "en") == "never"


def test_a_rule_is_one_sentence() -> None:
    rule = _rule("email: {is: missing}")
    assert rule_sentence(rule, "en") == "A learner is flagged when email address is missing."
    assert rule_sentence(rule, "fr") == "Un apprenant est signalé quand l’adresse e-mail est absente."
    assert rule_sentence(_rule("{}"), "en") == "Every learner is flagged."


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_finding_of_the_engine_has_a_sentence_of_its_own(language: str) -> None:
    rules = [msgspec.structs.replace(_rule("{}"), id=name, kind="") for name in FINDINGS]
    said = [rule_sentence(rule, language) for rule in rules]
    assert len(set(said)) == len(FINDINGS)
    assert all(text.endswith(".") for text in said)


def test_a_rules_settings_stand_with_the_rulebooks_values() -> None:
    rule = _rule("families: $families")
    assert rule_sentence(rule, "en", BOOK) == (
        "A learner is flagged when families include “BTS” or “CAP” (`families`)."
    )


def test_a_rule_that_a_condition_names_is_called_by_its_title_also_where_it_is_the_customers_own() -> None:
    trial = msgspec.structs.replace(_rule("{}"), messages={"fr": MessageText("X.", "X.", title="À l’essai")})
    book = msgspec.structs.replace(BOOK, rules=(trial,))
    for rule, title in (("learner.drawn", "À l’essai"), ("learner.left", "Départ ou suspension")):
        condition = when("session", f"some: {{learners: {{skipped_by: {rule}}}}}")
        assert title in sentence(condition, "fr", book, kind="session")


def _rule(written: str) -> Rule:
    condition = when("learner", written)
    place = next(iter(WINDOW.values())).place
    return Rule("learner.drawn", "learner", condition, "flag", "source", (), {}, (Touch("base", ("rule",), place),), {})
