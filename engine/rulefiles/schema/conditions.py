"""The JSON Schema of conditions and examples: for each kind its fields with their tests, its relations, its records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.model.operator_uses import TIMES, Use
from engine.model.operators import OPERATORS
from engine.records.fields import Field, fields_for_rules
from engine.records.kinds import KINDS
from engine.relations.definitions import RELATIONS
from engine.rulefiles.operators import COUNTS, field_named, field_names, tests_of, use_on, words_of
from engine.rulefiles.parse.operands import TIME_WORDS
from engine.rulefiles.parse.rules import RULE_KINDS

Schema = dict[str, Any]

_WORD: Schema = {"type": ["string", "number", "boolean"]}
_REFERENCE = r"^\$"
_AMOUNT = r"([0-9]{1,6}|\$[a-z_][a-z0-9_]*)\s+(minute|hour|day|week)s?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_INSTANT = rf"{_DATE}[Tt ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]{{1,6}})?)?([Zz]|[+-][0-9]{{2}}:?[0-9]{{2}})"
_WORDS_OF_TIME = rf"now|last_sync|today|yesterday|tomorrow|in\s+{_AMOUNT}|{_AMOUNT}\s+ago|\$[a-z_][a-z0-9_.]*"
_ABSENT = r"\s*|[nN]/[aA]|[nN][uU][lL][lL]"

_BLANK = (None, "", " ", "N/A")
_PLAIN = ["string", "number", "boolean", "null"]
_VALUES: dict[str, Schema] = {
    "text": {"type": _PLAIN},
    "set": {"type": ["array", *_PLAIN], "items": {"type": _PLAIN}},
    "keys": {"type": ["object", "null"]},
    "boolean": {"enum": [True, False, 0, 1, "true", "false", *_BLANK]},
    "integer": {"type": ["integer", "string", "null"], "minimum": 0},
    "instant": {"type": ["string", "null"], "pattern": f"^({_INSTANT}|{_ABSENT})$"},
    "date": {"type": ["string", "null"], "pattern": f"^({_DATE}|{_ABSENT})$"},
}
"""What an example may write as a field's value; blanks are read as missing."""


def ref(name: str, description: str = "") -> Schema:
    """A reference to a definition."""
    made: Schema = {"$ref": f"#/$defs/{name}"}
    return {**made, "description": description} if description else made


def condition_definitions() -> dict[str, Schema]:
    """Every definition that conditions and examples are made of, by name."""
    made = _operand_definitions()
    for kind in RULE_KINDS:
        made |= _kind(kind)
    for kinds in _reached():
        made[f"in.{'.'.join(kinds)}"] = _inside(kinds, made)
        made[f"count.{'.'.join(kinds)}"] = _count(kinds)
        made[f"related.{'.'.join(kinds)}"] = _record(kinds, of_related=True)
    return made


def _reached() -> list[tuple[str, ...]]:
    """What relations lead to, each combination of kinds once."""
    return list(dict.fromkeys(relation.to for kind in RULE_KINDS for relation in RELATIONS[kind].values()))


# Operands and tests


def _operand_definitions() -> dict[str, Schema]:
    reference: Schema = {"type": "string", "pattern": _REFERENCE}
    return {
        "reference": {"description": "`$setting`, or `$this.field`.", **reference},
        "word": _WORD,
        "flag": {"anyOf": [{"type": "boolean"}, ref("reference")]},
        "number": {"anyOf": [{"type": "integer"}, ref("reference")]},
        "instant": _time(f"{_WORDS_OF_TIME}|{_DATE}|{_INSTANT}"),
        "day": _time(f"{_WORDS_OF_TIME}|{_DATE}"),
        **{f"value.{name}": value for name, value in _VALUES.items()},
        **{f"one.{_way(field)}": {"anyOf": [{"enum": list(field.choices)}, ref("reference")]} for field in _choosing()},
        **{f"test.{name}": _test(field) for name, field in _ways().items()},
    }


def _time(pattern: str) -> Schema:
    return {"anyOf": [{"enum": [*TIME_WORDS]}, {"type": "string", "pattern": f"^({pattern})$"}]}


def _every_field() -> list[Field]:
    """Every field that can be tested, of a kind or of the kinds of a relation."""
    fields = [
        field_named(kinds, name, of_related=True)
        for kinds in (*((kind,) for kind in KINDS), *_reached())
        for name in field_names(kinds, of_related=True)
    ]
    return [field for field in fields if field is not None]


def _choosing() -> list[Field]:
    return [field for field in _ways().values() if field.choices]


def _ways() -> dict[str, Field]:
    """One field for each way of being tested."""
    return {_way(field): field for field in _every_field()}


def _way(field: Field) -> str:
    if field.choices:
        return ".".join(field.choices)
    return f"{field.type}.set" if field.is_set else field.type


def _operand(field: Field) -> Schema:
    if field.choices:
        return ref(f"one.{_way(field)}")
    if field.type in TIMES:
        return ref("day" if field.type == "date" else "instant")
    return ref({"boolean": "flag", "integer": "number"}.get(field.type, "word"))


def _test(field: Field) -> Schema:
    one = _operand(field)
    many: Schema = {"type": "array", "minItems": 1, "items": one}
    tests: dict[str, Schema] = {}
    for name in tests_of(field):
        use = use_on(field, name) if name in OPERATORS else None
        if use is None:
            is_word = "Whether there is a value, or a well-formed one."
            tests[name] = {"enum": list(words_of(field)), "description": is_word}
            continue
        if use.wants == "number":
            wanted: Schema = ref("number")
        elif use.takes == "list":
            wanted = {"anyOf": [many, ref("reference")]}
        elif use.takes == "any number" or OPERATORS[name].many:
            wanted = {"anyOf": [one, many]}
        else:
            wanted = one
        tests[name] = {**wanted, "description": _said(use)}
    listed = [many] if "in" in tests else []
    described: Schema = {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": tests}
    return {"anyOf": [one, *listed, described]}


def _said(use: Use) -> str:
    return f"{use.says[0].upper()}{use.says[1:]}."


def _field(field: Field) -> Schema:
    return ref(f"test.{_way(field)}", field.description)


# Conditions


def _fields(kinds: tuple[str, ...], *, of_related: bool) -> dict[str, Schema]:
    names = field_names(kinds, of_related=of_related)
    found = (field_named(kinds, name, of_related=of_related) for name in names)
    return {field.name: _field(field) for field in found if field is not None}


def _block(name: str, fields: dict[str, Schema], more: dict[str, Schema]) -> Schema:
    """A mapping of which every entry holds."""
    whole: Schema = {**ref(name), "minProperties": 1}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **fields,
            "any": {"description": "One of these at least.", "type": "array", "minItems": 1, "items": whole},
            "all": {"description": "All of these.", "type": "array", "minItems": 1, "items": whole},
            "not": {"description": "Not all of these.", **whole},
            "unless": {"description": "An exception: fails only if all of these are known to hold.", **whole},
            **more,
        },
    }


def _kind(kind: str) -> dict[str, Schema]:
    relations = RELATIONS[kind]
    more: dict[str, Schema] = {}
    made: dict[str, Schema] = {}
    if relations:
        bodies = {name: ref(_body(one.to), one.description) for name, one in relations.items()}
        counts = {name: ref(f"count.{'.'.join(one.to)}", one.description) for name, one in relations.items()}
        made[f"relations.{kind}"] = _mapping(bodies)
        made[f"counts.{kind}"] = _mapping(counts)
        more = {
            "some": ref(f"relations.{kind}", "There is a related record for which all of this holds."),
            "no": ref(f"relations.{kind}", "There is no related record for which all of this holds."),
            "every": ref(f"relations.{kind}", "For every related record all of this holds."),
            "count": ref(f"counts.{kind}", "How many related records there are."),
        }
    made[f"when.{kind}"] = _block(f"when.{kind}", _fields((kind,), of_related=False), more)
    made[f"record.{kind}"] = _record((kind,), of_related=False)
    made[f"example.{kind}"] = _example(kind)
    return made


def _mapping(properties: dict[str, Schema]) -> Schema:
    return {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": properties}


def _body(kinds: tuple[str, ...]) -> str:
    return f"in.{'.'.join(kinds)}"


def _inside(kinds: tuple[str, ...], made: dict[str, Schema]) -> Schema:
    """The condition on related records; of one kind only, its fields are those of the kind's own condition."""
    fields = _fields(kinds, of_related=True)
    own = f"when.{kinds[0]}"
    if len(kinds) == 1 and own in made:
        plain = made[own]["properties"]
        fields = {
            name: {"$ref": f"#/$defs/{own}/properties/{name}"} if name in plain else said
            for name, said in fields.items()
        }
    return _block(_body(kinds), fields, {})


def _count(kinds: tuple[str, ...]) -> Schema:
    tests: dict[str, Schema] = {}
    for name in COUNTS:
        use = OPERATORS[name].set
        said = _said(use) if use is not None and use.wants == "number" else "There are not so many."
        tests[name] = {"$ref": "#/$defs/number", "description": said}
    tests["where"] = ref(_body(kinds), "Only related records for which all of this holds.")
    compared = {"anyOf": [{"required": [name]} for name in COUNTS]}
    return {
        "anyOf": [
            ref("number"),
            {"type": "object", "additionalProperties": False, "properties": tests, **compared},
        ],
    }


# Examples


def _record(kinds: tuple[str, ...], *, of_related: bool) -> Schema:
    properties: dict[str, Schema] = {}
    for kind in kinds:
        for field in fields_for_rules(kind, of_related=of_related).values():
            properties.setdefault(field.name, _written(kinds, field))
    named: dict[str, Schema] = {"kind": {"enum": list(kinds)}}
    return {"type": "object", "additionalProperties": False, "properties": {**named, **properties}}


def _written(kinds: Iterable[str], field: Field) -> Schema:
    """What an example may write as the field's value."""
    if field.choices:
        choices = [choice for kind in kinds for choice in _choices(kind, field.name)]
        return {"enum": [*dict.fromkeys(choices), *_BLANK]}
    if field.is_set:
        return ref("value.set")
    return ref(f"value.{field.type}" if field.type in _VALUES else "value.text")


def _choices(kind: str, name: str) -> tuple[str, ...]:
    field = fields_for_rules(kind, of_related=True).get(name)
    return field.choices if field is not None else ()


def _example(kind: str) -> Schema:
    related = {
        name: {"description": one.description, "type": "array", "items": ref(f"related.{'.'.join(one.to)}")}
        for name, one in RELATIONS[kind].items()
        if name != "accounts"  # the other two together; an example gives those
    }
    moment: Schema = {"type": "string", "pattern": f"^({_DATE}|{_INSTANT})$"}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["matches", "record"],
        "properties": {
            "matches": {"type": "boolean", "description": "Whether the rule matches this record."},
            "record": ref(f"record.{kind}", "The record; what is left out is missing."),
            "related": {
                "description": "Related records; a relation left out is empty.",
                "type": "object",
                "additionalProperties": False,
                "properties": related,
            },
            "settings": {"type": "object", "description": "Settings that differ from those of the rule's layer."},
            "as_of": {**moment, "description": "The moment, or a day (its noon); 2026-11-21 when left out."},
            "last_sync": {**moment, "description": "Start of the last downward run; none when left out."},
            "zone": {"type": "string", "description": "Time zone; Europe/Paris when left out."},
        },
    }
