"""The API's operations: creator_info, both inits, status, cancel, query of videos, user/info.

A direct pull or photo post is public from its init on.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import MINUTE
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.tiktok.model import (
    BASIC,
    LIST,
    PROBLEMS,
    PROFILE,
    PUBLISH,
    Account,
    Publish,
    done,
    invalid_if,
    refuse,
    refuse_if,
)
from munadi.sandbox.tiktok.uploads import LONGEST_SECONDS, VIDEO_BYTES, accept

if TYPE_CHECKING:
    from munadi.sandbox.tiktok import TikTok

TITLE_UNITS, PHOTO_TITLE_UNITS, DESCRIPTION_UNITS = 2200, 90, 4000
PUBLIC, MAX_QUERIED = "PUBLIC_TO_EVERYONE", 20
MAX_PHOTOS, MAX_CHUNKS, MOST_CHUNK_BYTES = 35, 1000, 64_000_000
FIELD_SCOPES = {"open_id": BASIC, "union_id": BASIC, "display_name": BASIC, "username": PROFILE}


async def creator_info(platform: TikTok, call: Call) -> Answer:
    profile = platform.caller(call, PUBLISH)
    platform.limited(profile.id, "creatorInfoPerMinute", MINUTE)
    if code := platform.cap(profile):
        return PROBLEMS.answer(code, status=200)  # by design: "do not let this user post now"
    return done(
        {
            "creator_avatar_url": f"{call.base_url}/assets/icon.svg",
            "creator_username": profile.username,
            "creator_nickname": profile.nickname,
            "privacy_level_options": platform.privacy_options(profile),
            "comment_disabled": False,
            "duet_disabled": False,
            "stitch_disabled": False,
            "max_video_post_duration_sec": LONGEST_SECONDS,
        }
    )


async def init_video(platform: TikTok, call: Call) -> Answer:
    profile = platform.caller(call, PUBLISH)
    return _init(platform, call, profile, _body(call), "video")


async def init_photo(platform: TikTok, call: Call) -> Answer:
    profile = platform.caller(call, PUBLISH)
    body = _body(call)
    direct = body.get("media_type") == "PHOTO" and body.get("post_mode") == "DIRECT_POST"
    invalid_if(not direct, "media_type must be PHOTO and post_mode DIRECT_POST")
    pulls = (body.get("source_info") or {}).get("source") == "PULL_FROM_URL"
    invalid_if(not pulls, "Photos are taken by PULL_FROM_URL only")
    return _init(platform, call, profile, body, "photo")


async def status(platform: TikTok, call: Call) -> Answer:
    publish = _named(platform, call)
    status = platform.status_of(publish)
    data: dict[str, Any] = {"status": status, "uploaded_bytes": publish.uploaded, "downloaded_bytes": 0}
    if status == "FAILED":
        data["fail_reason"] = "publish_cancelled" if publish.cancelled else publish.fail_reason
    if post_id := platform.shown_id(publish):
        data["publicaly_available_post_id"] = [int(post_id)]  # sic
    return done(data)


async def query(platform: TikTok, call: Call) -> Answer:
    """The public ones of the named posts. What is deleted, private or moderated is left out, without a word."""
    profile = platform.caller(call, LIST)
    wanted = (_body(call).get("filters") or {}).get("video_ids")
    invalid_if(not isinstance(wanted, list) or not 1 <= len(wanted) <= MAX_QUERIED, "video_ids takes 1 to 20 ids")
    invalid_if(not call.query.get("fields"), "fields is required")
    own = [one for one in platform.live_posts() if one.profile_id == profile.id and one.privacy == PUBLIC]
    named = {str(each) for each in wanted or []}
    shown = [one for one in own if platform.shown_id(one) in named and not platform.is_left_out(one.id)]
    rows = [{"id": one.post_id, "share_url": platform.permalink(one, call.base_url)} for one in shown]
    return done({"videos": rows, "has_more": False})


async def cancel(platform: TikTok, call: Call) -> Answer:
    publish = _named(platform, call)
    refuse_if(publish.accepted_at is not None and not publish.loading, "publish_not_cancellable")
    publish.cancelled = True
    platform.publishes.put(publish.id, publish)
    return done(effect=True)


def _named(platform: TikTok, call: Call) -> Publish:
    profile = platform.caller(call, PUBLISH)
    platform.limited(profile.id, "statusPerMinute", MINUTE)
    publish = platform.publishes.get(str(_body(call).get("publish_id", "")))
    if publish is None:
        raise refuse("invalid_publish_id")
    refuse_if(publish.profile_id != profile.id, "token_not_authorized_for_specified_publish_id")
    return publish


def _init(platform: TikTok, call: Call, profile: Account, body: dict[str, Any], kind: str) -> Answer:
    source, info = body.get("source_info"), body.get("post_info")
    if not isinstance(source, dict) or not isinstance(info, dict):
        raise refuse("invalid_params", "source_info and post_info are required")
    platform.limited(profile.id, "initPerMinute", MINUTE)
    if code := platform.cap(profile):
        raise refuse(code)
    name = str(source.get("source"))
    invalid_if(name not in ("FILE_UPLOAD", "PULL_FROM_URL"), "source must be FILE_UPLOAD or PULL_FROM_URL")
    way = "file" if name == "FILE_UPLOAD" else "url"
    publish_id = f"{kind[0]}_pub_{way}~v2-1.7{secrets.randbelow(10**18):018}"
    publish = Publish(publish_id, profile.id, kind, name, platform.clock.now())
    _describe(platform, publish, profile, info)
    if way == "url":
        urls = _urls(kind, source)
        refuse_if(not platform.switches["urlsVerified"], "url_ownership_unverified")
        accept(platform, publish, urls=urls)
        return done({"publish_id": publish.id}, effect=True)
    _plan(platform, publish, source)
    publish.upload_token = secrets.token_urlsafe(32)
    platform.publishes.put(publish.id, publish)
    query = f"upload_id={publish.id.rpartition('-')[2]}&upload_token={publish.upload_token}"
    return done({"publish_id": publish.id, "upload_url": f"{call.base_url}/tiktok/upload/video/?{query}"}, effect=True)


def _describe(platform: TikTok, publish: Publish, profile: Account, info: dict[str, Any]) -> None:
    photo = publish.kind == "photo"
    title, description = str(info.get("title") or ""), str(info.get("description") or "")
    long = _units(title) > (PHOTO_TITLE_UNITS if photo else TITLE_UNITS) or _units(description) > DESCRIPTION_UNITS
    invalid_if(long, "title or description is too long")
    publish.text, publish.title = (description, title) if photo else (title, "")
    publish.info = {name: value for name, value in info.items() if name not in ("title", "description")}
    publish.privacy = str(info.get("privacy_level") or "")
    hidden = publish.privacy == "SELF_ONLY"
    invalid_if(not publish.privacy, "privacy_level is required")
    refuse_if(publish.privacy not in platform.privacy_options(profile), "privacy_level_option_mismatch")
    invalid_if(info.get("brand_content_toggle") and hidden, "Branded content cannot be SELF_ONLY")
    closed = hidden and profile.status == "private"
    refuse_if(platform.switches["unaudited"] and not closed, "unaudited_client_can_only_post_to_private_accounts")


def _plan(platform: TikTok, publish: Publish, source: dict[str, Any]) -> None:
    """The chunk arithmetic (docs/networks/tiktok.md, section 3.3)."""
    size, chunk, count = (int(source.get(name, 0)) for name in ("video_size", "chunk_size", "total_chunk_count"))
    least = platform.limits["minChunkBytes"]
    fits = least <= chunk <= MOST_CHUNK_BYTES or (size < least and chunk == size)
    if not 0 < size <= VIDEO_BYTES or not fits or count != size // chunk or not 1 <= count <= MAX_CHUNKS:
        raise refuse("invalid_file_upload", "The chunk size or the total chunk count is invalid")
    publish.size, publish.chunk_size, publish.chunks = size, chunk, count


def _urls(kind: str, source: dict[str, Any]) -> list[str]:
    urls: list[str] = source.get("photo_images") or [] if kind == "photo" else [source.get("video_url") or ""]
    invalid_if(not 1 <= len(urls) <= MAX_PHOTOS, "photo_images takes 1 to 35 URLs")
    invalid_if(not all(url.startswith(("http://", "https://")) for url in urls), "A URL is missing or malformed")
    cover = int(source.get("photo_cover_index") or 0)
    invalid_if(kind == "photo" and not 0 <= cover < len(urls), "photo_cover_index is out of range")
    return urls


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


async def user_info(platform: TikTok, call: Call) -> Answer:
    profile = platform.caller(call, BASIC)
    wanted = [name for name in call.query.get("fields", "").split(",") if name]
    invalid_if(not wanted or not set(wanted) <= set(FIELD_SCOPES), "fields is missing or names an unknown field")
    platform.caller(call, *(FIELD_SCOPES[name] for name in wanted))
    facts = {"open_id": profile.id, "union_id": profile.union_id, "display_name": profile.nickname}
    facts["username"] = profile.username
    return done({"user": {name: facts[name] for name in wanted}})


def _body(call: Call) -> dict[str, Any]:
    return call.json(refuse("invalid_params", "The request body must be a JSON object"))
