"""Counts the requests that a look at live posts makes, and refuses one too many (`munadi.channels.http` sends them)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from munadi.domain.failure import ChannelError, Effect, Reason


@dataclass
class Requests:
    """The most requests that a look may make, and how many it has made."""

    most: int
    made: int = 0


_running: ContextVar[Requests | None] = ContextVar("requests_of_a_look", default=None)


@contextmanager
def counted(requests: Requests) -> Iterator[None]:
    """The requests inside the block, and in tasks that it starts, are those of a look."""
    token = _running.set(requests)
    try:
        yield
    finally:
        _running.reset(token)


def count_request() -> None:
    """Count a request that is about to be sent. Raises ChannelError, *not sent*, where it is one too many."""
    requests = _running.get()
    if requests is None:
        return
    if requests.made >= requests.most:
        message = f"a look makes {requests.most} requests at most"
        raise ChannelError(Reason.RATE_LIMITED, Effect.NOT_SENT, message)
    requests.made += 1
