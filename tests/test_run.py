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
