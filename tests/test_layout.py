"""Tests stand where their code stands: `engine/matching/facts.py` is tried in `tests/engine/matching/test_facts.py`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
PACKAGES = ("engine", "connectors", "store", "runs", "api", "cli")
SHARED = ("connectors/http", "connectors/reading")
"""What connectors share. Any other folder there is one connector, which is tried as a whole through its door."""

PROVED_BY: dict[str, tuple[str, ...]] = {
    "tests/api/http/test_auth.py": ("api/showing/visits.py",),
    "tests/api/http/test_middleware.py": ("api/routes/static.py",),
    "tests/api/pages/test_pages.py": ("api/pages/", "api/showing/"),
    "tests/api/routes/test_held.py": ("api/routes/sheets.py",),
    "tests/api/routes/test_rules.py": ("api/answers/rulebook.py",),
    "tests/api/test_contract.py": (
        "api/app.py",
        "api/http/bodies.py",
        "api/http/limits.py",
        "api/http/parameters.py",
    ),
    "tests/api/test_serve.py": ("cli/commands/serve.py",),
    "tests/api/test_settling.py": ("api/routes/history.py", "api/routes/unsourced.py"),
    "tests/cli/commands/test_classify.py": ("cli/deciding.py", "cli/terminal.py"),
    "tests/cli/commands/test_db.py": ("cli/environment.py", "cli/failures.py"),
    "tests/cli/commands/test_demo.py": ("cli/demo/seeding.py", "cli/ports.py"),
    "tests/cli/commands/test_held.py": ("cli/commands/outcomes.py", "cli/commands/sheets.py"),
    "tests/cli/commands/test_issue.py": ("cli/telling.py",),
    "tests/cli/commands/test_new.py": ("cli/scaffold/",),
    "tests/cli/demo/test_samples.py": ("cli/demo/",),
    "tests/cli/test_help.py": ("cli/main.py", "cli/options.py", "cli/commands/connectors.py"),
    "tests/connectors/http/test_client.py": (
        "connectors/http/credentials.py",
        "connectors/http/exchange.py",
        "connectors/http/mismatch.py",
        "connectors/http/pages.py",
    ),
    "tests/connectors/test_acceptance.py": (
        "connectors/contract.py",
        "connectors/reading/admit.py",
        "connectors/reading/parts.py",
    ),
    "tests/connectors/test_registry.py": ("connectors/pushed.py",),
    "tests/engine/explaining/test_explainer.py": (
        "engine/explaining/as_text.py",
        "engine/explaining/explanation.py",
    ),
    "tests/engine/language/test_languages.py": ("engine/language/wholeness.py",),
    "tests/engine/language/test_renderer.py": (
        "engine/language/dates.py",
        "engine/language/filters.py",
    ),
    "tests/engine/matching/test_classifier.py": ("engine/model/decisions.py",),
    "tests/runs/execution/test_load.py": ("engine/matching/cast.py",),
    "tests/engine/matching/test_comparisons.py": ("engine/matching/comparisons_fast.py",),
    "tests/engine/matching/test_matcher.py": (
        "engine/matching/complexity.py",
        "engine/matching/durable_engine.py",
    ),
    "tests/engine/model/test_operators.py": ("engine/model/operator_uses.py", "engine/model/text_forms.py"),
    "tests/engine/records/test_decode.py": (
        "engine/records/fields.py",
        "engine/records/kinds.py",
        "engine/records/suggest.py",
        "engine/records/values.py",
    ),
    "tests/engine/relations/test_neighbourhood.py": (
        "engine/relations/joins.py",
        "engine/relations/merging.py",
        "engine/relations/traversal.py",
    ),
    "tests/engine/rulefiles/check/test_check.py": (
        "engine/rulefiles/parse/examples.py",
        "engine/rulefiles/problem_codes.py",
    ),
    "tests/engine/rulefiles/parse/test_customer.py": (
        "engine/model/connector_spec.py",
        "engine/rulefiles/parse/connector_options.py",
        "engine/rulefiles/parse/settings.py",
    ),
    "tests/engine/rulefiles/parse/test_guards.py": ("engine/model/guards.py",),
    "tests/engine/rulefiles/parse/test_when.py": (
        "engine/rulefiles/operators.py",
        "engine/rulefiles/parse/operands.py",
        "engine/rulefiles/parse/tests.py",
        "engine/rulefiles/reader.py",
    ),
    "tests/engine/rulefiles/schema/test_rule_files.py": (
        "engine/rulefiles/schema/conditions.py",
        "engine/rulefiles/schema/guards.py",
    ),
    "tests/engine/rulefiles/test_layers.py": (
        "engine/model/rulebook.py",
        "engine/rulefiles/cross_layer.py",
        "engine/rulefiles/parse/rules.py",
    ),
    "tests/engine/rulefiles/test_library.py": (
        "engine/model/package_files.py",
        "engine/rulefiles/folders.py",
        "engine/rulefiles/loader.py",
    ),
    "tests/engine/rulefiles/test_packaged_rules.py": ("engine/matching/examples.py",),
    "tests/engine/rulefiles/test_report.py": ("engine/model/problems.py", "engine/rulefiles/yaml_errors.py"),
    "tests/engine/test_laws.py": (
        "engine/analysis/availability.py",
        "engine/matching/binding.py",
        "engine/matching/projection.py",
        "engine/model/conditions.py",
    ),
    "tests/engine/test_unread.py": ("engine/language/unread.py", "engine/records/unread.py"),
    "tests/runs/execution/test_decide.py": ("runs/model/loaded.py", "runs/model/order.py"),
    "tests/runs/execution/test_fetch.py": ("runs/model/received.py",),
    "tests/runs/guards/test_checks.py": (
        "runs/execution/approve.py",
        "runs/guards/held.py",
        "runs/model/guard_findings.py",
        "store/queries/holds.py",
    ),
    "tests/runs/guards/test_rule_edits.py": ("engine/model/versions.py",),
    "tests/runs/issues/test_by_hand.py": ("runs/model/waivers.py",),
    "tests/runs/issues/test_causes.py": ("store/writing/causes.py",),
    "tests/runs/issues/test_corrections.py": ("runs/issues/close_cause.py", "runs/model/corrections.py"),
    "tests/runs/issues/test_lifecycle.py": (
        "runs/execution/execute.py",
        "runs/execution/persist.py",
        "runs/execution/remember.py",
        "runs/model/findings.py",
        "store/lookup/fingerprints.py",
        "store/lookup/join_keys.py",
        "store/writing/writes.py",
    ),
    "tests/runs/queries/test_classify.py": ("store/lookup/known.py",),
    "tests/runs/queries/test_feed.py": ("runs/queries/reader_messages.py",),
    "tests/runs/queries/test_health.py": (
        "runs/model/health.py",
        "runs/queries/health_words.py",
        "store/queries/exchanges.py",
    ),
    "tests/runs/queries/test_history.py": ("store/queries/history.py",),
    "tests/runs/queries/test_impact.py": (
        "runs/queries/cached_lookup.py",
        "runs/queries/message_edits.py",
        "store/lookup/scanning.py",
    ),
    "tests/runs/queries/test_uploads.py": ("runs/records/upward.py", "store/queries/uploads.py"),
    "tests/runs/records/test_archiving.py": ("store/lookup/archives.py",),
    "tests/runs/records/test_arrival.py": ("runs/model/arrivals.py", "store/lookup/arrivals.py"),
    "tests/runs/queries/test_outcomes.py": (
        "runs/model/outcomes.py",
        "runs/records/outcomes.py",
        "store/lookup/outcomes.py",
    ),
    "tests/runs/retention/test_forget.py": ("store/upkeep/forgetting.py", "store/upkeep/person.py"),
    "tests/runs/retention/test_purge.py": ("store/upkeep/retention.py",),
    "tests/runs/test_kept_rules.py": ("runs/service/kept_rules.py", "store/queries/rulebooks.py"),
    "tests/runs/test_service.py": (
        "runs/model/answers.py",
        "runs/model/asked.py",
        "runs/model/errors.py",
        "runs/service/",
        "store/queries/questions.py",
    ),
    "tests/store/base/test_database.py": (
        "store/base/column_types.py",
        "store/base/enums.py",
        "store/base/migrating.py",
        "store/base/run_tables.py",
        "store/base/tables.py",
    ),
    "tests/store/queries/test_feed.py": ("store/base/cursors.py", "store/writing/standing.py"),
    "tests/connectors/reading/test_workbooks.py": ("connectors/reading/workbook_child.py",),
    "tests/runs/issues/test_never_received.py": ("engine/matching/never_received.py",),
}
"""Test file to the modules that it proves though they stand elsewhere. A folder means those of its modules that have
no test beside them and are named nowhere else."""


def modules() -> list[str]:
    """Every module of the program, as a path."""
    return sorted(
        str(path.relative_to(REPOSITORY))
        for package in PACKAGES
        for path in (REPOSITORY / package).rglob("*.py")
        if path.name != "__init__.py" and "migrations" not in path.parts
    )


def proof_of(module: str) -> tuple[str, ...]:
    """The tests that prove a module: beside it, else of its connector, else where it is said; none where nowhere."""
    folder, _, name = module.rpartition("/")
    if (REPOSITORY / "tests" / folder / f"test_{name}").exists():
        return (f"tests/{folder}/test_{name}",)
    if folder.startswith("connectors/") and folder not in SHARED:
        return tuple(_relative((REPOSITORY / "tests" / folder).glob("test_*.py")))
    named = tuple(test for test, proved in PROVED_BY.items() if module in proved)
    return named or tuple(test for test, proved in PROVED_BY.items() if f"{folder}/" in proved)


def _relative(paths: Iterable[Path]) -> list[str]:
    return sorted(str(path.relative_to(REPOSITORY)) for path in paths)


def test_every_module_has_its_test_beside_it_or_is_said_to_be_proved_elsewhere() -> None:
    untried = [module for module in modules() if not proof_of(module)]
    assert not untried, f"without a test: write tests/<folder>/test_<module>.py for {untried}, or add to PROVED_BY"


def test_nothing_is_said_to_be_proved_elsewhere_that_is_not_there_or_has_a_test_of_its_own() -> None:
    meant = {test: {module for module in modules() if test in proof_of(module)} for test in PROVED_BY}
    stale = {
        (test, one)
        for test, proved in PROVED_BY.items()
        for one in proved
        if not any(module == one or module.rpartition("/")[0] == one.rstrip("/") for module in meant[test])
    }
    assert not stale, f"take out of PROVED_BY: {stale}"
    assert [test for test in PROVED_BY if not (REPOSITORY / test).is_file()] == []
