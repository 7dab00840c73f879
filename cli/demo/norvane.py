"""Campus Norvane: an invented French apprentice training centre, from Ypareo to Edusign."""

from __future__ import annotations

from datetime import datetime

from cli.demo.names import address
from cli.demo.norvane_contracts import add_contracts
from cli.demo.norvane_sheets import add_sheets
from cli.demo.world import Raw, World

_COMPANIES = (
    "Boulangerie Tréfoin",
    "Atelier Kerdrézec",
    "Garage du Bras Long",
    "Hôtel des Trois Îlots",
    "Menuiserie Lavaudière",
    "Fleurs & Façons",
    "Transports Ødegren",
    "Pharmacie du Lavoir",
    "Conserverie Œuvrelle",
)

_GROUPS = (
    # id, training, family, site, weeks until its first session
    ("501", "BTS MCO 1re année", "BTS", "S-1", 0),
    ("502", "BTS MCO 2e année", "BTS", "S-1", 0),
    ("503", "BTS GPME", "BTS", "S-2", 0),
    ("504", "CAP Boulangerie", "CAP", "S-2", 0),
    ("505", "Bac pro Cuisine", "Bac pro", "S-3", 0),
    ("506", "Bac pro Commerce", "Bac pro", "S-3", 0),
    ("507", "CAP Fleuriste", "CAP", "S-3", 4),
)
_SUBJECTS = (
    "Négociation et relation client",
    "Culture économique",
    "Gestion opérationnelle",
    "Anglais professionnel",
    "Hygiène et sécurité",
    "Mathématiques appliquées",
)
_HALVES = (("08:30", "12:00"), ("13:30", "17:00"))


def norvane(as_of: datetime, seed: int) -> World:
    """The whole customer around one moment: source and platform."""
    world = World("norvane", as_of, zone_name="Europe/Paris", language="fr", domain="norvane.example.org", seed=seed)
    learners = _learners(world)
    instructors = _instructors(world)
    sessions = _sessions(world, instructors)
    add_contracts(world, learners)
    _learner_troubles(world, learners)
    _instructor_troubles(world, instructors)
    _session_troubles(world, sessions, learners)
    _accounts(world, learners, instructors)
    _unreadable(world)
    add_sheets(world, sessions, learners)
    return world


def _learners(world: World) -> list[Raw]:
    found = []
    number = 20881
    for group, training, family, site, _ in _GROUPS:
        for _ in range(14):
            found.append(
                world.add(
                    "learner",
                    str(number),
                    **world.person(),
                    phone=f"01 99 00 {number % 100:02d} {number * 7 % 100:02d}",
                    birth_date=f"{2004 + number % 5}-{1 + number % 12:02d}-{1 + number * 3 % 28:02d}",
                    training=training,
                    company=world.rng.choice(_COMPANIES),
                    families=[family],
                    groups=[group],
                    segment_keys={"site_code": [site]},
                    status="active",
                )
            )
            number += 1
    return found


def _instructors(world: World) -> list[Raw]:
    return [
        world.add(
            "instructor",
            # Ypareo reuses one integer for a learner and an instructor; so does this.
            str(20881 + number),
            **world.person(),
            phone=f"02 61 91 {number:02d} {number * 11 % 100:02d}",
            teaching=True,
            status="active",
        )
        for number in range(26)
    ]


def _sessions(world: World, instructors: list[Raw]) -> list[Raw]:
    """A half-day every working day for each group: a week back, the window, and what lies beyond it."""
    teaching = instructors[:16]
    found = []
    number = 904400
    for place, (group, training, family, site, weeks) in enumerate(_GROUPS):
        days = world.workdays(-6 + weeks * 7, 11 + weeks * 7)
        for turn, day in enumerate(days):
            starts, ends = _HALVES[(place + turn) % 2]
            subject = _SUBJECTS[(place + turn) % len(_SUBJECTS)]
            # Groups that meet on the same half-days have instructors of their own.
            instructor = teaching[place * 2 + turn % 2]
            found.append(
                world.add(
                    "session",
                    str(number),
                    name=f"{training} - {subject}",
                    topic=subject,
                    training=training,
                    families=[family],
                    starts_at=world.at(day, starts),
                    ends_at=world.at(day, ends),
                    room=f"B{201 + place}",
                    status="validated",
                    segment_keys={"site_code": [site]},
                    instructor_ids=[instructor["source_id"]],
                    group_ids=[group],
                    created_at=world.at(-30, "09:00"),
                    modified_at=world.at(-9, "16:20"),
                )
            )
            number += 1
    return found


def _learner_troubles(world: World, learners: list[Raw]) -> None:
    """One learner, or a pair, for each learner rule that this customer can meet."""
    (
        no_email,
        also_no_email,
        malformed,
        outside,
        nameless,
        two_sites,
        other_site,
        twice,
        gone,
        leaving,
        suspended,
        no_company,
        bad_phone,
        filtered,
        no_email_today,
        mended,
    ) = learners[3 : 3 + 16 * 5 : 5]
    del no_email["email"], also_no_email["email"]
    world.earlier(also_no_email, 1, email="")
    malformed["email"] = f"{malformed['email']} ; {nameless['email']}"
    outside["email"] = outside["email"].replace("norvane.example.org", "courriel.example.org")
    del nameless["first_name"]
    two_sites["segment_keys"] = {"site_code": ["S-1", "S-3"]}
    other_site["segment_keys"] = {"site_code": ["S-9"]}
    again = {name: value for name, value in twice.items() if name not in ("kind", "source_id", "email")}
    world.add("learner", "21990", **again, email=world.person()["email"])
    gone["status"] = "left"
    leaving["left_on"] = world.day(-3)
    suspended["status"] = "suspended"
    del no_company["company"]
    bad_phone["phone"] = "voir la mère"
    filtered["families"] = ["Formation continue"]
    world.earlier(no_email_today, 1, email=no_email_today.pop("email"))
    world.earlier(mended, 1, email=None)


def _instructor_troubles(world: World, instructors: list[Raw]) -> None:
    """The instructors after the sixteen who teach: most are between two sessions, some have something wrong."""
    no_email, malformed, nameless, twice, bad_phone, gone, elsewhere = instructors[16:23]
    instructors[25]["teaching"] = False
    del no_email["email"]
    malformed["email"] = "prenom.nom@@norvane.example.org"
    del nameless["first_name"]
    world.add("instructor", "21991", **{**_without_id(twice), "email": twice["email"]})
    bad_phone["phone"] = "poste 12"
    gone["status"] = "left"
    elsewhere["segment_keys"] = {"site_code": ["S-9"]}
    for number, instructor in enumerate((no_email, malformed, nameless, twice, bad_phone, gone, elsewhere)):
        site = "S-9" if instructor is elsewhere else "S-1"
        world.add(
            "session",
            str(904900 + number),
            name="Atelier de remédiation",
            topic=_SUBJECTS[number % len(_SUBJECTS)],
            training=_GROUPS[0][1],
            families=["BTS"],
            starts_at=world.at(2 + number % 3, f"{17 + number // 3}:30"),
            ends_at=world.at(2 + number % 3, f"{18 + number // 3}:15"),
            room="B101",
            status="validated",
            segment_keys={"site_code": [site]},
            instructor_ids=[instructor["source_id"]],
            group_ids=["501"],
            created_at=world.at(-20, "10:00"),
            modified_at=world.at(-20, "10:00"),
        )


def _without_id(person: Raw) -> Raw:
    return {name: value for name, value in person.items() if name not in ("kind", "source_id")}


def _session_troubles(world: World, sessions: list[Raw], learners: list[Raw]) -> None:
    """One session, or a pair, for each session rule."""
    ahead = [session for session in sessions if world.at(1, "00:00") < session["starts_at"] < world.at(8, "00:00")]
    (
        orphan,
        orphan_today,
        nameless,
        backwards,
        two_sites,
        other_site,
        copied,
        cancelled,
        pending,
        filtered,
        present_only,
        no_learners,
        no_room,
        changed,
    ) = ahead[:14]
    del orphan["instructor_ids"]
    world.earlier(orphan_today, 1, instructor_ids=orphan_today.pop("instructor_ids"))
    nameless["name"] = " "
    backwards["starts_at"], backwards["ends_at"] = backwards["ends_at"], backwards["starts_at"]
    two_sites["segment_keys"] = {"site_code": ["S-2", "S-3"]}
    other_site["segment_keys"] = {"site_code": ["S-9"]}
    world.add("session", "904990", **_without_id(copied))
    cancelled["status"] = "cancelled"
    pending["status"] = "pending"
    filtered["families"] = ["Formation continue"]
    present_only["remote"] = False
    del no_learners["group_ids"]
    del no_room["room"]
    # Edited while the run was at work: after its start, before it was read.
    world.earlier(changed, 1, modified_at=changed["modified_at"])
    changed["modified_at"] = world.hours_ago(-20 / 3600)

    # A lesson for one learner alone, who has no address.
    alone = next(learner for learner in learners if not learner.get("email"))
    lesson = {name: value for name, value in _without_id(ahead[16]).items() if name != "group_ids"}
    own = {"name": "Soutien individuel", "room": "B301", "learner_ids": [alone["source_id"]]}
    world.add("session", "904985", **lesson | own)

    # One who came late, and whose only lesson nobody is there to teach.
    late = {"first_name": "Nour", "last_name": "Delaunay", "email": "nour.delaunay@norvane.example.org"}
    world.add("learner", "21995", **late, company=_COMPANIES[0], segment_keys=lesson["segment_keys"], families=["BTS"])
    untaught = {name: value for name, value in lesson.items() if name != "instructor_ids"}
    world.add("session", "904986", **untaught | own | {"name": "Remise à niveau", "learner_ids": ["21995"]})

    world.add("session", "904980", **_without_id(copied) | {"name": "Jury BTS MCO", "room": "Salle du conseil"})

    starts, ends = world.around_now()
    replaced = _without_id(sessions[0]) | {"starts_at": starts, "ends_at": ends, "name": "Séance en cours"}
    world.add("session", "904991", **replaced | {"instructor_ids": [sessions[1]["instructor_ids"][0]]})


def _edited_by_hand(world: World, accounts: list[Raw]) -> None:
    """Accounts that are not what the connector made, or not of whom it made them."""
    by_hand, alike, former, reused, renamed, original = accounts
    for account in (by_hand, alike):
        account["created_by"] = "administrator"
        del account["source_kind"], account["source_ref"]
    for account in (by_hand, renamed):
        account["last_name"] = f"{account['last_name']}-Roy"
    former["source_ref"] = f"1{former['source_ref']}"
    reused |= {"first_name": "Zélie", "last_name": "Quemper", "email": address("Zélie", "Quemper", world.domain)}
    world.add(
        "account",
        f"{original['source_id']}_2",
        role=original["role"],
        email=world.person()["email"],
        first_name=original["first_name"],
        last_name=original["last_name"],
        created_by="owner",
        archived=False,
    )


def _accounts(world: World, learners: list[Raw], instructors: list[Raw]) -> None:
    """An Edusign account for everybody who has come down before, and some that were made by hand."""
    number = 0
    made: dict[tuple[str, str], Raw] = {}
    for person in (*learners, *instructors[:23]):
        waiting = person.get("groups") == ["507"]
        if waiting or not person.get("email"):
            continue
        number += 1
        made[person["kind"], person["source_id"]] = world.add(
            "account",
            f"usr_{number:04d}",
            source_kind=person["kind"],
            source_ref=person["source_id"],
            role=person["kind"],
            email=person["email"],
            username=person["email"],
            first_name=person.get("first_name"),
            last_name=person.get("last_name"),
            created_by="api",
            archived=False,
        )
    _edited_by_hand(world, [made["learner", one["source_id"]] for one in (*learners[4:8], *learners[9:11])])
    _edited_by_hand(world, [made["instructor", one["source_id"]] for one in instructors[3:9]])
    for person in (learners[1], instructors[2]):
        number += 1
        world.add(
            "account",
            f"usr_{number:04d}",
            role=person["kind"],
            email=person["email"],
            username=f"{person['source_id']}@comptes.example.org",
            first_name=person["first_name"],
            last_name=person["last_name"],
            created_by="administrator",
            archived=False,
        )


def _unreadable(world: World) -> None:
    """What the source sent and no one can read, and one id that two people bear."""
    world.add_raw({"kind": "learner", "source_id": "21995", **world.person(), "birth_date": "31/02/2008"})
    world.add_raw(
        {"kind": "session", "source_id": "904995", "name": "CAP Boulangerie - Pratique", "starts_at": "lundi"}
    )
    for _ in range(2):
        world.add("learner", "21996", **world.person(), groups=["503"], segment_keys={"site_code": ["S-2"]})
