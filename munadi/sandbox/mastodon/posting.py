"""Posts: made under an idempotency key, listed, read back as HTML and as their source."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import HOUR, MINUTE, iso, wall_time
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.mastodon import media
from munadi.sandbox.mastodon.errors import answer, refuse, refuse_if
from munadi.sandbox.mastodon.login import account_view
from munadi.sandbox.mastodon.model import Account, Status, UsedKey, length_of

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
        return Answer(200, view(platform, first, call)) if first else answer("missing")
    platform.limited(profile, "postsPer3Hours", 3 * HOUR)
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
    attached = media.attachable(platform, body.get("media_ids") or [], profile.id)
    refuse_if(not (text.strip() or spoiler or attached), "blank")
    limit = platform.limits["characters"]
    if length_of(text) + length_of(spoiler) > limit:
        raise Refusal(Answer(422, {"error": f"Validation failed: Text character limit of {limit} exceeded"}))
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
        platform.limited(profile, "pagesPer15Minutes", 15 * MINUTE)
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
        "account": account_view(platform, platform.profile(status.profile_id)),
        "content": f"<p>{escape(status.text)}</p>",
        "visibility": status.visibility,
        "sensitive": status.sensitive,
        "spoiler_text": status.spoiler,
        "language": status.language,
        "in_reply_to_id": status.reply_to,
        "reblog": None,
        "media_attachments": [media.view(platform, one, call) for one in attached],
        "poll": status.poll,
        "edited_at": None,
    }
