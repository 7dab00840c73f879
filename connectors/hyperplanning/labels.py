"""Labels of what Hyperplanning names by keys: subjects, rooms, groups, families. Small tables, asked for once."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable

from connectors.contract import Fetch, Refused
from connectors.hyperplanning.normal import TITLE
from connectors.hyperplanning.options import Options
from connectors.hyperplanning.soap import SoapService, found_keys

PROMOTION, TD, JOINED = "promotion", "td", "joined"


class Labels:
    """Labels by key. May be used from threads, save for the ones asked for by columns."""

    def __init__(self, service: SoapService, options: Options, fetch: Fetch) -> None:
        self.service = service
        self.options = options
        self._fetch = fetch
        self._lock = threading.Lock()
        self._subjects: dict[str, str] = {}
        self._rooms: dict[str, str] = {}
        self._headings: dict[str, str] = {}
        self._promotions: dict[str, str] = {}
        self._part_of: dict[str, str] = {}
        self._noted: set[str] = set()
        self.seen: dict[str, None] = {}
        """Ids of the groups that learners are in and sessions are for, in order."""

    def has(self, call: str | None) -> bool:
        """Whether a call whose name is not certain is there; that it is not is noted once."""
        if call is None:
            return False
        known = self.service.has(call)
        with self._lock:
            if not known and call not in self._noted:
                self._noted.add(call)
                self._fetch.note("call_not_there", call=call)
        return known

    def subjects(self, keys: Iterable[str]) -> dict[str, str]:
        """Labels of these subjects (matières), the long ones where the customer wants them."""
        fresh = _fresh(keys, self._subjects)
        labels = self.service.column("LibellesTableauDeMatieres", "THpSvcWCleMatiere", fresh)
        if self.options.long_names and fresh:
            long = self.service.column("LibellesLongsTableauDeMatieres", "THpSvcWCleMatiere", fresh)
            labels = [one or other for one, other in zip(long, labels, strict=True)]
        self._subjects.update(zip(fresh, labels, strict=True))
        return self._subjects

    def rooms(self, keys: Iterable[str]) -> dict[str, str]:
        """Names of these rooms."""
        fresh = _fresh(keys, self._rooms)
        names = self.service.column("NomsTableauDeSalles", "THpSvcWCleSalle", fresh)
        self._rooms.update(zip(fresh, names, strict=True))
        return self._rooms

    def promotions(self, keys: Iterable[str]) -> dict[str, str]:
        """Names of these promotions."""
        fresh = _fresh(keys, self._promotions)
        names = self.service.column("NomsTableauDePromotions", "THpSvcWClePromotion", fresh)
        self._promotions.update(zip(fresh, names, strict=True))
        return self._promotions

    def part_of(self, td: str) -> str:
        """Key of the promotion that a TD group is part of; empty for none."""
        if td not in self._part_of:
            self._part_of[td] = "".join(found_keys([self.service.text("PromotionTDOption", ("ATDOption", td))]))
        return self._part_of[td]

    def groups(self, ids: Iterable[str]) -> dict[str, str]:
        """Names of these groups by id, in the writing that Hyperplanning's exports have for them."""
        held: dict[str, list[str]] = {PROMOTION: [], TD: [], JOINED: []}
        for each in dict.fromkeys(ids):
            kind, _, key = each.partition(":")
            held[kind].append(key)
        names = self.promotions(held[PROMOTION])
        found = {f"{PROMOTION}:{key}": names[key] for key in held[PROMOTION]}
        joined = self.service.column("NomsTableauDeRegroupements", "THpSvcWCleRegroupement", held[JOINED])
        found |= {f"{JOINED}:{key}": f"[{name}]" for key, name in zip(held[JOINED], joined, strict=True)}
        for key in held[TD]:
            of, name = self.part_of(key), self.service.text("NomTDOption", ("ATDOption", key))
            found[f"{TD}:{key}"] = f"<{self.promotions([of])[of]}> {name}" if of else name
        return found

    def families(self, genre: str, wanted: Collection[str] | None) -> list[str]:
        """Keys of the families that classify such things, only the wanted ones if any are named.

        Raises Refused when a wanted one is not there: nobody must be taken for unclassified by a slip of the pen.
        """
        if wanted is not None and not wanted:
            return []
        keys = self.service.keys("ToutesLesFamillesDuGenre", ("AGenre", genre))
        if wanted is None:
            return keys
        by_label = {self.service.text("LibelleFamille", ("AFamille", key)).casefold(): key for key in keys}
        missing = [name for name in wanted if name.casefold() not in by_label]
        if missing:
            raise Refused(TITLE, "ToutesLesFamillesDuGenre", "no_such_family", families=tuple(missing))
        return [by_label[name.casefold()] for name in wanted]

    def headings(self, call: str, families: Collection[str], owner: tuple[str, str]) -> list[str]:
        """Labels of the headings (rubriques) that somebody, or a course, has in these families."""
        keys = [key for family in families for key in self.service.keys(call, ("AFamille", family), owner)]
        found = []
        for key in keys:
            if key not in self._headings:
                self._headings[key] = self.service.text("LibelleRubrique", ("ARubrique", key))
            found.append(self._headings[key])
        return [label for label in found if label]


def _fresh(keys: Iterable[str], known: Collection[str]) -> list[str]:
    return [key for key in found_keys(dict.fromkeys(keys)) if key not in known]
