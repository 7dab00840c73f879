"""What looks for what breaks: it finds each manner of breaking, makes it small, and repeats it."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.hostile.__main__ import Count, Found, input_of, spoiled, told
from tests.hostile.mutators import mutated
from tests.hostile.shrinking import smallest
from tests.hostile.trier import Failure, Trier
from tests.hostile.way import names

PLANTED = "_planted"


@pytest.fixture(scope="module")
def planted() -> Iterator[Trier]:
    with Trier(PLANTED, longest=2) as trier:
        yield trier


@pytest.mark.parametrize("name", names())
def test_every_way_takes_what_is_not_spoiled(name: str) -> None:
    with Trier(name, longest=60) as trier:
        assert trier.samples
        tried = {each.about: trier.tried(each.about, each.pieces) for each in trier.samples[:6]}
        assert tried == dict.fromkeys(tried)


def test_a_way_that_is_there_is_tried() -> None:
    assert set(names()) == {"answers", "classify", "files", "messages", "pushed", "rule_files", "wire"}


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        (b"well", None),
        (b"crash", Failure("crash", "as planted")),
        (b"hang", Failure("hang", "longer than 2 s")),
        (b"die", Failure("death", "exit status 7")),
        (b"grow", Failure("memory", "more than 200 MiB and its own size for one input")),
        (b"well again", None),
    ],
)
def test_each_manner_of_breaking_is_told_and_the_next_input_is_tried(
    planted: Trier, text: bytes, failure: Failure | None
) -> None:
    assert planted.tried("well", {"a.txt": text}) == failure


def test_what_breaks_is_counted_and_made_small_and_comes_again(planted: Trier) -> None:
    number = next(at for at in range(500) if b"\xe9" in b"".join(input_of(planted, PLANTED, 1, at)[1].values()))
    count = spoiled(PLANTED, 1, lambda: 0.0, number)
    assert (count.inputs, count.of("crash"), count.of("hang")) == (1, 1, 0)
    (found,) = count.found.values()
    assert dict(found.smallest) in ({"a.txt": b"\xe9"}, {"b.txt": b"\xe9"})
    assert f"--seed 1 --again {PLANTED}:{number}" in told([count], 1)


def test_a_seed_gives_the_same_inputs_and_another_seed_others(planted: Trier) -> None:
    def drawn(seed: int) -> list[object]:
        return [input_of(planted, PLANTED, seed, number) for number in range(20)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    pieces = {"a.json": b'{"a": [1, 2]}', "b.csv": b"a,b\n1,2", "c.xml": b"<a b='c'>d</a>", "d.ndjson": b'{"a": 1}\n{}'}
    assert all(mutated(pieces, random.Random(number)).keys() == pieces.keys() for number in range(400))  # noqa: S311


def test_no_more_is_left_than_breaks_it() -> None:
    pieces = {"a": b"xxxx(yyyy)zz", "b": b"nothing of it"}
    assert smallest(pieces, lambda fewer: b"(" in fewer.get("a", b"") and b")" in fewer["a"], 10) == {"a": b"()"}


def test_growth_that_goes_on_is_a_failure() -> None:
    grown = Count("planted", inputs=900, grown=300 * 1024)
    assert grown.leaks
    assert "memory grew by 300 MiB over 900 inputs" in told([grown], 1)
    assert Count("planted", found={Failure("hang", "x"): Found(1, "a", {}, 3)}).of("hang") == 3
