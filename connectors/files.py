"""What a file, folder or ZIP is, told by its headers; and reading it without a customer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from connectors.contract import Connector, ConnectorContext, Fetch, Refused, Window
from connectors.contracts.connector import Contracts
from connectors.contracts.connector import Options as ContractsOptions
from connectors.contracts.shape import CONTRACT, IDS
from connectors.hyperplanning_csv import export as hyperplanning
from connectors.hyperplanning_csv.connector import HyperplanningCsv
from connectors.hyperplanning_csv.connector import Options as HyperplanningOptions
from connectors.oneroster import columns as oneroster
from connectors.oneroster.connector import OneRoster
from connectors.oneroster.connector import Options as OneRosterOptions
from connectors.reading.archive import Named, opened
from connectors.reading.tables import find_header, folded
from connectors.records import connector as records
from connectors.records.connector import Options as RecordsOptions
from connectors.records.connector import Records
from connectors.sds import columns as sds
from connectors.sds.connector import Options as SdsOptions
from connectors.sds.connector import Sds
from engine.records.kinds import Record

_SYSTEM = "the file"
_HYPERPLANNING = frozenset({"Nom", "Prénom", "Adresse e-mail"})
"""Columns that its exports of learners and of instructors share, and that nobody is read without."""
_CONTRACTS = frozenset(name for name in CONTRACT.values() if isinstance(name, str))
_MOST_OF_A_CONTRACT = len(_CONTRACTS) // 2
_ALWAYS = Window(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def recognise(path: Path) -> str:
    """The connector that reads this path: `oneroster`, `sds`, `hyperplanning-csv`, `contracts` or `records`.

    Raises Refused when it is none of these, without telling what stands in it.
    """
    with opened(path, _SYSTEM) as files:
        found = _of(files)
    if found is None:
        raise Refused(_SYSTEM, path.name, "no_known_roster")
    return found


def read_path(
    path: Path,
    zone: str,
    fetch: Fetch,
    email_domain: str | None = None,
    id_key: bytes = b"files",
    own: Connector | None = None,
) -> Iterator[Record]:
    """Every record of a file, folder or ZIP of a kind that is recognised; `zone` is for times without one.

    `own` is the customer's connector for files, which is tried first: only it knows columns of the customer's own.
    Raises Refused when it cannot be read. `email_domain` makes an address of a School Data Sync user name; `id_key` is
    that of the customer (``connectors.registry.id_key``), so that who has a hashed id keeps it.
    """
    if own is not None:
        mark = _Mark(fetch)
        refused: Refused | None = None
        try:
            for record in own.records(_ALWAYS, fetch):
                mark.is_read = True
                yield record
        except Refused as error:
            refused = error
        if refused is None:
            return
        if mark.is_read:
            raise refused
        mark.go_back()
        try:
            recognise(path)
        except Refused:
            # Of the two it is the customer's own columns that are looked for.
            raise refused from None
    around = ConnectorContext(zone=zone, data_folder=path.parent, id_key=id_key)
    named = recognise(path)
    opened_by: Connector
    if named == "oneroster":
        opened_by = OneRoster(OneRosterOptions(str(path)), around)
    elif named == "sds":
        opened_by = Sds(SdsOptions(str(path), email_domain), around)
    elif named == "hyperplanning-csv":
        opened_by = HyperplanningCsv(HyperplanningOptions(str(path)), around)
    elif named == "contracts":
        opened_by = Contracts(ContractsOptions(str(path)), around)
    else:
        opened_by = Records(RecordsOptions(str(path)), around)
    yield from opened_by.records(_ALWAYS, fetch)


class _Mark:
    """What a fetch told before something was tried that may come to nothing."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._told = [(each, len(each)) for each in (fetch.invalid, fetch.partial, fetch.notes)]
        self._counted = fetch.requests, fetch.received
        self.is_read = False

    def go_back(self) -> None:
        """Forget what was told since."""
        for each, length in self._told:
            del each[length:]
        self._fetch.requests, self._fetch.received = self._counted


def _of(files: list[Named]) -> str | None:
    roster = {**oneroster.COLUMNS, **sds.V1}
    known = records.columns() | {folded(name): name for names in roster.values() for name in names}
    known |= {folded(name): name for names in sds.V2.values() for name in names}
    known |= {folded(name): name for name in sds.UK}
    known |= hyperplanning.COLUMNS | {folded(name): name for name in _CONTRACTS}
    for file in files:
        if file.name.lower().endswith(records.JSON_ENDINGS):
            return "records"
    headers = {file.stem: _header(file, known) for file in files}
    if "manifest" in headers or any(_is_oneroster(stem, names) for stem, names in headers.items()):
        return "oneroster"
    if any(_is_sds(stem, names) for stem, names in headers.items()):
        return "sds"
    if headers and all(names >= _HYPERPLANNING for names in headers.values()):
        return "hyperplanning-csv"
    if len(headers) == 1 and all(_is_contracts(names) for names in headers.values()):
        return "contracts"
    for stem, names in headers.items():
        if "source_id" in names and ("kind" in names or stem in records.FILES):
            return "records"
    return None


def _header(file: Named, known: dict[str, str]) -> frozenset[str]:
    found = find_header(file, known)
    return frozenset(found.columns) if found else frozenset()


def _is_contracts(names: frozenset[str]) -> bool:
    """Whoever has the ids of both and half of the rest, in a file that may lack what nobody needs."""
    return names >= {*IDS} and len(names & _CONTRACTS) >= _MOST_OF_A_CONTRACT


def _is_oneroster(stem: str, names: frozenset[str]) -> bool:
    """By the columns that School Data Sync has not."""
    own = {
        "users": ("enabledUser", "dateLastModified"),
        "classes": ("schoolSourcedId", "classType"),
        "enrollments": ("schoolSourcedId",),
        "orgs": ("dateLastModified",),
    }
    return any(column in names for column in own.get(stem, ()))


def _is_sds(stem: str, names: frozenset[str]) -> bool:
    if stem in sds.V1:
        return len(names & (set(sds.V1[stem]) | set(sds.UK))) >= 2
    return stem in sds.V2 and len(names & set(sds.V2[stem])) >= 2 and "source_id" not in names
