"""Thread pools for blocking calls: to the media store, and for probing a file.

Rule: a store that hangs holds up media only, and a picture that takes long to decode holds up pictures only.
The loop's own threads resolve names and write files, so neither ever uses them.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

WORKERS = 16
# More than are ever used at once: a probe whose request was cancelled runs to its end.
PROBERS = 4

P = ParamSpec("P")
T = TypeVar("T")
_threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="media-store")
_probers = ThreadPoolExecutor(PROBERS, thread_name_prefix="media-probe")


async def off_loop(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`call(*args, **kwargs)` in one of the pool. A cancelled wait does not end the call."""
    run = partial(contextvars.copy_context().run, partial(call, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_threads, run)


def start_probe(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
    """`call(*args, **kwargs)` in a thread for probes. Shield it: the thread cannot be stopped."""
    return asyncio.get_running_loop().run_in_executor(_probers, partial(call, *args, **kwargs))
