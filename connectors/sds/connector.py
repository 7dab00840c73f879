"""Microsoft School Data Sync as CSV, a folder or a ZIP, versions 1 (also with UK headers), 2 and 2.1.

People, classes and enrolments; it has no dated sessions and no times of change.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from connectors.contract import ConnectorContext, Fetch, Refused, Window
from connectors.reading.admit import admitted
from connectors.reading.archive import opened
from connectors.reading.tables import Tables
from connectors.sds import version1, version2
from connectors.sds.columns import UK, V1, V2
from connectors.sds.logins import Logins
from engine.model.connector_spec import ConnectorSpec, DataPath
from engine.records.kinds import Record

_PERSON = frozenset(
    {
        *("source_id", "mis_id", "first_name", "last_name", "email", "secondary_email", "phone", "birth_date"),
        *("segment_keys", "status", "left_on"),
    }
)


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: sds`."""

    path: Annotated[DataPath, Meta(description="The ZIP, or the folder of CSV files, in the customer's data folder.")]
    email_domain: Annotated[
        str | None,
        Meta(description="Domain that makes a user name an address; without it, user names are no addresses."),
    ] = None


class Sds:
    """Rosters as School Data Sync takes them."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="sds",
        title="School Data Sync",
        certainty="published",
        side="source",
        options=Options,
        provides={
            "learner": _PERSON | {"training", "tutor_name", "tutor_email"},
            "instructor": _PERSON | {"teaching"},
            "person": frozenset(
                {"source_id", "first_name", "last_name", "email", "phone", "role", "segment_keys"},
            ),
            "class": frozenset(
                {"source_id", "name", "code", "subject", "segment_keys", "starts_on", "ends_on", "status"}
            ),
            "enrolment": frozenset({"source_id", "class_id", "person_id", "role"}),
        },
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self._path = Path(options.path)
        self._logins = Logins(around.id_key, options.email_domain)

    def records(self, _window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """People, then classes, then enrolments. A table that should be there and is not makes the fetch partial."""
        title = self.spec.title
        with opened(self._path, title) as files:
            stems = {file.stem for file in files}
            if stems & {"student", "teacher"}:
                tables = Tables(files, title, V1, fetch, UK)
                raws, wanted = version1.raws(tables, self._logins, fetch), version1.WANTED
                columns = version1.COLUMNS_OF
            elif "users" in stems:
                tables = Tables(files, title, V2, fetch)
                raws, wanted = version2.raws(tables, self._logins, fetch), version2.WANTED
                columns = version2.COLUMNS_OF
            else:
                raise Refused(title, self._path.name, "no_people_file")
            fetch.partial.extend(
                Refused(title, f"{name}.csv", "not_in_the_package") for name in wanted if name not in tables
            )
            nothing = Refused(title, self._path.name, "no_rows_in_its_tables")
            yield from admitted(raws, fetch, nothing, columns)
