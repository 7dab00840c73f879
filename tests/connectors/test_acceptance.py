"""What every connector promises, tried on each that has samples. A new one is tried without a line of test code."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.contract import ConnectorError, Fetch, Refused, Unavailable
from connectors.registry import connectors
from engine.records.decode import read_json
from engine.records.kinds import KINDS, Record, kind_of
from engine.relations.neighbourhood import Situation
from tests.connectors.trying import (
    HOME,
    SAMPLED,
    WINDOW,
    Answering,
    Mutating,
    Stumbling,
    Tried,
    connected,
    fake_of,
    folder_of,
    noted,
    opened,
    read,
)

CASES = [(name, case) for name in SAMPLED for case in fake_of(name).cases]
ON_FILES = [(name, case) for name, case in CASES if fake_of(name).on_files(case)]
ON_A_SYSTEM = [(name, case) for name, case in CASES if not fake_of(name).on_files(case)]
PERSONAL = ("first_name", "last_name", "email", "secondary_email", "phone", "tutor_name", "tutor_email", "username")

every_case = pytest.mark.parametrize(("name", "case"), CASES)
every_file_case = pytest.mark.parametrize(("name", "case"), ON_FILES)
every_system_case = pytest.mark.parametrize(("name", "case"), ON_A_SYSTEM)
every_connector = pytest.mark.parametrize("name", SAMPLED)


@cache
def tried(name: str, case: str) -> Tried:
    """A case is read once for all that only look at what came."""
    return read(name, case)


def given(record: Record) -> dict[str, Any]:
    """The fields of a record that are not absent."""
    return {name: value for name in record.__struct_fields__ if (value := getattr(record, name)) not in (None, (), {})}


def personal_values(records: list[Record]) -> set[str]:
    """Every name, address and number of a person in these records that is too long to stand in a text by chance."""
    found = {str(given(record)[name]) for record in records for name in PERSONAL if name in given(record)}
    return {value for value in found if len(value) > 3}


@pytest.mark.parametrize("name", connectors())
def test_the_spec_names_what_there_is(name: str) -> None:
    spec = connectors()[name].spec
    assert spec.name == name
    for kind, fields in spec.provides.items():
        assert fields <= set(KINDS[kind].__struct_fields__), kind
        assert "source_id" in fields
    assert spec.takes <= set(KINDS)
    assert bool(spec.takes) is (spec.side == "platform")
    assert spec.certainty != "unsaid"


@pytest.mark.parametrize("name", connectors())
def test_every_option_is_described(name: str) -> None:
    schema = msgspec.json.schema(connectors()[name].spec.options)
    properties = schema["$defs"][connectors()[name].spec.options.__name__]["properties"]
    for option, said in properties.items():
        assert "description" in str(said), option


@every_connector
def test_every_kind_declared_is_in_the_samples_and_every_field_given_is_declared(name: str) -> None:
    seen: dict[str, set[str]] = {}
    for case in fake_of(name).cases:
        for record in tried(name, case).records:
            seen.setdefault(kind_of(record), set()).update(given(record))
    provides = SAMPLED[name].spec.provides
    assert set(seen) == set(provides)
    for kind, fields in seen.items():
        assert fields <= provides[kind], kind


@every_case
def test_the_samples_are_read_whole(name: str, case: str) -> None:
    found = tried(name, case)
    assert found.records
    assert found.fetch.invalid == []
    assert found.fetch.requests > 0
    assert found.fetch.received > 0


@every_case
def test_records_pass_the_door_unchanged(name: str, case: str) -> None:
    records = tried(name, case).records
    assert read_json(msgspec.json.encode(record) for record in records) == records


@every_case
def test_times_are_aware(name: str, case: str) -> None:
    for record in tried(name, case).records:
        for value in given(record).values():
            if isinstance(value, datetime):
                assert value.utcoffset() == timedelta(0)


@every_case
def test_ids_are_unique_or_the_records_are_one(name: str, case: str) -> None:
    assert Situation(tried(name, case).records).conflicts == {}


@every_case
def test_no_id_is_an_address_or_a_name(name: str, case: str) -> None:
    records = tried(name, case).records
    names = {given(record).get("last_name") for record in records} - {None}
    for record in records:
        assert "@" not in record.source_id
        assert record.source_id not in names


@every_case
def test_reading_twice_gives_the_same(name: str, case: str) -> None:
    assert read(name, case).records == tried(name, case).records


@every_case
def test_nothing_is_read_before_the_first_record_is_asked_for(name: str, case: str) -> None:
    fetch = Fetch()
    with connected(name, case) as (connector, _):
        records = connector.records(WINDOW, fetch)
        assert inspect.isgenerator(records)
        assert (fetch.requests, fetch.received) == (0, 0)
        next(records)
        records.close()


@every_connector
def test_the_readme_begins_with_what_is_certain(name: str) -> None:
    text = (folder_of(SAMPLED[name]) / "README.md").read_text()
    head = "\n".join(text.splitlines()[:20]).casefold()
    assert re.search(r"publish|standard|infer|documented|observed|our own", head)


@every_connector
def test_the_samples_hold_nobody_but_invented_people(name: str) -> None:
    for path in (folder_of(SAMPLED[name]) / "samples").rglob("*"):
        if path.is_file():
            for address in re.findall(rb"[\w.+-]+@([\w.-]+)", path.read_bytes()):
                assert address.decode().endswith(("example.org", "example.com")), path


def test_no_connector_reads_a_clock() -> None:
    """The window comes from outside; only waiting between requests is measured."""
    for path in HOME.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in {"now", "utcnow", "today", "time_ns"}, f"{path}:{node.lineno}"


# Connectors that read files


def copied(name: str, case: str, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A copy of a case's files to spoil, and the options that name it."""
    options = dict(fake_of(name).cases[case])
    source = folder_of(SAMPLED[name]) / options["path"].replace("{samples}", "samples")
    target = tmp_path / "copy"
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        target.mkdir()
        shutil.copy(source, target / source.name)
        return target, options | {"path": f"copy/{source.name}"}
    return target, options | {"path": "copy"}


def read_again(name: str, case: str, options: dict[str, Any], tmp_path: Path) -> Tried:
    fetch = Fetch()
    connector = opened(SAMPLED[name].spec, options, fake_of(name).environ, tmp_path, [])
    return Tried(list(connector.records(WINDOW, fetch)), fetch)


@every_file_case
def test_a_row_that_cannot_be_read_is_told_by_its_place_and_the_rest_goes_on(
    name: str, case: str, tmp_path: Path
) -> None:
    folder, options = copied(name, case, tmp_path)
    for path in folder.iterdir():
        if path.suffix == ".csv":
            path.write_bytes(path.read_bytes().rstrip() + b"\nx" + b",Anna;Lindqvist;anna@example.org" * 60 + b"\n")
        else:
            path.write_bytes(path.read_bytes().rstrip() + b'\n{"email": "anna@example.org"\n')
    found = read_again(name, case, options, tmp_path)

    assert found.records == tried(name, case).records
    assert found.fetch.invalid
    assert {re.sub(r".*:\d+", "", each.source_id) for each in found.fetch.invalid} == {""}
    assert "nna" not in repr(found.fetch.invalid)


@every_file_case
def test_files_as_they_really_come_are_read_the_same(name: str, case: str, tmp_path: Path) -> None:
    """A byte order mark, CRLF, semicolons, a title above the header, shouted headers, no final newline."""
    folder, options = copied(name, case, tmp_path)
    for path in folder.iterdir():
        if path.suffix != ".csv":
            continue
        text = path.read_text()
        if ";" not in text and '"' not in text and "|" not in text and "," in text:
            text = text.replace(",", ";")
        header, _, rest = text.partition("\n")
        title = "" if "." in header else "Exported for Norvane\n\n"
        path.write_bytes(f"{title}{header.upper()}\n{rest}".rstrip().replace("\n", "\r\n").encode("utf-8-sig"))
    assert read_again(name, case, options, tmp_path).records == tried(name, case).records


@every_file_case
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_an_old_encoding_is_read_and_noted(name: str, case: str, encoding: str, tmp_path: Path) -> None:
    folder, options = copied(name, case, tmp_path)
    old = set()
    for path in folder.glob("*.csv"):
        text = path.read_text()
        # A sample may hold letters that Windows-1252 has not; it stays as it is.
        with suppress(UnicodeEncodeError):
            path.write_bytes(text.encode(encoding))
            old |= {path.name} if encoding == "cp1252" and not text.isascii() else set()
    found = read_again(name, case, options, tmp_path)
    assert found.records == tried(name, case).records
    notes = set(noted(found.fetch)) - set(noted(tried(name, case).fetch))
    assert {note.partition(" ")[0] for note in notes} <= old
    assert bool(notes) is bool(old)


@every_file_case
def test_a_zip_is_read_like_its_folder(name: str, case: str, tmp_path: Path) -> None:
    folder, options = copied(name, case, tmp_path)
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in folder.iterdir():
            archive.write(path, f"export/{path.name}")
    found = read_again(name, case, options | {"path": "export.zip"}, tmp_path)
    assert found.records == tried(name, case).records


@every_file_case
def test_what_is_absent_empty_or_no_text_is_refused(name: str, case: str, tmp_path: Path) -> None:
    folder, options = copied(name, case, tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 10)

    def refused(path: str) -> str:
        with pytest.raises(Refused) as caught:
            read_again(name, case, options | {"path": path}, tmp_path)
        return str(caught.value)

    assert "no such file" in refused("gone.zip")
    assert "no CSV" in refused("empty")
    assert refused("binary.csv")
    for path in folder.iterdir():
        path.write_text(path.read_text().partition("\n")[0] if path.suffix == ".csv" else "")
    assert re.search("no users|no rows|no records", refused(options["path"]))


# Connectors that read a system

FAULTS = {
    "the key is not accepted": (Answering(401, b"Unauthorized", "text/plain"), Refused),
    "the right is missing": (Answering(403, b"{}", "application/json"), Refused),
    "the system is ill": (Answering(503, b"", "text/plain"), Unavailable),
    "a sign-in page": (Answering(200, b"<!doctype html><html>anna@example.org</html>", "text/html"), ConnectorError),
    "half an answer": (Answering(200, b'{"anna@example.org": ', "application/json"), ConnectorError),
    "an empty answer": (Answering(200, b"", "application/json"), ConnectorError),
    "another shape": (Answering(200, b'"anna@example.org"', "application/json"), ConnectorError),
}


@every_system_case
@pytest.mark.parametrize("fault", FAULTS)
def test_a_system_that_fails_is_named_by_what_to_do(name: str, case: str, fault: str) -> None:
    """Nothing useful can be read at all, so the fetch raises; it does not give an empty school."""
    spoils, error = FAULTS[fault]
    fetch = Fetch()
    with connected(name, case, spoils) as (connector, _), pytest.raises(error) as caught:
        list(connector.records(WINDOW, fetch))
    told = f"{caught.value!r} {caught.value.failure!r} {[each.failure for each in fetch.partial]!r} {fetch.invalid!r}"
    assert "anna" not in told
    assert not [secret for secret in fake_of(name).environ.values() if secret in told]


@every_system_case
@pytest.mark.parametrize(("status", "headers"), [(429, {"retry-after": "7"}), (500, {}), (503, {})])
def test_a_system_that_stumbles_and_is_well_again_is_read_whole(
    name: str, case: str, status: int, headers: dict[str, str]
) -> None:
    fetch = Fetch()
    with connected(name, case, Stumbling(status, headers)) as (connector, slept):
        found = list(connector.records(WINDOW, fetch))
    assert found == tried(name, case).records
    assert [str(error) for error in fetch.partial] == [str(error) for error in tried(name, case).fetch.partial]
    assert len(slept) == 2
    # As long as the system asks for, else as long as we think fit.
    assert (slept == [7.0, 7.0]) is ("retry-after" in headers)


@every_system_case
def test_whatever_an_answers_bytes_are_they_are_read_or_named(name: str, case: str) -> None:
    for seed in range(20):
        with connected(name, case, Mutating(seed)) as (connector, _), suppress(ConnectorError):
            list(connector.records(WINDOW, Fetch()))


@every_system_case
def test_an_error_in_the_middle_holds_nothing_personal(name: str, case: str) -> None:
    """The system is well for a few answers and then refuses."""
    for well in range(1, 4):
        fetch = Fetch()
        told = ""
        with connected(name, case, lambda app, well=well: _failing_after(app, well)) as (connector, _):
            try:
                list(connector.records(WINDOW, fetch))
            except ConnectorError as error:
                told = str(error)
        told += repr(fetch.partial) + repr(fetch.invalid)
        assert not [value for value in personal_values(tried(name, case).records) if value in told]


def _failing_after(application: Any, well: int) -> Any:
    count: Iterator[int] = itertools.count()
    spoiled = Answering(403, b"no", "text/plain")(application)

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await (application if next(count) < well else spoiled)(scope, receive, send)

    return answer
