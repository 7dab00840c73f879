"""The script that starts everything: what it says where it cannot."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def test_a_machine_that_lacks_everything_is_told_what_to_install(tmp_path: Path) -> None:
    for name in ("dirname", "id"):
        found = shutil.which(name)
        assert found
        (tmp_path / name).symlink_to(found)
    environ = {"PATH": str(tmp_path), "HOME": str(tmp_path / "home")}
    told = subprocess.run([REPOSITORY / "run", "demo"], capture_output=True, text=True, check=False, env=environ)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == (
        "run: Install a C compiler, and Python 3.11 to 3.15 with its headers and its venv module "
        "(on Debian: apt-get install gcc libc6-dev python3-dev python3-venv), then repeat this.\n"
    )
    assert not (tmp_path / "home").exists()


def test_what_cannot_be_fetched_is_not_laid_at_pythons_door_alone(tmp_path: Path) -> None:
    for name in ("dirname", "id", "ls"):
        found = shutil.which(name)
        assert found
        (tmp_path / name).symlink_to(found)
    for name in ("uv", "cc"):  # a uv that cannot fetch
        (tmp_path / name).write_text("#!/bin/sh\nexit 2\n")
        (tmp_path / name).chmod(0o755)
    environ = {"PATH": str(tmp_path), "HOME": str(tmp_path / "home")}
    told = subprocess.run([REPOSITORY / "run", "check"], capture_output=True, text=True, check=False, env=environ)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.splitlines() == [
        "run: Not installed: uv says why above.",
        (
            "run: * Failed to fetch, a certificate, a time-out? Let this machine reach the package index, through "
            "HTTPS_PROXY, PIP_INDEX_URL or UV_DEFAULT_INDEX where it is reached so; where a proxy ends TLS, name its "
            "certificates in SSL_CERT_FILE and PIP_CERT."
        ),
        (
            "run: * Failed to build durable-rules? It is known to build on Python 3.11 to 3.15, and this is none "
            "of them. Name one that this machine has: UV_PYTHON=3.13 ./run check"
        ),
    ]
