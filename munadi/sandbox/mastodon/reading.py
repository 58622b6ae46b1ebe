"""Posts as they are read: by one id or several, in the account's list, with their source and earlier versions.

A post that is not hidden is shown without a token too. Source: docs/networks/mastodon.md, section 9.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import MINUTE, iso
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.mastodon.model import Account, Medium, Status, refuse, refuse_if

if TYPE_CHECKING:
    from munadi.sandbox.mastodon import Mastodon

LONGEST_PAGE, USUAL_PAGE, MOST_IDS = 40, 20, 20
MODERATED = ("limited", "suspended")  # what an account says of itself, if it is so
OPEN = ("public", "unlisted")


async def read(platform: Mastodon, call: Call) -> Answer:
    return Answer(200, view(platform, _visible(platform, call, -1), call))


async def read_several(platform: Mastodon, call: Call) -> Answer:
    """Those of the wanted posts that the caller may see, in the order of their ids."""
    reader, ids = _reader(platform, call), call.query.getlist("id[]")
    refuse_if(len(ids) > MOST_IDS, "many")
    found = [status for one in ids if (status := _seen_by(platform, reader, one)) is not None]
    return Answer(200, [view(platform, one, call) for one in found])


async def history(platform: Mastodon, call: Call) -> Answer:
    """Every version, the oldest first; only a moderator's edit is emulated."""
    status = _visible(platform, call, -2)
    shown = view(platform, status, call)
    first = {"content": shown["content"], "sensitive": status.sensitive, "created_at": shown["created_at"]}
    later = {**first, "sensitive": shown["sensitive"], "created_at": shown["edited_at"]}
    return Answer(200, [first, later] if shown["edited_at"] else [first])


async def source(platform: Mastodon, call: Call) -> Answer:
    profile = platform.caller(call, "read:statuses")
    status = platform.posted.of(call.path.split("/")[-2], profile.id)
    if status is None:
        raise refuse("missing")
    return Answer(200, {"id": status.id, "text": status.text, "spoiler_text": status.spoiler})


async def listed(platform: Mastodon, call: Call) -> Answer:
    """Newest first, before `max_id`; with `min_id` the page right after it."""
    profile, query = platform.caller(call, "read:statuses"), call.query
    refuse_if(call.path.split("/")[-2] != profile.id, "missing")
    found = [one for one in platform.posted if one.profile_id == profile.id]
    if "max_id" in query:
        found = [one for one in found if int(one.id) < int(query["max_id"])]
    if platform.switches["plain"]:
        found = [one for one in found if one.visibility == "public"][-USUAL_PAGE:]
    elif "min_id" in query:
        found = [one for one in found if int(one.id) > int(query["min_id"])][: _limit(call)]
    else:
        found = found[-_limit(call) :]
    return Answer(200, [view(platform, one, call) for one in reversed(found)])


def _limit(call: Call) -> int:
    return min(int(call.query.get("limit", USUAL_PAGE)), LONGEST_PAGE)


def _reader(platform: Mastodon, call: Call) -> Account | None:
    """The account that reads; None without a token, which the switch `requireLogin` refuses."""
    if call.bearer is not None:
        return platform.caller(call, "read:statuses")
    refuse_if(platform.switches["requireLogin"], "secure")
    return None


def _seen_by(platform: Mastodon, reader: Account | None, status_id: str) -> Status | None:
    if reader is not None:
        return platform.posted.of(status_id, reader.id)
    status = platform.posted.get(status_id)
    if status is None or status.visibility not in OPEN:
        return None
    return None if platform.profile(status.profile_id).status == "suspended" else status


def _visible(platform: Mastodon, call: Call, place: int) -> Status:
    status = _seen_by(platform, _reader(platform, call), call.path.split("/")[place])
    if status is None:
        raise refuse("missing")
    return status


def view(platform: Mastodon, status: Status, call: Call) -> dict[str, Any]:
    """A post. Whether a moderator blurs the account is not shown to its owner; a post is blurred by an edit."""
    attached = [found for one in status.media if (found := platform.media.get(one)) is not None]
    url, profile = platform.permalink(status, call.base_url), platform.profile(status.profile_id)
    facts = {
        "id": status.id,
        "uri": url,
        "url": url,
        "created_at": iso(status.created_at),
        "account": account_view(profile),
        "content": f"<p>{escape(status.text)}</p>",
        "visibility": status.visibility,
        "sensitive": status.sensitive or (profile.status == "sensitized" and call.bearer is None),
        "spoiler_text": status.spoiler,
        "language": status.language,
        "in_reply_to_id": status.reply_to,
        "reblog": None,
        "media_attachments": [medium_view(platform, one, call) for one in attached],
        "poll": status.poll,
        "edited_at": iso(status.edited_at) if status.edited_at is not None else None,
    }
    shown = platform.changed(status.id, facts)
    if shown["sensitive"] is not facts["sensitive"]:
        shown["edited_at"] = iso(status.created_at + MINUTE)
    return shown


def account_view(profile: Account) -> dict[str, Any]:
    return {
        "id": profile.id,
        "username": profile.username,
        "acct": profile.username,
        "display_name": profile.username,
        "url": profile.url,
        **({profile.status: True} if profile.status in MODERATED else {}),
    }


def medium_view(platform: Mastodon, medium: Medium, call: Call) -> dict[str, Any]:
    is_ready = platform.clock.now() >= medium.ready_at
    url = f"{call.base_url}/media/{medium.digest}" if is_ready else None
    described = {"description": medium.description or None, "meta": {"focus": medium.focus} if medium.focus else {}}
    return {"id": medium.id, "type": medium.kind, "url": url, **described}
