"""What Google's answers mean: a status, and the names in `details`. Source: docs/networks/google_business.md, 6.

A 4xx in Google's envelope proves that nothing was posted, but a conflict does not; a 5xx proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from munadi.channels.answers import object_in
from munadi.channels.errors import OUTAGE, REFUSED, ErrorTable, Row, Said
from munadi.channels.google_business.spec import SPEC
from munadi.channels.removing import for_removals
from munadi.domain.failure import MAX_MESSAGE, ChannelError, Effect, Reason
from munadi.ports import Answer

R, S = Reason, Effect
DEAD = Row(R.TOKEN_EXPIRED, S.NOT_SENT)
OFF = Row(
    R.APP_NOT_APPROVED,
    S.NOT_SENT,
    advice="enable the Google My Business API in the app's Cloud project, and apply for access to it",
)
UNTICKED = Row(R.MISSING_SCOPE, S.NOT_SENT)
NO_ROLE = Row(
    R.TARGET_NOT_ACCESSIBLE,
    S.REJECTED,
    advice="this person is no owner or manager of the location, or the location is suspended or not verified",
)
MOVED = Row(
    R.TARGET_NOT_ACCESSIBLE, S.REJECTED, advice="there is no such location for this person: connect it once more"
)
INVALID, PHOTO = Row(R.INVALID_FIELD, S.REJECTED), Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED)
THROTTLED = Row(R.RATE_LIMITED, S.NOT_SENT, timedelta(minutes=1), of_app=True)
APP = Row(R.APP_NOT_APPROVED, S.REJECTED)  # the operator fixes it; no account is at fault
REJECTED = Row(
    R.CONTENT_POLICY,
    S.REJECTED,
    advice="Google rejected the post and does not say why: a phone number, capitals alone, a link to another site, or "
    "a photo that was posted before",
)
ERRORS: Mapping[str, Row] = {
    "UNAUTHENTICATED": DEAD,
    **dict.fromkeys(("SERVICE_DISABLED", "accessNotConfigured"), OFF),
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": UNTICKED,
    "PERMISSION_DENIED": NO_ROLE,
    "NOT_FOUND": MOVED,
    **dict.fromkeys(("MISSING_VALUE", "INVALID_VALUE", "INVALID_CHARACTERS", "INVERTED_RANGE"), INVALID),
    **dict.fromkeys(("EXPIRED_VALUE", "UNSUPPORTED_VALUE", "INVALID_ARGUMENT"), INVALID),
    **dict.fromkeys(("TOO_MANY_ITEMS", "PHOTO_UPLOAD_FAILED"), PHOTO),
    "PHOTO_FETCH_FAILED": Row(R.MEDIA_UNREACHABLE, S.REJECTED),
    "RESOURCE_EXHAUSTED": THROTTLED,
    **dict.fromkeys(("ABORTED", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "UNKNOWN"), OUTAGE),
    # Errors of the token endpoint.
    "invalid_grant": Row(R.TOKEN_REVOKED, S.NOT_SENT),
    "invalid_token": Row(R.TOKEN_REVOKED, S.NOT_SENT),
    "invalid_rapt": Row(R.LOGIN_CHECKPOINT, S.NOT_SENT),
    **dict.fromkeys(("invalid_client", "deleted_client"), APP),
}
# Google names a refused field by a number: those of photos.
PHOTO_CODES = range(1000, 1100)


def _read(answer: Answer) -> Said:
    """The most exact name of what was refused, and the words with the fields that are wrong."""
    error = answer.field("error")
    if isinstance(error, str):  # the token endpoint
        subtype = answer.field("error_subtype")
        return Said(subtype if subtype in ERRORS else error, str(answer.field("error_description") or ""))
    if not isinstance(error, dict):
        return Said("", answer.text[:MAX_MESSAGE])
    fields = list(_fields(error))
    codes = ["PHOTO_UPLOAD_FAILED" if one.get("code") in PHOTO_CODES else str(one.get("code")) for one in fields]
    named = [*_reasons(error), *codes, str(error.get("status") or "")]
    code = next((one for one in named if one in ERRORS), named[-1])
    wrong = [f"{one.get('field')}: {one.get('message')}" for one in fields if one.get("field")]
    return Said(code[:80], "; ".join([str(error.get("message") or ""), *wrong]), is_own=True)


def _reasons(error: Mapping[str, Any]) -> Iterator[str]:
    """The reasons of `details` (google.rpc.ErrorInfo) and of `errors`."""
    for name in ("details", "errors"):
        rows = error.get(name)
        for one in rows if isinstance(rows, list) else []:
            if isinstance(one, dict) and isinstance(one.get("reason"), str):
                yield one["reason"]


def _fields(error: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The refused fields of google.mybusiness.v4.ValidationError."""
    details = error.get("details")
    for one in details if isinstance(details, list) else []:
        rows = object_in(one).get("errorDetails")
        yield from (row for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict))


TABLE = ErrorTable(
    SPEC.title,
    _read,
    # A path that the API does not know is answered with a page: a mistake of ours.
    worded=((404, re.compile(r"Error 404 \(Not Found\)"), INVALID),),
    codes=ERRORS,
    statuses={401: DEAD, 429: THROTTLED, 409: OUTAGE, 499: OUTAGE},
    refused=REFUSED,
)
failure = TABLE.failure
# At the token endpoint a dead token is about our client: it must not mark an account as disconnected.
GRANTS = replace(
    TABLE,
    codes={code: APP if row is DEAD else row for code, row in TABLE.codes.items()},
    statuses={**TABLE.statuses, 401: APP},
)
REMOVALS = for_removals(TABLE)


def explain(answer: Answer, now: datetime) -> ChannelError:
    """The answer as a ChannelError."""
    return TABLE.explain(answer, now)
