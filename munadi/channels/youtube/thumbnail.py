"""The custom thumbnail: set while the video is private, and never worth a failure or a delay of the post.

YouTube takes a Short's only once it is processed, and any only from a verified channel (facts, sections 4 and 5).
"""

from __future__ import annotations

from munadi.channels.renditions import fitting
from munadi.channels.youtube.run import Run
from munadi.channels.youtube.spec import THUMBNAIL
from munadi.channels.youtube.state import Prepared
from munadi.domain.failure import ChannelError, FailureClass
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Pending, Warning_
from munadi.domain.reasons import REASONS
from munadi.ports import PublicationDraft

# Each try costs 50 units, as much as publishing the video.
TRIES = 3
MAY_PASS = frozenset({FailureClass.OUTAGE, FailureClass.RATE_LIMIT})


async def illustrate(run: Run, draft: PublicationDraft, video_id: str, image: MediaAsset) -> Pending | None:
    """Set the thumbnail, or note why there is none; None when nothing is left to do.

    What may pass is tried again while the slot allows it. Raises ChannelError only for a token, which can be renewed.
    """
    if run.state.thumbnail_set or run.state.thumbnail_refusal:
        return None
    try:
        fitted = await fitting(run.tools.media, THUMBNAIL, image)
        content = await run.read(fitted, 0, fitted.bytes)
        await run.api.set_thumbnail(run.account, video_id, content, fitted.mime_type)
    except ChannelError as error:
        if REASONS[error.reason].class_ is FailureClass.TOKEN:
            raise
        return await _refused(run, draft, error)
    await run.keep.put(thumbnail_set=True)
    return None


def thumbnail_warnings(state: Prepared) -> tuple[Warning_, ...]:
    """What a publication without its thumbnail tells."""
    if state.thumbnail_refusal is None:
        return ()
    message = f"the video is published without its thumbnail: {state.thumbnail_refusal}"
    return (Warning_(code="THUMBNAIL_FAILED", message=message[:500], channel="youtube"),)


async def _refused(run: Run, draft: PublicationDraft, error: ChannelError) -> Pending | None:
    tries, wait = run.state.thumbnail_tries + 1, error.retry_after or run.settings.poll_quick
    in_time = wait <= max(draft.due_at - run.now(), run.settings.poll_quick)
    if REASONS[error.reason].class_ in MAY_PASS and tries < TRIES and in_time:
        await run.keep.put(thumbnail_tries=tries)
        return Pending(after=wait, note="YouTube did not take the thumbnail yet")
    code = f"{error.provider_code}: " if error.provider_code else ""
    await run.keep.put(thumbnail_tries=tries, thumbnail_refusal=code + (error.provider_message or error.message))
    return None
