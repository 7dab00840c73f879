"""The generated pages are those that the code and the rules would write now."""

from __future__ import annotations

from docs import generate
from engine.model.operators import OPERATORS


def test_no_generated_page_is_stale() -> None:
    assert list(generate.stale()) == [], "run `just generate` and commit what it writes"


def test_the_gallery_shows_every_base_rule_and_setting() -> None:
    page = generate.rule_gallery()
    base = generate._base()
    assert [rule.id for rule in base.rules if f"\n### {rule.id}\n" not in page] == []
    assert [name for name in base.settings if f"| `{name}` |" not in page] == []


def test_the_gallery_shows_a_rule_as_it_stands_in_its_file() -> None:
    page = generate.rule_gallery()
    written = page.split("### session.instructor_without_email", 1)[1].split("```yaml\n", 1)[1].split("```", 1)[0]
    assert written.startswith("# One usable address is enough")
    assert "session.instructor_without_email:\n  for: session\n  when:\n" in written
    assert "session.cancelled" not in written


def test_the_page_on_writing_rules_tells_every_test() -> None:
    page = generate.how_to_write_a_rule()
    uses = [use for one in OPERATORS.values() for use in (one.value, one.time, one.set) if use is not None]
    assert [use.example for use in uses if f"| `{use.example}` | {use.says} |" not in page] == []
