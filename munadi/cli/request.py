"""`munadi request`: any call of the API, with this command's address, key, retries and exit codes."""

from __future__ import annotations

import json
from typing import Annotated, Any

from typer import Argument, Option

from munadi.cli.output import Output
from munadi.cli.session import Session
from munadi.cli.writing import checked_key
from munadi.process.exits import CommandFailed, Exit

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


def request(
    session: Session,
    method: Annotated[str, Argument(metavar="METHOD", help="GET, POST, PATCH, PUT or DELETE.")],
    path: Annotated[str, Argument(metavar="PATH", help="Such as /v1/channels.")],
    body: Annotated[
        str | None, Option("--file", "-f", metavar="FILE", help="The body as JSON; - reads standard input.")
    ] = None,
    idempotency_key: Annotated[
        str | None, Option("--idempotency-key", metavar="KEY", help="Of a POST; a new one by default.")
    ] = None,
) -> None:
    """Make any call of the API, and print its JSON. The reference is at /docs/api."""
    from munadi.cli.payload import read_payload

    if method.upper() not in METHODS or not path.startswith("/"):
        raise CommandFailed(f"use one of {', '.join(METHODS)} and a path such as /v1/channels", Exit.USAGE)
    key = checked_key(idempotency_key)
    sent = read_payload(body) if body is not None else None
    session.show(session.client.request(method.upper(), path, sent, key), _print)


def _print(out: Output, answer: Any) -> None:
    if answer is not None:
        out.line(json.dumps(answer, indent=2, ensure_ascii=False))
