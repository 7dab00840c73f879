"""What may be asked of the service, and in which words: filters, orders, sizes of pages, states and scopes."""

from __future__ import annotations

from store.api_keys import EVERY_CUSTOMER, SCOPES
from store.enums import COUNTED, OPEN, PAUSED, Direction, IssueState, Listed, Scope
from store.feed import MOST_COUNTED, IssueFilter, Sort
from store.queries import LARGEST_PAGE, PAGE
from store.standing import Counts

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
