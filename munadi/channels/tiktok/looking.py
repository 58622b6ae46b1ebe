"""Looks which posts everybody sees. Source: docs/networks/tiktok.md, section 9.

TikTok shows public videos by their ids, twenty in a call, to a connection with the scope video.list. It leaves out what
is deleted, private, for friends only or moderated, and never says why: a missing post is unseen, never proven gone.
"""

from __future__ import annotations

from collections.abc import Sequence

from munadi.channels.looking import Look, batches
from munadi.channels.tiktok.api import MOST_READ, Api
from munadi.channels.tiktok.spec import VIDEO_LIST
from munadi.channels.tiktok.wire import PHOTO_POST
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.withdrawal import PostedObject, Seen, Verdict

LIVE, UNSEEN = Seen(verdict=Verdict.LIVE), Seen(verdict=Verdict.UNSEEN)
# Whether the call for videos knows photos is not documented.
PHOTOS = Seen(verdict=Verdict.UNREADABLE, word="a photo post, which is not among the public videos")
NO_ID = Seen(verdict=Verdict.UNREADABLE, word="no id of TikTok")


async def look(api: Api, objects: Sequence[PostedObject], account: ConnectedAccount) -> list[Seen]:
    """Which of the posts are public. Raises ChannelError when nothing can be read."""
    look = Look(objects, None)
    look.failures |= {one.id: NO_ID for one in objects if not _is_id(one.id)}
    for batch in batches(look.unread, MOST_READ):
        if look.has_ended:
            break
        try:
            shown = await api.public_posts(account.token, list(dict.fromkeys(one.id for one in batch)))
        except ChannelError as error:
            if error.reason is Reason.MISSING_SCOPE:
                without = Seen(verdict=Verdict.UNREADABLE, word=f"{error.provider_code}: {VIDEO_LIST}")
                look.failures |= {one.id: without for one in look.unread}
                break
            look.failed(error, batch)
            continue
        look.found |= {one.id: LIVE for one in batch if one.id in shown}
        look.found |= {one.id: UNSEEN for one in batch if one.id not in shown and one.version != PHOTO_POST}
        look.failures |= {one.id: PHOTOS for one in batch if one.id not in shown and one.version == PHOTO_POST}
    return look.seen()


def _is_id(text: str) -> bool:
    """Whether TikTok takes it as an id: one that is none would spoil the answer about all others."""
    return text.isascii() and text.isdecimal()
