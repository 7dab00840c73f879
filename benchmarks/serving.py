"""The server that the benchmarks of the API ask: `python -m benchmarks.serving DATABASE decides|answers STORED`."""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from api.app import create_app
from api.serve import serve
from benchmarks.people import learners
from connectors.registry import catalogue
from engine.language.renderer import Messages
from engine.records.decode import Invalid
from engine.records.kinds import Record, kind_of
from engine.rulefiles.library import Library
from runs.model.answers import Answer, Classification
from runs.service import Service
from store.base.database import Database

_CHUNK = 10_000


class Answering(Service):
    """The service with the classification taken out: every record is read, and answered as synced."""

    def classify(
        self,
        customer_id: str,  # noqa: ARG002 - the service's own signature
        items: Sequence[Record | Invalid],
        language: str | None = None,
        as_of: datetime | None = None,
    ) -> Classification:
        """An answer for every item; nothing is decided."""
        now = as_of or self.clock()
        answers = [
            Answer(item.kind if isinstance(item, Invalid) else kind_of(item), item.source_id, "sync") for item in items
        ]
        return Classification(answers, now, None, None, None, "none", language or "en", {"sync": len(answers)})


def main(url: str, how: str, stored: int) -> None:
    """Serve on a free port, which is printed first."""
    database = Database.open(url)
    database.upgrade()
    systems = catalogue()
    made = Answering if how == "answers" else Service
    service = made(database, Library(Path(__file__).resolve().parent / "service", systems), systems, Messages())
    if stored and how == "decides":
        people = [learner for seed in range(stored // _CHUNK) for learner in learners(_CHUNK, seed)]
        service.push("bench", people, complete=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    print(port, flush=True)
    serve(create_app(service, demo=True), "127.0.0.1", port)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
