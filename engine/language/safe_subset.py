"""Plain texts: what a customer's own message may hold, which is names and filters, checked on the syntax tree."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from jinja2 import Environment, TemplateSyntaxError, nodes

from engine.language.filters import FILTERS
from engine.model.problems import Place, Problem
from engine.records.suggest import did_you_mean

MOST_WRITTEN = 1000
"""Characters of a customer's text."""

PARTS = ("count", "items")
"""What a relation has in a message."""

_PLAIN = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Filter)


@lru_cache(maxsize=4096)
def is_plain(text: str) -> bool:
    """Whether a text is names and filters only, and not too long: what a customer's must be to be rendered."""
    return not any(forbidden(text, Place("")))


def forbidden(text: str, place: Place) -> Iterator[Problem]:
    """What only a packaged message may hold, and a text that is too long to be read."""
    if len(text) > MOST_WRITTEN:
        found = f"it has {len(text):,} characters; at most {MOST_WRITTEN:,} are shown"
        yield Problem(place, "bad-message", found, "say it shorter")
        return
    only = "a customer's message is names and filters only"
    environment = Environment()  # noqa: S701 - nothing is rendered by it
    try:
        if any(kind == "block_begin" for _, kind, _ in environment.lex(text)):
            found = "it holds {% %}"
            yield Problem(place, "bad-message", f"{found}; {only}", "take it out, or write two rules")
            return
        # Filters are judged below, so unknown ones must not stop the reading.
        tree = environment.parse(text)
    except TemplateSyntaxError as error:
        yield unreadable(error, place)
        return
    for node in every_node(tree):
        if not isinstance(node, _PLAIN):
            found = f"it holds more than a name in {{{{ }}}}; {only}"
            yield Problem(place, "bad-message", found, "write a name, or a name and a filter: {{ starts_at | day }}")
            return
        if isinstance(node, nodes.Filter) and (node.name not in FILTERS or node.args or node.kwargs):
            yield Problem(place, "bad-message", f"no filter ‘{node.name}’", did_you_mean(node.name, tuple(FILTERS)))
        if (
            isinstance(node, nodes.Getattr)
            and node.attr not in PARTS
            and not is_one_of(node.node, "settings", "related")
        ):
            found = f"‘.{node.attr}’ is not a part of it"
            yield Problem(place, "bad-message", found, "write the name alone; only settings and related have parts")


def unreadable(error: TemplateSyntaxError, place: Place) -> Problem:
    hint = "every {{ is closed by }}, and a filter stands after |"
    return Problem(place, "bad-message", f"it cannot be read ({error.message})", hint)


def every_node(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from every_node(child)


def is_one_of(node: nodes.Node, *names: str) -> bool:
    return isinstance(node, nodes.Name) and node.name in names
