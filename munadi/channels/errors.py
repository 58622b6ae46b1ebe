"""One row of a channel's error table, and the ChannelError that it makes of a network's answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from munadi.channels.http import retry_after
from munadi.domain.failure import MAX_MESSAGE, ChannelError, Effect, Reason
from munadi.domain.reasons import REASONS
from munadi.domain.redaction import redact
from munadi.ports import Answer


class Row(NamedTuple):
    """One known answer.

    `wait` counts where the network names no time. `advice` replaces the reason's own words where they are too general.
    """

    reason: Reason
    effect: Effect
    wait: timedelta | None = None
    advice: str = ""


def refusal(
    title: str, row: Row, answer: Answer, now: datetime, code: str, message: str, mask: Callable[[str], str] = redact
) -> ChannelError:
    """The answer as a ChannelError with the network's own code and message; `mask` removes secrets from its texts."""
    return ChannelError(
        row.reason,
        row.effect,
        f"{title}: {row.advice or REASONS[row.reason].meaning}",
        provider_code=code or f"HTTP {answer.status}",
        provider_message=mask(message or answer.text[:MAX_MESSAGE])[:MAX_MESSAGE] or None,
        retry_after=retry_after(answer.headers, now) or row.wait,
        raw=mask(answer.text),
    )
