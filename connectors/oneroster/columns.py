"""The tables and columns of OneRoster's CSV binding that are read, versions 1.1 and 1.2 together."""

from __future__ import annotations

_EVERY = ("sourcedId", "status", "dateLastModified")

COLUMNS = {
    "manifest": ("propertyName", "value"),
    "academicsessions": (*_EVERY, "title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"),
    "orgs": (*_EVERY, "name", "type", "identifier", "parentSourcedId"),
    "courses": (*_EVERY, "title", "courseCode", "orgSourcedId", "subjects"),
    "classes": (
        *_EVERY,
        *("title", "courseSourcedId", "classCode", "classType", "schoolSourcedId", "termSourcedIds", "subjects"),
    ),
    "users": (
        *_EVERY,
        *("enabledUser", "orgSourcedIds", "role", "username", "userIds", "givenName", "familyName", "identifier"),
        *("email", "sms", "phone", "agentSourcedIds", "grades", "userMasterIdentifier", "preferredGivenName"),
        *("preferredFamilyName", "primaryOrgSourcedId"),
    ),
    "roles": (*_EVERY, "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId"),
    "enrollments": (
        *_EVERY,
        *("classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate"),
    ),
    "demographics": (*_EVERY, "birthDate"),
}

ALIASES = {
    "preferredFirstName": "preferredGivenName",
    "preferredLastName": "preferredFamilyName",
    "termSourcedId": "termSourcedIds",
    "orgSourcedId": "orgSourcedIds",
    "agentSourcedId": "agentSourcedIds",
    "emailAddress": "email",
    "telephone": "phone",
    "mobile": "sms",
}
"""The names of the JSON binding and of OneRoster 1.0, which some exports use in CSV of later versions."""

OWN = {"demographics": {"userSourcedId": "sourcedId"}}
"""Names of 1.0 that stand for another column in one table alone."""
