"""Media: opened, received in parts in any order, finalized, processed for a while, gone after a day without a post."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import DAY, MINUTE
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.media import image_facts, sniff, video_facts
from munadi.sandbox.x.model import Medium, refuse, refuse_if

if TYPE_CHECKING:
    from munadi.sandbox.x import X

MAX_PARTS, MAX_PART_BYTES = 1000, 5 * 1024 * 1024
MAX_BYTES = {"tweet_image": 5_000_000, "tweet_gif": 15_000_000, "tweet_video": 60_000_000}  # the sandbox holds no more
WRITE = "media.write"


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
        medium.digest = platform.shelf.keep(body, sniff(body) or "video/mp4").digest
        medium.problem = "InvalidMedia" if good is None or platform.switches["failProcessing"] else ""
        delay = platform.delays["image" if medium.category == "tweet_image" else "video"]
        medium.ready_at = platform.clock.now() + delay
        platform.media.put(medium.id, medium)
    return Answer(200, {"data": _view(platform, medium)}, effect=True)


async def status(platform: X, call: Call) -> Answer:
    profile = platform.caller(call, WRITE)
    medium = _live(platform, call.query.get("media_id", ""), profile.id)
    if medium is None or medium.digest is None:
        raise refuse("missing")
    return Answer(200, {"data": _view(platform, medium)})


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


def _view(platform: X, medium: Medium) -> dict[str, Any]:
    """Images have nothing to process, unless a test delays them."""
    view, state = {**_ids(medium), "size": medium.total}, medium.state(platform.clock.now(), "", "wait", "failed", "")
    if state == "wait":
        info: dict[str, Any] = {"state": "in_progress", "check_after_secs": 1, "progress_percent": 50}
    elif state == "failed":
        info = {"state": "failed", "error": {"code": 1, "name": medium.problem, "message": "file is not readable"}}
    else:
        info = {"state": "succeeded", "progress_percent": 100}
    return view if medium.category == "tweet_image" and not state else {**view, "processing_info": info}
