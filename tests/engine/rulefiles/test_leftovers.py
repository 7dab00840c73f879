"""What a frame said is an error where nobody wrote over it: in checks, and before it answers anybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.rule_folders import CUSTOMER, problems, rulebook

OWN = """\
rules:
  learner.on_trial:
    for: learner
    when: {training: %s}
    then: flag
    fix_in: source
    messages: {fr: {title: %s, problem: "%s", fix: "Rien à faire."}}
    examples:
      - {matches: true, record: {training: %s}}
      - {matches: false, record: {training: other}}
"""


@pytest.mark.parametrize(
    ("training", "title", "problem", "left"),
    [
        ("to be written", "Essai", "Essai.", 2),
        ("trial", "'[Écrire ici ce qu’il en est]'", "Essai.", 1),
        ("trial", "Essai", "{{ effect }} : [écrire ici ce qu’il en est pour {{ name }}].", 1),
        ("trial", "Essai", "{{ effect }}: [Say here what is the matter], at once.", 1),
        ("trial", "Essai", "Names have to be written in full; say here and there who it is.", 0),
        ("trial", "Essai", "Essai.", 0),
    ],
)
def test_each_leftover_of_a_rule_is_told_at_its_place(
    tmp_path: Path, training: str, title: str, problem: str, left: int
) -> None:
    written = OWN % (training, title, problem, training)
    if not left:
        assert rulebook(tmp_path, customer=CUSTOMER + written).rule("learner.on_trial").then == "flag"
        return
    found = problems(tmp_path, customer=CUSTOMER + written)
    assert [one.code for one in found] == ["left-of-frame"] * left
    assert all(one.severity == "error" and one.place.line > 5 for one in found)


def test_a_customer_that_was_only_framed_is_not_in_force(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, customer=CUSTOMER.replace("Campus Norvane", "to be written"))

    assert (found.code, found.place.line) == ("left-of-frame", 1)
