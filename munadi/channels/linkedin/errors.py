"""What LinkedIn's answers mean: `{status, code, message, serviceErrorCode}`, and OAuth's `{error, error_description}`.

Source: docs/networks/linkedin.md, section 6. The code decides; of messages only the URN of a duplicate is read. A
refusal in LinkedIn's own envelope proves that nothing was posted; a 409, a 5xx, or a status alone proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from munadi.channels.errors import REFUSED, ErrorTable, Row, Said
from munadi.channels.linkedin.spec import SPEC
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Answer

R, S = Reason, Effect
INVALID = Row(R.INVALID_FIELD, S.REJECTED)
NO_ACCESS = Row(
    R.MISSING_SCOPE, S.REJECTED, advice="the person's role at the page, a product of the app or a scope is missing"
)
DEAD_TOKEN, REVOKED = Row(R.TOKEN_EXPIRED, S.NOT_SENT), Row(R.TOKEN_REVOKED, S.NOT_SENT)
GONE = Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED)
ENDED_VERSION = Row(
    R.PROVIDER_OUTAGE,
    S.NOT_SENT,
    timedelta(minutes=15),
    "this version of the API has ended: set MUNADI_CHANNELS__LINKEDIN__VERSION to a newer month and restart",
)
LOST_MEDIA = Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT)  # `upload` sends them again, a few times
WAITING = Row(R.MEDIA_PROCESSING_TIMEOUT, S.NOT_SENT, timedelta(seconds=5))  # the same, but with the same file
THROTTLED = Row(R.RATE_LIMITED, S.NOT_SENT, timedelta(minutes=15))  # the day ends at 00:00 UTC; LinkedIn names no time
DUPLICATE = Row(R.DUPLICATE_CONTENT, S.REJECTED, ours=True)
BAD_APP = Row(R.APP_NOT_APPROVED, S.REJECTED, advice="check the client id, the secret and the products of the app")
CLASH = Row(R.PROVIDER_OUTAGE, S.UNKNOWN, ours=True)

ERRORS: Mapping[str, Row] = {
    "65601": REVOKED,  # serviceErrorCode
    "65602": DEAD_TOKEN,
    "EMPTY_ACCESS_TOKEN": DEAD_TOKEN,
    "ACCESS_DENIED": NO_ACCESS,
    "DOCUMENT_FORBIDDEN": NO_ACCESS,
    "NOT_FOUND": GONE,
    "MISSING_FIELD": Row(R.MISSING_FIELD, S.REJECTED),
    "INVALID_VALUE_FOR_FIELD": INVALID,
    "INVALID_URN_TYPE": INVALID,
    "INVALID_URN_ID": INVALID,
    "INVALID_VALUE_BLANK_FIELD": INVALID,
    "FIELD_LENGTH_TOO_LONG": Row(R.TEXT_TOO_LONG, S.REJECTED),
    "VERSION_MISSING": ENDED_VERSION,
    "NONEXISTENT_VERSION": ENDED_VERSION,
    "MEDIA_ASSET_WAITING_UPLOAD": WAITING,
    "EXPIRED_UPLOAD_URL": LOST_MEDIA,
    "MEDIA_ASSET_PROCESSING_FAILED": LOST_MEDIA,
    "INVALID_IMAGE_ID": LOST_MEDIA,
    "INVALID_VIDEO_ID": LOST_MEDIA,
    "UPDATING_ASSET_FAILED": LOST_MEDIA,
    "DUPLICATE_POST": DUPLICATE,
    "CONFLICT": CLASH,  # "Retry the request", but nothing says that it had no effect
    "TOO_MANY_REQUESTS": THROTTLED,
    "invalid_request": REVOKED,  # how a code or a refresh token that has ended is refused
    "invalid_grant": REVOKED,
    "invalid_redirect_uri": REVOKED,
    "invalid_client": BAD_APP,
    "invalid_client_id": BAD_APP,
    "unauthorized_client": BAD_APP,
    "unauthorized_scope_error": BAD_APP,
}
# The id of a post.
URN = re.compile(r"urn:li:(?:share|ugcPost|activity):\d{1,30}\b")


def duplicate_of(error: ChannelError) -> str | None:
    """The URN of the earlier post that a refusal as a duplicate names."""
    found = URN.search(error.provider_message or "")
    return found[0] if found else None


def _read(answer: Answer) -> Said:
    """Code and text of whichever envelope there is."""
    word = answer.field("error")
    if isinstance(word, str) and word in ERRORS:
        return Said(word, str(answer.field("error_description") or ""))
    code, service, message = answer.field("code"), str(answer.field("serviceErrorCode")), answer.field("message")
    named = service if service in ERRORS else code if isinstance(code, str) else ""
    text = message if isinstance(message, str) else ""
    return Said(named[:100], text, is_own=bool(text) and answer.field("status") == answer.status)


TABLE = ErrorTable(
    title=SPEC.title,
    read=_read,
    codes=ERRORS,
    statuses={401: DEAD_TOKEN, 409: CLASH, 426: ENDED_VERSION, 429: THROTTLED},
    enveloped={400: INVALID, 403: NO_ACCESS, 404: GONE, 413: REFUSED, 415: REFUSED, 422: INVALID},
)
failure, explain = TABLE.failure, TABLE.explain
