"""The packaged samples: invented, repeatable, and enough of them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from cli.demo import CUSTOMERS, ndjson, samples
from cli.demo.names import address
from engine.records.kinds import KINDS

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
_ADDRESS = re.compile(rb"[\w.+-]+@[\w.@-]+")


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_the_same_moment_gives_the_same_bytes(customer: str) -> None:
    assert ndjson(samples(customer, NOON)) == ndjson(samples(customer, NOON))
    assert ndjson(samples(customer, NOON)) != ndjson(samples(customer, NOON, seed=1))


def test_there_are_more_than_two_hundred_people_and_sessions_and_every_kind() -> None:
    kinds = Counter(raw["kind"] for customer in CUSTOMERS for raw in samples(customer, NOON))
    assert kinds["learner"] + kinds["instructor"] + kinds["person"] + kinds["session"] >= 200
    assert set(kinds) == set(KINDS)


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_every_address_ends_in_example_org(customer: str) -> None:
    found = _ADDRESS.findall(ndjson(samples(customer, NOON)))
    assert len(found) > 50
    assert [each for each in found if not each.endswith((b"@example.org", b".example.org"))] == []


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_names_hold_letters_that_systems_stumble_over(customer: str) -> None:
    text = ndjson(samples(customer, NOON)).decode()
    assert len(set(text) & set("øØłŁœŒđĐéèāńç")) >= 6


def test_an_address_is_written_without_accents() -> None:
    assert address("Maëlys", "Sœurdaix", "example.org") == "maelys.soeurdaix@example.org"
    assert address("Thuy", "Hoàngđỗ", "example.org") == "thuy.hoangdo@example.org"
    assert address("Noé", "d'Arvensac", "example.org") == "noe.darvensac@example.org"


@pytest.mark.parametrize("customer", CUSTOMERS)
@pytest.mark.parametrize("hour", [0, 7, 15, 23])
def test_the_samples_can_be_dated_around_any_hour_of_any_day(customer: str, hour: int) -> None:
    sizes = {
        len(samples(customer, datetime(2027, 3, 20, hour, 59, tzinfo=UTC) + timedelta(days=days))) for days in range(14)
    }
    assert min(sizes) > 200


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_the_day_before_differs_in_a_few_records(customer: str) -> None:
    today = {bytes(line) for line in ndjson(samples(customer, NOON)).splitlines()}
    before = {bytes(line) for line in ndjson(samples(customer, NOON, days_ago=1)).splitlines()}
    assert 3 <= len(today - before) <= 20
    assert 1 <= len(before - today) <= 20
