"""Role words."""

from __future__ import annotations

from connectors.reading.roles import enrolment_role, kinds_of
from engine.records.unread import unread


def test_role_words_are_told_apart_whatever_their_case() -> None:
    assert kinds_of(["Student"]) == [("learner", "")]
    assert kinds_of(["TEACHER", "student", "parent"]) == [("learner", ""), ("instructor", "")]
    assert kinds_of(["Head Teacher"]) == kinds_of(["Lecturer"]) == [("instructor", "")]
    assert kinds_of(["aide", "guardian"]) == [("staff", "")]
    assert kinds_of(["guardian"]) == kinds_of(["relative", "Parent"]) == []
    assert kinds_of(["ext:visitor"]) == [("person", "ext:visitor")]
    assert kinds_of([]) == [("person", "")]
    assert [enrolment_role(word) for word in ("Teacher", "pupil", "proctor", "ext:x", " ")] == [
        *("instructor", "learner", "other", "other", "")
    ]
    assert enrolment_role("studnt") == unread("unknown_role", value="studnt")
