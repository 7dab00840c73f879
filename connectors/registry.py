"""Which connectors there are, and opening one for a customer. Importing it loads no HTTP client."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Meta, Struct

from connectors.ammon.connector import Ammon
from connectors.aurion.connector import Aurion
from connectors.campus_skills.connector import CampusSkills
from connectors.columns.connector import Columns
from connectors.contract import Connector, ConnectorContext, Refused
from connectors.contracts.connector import Contracts
from connectors.education_perfect.connector import EducationPerfect
from connectors.edusign.connector import Edusign
from connectors.http.mismatch import mismatch
from connectors.hyperplanning.connector import Hyperplanning
from connectors.hyperplanning_csv.connector import HyperplanningCsv
from connectors.hyperplanning_ical.connector import HyperplanningIcal
from connectors.oneroster.connector import OneRoster
from connectors.oneroster_rest.connector import OneRosterRest
from connectors.pushed import PushedPlatform, PushedSource
from connectors.records.connector import Records
from connectors.sc_form.connector import ScForm
from connectors.sds.connector import Sds
from connectors.wonde.connector import Wonde
from connectors.ypareo.connector import Ypareo
from engine.model.connector_spec import Catalogue, ConnectorSpec
from engine.model.rulebook import ConnectorUse, Customer
from engine.rulefiles.parse.option_values import secret_prefix

GROUP = "muster.connectors"
"""Entry points of other packages that add a connector: a name, and the connector's class."""

BUILT_IN: tuple[type[Connector], ...] = (
    PushedSource,
    PushedPlatform,
    Records,
    OneRoster,
    OneRosterRest,
    Sds,
    Wonde,
    Columns,
    Ammon,
    Aurion,
    Contracts,
    ScForm,
    Hyperplanning,
    HyperplanningIcal,
    HyperplanningCsv,
    Ypareo,
    Edusign,
    CampusSkills,
    EducationPerfect,
)
"""Every connector of this project. A new one is a folder and a line here."""

ALLOW_PRIVATE = "MUSTER_ALLOW_PRIVATE_HOSTS"
ID_KEY = "MUSTER_ID_KEY"
_REFERENCE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_OPENING = "options"


def connectors() -> Mapping[str, type[Connector]]:
    """Name to connector: the built-in ones, then those of other packages, which replace none of ours.

    One of another package that cannot be loaded is not among them, so that it stops its own customers alone; see
    `not_loaded`.
    """
    return _loaded()[0]


def not_loaded() -> tuple[Refused, ...]:
    """Connectors of other packages that cannot be loaded, or whose spec names what there is not."""
    return _loaded()[1]


@cache
def _loaded() -> tuple[Mapping[str, type[Connector]], tuple[Refused, ...]]:
    found = {kind.spec.name: kind for kind in BUILT_IN}
    refused = []
    for point in entry_points(group=GROUP):
        try:
            kind = point.load()
            found.setdefault(kind.spec.name, kind)
        except Exception as error:  # noqa: BLE001 - whatever another package's code does
            name, entry = point.name, point.value
            refused.append(Refused(name, entry, "connector_not_loaded", name=name, entry=entry, error=str(error)))
    return found, tuple(refused)


@cache
def catalogue() -> Catalogue:
    """Name to what the engine must know of the connector."""
    return {name: kind.spec for name, kind in connectors().items()}


def open_connector(
    use: ConnectorUse,
    customer: Customer,
    around: ConnectorContext,
    environ: Mapping[str, str],
    known: Mapping[str, type[Connector]] | None = None,
) -> Connector:
    """The connector that a customer's file names, with its options decoded, its secrets and paths resolved.

    Raises Refused for an option of the wrong shape, a secret that is not set or is not the customer's own,
    and a path outside the customer's data folder. No value of an option stands in the error. `known` is what there is
    to open, the registry's own when left out.
    """
    opened = (known or connectors())[use.spec.name]
    options = dict(use.options)
    for name, extra in _marked(use.spec.options):
        value = options.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise Refused(use.spec.title, name, "option_not_text")
        if extra.get("secret"):
            options[name] = _secret(use.spec, name, value, customer.id, environ)
        elif extra.get("path"):
            options[name] = str(_inside(use.spec, name, value, around.data_folder))
    try:
        decoded = msgspec.convert(options, use.spec.options, strict=False)
    except msgspec.ValidationError as error:
        # msgspec's sentence names types, an option's path and a misspelt choice, never a secret.
        raise mismatch(Refused, use.spec.title, _OPENING, error) from None
    return opened(
        decoded,
        msgspec.structs.replace(
            around,
            id_key=id_key(customer, environ),
            allow_private=environ.get(ALLOW_PRIVATE, "").lower() in {"1", "true", "yes"},
        ),
    )


def open_for_file(use: ConnectorUse, customer: Customer, environ: Mapping[str, str], path: Path) -> Connector | None:
    """The customer's own connector for a file, folder or ZIP that somebody has in hand, read as its own would be.

    None for a connector that reads no files. No secret is looked up: a file needs none.
    """
    marked = dict(_marked(use.spec.options))
    if not marked.get("path", {}).get("path"):
        return None
    elsewhere = {name for name, extra in marked.items() if not extra.get("path")}
    options = {name: value for name, value in use.options.items() if name not in elsewhere} | {"path": path.name}
    around = ConnectorContext(zone=customer.zone, data_folder=path.parent)
    try:
        return open_connector(msgspec.structs.replace(use, options=options), customer, around, environ)
    except Refused:
        return None  # it asks for more than a file


def id_key(customer: Customer, environ: Mapping[str, str]) -> bytes:
    """Key of the hashed ids of a customer's records."""
    return environ.get(ID_KEY, customer.id).encode()


def _marked(options: type[Struct]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The options that are a secret, a path or an address, with what their annotation says."""
    for name, annotation in typing.get_type_hints(options, include_extras=True).items():
        todo = [annotation]
        while todo:
            part = todo.pop()
            todo.extend(typing.get_args(part) if not isinstance(part, Meta) else ())
            if isinstance(part, Meta) and part.extra:
                yield name, part.extra


def _secret(spec: ConnectorSpec, name: str, value: str, customer_id: str, environ: Mapping[str, str]) -> str:
    """The secret that a reference names."""
    prefix = secret_prefix(customer_id)
    reference = _REFERENCE.fullmatch(value)
    if reference is None:
        raise Refused(spec.title, name, "secret_in_the_file", prefix=prefix)
    variable = reference[1]
    if not variable.startswith(prefix) or variable == prefix:
        # That it is no other customer's with a longer id, `engine.rulefiles.parse.option_values` has seen to.
        raise Refused(spec.title, name, "secret_of_another", variable=variable, prefix=prefix)
    found = environ.get(variable, "").strip()
    if not found:
        raise Refused(spec.title, name, "variable_not_set", variable=variable)
    return found


def _inside(spec: ConnectorSpec, name: str, value: str, folder: Path) -> Path:
    """The file or folder, all links resolved, that a path names inside the customer's data folder."""
    home = folder.resolve()
    try:
        path = (home / value).resolve()
    except (OSError, ValueError, RuntimeError):
        raise Refused(spec.title, name, "path_not_resolved") from None
    if not path.is_relative_to(home):
        raise Refused(spec.title, name, "path_leaves_the_folder")
    return path
