"""Small rule folders for tests, and a catalogue of invented connectors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from engine.model.connector_spec import Catalogue, ConnectorSpec, DataPath, Secret, Url
from engine.model.problems import Problem, RuleFileError
from engine.model.rulebook import Rulebook
from engine.records.kinds import KINDS
from engine.rulefiles.library import load


class HarbourOptions(Struct, frozen=True):
    """Options with every mark there is."""

    url: Url
    token: Secret
    folder: DataPath | None = None
    email_kind: Literal["work", "private"] = "work"
    page_size: Annotated[int, Meta(ge=1, le=500, description="Rows of a page.")] = 100
    archived_too: bool = False
    schools: Annotated[list[str], Meta(description="Ids of the schools.")] = []
    roles: dict[str, str] = {}


class SentOptions(Struct, frozen=True):
    """Options of records that are sent to us."""

    system: Annotated[str, Meta(min_length=1, description="What people call the system.")]
    layer: str | None = None
    provides: dict[str, list[str]] | None = None


class PlatformOptions(Struct, frozen=True):
    """Options of a platform."""

    takes: list[str] = []


def _all(*kinds: str) -> dict[str, frozenset[str]]:
    return {kind: frozenset(KINDS[kind].__struct_fields__) for kind in kinds}


CATALOGUE: Catalogue = {
    spec.name: spec
    for spec in (
        ConnectorSpec("harbour", "Harbour", "source", HarbourOptions, _all("learner", "instructor", "session")),
        ConnectorSpec("sent", "the source", "source", SentOptions, _all("learner", "instructor", "session")),
        ConnectorSpec(
            "slate", "Slate", "platform", PlatformOptions, _all("account", "sheet"), frozenset({"learner", "session"})
        ),
    )
}

SETTINGS = """\
settings:
  window_days: {type: integer, default: 14, description: Days ahead that are synced.}
  accepted_states: {type: texts, default: [], description: States that are synced.}
  email_domains: {type: texts, default: [], description: Domains that are invited.}
  reasons: {type: mapping, default: {}, description: Reasons of absence.}
"""

BASE = """\
rules:
  session.outside_window:
    for: session
    when: {starts_at: {after: in $window_days days}}
    then: skip
    examples:
      - {matches: true, as_of: 2026-11-21, record: {starts_at: 2026-12-20T09:00:00+01:00}}
      - {matches: false, as_of: 2026-11-21, record: {starts_at: 2026-11-25T09:00:00+01:00}}
  session.no_instructor:
    for: session
    when: {instructor_ids: {is: missing}}
    then: flag
    fix_in: source
    examples:
      - {matches: true, record: {}}
      - {matches: false, record: {instructor_ids: ["318"]}}
  session.not_remote:
    for: session
    when: {remote: false}
    then: off
    fix_in: settings
    examples:
      - {matches: true, record: {remote: false}}
      - {matches: false, record: {}}
"""

CUSTOMER = """\
name: Campus Norvane
language: fr
zone: Europe/Paris
source: {connector: harbour, url: https://norvane.example.org, token: "${MUSTER_NORVANE_HARBOUR}"}
platform: {connector: slate}
"""

FOLDER: Mapping[str, str] = {
    "base/settings.yaml": SETTINGS,
    "base/session.yaml": BASE,
    "connectors/harbour.yaml": "settings: {window_days: 7}\n",
    "customers/norvane.yaml": CUSTOMER,
}


def write(folder: Path, files: Mapping[str, str | bytes] = FOLDER) -> Path:
    """Write a rules folder, and return it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def rulebook(folder: Path, **files: str | bytes) -> Rulebook:
    """The rulebook of `norvane`, with files replaced or added: ``customer=``, ``base=``, ``connector=``."""
    return load(_replaced(folder, files), "norvane", CATALOGUE)


def problems(folder: Path, **files: str | bytes) -> tuple[Problem, ...]:
    """The problems of the same; empty when it loads."""
    try:
        rulebook(folder, **files)
    except RuleFileError as error:
        return error.problems
    return ()


def _replaced(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    names = {
        "base": "base/session.yaml",
        "settings": "base/settings.yaml",
        "connector": "connectors/harbour.yaml",
        "customer": "customers/norvane.yaml",
    }
    return write(folder, {**FOLDER, **{names[name]: text for name, text in files.items()}})


def told(found: tuple[Problem, ...]) -> list[tuple[int, int, str]]:
    """Line, column and code of each."""
    return [(problem.place.line, problem.place.column, problem.code) for problem in found]
