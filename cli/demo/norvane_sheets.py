"""Campus Norvane's attendance sheets on the platform, with the marks on them."""

from __future__ import annotations

from cli.demo.world import Raw, World


def add_sheets(world: World, sessions: list[Raw], learners: list[Raw]) -> None:
    """A sheet for each session of the week behind and of the next two days, most of them plainly archived."""
    recent = [
        session
        for session in sessions
        if world.at(-6, "00:00") <= session["starts_at"] <= world.at(2, "23:59") and session.get("instructor_ids")
    ]
    sheets: list[tuple[Raw, list[Raw]]] = []
    for number, session in enumerate(recent, start=1):
        over = session["ends_at"] < world.at(0, "00:00")
        expected = [learner for learner in learners if learner["groups"] == session.get("group_ids")]
        sheet = world.add(
            "sheet",
            f"crs_{number:04d}",
            source_ref=session["source_id"],
            name=session["name"],
            starts_at=session["starts_at"],
            ends_at=session["ends_at"],
            created_by="api",
            instructor_refs=session["instructor_ids"],
            learner_refs=[learner["source_id"] for learner in expected],
            archived=over,
            first_archived_at=world.hours_ago(30) if over else None,
            archived_at=world.hours_ago(30) if over else None,
            times_archived=1 if over else None,
        )
        if over:
            sheets.append((sheet, _marks(world, sheet)))
    _sheet_troubles(world, sheets, {learner["source_id"]: learner for learner in learners})
    _sheet_of_today(world, sessions[0])
    _sheets_made_by_hand(world, recent[-1])


def _marks(world: World, sheet: Raw) -> list[Raw]:
    people = [("learner", ref) for ref in sheet["learner_refs"]]
    people += [("instructor", ref) for ref in sheet["instructor_refs"]]
    found = []
    for place, (kind, ref) in enumerate(people):
        absent = kind == "learner" and world.rng.random() < 0.08
        mark = world.add(
            "mark",
            f"{sheet['source_id']}:{place}",
            sheet_id=sheet["source_id"],
            person_kind=kind,
            person_ref=ref,
            state="absent" if absent else "present",
            reason_code="abs_1" if absent else None,
            justified=True if absent else None,
        )
        found.append(mark)
    return found


def _sheet_troubles(world: World, sheets: list[tuple[Raw, list[Raw]]], learners: dict[str, Raw]) -> None:
    """One sheet of the week behind for each rule that a sheet of the past can meet."""
    (again, marks), (uploaded, _), (fresh, _), (unseen, _), (moved, _), (_, unmapped), (lost, _) = sheets[:7]
    (reopened, _), (excused, excuses), (_, unsigned) = sheets[7:10]
    never, never_signed = min(sheets[10:], key=lambda one: str(one[0]["starts_at"]))
    again |= {
        "times_archived": 2,
        "archived_at": world.hours_ago(4),
        "uploaded_at": world.hours_ago(26),
        "changed_since_first_archive": True,
    }
    once = {
        "times_archived": 1,
        "archived_at": again["first_archived_at"],
        "changed_since_first_archive": None,
    }
    world.earlier(again, 1, **once)
    world.earlier(marks[2], 1, state=marks[2]["state"])
    marks[2]["state"] = "late"
    marks[2]["minutes_late"] = 25
    uploaded["uploaded_at"] = world.hours_ago(26)
    fresh["first_archived_at"] = fresh["archived_at"] = world.hours_ago(2)
    del unseen["first_archived_at"], unseen["archived_at"], unseen["times_archived"]
    moved["starts_at"] = moved["starts_at"].replace("T08:30", "T09:00").replace("T13:30", "T14:00")
    unmapped[0] |= {"state": "absent", "reason_code": "abs_9"}
    lost["source_ref"] = "899001"
    reopened |= {"archived": False, "uploaded_at": world.hours_ago(26)}
    late = learners[excuses[0]["person_ref"]]
    excused |= {"uploaded_at": world.hours_ago(26), "justified_names": [f"{late['first_name']} {late['last_name']}"]}
    excuses[0] |= {"state": "excused", "justified": True}
    # Neither the first learner nor the instructor, who comes last, has signed.
    for mark in (unsigned[0], unsigned[-1]):
        mark.pop("state")
    never["archived"] = False
    for name in ("first_archived_at", "archived_at", "times_archived"):
        never.pop(name)
    for mark in never_signed:
        mark.pop("state")


def _sheet_of_today(world: World, session: Raw) -> None:
    """The sheet of the meeting going on now still names the instructor whom the source has replaced since."""
    starts, ends = world.around_now()
    sheet = world.add(
        "sheet",
        "crs_0900",
        source_ref="904991",
        name="Séance en cours",
        starts_at=starts,
        ends_at=ends,
        created_by="api",
        instructor_refs=session["instructor_ids"],
        archived=False,
    )
    world.not_yet(sheet, 1)


def _sheets_made_by_hand(world: World, session: Raw) -> None:
    world.add(
        "sheet",
        "crs_0901",
        name="Rattrapage du samedi",
        starts_at=world.at(-2, "10:00"),
        ends_at=world.at(-2, "12:00"),
        created_by="administrator",
        archived=True,
        first_archived_at=world.hours_ago(40),
        archived_at=world.hours_ago(40),
        times_archived=1,
    )
    world.add(
        "sheet",
        "crs_0902",
        name=session["name"],
        starts_at=session["starts_at"],
        ends_at=session["ends_at"],
        created_by="administrator",
        instructor_refs=session["instructor_ids"],
        archived=False,
    )
