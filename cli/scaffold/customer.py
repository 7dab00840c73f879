"""A new customer's rule file, with every option that its connectors need."""

from __future__ import annotations

import json
import typing
from pathlib import Path

import msgspec
from msgspec import NODEFAULT, Meta, inspect
from msgspec.structs import fields

from cli.terminal import Stopped
from engine.model.connector_spec import TWICE_A_DAY, Catalogue, ConnectorSpec, Side
from engine.records.kinds import DOWNWARD
from engine.rulefiles.folders import is_customer_id
from engine.rulefiles.leftovers import PLACEHOLDER


def add_customer(
    rules: Path,
    catalogue: Catalogue,
    customer_id: str,
    *,
    name: str,
    source: str,
    platform: str,
    language: str,
    zone: str,
) -> Path:
    """Write the customer's file and return it."""
    if not is_customer_id(customer_id):
        raise Stopped(
            f"{customer_id!r} cannot name a customer. Wanted at most 64 small letters, digits and hyphens, such as "
            "lycee-norvane."
        )
    path = rules / "customers" / f"{customer_id}.yaml"
    if path.exists():
        raise Stopped(f"{path} exists already. Choose another id, or edit that file.")
    of_source, of_platform = _spec(catalogue, source, "source"), _spec(catalogue, platform, "platform")
    runs = msgspec.to_builtins(of_platform.schedule or of_source.schedule or TWICE_A_DAY)
    lines = [
        "# yaml-language-server: $schema=../schema.json",
        f"name: {json.dumps(name, ensure_ascii=False)}",
        f"language: {language}",
        f"zone: {zone}",
        *_use("source", of_source, customer_id),
        *_use("platform", of_platform, customer_id),
        f"schedule: {{{', '.join(f'{way}: {json.dumps(times)}' for way, times in runs.items() if times)}}}",
        "",
        "# What differs from the base. See: muster schema, and docs/rules.",
        "# settings:",
        "#   window_days: 7",
        "# rules:",
        "#   session.room_missing: {then: flag}",
        "",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _spec(catalogue: Catalogue, name: str, side: Side) -> ConnectorSpec:
    spec = catalogue.get(name)
    if spec is None or spec.side != side:
        known = ", ".join(sorted(each for each, found in catalogue.items() if found.side == side))
        raise Stopped(f"There is no connector {name!r} for a {side}. Wanted one of {known}.")
    return spec


def _use(side: str, spec: ConnectorSpec, customer_id: str) -> list[str]:
    lines = [f"{side}:", f"  connector: {spec.name}"]
    hints = typing.get_type_hints(spec.options, include_extras=True)
    options = {option.name: option for option in fields(spec.options)}
    needed = [
        name for name, option in options.items() if option.default is NODEFAULT and option.default_factory is NODEFAULT
    ]
    if {"path", "url"} <= options.keys() - set(needed):
        needed.append("path")  # such a connector wants one of the two
    if "token_url" in options:
        needed.append("token_url")  # needed by the usual way of signing in
    lines += [f"  {options[name].encode_name}: {_value(name, hints[name], customer_id)}" for name in needed]
    return lines


def _value(name: str, annotation: object, customer_id: str) -> str:
    marks: dict[str, object] = {}
    plain: set[object] = set()
    todo = [annotation]
    while todo:
        part = todo.pop()
        if isinstance(part, Meta):
            marks |= part.extra or {}
        else:
            plain.add(typing.get_origin(part) or part)
            todo += typing.get_args(part)
    if marks.get("secret"):
        return f'"${{MUSTER_{customer_id.upper().replace("-", "_")}_{name.upper()}}}"'
    if marks.get("url"):
        return f"https://{customer_id}.example.org"
    if marks.get("path"):
        return "export"
    if dict in plain:
        return _mapping(inspect.type_info(annotation))
    if list in plain or tuple in plain:
        return f"[{', '.join(DOWNWARD)}]" if name == "takes" else f"[{PLACEHOLDER}]"
    if bool in plain:
        return "false"
    if int in plain:
        return "1"
    return PLACEHOLDER


def _mapping(shape: inspect.Type, key: str = PLACEHOLDER) -> str:
    """One entry of every mapping in the shape; what stands below a kind are its fields, of which an id comes first."""
    match shape:
        case inspect.Metadata(type=within):
            return _mapping(within, key)
        case inspect.DictType(key_type=inspect.LiteralType(values=words), value_type=within):
            kind = next((kind for kind in DOWNWARD if kind in words), words[0])
            return f"{{{kind}: {_mapping(within, 'source_id')}}}"
        case inspect.DictType(value_type=within):
            return f"{{{key}: {_mapping(within)}}}"
        case inspect.StructType(fields=parts):
            needed = (f"{part.encode_name}: {_mapping(part.type)}" for part in parts if part.required)
            return f"{{{', '.join(needed)}}}"
        case _:
            return PLACEHOLDER
