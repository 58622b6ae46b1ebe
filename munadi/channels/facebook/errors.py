"""What Facebook's answers mean: the Graph envelope's `(code, error_subcode)`, and the upload host's `debug_info`.

Source: facts, section 6. Codes from a million on are found whether they stand as the code or as the subcode. What may
follow the effect (1, 2, 506 and the upload's timeouts) is unknown: posts have appeared despite a 500 with code 2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from munadi.channels.http import redact, retry_after
from munadi.domain.failure import MAX_MESSAGE, ChannelError, Reason, Sorting
from munadi.domain.reasons import REASONS
from munadi.ports import Answer

R, S = Reason, Sorting


class Row(NamedTuple):
    """One known answer. `again`: another upload may succeed. `wait`: when the network names no time."""

    reason: Reason
    sorting: Sorting
    again: bool = False
    wait: timedelta | None = None


THROTTLED = Row(R.RATE_LIMITED, S.NOT_SENT, wait=timedelta(minutes=5))
EXPIRED = Row(R.TOKEN_EXPIRED, S.NOT_SENT)
NO_PERMISSION = Row(R.MISSING_SCOPE, S.REJECTED)
REFUSED_MEDIA = Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED)
REFUSED_FIELD = Row(R.INVALID_FIELD, S.REJECTED)
OUTAGE = Row(R.PROVIDER_OUTAGE, S.UNKNOWN)
DUPLICATE = Row(R.DUPLICATE_CONTENT, S.UNKNOWN)
UNKNOWN = Row(R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN)

LINK_UNREADABLE = 1609005
WRONG_OFFSET = 1363037

# (code, subcode), or None for any. A dead token proves that nothing was published, so it is *not sent*.
ERRORS: Mapping[tuple[int, int | None], Row] = {
    (190, None): EXPIRED,  # expired or invalid
    (190, 463): EXPIRED,  # expired
    (190, 467): EXPIRED,  # session invalidated
    (102, None): EXPIRED,  # session gone
    (190, 458): Row(R.TOKEN_REVOKED, S.NOT_SENT),  # app removed
    (190, 460): Row(R.TOKEN_REVOKED, S.NOT_SENT),  # password changed
    (190, 459): Row(R.LOGIN_CHECKPOINT, S.NOT_SENT),  # checkpoint
    (190, 464): Row(R.LOGIN_CHECKPOINT, S.NOT_SENT),  # unconfirmed user
    (190, 492): Row(R.ROLE_OR_2FA_REQUIRED, S.REJECTED),  # the token's owner lost the role on the Page
    (3, None): Row(R.APP_NOT_APPROVED, S.REJECTED),  # the app lacks the capability
    (10, None): NO_PERMISSION,  # permission missing or removed
    **{(code, None): NO_PERMISSION for code in range(200, 300)},  # permission family
    (210, None): Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED),  # a Page token is needed, or the Page is not visible
    (1363042, None): NO_PERMISSION,  # no permission to publish the video
    (1404078, None): Row(R.ROLE_OR_2FA_REQUIRED, S.REJECTED),  # Page Publishing Authorization (unverified)
    (100, None): REFUSED_FIELD,  # bad parameter
    (100, 33): Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED),  # unknown or inaccessible object
    (803, None): Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED),  # the same (unverified)
    (104, None): REFUSED_FIELD,  # bad appsecret_proof: configuration
    (2061006, None): REFUSED_FIELD,  # bad URL (unverified)
    (1349125, None): REFUSED_FIELD,  # bad format (unverified)
    (1609008, None): REFUSED_FIELD,  # facebook.com link (unverified)
    (LINK_UNREADABLE, None): REFUSED_FIELD,  # the link could not be scraped; once more after a re-scrape
    (324, None): REFUSED_MEDIA,  # image missing or invalid
    (1366046, None): REFUSED_MEDIA,  # image too large, or not JPG or PNG
    (2069019, None): REFUSED_MEDIA,  # image
    (382, None): REFUSED_MEDIA,  # video too small
    (1363022, None): REFUSED_MEDIA,  # video too small
    (1363023, None): REFUSED_MEDIA,  # video too large
    (389, None): Row(R.MEDIA_UNREACHABLE, S.NOT_SENT, again=True),  # video URL not fetchable
    (6000, None): Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, again=True),  # upload problem
    (6001, None): Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, again=True),  # upload problem
    (1363019, None): OUTAGE,  # chunk problem: resume
    (1363030, None): OUTAGE,  # timeout: resume
    (1363033, None): OUTAGE,  # timeout: resume
    (WRONG_OFFSET, None): OUTAGE,  # chunk out of place, the right offsets in `error_data`: resume
    (1363040, None): REFUSED_MEDIA,  # aspect ratio
    (1363127, None): REFUSED_MEDIA,  # resolution
    (1363128, None): REFUSED_MEDIA,  # duration
    (1363129, None): REFUSED_MEDIA,  # frame rate
    (4, None): THROTTLED,  # app
    (17, None): THROTTLED,  # user
    (32, None): THROTTLED,  # page
    (341, None): THROTTLED,  # application limit, temporary
    (613, None): THROTTLED,  # custom
    (613, 1996): THROTTLED,  # abnormal call volume
    (80001, None): THROTTLED,  # Pages business use case
    (368, 1390008): Row(R.RATE_LIMITED, S.NOT_SENT, wait=timedelta(hours=1)),  # posting too fast
    (368, None): Row(R.ACCOUNT_RESTRICTED, S.REJECTED),  # deemed abusive, blocked for a while
    (368, 4854002): Row(R.ACCOUNT_RESTRICTED, S.REJECTED),  # identity check, in the Facebook app
    (1404006, None): Row(R.ACCOUNT_RESTRICTED, S.REJECTED),  # security check, in the Facebook app
    (1404112, None): Row(R.ACCOUNT_RESTRICTED, S.REJECTED),  # limited account
    (1346003, None): Row(R.CONTENT_POLICY, S.REJECTED),  # abusive content
    (1404102, None): Row(R.CONTENT_POLICY, S.REJECTED),  # community standards
    (506, None): DUPLICATE,  # same content again; perhaps it is ours that is live
    (368, 1404082): DUPLICATE,  # the same
    (1366051, None): DUPLICATE,  # photos already posted
    (1, None): OUTAGE,  # unknown error
    (2, None): OUTAGE,  # service error
    (1363047, None): OUTAGE,  # temporary
    (1609010, None): OUTAGE,  # temporary
}
# Errors that are known by their words alone, without the "(#100) " before them.
NAMED: Mapping[str, Row] = {"No permission to publish the video": NO_PERMISSION}
# `debug_info.type` of rupload.facebook.com. The upload is invisible, and what has arrived is kept.
UPLOAD_ERRORS: Mapping[str, Row] = {
    "OffsetInvalidError": OUTAGE,  # resume from the offset that the status tells
    "PartialRequestError": OUTAGE,  # fewer bytes than announced: resume
    "ProcessingFailedError": Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, again=True),
}
_CODE_PREFIX = re.compile(r"^\(#\d+\) ")


def explain(answer: Answer, now: datetime) -> ChannelError:
    """The answer as a ChannelError. Its `provider_code` is `code`, `code/subcode` or the upload host's name for it."""
    error, debug = _object(answer.field("error")), _object(answer.field("debug_info"))
    code, subcode, kind = _number(error.get("code")), _number(error.get("error_subcode")), str(debug.get("type") or "")
    words = error.get("error_user_msg") or error.get("message") or debug.get("message") or answer.text[:MAX_MESSAGE]
    row = UPLOAD_ERRORS.get(kind) or _row(answer.status, code, subcode, error)
    name = kind or f"HTTP {answer.status}" if code is None else f"{code}/{subcode}" if subcode else str(code)
    return ChannelError(
        row.reason,
        row.sorting,
        f"Facebook: {REASONS[row.reason].meaning}",
        provider_code=name,
        provider_message=redact(str(words))[:MAX_MESSAGE] or None,
        retry_after=_usage_wait(answer) or retry_after(answer.headers, now) or row.wait,
        raw=redact(answer.text),
    )


def may_upload_again(error: ChannelError) -> bool:
    """Whether another upload of the same file may get past this error."""
    named = UPLOAD_ERRORS.get(error.provider_code or "")
    if named is not None:
        return named.again
    row = next((ERRORS[code, None] for code in codes_of(error) if (code, None) in ERRORS), None)
    return row is not None and row.again


def codes_of(error: ChannelError) -> list[int]:
    """The error's code and subcode, as far as it has them."""
    return [number for part in (error.provider_code or "").split("/") if (number := _number(part)) is not None]


def _row(status: int, code: int | None, subcode: int | None, error: Mapping[str, Any]) -> Row:
    named = NAMED.get(_CODE_PREFIX.sub("", str(error.get("message") or "")))
    if named:
        return named
    if code is None:
        if error.get("type") == "OAuthException":
            return EXPIRED
        return THROTTLED if status == 429 else OUTAGE if status >= 500 else UNKNOWN
    own = ERRORS.get((subcode, None)) if subcode is not None and subcode >= 1_000_000 else None
    row = ERRORS.get((code, subcode)) or own or ERRORS.get((code, None))
    return row or (OUTAGE if status >= 500 else UNKNOWN)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _usage_wait(answer: Answer) -> timedelta | None:
    """Minutes until access returns, from `X-Business-Use-Case-Usage: {"<id>": [{…}]}`; the longest counts."""
    try:
        usage = json.loads(answer.headers.get("x-business-use-case-usage", "{}"))
        rows = [row for rows in usage.values() for row in rows]
        minutes = max((int(row.get("estimated_time_to_regain_access", 0)) for row in rows), default=0)
    except (ValueError, TypeError, AttributeError):
        return None
    return timedelta(minutes=minutes) if minutes > 0 else None
