"""Our own files of records."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Fetch, Refused
from connectors.records.connector import FILES
from engine.records.kinds import KINDS, Class, Enrolment, Session
from tests.connectors.test_files import read
from tests.connectors.trying import unread_in
from tests.draws import times


def test_a_line_that_is_no_record_is_told_by_its_place(tmp_path: Path) -> None:
    path = tmp_path / "day.ndjson"
    path.write_text(
        '\ufeff{"kind": "learner", "source_id": "1", "email": "mina@example.org"}\n'
        "\n"
        '{"kind": "learner", "email": "odo@example.org"}\n'
        '{"kind": "pupil", "source_id": "7"}\n'
        '{"kind": "learner", "source_id": "8", "birth_date": "24/11/2012"}\n'
        "nonsense\n"
        '{"kind": "learner", "source_id": "2"}'
    )
    fetch = Fetch()
    found = read(path, fetch)
    assert [record.source_id for record in found] == ["1", "8", "2"]
    assert unread_in(found) == {"8": ["birth_date"]}
    assert [(each.kind, each.source_id) for each in fetch.invalid] == [
        ("learner", "day.ndjson:3"),
        ("record", "7"),
        ("record", "day.ndjson:6"),
    ]
    assert "odo" not in repr(fetch.invalid)


def test_a_list_of_json_is_read_like_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "day.json"
    path.write_text('[{"kind": "class", "source_id": "C1"}, 7]')
    fetch = Fetch()
    assert read(path, fetch) == [Class(source_id="C1")]
    assert [each.source_id for each in fetch.invalid] == ["day.json: item 2"]


def test_a_line_without_end_is_told_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "day.ndjson"
    long = '{"kind": "class", "source_id": "' + "x" * 3_000_000 + '"}'
    path.write_text(f'{long}\n{{"kind": "class", "source_id": "C1"}}\n')
    fetch = Fetch()
    assert read(path, fetch) == [Class(source_id="C1")]
    assert [each.source_id for each in fetch.invalid] == ["day.ndjson:1"]


def test_csv_of_records_has_sets_keys_and_times_of_the_zone(tmp_path: Path) -> None:
    path = tmp_path / "sessions.csv"
    path.write_text(
        "source_id;name;starts_at;ends_at;instructor_ids;remote;segment_keys.site_code;colour\n"
        "1;Paie;2026-11-25 09:00;2026-11-25T12:00:00+01:00;I1|I2;1;S-1|S-2;red\n"
        "2;Paie;soon;;;;;\n"
    )
    fetch = Fetch()
    first, second = read(path, fetch)
    assert unread_in([second]) == {"2": ["starts_at"]}
    assert [first] == [
        Session(
            source_id="1",
            name="Paie",
            starts_at=datetime(2026, 11, 25, 8, tzinfo=UTC),
            ends_at=datetime(2026, 11, 25, 11, tzinfo=UTC),
            instructor_ids=("I1", "I2"),
            remote=True,
            segment_keys={"site_code": ("S-1", "S-2")},
        )
    ]


def test_a_kind_column_tells_the_kind_of_each_row(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text(
        "kind,source_id,name,class_id,person_id,role,begins_on\n"
        "class,C1,Biology,,,,\n"
        "enrolment,E1,,C1,L1,learner,2026-09-01\n"
        "pupil,P1,,,,,\n"
        ",P2,,,,,\n"
    )
    fetch = Fetch()
    assert read(path, fetch) == [
        Class(source_id="C1", name="Biology"),
        Enrolment(source_id="E1", class_id="C1", person_id="L1", role="learner", begins_on=date(2026, 9, 1)),
    ]
    assert [each.kind for each in fetch.invalid] == ["record", "record"]


def test_every_kind_has_a_file_name() -> None:
    assert set(FILES.values()) == set(KINDS)


@settings(max_examples=times(150), deadline=None)
@given(
    name=st.sampled_from(["users.csv", "Student.csv", "learners.csv", "day.ndjson", "day.json", "export.zip"]),
    start=st.sampled_from(
        [b"", b"sourcedId,enabledUser,role\n", b"SIS ID,Username\n", b"kind;source_id\n", b"[", b"PK\x03\x04"]
    ),
    rest=st.binary(max_size=200) | st.text('a,;"\n\r\t|{}[]:1\u00e9\ufeff', max_size=80).map(str.encode),
)
def test_no_file_whatever_raises_anything_but_refused(
    name: str, start: bytes, rest: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(start + rest)
    with suppress(Refused):
        read(path)
