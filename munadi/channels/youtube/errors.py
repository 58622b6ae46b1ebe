"""What YouTube's answers mean: `errors[0].reason` of the envelope, the token endpoint's `error`, or the status alone.

Source: docs/networks/youtube.md, section 6. A reason without a row is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from munadi.channels.answers import object_in
from munadi.channels.errors import OUTAGE, ErrorTable, Row, Said
from munadi.channels.removing import for_removals
from munadi.channels.youtube.spec import SPEC
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Answer

R, S = Reason, Effect
PACIFIC = ZoneInfo("America/Los_Angeles")  # quotas renew at its midnight

DEAD = Row(R.TOKEN_EXPIRED, S.NOT_SENT)
NO_CHANNEL = Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED)
CLOSED = Row(R.ACCOUNT_RESTRICTED, S.REJECTED)
INVALID = Row(R.INVALID_FIELD, S.REJECTED)
BURST = Row(R.RATE_LIMITED, S.NOT_SENT, wait=timedelta(minutes=1))
POOL_EMPTY = Row(R.QUOTA_EXCEEDED, S.NOT_SENT, of_app=True)  # until midnight
CLASH = Row(R.DUPLICATE_CONTENT, S.UNKNOWN, ours=True)
BAD_FILE = Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED)
APP = Row(R.APP_NOT_APPROVED, S.REJECTED)  # the operator fixes it; no account is at fault

# A dead token or an empty quota proves that nothing was done, so they are *not sent*.
ERRORS: Mapping[str, Row] = {
    **dict.fromkeys(("authError", "expired", "required", "authorizationRequired"), DEAD),
    "youtubeSignupRequired": NO_CHANNEL,  # the Google account has no channel; service accounts never have
    **dict.fromkeys(("channelNotFound", "authenticatedUserNotChannel"), NO_CHANNEL),
    "insufficientPermissions": Row(R.MISSING_SCOPE, S.REJECTED),
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": Row(R.MISSING_SCOPE, S.REJECTED),  # the same in `details`
    "forbidden": Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED),  # not the owner, or a feature the channel may not use
    "accessNotConfigured": APP,  # the API is off in the Google Cloud project
    "accountDelegationForbidden": CLOSED,
    **dict.fromkeys(("authenticatedUserAccountClosed", "authenticatedUserAccountSuspended"), CLOSED),
    **dict.fromkeys(("channelClosed", "channelSuspended", "ineligibleAccount"), CLOSED),
    "quotaExceeded": POOL_EMPTY,  # the project's 10,000 units
    "dailyLimitExceeded": POOL_EMPTY,
    "rateLimitExceeded": BURST,  # also the empty bucket of 100 uploads: DAILY
    **dict.fromkeys(("userRateLimitExceeded", "servingLimitExceeded"), BURST),
    "uploadLimitExceeded": Row(R.DAILY_CAP_REACHED, S.NOT_SENT, wait=timedelta(hours=24)),  # the channel's own limit
    "uploadRateLimitExceeded": Row(R.DAILY_CAP_REACHED, S.NOT_SENT, wait=timedelta(hours=24)),  # its thumbnails
    **dict.fromkeys(("forbiddenPrivacySetting", "forbiddenLicenseSetting", "defaultLanguageNotSet"), INVALID),
    **dict.fromkeys(("invalidTitle", "invalidDescription", "invalidTags", "invalidCategoryId"), INVALID),
    **dict.fromkeys(("invalidPublishAt", "invalidRecordingDetails", "invalidVideoGameRating"), INVALID),
    "invalidVideoMetadata": INVALID,  # title or category missing, or mixed
    **dict.fromkeys(("invalidFilename", "mediaBodyRequired", "wrongUrlForUpload", "notUpload"), INVALID),
    **dict.fromkeys(("invalidImage", "uploadTooLarge"), BAD_FILE),
    **dict.fromkeys(("imageTooTall", "imageTooWide"), BAD_FILE),  # unverified
    "videoNotFound": INVALID,  # the publisher uploads again where that is safe
    "notFound": INVALID,  # the same; of a session: it has expired
    **dict.fromkeys(("channelOrVideoIdMissing", "invalidCommentThreadMetadata"), INVALID),
    **dict.fromkeys(("commentTextRequired", "commentTextTooLong"), INVALID),
    "processingFailure": INVALID,  # of a comment: "usually indicates that the input is invalid"
    "commentsDisabled": Row(R.FEATURE_NOT_ELIGIBLE, S.REJECTED),
    "conflict": CLASH,  # a clash of states: only the network's state shows which
    **dict.fromkeys(("duplicate", "conditionNotMet"), CLASH),
    "failedPrecondition": Row(R.INVALID_FIELD, S.UNKNOWN),  # unverified
    **dict.fromkeys(("internalError", "backendError", "notReady"), OUTAGE),
    # Errors of the token endpoint.
    "invalid_grant": Row(R.TOKEN_REVOKED, S.NOT_SENT),  # revoked, unused for six months, or Testing status for a week
    "invalid_token": Row(R.TOKEN_REVOKED, S.NOT_SENT),  # the revoke URL: 400, expired or revoked already
    "invalid_rapt": Row(R.LOGIN_CHECKPOINT, S.NOT_SENT),  # a Workspace requires its member to log in again
    **dict.fromkeys(("invalid_client", "deleted_client"), APP),
}
# The upload host may answer with HTML or text: the status is all there is.
STATUSES: Mapping[int, Row] = {
    401: DEAD,
    410: OUTAGE,  # an upload session that is gone
    413: BAD_FILE,
    416: OUTAGE,  # an offset that is not the session's: a probe returns the right one
    429: BURST,
}
# The end of a day's bucket rather than of a burst: the reason is the same, and the words or the details tell it.
DAILY = ("per day",)
_BUCKET = re.compile(r"limit '[^']*per day", re.IGNORECASE)


def explain(answer: Answer, now: datetime) -> ChannelError:
    """The answer as a ChannelError; `now` turns Pacific midnight into a wait, whatever the answer says of it."""
    error = TABLE.explain(answer, now)
    if error.reason is R.QUOTA_EXCEEDED:
        error.retry_after = until_midnight(now)
    return error


def until_midnight(now: datetime) -> timedelta:
    """From `now` to the next midnight in California, where quotas renew; a minute more, since clocks differ."""
    local = now.astimezone(PACIFIC)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    # Through timestamps: a day with a change of the clock has 23 or 25 hours.
    return timedelta(seconds=midnight.timestamp() - now.timestamp(), minutes=1)


def _read(answer: Answer) -> Said:
    """The reason and the network's own message; of a limit, whether it is a day's."""
    code, message = _words(answer)
    is_burst = ERRORS.get(code, STATUSES.get(answer.status)) is BURST
    is_daily = any("PerDay" in limit for limit in _details(answer, "quota_limit")) or _BUCKET.search(message)
    return Said(code, message, keys=[DAILY] if is_burst and is_daily else [code])


def _words(answer: Answer) -> tuple[str, str]:
    error = answer.field("error")
    if isinstance(error, str):  # the token endpoint
        subtype, described = answer.field("error_subtype"), answer.field("error_description")
        return (subtype if isinstance(subtype, str) and subtype in ERRORS else error), str(described or "")
    if not isinstance(error, dict):
        return "", ""
    listed = error.get("errors")
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
    scope = next((reason for reason in _details(answer, "reason") if reason in ERRORS), None)
    code = scope or first.get("reason") or error.get("status") or error.get("code")
    return str(code or "")[:80], str(error.get("message") or first.get("message") or "")


def _details(answer: Answer, name: str) -> list[str]:
    """A field of the envelope's `details` (google.rpc.ErrorInfo) or of their metadata."""
    details = object_in(answer.body, "error").get("details")
    listed = [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    values = [value for one in listed for value in (one.get(name), object_in(one, "metadata").get(name))]
    return [value for value in values if isinstance(value, str)]


TABLE = ErrorTable(SPEC.title, _read, codes={**ERRORS, DAILY: POOL_EMPTY}, statuses=STATUSES)
# At the token endpoint a dead token is about our client: it must not mark an account as disconnected.
GRANTS = replace(
    TABLE,
    codes={code: APP if row is DEAD else row for code, row in TABLE.codes.items()},
    statuses={**STATUSES, 401: APP},
)
REMOVALS = for_removals(TABLE)
