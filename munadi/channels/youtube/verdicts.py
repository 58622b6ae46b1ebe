"""Whether an uploaded video is dead, and whether another upload of the same file may help.

Source: docs/networks/youtube.md, sections 3 and 6 (status.failureReason, status.rejectionReason, processingDetails).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from munadi.channels.youtube.wire import Video
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.reasons import REASONS

R = Reason


class Verdict(NamedTuple):
    """`renew`: the same file may do better in another upload."""

    reason: Reason
    renew: bool = False


BROKEN = Verdict(R.MEDIA_PROCESSING_FAILED)
ONCE_MORE = Verdict(R.MEDIA_PROCESSING_FAILED, renew=True)
FAILURES: Mapping[str, Verdict] = {
    **dict.fromkeys(("conversion", "invalidFile", "emptyFile", "tooSmall", "codec"), BROKEN),
    "uploadAborted": ONCE_MORE,  # incomplete: Google's side, not the file
}
PROCESSING_FAILURES: Mapping[str, Verdict] = dict.fromkeys(
    ("uploadFailed", "transcodeFailed", "streamingFailed", "other"), ONCE_MORE
)
POLICY = Verdict(R.CONTENT_POLICY)
REJECTIONS: Mapping[str, Verdict] = {
    **dict.fromkeys(("copyright", "inappropriate", "termsOfUse", "claim", "trademark", "legal"), POLICY),
    "duplicate": Verdict(R.DUPLICATE_CONTENT),  # the channel has this video already
    "length": Verdict(R.MEDIA_VALIDATION_FAILED),  # over 15 minutes on an unverified channel
    **dict.fromkeys(("uploaderAccountSuspended", "uploaderAccountClosed"), Verdict(R.ACCOUNT_RESTRICTED)),
}
GONE = "deleted"


def judge(video: Video) -> tuple[ChannelError, bool] | None:
    """The error of a dead video and whether another upload may help; None while nothing is wrong."""
    if video.upload == "rejected":
        code = video.rejection or "rejected"
        return _dead(REJECTIONS.get(code, POLICY), code, video)
    if video.upload == "failed":
        code = video.failure or "failed"
        return _dead(FAILURES.get(code, ONCE_MORE), code, video)
    if video.upload == GONE:
        return gone(video.id), True
    if video.processing in ("failed", "terminated") and video.upload != "processed":
        code = video.processing_failure or video.processing
        return _dead(PROCESSING_FAILURES.get(code, ONCE_MORE), code, video)
    return None


def gone(video_id: str) -> ChannelError:
    """The prepared video was deleted, or this token may not see it."""
    message = f"YouTube: the uploaded video {video_id} is gone: deleted, or not visible with this connection"
    return ChannelError(R.MEDIA_PROCESSING_FAILED, Effect.NOT_SENT, message, provider_code="videoNotFound")


def _dead(verdict: Verdict, code: str, video: Video) -> tuple[ChannelError, bool]:
    message = f"YouTube: {REASONS[verdict.reason].meaning} The private video {video.id} is in YouTube Studio."
    error = ChannelError(verdict.reason, Effect.NOT_SENT, message, provider_code=code, provider_message=code)
    return error, verdict.renew
