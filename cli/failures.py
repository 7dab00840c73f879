"""Failures in words: what was found, what was wanted, what to do, and the exit status. Never a traceback."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Any, NoReturn

from msgspec import Struct

from cli.terminal import PROBLEMS, UNUSABLE, WRONG_USE, Stopped, note, say_json
from connectors.contract import ConnectorError
from engine.language.unread import recovery_text
from engine.model.problems import Problem, RuleFileError
from engine.records.unread import Failure
from runs.model.errors import BrokenRulebook, Busy, Declined, FetchFailed, Overtaken, of_the_database, where


class FailedCommand(Struct, frozen=True, omit_defaults=True):
    """What a command that failed prints on stdout for programs."""

    error: str
    """What was found, and what to do; as on stderr."""
    exit_status: int
    run_id: int | None = None
    """The run that was stored as failed."""
    failure: Failure | None = None
    """What a system failed at: a code and what the sentence says of it."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with the rule files."""


@contextmanager
def told(arguments: Sequence[str] = ()) -> Iterator[None]:
    """Turn a failure into its sentence on stderr, and exit with its status.

    A program that asked for JSON in its ``arguments`` gets a document of it on stdout.
    """

    def end(text: str, status: int, **more: Any) -> NoReturn:
        _drop_output()
        if _for_programs(arguments):
            with suppress(OSError):
                say_json(FailedCommand(text, status, **more))
            _drop_output()
        note(f"muster: {text}")
        sys.exit(status)

    try:
        yield
    except Stopped as stopped:
        end(str(stopped), stopped.status)
    except RuleFileError as error:
        _problems(error.problems)
        end(str(error).split(";", maxsplit=1)[0] + " in the rule files.", PROBLEMS, problems=error.problems)
    except BrokenRulebook as error:
        _problems(error.problems)
        end(str(error), PROBLEMS, problems=error.problems)
    except ConnectorError as error:
        end(f"{error} ({recovery_text(error.failure, 'en')})", PROBLEMS, failure=error.failure)
    except FetchFailed as error:
        end(str(error), PROBLEMS, run_id=error.run_id, failure=error.failure)
    except Declined as error:
        end(str(error), PROBLEMS if isinstance(error, (Busy, Overtaken)) else WRONG_USE)
    except Exception as error:  # noqa: BLE001 - whatever it is, its own text may hold names and must not be shown
        said = of_the_database(error)
        if said is not None:
            end(
                f"The database cannot be used: {said}. Look at MUSTER_DATABASE_URL, at its server and at its rights.",
                UNUSABLE,
            )
        if isinstance(error, OSError) and (text := _of_the_disk(error)) is not None:
            end(text, UNUSABLE)
        end(_unforeseen(error), PROBLEMS)


def _unforeseen(error: Exception) -> str:
    """What is said of an error that nobody foresaw: what kind and where, never its own text, which may hold names."""
    told = (
        " ".join(getattr(error, "__notes__", ())) or "This command stopped at something that Muster does not foresee."
    )
    return f"{told} Tell support these places: {type(error).__name__}, {' > '.join(where(error)[-5:])}."


def _for_programs(arguments: Sequence[str]) -> bool:
    """Whether a command was asked for JSON."""
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


_OF_A_DISK = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EFBIG))


def _of_the_disk(error: OSError) -> str | None:
    """What is wrong with a disk that is full, read-only or not ours; None for any other error."""
    if error.errno not in _OF_A_DISK:
        return None
    path = f" ({error.filename})" if error.filename else ""
    return f"The disk cannot be used{path}: {error.strerror}. Make room or give the right, then repeat the command."


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
