"""Rendering: a page's template with its one typed object, its frame and the words of the reader's language."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import jinja2
from babel.numbers import format_decimal
from fastapi import Request, Response
from msgspec import Struct

from api.answers.page_words import Words
from api.http.language import choose
from engine.language.wording import wording
from engine.model.package_files import TEMPLATES
from runs.model.health import CustomerHealth

PAGES = TEMPLATES / "pages"
LANGUAGE_COOKIE = "muster-language"
STATIC: Mapping[str, str] = {"muster.css": "text/css; charset=utf-8", "mark.svg": "image/svg+xml"}


class PageView(Struct, frozen=True):
    """The one typed object of a page. Its template, named as the page's module, reads its fields and no others."""

    @classmethod
    def template(cls) -> str:
        """The file of the template."""
        return f"{cls.__module__.rpartition('.')[2]}.html"


class Frame(Struct, frozen=True):
    """What stands around every page."""

    language: str
    languages: tuple[tuple[str, str], ...]
    """Each language with the address of this page in it."""
    demo: bool
    signed_in: bool
    style: str
    """Changes with the style sheet, so that browsers take the new one."""
    customer: str | None = None
    customer_name: str | None = None
    here: str = ""
    """Which entry of the navigation this is."""
    health: CustomerHealth | None = None
    """How the customer's exchanges and rules stand."""


class Pages:
    """The templates of the pages, read once."""

    def __init__(self, words: Words, folder: Path = PAGES, static: Path = TEMPLATES / "static") -> None:
        self.words = words
        self.static = {name: (static / name).read_bytes() for name in STATIC}
        self.style = hashlib.sha256(self.static["muster.css"]).hexdigest()[:12]
        self.environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # Jinja's own urlencode leaves slashes, of which an id may have some.
        self.environment.filters["urlencode_all"] = partial(quote, safe="")

    def language(self, request: Request, otherwise: str | None = None) -> str:
        """The reader's language: asked for in the address, chosen before, the browser's, the customer's."""
        asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
        return choose(asked, request.headers.get("accept-language"), self.words.languages, otherwise)

    def frame(self, request: Request, language: str, **more: Any) -> Frame:
        """The frame of a page."""
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
        links = tuple((other, "?" + urlencode([*kept, ("lang", other)])) for other in self.words.languages)
        demo = bool(request.app.state.demo)
        return Frame(
            language=language,
            languages=links,
            demo=demo,
            signed_in=more.pop("signed_in", not demo),
            style=self.style,
            **more,
        )

    def render(self, frame: Frame, page: PageView, *, zone: str = "UTC", status: int = 200) -> Response:
        """The page as HTML; times are shown in that IANA zone."""
        language = frame.language

        def local_day(moment: datetime) -> str:
            return self.words.day(moment, language, zone)

        def local_when(moment: datetime) -> str:
            return self.words.when(moment, language, zone)

        body = self.environment.get_template(page.template()).render(
            frame=frame,
            page=page,
            say=partial(self.words.say, language),
            day=local_day,
            when=local_when,
            number_of=partial(format_decimal, locale=language),
            language_name=lambda code: wording(code).name,
        )
        answer = Response(body, status_code=status, media_type="text/html")
        answer.headers["Content-Language"] = language
        answer.headers["Vary"] = "Accept-Language, Cookie"
        return answer
