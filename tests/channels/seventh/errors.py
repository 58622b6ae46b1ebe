"""The meaning of the seventh network's refusals: `{"error": {"code", "message"}}`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from munadi.channels.answers import object_in
from munadi.channels.errors import ErrorTable, Row, Said
from munadi.domain.failure import Effect, Reason
from munadi.ports import Answer

ERRORS: Mapping[str, Row] = {
    "bad_token": Row(Reason.TOKEN_REVOKED, Effect.NOT_SENT),
    "too_long": Row(Reason.TEXT_TOO_LONG, Effect.REJECTED),
    "slow_down": Row(Reason.RATE_LIMITED, Effect.NOT_SENT, timedelta(minutes=1)),
}


def _read(answer: Answer) -> Said:
    error = object_in(answer.body, "error")
    return Said(*(str(error.get(name) or "") for name in ("code", "message")))


TABLE = ErrorTable("Seventh", _read, codes=ERRORS)
explain = TABLE.explain
