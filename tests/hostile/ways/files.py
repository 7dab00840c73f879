"""Files of every format that is read: each connector's samples as a folder and as a ZIP, and without a connector."""

from __future__ import annotations

import io
import shutil
import zipfile
from contextlib import suppress
from pathlib import Path

from connectors.contract import ConnectorError, Fetch
from connectors.files import read_path
from tests.connectors.trying import SAMPLED, WINDOW, fake_of, folder_of, opened
from tests.hostile.mutators import Pieces
from tests.hostile.way import Sample

_ZIP = "export.zip"
_ANYBODYS = "any"


class WayIn:
    """Each file is spoiled alone; the others are as they came."""

    def __init__(self, folder: Path, /) -> None:
        self._home = folder
        self._cases = {
            f"{name}/{case}": (name, case)
            for name in SAMPLED
            for case in fake_of(name).cases
            if fake_of(name).on_files(case)
        }

    def samples(self) -> list[Sample]:
        """Every case of every connector that reads files."""
        found = []
        for about, (name, case) in self._cases.items():
            path = folder_of(SAMPLED[name]) / str(fake_of(name).cases[case]["path"]).replace("{samples}", "samples")
            files = [path] if path.is_file() else sorted(each for each in path.iterdir() if each.is_file())
            pieces = {each.name: each.read_bytes() for each in files}
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for each, body in pieces.items():
                    archive.writestr(zipfile.ZipInfo(each), body)
            for one in (about, _ANYBODYS):
                found += [Sample(one, pieces), Sample(one, {_ZIP: packed.getvalue()})]
        return found

    def attempt(self, about: str, pieces: Pieces, /) -> None:
        """Read to the end, or refused."""
        folder = self._home / "files"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for each, body in pieces.items():
            (folder / each).write_bytes(body)
        path = folder / next(iter(pieces)) if len(pieces) == 1 else folder
        with suppress(ConnectorError):
            if about == _ANYBODYS:
                list(read_path(path, "Europe/Paris", Fetch(), email_domain="example.org"))
            else:
                name, case = self._cases[about]
                options = {**fake_of(name).cases[case], "path": str(path.relative_to(self._home))}
                connector = opened(SAMPLED[name].spec, options, fake_of(name).environ, self._home, [])
                list(connector.records(WINDOW, Fetch()))
