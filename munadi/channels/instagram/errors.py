"""What Instagram's answers mean: the Graph envelope's `(code, error_subcode)`, subcode first.

Source: facts, section 6 (Meta's error-codes page, updated 2026-06-02, and incidents seen by open-source clients).
A pair that has no row is unknown, above all a new 2207xxx beside a known code: 4/2207051 is no plain rate limit.
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
    """One known answer. `renew`: another container may succeed. `wait`: when the network names no time."""

    reason: Reason
    sorting: Sorting
    renew: bool = False
    wait: timedelta | None = None


THROTTLED = Row(R.RATE_LIMITED, S.NOT_SENT, wait=timedelta(minutes=5))
NOT_READY = "9007/2207027"

# (code, subcode), or None for any. A dead token proves that nothing was published, so it is *not sent*.
ERRORS: Mapping[tuple[int | None, int | None], Row] = {
    (190, None): Row(R.TOKEN_EXPIRED, S.NOT_SENT),  # token expired or invalid
    (190, 463): Row(R.TOKEN_EXPIRED, S.NOT_SENT),  # expired
    (190, 467): Row(R.TOKEN_EXPIRED, S.NOT_SENT),  # session invalidated
    (102, None): Row(R.TOKEN_EXPIRED, S.NOT_SENT),  # session gone
    (190, 458): Row(R.TOKEN_REVOKED, S.NOT_SENT),  # app removed by the user
    (190, 460): Row(R.TOKEN_REVOKED, S.NOT_SENT),  # password changed
    (190, 459): Row(R.LOGIN_CHECKPOINT, S.NOT_SENT),  # checkpoint
    (190, 464): Row(R.LOGIN_CHECKPOINT, S.NOT_SENT),  # unconfirmed user
    (190, 492): Row(R.ROLE_OR_2FA_REQUIRED, S.REJECTED),  # lost the role on the Page
    (3, None): Row(R.APP_NOT_APPROVED, S.REJECTED),  # the app lacks the capability
    (10, None): Row(R.MISSING_SCOPE, S.REJECTED),  # permission missing or removed
    **{(code, None): Row(R.MISSING_SCOPE, S.REJECTED) for code in range(200, 300)},  # permission family
    (4, None): THROTTLED,  # app
    (17, None): THROTTLED,  # user
    (32, None): THROTTLED,  # page
    (341, None): THROTTLED,  # application limit, temporary
    (613, None): THROTTLED,  # custom
    (613, 1996): THROTTLED,  # abnormal call volume
    (80002, None): THROTTLED,  # Instagram business use case
    (1, None): Row(R.PROVIDER_OUTAGE, S.UNKNOWN),  # unknown error: on media_publish only a look can tell
    (2, None): Row(R.PROVIDER_OUTAGE, S.UNKNOWN),  # service down: the same
    (100, None): Row(R.INVALID_FIELD, S.REJECTED),  # bad parameter
    (100, 33): Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED),  # object missing or no access; flaky on reads
    (368, None): Row(R.ACCOUNT_RESTRICTED, S.REJECTED),  # blocked for policy or abuse, hours to days
    (506, None): Row(R.DUPLICATE_CONTENT, S.UNKNOWN),  # duplicate; a Page feature, undocumented here
    (-2, 2207003): Row(R.MEDIA_UNREACHABLE, S.NOT_SENT, renew=True),  # media download timed out
    (-2, 2207020): Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, renew=True),  # media expired
    (-1, 2207001): Row(R.PROVIDER_OUTAGE, S.UNKNOWN, renew=True),  # Instagram server error
    (-1, 2207032): Row(R.PROVIDER_OUTAGE, S.UNKNOWN, renew=True),  # create failed
    (-1, 2207053): Row(R.MEDIA_PROCESSING_FAILED, S.UNKNOWN, renew=True),  # unknown upload error (video)
    (1, 2207057): Row(R.INVALID_FIELD, S.REJECTED),  # thumb_offset out of range
    (4, 2207051): Row(R.SPAM_BLOCKED, S.UNKNOWN),  # suspected spam; the post may nevertheless be live
    (9, 2207042): Row(R.DAILY_CAP_REACHED, S.NOT_SENT, wait=timedelta(hours=1)),  # rolling 24 h of posts used up
    (24, 2207006): Row(R.TARGET_NOT_ACCESSIBLE, S.NOT_SENT, renew=True),  # media not found; often the token
    (24, 2207008): Row(R.PROVIDER_OUTAGE, S.NOT_SENT, renew=True, wait=timedelta(seconds=30)),  # may be temporary
    (25, 2207050): Row(R.ACCOUNT_RESTRICTED, S.REJECTED),  # inactive, checkpointed or restricted
    (100, 2207023): Row(R.INVALID_FIELD, S.REJECTED),  # unknown media_type
    (100, 2207028): Row(R.INVALID_FIELD, S.REJECTED),  # carousel count not 2 to 10
    (100, 2207035): Row(R.INVALID_FIELD, S.REJECTED),  # product tag position
    (100, 2207036): Row(R.INVALID_FIELD, S.REJECTED),  # product tag id
    (100, 2207037): Row(R.INVALID_FIELD, S.REJECTED),  # product tag count
    (100, 2207040): Row(R.INVALID_FIELD, S.REJECTED),  # more than 20 tags
    (352, 2207026): Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED),  # unsupported video
    (9004, 2207052): Row(R.MEDIA_UNREACHABLE, S.NOT_SENT, renew=True),  # not fetchable or wrong type; flaky
    (9007, 2207027): Row(R.PROVIDER_OUTAGE, S.NOT_SENT, wait=timedelta(seconds=5)),  # container not ready yet
    (36000, 2207004): Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED),  # image over 8 MiB
    (36001, 2207005): Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED),  # image format
    (36003, 2207009): Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED),  # aspect ratio
    (36004, 2207010): Row(R.TEXT_TOO_LONG, S.REJECTED),  # caption
    (None, 2207076): Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, renew=True),  # late failure (unverified)
    (None, 2207077): Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, renew=True),  # late failure (unverified)
    (None, 2207082): Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, renew=True),  # late failure (unverified)
    (None, 2207081): Row(R.FEATURE_NOT_ELIGIBLE, S.REJECTED),  # no trial reels (unverified)
    (None, 2207085): Row(R.PROVIDER_OUTAGE, S.UNKNOWN, renew=True),  # "Fatal" (unverified)
    (9006, None): Row(R.INVALID_FIELD, S.UNKNOWN),  # not in Meta's table (unverified), so a look decides
    (36002, None): Row(R.INVALID_FIELD, S.UNKNOWN),  # the same
    (24, None): Row(R.INVALID_FIELD, S.UNKNOWN),  # the same
    (25, None): Row(R.INVALID_FIELD, S.UNKNOWN),  # the same
}
# An error that is known by its name alone.
NAMED: Mapping[str, Row] = {
    "INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID": Row(R.INVALID_FIELD, S.REJECTED),  # the Page has no place
}
OUTAGE = Row(R.PROVIDER_OUTAGE, S.UNKNOWN)  # a 5xx without a code
UNKNOWN = Row(R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN)  # anything else
UNKNOWN_MEDIA = Row(R.INVALID_FIELD, S.UNKNOWN)  # a 2207xxx without a row

_BY_SUBCODE = {subcode: row for (_, subcode), row in ERRORS.items() if subcode is not None}
# A failed container's `status` names the subcode, sometimes within prose.
_SUBCODE = re.compile(r"(?<!\d)2207\d{3}(?!\d)")


def explain(answer: Answer, now: datetime) -> ChannelError:
    """The answer as a ChannelError. Its `provider_code` is `code` or `code/subcode`."""
    error = answer.field("error")
    fields: Mapping[str, Any] = error if isinstance(error, dict) else {}
    code, subcode = _number(fields.get("code")), _number(fields.get("error_subcode"))
    message = str(fields.get("error_user_msg") or fields.get("message") or answer.text[:MAX_MESSAGE])
    row = _row(answer.status, code, subcode, fields)
    return ChannelError(
        row.reason,
        row.sorting,
        f"Instagram: {REASONS[row.reason].meaning}",
        provider_code=f"HTTP {answer.status}" if code is None else f"{code}/{subcode}" if subcode else str(code),
        provider_message=redact(message)[:MAX_MESSAGE] or None,
        retry_after=_usage_wait(answer) or retry_after(answer.headers, now) or row.wait,
        raw=redact(answer.text),
    )


def is_renewable(error: ChannelError) -> bool:
    """Whether another container may get past this error."""
    code, _, subcode = (error.provider_code or "").partition("/")
    row = ERRORS.get((_number(code), _number(subcode))) or _BY_SUBCODE.get(_number(subcode) or 0)
    return row is not None and row.renew


def explain_status(code: str, status: str) -> tuple[ChannelError, bool]:
    """A dead container (`status_code` ERROR or EXPIRED, `status` its prose), and whether another may do better."""
    found = _SUBCODE.search(status)
    subcode = int(found.group()) if found else None
    row = _BY_SUBCODE.get(subcode or 0) or Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, renew=True)
    error = ChannelError(
        row.reason if row.sorting is S.REJECTED else R.MEDIA_PROCESSING_FAILED,
        row.sorting,
        f"Instagram: {REASONS[R.MEDIA_PROCESSING_FAILED].meaning}",
        provider_code=str(subcode) if subcode else code,
        provider_message=redact(status)[:MAX_MESSAGE] or None,
    )
    return error, row.renew


def _row(status: int, code: int | None, subcode: int | None, fields: Mapping[str, Any]) -> Row:
    for name in (fields.get("code"), fields.get("type"), fields.get("message")):
        if isinstance(name, str) and name in NAMED:
            return NAMED[name]
    known = ERRORS.get((code, subcode)) or ERRORS.get((None, subcode) if subcode else (code, None))
    if known:
        return known
    if subcode is not None and _SUBCODE.fullmatch(str(subcode)):
        return UNKNOWN_MEDIA
    if code is None and status == 429:
        return THROTTLED
    return ERRORS.get((code, None)) or (OUTAGE if status >= 500 else UNKNOWN)


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
