"""What the video service answers, and why a video job failed. Source: docs/networks/bluesky.md, sections 3 and 6.

A job names its reason by `failureCode`; the service's other refusals are names in `error`, or only sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from munadi.channels.bluesky.errors import ERRORS, TABLE, THROTTLED, read_error
from munadi.channels.errors import Doubt, Row, Said
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

# Our name for what the service says in a sentence, or by a 401 alone.
UNTRUSTED = "TokenRefused"
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
    "TooManyOpenUploads": THROTTLED,
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
    UNTRUSTED: _TOKEN,
}
# Whole sentences in place of a name, each matched from its start, and the name that means the same.
SENTENCES: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile(r"User is not allowed to upload videos"), "UploadForbidden"),
    (re.compile(r"Account is not old enough"), "UploadForbidden"),
    (re.compile(r"(?:Please )?[Cc]onfirm your email address"), "unconfirmed_email"),
    (re.compile(r"(?:User )?(?:has )?exceeded daily upload (?:videos|bytes) limit"), "DailyLimitExceeded"),
    (re.compile(r"file size .*larger than", re.IGNORECASE), "VideoTooLarge"),
    (re.compile(r"Uploading is disabled at the moment"), "ServiceOverloaded"),
    (re.compile(r"Failed to get user's upload stats"), "ServiceOverloaded"),
    (re.compile(r"invalid token audience"), UNTRUSTED),  # the token named another server than the account's own
)


def failed_transcode(status: Mapping[str, Any], now: datetime) -> ChannelError:
    """Why a job ended as FAILED. An unknown reason counts as the service's own fault, as `generic_failure`."""
    code, text = str(status.get("failureCode") or ""), str(status.get("error") or "")
    message = str(status.get("message") or text)
    row = FAILURES.get(code, _DOWN)
    if row is _DOWN:
        row = _row_of(text, message) or row
    return _reported(row, status, code or text or "JOB_STATE_FAILED", message, now)


def refused_limits(body: Mapping[str, Any], size: int, now: datetime) -> ChannelError | None:
    """The refusal that getUploadLimits means for a file of this size; None when it may be uploaded."""
    left = (_number(body.get("remainingDailyVideos")), _number(body.get("remainingDailyBytes")))
    capped = (left[0] is not None and left[0] < 1) or (left[1] is not None and left[1] < size)
    if body.get("canUpload") is True and not capped:
        return None
    name, message = str(body.get("error") or ""), str(body.get("message") or "")
    row = _row_of(name, message) or (_CAPPED if capped else _GATED)
    return _reported(row, body, name or "canUpload", message or "canUpload: false", now)


def _reported(row: Row, body: Mapping[str, Any], code: str, message: str, now: datetime) -> ChannelError:
    return TABLE.refusal(row, Answer(200, {}, dict(body), message), now, Said(code, message))


def _names(name: str, message: str) -> Iterator[str]:
    """A known name, and those that a sentence in either field means."""
    yield name
    yield from (meant for pattern, meant in SENTENCES for text in (name, message) if pattern.match(text))


def _row_of(name: str, message: str) -> Row | None:
    return next((NAMES[each] for each in _names(name, message) if each in NAMES), None)


def _read(answer: Answer) -> Said:
    """Beside what a PDS says: its names alone, and that a 401 is about the token whatever it says."""
    said = read_error(answer)
    untrusted = (UNTRUSTED,) if answer.status == 401 else ()
    return said._replace(keys=(*_names(said.code, said.message), *untrusted, *said.keys))


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# A refusal without a name of the service's own means what it means at a PDS.
VIDEO_TABLE = replace(TABLE, read=_read, codes={**ERRORS, **NAMES}, doubts=Doubt.NOTHING)
explain_video = VIDEO_TABLE.explain
