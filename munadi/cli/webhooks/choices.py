"""The options of `munadi webhooks` for what an endpoint can choose, and custom headers as `Name: value`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from typer import Option

from munadi.process.exits import CommandFailed, Exit

MaxPerSecond = Annotated[
    int | None, Option("--max-per-second", min=0, metavar="NUMBER", help="Requests a second at most; 0: no limit.")
]
Headers = Annotated[
    list[str] | None, Option("--header", metavar="NAME:VALUE", help="Sent with each request; repeat. Sealed at rest.")
]


def read_headers(lines: Sequence[str] | None) -> dict[str, str] | None:
    """Headers by their names; None if none are given. A line without a colon is a mistake in the call."""
    if not lines:
        return None
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise CommandFailed("write a header as 'Name: value', such as 'Authorization: Bearer …'", Exit.USAGE)
        headers[name.strip()] = value.strip()
    return headers
