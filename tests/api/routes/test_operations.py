"""Whether the service lives and is ready, over HTTP."""

from __future__ import annotations

from pathlib import Path

from api.app import create_app
from runs.service import Service
from store.base.database import Database
from tests.api.conftest import Client


def test_livez_answers_without_a_key(app: object) -> None:
    assert Client(app).get("/livez").json() == {"alive": True}  # type: ignore[arg-type]


def test_readyz_counts_and_names_nobody(app: object, rules: Path) -> None:
    (rules / "customers" / "wreck.yaml").write_text("name: [", "utf-8")
    answer = Client(app).get("/readyz")  # type: ignore[arg-type]
    assert answer.status_code == 200
    ready = answer.json()
    assert (ready["ready"], ready["database"], ready["authentication"]) == (True, True, True)
    assert (ready["customers"], ready["rules_broken"], ready["unusable"]) == (3, 1, 1)
    assert "wreck" not in answer.text
    assert "acme" not in answer.text


def test_readyz_is_503_while_the_tables_are_not_there(service: Service, tmp_path: Path) -> None:
    with Database.open(f"sqlite:///{tmp_path / 'empty.db'}") as empty:
        bare = Service(empty, service.library, service.catalogue, service.messages, environ={}, clock=service.clock)
        answer = Client(create_app(bare)).get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, False)
