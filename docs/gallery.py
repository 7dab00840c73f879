"""The rule gallery: what every base rule says, in words, in messages and in examples, as one page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from msgspec import structs

from engine.analysis.availability import EVERYTHING
from engine.language.renderer import Messages
from engine.language.sentences import rule_sentence
from engine.language.wording import wording
from engine.matching.binding import Preparation
from engine.matching.comparisons import Clock
from engine.matching.examples import Posed
from engine.matching.facts import Evidence, reads_of
from engine.matching.matcher import Matcher
from engine.matching.projection import Sight
from engine.model.decisions import Facts
from engine.model.rulebook import FINDINGS, Rule, Rulebook, SettingEntry

_UNTIL_NEXT_RUN = timedelta(hours=10)

_HEAD = """\
<!-- Written by `python -m docs.generate` from rules/base and templates/<language>. Change those, not this page. -->
# Rule gallery

Every rule of the base, in the order that decides between them within a kind. A connector's layer or a customer's file
may change its reaction, where it is fixed and its messages by naming its id; see
[Writing a rule](how-to-write-a-rule.md). The messages shown
are those of the first example that matches, with a run planned ten hours later.
"""


def gallery(base: Rulebook, messages: Messages, home: Path) -> str:
    """The page as Markdown; ``home`` is the folder that the rules' places start from."""
    return "\n".join(_lines(base, messages, home)) + "\n"


def _lines(base: Rulebook, messages: Messages, home: Path) -> Iterator[str]:
    yield _HEAD
    kinds = dict.fromkeys(rule.kind for rule in base.rules)
    words = wording("en")
    for kind in kinds:
        title = words.kind(kind).many.capitalize() if kind else "Found by the engine"
        yield f"* [{title}](#{title.lower().replace(' ', '-')})"
    yield "* [Settings](#settings)"
    for kind in kinds:
        title = words.kind(kind).many.capitalize() if kind else "Found by the engine"
        yield f"\n## {title}"
        for rule in base.rules:
            if rule.kind == kind:
                yield from _rule(rule, base, messages, home)
    yield "\n## Settings\n"
    yield "| setting | type | in the base | what it is for |"
    yield "|---|---|---|---|"
    for entry in base.settings.values():
        yield _setting(entry)


def _rule(rule: Rule, base: Rulebook, messages: Messages, home: Path) -> Iterator[str]:
    yield f"\n### {rule.id}\n"
    yield rule_sentence(rule, "en", base)
    fixed = f" · fixed in: **{rule.fix_in}**" if rule.fix_in else ""
    yield f"\nReaction: **{rule.then}**{fixed} · {rule.place.path}\n"
    yield from _messages(rule, base, messages)
    if rule.id not in FINDINGS:
        yield "\n```yaml"
        yield from _source(rule, base, home)
        yield "```"


def _messages(rule: Rule, base: Rulebook, messages: Messages) -> Iterator[str]:
    """What is told of the first example that matches; of a finding, its templates."""
    facts = _facts(rule)
    yield "| | what is wrong | what to do |"
    yield "|---|---|---|"
    for language in messages.languages:
        if facts is not None:
            rendered = messages.render(base, rule.id, facts, language)
            yield f"| {language} | {_cell(rendered.problem)} | {_cell(rendered.fix)} |"
        elif rule.id in (packaged := messages.packaged(language)):
            text = packaged[rule.id].text
            yield f"| {language} | {_cell(text.problem)} | {_cell(text.fix)} |"


def _facts(rule: Rule) -> Facts | None:
    example = next((example for example in rule.examples if example.matches), None)
    if example is None:
        return None
    related = {
        name: tuple({"source_id": str(number), **item} for number, item in enumerate(items, 318))
        for name, items in example.related.items()
    }
    numbered = structs.replace(example, record={"source_id": "4711", **example.record}, related=related)
    posed = Posed(rule, numbered)
    moment = structs.replace(posed.moment, next_run=posed.moment.as_of + _UNTIL_NEXT_RUN)
    ready = Preparation(rule.kind, posed.settings, EVERYTHING).ready(rule.when)
    matcher = Matcher({rule.kind: [ready]})
    evidence = Evidence(Sight(Clock(moment), posed.situation, posed.situation.standing), posed.settings)
    return evidence.facts(posed.record, reads_of(rule, ready, matcher))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _setting(entry: SettingEntry) -> str:
    value = wording("en").shown(entry.value) or "empty"
    return f"| `{entry.name}` | {entry.type} | {value} | {_cell(entry.description)} |"


def _source(rule: Rule, base: Rulebook, home: Path) -> list[str]:
    """The rule as it stands in its file, with the remark above it."""
    written = (home / rule.place.path).read_text(encoding="utf-8").splitlines()
    starts = sorted(other.place.line for other in base.rules if other.place.path == rule.place.path)
    later = [line for line in starts if line > rule.place.line]
    first, last = rule.place.line - 1, later[0] - 1 if later else len(written)
    while first > 0 and written[first - 1].startswith("  #"):
        first -= 1
    while last > first and (not written[last - 1].strip() or written[last - 1].lstrip().startswith("#")):
        last -= 1
    return textwrap.dedent("\n".join(written[first:last])).splitlines()
