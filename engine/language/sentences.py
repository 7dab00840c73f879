"""Sentences: a condition as a person reads it, in the words of a language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from msgspec import Struct

from engine.language.renderer import Messages
from engine.language.wording import Noun, Pair, Wording, wording
from engine.model.conditions import (
    All,
    Any,
    Condition,
    Count,
    Day,
    FieldTest,
    Instant,
    Not,
    Operand,
    Related,
    Setting,
    This,
    Unless,
    Value,
)
from engine.model.operator_uses import TIMES
from engine.model.operators import OPERATORS
from engine.model.rulebook import FINDINGS, Rule, Rulebook
from engine.records.fields import fields_for_rules
from engine.records.kinds import KINDS
from engine.relations.definitions import RELATIONS


def sentence(
    condition: Condition,
    language: str,
    rulebook: Rulebook | None = None,
    *,
    kind: str = "record",
    relation: str | None = None,
) -> str:
    """A condition as a clause, without capital and full stop: `email address is missing`.

    With a rulebook the settings stand with their values. ``kind`` is that of the deciding record; ``relation``
    says that the condition is one on its related records.
    """
    return Speaker(language, kind, rulebook).say(condition, relation)


def rule_sentence(rule: Rule, language: str, rulebook: Rulebook | None = None) -> str:
    """A whole rule as one sentence: `A learner is flagged when email address is missing.`"""
    words = wording(language)
    if rule.id in FINDINGS:
        return words.rules[rule.id]
    noun = words.kind(rule.kind)
    always = rule.when == All(())
    template = words.rules[f"{rule.then}_always" if always else rule.then]
    clause = "" if always else sentence(rule.when, language, rulebook, kind=rule.kind)
    written = words.fill(template, noun.tag, a=noun.a, one=noun.one, clause=clause)
    return written[0].upper() + written[1:]


class _Scope(Struct, frozen=True):
    """What a clause speaks of: the deciding record, or the records of a relation."""

    kind: str
    """Kind whose words the fields have."""
    noun: Noun
    tag: str
    """Agreement with the noun, for one or for several of it."""
    of_related: bool = False
    """Whether `$this` is another record."""
    dependent: bool = False
    """Whether clauses hang on the noun: `whose email address is missing`."""


class _Clause(Struct, frozen=True):
    """A clause, and what joins its parts: a compound one is put in brackets inside another."""

    text: str
    joined: Literal["", "and", "or"] = ""


class Speaker:
    """Writes the clauses of one kind's conditions in one language."""

    def __init__(self, language: str, kind: str, rulebook: Rulebook | None = None) -> None:
        self.words: Wording = wording(language)
        self._kind = kind
        self._rulebook = rulebook
        self._settings = None if rulebook is None else rulebook.settings
        noun = self.words.kind(kind)
        self._top = _Scope(kind, noun, noun.tag)

    def say(self, condition: Condition, relation: str | None = None, *, negated: bool = False) -> str:
        """The clause of a condition, or of its contrary; of a related record when a relation is named."""
        scope = self._top if relation is None else self._related_scope(relation)
        return self._clause(condition, scope, negated=negated).text

    def _related_scope(self, relation: str, *, many: bool = False, dependent: bool = False) -> _Scope:
        noun = self.words.relation(self._kind, relation)
        found = RELATIONS.get(self._kind, {}).get(relation)
        return _Scope(
            kind=found.to[0] if found else "record",
            noun=noun,
            tag=f"{noun.tag}p" if many else noun.tag,
            of_related=True,
            dependent=dependent,
        )

    # Blocks

    def _clause(self, condition: Condition, scope: _Scope, *, negated: bool = False) -> _Clause:
        match condition:
            case FieldTest():
                return _Clause(self._test(condition, scope, negated=negated))
            case All((item,)) | Any((item,)):
                return self._clause(item, scope, negated=negated)
            case Not(item):
                return self._clause(item, scope, negated=not negated)
            case Related(quantifier="some" | "no"):
                flipped = (condition.quantifier == "no") != negated
                return self._exists(condition, "no" if flipped else "some")
            case Count():
                return self._count(condition, negated=negated)
            case _ if negated:
                inner = self._clause(condition, _standing_alone(scope))
                text = self.words.blocks["untrue"].format(clause=self._grouped(inner))
                return _Clause(self._hung(text, scope))
            case Related():
                return self._every(condition)
            case Any(items):
                if not items:
                    return _Clause(self._hung(self.words.blocks["never"], scope))
                parts = [self._grouped(self._clause(item, scope)) for item in items]
                return _Clause(self.words.listed(parts, "either"), "or")
            case Unless() | All():
                return self._all(condition.items if isinstance(condition, All) else (condition,), scope)

    def _all(self, items: tuple[Condition, ...], scope: _Scope) -> _Clause:
        rules = [item for item in items if not isinstance(item, Unless)]
        exceptions = [self._clause(item.item, scope) for item in items if isinstance(item, Unless)]
        blocks = self.words.blocks
        parts = [self._clause(item, scope) for item in rules]
        joined: Literal["", "and"] = "and" if len(parts) > 1 or exceptions else ""
        text = self.words.listed([self._grouped(part, parts) for part in parts], "and")
        if exceptions:
            exception = self.words.listed([self._grouped(part, exceptions) for part in exceptions], "either")
            if scope.dependent:
                joined = "and" if len(parts) > 1 else ""  # the exception brings its own brackets
                text = self.words.fill(blocks["except"], scope.tag, clause=text, exception=exception).strip()
            elif text:
                text = blocks["unless"].format(clause=text, exception=exception)
            else:
                text = blocks["only_unless"].format(exception=exception)
        elif not parts:
            text = self._hung(blocks["always"], scope)
        return _Clause(text, joined or (parts[0].joined if parts else ""))

    def _grouped(self, clause: _Clause, beside: list[_Clause] | None = None) -> str:
        if not clause.joined or (beside is not None and len(beside) == 1):
            return clause.text
        return self.words.blocks["group"].format(clause=clause.text)

    def _hung(self, text: str, scope: _Scope) -> str:
        if not scope.dependent:
            return text
        return self.words.fill(self.words.blocks["for_which"], scope.tag, clause=text)

    # Relations

    def _exists(self, test: Related, quantifier: Literal["some", "no"]) -> _Clause:
        scope = self._related_scope(test.relation, dependent=True)
        head = self.words.fill(self.words.blocks[quantifier], scope.tag, one=scope.noun.one)
        return self._with_body(head, test.where, scope)

    def _every(self, test: Related) -> _Clause:
        if test.where == All(()):
            return _Clause(self.words.blocks["every_empty"])
        scope = self._related_scope(test.relation)
        inner = self._clause(test.where, scope)
        text = self.words.fill(self.words.blocks["every"], scope.tag, one=scope.noun.one, clause=inner.text)
        return _Clause(text, inner.joined)

    def _count(self, test: Count, *, negated: bool) -> _Clause:
        scope = self._related_scope(test.relation, many=True, dependent=True)
        op = OPERATORS[test.op].contrary if negated else test.op
        head = self.words.count[op].format(n=self._operand(test.number, test, scope), many=scope.noun.many)
        return self._with_body(head, test.where, scope)

    def _with_body(self, head: str, where: Condition, scope: _Scope) -> _Clause:
        if where == All(()):
            return _Clause(head)
        inner = self._clause(where, scope)
        return _Clause(f"{head} {inner.text}", inner.joined)

    # Tests

    def _test(self, test: FieldTest, scope: _Scope, *, negated: bool) -> str:
        said = self.words.booleans.get(test.field) if test.type == "boolean" else None
        if said is not None:
            written = self._boolean(test, scope, said, negated=negated)
            if written is not None:
                return written
        label = self.words.field(scope.kind, test.field)
        group, wanted = self._comparison(test, scope)
        text = self.words.fill(
            group[negated],
            label.tag,
            field=label.text,
            any=self.words.listed(wanted, "or"),
            all=self.words.listed(wanted, "and"),
        )
        return self.words.blocks["whose"].format(clause=text) if scope.dependent else text

    def _boolean(self, test: FieldTest, scope: _Scope, said: dict[str, str], *, negated: bool) -> str | None:
        words = self.words.boolean
        yes, no = (self.words.fill(said[key], scope.tag) for key in ("yes", "no"))
        if test.op in ("missing", "present"):
            known = (test.op == "present") != negated
            return self._hung(words["present" if known else "missing"].format(the=scope.noun.the, said=yes), scope)
        if len(test.operands) != 1 or not isinstance(test.operands[0], Value):
            return None
        true = (test.operands[0].value is True) == (test.op in ("equals", "in"))
        chosen = yes if true != negated else no
        if negated:
            return self._hung(words["not_equals"].format(the=scope.noun.the, said=chosen), scope)
        if scope.dependent:
            return words["clause"].format(said=chosen)
        return words["equals"].format(the=scope.noun.the, said=chosen)

    def _comparison(self, test: FieldTest, scope: _Scope) -> tuple[Pair, list[str]]:
        """The templates of a test, and its operands in words."""
        words = self.words
        wanted = [self._operand(operand, test, scope) for operand in test.operands]
        groups = [words.tests]
        if test.is_set:
            groups.insert(0, words.sets)
        elif test.type in TIMES:
            groups.insert(0, words.times)
            spans = [self._span(operand) for operand in test.operands]
            if len(spans) == 1 and spans[0] is not None:
                way, span = spans[0]
                groups, wanted = [words.ahead if way == "ahead" else words.ago], [span]
        names = (test.op, OPERATORS[test.op].worded)
        return next(group[name] for group in groups for name in names if name in group), wanted

    def _operand(self, operand: Operand, test: FieldTest | Count, scope: _Scope) -> str:
        match operand:
            case Setting(name):
                return self._setting(name, test)
            case This(field):
                label = self.words.field(self._kind, field).text
                if not scope.of_related:
                    return label
                return self.words.own_field.format(of=self.words.kind(self._kind).of, field=label)
            case Value(value):
                return self._value(value, test)
            case Instant() | Day():
                span = self._span(operand)
                if span is not None:
                    return self.words.moments[span[0]].format(span=span[1])
                return self.words.moments["today" if isinstance(operand, Day) else operand.anchor]

    def _span(self, operand: Operand) -> tuple[Literal["ahead", "ago"], str] | None:
        """How far from now a time word is, in words; None where it is no such word."""
        if not isinstance(operand, Instant | Day) or operand.amount == 0:
            return None
        if isinstance(operand, Instant) and operand.anchor != "now":
            return None
        unit = "days" if isinstance(operand, Day) else operand.unit
        forms = self.words.spans[unit]
        if isinstance(operand.amount, int):
            span = self.words.plural(forms, operand.amount).format(n=abs(operand.amount))
            return ("ahead" if operand.amount > 0 else "ago"), span
        name = operand.amount.name
        entry = None if self._settings is None else self._settings.get(name)
        if entry is None or not isinstance(entry.value, int):
            span = forms["other"].format(n=self._unset(name))
        else:
            span = self.words.setting.format(
                value=self.words.plural(forms, entry.value).format(n=entry.value), name=name
            )
        return ("ago" if operand.ago else "ahead"), span

    def _setting(self, name: str, test: FieldTest | Count) -> str:
        entry = None if self._settings is None else self._settings.get(name)
        value = None if entry is None else entry.value
        if value is None or value in ("", (), {}):
            return self._unset(name)
        values = tuple(value) if isinstance(value, Mapping | tuple) else (value,)
        listed = self.words.listed([self._value(item, test) for item in values], "or")
        return self.words.setting.format(value=listed, name=name)

    def _unset(self, name: str) -> str:
        return (self.words.bare_setting if self._settings is None else self.words.unset_setting).format(name=name)

    def _value(self, value: object, test: FieldTest | Count) -> str:
        if isinstance(value, bool) or not isinstance(value, str):
            return self.words.shown(value)
        if isinstance(test, FieldTest) and is_choice(test.field, value):
            return self.words.choice.format(value=self.words.values.get(value, value))
        if isinstance(test, FieldTest) and test.field == "skipped_by" and self._rulebook is not None:
            value = _messages().title(self._rulebook, value, self.words.language)
        return self.words.text.format(value=value)


@cache
def _messages() -> Messages:
    return Messages()


def is_choice(field: str, value: str) -> bool:
    """Whether some kind's field takes only some values, this one among them: it then has words."""
    every = (fields_for_rules(kind, of_related=True) for kind in KINDS)
    return any(field in fields and value in fields[field].choices for fields in every)


def _standing_alone(scope: _Scope) -> _Scope:
    """The scope with clauses that stand alone: `email address is missing`."""
    return _Scope(scope.kind, scope.noun, scope.tag, scope.of_related)
