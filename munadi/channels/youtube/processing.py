"""After the upload: wait until YouTube has processed the video, then set its thumbnail.

A video may be made public while YouTube processes it, and is shown once that ends. So the channel waits for a broken
file to show, within `processing_patience`, but it does not miss a slot for a slow one. A thumbnail is set while the
video is private. YouTube takes a Short's only once it is processed, and any only from a verified channel
(docs/networks/youtube.md, sections 4 and 5), so it never fails or delays the post.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from munadi.channels.renditions import fitting
from munadi.channels.youtube.lookup import VISIBLE
from munadi.channels.youtube.spec import THUMBNAIL, Settings
from munadi.channels.youtube.state import Run
from munadi.channels.youtube.verdicts import gone, judge
from munadi.channels.youtube.wire import Video, thumbnail_of
from munadi.domain.failure import ChannelError, Effect, FailureClass
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Pending, Ready
from munadi.domain.reasons import REASONS

QUICK_FOR, SLOW_FOR = timedelta(minutes=1), timedelta(minutes=10)
# A video that was just uploaded may not be listed yet.
UNLISTED_FOR = timedelta(minutes=2)
# Each try to set a thumbnail costs 50 units, as much as publishing the video.
THUMBNAIL_TRIES = 3
MAY_PASS = frozenset({FailureClass.OUTAGE, FailureClass.RATE_LIMIT})


async def process(run: Run, video_id: str) -> Ready | Pending:
    """Read once how far the video is, and set its thumbnail when it is ready. Raises ChannelError."""
    video = await run.api.video(run.publication.account, video_id)
    if video is None:
        return await _missing(run, video_id)
    verdict = judge(video)
    if verdict is not None:
        return await _replace(run, video, *verdict)
    uploaded_at = run.state.uploaded_at or run.now()
    left = max(run.publication.draft.due_at, uploaded_at + run.settings.processing_patience) - run.now()
    if not is_processed(video) and left > timedelta(0):
        after = min(processing_wait(run.settings, run.now() - uploaded_at), left)
        return Pending(after=after, note="YouTube is processing the video")
    image = thumbnail_of(run.publication.draft, run.publication.options)
    if image is not None and video.privacy not in VISIBLE:
        pending = await _illustrate(run, video_id, image)
        if pending is not None:
            return pending
    await run.publication.save(ready=True)
    return Ready()


def is_processed(video: Video) -> bool:
    """Whether there is nothing to wait for; nor is there for a video that is visible already."""
    return video.upload == "processed" or video.processing == "succeeded" or video.privacy in VISIBLE


def processing_wait(settings: Settings, age: timedelta) -> timedelta:
    """Short videos take seconds, long ones hours: the older the upload, the longer the wait."""
    return settings.poll_wait(age, QUICK_FOR, SLOW_FOR)


async def _missing(run: Run, video_id: str) -> Pending:
    uploaded_at = run.state.uploaded_at
    if uploaded_at is None or run.now() - uploaded_at >= UNLISTED_FOR:
        await run.upload_again(gone(video_id))
    return Pending(after=run.settings.poll_quick, note="the uploaded video is not listed")


async def _replace(run: Run, video: Video, error: ChannelError, may_help: bool) -> Pending:
    """Remove a dead video and upload again; raise when another upload cannot help."""
    if not may_help:
        error.effect = Effect.REJECTED
        raise error
    await run.upload_again(error)
    with suppress(ChannelError):  # a private leftover is not worth a failure
        await run.api.delete(run.publication.account, video.id)
    return Pending(after=run.settings.poll_quick, note="the upload failed at YouTube and is repeated")


async def _illustrate(run: Run, video_id: str, image: MediaAsset) -> Pending | None:
    """Set the thumbnail, or save why there is none; None when it is decided.

    A failure that may pass is retried while the slot allows it. Raises ChannelError only for a token, which is renewed.
    """
    if run.state.thumbnail_set or run.state.thumbnail_refusal:
        return None
    try:
        fitted = await fitting(run.media, THUMBNAIL, image)
        content = await run.media.read(fitted, 0, fitted.bytes)
        await run.api.set_thumbnail(run.publication.account, video_id, content, fitted.mime_type)
    except ChannelError as error:
        if REASONS[error.reason].class_ is FailureClass.TOKEN:
            raise
        return await _thumbnail_refused(run, error)
    await run.publication.save(thumbnail_set=True)
    return None


async def _thumbnail_refused(run: Run, error: ChannelError) -> Pending | None:
    tries, wait = run.state.thumbnail_tries + 1, error.retry_after or run.settings.poll_quick
    in_time = wait <= max(run.publication.draft.due_at - run.now(), run.settings.poll_quick)
    if REASONS[error.reason].class_ in MAY_PASS and tries < THUMBNAIL_TRIES and in_time:
        await run.publication.save(thumbnail_tries=tries)
        return Pending(after=wait, note="YouTube did not take the thumbnail yet")
    code = f"{error.provider_code}: " if error.provider_code else ""
    await run.publication.save(
        thumbnail_tries=tries, thumbnail_refusal=code + (error.provider_message or error.message)
    )
    return None
