"""`muster new`: what it writes passes the checks that its author's work will have to pass."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import partial
from itertools import product
from pathlib import Path

import pytest

from connectors.registry import catalogue
from engine.language.languages import Languages, languages
from engine.language.renderer import Messages
from engine.model.connector_spec import TWICE_A_DAY, Schedule
from engine.model.package_files import RULES, TEMPLATES
from engine.model.problems import Problem, RuleFileError
from engine.rulefiles.check.check import check
from engine.rulefiles.check.messages import problems_of
from engine.rulefiles.leftovers import PLACEHOLDER
from engine.rulefiles.library import load
from tests.cli.conftest import Muster

REPOSITORY = Path(__file__).resolve().parents[3]
RULE_KINDS = ("learner", "instructor", "session", "class", "enrolment", "contract", "account", "sheet")
SOURCES = sorted(name for name, spec in catalogue().items() if spec.side == "source")
PLATFORMS = sorted(name for name, spec in catalogue().items() if spec.side == "platform")
_USUAL = {
    "campus-skills": Schedule(("22:00",), ("22:00",)),
    "education-perfect": Schedule(("02:00",)),
}
"""Platforms whose exchanges are not those of schedules and attendance: the next day's, and overnight."""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder of an operator's own: customers only."""
    folder = tmp_path / "rules"
    shutil.copytree(RULES / "customers", folder / "customers")
    return folder


def errors(folder: Path, templates: Path = TEMPLATES) -> list[Problem]:
    found = check(folder, catalogue(), partial(problems_of, Messages(Languages(templates))))
    return [problem for problem in found if problem.severity == "error"]


def write_over(*paths: Path) -> None:
    """As an author would."""
    for path in paths:
        written = path.read_text("utf-8")
        for left in (PLACEHOLDER, *languages().unwritten):
            written = re.sub(re.escape(left), "filled in", written, flags=re.IGNORECASE)
        path.write_text(written, "utf-8")


def left(folder: Path, templates: Path = TEMPLATES) -> set[str]:
    """The files in which something of a frame is left, and nothing else is wrong."""
    found = errors(folder, templates)
    assert {problem.code for problem in found} == {"left-of-frame"}
    return {Path(problem.place.path).name for problem in found}


def test_a_new_rule_of_any_kind_and_reaction_passes_the_check_once_it_is_written_over(
    muster: Muster, rules: Path
) -> None:
    path = rules / "customers" / "norvane.yaml"
    before = path.read_text(encoding="utf-8")
    wanted = {f"{kind}.on_trial_{then}": then for kind in RULE_KINDS for then in ("skip", "flag", "note")}
    for rule_id, then in wanted.items():
        told = muster("new", "rule", rule_id, "--customer", "norvane", "--then", then, "--rules", rules)
        assert (told.status, Path(told.out.strip())) == (0, path)
        assert path.read_text(encoding="utf-8").startswith(before)
        with pytest.raises(RuleFileError, match="to be written"):
            load(rules, "norvane", catalogue())
        whole = path.read_text(encoding="utf-8")
        write_over(path)
    assert errors(rules) == []
    path.write_text(whole, encoding="utf-8")
    assert left(rules) == {"norvane.yaml"}
    write_over(path)
    rulebook = load(rules, "norvane", catalogue())
    for rule_id, then in wanted.items():
        rule = rulebook.rule(rule_id)
        assert (rule.layer, rule.then, set(rule.messages)) == ("norvane", then, set(languages().names))
        assert [example.matches for example in rule.examples] == [True, False]


@pytest.mark.parametrize("ending", ["", "rules:\n", "rules: {}\n", "rules:\n\n# a word about them\n"])
def test_a_customer_without_rules_gets_its_first(muster: Muster, tmp_path: Path, ending: str) -> None:
    folder = tmp_path / "rules"
    path = folder / "customers" / "acme.yaml"
    path.parent.mkdir(parents=True)
    head = "name: Acme\nlanguage: en\nzone: Europe/Paris\nsource: {connector: pushed, system: Ammon}\n"
    path.write_text(f"{head}platform: {{connector: edusign}}\n{ending}settings: {{window_days: 3}}\n", encoding="utf-8")
    assert muster("new", "rule", "learner.on_trial", "--customer", "acme", "--rules", folder).status == 0
    write_over(path)
    assert muster("new", "rule", "session.on_trial", "--customer", "acme", "--rules", folder).status == 0
    write_over(path)
    assert errors(folder) == []
    own = [rule.id for rule in load(folder, "acme", catalogue()).rules if rule.layer == "acme"]
    assert own == ["learner.on_trial", "session.on_trial"]


def test_a_new_base_rule_gets_messages_in_every_language(muster: Muster, tmp_path: Path) -> None:
    rules, templates = tmp_path / "rules", tmp_path / "templates"
    shutil.copytree(RULES, rules)
    shutil.copytree(TEMPLATES, templates)
    arguments = ("new", "rule", "session.too_long", "--base", "--rules", rules, "--templates", templates)
    told = muster(*arguments)
    assert told.status == 0
    assert [Path(line).name for line in told.out.splitlines()] == [
        "session.yaml",
        *("messages.yaml" for _ in languages().names),
    ]
    assert left(rules, templates) == {"session.yaml"}
    write_over(rules / "base" / "session.yaml")
    assert left(rules, templates) == {"messages.yaml"}
    write_over(*templates.glob("*/messages.yaml"))
    assert errors(rules, templates) == []
    again = muster(*arguments)
    assert (again.status, again.out) == (2, "")
    assert "already" in again.err


def test_a_rule_that_cannot_be_made_is_told_in_a_sentence(muster: Muster, rules: Path) -> None:
    whose = ("--customer", "norvane", "--rules", rules)
    for arguments, said in (
        (("learner.email_missing", *whose), "There is a rule learner.email_missing already"),
        (("pupil.on_trial", *whose), "Kinds: learner, instructor"),
        (("learner.On-Trial", *whose), "is no rule id"),
        (("learner.on" + "_trial" * 20, *whose), "is no rule id"),
        (("learner.on_trial", "--customer", "acme", "--rules", rules), "Wanted one of: harbour, norvane"),
        (("learner.on_trial", "--rules", rules), "Wanted one of --customer ID and --base"),
        (("learner.on_trial", "--base", *whose), "Wanted one of --customer ID and --base"),
    ):
        told = muster("new", "rule", *arguments)
        assert (told.status, told.out) == (2, "")
        assert said in told.err


def test_a_new_customer_of_any_source_and_platform_passes_the_check(muster: Muster, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    name = 'Lycée "Le Lavoir": site 2'
    wanted = {f"{source}-to-{platform}": (source, platform) for source, platform in product(SOURCES, PLATFORMS)}
    for customer_id, (source, platform) in wanted.items():
        told = muster(
            *("new", "customer", customer_id, "--name", name, "--language", "fr"),
            *("--source", source, "--platform", platform, "--rules", folder),
        )
        assert told.status == 0
    found = errors(folder)
    assert {problem.code for problem in found} <= {"left-of-frame"}
    write_over(*(folder / "customers").glob("*.yaml"))
    assert errors(folder) == []
    for customer_id in wanted:
        customer = load(folder, customer_id, catalogue()).customer
        assert (customer.name, customer.language) == (name, "fr")
        assert customer.platform is not None
        assert customer.schedule == _USUAL.get(customer.platform.spec.name, TWICE_A_DAY)


def test_a_customer_that_cannot_be_made_is_told_in_a_sentence(muster: Muster, rules: Path) -> None:
    for arguments, said in (
        (("norvane",), "exists already"),
        (("Le_Lavoir",), "cannot name a customer"),
        (("lavoir" * 50,), "cannot name a customer"),
        (("lavoir", "--source", "edusign"), "no connector 'edusign' for a source"),
        (("lavoir", "--language", "tlh"), f"Wanted one of: {', '.join(languages().names)}."),
    ):
        told = muster("new", "customer", *arguments, "--rules", rules)
        assert (told.status, told.out) == (2, "")
        assert said in told.err


def test_a_language_begun_in_a_checkout_is_offered_once_nothing_in_it_is_english(tmp_path: Path) -> None:
    unwanted = shutil.ignore_patterns("__pycache__")
    for name in ("api", "cli", "connectors", "engine", "rules", "runs", "store", "templates"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=unwanted)
    shutil.rmtree(tmp_path / "templates" / "de", ignore_errors=True)

    def told(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from cli.main import main; main()", *arguments]
        env = os.environ | {"PYTHONPATH": str(tmp_path)}
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    begun = told("new", "language", "de")
    assert begun.returncode == 0, begun.stderr
    written = [Path(line) for line in begun.stdout.splitlines()]
    assert written == sorted((tmp_path / "templates" / "de").iterdir())
    everything, lacking = told("check"), told("check", "--language", "de")
    assert everything.returncode == 0
    assert "‘de’ is begun and not whole, so it is offered to nobody" in everything.stdout
    assert (lacking.returncode, " 0 errors" in lacking.stderr) == (1, False)
    assert "templates/de/pages.yaml:5:15  this is English still" in lacking.stdout
    refused = told("new", "customer", "schule", "--language", "de")
    assert (refused.returncode, ", ".join(languages().names) in refused.stderr) == (2, True)

    for path in written:
        path.write_text(path.read_text("utf-8").replace("!en ", ""), "utf-8")
    lacking = told("check", "--language", "de")
    assert (lacking.returncode, lacking.stdout) == (0, "")
    assert "1 language checked: 0 errors, 0 warnings" in lacking.stderr
    assert told("new", "customer", "schule", "--language", "de").returncode == 0


def test_a_language_that_cannot_be_begun_is_told_in_a_sentence(muster: Muster, tmp_path: Path) -> None:
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    for folder, code, said in (
        (tmp_path / "templates", "fr", "exists already"),
        (tmp_path / "templates", "tlh", "is no language's code"),
        (tmp_path / "templates", "de-AT", "is no language's code"),
        (tmp_path, "de", "Wanted the templates folder of a checkout"),
    ):
        told = muster("new", "language", code, "--templates", folder)
        assert (told.status, told.out) == (2, "")
        assert said in told.err
    assert not (tmp_path / "templates" / "tlh").exists()


def test_new_connectors_leave_everything_green_that_just_check_asks_for(muster: Muster, tmp_path: Path) -> None:
    """A source and a platform, in a copy of this checkout, after what the command says to run next."""
    checkout = tmp_path / "checkout"
    shutil.copytree(REPOSITORY, checkout, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    for name, side in (("norva-plan", "source"), ("norva-board", "platform")):
        told = muster("new", "connector", name, "--side", side, "--into", checkout / "connectors")
        assert (told.status, Path(told.out.strip())) == (0, checkout / "connectors" / name.replace("-", "_"))
        assert "just generate" in told.err

    def run(command: str, *arguments: str) -> str:
        ran = subprocess.run(
            [Path(sys.executable).with_name(command), *arguments],
            cwd=checkout,
            env=os.environ | {"PYTHONPATH": str(checkout)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    run("python", "-m", "docs.generate")
    tried = ["tests/connectors/test_acceptance.py", "tests/runs/test_every_system.py", "tests/docs"]
    assert run("pytest", *tried, "-k", "norva or clock or decided or stale").count(".") > 30
    run("ruff", "check", ".")
    run("ruff", "format", "--check", ".")
    run("lint-imports")
    run("mypy", "connectors/norva_plan", "connectors/norva_board")
    run("muster", "check")


def test_a_connector_that_cannot_be_made_is_told_in_a_sentence(muster: Muster, tmp_path: Path) -> None:
    assert "Wanted the folder connectors/ of a checkout" in muster("new", "connector", "x", "--into", tmp_path).err
    told = muster("new", "connector", "oneroster", "--into", REPOSITORY / "connectors")
    assert (told.status, told.out) == (2, "")
    assert "exists already" in told.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("class",), "is a word of Python's"),
        (("none",), "is a word of Python's"),
        (("connector",), "or of the registry's own"),
        (("options",), "or of the registry's own"),
        (("norva" * 60,), "at most 40 small letters"),
        (("norva-plan", "--title", 'Norva "Plan"'), "cannot be a title"),
        (("norva-plan", "--title", "Norva\nPlan"), "cannot be a title"),
        (("norva-plan", "--title", "Norva\\"), "cannot be a title"),
    ],
)
def test_a_name_that_would_stop_every_command_is_refused(
    muster: Muster, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    registry = tmp_path / "registry.py"
    shutil.copy(REPOSITORY / "connectors" / "registry.py", registry)
    before = registry.read_bytes()
    told = muster("new", "connector", *arguments, "--into", tmp_path)
    assert (told.status, told.out, said in told.err) == (2, "", True), told.err
    assert (sorted(tmp_path.iterdir()), registry.read_bytes()) == ([registry], before)
