"""Expected failures in words: what was found, what was wanted, what to do, and the exit status. Never a traceback."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cli.terminal import PROBLEMS, WRONG_USE, Stopped, note
from connectors.contract import ConnectorError
from engine.language.unread import recovery_text
from engine.model.problems import Problem, RuleFileError
from runs.model.errors import BrokenRulebook, Busy, Declined, FetchFailed, Overtaken


@contextmanager
def told() -> Iterator[None]:
    """Turn an expected failure into its sentence on stderr, and exit with its status."""
    try:
        yield
    except Stopped as stopped:
        _end(str(stopped), stopped.status)
    except RuleFileError as error:
        _problems(error.problems)
        _end(str(error).split(";", maxsplit=1)[0] + " in the rule files.", PROBLEMS)
    except BrokenRulebook as error:
        _problems(error.problems)
        _end(str(error), PROBLEMS)
    except ConnectorError as error:
        _end(f"{error} ({recovery_text(error.failure, 'en')})", PROBLEMS)
    except Declined as error:
        _end(str(error), PROBLEMS if isinstance(error, (Busy, FetchFailed, Overtaken)) else WRONG_USE)
    except Exception as error:
        text = _of_the_database(error)
        if text is None:
            raise
        _end(text, WRONG_USE)


def _of_the_database(error: Exception) -> str | None:
    """What is wrong with a database that cannot be reached or is none; None for any other error."""
    if not type(error).__module__.startswith("sqlalchemy."):
        return None  # so that nothing is imported for it that was not needed
    from sqlalchemy.exc import DatabaseError, OperationalError

    if not isinstance(error, OperationalError) and type(error) is not DatabaseError:
        return None
    said = str(error.orig).strip().partition("\n")[0]
    return f"The database cannot be used: {said}. Look at MUSTER_DATABASE_URL, and whether its server is there."


def _problems(problems: tuple[Problem, ...]) -> None:
    from cli.environment import rules_in_use
    from engine.rulefiles.report import as_text, sources

    folder = rules_in_use()
    note(as_text(problems, {} if folder is None else sources(folder, problems)))


def _end(text: str, status: int) -> None:
    note(f"muster: {text}")
    sys.exit(status)
