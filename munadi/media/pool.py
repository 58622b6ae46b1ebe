"""The pool for what blocks on the media store.

The rule here: a store that hangs holds up media only. The loop's own threads resolve names and probe files, so they
are never lent to it.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

WORKERS = 16

P = ParamSpec("P")
T = TypeVar("T")
_threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="media-store")


async def off_loop(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`call(*args, **kwargs)` in one of the pool. A cancelled wait does not end the call."""
    run = partial(contextvars.copy_context().run, partial(call, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_threads, run)
