"""Harbour College: an invented English-speaking secondary school, through Wonde to Education Perfect."""

from __future__ import annotations

from datetime import datetime

from cli.demo.world import Raw, World

_FORMS = ("7A", "8H", "9X", "10K", "11T")
_SUBJECTS = (("En", "English"), ("Ma", "Mathematics"), ("Sc", "Science"), ("Mi", "Te Reo Māori"))


def harbour(as_of: datetime, seed: int) -> World:
    """The whole customer around one moment: source and platform."""
    world = World("harbour", as_of, zone_name="Europe/London", language="en", domain="harbour.example.org", seed=seed)
    learners = _learners(world)
    instructors = _instructors(world)
    classes = _classes(world)
    _enrolments(world, learners, instructors, classes)
    _learner_troubles(world, learners)
    _instructor_troubles(world, instructors)
    _class_troubles(world, classes)
    _enrolment_troubles(world, learners, classes)
    _unknown_roles(world)
    _accounts(world, learners, instructors)
    _registers(world, classes, instructors)
    world.add_raw({"kind": "enrolment", "source_id": "E-bad", "class_id": "C-9X-En", "role": "prefect"})
    return world


def _upi(world: World) -> str:
    return f"{world.rng.getrandbits(48):012x}"


def _learners(world: World) -> list[Raw]:
    return [
        world.add(
            "learner",
            _upi(world),
            mis_id=str(4400 + place * 100 + number),
            **world.person("pupils.harbour.example.org"),
            phone=f"07700 900{place * 16 + number:03d}",
            training=f"Year {form[:-1]}",
            groups=[f"F-{form}"],
            segment_keys={"site_code": ["main"]},
            modified_at=world.at(-12, "18:02"),
        )
        for place, form in enumerate(_FORMS)
        for number in range(16)
    ]


def _instructors(world: World) -> list[Raw]:
    return [
        world.add(
            "instructor",
            _upi(world),
            mis_id=f"T{number + 1:03d}",
            **world.person(),
            phone=f"01632 960{number:03d}",
            teaching=True,
            modified_at=world.at(-40, "08:15"),
        )
        for number in range(24)
    ]


def _classes(world: World) -> list[Raw]:
    return [
        world.add(
            "class",
            f"C-{form}-{code}",
            mis_id=f"{form}/{code}1",
            name=f"{form}/{code}1",
            code=f"{form}/{code}1",
            subject=subject,
            segment_keys={"site_code": ["main"]},
            starts_on=world.day(-70),
            ends_on=world.day(210),
            status="active",
        )
        for form in _FORMS
        for code, subject in _SUBJECTS
    ]


def _enrol(world: World, person: Raw, class_id: str, role: str) -> Raw:
    return world.add(
        "enrolment",
        f"{class_id}:{person['source_id']}",
        class_id=class_id,
        person_id=person["source_id"],
        role=role,
        begins_on=world.day(-70),
        ends_on=world.day(210),
        status="active",
    )


def _enrolments(world: World, learners: list[Raw], instructors: list[Raw], classes: list[Raw]) -> None:
    for learner in learners:
        for code, _ in _SUBJECTS:
            _enrol(world, learner, f"C-{learner['groups'][0].removeprefix('F-')}-{code}", "learner")
    # The last class stays without a teacher; see the troubles of classes.
    for number, taught in enumerate(classes[:-1]):
        _enrol(world, instructors[number % len(instructors)], taught["source_id"], "instructor")


def _learner_troubles(world: World, learners: list[Raw]) -> None:
    """One learner, or a pair, for each learner rule that this customer can meet."""
    (
        no_email,
        no_email_today,
        mended,
        personal,
        also_personal,
        twin,
        other_twin,
        left,
        bad_phone,
        away,
    ) = learners[4 : 4 + 10 * 6 : 6]
    del no_email["email"]
    world.earlier(no_email_today, 1, email=no_email_today.pop("email"))
    world.earlier(mended, 1, email=None)
    for learner in (personal, also_personal):
        learner["email"] = learner["email"].replace("pupils.harbour.", "family.")
    other_twin["last_name"] = twin["last_name"]
    twin["email"] = other_twin["email"]
    left["status"] = "left"
    bad_phone["phone"] = "see mother"
    away["segment_keys"] = {"site_code": ["annexe"]}


def _instructor_troubles(world: World, instructors: list[Raw]) -> None:
    instructors[17]["email"] = instructors[17]["email"].replace("harbour.", "staffroom.")
    instructors[18]["email"] = instructors[19]["email"]
    world.earlier(instructors[19], 1, email=None)


def _class_troubles(world: World, classes: list[Raw]) -> None:
    nameless, ended, away = classes[5], classes[10], classes[15]
    del nameless["name"]
    ended["ends_on"] = world.day(-4)
    ended["status"] = "ended"
    away["segment_keys"] = {"site_code": ["annexe"]}
    world.add(
        "class",
        "C-9X-TG",
        mis_id="9X/TG",
        name="Tutor group 9X",
        code="9X/TG",
        segment_keys={"site_code": ["main"]},
        starts_on=world.day(-70),
        ends_on=world.day(210),
        status="active",
    )


def _enrolment_troubles(world: World, learners: list[Raw], classes: list[Raw]) -> None:
    stranger = {"source_id": "0000deadbeef"}
    _enrol(world, stranger, classes[0]["source_id"], "learner")
    _enrol(world, learners[7], "C-12Z-La", "learner")
    finished = _enrol(world, learners[8], classes[17]["source_id"], "learner")
    finished |= {"ends_on": world.day(-9), "status": "ended"}
    _enrol(world, {"source_id": "a1de00000001"}, classes[2]["source_id"], "other")
    moved = _enrol(world, learners[9], classes[9]["source_id"], "learner")
    world.gone(moved)


def _unknown_roles(world: World) -> None:
    for number, role in enumerate(("Bursar", None, "Visitor")):
        world.add("person", _upi(world), mis_id=f"U{number + 1:03d}", **world.person(), role=role)


def _accounts(world: World, learners: list[Raw], instructors: list[Raw]) -> None:
    """Accounts on the platform; the learners of the youngest year are still to get theirs."""
    number = 0
    newcomers = learners[:16]
    ambiguous, taken, mismatched = newcomers[1], newcomers[6], newcomers[11]
    for person in (*learners[16:], *instructors):
        if person in (instructors[20], instructors[21], instructors[22]) or not person.get("email"):
            continue
        number += 1
        _account(world, number, person, person["kind"], source_kind=person["kind"], source_ref=person["source_id"])
    wrong_login = {"username": taken["email"], "email": "old.office@harbour.example.org"}
    for person, role, fields in (
        (ambiguous, "learner", {"created_by": "user"}),
        (
            ambiguous,
            "learner",
            {"created_by": "administrator", "username": "second.login@harbour.example.org"},
        ),
        (taken, "learner", wrong_login | {"first_name": "Office", "last_name": "Desk"}),
        (mismatched, "instructor", {"created_by": "administrator"}),
        (instructors[20], "learner", {"created_by": "user"}),
        (instructors[21], "instructor", {"created_by": "user"}),
        (instructors[21], "instructor", {"created_by": "owner", "username": "staff.two@harbour.example.org"}),
        (
            instructors[22],
            "other",
            {"username": instructors[22]["email"], "email": "front.office@harbour.example.org"},
        ),
    ):
        number += 1
        _account(world, number, person, role, **{"created_by": "user", **fields})


def _account(world: World, number: int, person: Raw, role: str, **fields: str) -> None:
    usual = {
        "role": role,
        "email": person["email"],
        "username": person["email"],
        "first_name": person.get("first_name"),
        "last_name": person.get("last_name"),
        "created_by": "api",
        "archived": False,
    }
    world.add("account", f"ep-{number:05d}", **usual | fields)


def _registers(world: World, classes: list[Raw], instructors: list[Raw]) -> None:
    """Registers that two teachers took on the platform all the same: this school sends none back."""
    for number, (taught, instructor) in enumerate(zip(classes[:2], instructors, strict=False), start=1):
        world.add(
            "sheet",
            f"ep-reg-{number}",
            source_ref=taught["source_id"],
            name=taught["name"],
            starts_at=world.at(-1, "10:05"),
            ends_at=world.at(-1, "11:00"),
            created_by="instructor",
            instructor_refs=[instructor["source_id"]],
            archived=True,
            first_archived_at=world.hours_ago(30),
            archived_at=world.hours_ago(30),
            times_archived=1,
        )
