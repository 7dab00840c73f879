"""`muster schema`."""

from __future__ import annotations

import json

from engine.model.package_files import RULES
from tests.cli.conftest import Muster


def test_the_schema_is_the_one_that_stands_beside_the_packaged_rules(muster: Muster) -> None:
    assert json.loads(muster("schema").out) == json.loads((RULES / "schema.json").read_text("utf-8"))
