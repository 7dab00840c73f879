"""Messages that a customer writes: checked, and then rendered for a record all the same."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

from engine.language.renderer import Messages
from engine.rulefiles.check.messages import problems_of
from engine.rulefiles.library import sound
from tests.engine.rule_folders import CATALOGUE, CUSTOMER, write
from tests.hostile.mutators import Pieces
from tests.hostile.way import Broken, Sample
from tests.hostile.ways._web import Web

_PARTS = {
    "title.j2": "Sans formateur",
    "problem.j2": "{{ effect }} : « {{ name }} » du {{ starts_at | when }}, salle {{ room }}, n’a pas de formateur.",
    "fix.j2": "Ajoutez un formateur à « {{ name }} » ({{ id }}) dans {{ source }} ; repris {{ next_run | run }}.",
}
_RECORDS = [
    {
        "kind": "session",
        "source_id": "S-1",
        "name": "Gestion des stocks",
        "starts_at": "2026-11-23T09:00:00+01:00",
        "ends_at": "2026-11-23T12:00:00+01:00",
        "room": "B201",
        "learner_ids": ["L-1"],
    },
    {"kind": "learner", "source_id": "L-1", "first_name": "Inès", "last_name": "Marchal"},
]


class WayIn:
    """A customer's file with one message, beside a small base."""

    def __init__(self, folder: Path, /) -> None:
        self._rules = write(folder / "rules")
        self._messages = Messages()
        self._web = Web(folder, self._rules, seeded=False, known=CATALOGUE)
        self._web.library._clock = itertools.count(step=100).__next__

    def samples(self) -> list[Sample]:
        """A message in its three parts."""
        return [Sample("session.no_instructor", {name: text.encode() for name, text in _PARTS.items()})]

    def attempt(self, about: str, pieces: Pieces, /) -> None:
        """The file's mistakes are told, and the record is answered with some sentence."""
        parts = {Path(name).stem: body.decode("utf-8", "replace") for name, body in pieces.items()}
        written = json.dumps({"rules": {about: {"messages": {"fr": parts}}}}, ensure_ascii=True)
        text = CUSTOMER + written[1:-1].replace('"rules": ', "rules: ", 1) + "\n"
        (self._rules / "customers" / "norvane.yaml").write_text(text, "utf-8")
        for book in sound(self._rules, CATALOGUE):
            problems_of(self._messages, book)
        answer = self._web.ask("POST", "/v1/customers/norvane/classify", json={"records": _RECORDS})
        if answer.status_code == 200:
            session = answer.json()["decisions"][0]
            if session["rule"] == about and not session["problem"]:
                raise Broken("a flag without a sentence")
