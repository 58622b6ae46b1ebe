"""TikTok's limits, options and settings. Source: docs/networks/tiktok.md, sections 3 and 4."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from pydantic import BaseModel, Field

from munadi.channels.callbacks import ReportRule
from munadi.channels.files import Bound, height
from munadi.channels.options import MAX_OPTION
from munadi.channels.permissions import PUBLISH, READ, Permission, Permissions
from munadi.channels.settings import Duration, InSandbox, PolledSettings
from munadi.channels.tiktok.reports import read_removal
from munadi.domain.channel import (
    ChannelName,
    ChannelSpec,
    Leftovers,
    LinkStyle,
    MediaKind,
    MediaRule,
    Notice,
    Renewal,
    Resend,
    TextLimit,
    TextUnit,
    TokenLife,
)
from munadi.domain.edits import EditRule
from munadi.domain.look_rule import LookRule
from munadi.domain.model import WireModel
from munadi.domain.video import VideoEncoding, VideoStructure
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule

# An upload_url expires after this.
UPLOAD_LIFE = timedelta(hours=1)
# creator_info must be read before each post; an answer older than this is read again.
CREATOR_LIFE = timedelta(minutes=30)
# Whether TikTok's MB are decimal or binary is unclear: 10,000,000 is within both (5 MB to 64 MB).
CHUNK_BYTES = 10_000_000
MAX_CHUNKS = 1000


class Hosts(BaseModel):
    """Where TikTok is; a value may carry a path prefix, never a version. Permalinks begin with `auth` too."""

    api: str = "https://open.tiktokapis.com"
    auth: str = "https://www.tiktok.com"
    upload: str = "https://open-upload.tiktokapis.com"


# upload_url may be regional (upload.us.tiktokapis.com).
UPLOAD_DOMAINS = ("tiktokapis.com",)


class Settings(PolledSettings):
    """`MUNADI_CHANNELS__TIKTOK__…`; durations in seconds or ISO 8601. The client id is TikTok's `client_key`.

    `audited`: TikTok has audited the app. Until then it may post for the creator alone (SELF_ONLY), and other posts are
    accepted with a warning. `video_list`: also ask creators for the scope `video.list`, by which Munadi sees whether a
    published post is still public; TikTok approves it apart. An accepted post is polled every `poll_quick` at first,
    then every `poll_slow`, and every `poll_idle` after some minutes.
    """

    hosts: Hosts = Hosts()
    version: str = "v2"
    audited: bool = False
    video_list: bool = False
    chunk_bytes: int = Field(default=CHUNK_BYTES, ge=1, le=64_000_000)
    poll_slow: Duration = timedelta(seconds=10)


SCOPES, VIDEO_LIST = ("user.info.basic", "video.publish"), "video.list"


class Privacy(StrEnum):
    """Who sees a post; creator_info lists which of these a creator may choose."""

    PUBLIC_TO_EVERYONE = "PUBLIC_TO_EVERYONE"
    MUTUAL_FOLLOW_FRIENDS = "MUTUAL_FOLLOW_FRIENDS"
    FOLLOWER_OF_CREATOR = "FOLLOWER_OF_CREATOR"
    SELF_ONLY = "SELF_ONLY"


class Mode(StrEnum):
    """How TikTok gets a video: we upload the file, or TikTok pulls it from a domain verified for the app."""

    FILE = "file"
    PULL = "pull"


class Options(WireModel):
    """`privacyLevel` is required and has no default (TikTok's content-sharing guidelines).

    For videos: `mode`, `disableDuet`, `disableStitch`, `coverTimestampMs`. For photos: `title` (90 UTF-16 units),
    `description` (4000; the text by default), `photoCoverIndex`, `autoAddMusic`. `brandContent` is a paid
    partnership, `brandOrganic` the creator's own business, `aigc` marks AI-generated content.
    """

    privacy_level: Privacy | None = None
    mode: Mode | None = None
    disable_comment: bool = False
    disable_duet: bool = False
    disable_stitch: bool = False
    cover_timestamp_ms: int | None = Field(default=None, ge=0)
    brand_content: bool = False
    brand_organic: bool = False
    aigc: bool = False
    title: str | None = Field(default=None, max_length=MAX_OPTION)
    description: str | None = Field(default=None, max_length=MAX_OPTION)
    photo_cover_index: int | None = Field(default=None, ge=0)
    auto_add_music: bool = False


VIDEO_TITLE = TextLimit(rule="caption_utf16", unit=TextUnit.UTF16_UNITS, maximum=2200)
PHOTO_TITLE = TextLimit(rule="photo_title_utf16", unit=TextUnit.UTF16_UNITS, maximum=90)
PHOTO_DESCRIPTION = TextLimit(rule="photo_description_utf16", unit=TextUnit.UTF16_UNITS, maximum=4000)

PHOTO = MediaRule(
    kind=MediaKind.IMAGE,
    mime_types=("image/jpeg", "image/webp"),
    max_bytes=20_000_000,
    converted_types=("image/png",),
)
VIDEO = MediaRule(
    kind=MediaKind.VIDEO,
    mime_types=("video/mp4", "video/quicktime", "video/webm"),
    max_bytes=4_000_000_000,
    min_width=360,
    max_width=4096,
    min_duration=timedelta(seconds=3),  # unverified, yet what the app itself demands
    max_duration=timedelta(minutes=10),
    encoding=VideoEncoding(
        video_codecs=("h264", "hevc", "vp8", "vp9"), min_fps=23, max_fps=60, min_height=360, max_height=4096
    ),
    structure=VideoStructure(even_sides=True),
)
assert VIDEO.encoding is not None
_HEIGHT = "takes video of 360 to 4096 pixels height"
_LEAST, _MOST = VIDEO.encoding.min_height, VIDEO.encoding.max_height
BOUNDS = {MediaKind.VIDEO: (Bound(height, "MEDIA_HEIGHT", "media_height", _HEIGHT, least=_LEAST, most=_MOST),)}
# "1080p": a photo fits a full-HD frame, in portrait or landscape.
PHOTO_SIDES = (1080, 1920)

# How long before the slot preparation begins: to read the creator's settings, or to upload several chunks. Well
# within the upload_url's hour, so that it is still valid at the slot and through a short hold.
LEAD_SHORT, LEAD_CHUNKS = timedelta(minutes=2), timedelta(minutes=20)

UNAUDITED = Notice(
    code="APP_UNAUDITED",
    option="privacyLevel",
    values=tuple(level for level in Privacy if level is not Privacy.SELF_ONLY),
    message="refuses this privacyLevel until it has audited your app: set MUNADI_CHANNELS__TIKTOK__AUDITED once it has",
)

SANDBOX = InSandbox({"api": "api", "auth": "www", "upload": "upload"})

SPEC = ChannelSpec(
    name=ChannelName.TIKTOK,
    title="TikTok",
    text_limits=(VIDEO_TITLE,),
    media_rules=(PHOTO, VIDEO),
    min_media=1,
    max_media=35,
    mixed_media=False,
    link_style=LinkStyle.APPENDED,
    first_comment=False,
    max_parts=1,
    scopes=SCOPES,
    publish_scopes=("video.publish",),
    tokens=TokenLife(renewed_with=Renewal.REFRESH_TOKEN, grant_life=timedelta(days=180)),  # `refresh_expires_in`
    hosts=("https://open.tiktokapis.com", "https://www.tiktok.com", "https://open-upload.tiktokapis.com"),
    pulled_media=(MediaKind.IMAGE,),
    lead=LEAD_CHUNKS,
    visible_bytes=2 * CHUNK_BYTES,  # the last chunk takes the remainder too
    absence_window=timedelta(0),  # publish_id is a strong key
    clickable_links=False,
    notices=(UNAUDITED,),
    finds_without_handle=False,  # there is no other key
    withdrawal=WithdrawalRule(
        kind=Removal.NONE,  # its API has no call for it
        by_hand="Open the post in the TikTok app, then Share, Delete; its privacy can be changed there too.",
    ),
    leftovers=Leftovers.REMOVED,  # an upload under way is cancelled; its address expires after an hour
    resend=Resend.NEVER,  # safe for every mode; `TikTokRules.resend` says what a draft allows
    live_edit=(
        EditRule(
            because="Open the video in TikTok's app, then Share, Edit.",
        ),
    ),
    looks=LookRule(at_once=100, requests=5, of_account=120),
    facts_version="2026-11",
    sources=(
        "https://developers.tiktok.com/doc/content-posting-api-reference-direct-post",
        "https://developers.tiktok.com/doc/content-posting-api-reference-photo-post",
        "https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info",
        "https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status",
        "https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide",
    ),
)

REPORTS = ReportRule(("client_secret",), read_removal, header="tiktok-signature")
PERMISSIONS: Permissions = {"": (Permission("user.info.basic", READ), Permission("video.publish", PUBLISH))}
