"""What `muster check` says of a folder."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from engine.model.problems import Problem
from engine.model.rulebook import Rulebook
from engine.rulefiles.check.check import check
from engine.rulefiles.problem_codes import CODES
from tests.engine.rule_folders import BASE, CATALOGUE, CUSTOMER, FOLDER, write

ENGINE = Path(__file__).parents[4] / "engine"


def silent(_rulebook: Rulebook) -> tuple[Problem, ...]:
    """Messages in which nothing is wrong."""
    return ()


def found(folder: Path, **files: str) -> list[tuple[str, str, str]]:
    """File, code and message of everything that is said."""
    said = check(write(folder, {**FOLDER, **files}), CATALOGUE, silent)
    return [(problem.place.path.rpartition("/")[2], problem.code, problem.message) for problem in said]


def test_a_folder_in_which_nothing_is_wrong_says_nothing(tmp_path: Path) -> None:
    assert found(tmp_path) == []


def test_an_example_that_does_not_do_what_it_claims_is_told(tmp_path: Path) -> None:
    base = BASE.replace('{instructor_ids: ["318"]}', "{}")
    assert found(tmp_path, **{"base/session.yaml": base}) == [
        (
            "session.yaml",
            "example-fails",
            "this example claims that ‘session.no_instructor’ does not match, and it matches",
        )
    ]


def test_a_layer_that_no_customer_uses_is_checked_whole_with_its_messages(tmp_path: Path) -> None:
    asked = []

    def of_messages(rulebook: Rulebook) -> tuple[Problem, ...]:
        asked.append([rule.id for rule in rulebook.rules if rule.touched[0].layer == "unused"])
        return ()

    layer = WAITING.replace("session.waits", "session.unheard").replace("    fix_in: source\n", "")
    folder = write(tmp_path, {**FOLDER, "connectors/unused.yaml": layer})
    assert [one.code for one in check(folder, CATALOGUE, of_messages)] == ["missing-fix-in"]
    write(tmp_path, {**FOLDER, "connectors/unused.yaml": layer.replace("then: flag", "then: note")})
    assert check(folder, CATALOGUE, of_messages) == ()
    assert ["session.unheard"] in asked


WAITING = """
rules:
  session.waits:
    for: session
    when: {some: {learners: {alone: flag}}}
    then: flag
    fix_in: source
    examples:
      - {matches: true, record: {name: Law}, related: {learners: [{verdict: flag}]}}
      - {matches: false, record: {name: Law}, related: {learners: [{first_name: Mina}]}}
"""
ASKING = """
rules:
  learner.waits:
    for: learner
    when:
      some: {sessions: {verdict: flag}}
      unless: {alone: flag}
    then: flag
    fix_in: source
    examples:
      - {matches: true, record: {first_name: Mina}, related: {sessions: [{verdict: flag}]}}
      - {matches: false, record: {first_name: Mina, alone: flag}, related: {sessions: [{verdict: flag}]}}
"""


def test_two_rules_by_which_records_may_wait_for_each_other_are_told_with_the_way_out(tmp_path: Path) -> None:
    both = {"base/waiting.yaml": WAITING, "base/asking.yaml": ASKING}
    assert found(tmp_path, **both) == []
    blind = ASKING.replace("      unless: {alone: flag}\n", "").replace(
        ", alone: flag}, related: {sessions: [{verdict: flag", "}, related: {sessions: [{verdict: sync"
    )
    assert found(tmp_path, **{**both, "base/asking.yaml": blind}) == [
        (
            "asking.yaml",
            "verdict-circle",
            "‘learner.waits’ may wait for what itself waits for this learner: ‘session.waits’ asks back",
        )
    ]


def test_examples_of_switched_off_rules_and_of_unused_layers_run_too(tmp_path: Path) -> None:
    base = BASE.replace("{matches: true, record: {remote: false}}", "{matches: true, record: {remote: true}}")
    wrong = BASE.split("  session.no_instructor", maxsplit=1)[0].replace("session.outside_window", "session.far")
    wrong = wrong.replace("2026-12-20", "2026-11-22")
    said = found(tmp_path, **{"base/session.yaml": base, "connectors/sent.yaml": wrong})
    assert [(name, code) for name, code, _ in said] == [
        ("session.yaml", "example-fails"),
        ("sent.yaml", "example-fails"),
    ]


def test_problems_of_every_file_are_told_each_once(tmp_path: Path) -> None:
    said = found(
        tmp_path,
        **{
            "base/session.yaml": BASE.replace("then: skip", "then: skipp"),
            "connectors/slate.yaml": "rulez: {}\n",
            "customers/norvane.yaml": CUSTOMER.replace("zone: Europe/Paris\n", ""),
            "customers/quay.yaml": CUSTOMER.replace("NORVANE", "QUAY").replace("language: fr", "language: xx"),
        },
    )
    assert [(name, code) for name, code, _ in said] == [
        ("session.yaml", "unknown-word"),
        ("slate.yaml", "unknown-key"),
        ("norvane.yaml", "missing-key"),
        ("quay.yaml", "unknown-language"),
    ]


def test_files_that_nobody_reads_are_told(tmp_path: Path) -> None:
    strays = ("B C.yaml", "base.yaml", "x.YAML", "x.yaml.txt")
    names = ("base/a.yml", "connectors/harbor.yaml", *(f"customers/{name}" for name in strays))
    said = found(tmp_path, **dict.fromkeys(names, ""))
    assert sorted((name, code) for name, code, _ in said) == [
        ("B C.yaml", "bad-file-name"),
        ("a.yml", "bad-file-name"),
        ("base.yaml", "bad-file-name"),
        ("harbor.yaml", "unknown-layer"),
        ("x.YAML", "bad-file-name"),
        ("x.yaml.txt", "bad-file-name"),
    ]


def test_a_rule_begun_and_left_empty_is_told_and_an_empty_entry_of_a_known_rule_is_not(tmp_path: Path) -> None:
    rules = "rules:\n  session.half:\n  session.not_remote:\n"
    ((name, code, _),) = found(tmp_path, **{"customers/norvane.yaml": f"{CUSTOMER}{rules}"})
    assert (name, code) == ("norvane.yaml", "unknown-rule")


def test_a_customer_without_segments_is_not_told_that_its_source_never_gives_them(tmp_path: Path) -> None:
    rule = """rules:
  session.astray:
    for: session
    when: {segments: {is: missing}}
    then: skip
    messages: {fr: {problem: a, fix: b}}
    examples: [{matches: true, record: {}}, {matches: false, record: {segments: [a]}}]
"""
    assert found(tmp_path, **{"customers/norvane.yaml": f"{CUSTOMER}{rule}"}) == []


def test_a_customer_without_systems_is_a_warning(tmp_path: Path) -> None:
    customer = "\n".join(CUSTOMER.splitlines()[:3])
    said = found(tmp_path, **{"customers/norvane.yaml": customer})
    assert [(name, code) for name, code, _ in said] == [("norvane.yaml", "no-systems")] * 2


def test_a_rule_on_what_the_source_never_gives_is_a_warning(tmp_path: Path) -> None:
    sent = "source: {connector: sent, system: Old ERP, provides: {session: [starts_at]}}"
    on = "rules: {session.not_remote: {then: skip}}"
    customer = "\n".join([*CUSTOMER.splitlines()[:3], sent, "platform: {connector: slate}", on])
    (problem,) = check(write(tmp_path, {**FOLDER, "customers/norvane.yaml": customer}), CATALOGUE, silent)
    assert (problem.code, problem.severity, problem.place.line) == ("dormant-rule", "warning", 4)
    assert problem.message == "Old ERP never gives `session.remote`: session.not_remote can never match"


def test_what_a_connector_never_gives_is_told_once_for_all_its_customers_and_in_words(tmp_path: Path) -> None:
    sent = "source: {connector: sent, system: Old ERP, provides: {session: [instructor_ids]}}"
    customer = "\n".join([*CUSTOMER.splitlines()[:3], sent, "platform: {connector: slate}"])
    distant = """rules:
  session.distant:
    for: session
    when: {remote: true}
    then: skip
    examples: [{matches: true, record: {remote: true}}, {matches: false, record: {remote: false}}]
"""
    files = {**FOLDER, "base/more.yaml": distant, "customers/norvane.yaml": customer, "customers/other.yaml": customer}
    said = check(write(tmp_path, files), CATALOGUE, silent)
    assert [problem.message for problem in said if problem.code == "dormant-rule"] == [
        (
            "Old ERP does not tell everything that is asked: "
            "1 rule cannot match for 2 customers (remote teaching of sessions)"
        )
    ]


def test_every_code_that_is_said_is_explained_and_every_explained_one_is_said() -> None:
    sources = [path.read_text() for path in sorted(ENGINE.rglob("*.py")) if path.name != "problem_codes.py"]
    assert [code for code in CODES if not any(f'"{code}"' in source for source in sources)] == []
    said = {
        node.args[1].value
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and len(node.args) > 1 and isinstance(node.args[1], ast.Constant)
        if ast.unparse(node.func).rpartition(".")[2].lower() == "problem"
    }
    assert said - CODES.keys() == set()


def test_loading_pays_for_no_web_no_database_and_no_matcher() -> None:
    script = "import sys, engine.rulefiles.library; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    heavy = {
        "fastapi",
        "sqlmodel",
        "sqlalchemy",
        "httpx",
        "typer",
        "jinja2",
        "durable_rules_engine",
        "engine.matching.classifier",
    }
    assert heavy.isdisjoint(loaded)
