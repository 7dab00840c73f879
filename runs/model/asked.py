"""What may be asked of the service, and in which words: filters, orders, sizes of pages, states and scopes."""

from __future__ import annotations

from store.base.enums import COUNTED, OPEN, PAUSED, Direction, IssueState, Listed, Scope
from store.queries.api_keys import EVERY_CUSTOMER, SCOPES
from store.queries.feed import MOST_COUNTED, IssueFilter, Sort
from store.queries.questions import LARGEST_PAGE, PAGE
from store.writing.standing import Counts

__all__ = [
    "COUNTED",
    "EVERY_CUSTOMER",
    "LARGEST_PAGE",
    "MOST_COUNTED",
    "OPEN",
    "PAGE",
    "PAUSED",
    "SCOPES",
    "Counts",
    "Direction",
    "IssueFilter",
    "IssueState",
    "Listed",
    "Scope",
    "Sort",
]
