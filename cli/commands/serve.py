"""`muster serve`: the API and the pages."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from typing import Annotated

import typer

from cli.environment import open_service, rate_scale
from cli.ports import must_be_free
from cli.terminal import note


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
) -> None:
    """Serve the API and the pages. Every call needs a key: see muster key new.

    Example: muster serve --host 0.0.0.0 --port 8000
    """
    from api.app import create_app
    from api.http.rates import Rates
    from api.serve import serve as serve_app
    from connectors.registry import not_loaded

    must_be_free(host, port)
    service = open_service()
    for refused in not_loaded():
        note(f"muster: {refused}")
    note(f"Serving on http://{host}:{port}. Stop with Ctrl-C.")
    serve_app(create_app(service, rates=Rates(rate_scale())), host=host, port=port)
