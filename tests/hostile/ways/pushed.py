"""Runs that are pushed, stored, and looked at on every page and in the spreadsheet."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec

from cli.demo import CUSTOMERS, of_the_platform, samples
from tests.hostile.mutators import Pieces
from tests.hostile.way import Sample
from tests.hostile.ways._web import NOON, Web

_MOST = 60
"""Runs after which the database is as it was: how much is stored already is not what is tried."""
_LISTS = ("", "/history", "/runs", "/sheets", "/unsourced", "/issues.csv")


def some_of(records: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Records in pieces of ten, mixed: of those that belong together some are left to be known already."""
    mixed = list(records)
    random.Random(1).shuffle(mixed)  # noqa: S311 - the same each time
    return [mixed[at : at + 10] for at in range(0, len(mixed), 10)]


class WayIn:
    """Each body is pushed as a piece of a run."""

    def __init__(self, folder: Path, /) -> None:
        self._web = Web(folder, seeded=False)  # the runs themselves make a world of it
        self._left = _MOST

    def samples(self) -> list[Sample]:
        """Ten records at a time: all of them downward, those of the platform upward too."""
        found = []
        for customer in CUSTOMERS:
            records = samples(customer, NOON)
            for way, some in (("downward", records), ("upward", [each for each in records if of_the_platform(each)])):
                for each in some_of(some):
                    body = b"\n".join(map(msgspec.json.encode, each))
                    found.append(Sample(f"{customer} {way}", {"body.ndjson": body}))
        return found

    def attempt(self, about: str, pieces: Pieces, /) -> None:
        """Whatever was stored can be shown: in the feed, by itself, and in one of the lists."""
        if not self._left:
            self._web.renew()
            self._left = _MOST
        self._left -= 1
        customer, direction = about.split()
        address = f"/v1/customers/{customer}"
        query = {"complete": "false", "direction": direction, "as_of": NOON.isoformat()}
        for body in pieces.values():
            run = self._web.ask(
                "POST",
                f"{address}/runs",
                params=query,
                content=body,
                headers={"content-type": "application/x-ndjson"},
            ).json()
            if run.get("status") == "held":
                self._web.ask("POST", f"{address}/runs/{run['id']}/approve")
        newest = self._web.ask("GET", f"{address}/issues", params={"limit": "2"}).json()["items"]
        for record in newest:
            self._web.ask("GET", f"/customers/{customer}/issues/{record['issues'][0]['id']}")
        which = random.Random(b"".join(pieces.values())).choice(_LISTS)  # noqa: S311 - by the input alone
        self._web.ask("GET", f"{address if '.' in which else f'/customers/{customer}'}{which}")
