"""Looks at published videos. Source: docs/networks/youtube.md, section 9.

A list without the video is the same for a deleted one and for a token of another channel. So a video is gone only where
the token's channel is read too, and is the account's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from munadi.channels.answers import object_in, text_in
from munadi.channels.looking import Look, batches
from munadi.channels.youtube.api import MOST_READ, Api
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.publication import COMMENT
from munadi.domain.withdrawal import PostedObject, Seen, Verdict

COMMENTS = Seen(verdict=Verdict.UNREADABLE, word="comments are not read", blind=True)
STATES = {
    "uploaded": Verdict.PROCESSING,
    "rejected": Verdict.REJECTED,
    "failed": Verdict.REJECTED,
    "deleted": Verdict.GONE,
}


async def seen(api: Api, objects: Sequence[PostedObject], account: ConnectedAccount) -> list[Seen]:
    """Videos by fifty in a call, which costs one unit; another call for the channel where one is missing.

    Raises ChannelError when nothing can be read.
    """
    look = Look(objects, None)
    look.failures |= {one.id: COMMENTS for one in objects if one.step == COMMENT}
    missing = list[PostedObject]()
    for batch in batches(look.unread, MOST_READ):
        if look.has_ended:
            break
        try:
            found = await api.videos(account, list(dict.fromkeys(one.id for one in batch)))
        except ChannelError as error:
            look.failed(error, batch)
            continue
        look.found |= {one.id: _shown(found[one.id]) for one in batch if one.id in found}
        missing += [one for one in batch if one.id not in found]
    if missing:
        await _prove(api, account, missing, look)
    return look.seen()


async def _prove(api: Api, account: ConnectedAccount, missing: Sequence[PostedObject], look: Look) -> None:
    """Videos that are not shown are gone where the token's channel is the account's."""
    try:
        owner = await api.own_channel(account.token)
    except ChannelError as error:
        look.failed(error, missing)
        return
    if owner.external_id == account.external_id:
        look.found |= {one.id: Seen(verdict=Verdict.GONE, word="videoNotFound") for one in missing}
        return
    other = Seen(verdict=Verdict.UNREADABLE, word=f"the connection is of the channel {owner.external_id}")
    look.failures |= {one.id: other for one in missing}


def _shown(video: Any) -> Seen:
    """What the owner is shown of a video: its state, then who sees it."""
    status, details = object_in(video, "status"), object_in(video, "contentDetails")
    state = text_in(status, "uploadStatus") or ""
    if state in STATES:
        why = text_in(status, "rejectionReason") or text_in(status, "failureReason") or state
        return Seen(verdict=STATES[state], word=why)
    hidden = _hidden(status, details)
    return Seen(verdict=Verdict.LIMITED, word=hidden) if hidden else Seen(verdict=Verdict.LIVE)


def _hidden(status: Any, details: Any) -> str | None:
    """From whom the video is hidden; None where everybody sees it as its owner wanted."""
    privacy = text_in(status, "privacyStatus")
    if privacy not in (None, "public"):
        return privacy
    region = object_in(details, "regionRestriction")
    blocked, allowed = region.get("blocked"), region.get("allowed")
    if isinstance(blocked, list) and blocked:
        return f"blocked in {', '.join(map(str, blocked))}"
    if isinstance(allowed, list):
        return f"allowed in {', '.join(map(str, allowed)) or 'no country'}"
    if rating := text_in(details, "contentRating", "ytRating"):
        return rating
    # The owner said that it is not, so it was YouTube: no comments, and no reminders of it.
    is_set = status.get("madeForKids") is True and status.get("selfDeclaredMadeForKids") is False
    return "madeForKids" if is_set else None
