"""Checks what the settings of a starting API or worker name. What can never work ends the start with a line.

A server that does not answer is no reason to refuse: it may come back.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from munadi.process.exits import CommandFailed, Exit, cause

if TYPE_CHECKING:
    from temporalio.client import Client

    from munadi.config import Settings
    from munadi.db.session import Database
    from munadi.process.temporal_namespace import Attributes

log = logging.getLogger("munadi.start")

# The API starts without Temporal, so it does not wait for it for long.
TEMPORAL_SECONDS = 2.0
PAUSE = 1.0
# Seconds after which a wait that has not changed is logged again.
REPEATED = 30.0


async def check_schema(database: Database) -> bool:
    """CommandFailed (USAGE) unless this code may run on the database; False if that does not answer."""
    from sqlalchemy.exc import SQLAlchemyError

    from munadi.db.schema import newest_revision, problem_of, read_schema

    try:
        found = await read_schema(database)
    except SQLAlchemyError as error:
        log.warning("waiting for the database: %s", cause(error))
        return False
    if problem := problem_of(found):
        raise CommandFailed(str(problem), Exit.USAGE)
    if found.revision != (known := newest_revision()):
        log.warning(
            "the database is at revision %s of a newer version; running beside it with %s", found.revision, known
        )
    return True


async def wait_for_schema(database: Database, stop: asyncio.Event | None = None) -> None:
    """`check_schema` until the database answers, or `stop` is set."""
    stop = stop or asyncio.Event()
    while not stop.is_set() and not await check_schema(database):
        try:
            async with asyncio.timeout(PAUSE):
                await stop.wait()
        except TimeoutError:
            continue


async def check_namespace(client: Client, attributes: Attributes) -> None:
    """CommandFailed (USAGE) unless the namespace has what Munadi needs."""
    from munadi.process.temporal_namespace import lasting_problem

    if problem := await lasting_problem(client, attributes):
        raise CommandFailed(problem, Exit.USAGE)


async def check_namespace_if_up(settings: Settings, attributes: Attributes) -> None:
    """`check_namespace`, if Temporal answers now. What keeps it from answering is logged, with what to do."""
    from temporalio.service import RPCError

    from munadi.process.temporal import connect
    from munadi.process.temporal_trouble import trouble_of

    if settings.temporal.address is None:
        return
    try:
        async with asyncio.timeout(TEMPORAL_SECONDS):
            client = await connect(settings.temporal)
        await check_namespace(client, attributes)
    except (RPCError, RuntimeError, TimeoutError) as error:
        log.warning("starting without Temporal: %s", await trouble_of(settings.temporal, error))


async def wait_for_temporal(settings: Settings, attributes: Attributes, stop: asyncio.Event) -> Client | None:
    """A client, once Temporal answers it and its namespace has what Munadi needs; None if `stop` is set before.

    A key that is refused is read from its file again, so that a new one there ends the wait. What keeps it waiting is
    logged when it changes, and every half minute.
    """
    from temporalio.service import RPCError

    from munadi.process.temporal import connect
    from munadi.process.temporal_key import with_current_key
    from munadi.process.temporal_trouble import trouble_of

    given, said, loop = settings.temporal, "", asyncio.get_running_loop()
    said_at = loop.time()
    while not stop.is_set():
        try:
            given = with_current_key(given)
            client = await connect(given)
            await check_namespace(client, attributes)
            return client
        except (RuntimeError, RPCError) as error:
            words = str(await trouble_of(given, error))
        except ValueError as error:
            words = f"MUNADI_TEMPORAL__API_KEY_FILE {error}"
        if words != said or loop.time() - said_at > REPEATED:
            log.warning("waiting for Temporal: %s", words)
            said, said_at = words, loop.time()
        try:
            async with asyncio.timeout(PAUSE):
                await stop.wait()
        except TimeoutError:
            continue
    return None
