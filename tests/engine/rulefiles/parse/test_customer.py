"""What a customer's file says beside its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.connector_spec import Schedule
from tests.engine.rule_folders import CUSTOMER, problems, rulebook, told

SENT = "source: {connector: sent, system: Old ERP, layer: harbour, provides: {learner: [email, status]}}\n"
SOURCE = CUSTOMER.splitlines()[3] + "\n"


def test_a_file_names_the_customer_its_systems_schedule_and_segments(tmp_path: Path) -> None:
    more = """\
schedule: {downward: [22:00, 12:00], upward: [22:00]}
segments:
  rennes: {site_code: [S-1, 0012]}
  nantes: {site_code: S-3, section: A}
"""
    customer = rulebook(tmp_path, customer=CUSTOMER + more).customer
    assert (customer.id, customer.name, customer.language, customer.zone) == (
        "norvane",
        "Campus Norvane",
        "fr",
        "Europe/Paris",
    )
    assert customer.schedule == Schedule(("12:00", "22:00"), ("22:00",))
    assert customer.segments == {
        "rennes": {"site_code": ("S-1", "0012")},
        "nantes": {"site_code": ("S-3",), "section": ("A",)},
    }
    assert customer.source is not None
    assert customer.source.title == "Harbour"
    assert customer.source.options == {"url": "https://norvane.example.org", "token": "${MUSTER_NORVANE_HARBOUR}"}


def test_records_that_are_sent_say_what_they_provide_and_name_their_layer(tmp_path: Path) -> None:
    book = rulebook(tmp_path, customer=CUSTOMER.replace(SOURCE, SENT))
    source = book.customer.source
    assert source is not None
    assert source.title == "Old ERP"
    assert source.gives == {"learner": frozenset({"source_id", "email", "status"})}
    assert (source.spec.layer, book.settings["window_days"].value) == ("harbour", 7)


def test_options_are_typed_by_the_connectors_struct(tmp_path: Path) -> None:
    options = "page_size: 50, archived_too: true, schools: [1, 2], roles: {1: learner}, email_kind: private"
    text = CUSTOMER.replace('HARBOUR}"}', f'HARBOUR}}", folder: exports/a.csv, {options}}}')
    source = rulebook(tmp_path, customer=text).customer.source
    assert source is not None
    assert source.options["page_size"] == 50
    assert source.options["schools"] == ["1", "2"]
    assert source.options["roles"] == {"1": "learner"}
    assert source.options["folder"] == "exports/a.csv"


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("name: Campus Norvane\n", "", "missing-key"),
        ("name: Campus Norvane", "name: ''", "empty"),
        ("name: Campus Norvane", "nam: Campus Norvane\nname: x", "unknown-key"),
        ("language: fr", "language: de", "unknown-language"),
        ("zone: Europe/Paris", "zone: Europe/Pariss", "unknown-zone"),
        ("zone: Europe/Paris", "zone: ../../etc/passwd", "unknown-zone"),
        ("zone: Europe/Paris", "zone: Europe", "unknown-zone"),
        ("zone: Europe/Paris", "zone: +01:00", "unknown-zone"),
        ("connector: harbour", "connector: harbor", "unknown-connector"),
        ("connector: harbour", "connector: slate", "wrong-side"),
        ("connector: harbour, ", "", "missing-key"),
        ("{connector: slate}", "slate", "wrong-shape"),
        ("{connector: slate}", "{connector: slate, takes: [lerner]}", "unknown-kind"),
        ("token: ", "tokn: ", "unknown-option"),
        ("https://norvane.example.org", "http://norvane.example.org", "bad-url"),
        ("https://norvane.example.org", "https://user:pw@example.org", "literal-secret"),
        ("https://norvane.example.org", "https://10.0.0.1", "bad-url"),
        ("https://norvane.example.org", "'https://${MUSTER_NORVANE_HOST}'", "misplaced-secret"),
        ('"${MUSTER_NORVANE_HARBOUR}"', "hunter2", "literal-secret"),
        ('"${MUSTER_NORVANE_HARBOUR}"', '"x${MUSTER_NORVANE_HARBOUR}"', "literal-secret"),
        ('"${MUSTER_NORVANE_HARBOUR}"', '"${HOME}"', "literal-secret"),
        ('"${MUSTER_NORVANE_HARBOUR}"', '"${MUSTER_OTHER_HARBOUR}"', "foreign-secret"),
        ('"${MUSTER_NORVANE_HARBOUR}"', '"${MUSTER_NORVANE_}"', "foreign-secret"),
        ('HARBOUR}"}', 'HARBOUR}", folder: ../other}', "bad-path"),
        ('HARBOUR}"}', 'HARBOUR}", folder: a/../../b}', "bad-path"),
        ('HARBOUR}"}', 'HARBOUR}", folder: /etc/passwd}', "bad-path"),
        ('HARBOUR}"}', 'HARBOUR}", folder: "C:\\\\x"}', "bad-path"),
        ('HARBOUR}"}', 'HARBOUR}", folder: "a\\\\..\\\\b"}', "bad-path"),
        ('HARBOUR}"}', 'HARBOUR}", page_size: "50"}', "wrong-option"),
        ('HARBOUR}"}', 'HARBOUR}", page_size: 0}', "wrong-option"),
        ('HARBOUR}"}', 'HARBOUR}", archived_too: yes}', "wrong-option"),
        ('HARBOUR}"}', 'HARBOUR}", email_kind: works}', "wrong-option"),
        ('HARBOUR}"}', 'HARBOUR}", schools: one}', "wrong-shape"),
    ],
)
def test_a_wrong_customer_file_is_told(tmp_path: Path, before: str, after: str, code: str) -> None:
    assert before in CUSTOMER
    found = problems(tmp_path, customer=CUSTOMER.replace(before, after, 1))
    assert code in [problem.code for problem in found]
    assert all("hunter2" not in problem.message + problem.hint for problem in found)


@pytest.mark.parametrize(
    ("more", "code", "hint"),
    [
        ("schedule: {downward: [9:00]}", "bad-time-of-day", "write `09:00`"),
        ("schedule: {downward: [25:00]}", "bad-time-of-day", "write `22:00`"),
        ("schedule: {downward: 12:00}", "wrong-shape", "write `downward: [12:00, 22:00]`"),
        ("schedule: {downwards: [12:00]}", "unknown-key", "did you mean downward?"),
        ("schedule: {downward: [12:00, 12:00]}", "bad-time-of-day", "keep one of them"),
        ("segments: {rennes: {site: S-1}}", "unknown-segment-key", "structure_code"),
        ("segments: {rennes: {}}", "empty", "write `rennes: {site_code: [S-1, S-2]}`"),
        ("segments: {rennes: {site_code: []}}", "empty", "write at least one value"),
        ("segments: {rennes: S-1}", "wrong-shape", ""),
        ("opening: {}", "unknown-key", "known words: name, language"),
    ],
)
def test_a_wrong_schedule_or_segment_is_told(tmp_path: Path, more: str, code: str, hint: str) -> None:
    (found,) = problems(tmp_path, customer=CUSTOMER + more)
    assert found.code == code
    assert hint in found.hint


def test_a_missing_option_says_how_it_is_written(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, customer=CUSTOMER.replace(', token: "${MUSTER_NORVANE_HARBOUR}"', ""))
    assert (found.code, found.hint) == ("missing-option", 'write token: "${MUSTER_NORVANE_...}"')
    assert told((found,)) == [(4, 1, "missing-option")]


def test_records_that_are_sent_name_only_what_there_is(tmp_path: Path) -> None:
    text = CUSTOMER.replace(
        SOURCE, SENT.replace("harbour,", "harbor,").replace("[email, status]", "[mail], seats: [a]")
    )
    assert [problem.code for problem in problems(tmp_path, customer=text)] == [
        "unknown-layer",
        "unknown-field",
        "unknown-kind",
    ]
