"""What the AT Protocol answers mean. Envelope: `{"error": "Name", "message": "text"}` with an HTTP status.

Source: docs/networks/bluesky.md, section 6. A name without a row is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from munadi.channels.errors import Row, refusal, retry_after
from munadi.channels.http import no_proof
from munadi.domain.failure import ChannelError, Effect, FieldRefused, Reason
from munadi.ports import Answer

R, S = Reason, Effect
T = TypeVar("T")
DEFAULT_WAIT = timedelta(seconds=60)
CHALLENGE = re.compile(r'DPoP\b.*\berror="([a-z_]+)"', re.IGNORECASE)  # RFC 9449, 7.1 and 9

UNREAD = (
    "the server did not accept our client metadata or our signature: MUNADI_PUBLIC_URL must be our public address, "
    "with client-metadata.json and jwks.json, and this machine's clock must be right"
)

# (HTTP status, or None for any; error name). A dead token proves that nothing was written, so it is *not sent*.
ERRORS: Mapping[tuple[int | None, str], Row] = {
    (400, "ExpiredToken"): Row(R.TOKEN_EXPIRED, S.NOT_SENT),  # expired or revoked, access or refresh; 400, not 401
    (400, "InvalidToken"): Row(R.TOKEN_EXPIRED, S.NOT_SENT),  # malformed, bad signature, wrong type
    (401, "invalid_token"): Row(R.TOKEN_EXPIRED, S.NOT_SENT),  # the same under DPoP
    (400, "use_dpop_nonce"): Row(R.PROVIDER_OUTAGE, S.NOT_SENT),  # authorization server: repeat with the new nonce
    (401, "use_dpop_nonce"): Row(R.TOKEN_EXPIRED, S.NOT_SENT),  # PDS: the same
    (401, "invalid_dpop_proof"): Row(R.TOKEN_EXPIRED, S.NOT_SENT),  # clock or key
    (400, "invalid_client"): Row(R.APP_NOT_APPROVED, S.NOT_SENT, advice=UNREAD),
    (401, "invalid_client"): Row(R.APP_NOT_APPROVED, S.NOT_SENT, advice=UNREAD),
    (400, "invalid_client_metadata"): Row(R.APP_NOT_APPROVED, S.NOT_SENT, advice=UNREAD),
    (400, "invalid_redirect_uri"): Row(R.APP_NOT_APPROVED, S.NOT_SENT, advice=UNREAD),
    (400, "invalid_grant"): Row(R.TOKEN_REVOKED, S.NOT_SENT),  # OAuth refresh token used, revoked or expired
    (401, "AuthMissing"): Row(R.TOKEN_REVOKED, S.NOT_SENT),  # no Authorization header
    (401, "AuthenticationRequired"): Row(R.TOKEN_REVOKED, S.NOT_SENT, advice="check identifier and app password"),
    (401, "AuthFactorTokenRequired"): Row(R.LOGIN_CHECKPOINT, S.NOT_SENT, advice="use an app password"),  # 2FA
    (401, "AccountTakedown"): Row(R.ACCOUNT_RESTRICTED, S.REJECTED),  # by moderation; the owner appeals
    (401, "AccountDeactivated"): Row(R.ACCOUNT_RESTRICTED, S.REJECTED),  # by its owner, or it has moved
    (403, "ScopeMissingError"): Row(R.MISSING_SCOPE, S.REJECTED),  # OAuth only
    (403, "AccountNotFound"): Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED),  # not on this PDS: it may have moved
    (429, "RateLimitExceeded"): Row(R.RATE_LIMITED, S.NOT_SENT, wait=DEFAULT_WAIT),
    (400, "InvalidSize"): Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED),  # blob as used in a record
    (400, "InvalidMimeType"): Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED),  # blob as used in a record
    (None, "BlobTooLarge"): Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED),  # 400 or 413, by server
    (413, "PayloadTooLarge"): Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED),  # uploadBlob
    (413, "PayloadTooLargeError"): Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED),  # JSON body
    (400, "BlobNotFound"): Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT),  # deleted in the meantime: uploaded again
    (400, "InvalidSwap"): Row(
        R.DUPLICATE_CONTENT, S.UNKNOWN, ours=True
    ),  # another record has our key: the publisher compares
    (500, "InternalServerError"): Row(R.PROVIDER_OUTAGE, S.UNKNOWN),  # also a second create at one key
    (502, "UpstreamFailure"): Row(R.PROVIDER_OUTAGE, S.UNKNOWN),
    (503, "NotEnoughResources"): Row(R.PROVIDER_OUTAGE, S.UNKNOWN),
    (504, "UpstreamTimeout"): Row(R.PROVIDER_OUTAGE, S.UNKNOWN),
    (400, "HandleNotFound"): Row(R.INVALID_FIELD, S.REJECTED),  # resolveHandle
    (400, "SyntaxError"): Row(R.INVALID_FIELD, S.REJECTED),
    (501, "MethodNotImplemented"): Row(R.INVALID_FIELD, S.REJECTED),
    (400, "RecordNotFound"): Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED),  # getRecord: means not live
}
# InvalidRequest (400) has no finer code: its message is the schema's own, after an optional
# "Invalid app.bsky.feed.post record: "; the first match counts.
_IN_RECORD = r"(?:Invalid app\.bsky\.\S+ record: )?"
INVALID_REQUESTS: Sequence[tuple[re.Pattern[str], Row]] = (
    (re.compile(r"Blob has been takendown"), Row(R.CONTENT_POLICY, S.REJECTED)),
    (
        re.compile(_IN_RECORD + r'(?:blob too big|Expected "(?:image/\*|video/mp4|text/vtt)")'),
        Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED),
    ),
    (
        re.compile(_IN_RECORD + r"(?:grapheme|string) too big .+ at \$\.(?:writes\[\d+\]\.)?record\.text$"),
        Row(R.TEXT_TOO_LONG, S.REJECTED),
    ),
    (re.compile(_IN_RECORD + r"Missing required key"), Row(R.MISSING_FIELD, S.REJECTED)),
    (re.compile(r""), Row(R.INVALID_FIELD, S.REJECTED)),
)
# Proxies answer with HTML or nothing: the status is all there is.
STATUSES: Mapping[int, Row] = {
    413: Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED),
    429: Row(R.RATE_LIMITED, S.NOT_SENT, wait=DEFAULT_WAIT),
}
OUTAGE = Row(R.PROVIDER_OUTAGE, S.UNKNOWN)  # any other 5xx
UNKNOWN = Row(R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN)  # any other answer


def failure(
    reason: Reason, message: str, effect: Effect = Effect.NOT_SENT, code: str | None = None, **more: Any
) -> ChannelError:
    """A failure in our own words."""
    return ChannelError(reason, effect, f"Bluesky: {message}", provider_code=code, **more)


def field_refused(message: str, pointer: str, rule: str, limit: str | None, actual: str) -> ChannelError:
    """A field of an import that cannot be right."""
    reason, text = Reason.INVALID_FIELD, f"Bluesky: {message}"
    return FieldRefused(reason, Effect.REJECTED, text, pointer=pointer, rule=rule, limit=limit, actual=actual)


def proof(answer: Answer, name: str, kind: type[T], *hidden: str) -> T:
    """A field that a success must have. Raises ChannelError without it, or when it is an empty text or object."""
    value = answer.field(name)
    if not isinstance(value, kind) or value in ("", {}):
        raise no_proof(answer, hidden)
    return value


def explain(answer: Answer, now: datetime) -> ChannelError:
    """The answer as a ChannelError; `now` turns a reset time into a wait."""
    name = str(answer.field("error") or _challenge(answer))
    message = str(answer.field("message") or answer.field("error_description") or "")
    return error_of(_row(answer.status, name, message), answer, name, message, now)


def error_of(row: Row, answer: Answer, name: str, message: str, now: datetime) -> ChannelError:
    """What a row says about an answer, with the network's own words."""
    error = refusal("Bluesky", row, answer, now, name, message)
    error.retry_after = _wait(row, answer, now)
    return error


def _challenge(answer: Answer) -> str:
    """The error in a 401's `WWW-Authenticate: DPoP error="…"`, for a server whose body does not name it."""
    found = CHALLENGE.match(answer.headers.get("www-authenticate", "")) if answer.status == 401 else None
    return found.group(1) if found else ""


def _row(status: int, name: str, message: str) -> Row:
    if (status, name) == (400, "InvalidRequest"):
        return next(row for pattern, row in INVALID_REQUESTS if pattern.match(message))
    known = ERRORS.get((status, name)) or ERRORS.get((None, name)) or STATUSES.get(status)
    return known or (OUTAGE if status >= 500 else UNKNOWN)


def _wait(row: Row, answer: Answer, now: datetime) -> timedelta | None:
    """Retry-After, else a rate limit's own reset (epoch seconds; the reference PDS sends no Retry-After)."""
    given = retry_after(answer.headers, now)
    reset = answer.headers.get("ratelimit-reset", "").strip()
    if given is None and row.reason is Reason.RATE_LIMITED and reset.isdigit() and len(reset) <= 11:
        given = max(datetime.fromtimestamp(int(reset), UTC) - now, timedelta(seconds=1))
    return row.wait if given is None else given
