"""YouTube's limits, options and settings. Source: docs/networks/youtube.md, section 4."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from munadi.channels.options import MAX_OPTION
from munadi.channels.permissions import Permission, Permissions
from munadi.channels.settings import Duration, InSandbox, PolledSettings
from munadi.domain.channel import (
    ChannelName,
    ChannelSpec,
    Counted,
    Leftovers,
    LinkStyle,
    MediaKind,
    MediaRule,
    Renewal,
    Resend,
    SoftLimit,
    TextLimit,
    TextUnit,
    TokenLife,
)
from munadi.domain.edits import EditRule
from munadi.domain.look_rule import LookRule
from munadi.domain.model import WireModel
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule

MAX_TITLE = 100
MAX_TAGS = 500
# YouTube documents only that there is a limit (commentTextTooLong); this is what its page takes (unverified).
COMMENT_LENGTH = TextLimit(rule="comment_length", unit=TextUnit.CODE_POINTS, maximum=10_000)
# Longer videos need a channel whose owner has verified a phone number.
UNVERIFIED_LENGTH = timedelta(minutes=15)
# Every chunk but the last is a multiple of this.
CHUNK_UNIT = 262_144
# Session addresses stay with Google, whatever host answers the first request.
SUFFIXES = ("googleapis.com",)
# An upload is planned with this many bytes a second, so that a large file starts earlier.
PLANNED_RATE = 2_000_000
BASE_LEAD = timedelta(minutes=30)


class Hosts(BaseModel):
    """Where YouTube is; a value may carry a path prefix, never a version."""

    api: str = "https://www.googleapis.com"
    auth: str = "https://accounts.google.com"
    token: str = "https://oauth2.googleapis.com"


def _whole_chunks(value: int) -> int:
    if value % CHUNK_UNIT:
        raise ValueError(f"a chunk is a multiple of {CHUNK_UNIT} bytes")
    return value


class Settings(PolledSettings):
    """`MUNADI_CHANNELS__YOUTUBE__…`; durations in seconds or ISO 8601.

    One run of a preparation sends at most `chunks_per_run` chunks. Processing is polled every `poll_quick` at first,
    then every `poll_slow`, and every `poll_idle` after some minutes. For `processing_patience` after the upload the
    post waits for it even past its slot, so that a broken file shows before the video is public. `absence_grace` is how
    long the list of uploads is read for a video whose session was lost with all bytes sent.
    """

    hosts: Hosts = Hosts()
    version: str = "v3"
    chunk_bytes: Annotated[int, Field(ge=CHUNK_UNIT, le=64 * CHUNK_UNIT), AfterValidator(_whole_chunks)] = 8 << 20
    chunks_per_run: int = Field(default=8, ge=1)
    chunk_timeout: Duration = timedelta(seconds=120)
    poll_slow: Duration = timedelta(seconds=30)
    poll_idle: Duration = timedelta(minutes=2)
    processing_patience: Duration = timedelta(minutes=10)
    absence_grace: Duration = timedelta(minutes=5)


class Privacy(StrEnum):
    """Who may see the video once it is published."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"


def _tag(value: str) -> str:
    if not value.strip():
        raise ValueError("a tag is not empty")
    return value


Tag = Annotated[str, Field(max_length=MAX_OPTION), AfterValidator(_tag)]
Language = Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$")]


class Localization(WireModel):
    """Title and description in another language; the limits are those of the first."""

    title: str = Field(max_length=MAX_OPTION)
    description: str = Field(default="", max_length=MAX_OPTION)


class Options(WireModel):
    """`title` is the first line of the text by default; the whole text is the description.

    `madeForKids` is the owner's declaration that the law (COPPA) requires, so it has no default.
    `containsSyntheticMedia` discloses realistic altered or generated content, `paidProductPlacement` a paid
    promotion. `localizations` are titles and descriptions by language beside `defaultLanguage`, which they need.
    `recordingDate` is a day, YYYY-MM-DD. `thumbnailIndex` says which of the media
    (from 0) is an image to be the video's thumbnail; without it there is one media, the video.
    """

    made_for_kids: bool
    title: str | None = Field(default=None, max_length=MAX_OPTION)
    privacy_status: Privacy = Privacy.PUBLIC
    category_id: str = Field(default="22", pattern=r"^[0-9]{1,4}$")
    tags: tuple[Tag, ...] = Field(default=(), max_length=1_000)
    license: Literal["youtube", "creativeCommon"] = "youtube"
    embeddable: bool = True
    public_stats_viewable: bool = True
    contains_synthetic_media: bool = False
    paid_product_placement: bool = False
    default_language: Language | None = None
    default_audio_language: Language | None = None
    localizations: dict[Language, Localization] = Field(default_factory=dict, max_length=500)
    recording_date: date | None = None
    notify_subscribers: bool = True
    thumbnail_index: int | None = Field(default=None, ge=0)


VIDEO = MediaRule(
    kind=MediaKind.VIDEO,
    mime_types=(
        "video/mp4",
        "video/quicktime",
        "video/webm",
        "video/mpeg",
        "video/mp2t",
        "video/x-msvideo",
        "video/x-matroska",
        "video/3gpp",
    ),
    max_bytes=274_877_906_944,  # maxSize of videos.insert in the discovery document
    max_duration=timedelta(hours=12),
)
# 16:9, a Short's 9:16 and at most 3840 wide are advice: YouTube puts bars around others and makes larger ones smaller.
THUMBNAIL = MediaRule(
    kind=MediaKind.IMAGE,
    mime_types=("image/jpeg", "image/png"),
    max_bytes=52_428_800,  # maxSize of thumbnails.set in the discovery document
    min_width=640,
    converted_types=("image/webp",),
)

SANDBOX = InSandbox({"api": "api", "auth": "auth", "token": "token"})

SPEC = ChannelSpec(
    name=ChannelName.YOUTUBE,
    title="YouTube",
    text_limits=(TextLimit(rule="description_bytes", unit=TextUnit.UTF8_BYTES, maximum=5000),),
    media_rules=(VIDEO, THUMBNAIL),
    min_media=1,
    max_media=2,  # the video and its thumbnail
    mixed_media=True,
    link_style=LinkStyle.APPENDED,
    first_comment=True,
    max_parts=1,
    scopes=tuple(
        f"https://www.googleapis.com/auth/{name}"
        for name in ("youtube.upload", "youtube.readonly", "youtube.force-ssl")
    ),
    # Each of these may upload (docs/networks/youtube.md, section 1).
    publish_scopes=tuple(
        f"https://www.googleapis.com/auth/{name}" for name in ("youtube.upload", "youtube.force-ssl", "youtube")
    ),
    tokens=TokenLife(renewed_with=Renewal.REFRESH_TOKEN, grant_life=timedelta(days=180)),  # six months unused
    hosts=("https://www.googleapis.com", "https://oauth2.googleapis.com"),
    lead=timedelta(hours=6),
    absence_window=timedelta(0),  # the video's own status is a strong key
    resend=Resend.SAME_HANDLE,
    soft_limits=(
        SoftLimit(counted=Counted.HASHTAGS, maximum=60, effect="may ignore all of them"),
    ),  # unverified number
    leftovers=Leftovers.REMOVED,  # the private video; an unfinished upload is forgotten with its session
    withdrawal=WithdrawalRule(
        kind=Removal.DELETE,
        scopes=("https://www.googleapis.com/auth/youtube.force-ssl",),
        by_hand="Open the video in YouTube Studio, then its menu, Delete forever.",
        takes_comments=True,
    ),
    live_edit=(
        EditRule(
            fields=("text", "title", "description"),
            scopes=("https://www.googleapis.com/auth/youtube.force-ssl",),
            because="The rest is edited in YouTube Studio; the video itself can only be replaced by another one.",
        ),
    ),
    looks=LookRule(at_once=50, requests=2, of_account=120, of_app=1_000),
    facts_version="2026-11",
    sources=(
        "https://www.googleapis.com/discovery/v1/apis/youtube/v3/rest",
        "https://developers.google.com/youtube/v3/docs/videos/insert",
        "https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol",
        "https://developers.google.com/youtube/v3/determine_quota_cost",
        "https://developers.google.com/youtube/v3/docs/commentThreads/insert",
        "https://developers.google.com/youtube/v3/docs/errors",
        "https://support.google.com/youtube/answer/71673",
    ),
)

# These include uploading and reading.
_WHOLE = tuple(f"https://www.googleapis.com/auth/{name}" for name in ("youtube", "youtube.force-ssl"))
PERMISSIONS: Permissions = {
    "": tuple(
        Permission(f"https://www.googleapis.com/auth/{scope}", purpose, within)
        for scope, purpose, within in (
            ("youtube.upload", "upload videos", _WHOLE),
            ("youtube.readonly", "see the channel, and whether a video arrived", _WHOLE),
            ("youtube.force-ssl", "make videos public, and write first comments", ()),
        )
    )
}
