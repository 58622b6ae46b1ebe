"""Posts: made under an idempotency key, listed, read back as HTML and as their source; and their media.

A medium is uploaded as multipart, processed for a while, attached to one post, and deleted after a day without one.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import DAY, HOUR, MINUTE, iso, wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.mastodon.model import PROBLEMS, Account, Medium, Status, UsedKey, length_of, refuse, refuse_if
from munadi.sandbox.mastodon.server import account_view
from munadi.sandbox.media import image_facts, sniff, video_facts

if TYPE_CHECKING:
    from munadi.sandbox.mastodon import Mastodon

LONGEST_PAGE, USUAL_PAGE = 40, 20
VISIBILITIES = ("public", "unlisted", "private", "direct")


async def create(platform: Mastodon, call: Call) -> Answer:
    """A repeat under the same key within the hour gets the first post, whatever its body."""
    profile = platform.caller(call, "write:statuses")
    key = f"{profile.id} {call.headers.get('idempotency-key', '')}"
    used = platform.keys.get(key)
    if used is not None and platform.clock.now() < used.used_at + HOUR and not platform.switches["plain"]:
        refuse_if(platform.switches["failRepeats"], "internal")
        first = platform.posted.get(used.status_id)
        return Answer(200, view(platform, first, call)) if first else PROBLEMS.answer("missing")
    platform.limited(profile.id, "postsPer3Hours", 3 * HOUR)
    status = _checked(platform, call.json(refuse("blank")), profile)
    if platform.switches["pretendSuccess"]:
        return Answer(200, view(platform, status, call))
    platform.posted.put(status.id, status)
    for one in status.media:
        medium = platform.media.get(one)
        assert medium is not None
        medium.status_id = status.id
        platform.media.put(one, medium)
    if call.headers.get("idempotency-key"):
        platform.keys.put(key, UsedKey(status.id, platform.clock.now()))
    return Answer(200, view(platform, status, call), effect=True)


def _checked(platform: Mastodon, body: dict[str, Any], profile: Account) -> Status:
    text, spoiler = str(body.get("status") or ""), str(body.get("spoiler_text") or "")
    attached = _attachable(platform, body.get("media_ids") or [], profile.id)
    refuse_if(not (text.strip() or spoiler or attached), "blank")
    limit = platform.limits["characters"]
    if length_of(text) + length_of(spoiler) > limit:
        raise refuse("blank", f"Validation failed: Text character limit of {limit} exceeded")
    poll = body.get("poll")
    refuse_if(poll and attached, "poll_media")
    refuse_if(poll and not 2 <= len(poll.get("options", [])) <= platform.limits["pollOptions"], "poll")
    for name in ("in_reply_to_id", "quoted_status_id"):
        refuse_if(body.get(name) is not None and str(body[name]) not in platform.posted, "missing")
    visibility = body.get("visibility")
    visibility = visibility if visibility in VISIBILITIES else "public"
    if profile.status == "limited" and visibility == "public":
        visibility = "unlisted"
    quoted = body.get("quoted_status_id")
    return Status(
        platform.next_id(),
        profile.id,
        text,
        spoiler,
        visibility,
        platform.clock.now(),
        wall_time(),
        [one.id for one in attached],
        body.get("in_reply_to_id"),
        body.get("language"),
        bool(body.get("sensitive")),
        poll,
        quoted,
    )


async def read(platform: Mastodon, call: Call) -> Answer:
    return Answer(200, view(platform, _own(platform, call, -1), call))


async def source(platform: Mastodon, call: Call) -> Answer:
    status = _own(platform, call, -2)
    return Answer(200, {"id": status.id, "text": status.text, "spoiler_text": status.spoiler})


async def listed(platform: Mastodon, call: Call) -> Answer:
    """Newest first; with `min_id` the page right after it."""
    profile, query = platform.caller(call, "read:statuses"), call.query
    refuse_if(call.path.split("/")[-2] != profile.id, "missing")
    is_plain = platform.switches["plain"]
    if "min_id" in query and not is_plain:
        platform.limited(profile.id, "pagesPer15Minutes", 15 * MINUTE)
    found = [one for one in platform.posted if one.profile_id == profile.id]
    if is_plain:
        found = [one for one in found if one.visibility == "public"][-USUAL_PAGE:]
    elif "min_id" in query:
        found = [one for one in found if int(one.id) > int(query["min_id"])][: _limit(call)]
    else:
        found = found[-_limit(call) :]
    return Answer(200, [view(platform, one, call) for one in reversed(found)])


def _limit(call: Call) -> int:
    return min(int(call.query.get("limit", USUAL_PAGE)), LONGEST_PAGE)


def _own(platform: Mastodon, call: Call, place: int) -> Status:
    profile = platform.caller(call, "read:statuses")
    status = platform.posted.of(call.path.split("/")[place], profile.id)
    if status is None:
        raise refuse("missing")
    return status


def view(platform: Mastodon, status: Status, call: Call) -> dict[str, Any]:
    attached = [found for one in status.media if (found := platform.media.get(one)) is not None]
    url = platform.permalink(status, call.base_url)
    return {
        "id": status.id,
        "uri": url,
        "url": url,
        "created_at": iso(status.created_at),
        "account": account_view(platform.profile(status.profile_id)),
        "content": f"<p>{escape(status.text)}</p>",
        "visibility": status.visibility,
        "sensitive": status.sensitive,
        "spoiler_text": status.spoiler,
        "language": status.language,
        "in_reply_to_id": status.reply_to,
        "reblog": None,
        "media_attachments": [_shown(platform, one, call) for one in attached],
        "poll": status.poll,
        "edited_at": None,
    }


async def upload(platform: Mastodon, call: Call) -> Answer:
    profile = platform.caller(call, "write:media")
    platform.limited(profile.id, "mediaPer30Minutes", 30 * MINUTE)
    parts = call.parts
    file = parts.get("file", b"")
    kind = sniff(file) or ""
    refuse_if(not (image_facts(file) or video_facts(file)), "type")
    name = "video" if kind.startswith("video/") else "image"
    limit = platform.limits[f"{name}Bytes"]
    refuse_if(len(file) > limit, "type", f"Validation failed: File file size must be less than {limit} bytes")
    now, (description, focus) = platform.clock.now(), (parts.get(one, b"").decode() for one in ("description", "focus"))
    medium = Medium(platform.next_id(), profile.id, name, now, description, focus)
    medium.digest, medium.ready_at = platform.shelf.keep(file, kind).digest, now + platform.delays[name]
    medium.problem = "switch" if platform.switches["failProcessing"] else ""
    platform.media.put(medium.id, medium)
    processing = name == "video" or medium.ready_at > now
    return Answer(202 if processing else 200, _shown(platform, medium, call), effect=True)


async def read_media(platform: Mastodon, call: Call) -> Answer:
    """A medium that no post has yet."""
    medium = _live(platform, call.path.rpartition("/")[2], platform.caller(call, "write:media").id)
    if medium is None or medium.status_id is not None:
        raise refuse("missing")
    if platform.clock.now() < medium.ready_at:
        return Answer(206, _shown(platform, medium, call))
    return PROBLEMS.answer("failed") if medium.problem else Answer(200, _shown(platform, medium, call))


def _live(platform: Mastodon, media_id: str, profile_id: str) -> Medium | None:
    """A medium of this account that has not been deleted."""
    medium = platform.media.of(media_id, profile_id)
    if medium is None or (medium.status_id is None and platform.clock.now() > medium.created_at + DAY):
        return None
    return medium


def _attachable(platform: Mastodon, ids: list[str], profile_id: str) -> list[Medium]:
    """The media for a new post. Raises Mastodon's refusals."""
    refuse_if(len(ids) > platform.limits["mediaPerPost"], "type")
    found = [_live(platform, str(one), profile_id) for one in ids]
    media = [one for one in found if one is not None and (one.status_id is None or platform.switches["plain"])]
    refuse_if(len(media) < len(ids) and not platform.switches["plain"], "attached")
    refuse_if(any(platform.clock.now() < one.ready_at for one in media), "unfinished")
    refuse_if(len(media) > 1 and any(one.kind == "video" for one in media), "mixed")
    return media


def _shown(platform: Mastodon, medium: Medium, call: Call) -> dict[str, Any]:
    is_ready = platform.clock.now() >= medium.ready_at
    url = f"{call.base_url}/media/{medium.digest}" if is_ready else None
    described = {"description": medium.description or None, "meta": {"focus": medium.focus} if medium.focus else {}}
    return {"id": medium.id, "type": medium.kind, "url": url, **described}
