"""What messages may hold: a customer's own names and filters, the packaged ones conditions too, and none what grows.

It is judged on the text's tokens, which nothing nests too deep for, and then on its syntax tree: neither is rendered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from jinja2 import Environment, TemplateSyntaxError, nodes
from msgspec.structs import replace

from engine.language.filters import FILTERS
from engine.model.problems import Place, Problem
from engine.records.limits import DEEPEST_MESSAGE, LONGEST_MESSAGE, MOST_IN_BRACES
from engine.records.suggest import did_you_mean

PARTS = ("count", "items")
"""What a relation has in a message."""

_PLAIN = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Filter)
_PACKAGED = (
    *_PLAIN,
    *(nodes.If, nodes.For, nodes.Assign, nodes.CondExpr, nodes.Test, nodes.Compare, nodes.Operand),
    *(nodes.And, nodes.Or, nodes.Not, nodes.Const, nodes.Tuple, nodes.List, nodes.Add, nodes.Call, nodes.Keyword),
)
_CALLED = ("date",)
"""Of a moment: its day."""
_ENDS = ("endif", "endfor", "endset")

_reading = Environment()  # noqa: S701 - nothing is rendered by it


def is_plain(text: str) -> bool:
    """Whether a text is names and filters only, and not too long: what a customer's must be to be rendered."""
    return not _forbidden(text)


def forbidden(text: str, place: Place) -> Iterator[Problem]:
    """What only a packaged message may hold, and a text that is too long to be read."""
    return (replace(problem, place=place) for problem in _forbidden(text))


def unbounded(text: str, place: Place) -> Iterator[Problem]:
    """What no message may hold, since what it costs has no end: repetition, calls, and values made of themselves."""
    return (replace(problem, place=place) for problem in _unbounded(text))


def _of_a_text(judge: Callable[[str, Place], Iterator[Problem]]) -> Callable[[str], tuple[Problem, ...]]:
    """Judges each text once: customers and layers share most of them, and only the place differs."""
    return lru_cache(maxsize=4096)(lambda text: tuple(judge(text, Place(""))))


@_of_a_text
def _forbidden(text: str, place: Place) -> Iterator[Problem]:
    if len(text) > LONGEST_MESSAGE:
        found = f"it has {len(text):,} characters; at most {LONGEST_MESSAGE:,} are shown"
        yield Problem(place, "bad-message", found, "say it shorter")
        return
    only = "a customer's message is names and filters only"
    try:
        if any(kind == "block_begin" for _, kind, _ in _reading.lex(text)):
            found = "it holds {% %}"
            yield Problem(place, "bad-message", f"{found}; {only}", "take it out, or write two rules")
            return
        tree = parsed(text)
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


@_of_a_text
def _unbounded(text: str, place: Place) -> Iterator[Problem]:
    try:
        tree = parsed(text)
    except TemplateSyntaxError as error:
        yield unreadable(error, place)
        return
    bound = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"}
    for node in every_node(tree):
        if not (isinstance(node, _PACKAGED) and _has_an_end(node, bound)):
            found = f"it holds what may have no end ({type(node).__name__})"
            hint = "names, filters, {% if %}, {% set %} of what is no sum of itself, and one {% for %} in no other"
            yield Problem(place, "bad-message", found, hint)
            return


def _has_an_end(node: nodes.Node, bound: set[str]) -> bool:
    if isinstance(node, nodes.Call):
        return isinstance(node.node, nodes.Getattr) and node.node.attr in _CALLED
    if isinstance(node, nodes.For):
        return not node.recursive and node.find(nodes.For) is None
    if isinstance(node, nodes.Assign) and any(map(_grows, every_node(node.node))):
        return bound.isdisjoint(one.name for one in every_node(node.node) if isinstance(one, nodes.Name))
    return True


def _grows(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Tuple | nodes.List):
        return not all(isinstance(item, nodes.Const) for item in node.items)
    return isinstance(node, nodes.Add)


class _TooMuchError(TemplateSyntaxError):
    """Nested deeper, or longer in one place, than is read."""


def parsed(text: str) -> nodes.Template:
    """The syntax tree. TemplateSyntaxError also for what is nested deeper than anything can be read or written."""
    inside = deep = 0
    for line, kind, value in _reading.lex(text):
        if kind in ("variable_begin", "block_begin"):
            inside, begins = 0, kind == "block_begin"
        elif kind not in ("whitespace", "data"):
            inside += 1
            if inside == 1 and begins and kind == "name":
                deep += -1 if value in _ENDS else value in ("if", "for")
        if inside > MOST_IN_BRACES:
            raise _TooMuchError(f"more than {MOST_IN_BRACES} names, filters and signs between two braces", line)
        if deep > DEEPEST_MESSAGE:
            raise _TooMuchError(f"blocks within more than {DEEPEST_MESSAGE} others", line)
    try:
        # Filters are judged afterwards, so unknown ones must not stop the reading.
        return _reading.parse(text)
    except (RecursionError, ValueError, MemoryError) as error:
        raise TemplateSyntaxError(type(error).__name__, 1) from None


def unreadable(error: TemplateSyntaxError, place: Place) -> Problem:
    """The problem of a text without a syntax tree."""
    if isinstance(error, _TooMuchError):
        return Problem(place, "bad-message", f"it holds {error.message}", "say it shorter, or write two rules")
    hint = "every {{ is closed by }}, and a filter stands after |"
    return Problem(place, "bad-message", f"it cannot be read ({error.message})", hint)


def every_node(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from every_node(child)


def is_one_of(node: nodes.Node, *names: str) -> bool:
    return isinstance(node, nodes.Name) and node.name in names
