"""The API's process, for production and for `munadi dev`: uvicorn around the application."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
from typing import NoReturn

from munadi.process.exiting import exit_now, signals_end_quietly
from munadi.process.settings import check_start, read_settings

# Longer than the API's slowest answer (except fetching media by URL), shorter than a supervisor waits.
GRACE_SECONDS = 20
# Longer than clients and load balancers keep an idle connection (usually 60 s): the side that closes first may cut
# off a request.
KEEP_ALIVE_SECONDS = 75
# A connection is an open file, and the usual limit of 1 024 is not even enough for the dashboard's open pages.
OPEN_FILES = 65_536


def serve(host: str | None = None, port: int | None = None) -> NoReturn:
    """Run the API until it is stopped. Raises CommandFailed for wrong settings, and where the database or Temporal's
    namespace lacks what this code needs."""
    settings = read_settings()
    listen = settings.api.model_copy(
        update={"host": host or settings.api.host, "port": settings.api.port if port is None else port}
    )
    settings = settings.model_copy(update={"api": listen})
    check_start(settings)

    import uvicorn

    from api.app import create_app
    from api.http.connection import Connection
    from api.process.server import Server, check_servers
    from munadi.config import unknown_variables
    from munadi.process.logs import configure_logging
    from munadi.process.temporal import set_up_sdk
    from munadi.process.traces import end_tracing, name_trace, start_tracing

    configure_logging(settings.log_level, name_trace)
    start_tracing("api", os.environ)
    set_up_sdk(with_metrics=settings.metrics_listen is not None)
    for name in unknown_variables():
        logging.getLogger("munadi.api").warning("unknown setting %s", name)
    is_checked = asyncio.run(check_servers(settings))
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=listen.host,
        port=listen.port,
        log_config=None,
        access_log=False,
        server_header=False,
        # MUNADI_API__TRUSTED_PROXIES decides whose X-Forwarded-For counts (api/http/address.py), not uvicorn's default.
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        http=Connection,
    )
    server = Server(config, app, is_checked=is_checked)
    _raise_limit_of_files()
    try:
        with signals_end_quietly():
            server.run()
    except SystemExit:
        exit_now(1)
    end_tracing()
    if server.refusal is not None:
        raise server.refusal
    exit_now(0 if server.started else 1)


def _raise_limit_of_files() -> None:
    """Raise this process's limit of open files to the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
