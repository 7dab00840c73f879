"""Students and employees of Wonde as learners, instructors, or people whose part nobody tells."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from connectors.reading.admit import Raw
from connectors.wonde.answers import Object, day, instant, many, named, one, text
from connectors.wonde.options import Options

PERSON = frozenset(
    {
        *("source_id", "mis_id", "first_name", "last_name", "email", "secondary_email", "phone", "segment_keys"),
        *("status", "modified_at"),
    }
)


class People(Struct):
    """How people of one school are read, and who was seen: Wonde's id to the id we know them by."""

    school: str
    options: Options
    students: dict[str, str] = {}
    employees: dict[str, str] = {}

    def id_of(self, row: Object) -> str:
        """What somebody is known by; Wonde's own id where the school does not share the other."""
        own = text(row.get("id"))
        return own if self.options.people_by == "id" else text(row.get("upi")) or own

    def known(self, value: Any, seen: dict[str, str]) -> str:
        """The same of a related object, or of its id alone."""
        row = one(value)
        own = text(row.get("id")) if row else text(value)
        found = self.id_of(row) or own
        return seen.get(own, own) if found == own else found

    def student(self, row: Object, *, left: bool = False) -> Raw:
        """A learner; one from the list of leavers has `left`."""
        details = one(row.get("education_details"))
        year = named(row.get("registration")) or named(row.get("year")) or text(details.get("current_nc_year"))
        tutor_name, tutor_email = ("", "") if left else self._tutor(row)
        values = self._shared(row) | {
            "birth_date": day(row.get("date_of_birth")),
            "training": year,
            "groups": [found for each in many(row.get("classes")) if (found := text(one(each).get("id") or each))],
            "tutor_name": tutor_name,
            "tutor_email": tutor_email,
            "status": "left" if left else "active",
        }
        return Raw("learner", values, f"student {text(row.get('id'))}".strip())

    def employee(self, row: Object, *, teaches: bool | None = None) -> Raw | None:
        """An instructor; None when nothing tells whether the person teaches and `teaches` does not either.

        An employee is staff even where the school shares no employment details: only then is teaching left open.
        """
        if teaches is None:
            teaches = self._teaches(row)
            if teaches is None and "employment_details" in row:
                return None
        values = self._shared(row) | {
            "birth_date": day(row.get("date_of_birth")),
            "teaching": "" if teaches is None else teaches,
            "left_on": day(one(row.get("employment_details")).get("employment_end_date")),
        }
        return Raw("instructor", values, self._place(row))

    def unclear(self, row: Object) -> Raw:
        """An employee of whom nothing tells the part."""
        role = text(one(row.get("employment_details")).get("role_text"))
        return Raw("person", self._shared(row) | {"role": role}, self._place(row))

    def _place(self, row: Object) -> str:
        return f"employee {text(row.get('id'))}".strip()

    def _teaches(self, row: Object) -> bool | None:
        said = one(row.get("employment_details")).get("teaching_staff")
        if isinstance(said, bool):
            return said
        return True if many(row.get("classes")) else None

    def _shared(self, row: Object) -> dict[str, Any]:
        contact = one(row.get("contact_details"))
        email, second = self._emails(contact)
        phones = one(contact.get("phones"))
        current = one(row.get("employment_details")).get("current")
        return {
            "source_id": self.id_of(row),
            "mis_id": text(row.get("mis_id")),
            "first_name": text(row.get("forename")) or text(row.get("legal_forename")),
            "last_name": text(row.get("surname")) or text(row.get("legal_surname")),
            "email": email,
            "secondary_email": second,
            "phone": text(phones.get("mobile")) or text(phones.get("phone")),
            "segment_keys": {"site_code": [self.school]},
            "status": "left" if current is False else "active",
            "modified_at": instant(row.get("updated_at")),
        }

    def _emails(self, contact: Object) -> tuple[str, str]:
        """The first address and the next other one, in the order of the options."""
        emails = one(contact.get("emails"))
        found: dict[str, str] = {}
        for name in self.options.emails:
            if address := text(emails.get(name)):
                found.setdefault(address.casefold(), address)
        first, second, *_ = [*found.values(), "", ""]
        return first, second

    def _tutor(self, row: Object) -> tuple[str, str]:
        """Name and address of the contact who counts as tutor, one with an address before one without."""
        found = []
        for each in many(row.get("contacts")):
            contact = one(each)
            responsible = one(contact.get("relationship")).get("parental_responsibility")
            if self.options.tutors == "any" or (self.options.tutors == "parental" and responsible is True):
                name = f"{text(contact.get('forename'))} {text(contact.get('surname'))}".strip()
                found.append((name, self._emails(one(contact.get("contact_details")))[0]))
        return min(found, key=lambda tutor: not tutor[1], default=("", ""))
