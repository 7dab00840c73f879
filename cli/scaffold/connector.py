"""A new connector: a folder with mapper, sample and README, and its line in the registry."""

from __future__ import annotations

import re
from pathlib import Path

from cli.terminal import Stopped

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

_CONNECTOR = '''"""{title} as a CSV export: a file, or a folder or ZIP with people.csv in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from connectors.contract import ConnectorContext, Fetch, Refused, Window
from connectors.reading.admit import Raw, admitted
from connectors.reading.archive import opened
from connectors.reading.tables import Tables
from engine.model.connector_spec import ConnectorSpec, DataPath
from engine.records.kinds import Record

COLUMNS = {{"people": ("id", "role", "first name", "last name", "email")}}
"""Tables of the export, each a file's name, to their columns as {title} writes them."""

_KINDS = {{"student": "learner", "teacher": "instructor"}}
_PERSON = frozenset({{"source_id", "first_name", "last_name", "email"}})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: {name}`."""

    path: Annotated[DataPath, Meta(description="The export, in the customer's data folder.")]


class {cls}:
    """People of {title}."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="{name}",
        title="{title}",
        # Where what it knows comes from: published by the vendor, a standard, or observed.
        certainty="observed",
        side="source",
        options=Options,
        # Only what can really be given: a rule on anything else rests.
        provides={{"learner": _PERSON, "instructor": _PERSON, "person": _PERSON | {{"role"}}}},
    )

    def __init__(self, options: Options, _around: ConnectorContext, /) -> None:
        self._path = Path(options.path)

    def records(self, _window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """Everybody in the export."""
        with opened(self._path, self.spec.title) as files:
            tables = Tables(files, self.spec.title, COLUMNS, fetch)
            if "people" not in tables:
                raise Refused(self.spec.title, self._path.name, "there is no people.csv in it", "Export it as well.")
            nothing = Refused(self.spec.title, "people.csv", "it holds no rows", "Nothing was changed; export again.")
            yield from admitted(_people(tables), fetch, nothing)


def _people(tables: Tables) -> Iterator[Raw]:
    for row in tables.rows("people", ("id",), "person"):
        word = row["role"]
        kind = _KINDS.get(word.casefold(), "person")
        values = {{
            "source_id": row["id"],
            "first_name": row["first name"],
            "last_name": row["last name"],
            "email": row["email"],
        }}
        yield Raw(kind, values | {{"role": word}} if kind == "person" else values, row.place)
'''

_SAMPLE = """id,role,first name,last name,email
7,student,Elia,Vasserot,elia.vasserot@example.org
8,student,Moussa,Diombassé,
318,teacher,Orla,Quist,orla.quist@example.org
319,visitor,Piotr,Łubrzeński,piotr.lubrzenski@example.org
"""

_README = """# {title}

**How sure is this?** Nothing of it is published by the vendor yet: the columns are inferred. Say here which facts are
documented, and by whom, and which are not.

```yaml
source: {{connector: {name}, path: people.csv}}
```

| {title} | record |
|---|---|
| role student; teacher; anything else | learner; instructor; person |
| `id` | `source_id` |
| `first name`, `last name`, `email` | `first_name`, `last_name`, `email` |
"""


def add_connector(connectors: Path, name: str, title: str) -> Path:
    """Write the connector's folder and its line in the registry; gives the folder."""
    registry = connectors / "registry.py"
    if not registry.is_file():
        raise Stopped(f"There is no registry.py in {connectors}. Wanted the folder connectors/ of a checkout.")
    package = name.replace("-", "_")
    folder = connectors / package
    if not _ID.fullmatch(name):
        raise Stopped(
            f"{name!r} cannot name a connector. Wanted small letters, digits and hyphens, such as norva-plan."
        )
    if folder.exists() or (connectors / f"{package}.py").exists():
        raise Stopped(f"{folder} exists already. Choose another name, or edit it.")
    cls = "".join(part.capitalize() for part in name.split("-"))
    text = _registered(registry.read_text(encoding="utf-8"), package, cls)
    (folder / "samples").mkdir(parents=True)
    words = {"name": name, "title": title or cls, "cls": cls}
    (folder / "__init__.py").write_text("", encoding="utf-8")
    (folder / "connector.py").write_text(_CONNECTOR.format(**words), encoding="utf-8")
    (folder / "samples" / "people.csv").write_text(_SAMPLE, encoding="utf-8")
    (folder / "README.md").write_text(_README.format(**words), encoding="utf-8")
    registry.write_text(text, encoding="utf-8")
    return folder


def _registered(text: str, package: str, cls: str) -> str:
    """The registry with an import and a line in `BUILT_IN`."""
    lines = text.splitlines(keepends=True)
    imports = [place for place, line in enumerate(lines) if line.startswith("from connectors.")]
    new = f"from connectors.{package}.connector import {cls}\n"
    after = max((place for place in imports if lines[place] < new), default=imports[0] - 1)
    lines.insert(after + 1, new)
    start = next(place for place, line in enumerate(lines) if line.startswith("BUILT_IN"))
    end = next(place for place in range(start, len(lines)) if lines[place] == ")\n")
    lines.insert(end, f"    {cls},\n")
    return "".join(lines)
