"""What could not be read: what of it is needed, and what is told once for all records."""

from __future__ import annotations

from engine.records.decode import Invalid
from engine.records.kinds import Learner
from engine.records.needs import blocking, left_out, nobody_has
from engine.records.unread import Unread, unread

NEEDS = {"learner": frozenset({"status"})}


def learner(number: int, *faults: Unread) -> Learner:
    return Learner(source_id=str(number), unread=faults)


def test_only_what_is_needed_blocks() -> None:
    born, status = unread("not_a_day", "birth_date", value="x"), unread("not_a_choice", "status", value="gone")
    assert blocking(learner(1, born, status), NEEDS) == (status,)
    assert blocking(learner(1, born), NEEDS) == ()
    assert blocking(learner(1, status), {}) == ()


def test_what_is_left_out_is_told_once_for_each_field_and_fault_and_without_its_values() -> None:
    records = [
        *(
            learner(number, unread("not_a_day", "birth_date", value=f"Mina {number}", column="Born"))
            for number in (1, 2)
        ),
        learner(3, unread("not_text", "email", value="3"), unread("not_a_choice", "status", value="gone")),
        Invalid("learner", "4", (unread("not_a_day", "birth_date"),)),
    ]
    assert left_out(records, NEEDS) == [
        unread("not_used", "birth_date", number=2, fault="not_a_day", column="Born"),
        unread("not_used", "email", number=1, fault="not_text"),
    ]


def test_what_none_of_many_has_is_told_once_and_only_of_what_is_asked() -> None:
    asked = {"learner": frozenset({"company", "phone"}), "class": frozenset({"name"})}
    many = [learner(number) for number in range(20)]
    told = [unread("nobody_has", field, kind="learner", number=20) for field in ("company", "phone")]
    assert nobody_has(many, asked) == told
    assert nobody_has(many[1:], asked) == []
    has = [Learner(source_id="20", company="Atelier Ferrand"), learner(21, unread("not_text", "phone"))]
    assert nobody_has([*many, *has], asked) == []
