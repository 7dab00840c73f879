"""Expected failures in words: what was found, what was wanted, what to do, and the exit status. Never a traceback."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cli.terminal import PROBLEMS, UNUSABLE, WRONG_USE, Stopped, note
from connectors.contract import ConnectorError
from engine.language.unread import recovery_text
from engine.model.problems import Problem, RuleFileError
from runs.model.errors import BrokenRulebook, Busy, Declined, FetchFailed, Overtaken, of_the_database


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
        text = _of_the_disk(error) if isinstance(error, OSError) else None
        said = of_the_database(error)
        if said is not None:
            text = f"The database cannot be used: {said}. Look at MUSTER_DATABASE_URL, at its server and at its rights."
        if text is None:
            raise
        _drop_output()
        _end(text, UNUSABLE)


_OF_A_DISK = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EFBIG))


def _of_the_disk(error: OSError) -> str | None:
    """What is wrong with a disk that is full, read-only or not ours; None for any other error."""
    if error.errno not in _OF_A_DISK:
        return None
    where = f" ({error.filename})" if error.filename else ""
    return f"The disk cannot be used{where}: {error.strerror}. Make room or give the right, then repeat the command."


def _drop_output() -> None:
    """Let go of what stdout still holds: what takes no more would fail again when the process ends (Python 3.15)."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _problems(problems: tuple[Problem, ...]) -> None:
    from cli.environment import rules_in_use
    from engine.rulefiles.report import as_text, sources

    folder = rules_in_use()
    note(as_text(problems, {} if folder is None else sources(folder, problems)))


def _end(text: str, status: int) -> None:
    note(f"muster: {text}")
    sys.exit(status)
