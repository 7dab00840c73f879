"""What routes share: nobody waits for what another customer's first call has to load."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

import engine.rulefiles.library
import runs.execution.classifiers
from tests.api.conftest import OMAR, MakeKey, ndjson
from tests.runs import shelf


@pytest.mark.parametrize(
    ("slow", "name"),
    [(engine.rulefiles.library.Loader, "rulebook"), (runs.execution.classifiers.Classifier, "__init__")],
)
@pytest.mark.parametrize("way", ["classify", "runs"])
def test_rules_that_are_being_loaded_hold_nobody_else(
    app: FastAPI, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch, slow: type, name: str, way: str
) -> None:
    begun, answered, waited = threading.Event(), threading.Event(), list[bool]()
    real = getattr(slow, name)

    def slowly(*arguments: Any, **more: Any) -> Any:
        begun.set()
        waited.append(answered.wait(10))
        return real(*arguments, **more)

    monkeypatch.setattr(slow, name, slowly)
    shelf.empty(monkeypatch)
    headers = {"authorization": f"Bearer {make_key()}", "content-type": "application/x-ndjson"}

    async def both() -> tuple[httpx.Response, httpx.Response]:
        address = "https://muster.example.org"
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=address, headers=headers) as client:
            asked = {"complete": "true"} if way == "runs" else {}
            call = client.post(f"/v1/customers/acme/{way}", params=asked, content=ndjson([OMAR]))
            first = asyncio.create_task(call)
            assert await asyncio.to_thread(begun.wait, 10)
            alive = await client.get("/livez")
            answered.set()
            return alive, await first

    alive, first = asyncio.run(both())
    assert (alive.status_code, first.status_code) == (200, {"classify": 200, "runs": 201}[way])
    assert all(waited)
