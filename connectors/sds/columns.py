"""The tables and columns of School Data Sync that are read, by version, and the headers that UK exports use."""

from __future__ import annotations

_V1_PERSON = (
    *("SIS ID", "School SIS ID", "First Name", "Last Name", "Username", "Secondary Email", "Status", "Birthdate"),
)

V1 = {
    "school": ("SIS ID", "Name", "School Number"),
    "section": (
        *("SIS ID", "School SIS ID", "Section Name", "Section Number", "Term StartDate", "Term EndDate"),
        *("Course Name", "Course Number", "Course Subject", "Status"),
    ),
    "student": (*_V1_PERSON, "Student Number", "Grade"),
    "teacher": (*_V1_PERSON, "Teacher Number"),
    "studentenrollment": ("Section SIS ID", "SIS ID"),
    "teacherroster": ("Section SIS ID", "SIS ID"),
}

UK = {
    "ID": "SIS ID",
    "DfE Number": "SIS ID",
    "School DfE Number": "School SIS ID",
    "Section ID": "Section SIS ID",
    "School ID": "School SIS ID",
}

V2 = {
    "orgs": ("sourcedId", "name", "type", "parentSourcedId"),
    "users": (
        *("sourcedId", "orgSourcedIds", "givenName", "familyName", "username", "role", "grade"),
        *("email", "phone", "sms"),
    ),
    "roles": (*("userSourcedId", "orgSourcedId", "role", "grade", "isPrimary", "roleStartDate", "roleEndDate"),),
    "classes": ("sourcedId", "orgSourcedId", "title", "sessionSourcedIds", "courseSourcedId"),
    "enrollments": ("classSourcedId", "userSourcedId", "role"),
    "courses": ("sourcedId", "title", "code", "subject"),
    "academicsessions": ("sourcedId", "startDate", "endDate"),
    "demographics": ("userSourcedId", "birthDate"),
    "relationships": ("userSourcedId", "relationshipUserSourcedId", "relationshipRole"),
}
"""Versions 2 and 2.1: the second adds tables and moves roles out of the users."""

V2_ALIASES = {"orgSourcedId": "orgSourcedIds"}
