"""Options: what many commands take alike."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Customer = Annotated[str, typer.Argument(help="The customer's id: the name of its rule file.")]
Output = Annotated[Literal["text", "json"], typer.Option("--format", help="text for people, json for programs.")]
By = Annotated[
    str | None, typer.Option(help="Who says so, as the history tells it. You, when left out.", metavar="WHO")
]
Language = Annotated[str | None, typer.Option(help="en or fr; the customer's own when left out.")]
