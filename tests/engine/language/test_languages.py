"""A language is offered once it has words for all that English has words for, and not before."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from api.answers.page_words import Words
from cli.scaffold.language import add_language
from engine.language.languages import Languages, languages
from engine.language.renderer import Messages
from engine.language.wholeness import FALLBACK, UNTRANSLATED
from engine.language.wording import wording
from engine.model.package_files import TEMPLATES

PARTS = sorted(path.stem for path in (TEMPLATES / FALLBACK).glob("*.yaml"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """English, and a language begun from it."""
    shutil.copytree(TEMPLATES / FALLBACK, tmp_path / FALLBACK)
    add_language(tmp_path, "de")
    return tmp_path


def translate(folder: Path) -> None:
    """As a translator would, but for the words: every mark goes, and every sentence begins otherwise."""
    for path in (folder / "de").glob("*.yaml"):
        written = path.read_text("utf-8").replace(f"{UNTRANSLATED} >-\n", ">-\n")
        written = re.sub(rf'{UNTRANSLATED} "', '"', written)
        path.write_text(written.replace(f"{UNTRANSLATED} ", ""), "utf-8")


def lacks(folder: Path, language: str = "de") -> list[tuple[str, int, str]]:
    """File, line and code of everything that keeps the language from being whole."""
    found = Languages(folder).lacks[language]
    return [(each.place.path.rpartition("/")[2], each.place.line, each.code) for each in found]


def edit(path: Path, old: str, new: str) -> int:
    """Replace a text that stands there once; gives its line."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")
    return text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize("language", languages().lacks)
def test_every_language_that_was_begun_is_whole(language: str) -> None:
    assert languages().lacks[language] == ()
    assert language in languages().names


def test_a_language_just_begun_lacks_every_text_and_is_not_offered(folder: Path) -> None:
    found = lacks(folder)
    marks = sum(path.read_text("utf-8").count(f"{UNTRANSLATED} ") for path in (folder / "de").glob("*.yaml"))
    assert {code for _, _, code in found} == {"untranslated"}
    assert len(found) == marks > 1000
    assert Languages(folder).names == (FALLBACK,)
    assert Languages(folder).spoken("de") == FALLBACK
    (warning,) = Languages(folder).unfinished()
    assert (warning.code, warning.severity) == ("unfinished-language", "warning")


def test_a_translated_language_is_whole_and_spoken_everywhere(folder: Path) -> None:
    translate(folder)
    edit(folder / "de" / "pages.yaml", "Skip to the content", "Zum Inhalt")
    edit(folder / "de" / "sentences.yaml", "one: learner,", "one: Lernende,")
    assert lacks(folder) == []
    known = Languages(folder)
    assert known.names == ("de", FALLBACK)
    assert known.unfinished() == []
    assert Words(known).say("de", "frame.to_content") == "Zum Inhalt"
    assert wording("de", known).name == "Deutsch"
    assert wording("de", known).kind("learner").one == "Lernende"
    assert Messages(known).language("de").phrases.locale == "de"


@pytest.mark.parametrize("part", PARTS)
def test_a_key_that_is_missing_is_told_in_its_file_and_takes_the_language_away(folder: Path, part: str) -> None:
    translate(folder)
    path = folder / "de" / f"{part}.yaml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if re.match(r"  [a-z_]+: [^{>]*$", line))
    heading = max(number for number in range(at) if re.match(r"[\w.]+:$", lines[number]))
    path.write_text("".join(lines[:at] + lines[at + 1 :]), "utf-8")
    assert lacks(folder) == [(path.name, heading + 1, "missing-words")]
    assert Languages(folder).names == (FALLBACK,)


def test_whatever_else_is_wrong_with_a_language_is_told_at_its_line(folder: Path) -> None:
    translate(folder)
    pages, sentences, messages = (folder / "de" / f"{part}.yaml" for part in ("pages", "sentences", "messages"))
    wanted = [
        (pages.name, edit(pages, "  crumbs: Back\n", "  crumbs: Back {away}\n"), "wrong-gap"),
        (pages.name, edit(pages, "  sign_out: Sign out\n", '  sign_out: ""\n'), "empty"),
        (pages.name, edit(pages, "  navigation: Pages of", "  navigation: !en Pages of"), "untranslated"),
        (sentences.name, edit(sentences, "one: learner,", "tag: f, one: learner,"), "missing-words"),
        (sentences.name, edit(sentences, 'group: "({clause})"', "group: ()"), "wrong-gap"),
        (messages.name, edit(messages, "\nrecord.role_unknown:\n", "\nrecord.role_unheard:\n") + 1, "left-over-words"),
        (messages.name, edit(messages, "  clock: HH:mm\n", "  clock: [HH, mm]\n"), "wrong-shape"),
    ]
    found = lacks(folder)
    assert set(wanted) <= set(found)
    # The noun lacks its line for one and for several, and the rule that was misspelt its message.
    assert len(found) == len(wanted) + 2
    (folder / "de" / "guards.yaml").write_text("effect: [", "utf-8")
    shutil.copy(sentences, folder / "de" / "sentence.yaml")
    assert {("guards.yaml", 2, "bad-yaml"), ("sentence.yaml", 4, "left-over-words")} <= set(lacks(folder))
    for endless in ("effect: &a [*a]", f"effect: {'[' * 900}{']' * 900}"):
        (folder / "de" / "guards.yaml").write_text(f"# words\n{endless}", "utf-8")
        assert ("guards.yaml", 2, "bad-yaml") in lacks(folder)
    (folder / "de" / "guards.yaml").unlink()
    assert ("guards.yaml", 1, "missing-words") in lacks(folder)


def test_things_are_counted_in_the_languages_own_forms(folder: Path) -> None:
    add_language(folder, "pl")
    assert {code for _, _, code in lacks(folder, "pl")} == {"untranslated"}
    path = folder / "pl" / "pages.yaml"
    line = edit(path, "  total_waiting:\n    one:", "  total_waiting:\n    # one:")
    assert ("pages.yaml", line, "missing-words") in lacks(folder, "pl")


def test_what_a_connectors_layer_says_otherwise_is_said_in_a_later_language_too(folder: Path) -> None:
    translate(folder)
    path = folder / "de" / "messages.yaml"
    assert "\nwonde/session.name_missing:\n" in path.read_text("utf-8")
    edit(path, "\nwonde/session.name_missing:\n", "\nwonde/session.unheard:\n")
    assert [code for _, _, code in lacks(folder)] == ["missing-words", "left-over-words"]


def test_a_folder_that_is_named_by_no_languages_code_is_told(folder: Path) -> None:
    (folder / "de").rename(folder / "deutsch")
    assert lacks(folder, "deutsch") == [("messages.yaml", 1, "unknown-language")]


def test_without_english_there_are_no_words(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="every language begins from"):
        Languages(tmp_path)
