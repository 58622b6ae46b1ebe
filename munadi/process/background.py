"""Tasks that outlive the request that began them, and serve others too."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


def detached(work: Coroutine[Any, Any, T], *, name: str | None = None) -> asyncio.Task[T]:
    """A task without the context of its caller: a task copies it otherwise, and would log every line of its life, and
    write every entry of the audit log, with the id of the request that happened to begin it."""
    return asyncio.create_task(work, name=name, context=Context())


async def to_the_end(storing: Coroutine[Any, Any, T]) -> T:
    """Await what stores something. A cancellation ends the wait, and not the storing."""
    task = asyncio.ensure_future(storing)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_retrieved)
        raise


def _retrieved(task: asyncio.Task[Any]) -> None:
    """Take the exception of a task that is not awaited any more, so that the log does not report it as lost."""
    if not task.cancelled():
        task.exception()
