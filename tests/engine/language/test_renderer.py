from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
import yaml
from jinja2 import meta

from connectors.registry import catalogue
from engine.language.filters import FILTERS, NAMES, names_for
from engine.language.renderer import Messages, _compiled
from engine.language.wholeness import FALLBACK
from engine.model.decisions import Facts, RelatedFacts
from engine.model.package_files import RULES
from engine.model.problems import Place
from engine.model.rulebook import MessageText, Rulebook, Touch
from engine.records.decode import Invalid, faults_of, read_json
from engine.records.kinds import KINDS, kind_of
from engine.records.limits import LONGEST_SAID
from engine.records.unread import unread
from engine.rulefiles.check.messages import problems_of, sample_facts
from engine.rulefiles.library import load, load_base

MESSAGES = Messages()
BASE = load_base(RULES, catalogue())
NORVANE = load(RULES, "norvane", catalogue())
HARBOUR = load(RULES, "harbour", catalogue())

SESSION = Facts(
    kind="session",
    source_id="904412",
    name="Négociation vente",
    record={
        "name": "Négociation vente",
        "starts_at": "2026-12-01T08:00:00Z",
        "ends_at": "2026-12-01T11:00:00Z",
        "instructor_ids": ["318"],
    },
    as_of="2026-11-21T11:00:00Z",
    last_sync="2026-11-21T11:00:00Z",
    next_run="2026-11-21T21:00:00Z",
)
LEARNER = Facts(
    kind="learner",
    source_id="20881",
    name="Elia Vasserot",
    record={"first_name": "Elia", "last_name": "Vasserot", "email": "elia.vasserot@example.org"},
    as_of="2026-11-21T11:00:00Z",
    next_run="2026-11-21T21:00:00Z",
)
SHEET = Facts(
    kind="sheet",
    source_id="crs_7",
    name="Négociation vente",
    record={
        "source_ref": "904412",
        "starts_at": "2026-11-20T08:00:00Z",
        "archived": True,
        "first_archived_at": "2026-11-20T17:30:00Z",
    },
    as_of="2026-11-21T11:00:00Z",
    next_run="2026-11-21T21:00:00Z",
)


def related(facts: Facts, **relations: list[dict[str, object]]) -> Facts:
    return msgspec.structs.replace(
        facts, related={name: RelatedFacts(len(items), tuple(items)) for name, items in relations.items()}
    )


def person(kind: str, source_id: str, name: str, **fields: object) -> dict[str, object]:
    return {"kind": kind, "source_id": source_id, "name": name, **fields}


def with_message(book: Rulebook, rule_id: str, text: MessageText, layer: str, language: str = "en") -> Rulebook:
    """The rulebook with a layer's message beside one rule."""
    rules = tuple(
        msgspec.structs.replace(
            rule,
            messages={**rule.messages, language: text},
            touched=(*rule.touched, Touch(layer, ("messages",), Place("x.yaml"))),
        )
        if rule.id == rule_id
        else rule
        for rule in book.rules
    )
    return msgspec.structs.replace(book, rules=rules)


GOLDEN: dict[str, Facts] = {
    "session.no_instructor": SESSION,
    "session.instructor_without_email": related(SESSION, instructors=[person("instructor", "318", "Orla Quist")]),
    "session.outside_window": SESSION,
    "learner.no_session_in_window": related(
        LEARNER,
        sessions=[
            {**person("session", "1", "Droit"), "starts_at": "2026-12-02T08:00:00Z", "status": "cancelled"},
            {**person("session", "2", "Anglais"), "starts_at": "2026-12-01T08:00:00Z"},
            {**person("session", "3", "Gestion"), "starts_at": "2026-11-20T08:00:00Z"},
        ],
    ),
    "learner.duplicate": related(LEARNER, same_person=[person("learner", "21990", "Elia Vasserot")]),
    "learner.email_missing": msgspec.structs.replace(LEARNER, record={"first_name": "Elia"}, next_run=None),
    "learner.email_shared": related(LEARNER, same_email=[person("learner", str(n), f"Jon {n}") for n in range(5)]),
    "learner.role_mismatch": related(LEARNER, email_accounts=[person("account", "usr_1", "Elia", role="instructor")]),
    "learner.left": msgspec.structs.replace(LEARNER, record={"status": "suspended", "left_on": "2026-11-20"}),
    "sheet.archived_again": SHEET,
    "sheet.archived_too_recently": SHEET,
    "record.invalid": Facts(
        "session",
        "904995",
        "Management",
        record={},
        errors=(unread("not_a_time", "starts_at", found="text_no_time", value="24/11 à 9h"),),
    ),
}
"""Rule to facts; what is said of them stands in golden_messages.yaml, with plain spaces."""


@pytest.mark.parametrize("rule", GOLDEN)
def test_a_message_says_the_effect_the_record_the_place_and_the_time(rule: str) -> None:
    golden = yaml.safe_load((Path(__file__).parent / "golden_messages.yaml").read_text("utf-8"))

    said = {language: MESSAGES.render(NORVANE, rule, GOLDEN[rule], language) for language in golden[rule]}

    assert {name: {"problem": plain(one.problem), "fix": plain(one.fix)} for name, one in said.items()} == golden[rule]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("rule", sorted(MESSAGES.packaged(FALLBACK)))
def test_all_languages_of_a_rule_use_the_same_facts(rule: str) -> None:
    used = {
        frozenset(
            name
            for text in (message.problem, message.fix)
            for name in meta.find_undeclared_variables(MESSAGES.language(FALLBACK).environment.parse(text))
        )
        for message in (MESSAGES.packaged(language)[rule].text for language in MESSAGES.languages)
    }

    assert len(used) == 1


@pytest.mark.parametrize("full", [False, True], ids=["nothing known", "everything known"])
@pytest.mark.parametrize("book", [BASE, NORVANE, HARBOUR], ids=lambda book: book.customer.id)
def test_every_message_renders_with_nothing_known_and_with_everything(book: Rulebook, full: bool) -> None:
    for rule in book.rules:
        for language in MESSAGES.languages:
            said = MESSAGES.render(book, rule.id, sample_facts(rule, book, full=full), language)

            for text in (said.problem, said.fix):
                assert text.strip() == text
                assert text
                assert not re.search(r"None|Undefined|\{\{|\{%|  | [.,]|\( |\(\)", text), (rule.id, language, text)
            assert MESSAGES.language(language).phrases.failed_fix not in said.fix


def test_french_signs_stand_after_no_break_spaces_and_apostrophes_are_typographic() -> None:
    texts = [
        text
        for book in (BASE, HARBOUR, NORVANE)
        for rule in book.rules
        for own in (rule.messages.get("fr") or MESSAGES.packaged("fr")[rule.id].text,)
        for text in (own.problem, own.fix)
    ]

    for text in texts:
        written = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "X", text, flags=re.DOTALL)
        assert not re.search(r" [:;?!»]|« |[^\s\u00a0\u202f][;?!»]|\w'", written), text


# What a customer may write.


def test_a_customers_own_message_comes_before_the_packaged_one_in_its_language_only() -> None:
    own = MessageText("{{ name }} has nobody.", "Ask {{ customer }}.")
    book = with_message(NORVANE, "session.no_instructor", own, "norvane")

    assert MESSAGES.render(book, "session.no_instructor", SESSION, "en").problem == "Négociation vente has nobody."
    assert MESSAGES.render(book, "session.no_instructor", SESSION, "en").fix == "Ask Campus Norvane."
    assert MESSAGES.render(book, "session.no_instructor", SESSION, "fr").problem.startswith("Non synchronisée")


def test_a_customers_message_that_is_more_than_names_and_filters_is_never_rendered() -> None:
    own = MessageText("{% for a in range(9) %}{{ a }}{% endfor %}", "x")
    book = with_message(NORVANE, "session.no_instructor", own, "norvane")

    said = MESSAGES.render(book, "session.no_instructor", SESSION, "en")

    assert said.problem.startswith("Not synced: no instructor")
    assert [problem.code for problem in problems_of(MESSAGES, book)] == ["bad-message"]


def test_a_connector_layers_message_has_the_whole_syntax_within_the_sandbox() -> None:
    whole = MessageText("{% if room %}{{ room }}{% else %}no room{% endif %}", "{{ source }}")
    book = with_message(NORVANE, "session.no_instructor", whole, "ypareo")
    assert MESSAGES.render(book, "session.no_instructor", SESSION, "en").problem == "no room"
    assert problems_of(MESSAGES, book) == ()

    for escape in ("{{ ''.__class__.__mro__ }}", "{{ name.__init__.__globals__ }}", "{{ cycler }}", "{{ range(9) }}"):
        book = with_message(NORVANE, "session.no_instructor", MessageText(escape, "x"), "ypareo")
        assert MESSAGES.render(book, "session.no_instructor", SESSION, "en").problem.startswith("Not synced")
        assert problems_of(MESSAGES, book) != ()


def test_the_effect_that_a_message_begins_with_is_that_of_the_reaction_in_force() -> None:
    noted = MESSAGES.render(BASE, "learner.company_missing", LEARNER, "fr").problem
    flagged = MESSAGES.render(NORVANE, "learner.company_missing", LEARNER, "fr").problem
    remarked = MESSAGES.render(HARBOUR, "class.teacher_missing", Facts("class", "C-9X", "9X/Sc1", {}), "fr").problem

    assert plain(noted).startswith("Remarque : Elia Vasserot n’a pas d’entreprise")
    assert plain(flagged).startswith("Non synchronisé : Elia Vasserot n’a pas d’entreprise")
    assert plain(remarked).startswith("Remarque : aucun intervenant de la classe 9X/Sc1 n’a été")


# How values are shown.


@pytest.mark.parametrize(
    ("text", "english", "french"),
    [
        ("{{ room }}", "(not given)", "(non renseigné)"),
        ("{{ remote }}", "yes", "oui"),
        ("{{ status }}", "pending", "en attente"),
        ("{{ kind }}", "session", "séance"),
        ("{{ families | words }}", "BTS, CAP and Bac pro", "BTS, CAP et Bac pro"),
        ("{{ starts_at | clock }}", "09:00", "09:00"),
        ("{{ starts_at | day }}", "1 December 2026", "1er décembre 2026"),
        ("{{ room | day }}", "(not given)", "(non renseigné)"),
        ("{{ settings.window_days }}", "7", "7"),
        ("{{ source | of }}", "of Ypareo", "d’Ypareo"),
        ("{{ platform | of }}", "of Edusign", "d’Edusign"),
        ("{{ customer | of }}", "of Campus Norvane", "de Campus Norvane"),
        ("{{ last_sync }}", "(not given)", "(non renseigné)"),
        ("{{ related.learners.count }}", "0", "0"),
        ("{{ related.learners.items | names }}", "(not given)", "(non renseigné)"),
        ("{{ errors | words }}", "(not given)", "(non renseigné)"),
        ("{{ segment_keys | words }}", "site code S-1 and S-2", "code de site S-1 et S-2"),
    ],
)
def test_a_value_is_shown_as_the_language_writes_it(text: str, english: str, french: str) -> None:
    record = SESSION.record | {
        "remote": True,
        "status": "pending",
        "families": ["BTS", "CAP", "Bac pro"],
        "segment_keys": {"site_code": ["S-1", "S-2"]},
    }
    facts = msgspec.structs.replace(SESSION, record=record, last_sync=None)

    assert MESSAGES.rendered(text, "en", facts, NORVANE) == english
    assert MESSAGES.rendered(text, "fr", facts, NORVANE) == french


def test_times_are_the_customers_and_its_systems_are_called_by_their_names() -> None:
    text = "{{ starts_at | clock }} {{ source }} {{ platform }}"

    assert MESSAGES.rendered(text, "en", SESSION, NORVANE) == "09:00 Ypareo Edusign"
    assert MESSAGES.rendered(text, "en", SESSION, HARBOUR) == "08:00 your SIS Education Perfect"
    assert MESSAGES.rendered(text, "fr", SESSION, BASE) == "09:00 la source la plateforme"


def test_what_a_record_says_is_never_a_template_and_never_too_long() -> None:
    facts = msgspec.structs.replace(SESSION, name="{{ 7 * 7 }}\n <b>" + "x" * 5000)

    said = MESSAGES.render(NORVANE, "session.no_instructor", facts, "en").problem

    assert "“{{ 7 * 7 }} <b>xxx" in said
    assert len(said) == LONGEST_SAID


def test_how_it_is_passed_on_is_told_in_the_language_of_the_text_before_it() -> None:
    known = HARBOUR.rule("learner.email_missing")
    own = msgspec.structs.replace(known, id="learner.own", messages={"en": MessageText("None.", "Enter it.")})
    book = msgspec.structs.replace(HARBOUR, rules=(known, own))
    facts = Facts("learner", "1", "Elia Vasserot", {})

    said = {rule: MESSAGES.render(book, rule, facts, "fr").fix for rule in ("learner.email_missing", "learner.own")}

    assert said["learner.email_missing"].endswith("Wonde lit votre SIS toutes les deux heures environ.")
    assert said["learner.own"] == "Enter it. Wonde reads your SIS about every two hours."


def test_a_message_names_others_once_and_only_those_it_speaks_of() -> None:
    """What is not said is not read back: a record may have thousands around it."""
    others = tuple(_Untouchable(kind="learner", source_id=f"L-{number}", name="Jon") for number in range(50))
    facts = msgspec.structs.replace(SESSION, related={"learners": RelatedFacts(50, others)})

    assert MESSAGES.render(NORVANE, "session.no_instructor", facts, "en").problem
    with pytest.raises(AssertionError):
        MESSAGES.rendered("{{ related.learners.items | names }}", "en", facts, NORVANE)


def test_two_people_of_one_name_are_told_apart_by_their_ids() -> None:
    two = tuple({"kind": "learner", "source_id": f"L-{number}", "name": "Ada Un"} for number in (1, 2))
    other = {"kind": "learner", "source_id": "L-3", "name": "Bo Deux"}
    facts = msgspec.structs.replace(SESSION, related={"learners": RelatedFacts(3, (two[0], other, two[1]))})
    text = "{{ related.learners.items | names }}"
    assert MESSAGES.rendered(text, "en", facts, BASE) == "Ada Un (id L-1), Bo Deux and Ada Un (id L-2)"
    same = msgspec.structs.replace(SESSION, related={"learners": RelatedFacts(2, (two[0], two[0]))})
    assert MESSAGES.rendered(text, "en", same, BASE) == "Ada Un"


class _Untouchable(dict[str, str]):
    def __getitem__(self, key: str) -> str:
        raise AssertionError(key)

    get = __getitem__  # type: ignore[assignment]


def test_an_unknown_rule_or_language_gives_a_sentence_and_not_an_error() -> None:
    said = MESSAGES.render(NORVANE, "session.gone_since", SESSION, "fr")
    assert plain(said.problem) == "La règle session.gone_since s’applique, mais son message ne peut pas être écrit."

    spoken = MESSAGES.render(NORVANE, "session.no_instructor", SESSION, "tlh")
    assert spoken == MESSAGES.render(NORVANE, "session.no_instructor", SESSION, FALLBACK)


@pytest.mark.parametrize(
    "raw",
    [
        b"no json",
        b"[1, 2]",
        b'{"kind": "learnr", "source_id": "1"}',
        b'{"source_id": "1"}',
        b'{"kind": 3}',
        b'{"kind": "learner"}',
        b'{"kind": "learner", "source_id": true, "nickname": "x", "segments": ["a"], "segment_keys": []}',
        b'{"kind": "learner", "source_id": "1", "birth_date": "3/3/2008", "modified_at": "2026-11-24T09:00:00"}',
        b'{"kind": "learner", "source_id": "1", "birth_date": 3, "modified_at": "soon", "status": "gone"}',
        b'{"kind": "learner", "source_id": "1", "first_name": ["x"], "last_name": {}, "segment_keys": {"site": "x"}}',
        b'{"kind": "session", "source_id": "1", "remote": "no", "starts_at": "0001-01-01T00:00:00+14:00"}',
        b'{"kind": "mark", "source_id": "1", "minutes_late": "ten", "justified": 3}',
        b'{"kind": "mark", "source_id": "1", "minutes_late": -1, "comment": "\\u0000"}',
    ],
)
def test_what_is_wrong_with_a_record_that_cannot_be_read_is_told_in_the_readers_language(raw: bytes) -> None:
    (found,) = read_json([raw])
    kind = found.kind if isinstance(found, Invalid) else kind_of(found)
    facts = Facts(kind, found.source_id, found.source_id, {}, errors=faults_of(found))
    assert facts.errors
    said = MESSAGES.render(NORVANE, "record.invalid", facts, "fr").problem
    assert not re.search(r"\b(found|wanted|missing|leave|text|or|one of|number|did you mean|time|day|e\.g)\b", said), (
        said
    )


def test_what_an_older_version_stored_of_a_record_is_shown_as_it_stands() -> None:
    stored = (
        b'{"kind":"learner","source_id":"1","name":"1","record":{},"errors":["email: found a number, wanted text"]}'
    )
    facts = msgspec.json.decode(stored, type=Facts)
    said = plain(MESSAGES.render(NORVANE, "record.invalid", facts, "fr").problem)
    assert said == "Non synchronisé : impossible de lire 1 (apprenant). Détail : email: found a number, wanted text."


def test_names_and_filters_are_documented_where_authors_read_of_them() -> None:
    page = (Path(__file__).parents[3] / "docs/rules/how-to-write-a-rule.md").read_text("utf-8")

    for name in (*NAMES, *FILTERS):
        assert f"`{name}`" in page, name
    for kind in KINDS:
        assert set(NAMES) <= set(names_for(kind))


def test_many_messages_are_rendered_from_texts_compiled_once() -> None:
    _compiled.cache_clear()
    for number in range(200):
        facts = msgspec.structs.replace(SESSION, source_id=str(number))
        Messages().render(NORVANE, "session.no_instructor", facts, "fr")

    assert _compiled.cache_info().misses == 2


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("ada@example.org\u200b", "holds an invisible character (U+200B) after its last letter."),
        ("\ufeffada@example.org", "holds an invisible character (U+FEFF) before its first letter."),
        ("ada@\u200dexample.org", "holds an invisible character (U+200D) after “ada@”."),
        ("ada@", "is not an address that can be written to."),
    ],
)
def test_a_character_that_nobody_sees_is_named_with_its_place(email: str, said: str) -> None:
    facts = Facts("learner", "7", "Ada Nom", {"email": email})
    assert MESSAGES.render(NORVANE, "learner.email_malformed", facts, "en").problem.endswith(said)


@pytest.mark.parametrize(
    ("starts_at", "late"),
    [
        ("2026-11-21T16:00:00Z", True),
        ("2026-11-21T21:00:00Z", False),
        ("2026-11-24T08:00:00Z", False),
        ("2026-11-21T08:00:00Z", False),  # it has begun: another rule's matter
    ],
)
def test_a_session_that_begins_before_the_next_run_is_not_told_to_wait_for_it(starts_at: str, late: bool) -> None:
    facts = msgspec.structs.replace(SESSION, record=SESSION.record | {"starts_at": starts_at})
    for rule in ("session.no_instructor", "session.changed_since_sync"):
        said = MESSAGES.render(NORVANE, rule, facts, "en").fix
        assert ("too late for it" in said) is late
        assert "Nothing to do" not in said
        assert ("trop tard pour elle" in MESSAGES.render(NORVANE, rule, facts, "fr").fix) is late
