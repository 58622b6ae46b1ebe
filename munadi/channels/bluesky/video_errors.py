"""What the video service answers, and why a video job failed. Source: docs/networks/bluesky.md, sections 3 and 6.

A job names its reason by `failureCode`; the service's other refusals are names in `error`, or only sentences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from munadi.channels.bluesky.errors import DEFAULT_WAIT, error_of, explain
from munadi.channels.errors import Row
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Answer

R, S = Reason, Effect

# Caps are per day; the service does not say when the day ends.
CAP_WAIT = timedelta(hours=1)
_GATED = Row(
    R.FEATURE_NOT_ELIGIBLE, S.REJECTED, advice="this account may not upload videos; confirm its e-mail, or wait"
)
_CAPPED = Row(R.DAILY_CAP_REACHED, S.NOT_SENT, wait=CAP_WAIT)
_UNFIT = Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED)
_DOWN = Row(R.PROVIDER_OUTAGE, S.NOT_SENT)
_TOKEN = Row(R.TOKEN_EXPIRED, S.NOT_SENT, advice="the video service refuses the server's token; reconnect the account")

# Refusals of a part after which the upload is useless.
UPLOAD_ENDED = frozenset(
    {"UploadNotFound", "UploadExpired", "UploadFailed", "UploadAborted", "InvalidPartNumber", "PartSizeMismatch"}
)
# failureCode of a job. `NOT_SENT` with an outage: the job is given up, and another may be started.
FAILURES: Mapping[str, Row] = {
    "validation_failure": _UNFIT,
    "encoding_failure": Row(R.MEDIA_PROCESSING_FAILED, S.REJECTED),
    "pds_upload_unsupported_blob_size": _UNFIT,  # the account's server takes no blob of this size
    "pds_upload_failure": _DOWN,
    "generic_failure": _DOWN,
}
NAMES: Mapping[str, Row] = {
    "unconfirmed_email": _GATED,
    "UploadForbidden": _GATED,
    "DailyLimitExceeded": _CAPPED,
    "TooManyOpenUploads": Row(R.RATE_LIMITED, S.NOT_SENT, wait=DEFAULT_WAIT),
    "VideoTooLarge": _UNFIT,
    "VideoTooLong": _UNFIT,
    "BadAspectRatio": _UNFIT,
    "UnsupportedContentType": _UNFIT,
    "ServiceOverloaded": _DOWN,
    # Of an upload in parts: after `UPLOAD_ENDED` it starts again, after the others it continues from what arrived.
    **dict.fromkeys(sorted(UPLOAD_ENDED), _DOWN),
    "MissingParts": _DOWN,
    "UploadNotReady": _DOWN,
    "UploadAlreadyCompleted": _DOWN,
}
# Whole sentences without a name; each is matched from its start.
SENTENCES: Sequence[tuple[re.Pattern[str], Row]] = (
    (re.compile(r"User is not allowed to upload videos"), _GATED),
    (re.compile(r"Account is not old enough"), _GATED),
    (re.compile(r"(?:Please )?[Cc]onfirm your email address"), _GATED),
    (re.compile(r"(?:User )?(?:has )?exceeded daily upload (?:videos|bytes) limit"), _CAPPED),
    (re.compile(r"file size .*larger than", re.IGNORECASE), _UNFIT),
    (re.compile(r"Uploading is disabled at the moment"), _DOWN),
    (re.compile(r"Failed to get user's upload stats"), _DOWN),
    (re.compile(r"invalid token audience"), _TOKEN),  # the token named another server than the account's own
)


def explain_video(answer: Answer, now: datetime) -> ChannelError:
    """A refusal of the video service; one without a row means what it means at a PDS."""
    name, message = str(answer.field("error") or ""), str(answer.field("message") or "")
    row = row_of(name, message) or (_TOKEN if answer.status == 401 else None)
    return error_of(row, answer, name, message, now) if row else explain(answer, now)


def failed_transcode(status: Mapping[str, Any], now: datetime) -> ChannelError:
    """Why a job ended as FAILED. An unknown reason counts as the service's own fault, as `generic_failure`."""
    code, text = str(status.get("failureCode") or ""), str(status.get("error") or "")
    message = str(status.get("message") or text)
    spoken = row_of(text, message)
    row = FAILURES.get(code, FAILURES["generic_failure"])
    if spoken is not None and row is FAILURES["generic_failure"]:
        row = spoken
    answer = Answer(200, {}, dict(status), message)
    return error_of(row, answer, code or text or "JOB_STATE_FAILED", message, now)


def refused_limits(body: Mapping[str, Any], size: int, now: datetime) -> ChannelError | None:
    """The refusal that getUploadLimits means for a file of this size; None when it may be uploaded."""
    left = (_number(body.get("remainingDailyVideos")), _number(body.get("remainingDailyBytes")))
    capped = (left[0] is not None and left[0] < 1) or (left[1] is not None and left[1] < size)
    if body.get("canUpload") is True and not capped:
        return None
    name, message = str(body.get("error") or ""), str(body.get("message") or "")
    row = row_of(name, message) or (_CAPPED if capped else _GATED)
    answer = Answer(200, {}, dict(body), message)
    return error_of(row, answer, name or "canUpload", message or "canUpload: false", now)


def row_of(name: str, message: str) -> Row | None:
    """The row of a name, or of a sentence in either field."""
    if name in NAMES:
        return NAMES[name]
    return next((row for pattern, row in SENTENCES for text in (name, message) if pattern.match(text)), None)


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
