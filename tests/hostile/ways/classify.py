"""Bodies of `classify`, as JSON and as NDJSON."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from cli.demo import CUSTOMERS, samples
from tests.hostile.mutators import Pieces
from tests.hostile.way import Broken, Sample
from tests.hostile.ways._web import NOON, Web
from tests.hostile.ways.pushed import some_of

_TYPES = {".json": "application/json", ".ndjson": "application/x-ndjson"}


class WayIn:
    """Each body is decided beside what is known of the customer, and answered in words."""

    def __init__(self, folder: Path, /) -> None:
        self._web = Web(folder)

    def samples(self) -> list[Sample]:
        """Ten records at a time."""
        found = []
        for customer in CUSTOMERS:
            for some in some_of(samples(customer, NOON)):
                body = {"language": "fr", "as_of": NOON.isoformat(), "records": some}
                found.append(Sample(customer, {"body.json": json.dumps(body, indent=1).encode()}))
                found.append(Sample(customer, {"body.ndjson": b"\n".join(map(msgspec.json.encode, some))}))
        return found

    def attempt(self, about: str, pieces: Pieces, /) -> None:
        """As many decisions as lines or records, whatever they are."""
        for name, body in pieces.items():
            kind = _TYPES[Path(name).suffix]
            answer = self._web.ask(
                "POST", f"/v1/customers/{about}/classify", content=body, headers={"content-type": kind}
            )
            if answer.status_code == 200 and kind.endswith("ndjson"):
                lines = [line for line in body.split(b"\n") if line and not line.isspace()]
                if len(answer.json()["decisions"]) != len(lines):
                    raise Broken("another number of decisions than of lines")
