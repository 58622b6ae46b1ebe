"""Boards with their sections, pins, from images that are fetched during the call or from videos, and the account.

A video is registered, received as a form with its policy, and processed for a while. Equal pins are not refused.
"""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Any

from munadi.sandbox.changes import BOARD
from munadi.sandbox.clock import wall_time
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.media import FetchFailed, VideoRules, fetch, image_facts
from munadi.sandbox.pinterest.model import SCOPES, Account, Board, Medium, Pin, Section, refuse, refuse_if, zoneless

if TYPE_CHECKING:
    from munadi.sandbox.pinterest import Pinterest

TEXTS = ("title", "description", "link", "alt_text", "dominant_color")
IMAGE_BYTES, AGENT = 20_000_000, "Pinterestbot/1.0 (munadi sandbox)"
LONGEST_PAGE = 250
CAROUSELS = ("multiple_image_urls", "multiple_image_base64")
CREATIVE_TYPES = {"image": "REGULAR", "multiple_images": "CAROUSEL", "video": "VIDEO"}
# Durations in containers are rounded; the sandbox holds no more than 64 MB.
VIDEO = VideoRules(
    seconds=(3.9, 900.5), ratio=(0.5, 1.915), width=(1, 1 << 16), frames=(1, 120), containers=("mp4", "mov"), audio=None
)
# The fields of an edit with their longest values. Ids are of digits; the slots of carousels are not emulated.
EDITABLE = {"title": 100, "description": 800, "link": 2048, "alt_text": 500, "board_id": 30, "board_section_id": 30}
STATES = ("registered", "processing", "failed", "succeeded")


async def create(platform: Pinterest, call: Call) -> Answer:
    profile, body = platform.counted(call, "writesPerMinute", *SCOPES[1:]), call.json(refuse("invalid"))
    refuse_if(platform.switches["trialAccess"], "trial")
    board = owned(platform, call, str(body.get("board_id", "")), profile.id)
    section = body.get("board_section_id")
    if section is not None:
        found = platform.sections.get(str(section))
        refuse_if(found is None or found.board_id != board.id, "board")
    kind, digests, cover = await _media(platform, profile, body.get("media_source"))
    texts = {name: body.get(name, "") for name in TEXTS}
    now = platform.clock.now()
    pin = Pin(
        platform.next_id(), profile.id, board.id, section, now, wall_time(), kind, digests, cover_time=cover, **texts
    )
    platform.pins.put(pin.id, pin)
    return Answer(201, _view(pin), effect=True)


async def _media(platform: Pinterest, profile: Account, source: Any) -> tuple[str, list[str], int | None]:
    """The kind of pin, its files, and the second of a video's cover."""
    match source:
        case {"source_type": "image_url", "url": str(url)}:
            return "image", [(await _fetched(platform, url))[0]], None
        case {"source_type": "image_base64"}:
            return "image", [_given(platform, source)[0]], None
        case {"source_type": str(name), "items": [*items]} if name in CAROUSELS:
            refuse_if(len(items) > 5, "invalid", f"{len(items)} items, maxItems=5")
            files = [await _fetched(platform, one["url"]) if "url" in one else _given(platform, one) for one in items]
            refuse_if(len({round(ratio, 2) for _, ratio in files}) > 1, "invalid", "Images must have one size.")
            return "multiple_images", [digest for digest, _ in files], None
        case {"source_type": "video_id", "media_id": str(media_id), **rest}:
            message = "Exactly one of cover_image_url or cover_image_content_type or cover_image_key_frame_time."
            refuse_if(len(rest) != 1, "invalid", message)
            medium = platform.media.of(media_id, profile.id)
            if medium is None or medium.digest is None or medium.state(platform.clock.now(), *STATES) != STATES[-1]:
                raise refuse("invalid", "The media is not ready.")
            second: Any = rest.get("cover_image_key_frame_time")
            return "video", [medium.digest], second
    raise refuse("invalid", "media_source is not valid.")


async def _fetched(platform: Pinterest, url: str) -> tuple[str, float]:
    """An image's digest and its ratio."""
    try:
        body = await fetch(url, IMAGE_BYTES, AGENT)
    except FetchFailed:
        raise refuse("image") from None
    return _kept(platform, body)


def _given(platform: Pinterest, item: dict[str, str]) -> tuple[str, float]:
    """The digest and the ratio of an image within the call."""
    try:
        return _kept(platform, base64.b64decode(item["data"], validate=True))
    except ValueError:
        raise refuse("invalid", "data is not base64.") from None


def _kept(platform: Pinterest, body: bytes) -> tuple[str, float]:
    facts = image_facts(body)
    if facts is None or facts.format not in ("JPEG", "PNG") or len(body) > IMAGE_BYTES:
        raise refuse("invalid", "The image is not of a supported type or size.")
    return platform.blob_store.keep(body, facts.mime_type).digest, facts.width / facts.height


async def listed(platform: Pinterest, call: Call) -> Answer:
    """The pins of a board, of a section or of the account, newest first unless a switch mixes them."""
    profile, parts = platform.counted(call, "readsPerMinute", "boards:read", "pins:read"), call.path.split("/")
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
    """As the published schema of PATCH: only its fields, null leaves one as it is. Only chosen apps may edit."""
    profile, body = platform.counted(call, "writesPerMinute", *SCOPES[1:]), call.json(refuse("invalid"))
    pin = platform.pins.get(call.path.rpartition("/")[2])
    if pin is None:
        raise refuse("pin")
    refuse_if(pin.profile_id != profile.id, "scopes")
    refuse_if(not platform.switches["mayEdit"], "gated")
    for name, value in body.items():
        longest = EDITABLE.get(name)
        refuse_if(longest is None or not isinstance(value, str | None), "invalid", f"{name} is not valid.")
        refuse_if(len(value or "") > (longest or 0), "invalid", f"{name} is longer than {longest}.")
    given = {name: value for name, value in body.items() if value is not None}
    board, section = given.pop("board_id", None), given.pop("board_section_id", None)
    if board is not None:
        pin.board_id, pin.section_id = owned(platform, call, board, profile.id).id, None
    if section is not None:
        found = platform.sections.get(section)
        refuse_if(found is None or found.board_id != pin.board_id, "board")
        pin.section_id = section
    for name, value in given.items():
        setattr(pin, name, value)
    platform.pins.put(pin.id, pin)
    return Answer(200, _view(pin), effect=True)


async def delete(platform: Pinterest, call: Call) -> Answer:
    """204; a pin that is gone is not found, and another's is refused. It needs the scopes of making one."""
    profile = platform.counted(call, "writesPerMinute", *SCOPES[1:])
    pin = platform.pins.get(call.path.rpartition("/")[2])
    if pin is None:
        raise refuse("pin")
    refuse_if(pin.profile_id != profile.id, "scopes")
    platform.pins.remove(pin.id)
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
        "is_owner": True,
        **texts,
        "media": {"media_type": pin.media_type},
        "creative_type": CREATIVE_TYPES[pin.media_type],
    }


async def register(platform: Pinterest, call: Call) -> Answer:
    profile = platform.counted(call, "writesPerMinute", "pins:write")
    medium = Medium(platform.next_id(), profile.id, secrets.token_urlsafe(24))
    platform.media.put(medium.id, medium)
    fields = {"key": f"uploads/{medium.id}", "policy": medium.policy, "Content-Type": "multipart/form-data"}
    made = {"media_id": medium.id, "media_type": "video", "upload_url": f"{call.base_url}/pinterest/s3/"}
    return Answer(201, {**made, "upload_parameters": fields}, effect=True)


async def upload(platform: Pinterest, call: Call) -> Answer:
    """As S3 takes a form: the policy of the key, and the file as the last field."""
    fields = call.parts
    medium = platform.media.get(fields.get("key", b"").decode().removeprefix("uploads/"))
    if medium is None or fields.get("policy", b"").decode() != medium.policy or call.bearer is not None:
        raise _refuse_upload("AccessDenied")
    if [*fields][-1] != "file":
        raise _refuse_upload("InvalidArgument")
    body = fields["file"]
    medium.digest = platform.blob_store.keep(body, "video/mp4").digest
    medium.problem = VIDEO.problem(body) or ("switch" if platform.switches["failProcessing"] else "")
    medium.ready_at = platform.clock.now() + platform.delays["video"]
    platform.media.put(medium.id, medium)
    return Answer(204, None, effect=True)


async def status(platform: Pinterest, call: Call) -> Answer:
    profile = platform.counted(call, "readsPerMinute", "pins:read")
    medium = platform.media.of(call.path.rpartition("/")[2], profile.id)
    if medium is None:
        raise refuse("media")
    state = medium.state(platform.clock.now(), *STATES)
    return Answer(200, {"media_id": medium.id, "media_type": "video", "status": state})


def _refuse_upload(code: str) -> Refusal:
    return Refusal(Answer(403, f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code></Error>'))


async def user_account(platform: Pinterest, call: Call) -> Answer:
    profile = platform.caller(call, "user_accounts:read")
    return Answer(200, {"id": profile.id, "username": profile.username, "account_type": "BUSINESS"})


async def list_boards(platform: Pinterest, call: Call) -> Answer:
    profile = platform.counted(call, "readsPerMinute", "boards:read")
    own = [one for one in platform.boards if one.profile_id == profile.id and _is_shown(platform, call, one)]
    return page(call, [_board(platform, one) for one in own])


async def create_board(platform: Pinterest, call: Call) -> Answer:
    profile, body = platform.caller(call, "boards:write"), call.json(refuse("invalid"))
    name = body["name"]
    refuse_if(any(one.profile_id == profile.id and one.name == name for one in platform.boards), "name")
    board = Board(platform.next_id(), profile.id, name, body.get("privacy", "PUBLIC"))
    platform.boards.put(board.id, board)
    return Answer(201, _board(platform, board), effect=True)


async def get_board(platform: Pinterest, call: Call) -> Answer:
    profile = platform.counted(call, "readsPerMinute", "boards:read")
    return Answer(200, _board(platform, owned(platform, call, call.path.split("/")[3], profile.id)))


async def delete_board(platform: Pinterest, call: Call) -> Answer:
    profile = platform.caller(call, "boards:write")
    platform.boards.remove(owned(platform, call, call.path.split("/")[3], profile.id).id)
    return Answer(204, None, effect=True)


async def list_sections(platform: Pinterest, call: Call) -> Answer:
    board = owned(platform, call, call.path.split("/")[3], platform.caller(call, "boards:read").id)
    return page(call, [{"id": one.id, "name": one.name} for one in platform.sections if one.board_id == board.id])


async def create_section(platform: Pinterest, call: Call) -> Answer:
    profile, body = platform.caller(call, "boards:write"), call.json(refuse("invalid"))
    board = owned(platform, call, call.path.split("/")[3], profile.id)
    section = Section(platform.next_id(), board.id, profile.id, str(body.get("name")))
    platform.sections.put(section.id, section)
    return Answer(201, {"id": section.id, "name": section.name}, effect=True)


def owned(platform: Pinterest, call: Call, board_id: str, profile_id: str) -> Board:
    """The board of this profile, if the token may see it."""
    board = platform.boards.get(board_id)
    if board is None:
        raise refuse("board")
    refuse_if(board.profile_id != profile_id or not _is_shown(platform, call, board), "scopes")
    return board


def page(call: Call, rows: list[dict[str, Any]]) -> Answer:
    """A page of rows, 250 at most; a bookmark leads to the next."""
    first, count = int(call.query.get("bookmark", 0)), int(call.query.get("page_size", 25))
    refuse_if(not 1 <= count <= LONGEST_PAGE, "invalid")
    bookmark = str(first + count) if first + count < len(rows) else None
    return Answer(200, {"items": rows[first : first + count], "bookmark": bookmark})


def _is_shown(platform: Pinterest, call: Call, board: Board) -> bool:
    return _board(platform, board)["privacy"] != "SECRET" or platform.sees_secret(call)


def _board(platform: Pinterest, board: Board) -> dict[str, Any]:
    facts = {"id": board.id, "name": board.name, "privacy": board.privacy, "owner": {"username": board.profile_id}}
    return platform.changed(board.id, facts, BOARD)
