"""Pins: made by a strict body, from images that are fetched during the call. Equal pins are not refused."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import wall_time
from munadi.sandbox.downloads import FetchFailed, fetch
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.media import image_facts
from munadi.sandbox.pinterest.boards import owned, page
from munadi.sandbox.pinterest.errors import refuse, refuse_if
from munadi.sandbox.pinterest.media import status_of
from munadi.sandbox.pinterest.model import SCOPES, Account, Pin, zoneless

if TYPE_CHECKING:
    from munadi.sandbox.pinterest import Pinterest

LONGEST = {"title": 100, "description": 800, "link": 2048, "alt_text": 500, "dominant_color": 7}
FIELDS = {*LONGEST, "board_id", "board_section_id", "media_source"}
IMAGE_BYTES, AGENT = 20_000_000, "Pinterestbot/1.0 (munadi sandbox)"
CAROUSELS = ("multiple_image_urls", "multiple_image_base64")
CREATIVE_TYPES = {"image": "REGULAR", "multiple_images": "CAROUSEL", "video": "VIDEO"}
COVERS = {"cover_image_url", "cover_image_content_type", "cover_image_key_frame_time"}


async def create(platform: Pinterest, call: Call) -> Answer:
    """201 with the pin."""
    profile, body = platform.caller(call, *SCOPES[1:]), call.json(refuse("invalid"))
    platform.limited(profile, "writesPerMinute")
    refuse_if(platform.switches["trialAccess"], "trial")
    refuse_if(set(body) - FIELDS, "invalid")
    for name, longest in LONGEST.items():
        text = body.get(name, "")
        refuse_if(not isinstance(text, str) or len(text) > longest, "invalid", f"'{name}' is too long")
    board = owned(platform, call, str(body.get("board_id", "")), profile.id)
    section = body.get("board_section_id")
    if section is not None:
        found = platform.sections.get(str(section))
        refuse_if(found is None or found.board_id != board.id, "board")
    kind, digests, cover = await _media(platform, profile, body.get("media_source"))
    texts = {name: body.get(name, "") for name in LONGEST}
    now = platform.clock.now()
    pin = Pin(
        platform.next_id(), profile.id, board.id, section, now, wall_time(), kind, digests, cover_time=cover, **texts
    )
    platform.pins.put(pin.id, pin)
    return Answer(201, _view(pin), effect=True)


async def _media(platform: Pinterest, profile: Account, source: Any) -> tuple[str, list[str], int | None]:
    """The kind of pin, its files, and the second of a video's cover."""
    match source:
        case {"source_type": "image_url", "url": str(url), **rest} if not rest:
            return "image", [(await _fetched(platform, url))[0]], None
        case {"source_type": "image_base64", "content_type": str(kind), "data": str(data), **rest} if not rest:
            return "image", [_given(platform, kind, data)[0]], None
        case {"source_type": str(name), "items": [*items], "index": int(), **rest} if name in CAROUSELS and not rest:
            refuse_if(not platform.switches["takesCarousels"], "invalid", "Carousel pins are not supported.")
            refuse_if(not 2 <= len(items) <= 5, "invalid", f"{len(items)} items, maxItems=5")
            if name == "multiple_image_urls":
                files = [await _fetched(platform, str(one.get("url"))) for one in items]
            else:
                files = [_given(platform, str(one.get("content_type")), str(one.get("data"))) for one in items]
            refuse_if(len({round(ratio, 2) for _, ratio in files}) > 1, "invalid", "Images must have one size.")
            return "multiple_images", [digest for digest, _ in files], None
        case {"source_type": "video_id", "media_id": str(media_id), **rest}:
            message = "Exactly one of cover_image_url or cover_image_content_type or cover_image_key_frame_time."
            refuse_if(len(rest) != 1 or not set(rest) <= COVERS, "invalid", message)
            medium = platform.media.of(media_id, profile.id)
            if medium is None or medium.digest is None or status_of(platform, medium) != "succeeded":
                raise refuse("invalid", "The media is not ready.")
            second = rest.get("cover_image_key_frame_time")
            if second is not None and not isinstance(second, int):
                raise refuse("invalid", "cover_image_key_frame_time is not an integer.")
            return "video", [medium.digest], second
    raise refuse("invalid", "media_source is not valid.")


async def _fetched(platform: Pinterest, url: str) -> tuple[str, float]:
    """An image's digest and its ratio."""
    try:
        body = await fetch(url, IMAGE_BYTES, AGENT)
    except FetchFailed:
        raise refuse("image") from None
    return _kept(platform, body)


def _given(platform: Pinterest, kind: str, data: str) -> tuple[str, float]:
    """The same for an image within the call."""
    try:
        body = base64.b64decode(data, validate=True)
    except ValueError:
        raise refuse("invalid", "data is not base64.") from None
    refuse_if(kind not in ("image/jpeg", "image/png"), "invalid")
    return _kept(platform, body)


def _kept(platform: Pinterest, body: bytes) -> tuple[str, float]:
    facts = image_facts(body)
    if facts is None or facts.format not in ("JPEG", "PNG") or len(body) > IMAGE_BYTES:
        raise refuse("invalid", "The image is not of a supported type or size.")
    return platform.shelf.keep(body, facts.mime_type).digest, facts.width / facts.height


async def listed(platform: Pinterest, call: Call) -> Answer:
    """The pins of a board, of a section or of the account, newest first unless a switch mixes them."""
    profile, parts = platform.caller(call, "boards:read", "pins:read"), call.path.split("/")
    platform.limited(profile, "readsPerMinute")
    board = owned(platform, call, parts[3], profile.id).id if parts[2] == "boards" else None
    section = parts[5] if "sections" in parts else None
    seen = platform.clock.now() - platform.delays["index"]
    own = [one for one in platform.pins if one.profile_id == profile.id and one.created_at <= seen]
    found = [one for one in own if board in (None, one.board_id) and section in (None, one.section_id)]
    found.reverse()
    if platform.switches["randomOrder"]:
        found.sort(key=lambda one: one.id[::-1])
    return page(call, [_view(one) for one in found])


async def get(platform: Pinterest, call: Call) -> Answer:
    return Answer(200, _view(_own(platform, call, "pins:read")))


async def edit(platform: Pinterest, call: Call) -> Answer:
    """Only apps with access to this feature may edit."""
    pin, body = _own(platform, call, "pins:write"), call.json(refuse("invalid"))
    refuse_if(not platform.switches["mayEdit"], "gated")
    for name in ("title", "description", "link", "alt_text", "board_id"):
        setattr(pin, name, body.get(name, getattr(pin, name)))
    platform.pins.put(pin.id, pin)
    return Answer(200, _view(pin), effect=True)


async def delete(platform: Pinterest, call: Call) -> Answer:
    platform.pins.remove(_own(platform, call, "pins:write").id)
    return Answer(204, None, effect=True)


def _own(platform: Pinterest, call: Call, scope: str) -> Pin:
    pin = platform.pins.of(call.path.rpartition("/")[2], platform.caller(call, scope).id)
    if pin is None:
        raise refuse("pin")
    return pin


def _view(pin: Pin) -> dict[str, Any]:
    texts = {name: getattr(pin, name) or None for name in ("title", "description", "link", "alt_text")}
    return {
        "id": pin.id,
        "created_at": zoneless(pin.created_at),
        "board_id": pin.board_id,
        "board_section_id": pin.section_id,
        **texts,
        "media": {"media_type": pin.media_type},
        "creative_type": CREATIVE_TYPES[pin.media_type],
    }
