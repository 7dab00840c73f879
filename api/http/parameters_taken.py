"""Taken: the parameters that a call or a page takes in its address; a misspelt one is told and never ignored."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_parameterless_sub_dependant
from fastapi.routing import APIRoute

from api.http.problem_details import FieldFault, ProblemError
from engine.records.suggest import closest

LANGUAGE = "lang"
"""What every page takes: the language to read it in."""


def takes_only_its_own(route: APIRoute) -> None:
    """Let a call of the API, or a page, refuse what it does not take; once it is known who asks."""
    known = [*dict.fromkeys(_declared(route.dependant))]
    if not route.include_in_schema:
        known.append(LANGUAGE)

    async def refuse(request: Request) -> None:
        faults = [_fault(name, known) for name in request.query_params if name not in known]
        if faults:
            raise ProblemError(
                "invalid-request", "It was asked with a parameter that is not taken here.", errors=faults
            )

    route.dependant.dependencies.append(
        get_parameterless_sub_dependant(depends=Depends(refuse), path=route.path_format)
    )


def _declared(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _declared(inner)


def _fault(name: str, known: list[str]) -> FieldFault:
    """What was meant. The name that was sent is not repeated: somebody's own may stand there."""
    if not known:
        return FieldFault("This takes no parameter.")
    meant = closest(name, known)
    hint = "" if meant is None else f"Did you mean {meant}? "
    return FieldFault(f"{hint}Known: {', '.join(known)}.", parameter=meant)
