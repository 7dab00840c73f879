"""The API's own document: complete, and true to what is answered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from fastapi import FastAPI

from api.app import description
from api.document.openapi import EXAMPLES
from api.http.limits import Limits
from api.http.problem_details import PROBLEMS, URN
from engine.records.kinds import KINDS, field_names
from store.queries.questions import LARGEST_PAGE
from tests.api.conftest import EVERYTHING, INES, Client

METHODS = {"get", "post"}


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    return msgspec.json.decode(msgspec.json.encode(app.openapi()))


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def schema_of(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "components": document["components"]}


def valid(document: dict[str, Any], schema: dict[str, Any], instance: object) -> None:
    jsonschema.Draft202012Validator(schema_of(document, schema)).validate(instance)


def test_every_operation_has_a_name_words_a_good_answer_and_all_its_problems(document: dict[str, Any]) -> None:
    names = []
    for path, method, operation in operations(document):
        assert method in METHODS
        names.append(operation["operationId"])
        assert operation["summary"]
        assert len(operation["tags"]) == 1
        good = [status for status in operation["responses"] if status.startswith("2")]
        assert len(good) == 1
        if path.startswith("/v1/"):
            assert {"401", "403", "404", "422", "500"} <= set(operation["responses"])
            assert operation["security"] == [{"api_key": []}]
        for status, response in operation["responses"].items():
            assert response["description"]
            if int(status) >= 400 and path.startswith("/v1/"):
                assert list(response["content"]) == ["application/problem+json"]
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description") or parameter["schema"].get("description"), parameter["name"]
    assert len(names) == len(set(names))


def test_every_route_of_the_api_is_in_the_document(app: FastAPI, document: dict[str, Any]) -> None:
    routes = {
        route.path_format
        for route in app.router.routes
        if route.path.startswith("/v1/") or route.path in ("/livez", "/readyz")
    }
    assert routes == set(document["paths"])


def test_every_kind_of_record_has_its_schema(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert set(schemas["Record"]["discriminator"]["mapping"]) == set(KINDS)
    for kind, struct in KINDS.items():
        schema = schemas[struct.__name__]
        assert set(schema["properties"]) == {"kind", *field_names(kind)}
        assert schema["properties"]["kind"]["enum"] == [kind]
        assert schema["description"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    written = msgspec.json.encode(document).decode()
    for name in set(re.findall(r'"#/components/schemas/([^"]+)"', written)):
        assert name in document["components"]["schemas"]


def test_every_example_is_of_its_own_shape(document: dict[str, Any]) -> None:
    count = 0
    for _, _, operation in operations(document):
        bodies = [response.get("content", {}) for response in operation["responses"].values()]
        bodies.append(operation.get("requestBody", {}).get("content", {}))
        for body in bodies:
            for entry in body.values():
                told = [entry["example"]] if "example" in entry else []
                told += [example["value"] for example in entry.get("examples", {}).values()]
                for example in told:
                    valid(document, entry["schema"], example)
                    count += 1
    assert count > 50
    for record in (EXAMPLES["Learner"], EXAMPLES["Session"]):
        valid(document, {"$ref": "#/components/schemas/Record"}, record)


def test_every_kind_of_problem_is_told_somewhere(document: dict[str, Any]) -> None:
    told = set(re.findall(rf"{URN}([a-z-]+)", msgspec.json.encode(document).decode()))
    assert told <= set(PROBLEMS)
    general = {"not-found", "method-not-allowed", "cross-site"}
    assert set(PROBLEMS) - told <= general


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/v1/customers/{customer}/issues", "issues"),
        ("/v1/customers/{customer}/runs", "runs"),
        ("/v1/customers/{customer}/runs/{run_id}", "runs/1"),
        ("/v1/customers/{customer}/rules", "rules"),
        ("/v1/customers/{customer}/records/{kind}/{source_id}", "records/learner/L-1"),
        ("/v1/customers/{customer}/records/{kind}/{source_id}", "records/session/S-1"),
        ("/v1/customers/{customer}/records/{kind}/{source_id}", "records/learner/never"),
    ],
)
def test_answers_are_of_the_shape_that_the_document_tells(
    pushed: Client, document: dict[str, Any], path: str, address: str
) -> None:
    answer = pushed.get(f"/v1/customers/acme/{address}")
    valid(
        document,
        document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"],
        answer.json(),
    )


def test_classifying_and_an_issue_are_of_the_shape_that_the_document_tells(
    pushed: Client, document: dict[str, Any]
) -> None:
    valid(document, {"$ref": "#/components/schemas/Classification"}, pushed.classify([*EVERYTHING, 3]).json())
    (row,) = pushed.get("/v1/customers/acme/issues").json()["items"]
    pushed.push([{**INES, "email": "ines@example.org"}, *EVERYTHING[1:]])
    issue = pushed.get(f"/v1/customers/acme/issues/{row['issues'][0]['id']}").json()
    valid(document, {"$ref": "#/components/schemas/IssueDetail"}, issue)


def test_the_document_is_served(api: Client, document: dict[str, Any]) -> None:
    assert api.get("/openapi.json").json() == document


def test_the_page_on_the_api_lists_every_kind_of_problem_and_every_call() -> None:
    page = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")
    told = {code: int(status) for code, status in re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", page, re.MULTILINE)}
    assert told == {code: kind.status for code, kind in PROBLEMS.items()}
    limits = Limits()
    for number in (limits.batch_records, limits.run_records, LARGEST_PAGE):
        assert f"{number:,}" in page
    for path in description()["paths"]:
        assert path.rsplit("/customers/{customer}", 1)[-1].strip("/") in page
