"""Invented learners and sessions to measure on, from a seed."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from engine.records.kinds import Instructor, Learner, Session

AS_OF = datetime(2026, 11, 21, 11, tzinfo=UTC)

_FIRST = ["Mina", "Elia", "Jon", "Noe", "Ines", "Sami", "Maud", "Orla"]
_LAST = ["Okparo", "Vasserot", "Talmont", "Ndao", "Brisset", "Quist", "Le Goff", "Ødegård"]
_TRAININGS = ["BTS MCO", "BTS NDRC", "Titre pro", "Bac pro", "Essai BTS", None]
_PHONES = ["01 99 00 00 12", "+33199000012", "see mother", None]


def _mark(index: int) -> str:
    """Letters for a number: a school has few people of one name."""
    return "".join("abcdefghij"[int(digit)] for digit in str(index % 5_000))


def learners(number: int, seed: int) -> list[Learner]:
    """So many learners, most of them without fault."""
    draw = random.Random(seed)
    rare = draw.random

    def one(index: int) -> Learner:
        address = f"l{seed}.{index}@{'example.org' if rare() < 0.9 else 'example.com'}"
        email = None if rare() < 0.05 else "two@a@b" if rare() < 0.03 else address
        return Learner(
            source_id=f"{seed}-{index}",
            first_name=draw.choice(_FIRST),
            last_name=None if rare() < 0.02 else f"{draw.choice(_LAST)} {_mark(index)}",
            email=email,
            secondary_email=None if rare() < 0.8 else address if rare() < 0.5 else f"home{index}@example.org",
            phone=draw.choice(_PHONES),
            birth_date=date(1990, 1, 1) + timedelta(days=draw.randrange(11_000)) if rare() < 0.98 else date(1890, 1, 1),
            training=draw.choice(_TRAININGS),
            company=None if rare() < 0.3 else "Atelier Norvane",
            section=None if rare() < 0.5 else "Formation continue" if rare() < 0.2 else "A1",
            families=("Alternance",) if rare() < 0.5 else (),
            groups=tuple(f"G{number}" for number in range(draw.randrange(5))),
            tutor_name=None if rare() < 0.5 else "Ruth Norvane",
            tutor_email=None if rare() < 0.4 else email if rare() < 0.02 else "ruth@norvane.example.org",
            status="left" if rare() < 0.03 else "active",
            left_on=AS_OF.date() + timedelta(days=draw.randrange(-30, 300)) if rare() < 0.1 else None,
            modified_at=AS_OF - timedelta(hours=draw.randrange(2_000)),
        )

    return [one(index) for index in range(number)]


def timetable(number: int, seed: int) -> list[Learner | Instructor | Session]:
    """So many sessions, each with 2 instructors and 25 learners, and all the people in them."""
    draw = random.Random(seed)
    people = learners(max(50, number // 4), seed)
    staff = [
        Instructor(
            source_id=f"i{index}",
            first_name=draw.choice(_FIRST),
            last_name=draw.choice(_LAST),
            email=None if draw.random() < 0.1 else f"i{index}@example.org",
        )
        for index in range(max(10, number // 20))
    ]
    sessions = []
    for index in range(number):
        start = AS_OF + timedelta(hours=draw.randrange(-24, 24 * 21))
        sessions.append(
            Session(
                source_id=f"s{index}",
                name="Négociation" if draw.random() < 0.98 else None,
                starts_at=start,
                ends_at=start + timedelta(hours=3),
                room="B204" if draw.random() < 0.9 else None,
                status="validated",
                instructor_ids=tuple(person.source_id for person in draw.sample(staff, 2)),
                learner_ids=tuple(person.source_id for person in draw.sample(people, 25)),
                modified_at=AS_OF - timedelta(hours=draw.randrange(500)),
            )
        )
    return [*people, *staff, *sessions]
