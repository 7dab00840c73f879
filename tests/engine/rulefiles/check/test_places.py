"""No message sends anybody elsewhere than the label beside it, whatever stands between source and platform."""

from __future__ import annotations

import msgspec
import pytest

from engine.model.decisions import Facts
from engine.model.rulebook import MessageText, Rulebook
from engine.records.unread import unread
from engine.rulefiles.check.messages import problems_of
from tests.engine.language.test_renderer import BASE, HARBOUR, MESSAGES, NORVANE, with_message


def elsewhere(book: Rulebook) -> list[tuple[str, str]]:
    return [(one.severity, one.message) for one in problems_of(MESSAGES, book) if one.code == "other-place"]


@pytest.mark.parametrize("book", [BASE, NORVANE, HARBOUR], ids=["base", "norvane", "harbour"])
def test_every_message_in_force_sends_people_where_its_label_says(book: Rulebook) -> None:
    assert elsewhere(book) == []


@pytest.mark.parametrize(
    ("fix", "told"),
    [
        ("Correct it in {{ sender }}.", "says to mend it in aggregator"),
        ("Look at {{ platform }}, then correct it in {{ source }}.", "in platform and source, first of all"),
        ("Ask support.", "says to mend it in support"),
        ("Correct it.", "says to mend it in no place"),
        ("Correct it in Wonde, or in {{ source }}.", None),
    ],
)
def test_a_layers_text_that_names_another_place_than_its_label_is_an_error(fix: str, told: str | None) -> None:
    text = MessageText("{{ effect }}: x.", fix, "X")
    found = elsewhere(with_message(HARBOUR, "learner.email_missing", text, "wonde"))

    if told is None:
        ((severity, message),) = found
        assert (severity, "has the name “Wonde” written into it" in message) == ("warning", True)
    else:
        assert any(severity == "error" and told in message for severity, message in found)


def test_a_customers_own_text_may_name_no_place_and_is_warned_of_another() -> None:
    def said(fix: str) -> list[tuple[str, str]]:
        text = MessageText("{{ effect }} : x.", fix, "X")
        return elsewhere(with_message(NORVANE, "session.no_instructor", text, "norvane", "fr"))

    assert said("Appelez la scolarité.") == []
    assert [severity for severity, _ in said("Corrigez-le sur {{ platform }}.")] == ["warning"]
    assert msgspec.structs.asdict(NORVANE.rule("session.no_instructor"))["fix_in"] == "source"


@pytest.mark.parametrize("rule", ["record.invalid", "record.id_conflict"])
def test_what_came_and_cannot_be_used_is_told_where_it_stands_whatever_it_is(rule: str) -> None:
    only_sis = MessageText("{{ effect }}: x.", "Correct it in {{ sender }}.", "X")
    told = elsewhere(with_message(HARBOUR, rule, only_sis, "wonde"))
    assert any("says to mend it in aggregator" in said for _, said in told)
    account = Facts("account", "A-1", "Mina Okparo", {"email": "mina@example.org"})
    for language in ("en", "fr"):
        said = MESSAGES.render(HARBOUR, rule, account, language)
        assert "Wonde" not in said.problem + said.fix
        assert "Education Perfect" in said.fix
    odd = Facts("learner", "W-3", "Mina Okparo", {}, errors=(unread("not_an_object"),))
    assert MESSAGES.render(HARBOUR, "record.invalid", odd, "en").fix.startswith("Send support this message")
    assert MESSAGES.render(HARBOUR, "record.invalid", Facts("mark", "M-1", "M-1", {}), "en").problem == (
        "Not synced: M-1 (mark) could not be read."
    )


def test_what_waits_for_another_records_issue_names_no_place_of_its_own() -> None:
    text = MessageText("{{ effect }}: x.", "Correct it in {{ source }}.", "X")
    ((severity, message),) = elsewhere(with_message(HARBOUR, "record.waits", text, "wonde"))
    assert (severity, "says to mend it in source" in message) == ("error", True)
