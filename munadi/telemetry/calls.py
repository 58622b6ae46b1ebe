"""Measures each call to a network and each delivery: how long it took, and how it ended.

Rule: neither a metric nor a span has the path of a URL, since it may hold a token (Telegram's does).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from munadi.telemetry import metrics, tracing
from munadi.telemetry.tracing import OpenSpan

# The headers in which networks say how many calls are left: X's, Mastodon's, and those of the IETF's draft.
QUOTA_HEADERS = ("x-rate-limit-remaining", "x-ratelimit-remaining", "ratelimit-remaining")
_NONE = ("none", "none")
_calling: ContextVar[tuple[str, str]] = ContextVar("calling_network", default=_NONE)


@contextmanager
def calling_network(channel: str, operation: str) -> Iterator[None]:
    """The calls inside the block are of this channel and operation (`publish`, `check`, …)."""
    token = _calling.set((channel, operation))
    try:
        yield
    finally:
        _calling.reset(token)


@dataclass
class MeasuredCall:
    """A call under way. `answered` takes what is known of the answer."""

    channel: str
    span: OpenSpan
    status: str | None = None

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """The network has answered."""
        self.status = str(status) if 100 <= status <= 599 else "other"
        self.span.note(status=status)
        if status >= 400:
            self.span.fail(str(status))
        left = next((headers[name] for name in QUOTA_HEADERS if name in headers), "")
        if left.isdecimal() and len(left) < 10:
            metrics.QUOTA_LEFT.labels(self.channel).set(int(left))


def quota_left(left: int) -> None:
    """An answer to the channel that is calling now has said how much of a quota is left."""
    metrics.QUOTA_LEFT.labels(_calling.get()[0]).set(left)


@contextmanager
def network_call(method: str, host: str) -> Iterator[MeasuredCall]:
    """Measure one HTTP request to a network. Without an answer its status is the name of the error."""
    channel, operation = _calling.get()
    facts = {"channel": channel, "operation": operation, "method": method, "host": host}
    with tracing.span(f"{channel} {operation}", "CLIENT", **facts) as span:
        call, began = MeasuredCall(channel, span), time.perf_counter()
        try:
            yield call
        except BaseException as error:
            call.status = call.status or type(error).__name__
            raise
        finally:
            metrics.CALL_SECONDS.labels(channel).observe(time.perf_counter() - began)
            metrics.CALLS.labels(channel, operation, call.status or "none").inc()
