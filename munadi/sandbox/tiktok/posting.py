"""creator_info, the three inits, status and cancel. A direct pull or photo post is public from its init on."""

from __future__ import annotations

import secrets
from typing import Any

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.tiktok.errors import done, invalid, planned_failure, refuse
from munadi.sandbox.tiktok.model import Profile, Publish
from munadi.sandbox.tiktok.platform import DAY, PUBLISH, UPLOAD, Platform, json_body
from munadi.sandbox.tiktok.processing import VIDEO_BYTES, Processing

TITLE_UNITS, PHOTO_TITLE_UNITS, DESCRIPTION_UNITS = 2200, 90, 4000
MAX_PHOTOS, MAX_CHUNKS = 35, 1000


class Posting:
    def __init__(self, platform: Platform, processing: Processing) -> None:
        self._platform = platform
        self._processing = processing

    async def creator_info(self, call: Call) -> Answer:
        profile = self._platform.caller(call, PUBLISH)
        self._platform.limited(profile, "creatorInfoPerMinute")
        if code := self._platform.cap(profile):
            return planned_failure({"code": code}, 200)  # by design: "do not let this user post now"
        switches = self._platform.switches
        return done(
            {
                "creator_avatar_url": f"{call.base_url}/assets/icon.svg",
                "creator_username": profile.username,
                "creator_nickname": profile.nickname,
                "privacy_level_options": self._platform.privacy_options(profile),
                "comment_disabled": switches["commentDisabled"],
                "duet_disabled": switches["duetDisabled"],
                "stitch_disabled": switches["stitchDisabled"],
                "max_video_post_duration_sec": self._platform.limits["maxVideoSeconds"],
            }
        )

    async def init_video(self, call: Call) -> Answer:
        profile = self._platform.caller(call, PUBLISH)
        body = json_body(call)
        publish = self._new(profile, "video", _object(body, "source_info"), inbox=False)
        self._describe(publish, profile, _object(body, "post_info"))
        return self._begin(publish, call, _object(body, "source_info"))

    async def init_inbox(self, call: Call) -> Answer:
        profile = self._platform.caller(call, UPLOAD)
        source = _object(json_body(call), "source_info")
        return self._begin(self._new(profile, "video", source, inbox=True), call, source)

    async def init_photo(self, call: Call) -> Answer:
        body = json_body(call)
        inbox = body.get("post_mode") == "MEDIA_UPLOAD"
        profile = self._platform.caller(call, UPLOAD if inbox else PUBLISH)
        if body.get("media_type") != "PHOTO" or body.get("post_mode") not in ("DIRECT_POST", "MEDIA_UPLOAD"):
            raise invalid("media_type must be PHOTO and post_mode DIRECT_POST or MEDIA_UPLOAD")
        source = _object(body, "source_info")
        if source.get("source") != "PULL_FROM_URL":
            raise invalid("Photos are taken by PULL_FROM_URL only")
        publish = self._new(profile, "photo", source, inbox=inbox)
        self._describe(publish, profile, _object(body, "post_info"))
        return self._begin(publish, call, source)

    async def status(self, call: Call) -> Answer:
        publish = self._named(call)
        status = self._processing.status(publish)
        data: dict[str, Any] = {"status": status, "uploaded_bytes": publish.uploaded, "downloaded_bytes": 0}
        if status == "FAILED":
            data["fail_reason"] = "publish_cancelled" if publish.cancelled else publish.fail_reason
        if post_id := self._processing.shown_id(publish):
            data["publicaly_available_post_id"] = [int(post_id)]  # sic
        return done(data)

    async def cancel(self, call: Call) -> Answer:
        publish = self._named(call)
        if publish.accepted_at is not None and not publish.loading:
            raise refuse("publish_not_cancellable")
        publish.cancelled = True
        self._platform.publishes.put(publish.id, publish)
        return done(effect=True)

    def _named(self, call: Call) -> Publish:
        profile = self._platform.caller(call, PUBLISH, UPLOAD)
        self._platform.limited(profile, "statusPerMinute")
        publish = self._platform.publishes.get(str(json_body(call).get("publish_id", "")))
        if publish is None:
            raise refuse("invalid_publish_id")
        if publish.profile_id != profile.id:
            raise refuse("token_not_authorized_for_specified_publish_id")
        return publish

    def _new(self, profile: Profile, kind: str, source: dict[str, Any], *, inbox: bool) -> Publish:
        self._platform.limited(profile, "initPerMinute")
        self._may_post(profile, inbox)
        name = source.get("source")
        if name not in ("FILE_UPLOAD", "PULL_FROM_URL"):
            raise invalid("source must be FILE_UPLOAD or PULL_FROM_URL")
        prefix = "v_inbox" if inbox and kind == "video" else "p_pub" if kind == "photo" else "v_pub"
        publish_id = f"{prefix}_{'file' if name == 'FILE_UPLOAD' else 'url'}~v2-1.7{secrets.randbelow(10**18):018}"
        return Publish(publish_id, profile.id, kind, name, inbox, self._platform.clock.now())

    def _may_post(self, profile: Profile, inbox: bool) -> None:
        if not inbox:
            if code := self._platform.cap(profile):
                raise refuse(code)
            return
        since = self._platform.clock.now() - DAY
        pending = sum(
            1
            for one in self._platform.publishes
            if one.inbox and one.profile_id == profile.id and one.created_at > since
        )
        if pending >= self._platform.limits["pendingShares"]:
            raise refuse("spam_risk_too_many_pending_share")

    def _describe(self, publish: Publish, profile: Profile, info: dict[str, Any]) -> None:
        """post_info, judged; an inbox post has no privacy yet."""
        photo = publish.kind == "photo"
        title, description = str(info.get("title") or ""), str(info.get("description") or "")
        if _units(title) > (PHOTO_TITLE_UNITS if photo else TITLE_UNITS) or _units(description) > DESCRIPTION_UNITS:
            raise invalid("title or description is too long")
        publish.text, publish.title = (description, title) if photo else (title, "")
        publish.info = {name: value for name, value in info.items() if name not in ("title", "description")}
        if publish.inbox:
            return
        publish.privacy = str(info.get("privacy_level") or "")
        if not publish.privacy:
            raise invalid("privacy_level is required")
        if publish.privacy not in self._platform.privacy_options(profile):
            raise refuse("privacy_level_option_mismatch")
        if info.get("brand_content_toggle") is True and publish.privacy == "SELF_ONLY":
            raise invalid("Branded content cannot be SELF_ONLY")
        closed = publish.privacy == "SELF_ONLY" and profile.status == "private"
        if self._platform.switches["unaudited"] and not closed:
            raise refuse("unaudited_client_can_only_post_to_private_accounts")
        for name in ("comment",) if photo else ("comment", "duet", "stitch"):
            if self._platform.switches[f"{name}Disabled"] and info.get(f"disable_{name}") is not True:
                raise invalid(f"disable_{name} must be true: the creator disabled it")

    def _begin(self, publish: Publish, call: Call, source: dict[str, Any]) -> Answer:
        if publish.source == "PULL_FROM_URL":
            urls = _urls(publish, source)
            if not self._platform.switches["urlsVerified"]:
                raise refuse("url_ownership_unverified")
            self._processing.accept(publish, urls=urls)
            return done({"publish_id": publish.id}, effect=True)
        self._plan(publish, source)
        publish.upload_token = secrets.token_urlsafe(32)
        self._platform.publishes.put(publish.id, publish)
        upload_id = publish.id.rpartition("-")[2]
        url = f"{call.base_url}/tiktok/upload/video/?upload_id={upload_id}&upload_token={publish.upload_token}"
        return done({"publish_id": publish.id, "upload_url": url}, effect=True)

    def _plan(self, publish: Publish, source: dict[str, Any]) -> None:
        """The chunk arithmetic of section 3.3."""
        size, chunk, count = (source.get(name) for name in ("video_size", "chunk_size", "total_chunk_count"))
        if not (isinstance(size, int) and isinstance(chunk, int) and isinstance(count, int)):
            raise invalid("video_size, chunk_size and total_chunk_count are required")
        least, most = self._platform.limits["minChunkBytes"], self._platform.limits["maxChunkBytes"]
        fits = least <= chunk <= most or (size < least and chunk == size)
        if not 0 < size <= VIDEO_BYTES or not fits or count != size // chunk or not 1 <= count <= MAX_CHUNKS:
            raise refuse("invalid_file_upload", "The chunk size or the total chunk count is invalid")
        publish.size, publish.chunk_size, publish.chunks = size, chunk, count


def _object(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict):
        raise invalid(f"{name} is required")
    return value


def _urls(publish: Publish, source: dict[str, Any]) -> list[str]:
    urls = source.get("photo_images") if publish.kind == "photo" else [source.get("video_url")]
    if not isinstance(urls, list) or not 1 <= len(urls) <= MAX_PHOTOS:
        raise invalid("photo_images takes 1 to 35 URLs")
    if not all(isinstance(url, str) and url.startswith(("http://", "https://")) for url in urls):
        raise invalid("A URL is missing or malformed")
    if publish.kind == "photo" and not 0 <= int(source.get("photo_cover_index") or 0) < len(urls):
        raise invalid("photo_cover_index is out of range")
    return urls


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
