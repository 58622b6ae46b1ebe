"""Runs the rounds of a loop for ever."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import NoReturn

from sqlalchemy.exc import SQLAlchemyError

DATABASE: Mapping[type[Exception], str] = {SQLAlchemyError: "the database"}


async def run_rounds(
    log: logging.Logger,
    one_round: Callable[[], Awaitable[None]],
    *,
    seconds: float,
    servers: Mapping[type[Exception], str] = DATABASE,
) -> NoReturn:
    """Run a round, wait `seconds`, and so on until this is cancelled. A failed round is logged.

    An error in `servers` means that the server named there does not answer; one line tells it. Any other error is a bug
    and is logged with its traceback. It must not end the loop: nobody would notice until something is missing.
    """
    while True:
        try:
            await one_round()
        except Exception as error:
            server = next((name for kind, name in servers.items() if isinstance(error, kind)), None)
            if server is None:
                log.exception("a round failed unexpectedly; the next one continues")
            else:
                log.warning("%s does not answer: %s", server, str(error)[:300])
        await asyncio.sleep(seconds)
