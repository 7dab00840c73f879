"""Lists that come in pages: the ways systems number them, and a watch against a list that never ends."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")
Params = Mapping[str, Any]
Following = Callable[["FetchedPage[T]"], Params | None]


class FetchedPage(Struct, Generic[T], frozen=True):
    """One page, for deciding what to ask next."""

    answer: T
    number: int
    """From 0."""
    rows: int
    so_far: int
    """Rows of this page and of all before it."""
    headers: Mapping[str, str]
    """By small name."""


def numbered(size: int, *, first: int = 1, name: str = "page") -> Following[Any]:
    """Pages by number, until one holds fewer than `size` rows."""
    return lambda page: {name: first + page.number + 1} if page.rows >= size else None


def by_offset(size: int, *, name: str = "offset", total: str = "x-total-count") -> Following[Any]:
    """Pages by the number of rows to leave out, until the `total` header is reached or a page is short."""

    def following(page: FetchedPage[Any]) -> Params | None:
        said = page.headers.get(total, "")
        more = page.so_far < int(said) and page.rows > 0 if said.isdigit() else page.rows >= size
        return {name: page.so_far} if more else None

    return following


def by_token(name: str, token: Callable[[T], str | None]) -> Following[T]:
    """Pages by a token that each page gives for the next, until one gives none."""

    def following(page: FetchedPage[T]) -> Params | None:
        found = token(page.answer)
        return {name: found} if found else None

    return following


def each_page(
    ask: Callable[[Params], tuple[bytes, Mapping[str, str], T]],
    params: Params,
    following: Following[T],
    rows: Callable[[T], int],
    most: int,
    wrong: Callable[..., Exception],
) -> Iterator[FetchedPage[T]]:
    """Every page. What came before, or what was asked before, must not come again: that is `wrong`."""
    seen: set[bytes] = set()
    asked: set[str] = set()
    so_far = 0
    for number in range(most):
        signature = repr(sorted((name, str(value)) for name, value in params.items()))
        if signature in asked:
            raise wrong("page_asked_again", page=number + 1)
        asked.add(signature)
        body, headers, answer = ask(params)
        count = rows(answer)
        mark = hashlib.blake2b(body, digest_size=16).digest()
        if count and mark in seen:
            raise wrong("page_came_again", page=number + 1)
        seen.add(mark)
        so_far += count
        page = FetchedPage(answer=answer, number=number, rows=count, so_far=so_far, headers=headers)
        yield page
        try:
            more = following(page)
        except ValueError:  # an address or a number of the system's that is none
            raise wrong("next_page_unreadable", page=page.number + 1) from None
        if more is None:
            return
        params = {**params, **more}
    raise wrong("too_many_pages", most=most)
