"""The JSON Schema of rule files, from which editors complete, describe and check while they are written.

It knows shapes and names, one file at a time; whether layers fit together, and whether an example says what its rule
does, only `muster check` knows. What is right for the loader is right here too.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Meta

from engine.language.languages import languages
from engine.language.sentences import rule_sentence
from engine.language.wholeness import FALLBACK
from engine.model.connector_spec import Catalogue, ConnectorSpec, Side
from engine.model.rulebook import FINDINGS, FIX_IN, REACTIONS, Rulebook, SettingType
from engine.records.fields import fields_of
from engine.records.kinds import DOWNWARD, KINDS, SegmentKey
from engine.records.limits import LONGEST_NAME, LONGEST_TITLE
from engine.rulefiles.layers import KEYS as LAYER_KEYS
from engine.rulefiles.layers import SPREADSHEET
from engine.rulefiles.parse.customer import KEYS, REQUIRED
from engine.rulefiles.parse.rules import RULE_KINDS
from engine.rulefiles.parse.settings import SETTING_TYPES
from engine.rulefiles.schema.conditions import Schema, condition_definitions, ref
from engine.rulefiles.schema.guards import guards_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_REACTIONS = {
    "skip": "Left out on purpose; nobody must act.",
    "flag": "A person must act.",
    "note": "Synced, with a remark.",
    "off": "Switched off.",
}
_FIXED_IN = {
    "source": "In the system the record comes from.",
    "aggregator": "In the system between source and platform.",
    "platform": "On the platform.",
    "settings": "In this customer's settings.",
    "support": "By the people who run Muster.",
}
_VALUES: dict[SettingType, Schema] = {
    "integer": {"type": ["integer", "null"]},
    "number": {"type": ["number", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "text": {"type": ["string", "number", "boolean", "null"]},
    "texts": {"type": ["array", "null"], "items": {"type": ["string", "number", "boolean"]}},
    "date": {"type": ["string", "null"], "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    "mapping": {"type": ["object", "null"], "additionalProperties": {"type": ["string", "number", "boolean"]}},
}
_SECRET: Schema = {"type": "string", "pattern": r"^\$\{MUSTER_[A-Z0-9_]+\}$"}
_CLOCK: Schema = {
    "type": "array",
    "items": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
}


def rule_file_schema(catalogue: Catalogue, base: Rulebook | None = None) -> Schema:
    """The schema of every file under `rules/`: base, connector layers, customers.

    With the base rulebook its rules and settings are completed and described by name.
    """
    definitions: dict[str, Schema] = {
        **condition_definitions(),
        **_rule_definitions(),
        **_setting_definitions(),
        "provides": _provides(),
    }
    for spec in catalogue.values():
        definitions[f"{spec.side}.{spec.name}"] = _options(spec)
    return {
        "$schema": DIALECT,
        "title": "Rules of Muster",
        "description": "One file of the base rules, of a connector's layer, or of a customer.",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {
            "settings": _settings(base),
            "rules": _rules(base),
            "guards": guards_schema(),
            "places": _names(
                "What people call the places where things are mended: a text, or a text by language. An aggregator is "
                "named only where one stands between source and platform.",
                {**_FIXED_IN, "passes_on": "A sentence: how an aggregator passes on what is mended in the source."},
            ),
            "spreadsheet": _names(
                "What the platform's own list of issues calls the column of the kind, and each kind.",
                dict.fromkeys(SPREADSHEET, ""),
            ),
            **_customer(catalogue),
        },
        "dependentRequired": {
            key: [other for other in REQUIRED if other != key] for key in KEYS if key not in LAYER_KEYS
        },
        "$defs": dict(sorted(definitions.items())),
    }


# Rules


def _one_of(words: typing.Iterable[str], described: Mapping[str, str]) -> Schema:
    listed = list(words)
    return {"enum": listed, "markdownEnumDescriptions": [described[word] for word in listed]}


def _rules(base: Rulebook | None) -> Schema:
    known: dict[str, Schema] = {rule_id: ref("finding") for rule_id in FINDINGS}
    for rule in base.rules if base is not None else ():
        if rule.id not in FINDINGS:
            known[rule.id] = {"description": f"{rule_sentence(rule, FALLBACK)} ({rule.then})"}
    return {
        "description": "Rules by id. With `when` an entry is a whole rule; without, it changes one of a layer below.",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": known,
        "patternProperties": {rf"^{kind}\.[a-z][a-z0-9_]*$": ref(f"rule.{kind}") for kind in RULE_KINDS},
    }


def _rule_definitions() -> dict[str, Schema]:
    message: Schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["problem", "fix"],
        "properties": {
            "title": {
                "type": "string",
                "maxLength": LONGEST_TITLE,
                "description": "What is the matter in a few words, the same for every record: Email address missing.",
            },
            "problem": {"type": "string", "description": "What is wrong, effect first."},
            "fix": {"type": "string", "description": "What to do, and where."},
        },
    }
    parts: dict[str, Schema] = {
        "then": {"description": "What becomes of a record that matches.", **_one_of(REACTIONS, _REACTIONS)},
        "fix_in": {"description": "Where it is to be fixed; every flag needs it.", **_one_of(FIX_IN, _FIXED_IN)},
        "messages": {
            "description": "What is told to people, by language.",
            "type": "object",
            "additionalProperties": False,
            "properties": {language: ref("message") for language in languages().names},
        },
    }
    made: dict[str, Schema] = {
        "message": message,
        **{f"part.{name}": part for name, part in parts.items()},
        "finding": {
            "description": "A finding of the engine itself: always a flag, with no condition.",
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {
                "then": {"const": "flag"},
                "fix_in": ref("part.fix_in"),
                "messages": ref("part.messages"),
            },
        },
    }
    for kind in RULE_KINDS:
        made[f"rule.{kind}"] = {
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {
                "for": {"const": kind, "description": (KINDS[kind].__doc__ or "").strip()},
                "when": ref(f"when.{kind}", "The condition: every entry must hold. `{}` always does."),
                **{name: ref(f"part.{name}") for name in parts},
                "examples": {
                    "description": "The rule's tests: at least one that matches and one that does not.",
                    "type": "array",
                    "minItems": 1,
                    "items": ref(f"example.{kind}"),
                },
            },
            "dependentRequired": {
                "when": ["for", "then", "examples"],
                "for": ["when"],
                "examples": ["when"],
            },
        }
    return made


# Settings


def _setting_definitions() -> dict[str, Schema]:
    return {
        "setting": {
            "description": "A new setting.",
            "type": "object",
            "additionalProperties": False,
            "required": ["type", "default", "description"],
            "properties": {
                "type": {"enum": list(SETTING_TYPES)},
                "default": {},
                "description": {"type": "string", "minLength": 1},
            },
            "allOf": [
                {
                    "if": {"properties": {"type": {"const": of}}, "required": ["type"]},
                    "then": {"properties": {"default": _VALUES[of]}},
                }
                for of in SETTING_TYPES
            ],
        }
    }


def _settings(base: Rulebook | None) -> Schema:
    known: dict[str, Schema] = {}
    for entry in base.settings.values() if base is not None else ():
        known[entry.name] = {
            "description": f"{' '.join(entry.description.split())} ({entry.type})",
            "anyOf": [_VALUES[entry.type], ref("setting")],
        }
    defined: Schema = {"type": "object", "required": ["type", "default"]}
    return {
        "description": "Values that rules read as `$name`. A layer's value replaces the one below it.",
        "type": ["object", "null"],
        "properties": known,
        "additionalProperties": {"if": defined, "then": ref("setting")},
        "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
    }


def _names(description: str, named: Mapping[str, str]) -> Schema:
    name: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}
    by_language: Schema = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": dict.fromkeys(languages().names, name),
    }
    return {
        "description": description,
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {
            key: {**({"description": says} if says else {}), "anyOf": [name, by_language]}
            for key, says in named.items()
        },
    }


# Customers


def _customer(catalogue: Catalogue) -> dict[str, Schema]:
    keys = typing.get_args(SegmentKey)
    values: Schema = {
        "anyOf": [
            {"type": ["string", "number", "boolean"]},
            {"type": "array", "minItems": 1, "items": {"type": ["string", "number", "boolean"]}},
        ]
    }
    return {
        "name": {"type": "string", "minLength": 1, "description": "What the customer is called."},
        "language": {
            "enum": list(languages().names),
            "description": "Language of messages where the reader chooses none.",
        },
        "zone": {
            "type": "string",
            "description": "IANA time zone, such as Europe/Paris.",
            "examples": ["Europe/Paris"],
        },
        "source": _side(catalogue, "source", "The system the truth comes from."),
        "platform": _side(catalogue, "platform", "The system that is synced to."),
        "schedule": {
            "description": "When runs start, as local times of the customer.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "downward": {"description": "From source to platform.", **_CLOCK},
                "upward": {"description": "From platform to source.", **_CLOCK},
            },
        },
        "waivers": {
            "description": "Issues accepted as they are: they wait for nobody until the day is over.",
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["rule", "records", "reason", "until"],
                "properties": {
                    "rule": {"type": "string", "description": "The rule that flags them."},
                    "records": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": ["string", "number", "boolean"]},
                        "description": "Their ids in the source.",
                    },
                    "kind": {"enum": list(KINDS), "description": "Only for a finding of the engine itself."},
                    "reason": {"type": "string", "minLength": 1, "description": "Why they are accepted."},
                    "until": {**_VALUES["date"], "type": "string", "description": "The last day, included."},
                },
            },
        },
        "segments": {
            "description": "Account of the platform → segment key → values; every key named must fit.",
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": False,
                "properties": dict.fromkeys(keys, values),
            },
        },
    }


def _side(catalogue: Catalogue, side: Side, description: str) -> Schema:
    specs = [spec for spec in catalogue.values() if spec.side == side]
    return {
        "description": description,
        "type": "object",
        "required": ["connector"],
        "properties": {
            "connector": {
                "description": "Which connector reads it.",
                **_one_of([spec.name for spec in specs], {spec.name: spec.title for spec in specs}),
            }
        },
        "allOf": [
            {
                "if": {"properties": {"connector": {"const": spec.name}}, "required": ["connector"]},
                "then": ref(f"{side}.{spec.name}"),
            }
            for spec in specs
        ],
    }


def _options(spec: ConnectorSpec) -> Schema:
    """What a customer writes beside `connector:`, by the connector's own struct."""
    (made,), components = msgspec.json.schema_components([spec.options], ref_template="#/$defs/{name}")
    top = components.pop(made["$ref"].rsplit("/", 1)[1])
    properties: dict[str, Schema] = {"connector": {"const": spec.name}}
    hints = typing.get_type_hints(spec.options, include_extras=True)
    for name, written in top.get("properties", {}).items():
        inlined = _described(_inlined(written, components))
        extra = _marks(hints.get(name))
        if extra.get("secret"):
            inlined = {**_SECRET, "description": inlined.get("description", "")}
        elif extra.get("url"):
            inlined = {"type": "string", "pattern": "^https?://", "description": inlined.get("description", "")}
        elif name == "takes":
            inlined = {**inlined, "items": {"enum": list(DOWNWARD)}}
        elif name == "provides":
            inlined = ref("provides", inlined.get("description", ""))
        properties[name] = inlined
    return {
        "description": spec.title,
        "type": "object",
        "additionalProperties": False,
        "required": ["connector", *top.get("required", [])],
        "properties": properties,
    }


def _described(option: Schema) -> Schema:
    """The option with its description outermost, where an editor looks for it."""
    branches = [branch["description"] for branch in option.get("anyOf", ()) if "description" in branch]
    return {"description": branches[0], **option} if branches else option


def _inlined(schema: Any, components: Mapping[str, Any]) -> Any:
    """The schema with its references written out, so that connectors may name their structs alike."""
    if isinstance(schema, list):
        return [_inlined(item, components) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        named = components[schema["$ref"].rsplit("/", 1)[1]]
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        return {**_inlined(named, components), **rest}
    made = {key: _inlined(value, components) for key, value in schema.items()}
    # YAML makes a number of `system: 12`, the loader a text again.
    return {**made, "type": ["string", "number", "boolean"]} if made.get("type") == "string" else made


def _provides() -> Schema:
    """Kind to fields that are ever sent."""
    return {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {
            kind: {
                "type": "array",
                "items": {"enum": [name for name, field in fields_of(kind).items() if not field.computed]},
            }
            for kind in KINDS
        },
    }


def _marks(annotation: Any) -> dict[str, Any]:
    """What the annotation of an option says of it beside its description: a secret, an address, a path."""
    if isinstance(annotation, Meta):
        return dict(annotation.extra or {})
    found: dict[str, Any] = {}
    for part in typing.get_args(annotation):
        found |= _marks(part)
    return found
