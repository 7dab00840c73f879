"""Every language has words for everything that rules can name."""

from __future__ import annotations

import re

import pytest

from engine.language.languages import languages
from engine.language.wording import Noun, wording
from engine.model.rulebook import REACTIONS
from engine.records.fields import fields_for_rules
from engine.records.kinds import KINDS
from engine.relations.definitions import RELATIONS

EVERY = languages().names


@pytest.mark.parametrize("language", EVERY)
def test_every_field_has_a_label(language: str) -> None:
    words = wording(language)
    names = {field.name for kind in KINDS for field in fields_for_rules(kind, of_related=True).values()}
    assert sorted(names - set(words.fields)) == []


@pytest.mark.parametrize("language", EVERY)
def test_every_relation_and_every_kind_has_a_noun(language: str) -> None:
    words = wording(language)
    assert sorted(set(KINDS) - set(words.kinds)) == []
    without = [
        f"{kind}.{name}"
        for kind in KINDS
        for name in RELATIONS[kind]
        if f"{kind}.{name}" not in words.relations and name not in words.relations
    ]
    assert without == []


@pytest.mark.parametrize("language", EVERY)
def test_every_choice_and_every_yes_or_no_field_has_words(language: str) -> None:
    words = wording(language)
    fields = [field for kind in KINDS for field in fields_for_rules(kind, of_related=True).values()]
    assert sorted({choice for field in fields for choice in field.choices} - set(words.values)) == []
    assert sorted({field.name for field in fields if field.type == "boolean"} - set(words.booleans)) == []


@pytest.mark.parametrize("language", EVERY)
def test_every_reaction_has_a_template(language: str) -> None:
    words = wording(language)
    assert [then for then in REACTIONS if then not in words.rules or f"{then}_always" not in words.rules] == []


@pytest.mark.parametrize("language", EVERY)
def test_every_tag_agrees_in_one_and_in_several(language: str) -> None:
    words = wording(language)
    nouns: list[Noun] = [*words.kinds.values(), *words.relations.values()]
    labels = [words.field("record", name) for name in words.fields]
    tags = {noun.tag for noun in nouns} | {f"{noun.tag}p" for noun in nouns} | {label.tag for label in labels}
    assert sorted(tags - set(words.agreement)) == []
    endings = {frozenset(line) for line in words.agreement.values()}
    assert len(endings) == 1


@pytest.mark.parametrize("language", EVERY)
def test_every_template_is_filled_without_a_missing_name(language: str) -> None:
    words = wording(language)
    agreeing = set(next(iter(words.agreement.values())))
    known = agreeing | {"field", "any", "all"}
    for group in (words.tests, words.sets, words.times, words.ahead, words.ago):
        for name, pair in group.items():
            for template in pair:
                assert set(re.findall(r"{(\w+)}", template)) <= known, name


def test_an_unknown_language_is_answered_in_english_and_an_unknown_field_in_its_own_words() -> None:
    assert wording("tlh") is wording("en")
    assert wording("en").field("learner", "shoe_size").text == "shoe size"
