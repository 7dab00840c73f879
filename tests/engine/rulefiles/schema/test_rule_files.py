"""The schema of rule files: it takes every file that is right, and finds what is wrong before `muster check` does."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from connectors.registry import catalogue
from engine.model.package_files import RULES
from engine.rulefiles.library import load_base
from engine.rulefiles.parse.operands import TIME_WORDS
from engine.rulefiles.schema.rule_files import rule_file_schema
from engine.rulefiles.yaml_tree import Mapping, Node, Scalar, Sequence, read_nodes

FILES = sorted(path.relative_to(RULES) for path in RULES.rglob("*.yaml"))


@pytest.fixture(scope="module", params=["without the base", "with the base"])
def schema(request: pytest.FixtureRequest) -> Draft202012Validator:
    base = load_base(RULES, catalogue()) if request.param == "with the base" else None
    made = rule_file_schema(catalogue(), base)
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def plain(node: Node) -> Any:
    """The nodes of a file as an editor sees them: YAML 1.2, its dates and times as text."""
    match node:
        case Scalar():
            return node.value
        case Sequence(items=items):
            return [plain(item) for item in items]
        case Mapping(entries=entries):
            return {entry.name: plain(entry.value) for entry in entries}
        case _:
            raise AssertionError(node)


def faults(schema: Draft202012Validator, text: str) -> list[str]:
    read = read_nodes(text.encode(), "rules.yaml")
    assert not read.problems
    return [error.message for error in schema.iter_errors(plain(read.root))]


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_packaged_file_is_right(schema: Draft202012Validator, file: Any) -> None:
    assert faults(schema, (RULES / file).read_text(encoding="utf-8")) == []


WHOLE = """
rules:
  learner.drawn:
    for: learner
    when: {%s}
    then: skip
    examples: [{matches: true, record: {}}, {matches: false, record: {}}]
"""

RIGHT = [
    *(WHOLE.replace("learner", "session") % f"starts_at: {{after: {word}}}" for word in TIME_WORDS),
    WHOLE % "left_on: {before: 2026-12-20}",
    WHOLE % "left_on: $some_day",
    WHOLE % "status: {not: [left, suspended]}",
    WHOLE % "families: {within: $families}, groups: {at_least: $most}",
    WHOLE % "email: {domain_in: .school.example.org}",
    WHOLE % "company: 1860, training: {in: [6E1, 012, true]}",
    WHOLE % "any: [{email: {is: malformed}}, {no: {sessions: {}}}], unless: {some: {own_accounts: {role: learner}}}",
    WHOLE % "count: {email_accounts: 2, accounts: {at_most: $most, where: {archived: true}}}",
    "rules: {learner.drawn: {then: off}, learner.other: null}",
    "rules: {record.invalid: {fix_in: support}}",
    "settings: {fresh: {type: mapping, default: {}, description: New.}, window_days: 7}",
    "name: Norvane\nlanguage: fr\nzone: Europe/Paris\nsegments: {rennes: {site_code: [S-1], sector: 12}}",
    "name: N\nlanguage: en\nzone: UTC\nsource: {connector: pushed, system: Ypareo, provides: {learner: [email]}}",
    "",
]


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_is_taken(schema: Draft202012Validator, text: str) -> None:
    assert faults(schema, text) == []


WRONG = {
    "unknown key": "rulez: {}",
    "unknown kind": "rules: {pupil.drawn: {then: skip}}",
    "a rule without examples": "rules: {learner.drawn: {for: learner, when: {}, then: skip}}",
    "examples without a condition": "rules: {learner.drawn: {then: skip, examples: []}}",
    "the id names another kind": WHOLE.replace("for: learner", "for: session") % "email: {is: missing}",
    "unknown reaction": "rules: {learner.drawn: {then: flagg}}",
    "unknown place to fix it in": "rules: {learner.drawn: {fix_in: erp}}",
    "unknown key of a rule": "rules: {learner.drawn: {title: Drawn}}",
    "unknown field": WHOLE % "emial: {is: missing}",
    "field of another kind": WHOLE % "starts_at: {is: missing}",
    "computed from keys": WHOLE % "segment_keys: {is: missing}",
    "unknown test": WHOLE % "email: {is_not: missing}",
    "unknown word behind is": WHOLE % "email: {is: blank}",
    "well_formed of what has no form": WHOLE % "company: {is: well_formed}",
    "a test of times on a text": WHOLE % "company: {after: today}",
    "domain of what is no address": WHOLE % "company: {domain_in: [example.org]}",
    "one of a few words": WHOLE % "status: lefft",
    "unknown time word": WHOLE % "left_on: {before: todya}",
    "unknown unit of time": WHOLE % "left_on: {before: in 3 fortnights}",
    "an instant on a day": WHOLE % "left_on: {before: 2026-12-20T09:00:00Z}",
    "an instant without offset": WHOLE.replace("learner", "session") % "starts_at: {after: 2026-12-20T09:00:00}",
    "in without a list": WHOLE % "company: {in: Ferrand}",
    "an empty list": WHOLE % "status: []",
    "a field without a test": WHOLE % "email: {}",
    "a size that is no number": WHOLE % "families: {at_least: two}",
    "any without a list": WHOLE % "any: {email: {is: missing}}",
    "an empty not": WHOLE % "not: {}",
    "unknown relation": WHOLE % "some: {accountz: {}}",
    "field of another kind inside a relation": WHOLE % "some: {sessions: {email: {is: missing}}}",
    "a relation inside a relation": WHOLE % "some: {sessions: {some: {instructors: {}}}}",
    "a count without a number": WHOLE % "count: {sessions: {where: {}}}",
    "unknown field of an example": WHOLE.replace("record: {}", "record: {emial: x}") % "email: {is: missing}",
    "unknown relation of an example": WHOLE.replace("record: {}", "record: {}, related: {x: []}") % "",
    "accounts in an example": WHOLE.replace("record: {}", "record: {}, related: {accounts: []}") % "",
    "an example that says nothing": WHOLE.replace("matches: true, ", "") % "",
    "a message without a fix": "rules: {learner.drawn: {messages: {en: {problem: Wrong.}}}}",
    "messages in an unknown language": "rules: {learner.drawn: {messages: {xx: {problem: A, fix: B}}}}",
    "a finding that is no flag": "rules: {record.invalid: {then: skip}}",
    "a finding with a condition": "rules: {record.invalid: {when: {}}}",
    "an unknown finding": "rules: {record.strange: {then: flag}}",
    "a setting without description": "settings: {fresh: {type: integer, default: 1}}",
    "a default of another type": "settings: {fresh: {type: integer, default: x, description: New.}}",
    "an unknown type of setting": "settings: {fresh: {type: list, default: [], description: New.}}",
    "a customer without zone": "name: N\nlanguage: fr",
    "an unknown language": "name: N\nlanguage: xx\nzone: UTC",
    "an unknown connector": "name: N\nlanguage: fr\nzone: UTC\nsource: {connector: ypareoo}",
    "a platform as source": "name: N\nlanguage: fr\nzone: UTC\nsource: {connector: edusign}",
    "an unknown option": "name: N\nlanguage: fr\nzone: UTC\nsource: {connector: pushed, system: Y, colour: red}",
    "a missing option": "name: N\nlanguage: fr\nzone: UTC\nsource: {connector: pushed}",
    "a field that no kind has": (
        "name: N\nlanguage: fr\nzone: UTC\nsource: {connector: pushed, system: Y, provides: {learner: [emial]}}"
    ),
    "a secret in the file": "name: N\nlanguage: fr\nzone: UTC\nplatform: {connector: edusign, token: abc123}",
    "a time of day": "name: N\nlanguage: fr\nzone: UTC\nschedule: {downward: [25:00]}",
    "an unknown segment key": "name: N\nlanguage: fr\nzone: UTC\nsegments: {rennes: {sitecode: S-1}}",
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_planted_mistake_is_found(schema: Draft202012Validator, mistake: str) -> None:
    assert faults(schema, WRONG[mistake]) != []


def test_every_connector_can_be_written(schema: Draft202012Validator) -> None:
    written: Any = schema.schema
    for side in ("source", "platform"):
        names = [spec.name for spec in catalogue().values() if spec.side == side]
        assert written["properties"][side]["properties"]["connector"]["enum"] == names
        assert all(f"{side}.{name}" in written["$defs"] for name in names)


def test_every_option_says_what_it_is_for(schema: Draft202012Validator) -> None:
    written: Any = schema.schema
    silent = [
        f"{spec.name}.{name}"
        for spec in catalogue().values()
        for name, option in written["$defs"][f"{spec.side}.{spec.name}"]["properties"].items()
        if name != "connector" and not option.get("description")
    ]
    assert silent == []
