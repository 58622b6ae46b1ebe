"""Looks at published videos. Source: docs/networks/youtube.md, section 9.

A list without the video is the same for a deleted one and for a token of another channel. So a video is gone only where
the token's channel is read too, and is the account's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from munadi.channels.answers import object_in, text_in
from munadi.channels.youtube.api import Api
from munadi.domain.account import ConnectedAccount
from munadi.domain.withdrawal import PostedObject, Seen, Verdict

STATES = {
    "uploaded": Verdict.PROCESSING,
    "rejected": Verdict.REJECTED,
    "failed": Verdict.REJECTED,
    "deleted": Verdict.GONE,
}


async def seen(api: Api, objects: Sequence[PostedObject], account: ConnectedAccount) -> list[Seen]:
    """All videos by one call; another one for the channel where a video is missing. Raises ChannelError."""
    found = await api.videos(account, [one.id for one in objects])
    if all(one.id in found for one in objects):
        return [_shown(found[one.id]) for one in objects]
    owner = await api.own_channel(account.token)
    missing = Seen(verdict=Verdict.GONE, word="videoNotFound")
    if owner.external_id != account.external_id:
        missing = Seen(verdict=Verdict.UNREADABLE, word=f"the connection is of the channel {owner.external_id}")
    return [_shown(found[one.id]) if one.id in found else missing for one in objects]


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
    """From whom the video is hidden; None where everybody sees it."""
    privacy = text_in(status, "privacyStatus")
    if privacy not in (None, "public"):
        return privacy
    region = object_in(details, "regionRestriction")
    for word in ("blocked", "allowed"):
        countries = region.get(word)
        if isinstance(countries, list):
            return f"{word} in {', '.join(map(str, countries)) or 'no country'}"
    return text_in(details, "contentRating", "ytRating")
