"""What the answers of Mastodon and compatible servers mean. Envelope: `{"error": "text", "error_description"?}`.

Source: docs/networks/mastodon.md, section 6. The text may be in the owner's language, so the status decides and an
English text only makes it more exact. A 422 of Mastodon is a refusal before anything was stored, whatever its text;
`publisher` reads the medium before it believes one, since an earlier call may have used it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from munadi.channels.answers import instant
from munadi.channels.errors import LONGEST_WAIT, Row, refusal
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Answer

R, S = Reason, Effect
TITLE = "Mastodon"
DEFAULT_WAIT = timedelta(minutes=5)
REVOKED = "the token is no longer valid: the owner removed the app, or the server forgot it; connect the account again"
DEAD_TOKEN = Row(R.TOKEN_EXPIRED, S.NOT_SENT, advice=REVOKED)
BAD_MEDIA = Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED)

# Words of OAuth (RFC 6749, 5.2), in `error` itself.
ERRORS: Mapping[str, Row] = {
    "invalid_grant": Row(R.TOKEN_REVOKED, S.NOT_SENT),  # a code that was used, is too old, or is another app's
    "invalid_client": Row(R.TOKEN_REVOKED, S.NOT_SENT),  # servers forget apps: the next consent registers a new one
    "unauthorized_client": Row(R.TOKEN_REVOKED, S.NOT_SENT),
    "invalid_token": DEAD_TOKEN,
    "insufficient_scope": Row(R.MISSING_SCOPE, S.REJECTED),
}
# (status, a part of the text); the first match counts.
WORDED: Sequence[tuple[int, re.Pattern[str], Row]] = (
    (403, re.compile(r"outside the authorized scopes", re.I), Row(R.MISSING_SCOPE, S.REJECTED)),
    (403, re.compile(r"login is|e-mail|pending approval|two-factor", re.I), Row(R.ACCOUNT_RESTRICTED, S.REJECTED)),
    (403, re.compile(r"action is not allowed", re.I), Row(R.CONTENT_POLICY, S.REJECTED)),
    (404, re.compile(r"record not found", re.I), Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED)),
    (422, re.compile(r"requires an authenticated user", re.I), DEAD_TOKEN),
    (422, re.compile(r"text can't be blank", re.I), Row(R.MISSING_FIELD, S.REJECTED)),
    (422, re.compile(r"character limit", re.I), Row(R.TEXT_TOO_LONG, S.REJECTED)),
    (422, re.compile(r"not finished processing", re.I), Row(R.PROVIDER_OUTAGE, S.NOT_SENT, wait=timedelta(seconds=5))),
    (422, re.compile(r"already attached|duplicate record", re.I), Row(R.DUPLICATE_CONTENT, S.UNKNOWN, ours=True)),
    (422, re.compile(r"cannot attach|files|content type|uploaded media|file size", re.I), BAD_MEDIA),
    (400, re.compile(r"", re.I), Row(R.INVALID_FIELD, S.REJECTED)),
    # In a language that is not English: perhaps "already attached".
    (422, re.compile(r"", re.I), Row(R.INVALID_FIELD, S.REJECTED, ours=True)),
)  # fmt: skip
# The status alone: proxies answer with HTML or nothing.
STATUSES: Mapping[int, Row] = {
    401: DEAD_TOKEN,
    413: BAD_MEDIA,
    429: Row(R.RATE_LIMITED, S.NOT_SENT, wait=DEFAULT_WAIT),
}
OUTAGE = Row(R.PROVIDER_OUTAGE, S.UNKNOWN)
UNKNOWN = Row(R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN)


def failure(reason: Reason, message: str, effect: Effect = Effect.NOT_SENT, code: str | None = None) -> ChannelError:
    """A failure in our own words."""
    return ChannelError(reason, effect, f"{TITLE}: {message}", provider_code=code)


def explain(answer: Answer, now: datetime) -> ChannelError:
    """The answer as a ChannelError; its `provider_code` is a word of OAuth or `HTTP <status>`."""
    text = answer.field("error")
    text = text if isinstance(text, str) else ""
    description = answer.field("error_description")
    name = text if text in ERRORS else ""
    message = description if name and isinstance(description, str) else text
    row = _row(answer.status, text)
    error = refusal(TITLE, row, answer, now, name, message)
    if row.reason is R.RATE_LIMITED and "retry-after" not in answer.headers:
        error.retry_after = _reset(answer, now) or row.wait
    return error


def _row(status: int, text: str) -> Row:
    if status >= 500:
        return OUTAGE
    if text in ERRORS:
        return ERRORS[text]
    worded = (row for at, words, row in WORDED if at == status and words.search(text))
    found = next(worded, None) if text else None
    return found or STATUSES.get(status, UNKNOWN)


def _reset(answer: Answer, now: datetime) -> timedelta | None:
    """`X-RateLimit-Reset` is a time (ISO 8601); there is no Retry-After."""
    at = instant(answer.headers.get("x-ratelimit-reset", "")[:64])
    return None if at is None else min(max(at - now, timedelta(seconds=1)), LONGEST_WAIT)
