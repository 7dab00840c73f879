"""How tests draw their examples: the same ones each time; with `--hypothesis-profile long`, many new ones."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.internal.conjecture import providers

settings.register_profile("fixed", derandomize=True, database=None)
settings.register_profile("long", max_examples=1_000, database=None)
settings.load_profile("fixed")
# Else what is drawn hangs on which of our modules happen to be loaded by then: their constants are drawn from too.
providers.is_local_module_file = lambda _file: False
