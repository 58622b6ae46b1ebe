"""Facebook's limits, options and settings. Source: Meta's Pages guides and references (docs/networks/facebook.md)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from pydantic import BaseModel, Field

from munadi.channels.files import Bound, FileRule, height, size
from munadi.channels.meta.reports import signed_requests
from munadi.channels.permissions import ARRIVED, COMMENT, PUBLISH, Permission, Permissions
from munadi.channels.settings import Duration, InSandbox, PolledSettings
from munadi.domain.channel import (
    ChannelName,
    ChannelSpec,
    Leftovers,
    LinkStyle,
    MediaKind,
    MediaRule,
    Renewal,
    Resend,
    TextLimit,
    TextUnit,
    TokenLife,
)
from munadi.domain.edits import EditRule
from munadi.domain.look_rule import LookRule
from munadi.domain.model import WireModel
from munadi.domain.video import PLAIN_PIXELS, VideoEncoding, VideoStructure
from munadi.domain.withdrawal_rule import Removal, WithdrawalException, WithdrawalRule

# Unpublished photos are deleted after this; how long an unfinished upload lives is not documented, so as long.
UPLOAD_LIFE = timedelta(hours=24)
# Where a URL that Facebook returns may lead besides the configured hosts.
OWN_DOMAINS = ("facebook.com",)
# A link to one of these is refused (1609008), and a file of the last is not fetched.
REFUSED_LINKS = ("facebook.com", "fb.com", "fb.me", "fb.watch", "fbcdn.net")
COMMENT_SCOPE = "pages_manage_engagement"


class Hosts(BaseModel):
    """Where Facebook is; a value may carry a path prefix, never a version. `auth` is the site that people see."""

    graph: str = "https://graph.facebook.com"
    auth: str = "https://www.facebook.com"
    upload: str = "https://rupload.facebook.com"
    video: str = "https://graph-video.facebook.com"


class Settings(PolledSettings):
    """`MUNADI_CHANNELS__FACEBOOK__…`; durations in seconds or ISO 8601.

    The Meta app's `client_id` and `client_secret` let people connect their Pages in a browser, an import read the
    token's scopes, and a Page token be renewed from its person's. A video is polled every `poll_quick` at first, then
    every `poll_slow`, and `poll_idle` once it is slow.
    """

    hosts: Hosts = Hosts()
    version: str = "v26.0"
    processing_timeout: Duration = timedelta(minutes=30)
    permalink_timeout: Duration = timedelta(seconds=3)

    @property
    def site(self) -> str:
        """Where people see a Page."""
        return self.hosts.auth.rstrip("/")

    @property
    def app(self) -> tuple[str, str] | None:
        """The app's id and secret, when both are known."""
        return (self.client_id, self.secret) if self.client_id and self.secret else None


class Kind(StrEnum):
    """What a publication becomes; by default what its media make it, and a video that fits is a reel."""

    POST = "post"
    REEL = "reel"
    VIDEO = "video"
    STORY = "story"


class Options(WireModel):
    """`title` is a reel's or video's; `place` is the id of a Page with a place.

    `coverIndex` says which of the media (from 0) is a reel's or video's cover: an image beside it, shown nowhere else.
    """

    kind: Kind | None = None
    title: str | None = Field(default=None, min_length=1, max_length=255)
    place: str | None = Field(default=None, pattern=r"^\d{1,32}$")
    is_ai_generated: bool | None = None
    cover_index: int | None = Field(default=None, ge=0)


PHOTO = MediaRule(
    kind=MediaKind.IMAGE,
    mime_types=("image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff"),
    max_bytes=4_000_000,  # 10 MB by Meta's reference, but error 1366046 speaks of 4 MB
    takes_alt=True,
    converted_types=("image/webp",),
    max_source_bytes=20_000_000,
)
VIDEO = MediaRule(
    kind=MediaKind.VIDEO,
    mime_types=("video/mp4", "video/quicktime"),
    max_bytes=1_750_000_000,  # resumable uploads, by Meta's older guide
    min_ratio=9 / 16,
    max_ratio=16 / 9,
    max_duration=timedelta(minutes=45),
    encoding=VideoEncoding(min_bytes=1024),
)
REEL = MediaRule(
    kind=MediaKind.VIDEO,
    mime_types=("video/mp4", "video/quicktime"),
    max_bytes=1_000_000_000,
    min_ratio=9 / 16,
    max_ratio=9 / 16,
    min_width=540,
    min_duration=timedelta(seconds=3),
    max_duration=timedelta(seconds=90),
    encoding=VideoEncoding(
        video_codecs=("h264", "hevc", "vp9", "av1"),
        audio_codecs=("aac",),
        min_fps=24,
        max_fps=60,
        min_bytes=1024,
        min_height=960,
    ),
    # Its guide also names MP4 alone.
    structure=VideoStructure(
        pixel_formats=PLAIN_PIXELS,
        sdr=True,
        constant_fps=True,
        progressive=True,
        even_sides=True,
        max_audio_channels=2,
        max_audio_rate=48_000,
    ),
)
# A story's video is a reel of at most a minute; its photo is as any other (page-stories-api).
STORY_VIDEO = REEL.model_copy(update={"max_duration": timedelta(seconds=60)})
assert VIDEO.encoding is not None
assert REEL.encoding is not None
LEAST_VIDEO = (
    Bound(size, "MEDIA_TOO_SMALL", "video_min_bytes", "takes larger videos", least=VIDEO.encoding.min_bytes),
)
# What keeps a video from being a reel or a story; what the probe could not read does not.
_HIGHER = "needs a higher video for a reel"
_HIGH = (Bound(height, "MEDIA_HEIGHT", "media_min_height", _HIGHER, least=REEL.encoding.min_height),)
VIDEOS = {
    Kind.REEL: FileRule(REEL, _HIGH),
    Kind.STORY: FileRule(STORY_VIDEO, _HIGH),
    Kind.VIDEO: FileRule(VIDEO),
}

# How long before the slot the invisible steps should begin. A link has one only when its page must be read again.
LINK_LEAD = timedelta(minutes=1)
PHOTO_LEAD = timedelta(minutes=5)
VIDEO_LEAD = timedelta(minutes=20)

SANDBOX = InSandbox({"graph": "graph", "auth": "www", "upload": "upload", "video": "video"})

SPEC = ChannelSpec(
    name=ChannelName.FACEBOOK,
    title="Facebook",
    # Meta gives no number; every client uses this one, and UTF-16 units are the stricter reading.
    text_limits=(TextLimit(rule="message_utf16", unit=TextUnit.UTF16_UNITS, maximum=63_206),),
    media_rules=(PHOTO, VIDEO),
    media={kind: rule.media for kind, rule in VIDEOS.items()},
    min_media=0,
    max_media=10,
    mixed_media=False,
    link_style=LinkStyle.CARD,
    link_with_media=LinkStyle.APPENDED,  # photos and videos have no card
    first_comment=True,
    max_parts=1,
    scopes=("pages_show_list", "pages_read_engagement", "pages_manage_posts"),
    publish_scopes=("pages_manage_posts",),
    # A Page's token has no end, unless it comes from a person's short one, which may buy another.
    tokens=TokenLife(renewed_with=Renewal.REFRESH_TOKEN, access_ahead=timedelta(days=10)),
    hosts=("https://graph.facebook.com",),
    pulled_media=(MediaKind.IMAGE,),
    lead=VIDEO_LEAD,
    # Lists lag: wait 30 s at least and read twice. Half as long again, with a read every few
    # seconds, makes a lost post at most 80 s late: deadline 30, margin 5, window 45.
    absence_window=timedelta(seconds=45),
    # A repeated finish of the same reel or video is safe: an upload is published only once, and its id shows it. A feed
    # post, a story and a comment have only their lists, and a copy is refused only right after the post itself.
    kinds_without_alt=(Kind.STORY,),
    leftovers=Leftovers.REMOVED,  # unpublished photos and videos
    resend=Resend.ONCE_AFTER_LONG_ABSENCE,
    withdrawal=WithdrawalRule(
        kind=Removal.DELETE,
        by_hand="Open the post on the Page, then the three dots, Move to trash.",
        takes_comments=True,
        leaves="shares of it by others, for a time that Facebook does not document",
        exceptions=(
            WithdrawalException(
                kinds=(Kind.STORY,),
                because="A story ends by itself after 24 hours; to remove it sooner, open it in Facebook's app, then "
                "the three dots, Delete.",
            ),
        ),
    ),
    live_edit=(
        EditRule(
            fields=("text",),
            because="Its link, its pictures and their order stay: withdraw the post and publish it again. Posts that "
            "another app made are edited on the Page.",
        ),
    ),
    looks=LookRule(at_once=200, requests=24, of_account=360, lives={"story": timedelta(hours=24)}),
    facts_version="2026-11",
    sources=(
        "https://developers.facebook.com/documentation/pages-api/posts",
        "https://developers.facebook.com/documentation/video-api/guides/reels-publishing",
        "https://developers.facebook.com/documentation/video-api/page-stories-api",
        "https://developers.facebook.com/docs/graph-api/reference/page/feed",
        "https://developers.facebook.com/documentation/video-api/reference/error-codes",
    ),
)

REPORTS = signed_requests("client_secret")
PERMISSIONS: Permissions = {
    "": (
        Permission("pages_show_list", "see which Pages there are"),
        Permission("pages_read_engagement", ARRIVED),
        Permission("pages_manage_posts", PUBLISH),
        Permission(COMMENT_SCOPE, COMMENT),
    )
}
