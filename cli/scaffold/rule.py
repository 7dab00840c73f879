"""A new rule: condition, reaction, examples and messages, to be filled by its author."""

from __future__ import annotations

import re
from pathlib import Path

from cli.scaffold.rule_files import add_under, keys_under
from cli.terminal import Stopped
from engine.language.languages import Languages
from engine.language.renderer import Messages
from engine.model.rulebook import MessageText, Rulebook
from engine.records.fields import fields_of
from engine.records.kinds import KINDS
from engine.rulefiles.leftovers import PLACEHOLDER

_ID = re.compile(r"[a-z]+\.[a-z][a-z0-9_]{0,63}")


def kind_of_rule(rule_id: str) -> str:
    """The kind that an id is for: what stands before its dot. Stopped when it is no good id."""
    kind = rule_id.partition(".")[0]
    if not _ID.fullmatch(rule_id) or kind not in KINDS or kind == "mark":
        kinds = ", ".join(each for each in KINDS if each != "mark")
        raise Stopped(
            f"{rule_id!r} is no rule id. Wanted a kind, a dot and a situation in small letters and underscores, "
            f"such as learner.on_trial. Kinds: {kinds}."
        )
    return kind


def add_rule(rulebook: Rulebook, rule_id: str, then: str, fix_in: str, rules: Path, known: Languages) -> list[Path]:
    """Write a rule's frame, messages beside it, into the customer's file; gives the file."""
    path = rules / "customers" / f"{rulebook.customer.id}.yaml"
    _refuse_taken(rulebook, rule_id, path)
    kind = kind_of_rule(rule_id)
    add_under(path, "rules", _frame(rule_id, kind, _field(kind, rulebook), then, fix_in, _texts(known)))
    return [path]


def add_base_rule(base: Rulebook, rule_id: str, then: str, fix_in: str, rules: Path, known: Languages) -> list[Path]:
    """Write a base rule's frame into its kind's file, and its messages into each language's; gives the files."""
    kind = kind_of_rule(rule_id)
    path = rules / "base" / f"{kind}.yaml"
    if not path.is_file():
        raise Stopped(f"There is no file {path}. Wanted the rules folder of a checkout, with its base/.")
    _refuse_taken(base, rule_id, path)
    add_under(path, "rules", _frame(rule_id, kind, _field(kind, base), then, fix_in, {}))
    written = [path]
    for language, text in _texts(known).items():
        texts = known.folder / language / "messages.yaml"
        with texts.open("a", encoding="utf-8") as file:
            file.write(f'\n{rule_id}:\n  title: "{text.title}"\n  problem: "{text.problem}"\n  fix: "{text.fix}"\n')
        written.append(texts)
    return written


def _texts(known: Languages) -> dict[str, MessageText]:
    """What a frame says, in every language that is offered."""
    messages = Messages(known)
    return {language: messages.language(language).phrases.new_rule for language in messages.languages}


def _refuse_taken(rulebook: Rulebook, rule_id: str, path: Path) -> None:
    if rule_id in {rule.id for rule in rulebook.rules} | keys_under(path, "rules"):
        raise Stopped(
            f"There is a rule {rule_id} already. Choose another id, or change the reaction of that one in {path}."
        )


def _field(kind: str, rulebook: Rulebook) -> str:
    """A text field that the customer's systems give, for the condition to begin with."""
    side = rulebook.customer.platform if kind in ("sheet", "account") else rulebook.customer.source
    given = (side.provides or side.spec.provides).get(kind, frozenset()) if side is not None else frozenset()
    texts = [
        field.name
        for field in fields_of(kind).values()
        if field.type in ("text", "id") and not field.choices and not field.computed and field.name != "source_id"
    ]
    plain = [name for name in texts if not fields_of(kind)[name].is_set]
    return next((name for name in plain if name in given), plain[0])


def _frame(rule_id: str, kind: str, field: str, then: str, fix_in: str, messages: dict[str, MessageText]) -> str:
    lines = [
        f"{rule_id}:",
        f"  for: {kind}",
        "  when:",
        f"    {field}: {PLACEHOLDER}",
        f"  then: {then}",
    ]
    if then != "skip":
        lines.append(f"  fix_in: {fix_in}")
    if messages:
        lines.append("  messages:")
    for language, text in messages.items():
        said = (("title", text.title), ("problem", text.problem), ("fix", text.fix))
        lines += [f"    {language}:", *(f'      {name}: "{words}"' for name, words in said)]
    lines += [
        "  examples:",
        f"    - {{matches: true, record: {{{field}: {PLACEHOLDER}}}}}",
        f"    - {{matches: false, record: {{{field}: something else}}}}",
    ]
    return "".join(f"  {line}\n" for line in lines)
