# What CI runs: `just check`. Everything runs in the locked environment.
set shell := ["bash", "-euo", "pipefail", "-c"]

# Else each of a hundred starts of Python compiles all that it loads, where the machine says to keep nothing compiled
export PYTHONDONTWRITEBYTECODE := ""

# Everything CI asks for
check: format-check lint types layers rules test (hostile "1" "--seed" "1")

# Lay the code out
format:
    uv run ruff format .
    uv run ruff check --fix .

# Is the code laid out?
format-check:
    uv run ruff format --check .

# Mistakes a reader should not have to find
lint:
    uv run ruff check .

# mypy, strict
types:
    uv run mypy

# cli → api → runs → (connectors | store) → engine
layers:
    uv run lint-imports

# The rule files' own check
rules:
    uv run muster check

# All tests
test *args:
    uv run pytest -n auto --dist loadfile {{ args }}

# Draw ten times as many examples, other ones each time: `just test-long tests/api/test_contract.py --hypothesis-seed 7`
test-long *args:
    uv run pytest -n auto --hypothesis-profile long {{ args }}

# Spoil real input by chance at every way in, for so many minutes: `just hostile 10`, `just hostile 1 --way files`
hostile minutes="1" *args:
    uv run python -m tests.hostile {{ minutes }} {{ args }}

# Measure, as ratios against rivals in the same run
bench *args:
    uv run python -m benchmarks {{ args }}

# Write the generated pages again: rule gallery, schema, OpenAPI, CLI help
generate:
    uv run python -m docs.generate
