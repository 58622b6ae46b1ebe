"""Posts: made, listed newest first, read back escaped and with short addresses; and their media.

Media are opened, received in parts in any order, finalized, processed for a while, and gone after a day without a post.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any

from munadi.sandbox.changes import ACCOUNT
from munadi.sandbox.clock import DAY, MINUTE, iso, wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.media import image_facts, sniff, video_facts
from munadi.sandbox.x.model import (
    ADDRESS,
    LONG,
    SHORT,
    Account,
    Medium,
    Tweet,
    not_found,
    not_shown,
    refuse,
    refuse_if,
    weight,
)

if TYPE_CHECKING:
    from munadi.sandbox.x import X

# What every post in a list has, and the names that X's newer parameter `post.fields` gives to parts of a post.
ALWAYS = {"id", "text", "edit_history_tweet_ids"}
RENAMED = {
    "edit_history_tweet_ids": "edit_history_post_ids",
    "note_tweet": "note_post",
    "referenced_tweets": "referenced_posts",
}
MAX_PARTS, MAX_PART_BYTES = 1000, 5 * 1024 * 1024
MAX_BYTES = {"tweet_image": 5_000_000, "tweet_gif": 15_000_000, "tweet_video": 60_000_000}  # the sandbox holds no more
WRITE = "media.write"


async def me(platform: X, call: Call) -> Answer:
    profile = platform.caller(call, "users.read")
    kind = "Premium" if profile.status == "premium" else "None"
    user = {"id": profile.id, "username": profile.username, "name": profile.username, "verified_type": "none"}
    user = platform.changed(profile.id, {**user, "protected": False}, ACCOUNT)
    return Answer(200, {"data": {**user, "subscription_type": kind}})


async def create(platform: X, call: Call) -> Answer:
    """201 with the id. What is refused costs nothing."""
    profile, body = platform.caller(call, "tweet.write"), call.json(refuse("invalid"))
    refuse_if(profile.status in ("suspended", "locked"), profile.status)
    platform.limited(profile.id, "postsPer15Minutes", 15 * MINUTE)
    tweet = _checked(platform, body, profile)
    platform.charge("postWithLink" if ADDRESS.search(tweet.text) else "post")
    platform.tweets.put(tweet.id, tweet)
    return Answer(201, {"data": {"id": tweet.id, "text": _shown(tweet)[0]}}, effect=True)


def _checked(platform: X, body: dict[str, Any], profile: Account) -> Tweet:
    text, poll, reply = body.get("text", ""), body.get("poll"), body.get("reply")
    attached = attachable(platform, (body.get("media") or {}).get("media_ids", []), profile.id)
    refuse_if(not (text.strip() or attached), "invalid")
    refuse_if(weight(text) > LONG.get(profile.status, SHORT), "forbidden")
    refuse_if(poll and (attached or "quote_tweet_id" in body), "invalid")
    parent = str(reply["in_reply_to_tweet_id"]) if reply else None
    if parent is not None:
        found = platform.tweets.get(parent)
        refuse_if(found is None, "parent")
        refuse_if(found is not None and found.profile_id != profile.id, "reply")
    refuse_if("quote_tweet_id" in body and platform.switches["selfServe"], "reply")
    if platform.switches["refuseDuplicates"]:
        since, ids = platform.clock.now() - DAY, [one.id for one in attached]
        same = (one for one in platform.tweets if one.profile_id == profile.id and one.media == ids)
        refuse_if(any(one.text == text and one.created_at > since for one in same), "duplicate")
    return Tweet(
        platform.next_id(),
        profile.id,
        text,
        platform.clock.now(),
        wall_time(),
        [one.id for one in attached],
        parent,
        body.get("quote_tweet_id"),
        body.get("reply_settings"),
        poll,
    )


async def listed(platform: X, call: Call) -> Answer:
    """The timeline since `start_time`, newest first, with the fields that are asked for. Each post costs money."""
    profile, query = platform.caller(call, "tweet.read"), call.query
    refuse_if(call.path.split("/")[-2] != profile.id, "missing")
    platform.limited(profile.id, "readsPer15Minutes", 15 * MINUTE)
    count = int(query.get("max_results", 10))
    refuse_if(not 5 <= count <= 100, "invalid")
    since = datetime.fromisoformat(query["start_time"]).timestamp() if "start_time" in query else 0.0
    seen = platform.clock.now() - platform.delays["index"]
    found = [one for one in platform.tweets if one.profile_id == profile.id and since <= one.created_at <= seen]
    if profile.status == "suspended":
        return Answer(200, {"errors": [not_shown(profile.id, "user")], "meta": {"result_count": 0}})
    found = list(reversed(found))
    first = int(query.get("pagination_token", 0))
    page = found[first : first + count]
    for _ in page:
        platform.charge("ownedRead")
    meta: dict[str, Any] = {"result_count": len(page)}
    if first + count < len(found):
        meta["next_token"] = str(first + count)
    rows = [_with_fields(_view(platform, one), query) for one in page]
    return Answer(200, {**({"data": rows} if rows else {}), "meta": meta})


async def read(platform: X, call: Call) -> Answer:
    """Posts by their ids. Each that is returned costs money; a missing one is an error beside them, and free."""
    profile, query = platform.caller(call, "tweet.read"), call.query
    platform.limited(profile.id, "readsPer15Minutes", 15 * MINUTE)
    ids = query.get("ids", "").split(",")
    refuse_if(not 1 <= len(ids) <= 100 or not all(one.isdecimal() for one in ids), "invalid")
    known = [tweet for one in ids if (tweet := platform.tweets.get(one)) is not None]
    found = [tweet for tweet in known if platform.profile(tweet.profile_id).status != "suspended"]
    for _ in found:
        platform.charge("read")
    rows = [_with_fields(_view(platform, one), query) for one in found]
    missing = [not_found(one) for one in ids if one not in platform.tweets]
    missing += [not_shown(tweet.id, "tweet") for tweet in known if tweet not in found]
    return Answer(200, {**({"data": rows} if rows else {}), **({"errors": missing} if missing else {})})


async def delete(platform: X, call: Call) -> Answer:
    """What is refused costs nothing. Answers to the post stay."""
    profile = platform.caller(call, "tweet.write")
    platform.limited(profile.id, "deletesPer15Minutes", 15 * MINUTE)
    tweet = platform.tweets.of(call.path.rpartition("/")[2], profile.id)
    if tweet is None:
        raise refuse("missing")
    platform.charge("delete")
    platform.tweets.remove(tweet.id)
    return Answer(200, {"data": {"deleted": True}}, effect=True)


def _with_fields(post: dict[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """What was asked for, by the newer names where `post.fields` asked."""
    names = RENAMED if "post.fields" in query else {}
    asked = set(query.get("post.fields", query.get("tweet.fields", "")).split(","))
    return {
        names.get(name, name): value for name, value in post.items() if name in ALWAYS or names.get(name, name) in asked
    }


def _shown(tweet: Tweet) -> tuple[str, list[dict[str, Any]]]:
    """The text as it is read, and its addresses with their places in it."""
    addresses: list[dict[str, Any]] = []

    def short(before: str, full: str, **more: Any) -> str:
        made = "https://t.co/" + hashlib.sha256(f"{tweet.id} {full}".encode()).hexdigest()[:10]
        place = {"start": len(before), "end": len(before) + len(made)}
        addresses.append({**place, "url": made, "expanded_url": full, **more})
        return before + made

    text, at = "", 0
    for found in ADDRESS.finditer(tweet.text):
        text = short(text + escape(tweet.text[at : found.start()], quote=False), found[0])
        at = found.end()
    text += escape(tweet.text[at:], quote=False)
    if tweet.media:
        text = short(f"{text} ".lstrip(), "https://x.com/photo/1", media_key=tweet.media[0])
    return text, addresses


def _view(platform: X, tweet: Tweet) -> dict[str, Any]:
    text, addresses = _shown(tweet)
    found: dict[str, Any] = {"id": tweet.id, "text": text, "created_at": iso(tweet.created_at)}
    found |= {"edit_history_tweet_ids": [tweet.id]}
    if addresses:
        found["entities"] = {"urls": addresses}
    if weight(tweet.text) > SHORT:
        found |= {"note_tweet": {"text": text, "entities": {"urls": addresses}}, "text": text[:SHORT]}
    if tweet.media:
        media_rows = [platform.media.get(one) for one in tweet.media]
        found["attachments"] = {"media_keys": [one.key for one in media_rows if one]}
    related = {"replied_to": tweet.reply_to, "quoted": tweet.quoted}
    if any(related.values()):
        found["referenced_tweets"] = [{"type": kind, "id": one} for kind, one in related.items() if one]
    return platform.changed(tweet.id, {"possibly_sensitive": False, **found})


async def initialize(platform: X, call: Call) -> Answer:
    profile, body = platform.caller(call, WRITE), call.json(refuse("invalid"))
    platform.limited(profile.id, "mediaPer15Minutes", 15 * MINUTE)
    total, category = body.get("total_bytes", 0), str(body.get("media_category"))
    refuse_if(not 0 < total <= MAX_BYTES.get(category, 0), "invalid", "The media is too large.")
    medium = Medium(platform.next_id(), profile.id, category, total, platform.clock.now())
    platform.media.put(medium.id, medium)
    return Answer(200, {"data": _ids(medium)}, effect=True)


async def append(platform: X, call: Call) -> Answer:
    """A part: fields of a form, or JSON with base64, as X's own client sends it."""
    medium = _own(platform, call)
    if call.content_type == "application/json":
        given = call.json(refuse("invalid"))
        index, content = int(given["segment_index"]), base64.b64decode(given["media"])
    else:
        index, content = int(call.parts.get("segment_index", b"-1")), call.parts.get("media", b"")
    refuse_if(medium.digest is not None or not 0 <= index < MAX_PARTS, "invalid")
    refuse_if(not content or len(content) > MAX_PART_BYTES, "invalid")
    platform.received[f"{medium.id}/{index:04}"] = bytearray(content)
    return Answer(200, {"data": {"expires_at": int(medium.opened_at + DAY)}}, effect=True)


async def finalize(platform: X, call: Call) -> Answer:
    medium = _own(platform, call)
    if medium.digest is None:
        body = platform.collected(medium.id)
        refuse_if(len(body) != medium.total, "invalid", "Segments do not add up to provided total file size.")
        is_video = medium.category == "tweet_video"
        good = video_facts(body) if is_video else image_facts(body)
        refuse_if(not is_video and good is None, "invalid", "media type unrecognized.")
        medium.digest = platform.blob_store.keep(body, sniff(body) or "video/mp4").digest
        medium.problem = "InvalidMedia" if good is None or platform.switches["failProcessing"] else ""
        delay = platform.delays["image" if medium.category == "tweet_image" else "video"]
        medium.ready_at = platform.clock.now() + delay
        platform.media.put(medium.id, medium)
    return Answer(200, {"data": _shown_medium(platform, medium)}, effect=True)


async def media_status(platform: X, call: Call) -> Answer:
    profile = platform.caller(call, WRITE)
    medium = _live(platform, call.query.get("media_id", ""), profile.id)
    if medium is None or medium.digest is None:
        raise refuse("missing")
    return Answer(200, {"data": _shown_medium(platform, medium)})


async def describe(platform: X, call: Call) -> Answer:
    profile, body = platform.caller(call, WRITE), call.json(refuse("invalid"))
    medium = _live(platform, str(body.get("id")), profile.id)
    if medium is None:
        raise refuse("missing")
    text = body["metadata"]["alt_text"]["text"]
    refuse_if(len(text) > 1000, "invalid")
    platform.charge("altText")
    medium.alt = text
    platform.media.put(medium.id, medium)
    return Answer(200, {"data": {"id": medium.id}}, effect=True)


def attachable(platform: X, ids: list[str], profile_id: str) -> list[Medium]:
    """The media for a new post. Raises X's refusals."""
    refuse_if(len(ids) > 4, "invalid", "maximum of 4 items")
    now = platform.clock.now()
    found = [_live(platform, one, profile_id) for one in ids]
    media = [one for one in found if one is not None and one.state(now, "", "", "", "ready") == "ready"]
    refuse_if(len(media) < len(ids), "media")
    refuse_if(len(media) > 1 and any(one.category != "tweet_image" for one in media), "invalid")
    return media


def _live(platform: X, media_id: str, profile_id: str) -> Medium | None:
    medium = platform.media.of(media_id, profile_id)
    return None if medium is None or platform.clock.now() > medium.opened_at + DAY else medium


def _own(platform: X, call: Call) -> Medium:
    medium = _live(platform, call.path.split("/")[-2], platform.caller(call, WRITE).id)
    if medium is None:
        raise refuse("missing")
    return medium


def _ids(medium: Medium) -> dict[str, Any]:
    return {"id": medium.id, "media_key": medium.key, "expires_after_secs": DAY}


def _shown_medium(platform: X, medium: Medium) -> dict[str, Any]:
    """Images have nothing to process, unless a test delays them."""
    view, state = {**_ids(medium), "size": medium.total}, medium.state(platform.clock.now(), "", "wait", "failed", "")
    if state == "wait":
        info: dict[str, Any] = {"state": "in_progress", "check_after_secs": 1, "progress_percent": 50}
    elif state == "failed":
        info = {"state": "failed", "error": {"code": 1, "name": medium.problem, "message": "file is not readable"}}
    else:
        info = {"state": "succeeded", "progress_percent": 100}
    return view if medium.category == "tweet_image" and not state else {**view, "processing_info": info}
