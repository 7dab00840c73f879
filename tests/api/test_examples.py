"""Every example of every base rule: the matcher, the explainer and the API give the same answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.app import create_app
from connectors.registry import catalogue
from engine.analysis.ranks import reaches
from engine.explaining.explainer import example_matches
from engine.language.renderer import Messages
from engine.matching.examples import Posed
from engine.model.package_files import RULES
from engine.model.rulebook import Example, Rule
from engine.records.kinds import DOWNWARD
from engine.rulefiles.library import Library, load_base
from runs.service import Service
from store.base.database import Database
from tests.api.conftest import Client
from tests.api.wiring import HERE, batch

BASE = load_base(RULES, catalogue())
EXAMPLES = {
    f"{rule.id.replace('.', '-').replace('_', '-')}-{number}": (rule, example)
    for rule in BASE.rules
    for number, example in enumerate(rule.examples, 1)
    # What is decided of others, and who teaches beside an enrolment, is not for an example's records alone to say.
    if not reaches(rule) and not {"teachers", "enrolments"} <= example.related.keys()
}
"""By the id of the customer that each has to itself."""


def _customer(rule: Rule, example: Example) -> dict[str, Any]:
    """A customer to whom everything is provided, under the example's settings, with the rule switched on."""
    segments = {
        name: {"site_code": name}
        for values in (example.record, *(item for items in example.related.values() for item in items))
        for name in values.get("segments") or ()
    }
    file: dict[str, Any] = {
        "name": "Example School",
        "language": "en",
        "zone": example.zone,
        "source": {"connector": "pushed", "system": "Ypareo"},
        "platform": {"connector": "pushed-platform", "system": "Edusign", "takes": list(DOWNWARD)},
        "segments": segments | {"elsewhere": {"site_code": "elsewhere"}},
        "settings": {name: _plain(value) for name, value in (rule.example_settings | example.settings).items()},
    }
    if rule.then == "off":
        file["rules"] = {rule.id: {"then": "skip"}}
    return file


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("rules")
    (folder / "customers").mkdir()
    for customer, (rule, example) in EXAMPLES.items():
        (folder / "customers" / f"{customer}.yaml").write_text(yaml.safe_dump(_customer(rule, example)), "utf-8")
    return folder


@pytest.fixture(scope="module")
def service(rules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Database.open(f"sqlite:///{tmp_path_factory.mktemp('store') / 'muster.db'}") as database:
        database.upgrade()
        yield Service(database, Library(rules, catalogue()), catalogue(), Messages(), environ={})


@pytest.fixture(autouse=True)
def _rests_between_tests(service: Service) -> Iterator[None]:
    with service.database:
        yield


@pytest.fixture(scope="module")
def client(service: Service) -> Client:
    return Client(create_app(service, demo=True))


@pytest.mark.parametrize("customer", EXAMPLES)
def test_an_example_is_answered_alike_by_matcher_explainer_and_api(
    customer: str, service: Service, client: Client
) -> None:
    rule, example = EXAMPLES[customer]
    assert Posed(rule, example).by_matcher() is example.matches
    assert example_matches(rule, example) is example.matches

    if example.last_sync is not None:
        service.push(customer, [], complete=False, as_of=example.last_sync)
    answer = client.post(
        f"/v1/customers/{customer}/classify",
        json={"records": batch(rule.kind, example), "as_of": example.as_of.isoformat()},
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()["decisions"][0]
    assert found["source_id"] == example.record.get("source_id", HERE)
    matched = {found["rule"], *(other["rule"] for other in (*found["also"], *found["notes"]))}
    assert (rule.id in matched) is example.matches, answer.text
