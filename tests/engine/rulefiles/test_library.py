"""Loading a rules folder, and the library that keeps up with it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model.package_files import RULES
from engine.model.problems import Problem, RuleFileError
from engine.model.rulebook import FINDINGS
from engine.rulefiles import report
from engine.rulefiles.library import Library, customers, load, load_base
from engine.rulefiles.loader import Loader
from tests.draws import times
from tests.engine.rule_folders import BASE, CATALOGUE, CUSTOMER, FOLDER, SETTINGS, rulebook, write

SECOND = CUSTOMER.replace("MUSTER_NORVANE", "MUSTER_QUAY").replace("Campus Norvane", "Quay School")


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_customers_are_the_files_of_their_folder(tmp_path: Path) -> None:
    files = {"b.yaml": "", "a-1.yaml": "", "B.yaml": "", ".c.yaml": "", "d.yml": "", "base.yaml": "", "e.yaml~": ""}
    write(tmp_path, {f"customers/{name}": text for name, text in files.items()})
    assert customers(tmp_path) == ["a-1", "b"]
    assert customers(tmp_path / "nothing") == []


def test_the_base_alone_is_a_rulebook_without_systems(tmp_path: Path) -> None:
    book = load_base(write(tmp_path), CATALOGUE)
    assert (book.customer.id, book.customer.source, book.customer.platform) == ("base", None, None)
    assert book.settings["window_days"].value == 14


def test_a_folder_of_customers_alone_stands_on_the_packaged_rules(tmp_path: Path) -> None:
    book = load(write(tmp_path, {"customers/norvane.yaml": CUSTOMER}), "norvane", CATALOGUE)
    packaged = load_base(RULES, CATALOGUE)
    assert [rule.id for rule in book.rules] == [rule.id for rule in packaged.rules]


def test_a_base_without_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    with pytest.raises(RuleFileError) as told:
        load_base(tmp_path, CATALOGUE)
    assert [problem.code for problem in told.value.problems] == ["no-rules"]


@pytest.mark.parametrize("name", ["norvan", "../norvane", "", "\0", "a" * 300, "norvane.yaml", "BASE"])
def test_an_unknown_customer_is_a_problem_like_any(tmp_path: Path, name: str) -> None:
    with pytest.raises(RuleFileError) as told:
        load(write(tmp_path), name, CATALOGUE)
    (problem,) = told.value.problems
    assert problem.code == "unknown-customer"
    assert problem.hint.startswith(("did you mean norvane?", "there are norvane"))


def test_a_file_that_cannot_be_opened_is_a_problem_like_any(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "base" / "gone.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "customers" / "quay.yaml").mkdir()
    for name in ("norvane", "quay"):
        with pytest.raises(RuleFileError) as told:
            load(tmp_path, name, CATALOGUE)
        assert "unreadable-file" in [problem.code for problem in told.value.problems]


def test_places_are_told_from_the_parent_of_the_rules_folder(tmp_path: Path) -> None:
    folder = write(tmp_path / "rules", {**FOLDER, "customers/norvane.yaml": "name: x\n", "base/session.yaml": "a: 1\n"})
    with pytest.raises(RuleFileError) as told:
        load(folder, "norvane", CATALOGUE)
    assert [problem.place.path for problem in told.value.problems] == [
        "rules/base/session.yaml",
        "rules/customers/norvane.yaml",
        "rules/customers/norvane.yaml",
    ]


def test_findings_that_no_file_mentions_are_there_all_the_same(tmp_path: Path) -> None:
    mentioned = "rules: {record.invalid: {then: flag, fix_in: source}}\n"
    book = load_base(write(tmp_path, {**FOLDER, "base/record.yaml": mentioned}), CATALOGUE)
    assert [(rule.id, rule.then, rule.fix_in) for rule in book.rules[: len(FINDINGS)]] == [
        ("record.invalid", "flag", "source"),
        ("record.id_conflict", "flag", "support"),
        ("record.role_unknown", "flag", "support"),
        ("record.waits", "flag", "support"),
        ("record.never_received", "flag", "support"),
        ("record.unexpected_error", "flag", "support"),
        ("record.did_not_arrive", "flag", "support"),
        ("record.refused", "flag", "support"),
    ]


# The library.


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def library(tmp_path: Path, hands: Hands) -> Library:
    write(tmp_path, {**FOLDER, "customers/quay.yaml": SECOND})
    return Library(tmp_path, CATALOGUE, clock=hands)


def save(path: Path, text: str) -> None:
    path.write_text(text)
    later = path.stat().st_mtime_ns + 1_000_000
    os.utime(path, ns=(later, later))


def test_a_changed_file_is_in_force_without_a_restart(library: Library, hands: Hands, tmp_path: Path) -> None:
    before = library.rulebook("norvane")
    save(tmp_path / "customers/norvane.yaml", CUSTOMER + "settings: {window_days: 3}\n")
    assert library.rulebook("norvane") is before  # not looked at again within a second
    hands.now += 1
    assert library.rulebook("norvane").settings["window_days"].value == 3
    assert library.problems("norvane") == ()


def test_files_that_did_not_change_are_not_read_again(library: Library, hands: Hands) -> None:
    before = library.rulebook("norvane")
    hands.now += 5
    assert library.rulebook("norvane") is before


def test_a_broken_file_leaves_the_last_good_rulebook_in_force(library: Library, hands: Hands, tmp_path: Path) -> None:
    good, other = library.rulebook("norvane"), library.rulebook("quay")
    save(tmp_path / "customers/norvane.yaml", CUSTOMER + "rules: {session.no_instructor: {then: flagg}}\n")
    hands.now += 1
    assert library.rulebook("norvane") is good
    assert [problem.code for problem in library.problems("norvane")] == ["unknown-word"]
    assert library.rulebook("quay") is other
    assert library.problems("quay") == ()
    assert list(library.broken()) == ["norvane"]
    save(tmp_path / "customers/norvane.yaml", CUSTOMER)
    hands.now += 1
    assert library.rulebook("norvane").version == good.version
    assert library.broken() == {}


@pytest.mark.parametrize("name", ["base/session.yaml", "connectors/harbour.yaml"])
def test_a_broken_layer_leaves_everybodys_last_good_rulebook(
    library: Library, hands: Hands, tmp_path: Path, name: str
) -> None:
    good = library.rulebook("norvane"), library.rulebook("quay")
    save(tmp_path / name, "rules: [")
    hands.now += 1
    assert (library.rulebook("norvane"), library.rulebook("quay")) == good
    assert list(library.broken()) == ["norvane", "quay"]


def test_a_customer_that_was_never_good_raises_its_problems(library: Library, hands: Hands, tmp_path: Path) -> None:
    save(tmp_path / "customers/new.yaml", "name: New\n")
    hands.now += 1
    assert library.customers() == ("new", "norvane", "quay")
    with pytest.raises(RuleFileError):
        library.rulebook("new")
    assert library.rulebook("norvane")


def test_a_mistake_in_one_customers_file_is_told_for_every_customer_and_every_time(
    library: Library, hands: Hands, tmp_path: Path
) -> None:
    misspelt = "settings: {window_dyas: 3}\n"
    texts = {"norvane": CUSTOMER + misspelt, "quay": SECOND + misspelt}
    for again in range(3):
        hands.now += 10
        for name, text in texts.items():
            save(tmp_path / "customers" / f"{name}.yaml", text + f"# edit {again}\n")
            with pytest.raises(RuleFileError) as caught:
                library.rulebook(name)
            assert [problem.code for problem in caught.value.problems] == ["unknown-setting"]


def test_what_layers_hand_on_cannot_be_changed(tmp_path: Path) -> None:
    broken = SETTINGS + "  lookback: {type: integr, default: 7, description: Days back.}\n"
    loader = Loader(write(tmp_path, {**FOLDER, "base/settings.yaml": broken}), CATALOGUE)
    for laid in loader.laid():
        assert isinstance(laid.broken_settings, frozenset)
        assert isinstance(laid.broken_rules, frozenset)
        for shared in (laid.rules, laid.settings):
            with pytest.raises(TypeError):
                shared["another"] = None  # type: ignore[index]


def test_customers_come_and_go_with_their_files(library: Library, hands: Hands, tmp_path: Path) -> None:
    assert library.customers() == ("norvane", "quay")
    (tmp_path / "customers/quay.yaml").unlink()
    hands.now += 1
    assert library.customers() == ("norvane",)
    for ask in (library.rulebook, library.problems):
        with pytest.raises(KeyError):
            ask("quay")


def test_the_base_rules_alone_are_in_the_library(library: Library) -> None:
    assert library.rulebook("base").customer.id == "base"
    assert "base" not in library.customers()


def test_the_library_answers_several_threads(library: Library, hands: Hands, tmp_path: Path) -> None:
    def ask(number: int) -> str:
        if number % 10 == 0:
            save(tmp_path / "customers/norvane.yaml", CUSTOMER + f"settings: {{window_days: {number}}}\n")
        hands.now += 1
        return library.rulebook("norvane" if number % 2 else "quay").customer.id

    library.rulebook("norvane")  # a file caught half written leaves the last good rules, which there must be
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(200))) == {"norvane", "quay"}


# Law 5: loading never raises anything but the located problems of the file.


_WRITTEN = """
rules settings session.no_instructor record.invalid learner.x for when then fix_in messages examples matches record
related any all not unless some no every count where is in not_in after before on at_least starts_at instructor_ids
families segments segment_keys email status own_accounts sheets flag skip off missing now today $window_days
$this.name true false null ~ 12 1.5 [] {} 2026-12-20 texts integer type default description name language zone
source platform connector harbour slate schedule Europe/Paris fr en
"""
_WORDS = st.sampled_from(_WRITTEN.split())
_TREES = st.recursive(
    _WORDS | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS, inner, max_size=5),
    max_leaves=25,
)


def _mutated(text: str) -> st.SearchStrategy[str]:
    """The text with a few of its pieces taken out, doubled or replaced."""
    lines = text.splitlines()
    line = st.integers(0, len(lines) - 1)
    piece = _WORDS | st.text(max_size=8) | st.sampled_from(list("{}[]:,\"'#&*!\t -"))

    def apply(changes: list[tuple[int, int, str, Callable[[str, int, str], str]]]) -> str:
        changed = list(lines)
        for number, column, new, how in changes:
            changed[number] = how(changed[number], column % (len(changed[number]) + 1), new)
        return "\n".join(changed)

    hows = st.sampled_from(
        [
            lambda old, at, new: old[:at] + new + old[at:],
            lambda old, at, new: old[:at] + new,
            lambda old, at, new: old[:at] + old[at + 3 :],
            lambda old, at, new: f"{old}\n{old}",
            lambda old, at, new: old.replace(old.strip().partition(":")[0], new) if old.strip() else new,
        ]
    )
    return st.lists(st.tuples(line, st.integers(0, 200), piece, hows), min_size=1, max_size=4).map(apply)


@settings(max_examples=times(80), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=st.sampled_from(["base", "settings", "connector", "customer"]),
    content=st.one_of(
        st.binary(max_size=200),
        _TREES.map(msgspec.json.encode),
        _mutated(BASE).map(str.encode),
        _mutated(SETTINGS).map(str.encode),
        _mutated(CUSTOMER + BASE).map(str.encode),
    ),
)
def test_whatever_a_file_holds_loading_raises_nothing_but_located_problems(
    tmp_path: Path, name: str, content: bytes
) -> None:
    found: tuple[Problem, ...] = ()
    try:
        assert rulebook(tmp_path, **{name: content}).rules
    except RuleFileError as error:
        found = error.problems
    assert all(problem.place.path.startswith(tmp_path.name) and problem.message for problem in found)
    assert report.as_text(found, report.sources(tmp_path, found)).count("\n\n") == max(0, len(found) - 1)
