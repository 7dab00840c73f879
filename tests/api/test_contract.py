"""schemathesis holds the running application to its own document: whatever it sends, the answer is one foretold."""

from __future__ import annotations

import warnings
from datetime import date, datetime, timedelta, timezone
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from tests.api.conftest import Client
from tests.draws import times

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own imports warn, and it is loaded nowhere else
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import CHECKS

TAKING_NOTHING = {"livez", "readyz"}
"""Calls that take nothing, so that nothing about them can be wrong."""

_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_MOMENTS = st.datetimes(datetime(1960, 1, 1), datetime(2210, 1, 1), timezones=_OFFSETS)  # noqa: DTZ001 - drawn with one
# Its own are of any year, of which the pattern would leave one in forty.
schemathesis.openapi.format("date-time", _MOMENTS.map(datetime.isoformat))
schemathesis.openapi.format("date", (st.sampled_from((date.min, date.max)) | st.dates()).map(str))


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

        @hypothesis.settings(max_examples=times(30), deadline=None, suppress_health_check=[*hypothesis.HealthCheck])
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
        def hold(case: Any, real: bool) -> None:
            if real and mode is GenerationMode.POSITIVE:
                case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
            headers = {"Authorization": pushed.headers["authorization"]}
            answer = case.call(headers=headers)
            # No schema can say which cursors a list has given, what a customer has or what time it is; the document
            # says how any other is refused.
            named = [one.get("parameter") for one in answer.json()["errors"]] if answer.status_code == 422 else []
            made_up = bool(named) and {*named} <= {"cursor", "segment", "rule", "fix_in", "waits_for", "as_of"}
            left_out = [CHECKS.get_one("positive_data_acceptance")] if made_up else []
            if answer.status_code == 413:
                # Too many at once is refused as well, by a status that the check does not know.
                left_out.append(CHECKS.get_one("negative_data_rejection"))
            case.validate_response(answer, headers=headers, excluded_checks=left_out)

        hold()
