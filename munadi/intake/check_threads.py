"""Threads for the checks of long texts, apart from those that uploads and files use.

Rule: one brand has one of them at a time, so its texts never delay another brand's. They are daemon threads: a process
that is asked to end does not wait for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import ParamSpec, TypeVar

from munadi.intake.requests import ContentRequest
from munadi.outbound.slots import FairSlots

# More would not be faster: Python runs one at a time. With a second one, a short check passes a long one.
AT_ONCE, SHARE = 2, 1
# A request of more characters, over all its drafts, is checked in a thread. Each takes a microsecond or two at most.
LONG_TEXTS = 5_000
# What a draft and each of its media take besides, in characters.
DRAFT, MEDIUM = 100, 20

P = ParamSpec("P")
T = TypeVar("T")


def is_long(request: ContentRequest) -> bool:
    """Whether checking the request takes so long that it must not happen in the event loop."""
    size = 0
    for channel in request.channels:
        text = request.text if channel.text is None else channel.text
        media = request.media if channel.media is None else channel.media
        own = (channel.parts, channel.first_comment, channel.options)
        # The text of a JSON value is nearly as long as its characters.
        size += DRAFT + len(text or "") + len(media or ()) * MEDIUM + len(str(own))
    return size > LONG_TEXTS


class CheckThreads:
    """Calls functions in threads, in turns of brands. One object per process."""

    def __init__(self, at_once: int = AT_ONCE, share: int = SHARE) -> None:
        self._slots = FairSlots(at_once, share)

    async def run(self, brand_ref: str | None, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `call`. None is the brand of requests for brands that their caller may not see.

        A cancelled wait does not end the call, and its thread stays occupied until the call ends.
        """
        await self._slots.acquire(brand_ref)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def release(ended: asyncio.Future[T]) -> None:
            self._slots.release(brand_ref)
            ended.exception()  # seen, even if the caller was cancelled

        done.add_done_callback(release)
        work = partial(_work, loop, done, partial(call, *args, **kwargs))
        try:
            Thread(target=work, name="check", daemon=True).start()
        except RuntimeError as error:  # the machine has no thread left
            done.set_exception(error)
        return await asyncio.shield(done)


def _work(loop: asyncio.AbstractEventLoop, done: asyncio.Future[T], call: Callable[[], T]) -> None:
    try:
        report = partial(done.set_result, call())
    except BaseException as error:  # noqa: BLE001 - the caller raises it
        report = partial(done.set_exception, error)
    with suppress(RuntimeError):  # the loop is closed: the process ends
        loop.call_soon_threadsafe(report)
