"""Examples of the API's document: invented people and sessions, in the shapes of the real answers."""

from __future__ import annotations

from typing import Any

LEARNER: dict[str, Any] = {
    "kind": "learner",
    "source_id": "L-204",
    "first_name": "Inès",
    "last_name": "Marchal",
    "training": "BTS Logistique",
}
SESSION: dict[str, Any] = {
    "kind": "session",
    "source_id": "S-88",
    "name": "Gestion des stocks",
    "starts_at": "2026-11-23T09:00:00+01:00",
    "ends_at": "2026-11-23T12:00:00+01:00",
    "instructor_ids": ["I-7"],
    "learner_ids": ["L-204"],
}
BATCH: dict[str, Any] = {"records": [LEARNER, SESSION], "language": "en", "as_of": "2026-11-21T12:00:00+01:00"}
BATCH_LINES = (
    '{"kind":"learner","source_id":"L-204","first_name":"Inès","last_name":"Marchal"}\n'
    '{"kind":"instructor","source_id":"I-7","first_name":"Odile","last_name":"Brun","email":"odile.brun@example.org"}\n'
)

_MISSING: dict[str, Any] = {
    "rule": "learner.email_missing",
    "problem": "Not synced: Inès Marchal has no email address.",
    "fix": "Enter the address in Ypareo; it will be picked up tonight at 22:00.",
    "fix_in": "source",
}
_ANSWER: dict[str, Any] = {
    "kind": "learner",
    "source_id": "L-204",
    "verdict": "flag",
    **_MISSING,
    "also": [],
    "notes": [],
    "invalid": False,
    "errors": [],
    "unread": [],
    "remark": None,
    "effect": None,
}
_SYNCED: dict[str, Any] = {
    "kind": "session",
    "source_id": "S-88",
    "verdict": "sync",
    "rule": None,
    "problem": None,
    "fix": None,
    "fix_in": None,
    "also": [],
    "notes": [],
    "invalid": False,
    "errors": [],
    "unread": [],
    "remark": None,
    "effect": {"what": "update", "fields": ["starts_at"], "target": "crs_1"},
}
_TIMES: dict[str, Any] = {
    "as_of": "2026-11-21T11:00:00Z",
    "last_sync": "2026-11-20T21:00:00Z",
    "next_run": "2026-11-21T21:00:00Z",
}
CLASSIFICATION: dict[str, Any] = {
    "decisions": [_ANSWER, _SYNCED],
    **_TIMES,
    "run_id": 41,
    "rulebook_version": "5c1f0a9be2d4",
    "language": "en",
    "counts": {"flag": 1, "sync": 1},
}
RUN: dict[str, Any] = {
    "id": 41,
    "customer": "norvane",
    "direction": "downward",
    "status": "completed_with_issues",
    "complete": True,
    "as_of": "2026-11-20T21:00:00Z",
    "started_at": "2026-11-20T21:00:00Z",
    "finished_at": "2026-11-20T21:00:04Z",
    "rulebook_version": "5c1f0a9be2d4",
    "received": 412,
    "changed": 9,
    "requests": 0,
    "counts": {"learner": {"received": 380, "sync": 351, "skip": 22, "flag": 7}},
    "by_rule": {"learner.email_missing": 7, "learner.no_session_in_window": 22},
    "effects": {"learner": {"create": 3, "update": 5, "unchanged": 343}},
    "issues": {"new": 2, "back": 0, "resolved": 1, "open": 7},
    "freshness": {},
    "error": None,
    "recovery": None,
    "guards": [],
    "settled_at": None,
    "settled_by": None,
    "approves": None,
}
RUN_PAGE: dict[str, Any] = {"items": [RUN], "next_cursor": None, "total": 1}
_ISSUE: dict[str, Any] = {
    "id": "q3J8vN0fT2aB",
    "state": "open",
    "headline": True,
    **_MISSING,
    "opened_at": "2026-11-12T21:00:00Z",
    "back_at": None,
    "closed_at": None,
    "resolution": None,
    "resolved_by": None,
    "corrected": [],
    "waiting": {},
    "waits_for": [],
    "until": None,
    "until_it_grows": False,
    "reason": None,
    "settled_by": None,
}
_ROW: dict[str, Any] = {
    "kind": "learner",
    "source_id": "L-204",
    "mis_id": "20264",
    "name": "Inès Marchal",
    "verdict": "flag",
    "rule": "learner.email_missing",
    "since": "2026-11-12T21:00:00Z",
    "starts_at": None,
    "issues": [_ISSUE],
    "problem": _MISSING["problem"],
    "fix": _MISSING["fix"],
    "fix_in": "source",
    "not_received_since": None,
    "matters_at": "2026-11-23T08:00:00Z",
    "waiting": 0,
}
FEED: dict[str, Any] = {"items": [_ROW], "next_cursor": None, "total": 1, "folded": 0}
SETTLE: dict[str, Any] = {"state": "snoozed", "until": "2026-11-30", "reason": "The office is closed until then."}
SEARCH: dict[str, Any] = {"search": "marchal"}
_HISTORY: list[dict[str, Any]] = [
    {
        "at": "2026-11-12T21:00:00Z",
        "run_id": 33,
        "what": "issue",
        "subject": "learner.email_missing",
        "before": None,
        "after": "new",
        "resolution": None,
        "resolved_by": None,
        "corrected": [],
        "why": None,
        "until": None,
        "reason": None,
        "by": None,
    }
]
ISSUE: dict[str, Any] = {"issue": _ISSUE, "record": _ROW, "history": _HISTORY, "waiting": []}
HISTORY: dict[str, Any] = {
    "items": [
        {
            "at": "2026-11-12T21:00:00Z",
            "run_id": 33,
            "direction": "downward",
            "by_hand": False,
            "kind": "learner",
            "source_id": "L-204",
            "name": "Inès Marchal",
            "happenings": _HISTORY,
        }
    ],
    "next_cursor": None,
}
UNSOURCED: dict[str, Any] = {
    "items": [
        {
            "kind": "account",
            "source_id": "acc_77",
            "name": "Odile Brun",
            "why": "made_by_hand",
            "created_by": "administrator",
            "source_ref": None,
            "starts_at": None,
        }
    ],
    "next_cursor": None,
}
EXPLAINED: dict[str, Any] = {
    "kind": "learner",
    "source_id": "L-999",
    "name": None,
    "where": "never_received",
    "expected_on": None,
    "answer": None,
    "explanation": None,
    "first_seen": None,
    "not_received_since": None,
    **_TIMES,
    "history": [],
}
RULEBOOK: dict[str, Any] = {
    "customer": "norvane",
    "version": "5c1f0a9be2d4",
    "language": "en",
    "rules": [
        {
            "id": "learner.email_missing",
            "kind": "learner",
            "sentence": "A learner is flagged when email address is missing.",
            "then": "flag",
            "fix_in": "source",
            "layer": "base",
            "written": [{"layer": "base", "what": ["rule"], "file": "rules/base/people.yaml", "line": 12}],
            "dormant": [],
        }
    ],
    "settings": [
        {
            "name": "window_days",
            "type": "integer",
            "value": 7,
            "description": "Days ahead that are synced.",
            "layer": "ypareo",
        }
    ],
}
_TRIP: dict[str, Any] = {
    "guard": "removals",
    "then": "hold",
    "kind": "learner",
    "number": 57,
    "total": 380,
    "limit": 10,
}
HELD: dict[str, Any] = {
    "run": {**RUN, "id": 42, "status": "held", "issues": {}, "guards": [_TRIP]},
    "said": [
        {
            "guard": "removals",
            "held": True,
            "problem": "Nothing was changed: 57 of 380 learners are missing from what Ypareo sent, more than the 10% "
            "that are let through.",
            "fix": "Look at the list by name. If they are really gone, approve this run; if Ypareo left something out, "
            "mend that there and start another run.",
        }
    ],
    "items": [
        {
            "what": "not_received",
            "kind": "learner",
            "source_id": "L-204",
            "name": "Inès Marchal",
            "before": None,
            "after": None,
        }
    ],
    "next_cursor": None,
    "total": 57,
}
TO_UPLOAD: dict[str, Any] = {
    "items": [
        {
            "upload_id": 12,
            "sheet_id": "crs_88",
            "session_id": "S-88",
            "name": "Gestion des stocks",
            "starts_at": "2026-11-23T08:00:00Z",
            "ends_at": "2026-11-23T11:00:00Z",
            "first_archived_at": "2026-11-23T21:00:00Z",
            "listed_at": "2026-11-24T21:00:00Z",
            "run_id": 44,
            "attendance": [
                {
                    "kind": "learner",
                    "source_id": "L-204",
                    "name": "Inès Marchal",
                    "status": "absent_justified",
                    "minutes_late": None,
                    "left_early": False,
                    "reason": "MALADIE",
                    "comment": None,
                }
            ],
            "not_sent": [{"kind": "learner", "ref": "stu_9", "why": "not_in_source"}],
        }
    ],
    "next_cursor": None,
    "total": 1,
}
UPLOADED: dict[str, Any] = {"sheets": [{"sheet_id": "crs_88", "uploaded_at": "2026-11-24T22:10:00+01:00"}]}
CONFIRMED: dict[str, Any] = {"noted": ["crs_88"], "already": [], "unknown": []}
