"""What the AT Protocol answers mean. Envelope: `{"error": "Name", "message": "text"}` with an HTTP status.

Source: docs/networks/bluesky.md, section 6. A name without a row is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from munadi.channels.bluesky.spec import SPEC
from munadi.channels.errors import OUTAGE, ErrorTable, Row, Said
from munadi.channels.http import no_proof
from munadi.domain.failure import ChannelError, Effect, FieldRefused, Reason
from munadi.ports import Answer

R, S = Reason, Effect
T = TypeVar("T")
THROTTLED = Row(R.RATE_LIMITED, S.NOT_SENT, wait=timedelta(seconds=60))
BAD_MEDIA = Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED)
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
    (429, "RateLimitExceeded"): THROTTLED,
    (400, "InvalidSize"): BAD_MEDIA,  # blob as used in a record
    (400, "InvalidMimeType"): BAD_MEDIA,  # blob as used in a record
    (None, "BlobTooLarge"): BAD_MEDIA._replace(proof=True),  # 400 or 413, by server
    (413, "PayloadTooLarge"): BAD_MEDIA,  # uploadBlob
    (413, "PayloadTooLargeError"): BAD_MEDIA,  # JSON body
    (400, "BlobNotFound"): Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT),  # deleted in the meantime: uploaded again
    (400, "InvalidSwap"): Row(R.DUPLICATE_CONTENT, S.UNKNOWN, ours=True),  # another record has our key: see `posting`
    (500, "InternalServerError"): OUTAGE,  # also a second create at one key
    (502, "UpstreamFailure"): OUTAGE,
    (503, "NotEnoughResources"): OUTAGE,
    (504, "UpstreamTimeout"): OUTAGE,
    (400, "HandleNotFound"): Row(R.INVALID_FIELD, S.REJECTED),  # resolveHandle
    (400, "SyntaxError"): Row(R.INVALID_FIELD, S.REJECTED),
    (501, "MethodNotImplemented"): Row(R.INVALID_FIELD, S.REJECTED, proof=True),
    (400, "InvalidRequest"): Row(R.INVALID_FIELD, S.REJECTED),  # see WORDED
    (400, "RecordNotFound"): Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED),  # getRecord: means not live
}
# InvalidRequest has no finer code: its message is the schema's own, after an optional
# "Invalid app.bsky.feed.post record: ".
_INVALID = r"^InvalidRequest (?:Invalid app\.bsky\.\S+ record: )?"
WORDED: Sequence[tuple[int | None, re.Pattern[str], Row]] = (
    (400, re.compile("^InvalidRequest Blob has been takendown"), Row(R.CONTENT_POLICY, S.REJECTED)),
    (400, re.compile(_INVALID + r'(?:blob too big|Expected "(?:image/\*|video/mp4|text/vtt)")'), BAD_MEDIA),
    (
        400,
        re.compile(_INVALID + r"(?:grapheme|string) too big .+ at \$\.(?:writes\[\d+\]\.)?record\.text$"),
        Row(R.TEXT_TOO_LONG, S.REJECTED),
    ),
    (400, re.compile(_INVALID + "Missing required key"), Row(R.MISSING_FIELD, S.REJECTED)),
)
# Proxies answer with HTML or nothing: the status is all there is.
STATUSES: Mapping[int, Row] = {
    413: BAD_MEDIA,
    429: THROTTLED,
}


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


def read_error(answer: Answer) -> Said:
    """Name and message. A server whose body does not name it has it in `WWW-Authenticate: DPoP error="…"`."""
    found = CHALLENGE.match(answer.headers.get("www-authenticate", "")) if answer.status == 401 else None
    name = str(answer.field("error") or (found[1] if found else ""))
    message = str(answer.field("message") or answer.field("error_description") or "")
    return Said(name, message, keys=((answer.status, name), (None, name)))


# The reference PDS names the end of a throttle in seconds since the epoch, and sends no Retry-After.
TABLE = ErrorTable(SPEC.title, read_error, worded=WORDED, codes=ERRORS, statuses=STATUSES, reset="ratelimit-reset")
failure, explain = TABLE.failure, TABLE.explain
