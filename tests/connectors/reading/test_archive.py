"""ZIP files and folders as they really come."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from connectors.contract import Fetch, Refused
from connectors.reading.archive import ArchiveLimits, opened
from connectors.reading.tables import Table, folded
from tests.connectors.reading.test_tables import COLUMNS


def zipped(tmp_path: Path, entries: dict[str, bytes]) -> Path:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archived:
        for name, content in entries.items():
            archived.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../users.csv", "/etc/users.csv", "C:\\users.csv", "a/../../users.csv"])
def test_a_zip_that_names_files_outside_itself_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="outside itself"), opened(zipped(tmp_path, {name: b"x"}), "Norvane"):
        pass


def test_a_zip_too_dense_too_large_or_too_full_is_refused(tmp_path: Path) -> None:
    bomb = zipped(tmp_path, {"users.csv": b"0" * 20_000_000})
    with pytest.raises(Refused, match="too densely"), opened(bomb, "Norvane"):
        pass
    with pytest.raises(Refused, match="too large"), opened(bomb, "Norvane", ArchiveLimits(size=1_000)):
        pass
    full = zipped(tmp_path, {f"{number}.csv": b"x" for number in range(3)})
    with pytest.raises(Refused, match="too many files"), opened(full, "Norvane", ArchiveLimits(entries=2)):
        pass


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"a/users.csv": b"x", "b/Users.csv": b"x"})
    with pytest.raises(Refused, match="two files of this name"), opened(path, "Norvane"):
        pass


def test_a_zip_that_is_cut_or_damaged_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"users.csv": b"sourcedId,givenName\n" + bytes(range(48, 90)) * 500})
    whole = path.read_bytes()
    path.write_bytes(whole[:60] + b"\x00\xff\x00" + whole[63:])
    with pytest.raises(Refused, match="cannot be read to its end"), opened(path, "Norvane") as files:
        list(Table(files[0], "Norvane", COLUMNS, Fetch()).rows())


def test_a_zip_that_names_a_file_by_nothing_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"orgs.csv": b"sourcedId"})
    whole = path.read_bytes()
    listed = whole.rindex(b"PK\x01\x02")
    name = len(b"orgs.csv")
    nameless = whole[:listed] + whole[listed : listed + 28] + b"\x00\x00" + whole[listed + 30 : listed + 46]
    end = whole[listed + 46 + name :]
    path.write_bytes(nameless + end[:12] + (46).to_bytes(4, "little") + end[16:])
    with pytest.raises(Refused, match="cannot be read to its end"), opened(path, "Norvane"):
        pass


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("x")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "users.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(Refused, match="leads out of the folder"), opened(tmp_path / "in", "Norvane"):
        pass


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_column_names_with_accents_are_found_in_old_encodings_too(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "etudiants.csv"
    path.write_bytes("Nom,Prénom\nTALMONT,Inès\n".encode(encoding))
    columns = {folded(name): name for name in ("Nom", "Pre\u0301nom")}
    with opened(path, "Norvane") as files:
        rows = list(Table(files[0], "Norvane", columns, Fetch()).rows())
    assert [(row["Nom"], row["Pre\u0301nom"]) for row in rows] == [("TALMONT", "Inès")]


def test_the_only_folder_with_files_below_a_folder_is_read_and_of_several_one_is_asked_for(tmp_path: Path) -> None:
    export, elsewhere = tmp_path / "export", tmp_path / "elsewhere"
    for folder in (export / "north", export / "empty", export / ".hidden", elsewhere):
        folder.mkdir(parents=True)
        if folder.name != "empty":
            (folder / "users.csv").write_text("sourcedId\n")
    (export / "linked").symlink_to(elsewhere)
    with opened(export, "Norvane") as files:
        assert [file.name for file in files] == ["users.csv"]
    (export / "south").mkdir()
    (export / "south" / "users.csv").write_text("sourcedId\n")
    with pytest.raises(Refused, match="in its folders north, south"), opened(export, "Norvane"):
        pass
