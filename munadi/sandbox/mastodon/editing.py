"""Posts are edited: the PUT replaces, and what it leaves out is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.mastodon.model import length_of, refuse, refuse_if
from munadi.sandbox.mastodon.reading import view

if TYPE_CHECKING:
    from munadi.sandbox.mastodon import Mastodon


async def update(platform: Mastodon, call: Call) -> Answer:
    """The post as it is now. An equal one is answered like another, and nothing happens."""
    profile = platform.caller(call, "write:statuses")
    status = platform.posted.of(call.path.rpartition("/")[2], profile.id)
    if status is None:
        raise refuse("missing")
    body = call.json(refuse("blank"))
    text, spoiler = str(body.get("status") or ""), str(body.get("spoiler_text") or "")
    media = [str(one) for one in body.get("media_ids") or []]
    refuse_if(not (text.strip() or spoiler or media), "blank")
    limit = platform.limits["characters"]
    if length_of(text) + length_of(spoiler) > limit:
        raise refuse("blank", f"Validation failed: Text character limit of {limit} exceeded")
    refuse_if(any(platform.media.of(one, profile.id) is None for one in media), "attached")
    now = (text, spoiler, media, bool(body.get("sensitive")), body.get("language"), body.get("poll"))
    if now == (status.text, status.spoiler, status.media, status.sensitive, status.language, status.poll):
        return Answer(200, view(platform, status, call))
    for one in status.media:
        medium = platform.media.get(one)
        if medium is not None and one not in media:
            medium.status_id = None
            platform.media.put(one, medium)
    for given in body.get("media_attributes") or []:
        medium = platform.media.get(str(given.get("id")))
        if medium is not None and medium.id in media and "description" in given:
            medium.description = str(given["description"] or "")
            platform.media.put(medium.id, medium)
    status.text, status.spoiler, status.media, status.sensitive, status.language, status.poll = now
    status.edited_at = platform.clock.now()
    platform.posted.put(status.id, status)
    return Answer(200, view(platform, status, call), effect=True)
