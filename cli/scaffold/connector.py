"""A new connector: a folder with mapper, sample and README, and its line in the registry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from keyword import iskeyword
from pathlib import Path

from cli.terminal import Stopped
from engine.model.connector_spec import Side

_ID = re.compile(r"(?=.{1,40}$)[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TITLE = re.compile(r'[^"\\{}\x00-\x1f|]{1,60}')
"""A system's name as it may stand in Python's texts and in a table of Markdown."""

_CONNECTOR = '''"""{title} as a CSV export: a file, or a folder or ZIP with {table}.csv in it."""

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

COLUMNS = {{"{table}": ("id", "role", {own}"first name", "last name", "email")}}
"""Tables of the export, each a file's name, to their columns as {title} writes them."""

_KINDS = {{"student": "learner", "teacher": "instructor"}}
{fields} = frozenset({{"source_id", {given}"first_name", "last_name", "email"}})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: {name}`."""

    path: Annotated[DataPath, Meta(description="The export, in the customer's data folder.")]


class {cls}:
    """{what} of {title}."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="{name}",
        title="{title}",
        # Where what it knows comes from: published by the vendor, a standard, or observed.
        certainty="observed",
        side="{side}",
        options=Options,
        # Only what can really be given: a rule on anything else rests.
        provides={provides},
        # What is not as usual: `fetches`, `needs`, `schedule` and more; see ConnectorSpec.
    )

    def __init__(self, options: Options, _around: ConnectorContext, /) -> None:
        self._path = Path(options.path)

    def records(self, _window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """Everybody in the export."""
        with opened(self._path, self.spec.title) as files:
            tables = Tables(files, self.spec.title, COLUMNS, fetch)
            if "{table}" not in tables:
                raise Refused(self.spec.title, "{table}.csv", "no_file_of_that_name")
            nothing = Refused(self.spec.title, "{table}.csv", "no_rows")
            yield from admitted(_{table}(tables), fetch, nothing)


def _{table}(tables: Tables) -> Iterator[Raw]:
    for row in tables.rows("{table}", ("id",), "{kind}"):
        kind = _KINDS.get(row["role"].casefold())
        values = {{
            "source_id": row["id"],
            "first_name": row["first name"],
            "last_name": row["last name"],
            "email": row["email"],
        }}
        {last}
'''

_SLOTS: Mapping[Side, Mapping[str, str]] = {
    "source": {
        "what": "People",
        "table": "people",
        "kind": "person",
        "own": "",
        "own_row": "",
        "fields": "_PERSON",
        "given": "",
        "provides": '{"learner": _PERSON, "instructor": _PERSON, "person": _PERSON | {"role"}}',
        "roles": "learner; instructor; person",
        "last": 'yield Raw(kind or "person", values if kind else values | {"role": row["role"]}, row.place)',
    },
    "platform": {
        "what": "Accounts",
        "table": "accounts",
        "kind": "account",
        "own": '"made from", ',
        "own_row": "| `made from` | `source_ref` |\n",
        "fields": "_ACCOUNT",
        "given": '"role", "source_kind", "source_ref", ',
        "provides": """{"account": _ACCOUNT},
        # Kinds of the source's records that it takes: only these are decided.
        takes=frozenset({"learner", "instructor"})""",
        "roles": "account of a learner; of an instructor; of somebody else",
        "last": """values |= {"role": kind or "other", "source_kind": kind or "", "source_ref": row["made from"]}
        yield Raw("account", values, row.place)""",
    },
}

_SAMPLE = (
    ("id", "role", "made from", "first name", "last name", "email"),
    ("7", "student", "S-7", "Elia", "Vasserot", "elia.vasserot@example.org"),
    ("8", "student", "S-8", "Moussa", "Diombassé", ""),
    ("318", "teacher", "T-318", "Orla", "Quist", "orla.quist@example.org"),
    ("319", "visitor", "", "Piotr", "Łubrzeński", "piotr.lubrzenski@example.org"),
)

_README = """# {title}

**How sure is this?** Nothing of it is published by the vendor yet: the columns are inferred. Say here which facts are
documented, and by whom, and which are not.

```yaml
{side}: {{connector: {name}, path: {table}.csv}}
```

| {title} | record |
|---|---|
| role student; teacher; anything else | {roles} |
| `id` | `source_id` |
{own_row}| `first name`, `last name`, `email` | `first_name`, `last_name`, `email` |
"""


def add_connector(connectors: Path, name: str, title: str, side: Side) -> Path:
    """Write the connector's folder and its line in the registry; gives the folder."""
    registry = connectors / "registry.py"
    if not registry.is_file():
        raise Stopped(f"There is no registry.py in {connectors}. Wanted the folder connectors/ of a checkout.")
    package = name.replace("-", "_")
    folder = connectors / package
    if not _ID.fullmatch(name):
        raise Stopped(
            f"{name!r} cannot name a connector. Wanted at most 40 small letters, digits and hyphens: norva-plan."
        )
    if title and not _TITLE.fullmatch(title):
        raise Stopped(f'{title!r} cannot be a title. Wanted at most 60 characters, and none of " \\ {{ }} |.')
    if folder.exists() or (connectors / f"{package}.py").exists():
        raise Stopped(f"{folder} exists already. Choose another name, or edit it.")
    cls = "".join(part.capitalize() for part in name.split("-"))
    before = registry.read_text(encoding="utf-8")
    # A module or a class of a name that Python keeps, or that is another's there, would stop every command.
    if iskeyword(package) or iskeyword(cls) or re.search(rf"\b{cls}\b", before + _CONNECTOR):
        raise Stopped(f"{name!r} is a word of Python's, or of the registry's own. Choose another, such as {name}-plan.")
    text = _registered(before, package, cls)
    (folder / "samples").mkdir(parents=True)
    words = {"name": name, "title": title or cls, "cls": cls, "side": side, **_SLOTS[side]}
    rows = [[cell for place, cell in enumerate(row) if place != 2 or words["own"]] for row in _SAMPLE]
    sample = "".join(",".join(row) + "\n" for row in rows)
    (folder / "__init__.py").write_text("", encoding="utf-8")
    (folder / "connector.py").write_text(_CONNECTOR.format(**words), encoding="utf-8")
    (folder / "samples" / f"{words['table']}.csv").write_text(sample, encoding="utf-8")
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
