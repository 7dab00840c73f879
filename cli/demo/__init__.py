"""The packaged samples: invented customers, generated from a fixed seed, dated around the moment they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from cli.demo.harbour import harbour
from cli.demo.norvane import norvane
from cli.demo.world import Raw, World
from engine.records.kinds import UPWARD

SEED = 20261121

_WORLDS: Mapping[str, Callable[[datetime, int], World]] = {"norvane": norvane, "harbour": harbour}
CUSTOMERS = tuple(_WORLDS)


def samples(customer: str, as_of: datetime, *, days_ago: int = 0, seed: int = SEED) -> list[Raw]:
    """Everything the customer's source and platform hold at a moment, as they would send it: not all of it is valid.

    `days_ago` gives the same world as it stood that many days earlier, so that two runs have a history.
    KeyError for a customer without samples.
    """
    return _WORLDS[customer](as_of, seed).records(days_ago)


def of_the_platform(raw: Raw) -> bool:
    """Whether a sample comes from the platform rather than from the source."""
    return raw.get("kind") in (*UPWARD, "mark")


def ndjson(raws: list[Raw]) -> bytes:
    """Samples as Muster's own format: one JSON object a line."""
    return b"".join(msgspec.json.encode(raw) + b"\n" for raw in raws)
