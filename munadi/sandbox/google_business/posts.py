"""Posts of a location: made, listed, read, edited and deleted; Google judges each before it is seen.

Equal posts are not refused. A photo is fetched within the call, and refused where it is none.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import iso, wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.google_business.model import LocalPost, Location, refuse, refuse_if, wrong_if
from munadi.sandbox.media import FetchFailed, fetch, image_facts

if TYPE_CHECKING:
    from munadi.sandbox.google_business import GoogleBusiness

MAX_TEXT, MAX_TITLE, MAX_BYTES, MIN_SIDE = 1500, 58, 5 * 1024 * 1024, 250
LONGEST_PAGE = 100
TOPICS, TIMED = ("STANDARD", "EVENT", "OFFER"), ("EVENT", "OFFER")
ACTIONS = ("BOOK", "ORDER", "SHOP", "LEARN_MORE", "SIGN_UP", "CALL")
EDITABLE = ("summary", "callToAction", "event", "offer", "languageCode")
AGENT = "Google-My-Business-API (munadi sandbox)"


async def create(platform: GoogleBusiness, call: Call) -> Answer:
    """200 with the post, which is not judged yet: it says PROCESSING."""
    location, body = platform.managed(call, writes=True), call.json(refuse("invalid"))
    fields = {name: body[name] for name in (*EDITABLE, "topicType") if body.get(name) is not None}
    _check(platform, fields)
    media = body.get("media") or []
    wrong_if(len(media) > 1, "TOO_MANY_ITEMS", "media", "Too many media items.")
    digests = [await _fetched(platform, one) for one in media]
    now = platform.clock.now()
    row = LocalPost(platform.next_id(), location.id, fields, now, now + platform.delays["processing"], wall_time())
    row.fields["media"] = [{"mediaFormat": "PHOTO", "sourceUrl": one["sourceUrl"]} for one in media]
    row.digests, row.is_rejected = digests, platform.switches["rejectPosts"]
    platform.posted.put(row.id, row)
    return Answer(200, view(platform, call, location, row), effect=True)


async def listed(platform: GoogleBusiness, call: Call) -> Answer:
    """A page of the posts, in no documented order."""
    location = platform.managed(call)
    seen = platform.clock.now() - platform.delays["listing"]
    rows = [one for one in platform.posted if one.profile_id == location.id and one.made_at <= seen]
    rows.sort(key=lambda one: one.id[::-1])
    size, start = min(int(call.query.get("pageSize", 20)), LONGEST_PAGE), int(call.query.get("pageToken", 0))
    shown = [view(platform, call, location, one) for one in rows[start : start + size]]
    more = {"nextPageToken": str(start + size)} if start + size < len(rows) else {}
    return Answer(200, {**({"localPosts": shown} if shown else {}), **more})


async def get(platform: GoogleBusiness, call: Call) -> Answer:
    location = platform.managed(call)
    return Answer(200, view(platform, call, location, _own(platform, call, location)))


async def edit(platform: GoogleBusiness, call: Call) -> Answer:
    """The fields that the mask names; those that the body lacks are removed."""
    location, body = platform.managed(call, writes=True), call.json(refuse("invalid"))
    row, mask = _own(platform, call, location), [one for one in call.query.get("updateMask", "").split(",") if one]
    wrong_if(not mask or any(one not in EDITABLE for one in mask), "INVALID_VALUE", "update_mask", "Invalid mask.")
    kept = {name: value for name, value in row.fields.items() if name not in mask}
    changed = {**kept, **{name: body[name] for name in mask if body.get(name) is not None}}
    _check(platform, changed)
    if changed != row.fields:
        row.fields, row.changed_at = changed, platform.clock.now()
        platform.posted.put(row.id, row)
    return Answer(200, view(platform, call, location, row), effect=True)


async def delete(platform: GoogleBusiness, call: Call) -> Answer:
    location = platform.managed(call, writes=True)
    platform.posted.remove(_own(platform, call, location).id)
    return Answer(200, {}, effect=True)


def view(platform: GoogleBusiness, call: Call, location: Location, row: LocalPost) -> dict[str, Any]:
    """A post in an answer. Whether reads have the source of a photo is not documented."""
    is_judged = platform.clock.now() >= row.judged_at
    state = "PROCESSING" if not is_judged else "REJECTED" if row.is_rejected else "LIVE"
    parts = platform.path_parts(call)
    account = parts[parts.index("accounts") + 1]
    shown = {name: value for name, value in row.fields.items() if name != "media"}
    media = row.fields.get("media") or []
    if platform.switches["hideSources"]:
        media = [{name: value for name, value in one.items() if name != "sourceUrl"} for one in media]
    facts = {
        "name": f"accounts/{account}/locations/{location.id}/localPosts/{row.id}",
        "state": state,
        "createTime": iso(row.made_at),
        "updateTime": iso(row.changed_at or row.made_at),
        **({"media": media} if media else {}),
        **({"searchUrl": platform.permalink(row, call.base_url)} if state == "LIVE" else {}),
    }
    return platform.changed(row.id, {**shown, **facts})


def _own(platform: GoogleBusiness, call: Call, location: Location) -> LocalPost:
    row = platform.posted.get(call.path.rpartition("/")[2])
    if row is None or row.profile_id != location.id:
        raise refuse("missing")
    return row


def _check(platform: GoogleBusiness, fields: dict[str, Any]) -> None:
    topic, offer = fields.get("topicType"), fields.get("offer")
    wrong_if(topic is None, 2, "topic_type", "Topic type is required for post creation.")
    wrong_if(topic not in TOPICS, "UNSUPPORTED_VALUE", "topic_type", "Unsupported topic type.")
    wrong_if(len(fields.get("summary", "")) > MAX_TEXT, "INVALID_VALUE", "summary", "The summary is too long.")
    wrong_if(offer is not None and topic != "OFFER", "INVALID_VALUE", "offer", "An offer needs the topic OFFER.")
    wrong_if(topic in TIMED and "event" not in fields, "MISSING_VALUE", "event", "An event is required.")
    wrong_if(topic not in TIMED and "event" in fields, "INVALID_VALUE", "event", "A standard post has no event.")
    if "event" in fields:
        _check_event(platform, fields["event"])
    button = fields.get("callToAction")
    if button is not None and topic != "OFFER":
        kind, url = button.get("actionType"), button.get("url")
        wrong_if(kind not in ACTIONS, "INVALID_VALUE", "call_to_action.action_type", "Unknown action type.")
        wrong_if(kind == "CALL" and url, "INVALID_VALUE", "call_to_action.url", "A call has no URL.")
        wrong_if(kind != "CALL" and not url, "MISSING_VALUE", "call_to_action.url", "A URL is required.")


def _check_event(platform: GoogleBusiness, event: Any) -> None:
    at = "event.schedule"
    try:
        title, schedule = event["title"], event["schedule"]
        starts, ends = _moment(schedule, "start"), _moment(schedule, "end")
    except (KeyError, TypeError, ValueError):
        raise refuse(
            "invalid", code="MISSING_VALUE", field=at, why="All fields of the schedule are required."
        ) from None
    wrong_if(not title or len(title) > MAX_TITLE, "INVALID_VALUE", "event.title", "The title is empty or too long.")
    wrong_if(ends <= starts, "INVERTED_RANGE", at, "The event ends before it starts.")
    wrong_if(ends.timestamp() < platform.clock.now(), "EXPIRED_VALUE", at, "The event is over.")


def _moment(schedule: dict[str, Any], end: str) -> datetime:
    day, at = schedule[f"{end}Date"], schedule[f"{end}Time"]
    return datetime(day["year"], day["month"], day["day"], at.get("hours", 0), at.get("minutes", 0), tzinfo=UTC)


async def _fetched(platform: GoogleBusiness, item: Any) -> str:
    """The digest of a photo."""
    fetches = isinstance(item, dict) and item.get("mediaFormat") == "PHOTO" and isinstance(item.get("sourceUrl"), str)
    wrong_if(not fetches, "INVALID_VALUE", "media", "A photo needs a source URL.")
    try:
        body = await fetch(item["sourceUrl"], MAX_BYTES, AGENT)
    except FetchFailed:
        raise refuse("invalid", code="PHOTO_FETCH_FAILED", field="media.source_url", why="Failed to fetch.") from None
    facts = image_facts(body)
    is_good = facts is not None and facts.format in ("JPEG", "PNG") and min(facts.width, facts.height) >= MIN_SIDE
    refuse_if(
        not is_good or not platform.limits["leastPhotoBytes"] <= len(body) <= MAX_BYTES,
        "invalid",
        code="PHOTO_UPLOAD_FAILED",
        field="media.source_url",
        why="The photo has a wrong type or size.",
    )
    return platform.blob_store.keep(body, facts.mime_type if facts else "").digest
