"""The command `munadi api`: the HTTP API as one process."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from munadi.cli.session import Session


def api(
    session: Session,
    host: Annotated[str | None, Option("--host", help="Else MUNADI_API__HOST.")] = None,
    port: Annotated[int | None, Option("--port", help="Else MUNADI_API__PORT.", min=0, max=65535)] = None,
) -> None:
    """Run the API. On SIGTERM it answers the requests in progress, then ends."""
    from api.process.running import serve

    serve(host, port)
