"""What relays and media servers answer: `prefix: words`, or a status. Source: docs/networks/nostr.md, section 6.

A relay's refusal is an `OK` with false, or `CLOSED`; the exchange makes status 400 of it. It proves that this relay did
not take the event. Silence, a notice alone and a closed connection prove nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from munadi.channels.answers import text_in
from munadi.channels.errors import ErrorTable, Row, Said
from munadi.channels.nostr.spec import SPEC
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Answer

R, S = Reason, Effect
NOT_ADMITTED = Row(R.TOKEN_EXPIRED, S.NOT_SENT, advice="a relay takes no notes of this key, or asks for a log-in")
NO_MEMBER = Row(R.MISSING_SCOPE, S.REJECTED, advice="a relay takes notes of its members only: register there")
BLOCKED = Row(R.CONTENT_POLICY, S.REJECTED, advice="a relay refuses this key or this note: use other relays")
WORK = Row(R.INVALID_FIELD, S.REJECTED, advice="a relay asks for proof of work, which is not supported: use others")
INVALID = Row(R.INVALID_FIELD, S.REJECTED, advice="a relay takes no such note: it is too long, or too old")
DELETED = Row(R.CONTENT_POLICY, S.REJECTED, advice="its author has deleted this note, and a relay takes it no more")
THROTTLED = Row(R.RATE_LIMITED, S.NOT_SENT, timedelta(minutes=1))
TROUBLE = Row(R.PROVIDER_OUTAGE, S.NOT_SENT, timedelta(seconds=30))
TOO_LARGE = Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED, advice="the media server takes no such file: it is too large")
NO_MEDIA = Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED, advice="the media server takes no such file")
UNPAID = Row(R.ACCOUNT_RESTRICTED, S.REJECTED, advice="the media server or relay wants to be paid")

# The part of a refusal before its colon.
ERRORS: Mapping[str, Row] = {
    "pow": WORK,
    "invalid": INVALID,
    "replaced": Row(R.DUPLICATE_CONTENT, S.REJECTED, advice="a relay has a newer version of this"),
    "blocked": BLOCKED,
    "deleted": DELETED,
    "auth-required": NOT_ADMITTED,
    "restricted": NO_MEMBER,
    "rate-limited": THROTTLED,
    "error": TROUBLE,
}
_PREFIX = re.compile(r"([a-z-]{1,40}):\s*(.*)", re.S)


def explain(answer: Answer, now: datetime) -> ChannelError:
    """The answer as a ChannelError; its code is the prefix, or the status."""
    return TABLE.explain(answer, now)


def _read(answer: Answer) -> Said:
    words = refusal_in(answer)
    found = _PREFIX.match(words or "")
    if words is None:
        return Said("", text_in(answer.body, "message") or answer.headers.get("x-reason", ""))
    return Said(found[1], found[2], is_own=True) if found else Said("", words, is_own=True)


def refusal_in(answer: Answer) -> str | None:
    """The words of a relay's refusal: the last frame that is one."""
    frames = answer.body if isinstance(answer.body, list) else []
    for frame in reversed(frames):
        match frame:
            case ["OK", str(), False, str(words), *_] | ["CLOSED", str(), str(words), *_]:
                return words
    return None


TABLE = ErrorTable(
    title=SPEC.title,
    read=_read,
    codes=ERRORS,
    statuses={401: NOT_ADMITTED, 402: UNPAID, 411: NO_MEDIA, 413: TOO_LARGE, 415: NO_MEDIA, 429: THROTTLED},
    refused=Row(R.UNKNOWN_PROVIDER_ERROR, S.REJECTED),
)
failure = TABLE.failure
