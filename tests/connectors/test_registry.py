"""Opening a connector for a customer: options, secrets, paths."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
from msgspec import Struct

from connectors.contract import ConnectorContext, ConnectorError, Refused
from connectors.registry import catalogue, open_connector
from engine.model.connector_spec import ConnectorSpec, DataPath, Schedule, Secret, Url
from engine.model.problems import Place
from engine.model.rulebook import ConnectorUse, Customer


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    url: Url
    token: Secret
    spare: Secret | None = None
    path: DataPath | None = None
    pages: int = 1


class Invented:
    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="invented", title="Invented", side="source", options=Options, provides={}
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self.options = options
        self.around = around

    def records(self, *_: Any) -> Any:
        yield from ()


def opening(folder: Path, environ: dict[str, str] | None = None, **options: Any) -> Invented:
    use = ConnectorUse(Invented.spec, {"url": "https://norvane.example.org", **options}, Place("norvane.yaml"))
    customer = Customer("campus-norvane", "Norvane", "fr", "Europe/Paris", use, None, Schedule(), {})
    around = ConnectorContext(zone="Europe/Paris", data_folder=folder)
    opened = open_connector(
        use, customer, around, environ or {"MUSTER_CAMPUS_NORVANE_TOKEN": "hush"}, {"invented": Invented}
    )
    assert isinstance(opened, Invented)
    return opened


def refused(folder: Path, environ: dict[str, str] | None = None, **options: Any) -> ConnectorError:
    with pytest.raises(Refused) as caught:
        opening(folder, environ, **options)
    assert "hush" not in str(caught.value)
    return caught.value


TOKEN = "${MUSTER_CAMPUS_NORVANE_TOKEN}"


def test_options_are_decoded_and_secrets_come_from_the_environment(tmp_path: Path) -> None:
    opened = opening(tmp_path, token=TOKEN, path="export/users.csv", pages="3")
    path = str(tmp_path.resolve() / "export/users.csv")
    assert opened.options == Options("https://norvane.example.org", "hush", None, path, 3)
    assert opened.around.id_key == b"campus-norvane"
    assert not opened.around.allow_private


def test_a_secret_that_is_not_set_is_named(tmp_path: Path) -> None:
    assert "MUSTER_CAMPUS_NORVANE_TOKEN is not set" in str(refused(tmp_path, {"HOME": "/"}, token=TOKEN))


@pytest.mark.parametrize("token", ["hush", "$MUSTER_CAMPUS_NORVANE_TOKEN", "x${MUSTER_CAMPUS_NORVANE_TOKEN}", 7])
def test_a_secret_itself_is_refused_and_not_repeated(tmp_path: Path, token: object) -> None:
    assert refused(tmp_path, token=token).failure.call == "token"


@pytest.mark.parametrize("name", ["HOME", "MUSTER_OTHER_TOKEN", "MUSTER_CAMPUS_NORVANE_", "MUSTER_DATABASE_URL"])
def test_another_customers_secret_is_refused(tmp_path: Path, name: str) -> None:
    environ = {name: "hush"}
    assert "is not this customer's" in str(refused(tmp_path, environ, token=f"${{{name}}}"))


def test_a_reference_outside_a_secret_field_stays_what_it_is(tmp_path: Path) -> None:
    assert opening(tmp_path, token=TOKEN, url=TOKEN).options.url == TOKEN


@pytest.mark.parametrize("path", ["../x.csv", "/etc/passwd", "a/../../x", "out/x.csv"])
def test_a_path_stays_in_the_customers_folder(tmp_path: Path, path: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "out").symlink_to(tmp_path)
    assert "leaves the customer's data folder" in str(refused(home, token=TOKEN, path=path))


def test_an_unknown_or_wrong_option_is_named(tmp_path: Path) -> None:
    assert "`page`" in str(refused(tmp_path, token=TOKEN, page=1))
    assert "$.pages" in str(refused(tmp_path, token=TOKEN, pages="many"))


def test_the_operator_may_allow_private_hosts_and_give_a_key_for_ids(tmp_path: Path) -> None:
    environ = {
        "MUSTER_CAMPUS_NORVANE_TOKEN": "hush",
        "MUSTER_ALLOW_PRIVATE_HOSTS": "1",
        "MUSTER_ID_KEY": "salt",
    }
    around = opening(tmp_path, environ, token=TOKEN).around
    assert around.allow_private
    assert around.id_key == b"salt"


def test_records_that_are_sent_are_not_fetched() -> None:
    def use(name: str) -> ConnectorUse:
        return ConnectorUse(catalogue()[name], {"system": "Ypareo"}, Place("norvane.yaml"))

    assert use("pushed").fetches == use("pushed-platform").fetches == use("education-perfect").fetches == {}
    assert set(use("records").fetches) == {"downward"}


def test_the_registry_loads_no_http_client() -> None:
    code = "import sys, connectors.registry as r; r.catalogue(); print('httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_rulebook_has_one_version_in_every_process(tmp_path: Path) -> None:
    """Also where a connector works out from its options what it gives."""
    path = tmp_path / "customers" / "norvane.yaml"
    path.parent.mkdir()
    systems = 'source: {connector: ypareo, url: https://norvane.example.org, token: "${MUSTER_NORVANE_TOKEN}"}\n'
    head = "name: Norvane\nlanguage: fr\nzone: Europe/Paris\n"
    path.write_text(f"{head}{systems}platform: {{connector: edusign}}\n", encoding="utf-8")
    code = (
        "import pathlib, sys; from connectors.registry import catalogue; from engine.rulefiles.library import load;"
        "from engine.model.versions import parts_of; book = load(pathlib.Path(sys.argv[1]), 'norvane', catalogue());"
        "print(book.version, sorted(parts_of(book).items()))"
    )
    told = {
        subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(told) == 1
