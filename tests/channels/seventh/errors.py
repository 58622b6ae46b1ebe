"""The meaning of the seventh network's refusals: `{"error": {"code", "message"}}`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from munadi.channels.errors import Row, refusal
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Answer

ERRORS: Mapping[str, Row] = {
    "bad_token": Row(Reason.TOKEN_REVOKED, Effect.NOT_SENT),
    "too_long": Row(Reason.TEXT_TOO_LONG, Effect.REJECTED),
    "slow_down": Row(Reason.RATE_LIMITED, Effect.NOT_SENT, timedelta(minutes=1)),
}
OUTAGE = Row(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN)
UNKNOWN = Row(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN)


def explain(answer: Answer, now: datetime) -> ChannelError:
    """The answer as a ChannelError. A 5xx proves nothing with any code."""
    error = answer.field("error")
    code, message = (str(error.get(name) or "") if isinstance(error, dict) else "" for name in ("code", "message"))
    row = OUTAGE if answer.status >= 500 else ERRORS.get(code, UNKNOWN)
    return refusal("Seventh", row, answer, now, code, message)
