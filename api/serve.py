"""Serving: the application on a host and port, by uvicorn with uvloop and httptools."""

from __future__ import annotations

import gc
import os
from socket import socket

import uvicorn
from fastapi import FastAPI

from api.http.logs import configure_logs
from api.http.protocol import BoundedProtocol


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
        http=BoundedProtocol,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=20,
        limit_concurrency=2_000,
        # Whose word on where a request comes from is taken; see api.http.rates.
        forwarded_allow_ips=os.environ.get("MUSTER_TRUSTED_PROXIES", "127.0.0.1"),
    )
    _Server(config).run()
