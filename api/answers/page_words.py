"""Words of the pages: `templates/<language>/pages.yaml`, said with their values filled in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_decimal

from engine.language.dates import Dates
from engine.language.languages import Languages, languages
from engine.language.renderer import WORDS


def _flat(tree: Mapping[str, Any], before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[before + name] = value
    return found


class Words:
    """The words of all languages. A count picks `<key>.one` or `<key>.other` by the language's own plural."""

    def __init__(self, known: Languages | None = None) -> None:
        known = known or languages()
        self.languages = known.names
        self.keys = {language: _flat(known.part(language, "pages", dict[str, Any])) for language in self.languages}
        self._dates = {language: self._dates_of(language, known) for language in self.languages}
        self._plurals = {language: Locale.parse(language).plural_form for language in self.languages}

    def say(self, language: str, key: str, **values: Any) -> str:
        """The words of that key; KeyError when there are none. Numbers are written as the language does."""
        words = self.keys[language]
        if key not in words and "n" in values:
            form = self._plurals[language](values["n"])
            key = f"{key}.{form}" if f"{key}.{form}" in words else f"{key}.other"
        filled = {
            name: format_decimal(value, locale=language) if isinstance(value, int) else value
            for name, value in values.items()
        }
        return words[key].format(**filled) if filled else words[key]

    def known(self, language: str, key: str, otherwise: str) -> str:
        """The words of that key, or `otherwise` where there are none: for names that rule files may add."""
        return self.keys[language].get(key, otherwise)

    def day(self, moment: datetime, language: str, zone: str) -> str:
        """The local day, such as 21 November 2026."""
        return self._dates[language].said_day(moment.astimezone(ZoneInfo(zone)).date())

    def when(self, moment: datetime, language: str, zone: str) -> str:
        """The local day and time of day, such as Sat 21 Nov 2026, 14:05."""
        return self._dates[language].said_when(moment.astimezone(ZoneInfo(zone)))

    def _dates_of(self, language: str, known: Languages) -> Dates:
        """Days are those of messages; moments are shorter on pages."""
        said = known.part(language, "messages", dict[str, dict[str, Any]])[WORDS]
        pages = self.keys[language]
        return Dates(language, said["day"], said["first_day"], pages["dates.when"], pages["dates.first_when"])
