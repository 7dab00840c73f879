"""schemathesis holds the running application to its own document: whatever it sends, the answer is one foretold."""

from __future__ import annotations

import warnings
from typing import Any

import hypothesis
import pytest

from tests.api.conftest import Client

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own imports warn, and it is loaded nowhere else
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import CHECKS

EXAMPLES = 60
"""Requests made up per call and mode; the whole takes some fifteen seconds."""

TAKING_NOTHING = {"livez", "readyz"}
"""Calls that take nothing, so that nothing about them can be wrong."""


@schemathesis.serializer("application/x-ndjson")
def as_lines(_context: Any, value: Any) -> bytes:
    return str(value).encode(errors="replace")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_whatever_is_sent_is_answered_as_the_document_says(pushed: Client, mode: GenerationMode) -> None:
    (row,) = pushed.get("/v1/customers/acme/issues").json()["items"]
    known = {"customer": "acme", "kind": "learner", "source_id": "L-1", "run_id": 1, "issue_id": row["issues"][0]["id"]}
    schema = schemathesis.openapi.from_asgi("/openapi.json", pushed.app)
    schema.config.generation.update(with_security_parameters=False)
    for found in schema.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and operation.definition.raw["operationId"] in TAKING_NOTHING:
            continue

        @hypothesis.settings(
            max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=[*hypothesis.HealthCheck]
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode), real=hypothesis.strategies.booleans())
        def hold(case: Any, real: bool) -> None:
            if real and mode is GenerationMode.POSITIVE:
                case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
            # No schema can say which cursors this feed has given, nor which moments are of our time.
            given = {**(case.query or {}), **(case.body if isinstance(case.body, dict) else {})}
            narrower = any(given.get(name) is not None for name in ("cursor", "as_of", "changed_since"))
            left_out = ["positive_data_acceptance"] if narrower else []
            case.call_and_validate(
                headers={"Authorization": pushed.headers["authorization"]},
                excluded_checks=[CHECKS.get_one(name) for name in left_out],
            )

        hold()
