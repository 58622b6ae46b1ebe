"""Posts are removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from munadi.sandbox.clock import MINUTE
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.mastodon.model import refuse, refuse_if
from munadi.sandbox.mastodon.reading import view

if TYPE_CHECKING:
    from munadi.sandbox.mastodon import Mastodon


async def delete(platform: Mastodon, call: Call) -> Answer:
    """The post as it was, with its source. Its media can be used again, unless they are to be deleted too."""
    profile = platform.caller(call, "write:statuses")
    platform.limited(profile.id, "deletesPer30Minutes", 30 * MINUTE)
    refuse_if(platform.switches["ignoreDeletes"], "missing")
    status = platform.posted.of(call.path.rpartition("/")[2], profile.id)
    if status is None:
        raise refuse("missing")
    shown = {} if platform.switches["plain"] else view(platform, status, call) | {"text": status.text}
    platform.posted.remove(status.id)
    for one in status.media:
        medium = platform.media.get(one)
        if medium is None:
            continue
        if call.query.get("delete_media") == "true":
            platform.media.remove(one)
        else:
            medium.status_id = None
            platform.media.put(one, medium)
    return Answer(200, shown, effect=True)
