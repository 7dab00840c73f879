"""Layers laid over each other, and what each may say."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path

import msgspec
import pytest

from engine.model.rulebook import FINDINGS, MessageText
from engine.rulefiles.check.check import check
from engine.rulefiles.library import Library, load
from tests.engine.rule_folders import BASE, CATALOGUE, CUSTOMER, SETTINGS, problems, rulebook, told, write

TRIAL = """\
rules:
  learner.trial:
    for: learner
    when: {training: {starts_with: essai}}
    then: skip
    messages: {fr: {problem: "{{ name }} est à l'essai.", fix: Rien à faire.}}
    examples:
      - {matches: true, record: {training: Essai BTS}}
      - {matches: false, record: {}}
"""


def hints(folder: Path, **files: str) -> list[tuple[str, str]]:
    return [(problem.code, problem.hint) for problem in problems(folder, **files)]


def test_the_findings_come_first_then_the_base_then_what_is_new(tmp_path: Path) -> None:
    ids = [rule.id for rule in rulebook(tmp_path, customer=CUSTOMER + TRIAL).rules]
    base = ["session.outside_window", "session.no_instructor", "session.not_remote"]
    assert ids == [*FINDINGS, *base, "learner.trial"]


def test_a_change_keeps_the_rules_place_and_says_who_made_it(tmp_path: Path) -> None:
    changed = rulebook(tmp_path, customer=CUSTOMER + "rules: {session.outside_window: {then: flag, fix_in: source}}")
    rule = changed.rules[len(FINDINGS)]
    assert (rule.id, rule.then, rule.fix_in) == ("session.outside_window", "flag", "source")
    assert [(touch.layer, touch.what) for touch in rule.touched] == [
        ("base", ("rule",)),
        ("norvane", ("then", "fix_in")),
    ]
    assert rule.layer == "base"


def test_a_rule_written_whole_again_keeps_its_place(tmp_path: Path) -> None:
    again = """\
rules:
  session.outside_window:
    for: session
    when: {starts_at: {after: in 3 days}}
    then: note
    examples:
      - {matches: true, as_of: 2026-11-21, record: {starts_at: 2026-12-20T09:00:00+01:00}}
      - {matches: false, as_of: 2026-11-21, record: {starts_at: 2026-11-22T09:00:00+01:00}}
"""
    rule = rulebook(tmp_path, customer=CUSTOMER + again).rules[len(FINDINGS)]
    assert (rule.id, rule.then, rule.layer) == ("session.outside_window", "note", "norvane")


def test_a_layer_that_says_nothing_changes_nothing(tmp_path: Path) -> None:
    silent = rulebook(tmp_path, connector="rules: {}\n", customer=CUSTOMER)
    empty = rulebook(tmp_path, connector="# nothing\n", customer=CUSTOMER)
    told = rulebook(tmp_path, connector="rules: {session.not_remote: {}}\nsettings:\n", customer=CUSTOMER)
    assert silent.version == empty.version == told.version
    assert told.rule("session.not_remote") == silent.rule("session.not_remote")


def test_the_version_is_of_what_is_said_and_not_of_where(tmp_path: Path) -> None:
    plain = rulebook(tmp_path)
    moved = rulebook(tmp_path, base="# a remark\n\n" + BASE, connector="settings: {window_days: 7} # a week\n")
    other = rulebook(tmp_path, connector="settings: {window_days: 8}\n")
    assert plain.version == moved.version
    assert plain.version != other.version


def test_a_layer_that_a_package_brings_is_laid_unless_the_operator_has_one_of_its_name(tmp_path: Path) -> None:
    brought = write(tmp_path / "package", {"slate.yaml": "rules: {session.not_remote: {then: note}}\n"}) / "slate.yaml"
    catalogue = {**CATALOGUE, "slate": msgspec.structs.replace(CATALOGUE["slate"], layer_file=brought)}
    rules = write(tmp_path / "rules")
    library = Library(rules, catalogue, clock=itertools.count(0, 10).__next__)

    def reaction() -> str:
        assert load(rules, "norvane", catalogue).rule("session.not_remote") == (
            library.rulebook("norvane").rule("session.not_remote")
        )
        return library.rulebook("norvane").rule("session.not_remote").then

    assert reaction() == "note"
    brought.write_text("rules: {session.not_remote: {then: skip}}  # changed\n", encoding="utf-8")
    assert reaction() == "skip"
    write(rules, {"connectors/slate.yaml": "rules: {}\n"})
    assert reaction() == "off"
    write(rules, {"customers/other.yaml": "name: O\nlanguage: fr\nzone: UTC\nplatform: {connector: slate}\n"})
    brought.write_text("rules: {session.gone: {then: skip}}\n", encoding="utf-8")
    (rules / "connectors" / "slate.yaml").unlink()
    told = check(rules, catalogue, lambda _: ())
    assert ("package/slate.yaml", "unknown-rule") in {(problem.place.path[-18:], problem.code) for problem in told}


def test_later_layers_replace_a_setting_and_nothing_is_merged(tmp_path: Path) -> None:
    changed = rulebook(
        tmp_path,
        settings=SETTINGS.replace(
            "accepted_states: {type: texts, default: []", "accepted_states: {type: texts, default: [pending, validated]"
        ),
        customer=CUSTOMER + "settings: {accepted_states: [validated], reasons: {a: B}}",
    )
    found = {name: (entry.value, entry.layer) for name, entry in changed.settings.items()}
    assert found == {
        "window_days": (7, "harbour"),
        "accepted_states": (("validated",), "norvane"),
        "email_domains": ((), "base"),
        "reasons": ({"a": "B"}, "norvane"),
    }


@pytest.mark.parametrize(
    ("type_", "written", "value"),
    [
        ("integer", "0", 0),
        ("boolean", "false", False),
        ("number", "0.0", 0.0),
        ("text", "12", "12"),
        ("texts", "[12, no, 08:30]", ("12", "no", "08:30")),
        ("date", "2026-12-20", date(2026, 12, 20)),
        ("mapping", "{12: 0012}", {"12": "0012"}),
        ("integer", "", None),
        ("texts", "~", None),
    ],
)
def test_settings_are_typed_and_zero_false_and_unset_are_values(
    tmp_path: Path, type_: str, written: str, value: object
) -> None:
    introduced = f"settings:\n  extra:\n    type: {type_}\n    default: {written}\n    description: An extra.\n"
    assert rulebook(tmp_path, customer=CUSTOMER + introduced).settings["extra"].value == value


@pytest.mark.parametrize(
    ("written", "code", "hint"),
    [
        ("window_days: seven", "wrong-type", "write it like `14`"),
        ('window_days: "7"', "wrong-type", "write it like `14`"),
        ("window_days: [7]", "wrong-type", "write it like `14`"),
        ("window_days: 99999999999", "wrong-type", "write it like `14`"),
        ("window_days: -1", "setting-does-not-fit", "write a number from 0 to"),
        ("accepted_states: validated", "wrong-type", "write it like `[one, two]`"),
        ("accepted_states: [{a: b}]", "wrong-shape", ""),
        ("window_day: 7", "unknown-setting", "did you mean window_days?"),
        ("window_days: {type: integer, default: 7, description: x}", "setting-known", "write only its value"),
        ("extra: {type: integer, default: 1}", "missing-key", "write {type"),
        ("extra: {type: int, default: 1, description: x}", "unknown-word", "did you mean integer?"),
        ("Extra: {type: integer, default: 1, description: x}", "bad-setting-name", "small letters"),
        ("this: {type: integer, default: 1, description: x}", "bad-setting-name", "not ‘this’"),
    ],
)
def test_a_wrong_setting_is_told(tmp_path: Path, written: str, code: str, hint: str) -> None:
    ((found, said),) = hints(tmp_path, customer=CUSTOMER + f"settings:\n  {written}\n")
    assert found == code
    assert hint in said


def test_a_settings_words_must_be_words_of_the_field_it_is_held_against(tmp_path: Path) -> None:
    rule = TRIAL.replace("learner", "session").replace(
        "{training: {starts_with: essai}}", "{status: {not_in: $accepted_states}}"
    )
    rule = rule.replace("{training: Essai BTS}", "{status: pending}").replace(
        "matches: true, ", "matches: true, settings: {accepted_states: [validated]}, "
    )
    ((code, hint),) = hints(tmp_path, customer=CUSTOMER + rule + "settings: {accepted_states: [valid]}\n")
    assert code == "setting-does-not-fit"
    assert hint == "did you mean validated? (validated, pending, cancelled)"


def test_a_rule_names_only_settings_of_its_own_layer_and_below(tmp_path: Path) -> None:
    introduced = "settings: {later: {type: texts, default: [], description: Later.}}\n"
    base = BASE.replace("{remote: false}\n    then: off", "{topic: $later}\n    then: off")
    assert [code for code, _ in hints(tmp_path, base=base, customer=CUSTOMER + introduced)] == ["unknown-setting"]


def test_messages_of_layers_are_laid_by_language(tmp_path: Path) -> None:
    connector = "rules: {session.no_instructor: {messages: {en: {problem: P1, fix: F1}, fr: {problem: P2, fix: F2}}}}"
    customer = CUSTOMER + "rules: {session.no_instructor: {messages: {fr: {problem: P3, fix: F3}}}}"
    messages = rulebook(tmp_path, connector=connector, customer=customer).rule("session.no_instructor").messages
    assert messages == {"en": MessageText("P1", "F1"), "fr": MessageText("P3", "F3")}


def test_the_examples_of_a_rule_run_under_the_settings_of_its_own_layer(tmp_path: Path) -> None:
    book = rulebook(tmp_path, customer=CUSTOMER + TRIAL + "settings: {window_days: 3}")
    assert book.rule("session.outside_window").example_settings["window_days"] == 14
    assert book.rule("learner.trial").example_settings["window_days"] == 3


@pytest.mark.parametrize(
    ("written", "code", "hint"),
    [
        ("session.no_instructors: {then: off}", "unknown-rule", "did you mean session.no_instructor?"),
        ("session.no_instructor: {then: flagg}", "unknown-word", "did you mean flag? (skip, flag, note, off)"),
        ("session.no_instructor: {fix_in: erp}", "unknown-word", "source, aggregator, platform, settings, support"),
        ("session.no_instructor: {them: off}", "unknown-key", "did you mean then?"),
        ("session.no_instructor: off", "wrong-shape", ""),
        ("session.no_instructor: {for: session}", "override-with-examples", "to replace the condition"),
        ("session.no_instructor: {examples: []}", "override-with-examples", "write the rule whole"),
        ("session.no_instructor: {messages: {tlh: {problem: a, fix: b}}}", "unknown-language", "en, fr"),
        ("session.no_instructor: {messages: {fr: {problem: a}}}", "missing-key", "`fix` what to do"),
        ("session.no_instructor: {messages: {fr: {problem: a, fix: ''}}}", "empty", ""),
        ("session.outside_window: {then: flag}", "missing-fix-in", "source, aggregator"),
        ("record.invalid: {then: skip}", "engine-finding", "only its fix_in and messages"),
        ("record.invalid: {when: {}}", "engine-finding", "only its fix_in and messages"),
        ("record.invalidd: {fix_in: source}", "engine-finding", "did you mean record.invalid?"),
    ],
)
def test_a_wrong_change_is_told(tmp_path: Path, written: str, code: str, hint: str) -> None:
    ((found, said),) = hints(tmp_path, customer=CUSTOMER + f"rules:\n  {written}\n")
    assert found == code
    assert hint in said


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        ("    for: learner\n", "", ["incomplete-rule"]),
        ("    when: {training: {starts_with: essai}}\n", "", ["incomplete-rule"]),
        ("    then: skip\n", "", ["incomplete-rule"]),
        ("for: learner", "for: lerner", ["unknown-kind"]),
        ("for: learner", "for: mark", ["unknown-kind"]),
        ("  learner.trial:", "  learner.Trial:", ["bad-rule-id"]),
        ("  learner.trial:", "  instructor.trial:", ["bad-rule-id"]),
        ("  learner.trial:", "  trial:", ["bad-rule-id"]),
        ("matches: true", "matches: yes", ["wrong-type"]),
        ("matches: true", "matches: false", ["missing-example"]),
        ("matches: false", "matches: true", ["missing-example"]),
        ("record: {}}", "recrd: {}}", ["missing-key", "unknown-key"]),
        ("{training: Essai BTS}", "{trainin: Essai BTS}", ["unknown-field"]),
        ("{training: Essai BTS}", "{left_on: yesterday}", ["bad-example"]),
        ("{training: Essai BTS}", "{segments: rennes}", ["bad-example"]),
        ("record: {}}", "record: {}, related: {account: []}}", ["unknown-relation"]),
        ("record: {}}", "record: {}, related: {accounts: [{}]}}", ["bad-example"]),
        ("record: {}}", "record: {}, related: {own_accounts: [{rol: x}]}}", ["unknown-field"]),
        ("record: {}}", "record: {}, settings: {window_days: x}}", ["wrong-type"]),
        ("record: {}}", "record: {}, settings: {window: 1}}", ["unknown-setting"]),
        ("record: {}}", "record: {}, as_of: 2026-11-21T12:00:00}", ["naive-instant"]),
        ("record: {}}", "record: {}, zone: Europe/Pariss}", ["unknown-zone"]),
        ("    messages: {fr:", "    messages: {en:", ["missing-message"]),
    ],
)
def test_a_wrong_rule_is_told(tmp_path: Path, before: str, after: str, codes: list[str]) -> None:
    assert before in TRIAL
    found = hints(tmp_path, customer=CUSTOMER + TRIAL.replace(before, after, 1))
    assert [code for code, _ in found] == codes


def test_a_rule_that_always_matches_needs_no_other_example(tmp_path: Path) -> None:
    rule = TRIAL.replace("{training: {starts_with: essai}}", "{}").replace("      - {matches: false, record: {}}\n", "")
    assert rulebook(tmp_path, customer=CUSTOMER + rule).rule("learner.trial").examples


def test_an_id_stands_once_in_a_layer(tmp_path: Path) -> None:
    found = problems(tmp_path, settings=SETTINGS + BASE)
    assert {problem.code for problem in found} == {"duplicate-rule"}
    assert "rules/" not in found[0].place.path  # the folder is called as it is called
    assert found[0].place.path.endswith("/base/settings.yaml")


def test_changing_a_rule_that_is_broken_below_is_no_mistake_of_its_own(tmp_path: Path) -> None:
    base = BASE.replace("instructor_ids: {is: missing}", "instructor_idz: {is: missing}")
    customer = CUSTOMER + "rules: {session.no_instructor: {then: off}}"
    found = problems(tmp_path, base=base, customer=customer)
    assert told(found) == [(11, 12, "unknown-field")]


def test_an_example_is_at_noon_of_its_day_in_its_zone(tmp_path: Path) -> None:
    rule = TRIAL.replace("record: {}}", "record: {}, as_of: 2026-07-01, zone: Asia/Tokyo, last_sync: 2026-06-30}")
    first, second = rulebook(tmp_path, customer=CUSTOMER + rule).rule("learner.trial").examples
    assert (first.as_of.isoformat(), first.zone) == ("2026-11-21T12:00:00+01:00", "Europe/Paris")
    assert second.as_of.isoformat() == "2026-07-01T12:00:00+09:00"
    assert second.last_sync is not None
    assert second.last_sync.isoformat() == "2026-06-30T12:00:00+09:00"


def test_a_rule_that_the_matcher_cannot_take_is_told_by_name(tmp_path: Path) -> None:
    blocks = ", ".join(f"{{any: [{{section: a{number}, phone: b}}, {{company: c}}]}}" for number in range(9))
    assert hints(
        tmp_path, customer=CUSTOMER + TRIAL.replace("{training: {starts_with: essai}}", f"{{all: [{blocks}]}}")
    ) == [("too-nested", "split it into several rules")]
    few = ", ".join(f"{{any: [{{section: a{number}}}, {{company: c}}]}}" for number in range(12))
    assert rulebook(
        tmp_path, customer=CUSTOMER + TRIAL.replace("{training: {starts_with: essai}}", f"{{all: [{few}]}}")
    )
