"""Hyperplanning by its SOAP web services: learners, instructors, placed sessions and the groups they are for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from connectors.contract import ConnectorContext, ConnectorError, Fetch, Window
from connectors.http.client import Http, basic
from connectors.hyperplanning import people
from connectors.hyperplanning.labels import Labels
from connectors.hyperplanning.normal import LAYER, TITLE
from connectors.hyperplanning.options import Options
from connectors.hyperplanning.soap import SoapService
from connectors.hyperplanning.timetable import Timetable
from connectors.reading.admit import Raw, admitted
from connectors.reading.parts import Parts
from engine.model.connector_spec import ConnectorSpec
from engine.records.kinds import Record

PROVIDES = {
    "learner": frozenset(
        {
            *("source_id", "first_name", "last_name", "email", "phone", "birth_date", "training", "section"),
            *("families", "groups", "segment_keys"),
        }
    ),
    "instructor": frozenset({"source_id", "mis_id", "first_name", "last_name", "email"}),
    "session": frozenset(
        {
            *("source_id", "mis_id", "name", "topic", "starts_at", "ends_at", "room", "remote", "status"),
            *("families", "training", "instructor_ids", "learner_ids", "group_ids"),
        }
    ),
    "class": frozenset({"source_id", "name"}),
}


def _given(options: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    """What is asked for only with certain options is not given without them."""
    calls = options.get("calls") or {}
    silent = {
        ("learner", "phone"): "learner_phones" in calls and calls["learner_phones"] is None,
        ("learner", "families"): options.get("learner_families") == [],
        ("session", "families"): not options.get("session_families"),
        ("session", "remote"): not options.get("remote_types"),
    }
    return {
        kind: fields - {name for (of, name), is_silent in silent.items() if of == kind and is_silent}
        for kind, fields in PROVIDES.items()
    }


class Hyperplanning:
    """Hyperplanning, asked call by call."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="hyperplanning",
        title=TITLE,
        certainty="observed",
        side="source",
        options=Options,
        provides=PROVIDES,
        given=_given,
        layer=LAYER,
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self._options = options
        self._around = around

    def records(self, window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """People, then sessions, then the groups that sessions are for. A part that is refused leaves the others."""
        options = self._options
        with Http(
            TITLE,
            options.url,
            fetch,
            self._around,
            auth=basic(options.user, options.password),
            per_second=options.per_second,
        ) as http:
            service = SoapService.read(http, options.url, options.wsdl)
            labels = Labels(service, options, fetch)
            timetable = Timetable(http, labels, window, self._around.zone, fetch)
            parts: tuple[Callable[[], Iterator[Raw]], ...] = (
                lambda: people.learners(http, labels, fetch),
                lambda: people.instructors(labels, fetch),
                timetable.sessions,
                lambda: _classes(labels),
            )
            told, failed = Parts(fetch), list[ConnectorError]()
            given = False
            for part in parts:
                try:
                    for record in admitted(part(), fetch):
                        given = True
                        yield record
                except ConnectorError as error:
                    failed.append(error)
            if failed and not given:
                raise failed[0]
            for each in failed:
                told.tell(each)


def _classes(labels: Labels) -> Iterator[Raw]:
    """The groups that learners are in and sessions are for, under the ids that these know them by."""
    for source_id, name in labels.groups(list(labels.seen)).items():
        yield Raw("class", {"source_id": source_id, "name": name}, f"groupe {source_id}")
