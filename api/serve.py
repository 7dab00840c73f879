"""Serving: the application on a host and port, by uvicorn with uvloop and httptools."""

from __future__ import annotations

import gc
from socket import socket

import uvicorn
from fastapi import FastAPI

from api.http.logs import configure_logs


class _Server(uvicorn.Server):
    """uvicorn, which once started sets what was loaded aside from the garbage collector: collections pause less."""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()


def serve(app: FastAPI, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve until interrupted. The access log is our own: uvicorn's would hold paths and queries."""
    configure_logs()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=20,
        h11_max_incomplete_event_size=None,
    )
    _Server(config).run()
