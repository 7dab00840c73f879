"""Addresses: which hosts are inside, and what a public one needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.rulefiles import report
from engine.rulefiles.parse.urls import is_private, url_fault
from tests.engine.rule_folders import CUSTOMER, problems


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    text = CUSTOMER.replace('"${MUSTER_NORVANE_HARBOUR}"', "hunter2").replace("connector: harbour", "conector: harbour")
    found = problems(tmp_path, customer=text)
    shown = report.as_text(found, report.sources(tmp_path, found))
    assert "norvane.example.org" in shown
    assert "hunter2" not in shown
    text = text.replace("conector", "connector").replace("https://norvane", "https://anna:hunter3@norvane")
    found = problems(tmp_path, customer=text)
    assert [problem.code for problem in found] == ["literal-secret", "literal-secret"]
    shown = report.as_text(found, report.sources(tmp_path, found))
    assert "hunter2" not in shown
    assert "hunter3" not in shown


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "a.localhost", "intranet", "printer.local", "db.internal", "127.0.0.1", "127.1", "2130706433",
        "0x7f.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "::1", "::", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1",
        "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::",
    ],
)  # fmt: skip
def test_hosts_inside_are_told_from_hosts_outside(host: str) -> None:
    assert is_private(host)
    url = f"https://[{host}]/" if ":" in host else f"https://{host}/"
    assert url_fault(url) is not None
    assert url_fault(url, allow_private_hosts=True) is None


def test_public_hosts_are_taken_by_https_only() -> None:
    for url in ("https://school.example.org", "https://école.example.org:8443/api", "https://1.1.1.1/x"):
        assert url_fault(url) is None
    for url in ("http://school.example.org", "ftp://example.org", "//example.org", "https://", "https://a b.org", "x"):
        assert url_fault(url) is not None
    assert url_fault("http://127.0.0.1:8000", allow_private_hosts=True) is None
    assert url_fault("http://10.0.0.1", allow_private_hosts=True) is not None
