"""Places are called as people call them: by their layer, else by the system's name, else in the language's words."""

from __future__ import annotations

import msgspec

from engine.language.renderer import Messages
from engine.model.decisions import Facts
from engine.model.rulebook import FIX_IN
from tests.engine.language.test_renderer import BASE, HARBOUR, MESSAGES, NORVANE


def called(language: str) -> list[str]:
    return [MESSAGES.place(HARBOUR, place, language) for place in FIX_IN]


def test_what_stands_in_the_sis_is_mended_there_and_not_in_what_passes_it_on() -> None:
    assert called("en") == ["your SIS", "Wonde", "Education Perfect", "the settings of this connection", "support"]
    assert called("fr") == ["votre SIS", "Wonde", "Education Perfect", "les réglages de cette connexion", "le support"]


def test_a_system_that_no_layer_renames_is_called_by_its_name_and_an_unknown_one_in_words() -> None:
    assert MESSAGES.place(NORVANE, "source", "fr") == "Ypareo"
    assert MESSAGES.place(BASE, "source", "fr") == "la source"
    assert (MESSAGES.sender(NORVANE, "en"), MESSAGES.sender(HARBOUR, "en")) == ("Ypareo", "Wonde")


def test_a_school_may_name_its_own_sis() -> None:
    named = msgspec.structs.replace(HARBOUR, places={**HARBOUR.places, "source": {"en": "Larkspur SIS"}})

    assert MESSAGES.place(named, "source", "fr") == "Larkspur SIS"


def test_what_is_mended_in_the_sis_is_told_how_it_gets_on_and_an_id_whose_it_is() -> None:
    learner = Facts("learner", "W3", "Ada Nkemelu", {"mis_id": "4711"}, next_run="2026-11-22T02:00:00Z")
    fix = Messages().render(HARBOUR, "learner.email_missing", learner, "en").fix
    assert fix == (
        "Enter the email of Ada Nkemelu (MIS id 4711) in your SIS; it will be picked up at the next run, on Sunday 22 "
        "November 2026 at 02:00. Wonde reads your SIS about every two hours."
    )
    without = msgspec.structs.replace(learner, record={})
    assert (
        "Ada Nkemelu (Wonde id W3) in your SIS" in MESSAGES.render(HARBOUR, "learner.email_missing", without, "en").fix
    )
    assert "(identifiant W3) dans Ypareo" in MESSAGES.render(NORVANE, "learner.email_missing", without, "fr").fix
