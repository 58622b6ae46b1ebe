"""X's limits, prices, options and settings. Source: docs/networks/x.md, sections 1, 4 and 5."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from munadi.channels.files import Bound, FileRule, height
from munadi.channels.options import MAX_OPTION
from munadi.channels.permissions import ARRIVED, PUBLISH, READ, UPLOAD, Permission, Permissions
from munadi.channels.rules import Leads, PollRule
from munadi.channels.settings import AppSettings, Duration, InSandbox
from munadi.domain.channel import (
    ChannelName,
    ChannelSpec,
    Leftovers,
    LinkStyle,
    MediaKind,
    MediaRule,
    Prices,
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
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule

MAX_TEXT, MAX_LONG_TEXT = 280, 25_000
# Who may publish long texts and larger videos, by `subscription_type`.
PREMIUM = frozenset({"Premium", "PremiumPlus"})
# Ours: X has no limit on a thread.
MAX_PARTS = 25
MAX_IMAGES = 4
GIF = "image/gif"
VIDEO_SIDES, PREMIUM_SIDES = (1024, 1280), (1200, 1920)
POLL = PollRule(characters=25)
# Time to upload and to process.
LEADS = Leads(video=timedelta(minutes=20), media=timedelta(minutes=5))
# Media that no post uses are gone after 24 hours; one that ends so soon is uploaded again.
MEDIA_LIFE, SLACK = timedelta(hours=24), timedelta(minutes=30)
SCOPES = ("tweet.read", "users.read", "tweet.write", "media.write", "offline.access")
TEXT = TextLimit(rule="text_weighted", unit=TextUnit.WEIGHTED, maximum=MAX_TEXT)


class Hosts(BaseModel):
    """Where X is; a value may carry a path prefix, never a version. Addresses of posts begin with `auth` too."""

    api: str = "https://api.x.com"
    auth: str = "https://x.com"
    upload: str = "https://api.x.com"


class Settings(AppSettings):
    """`MUNADI_CHANNELS__X__…`; durations in seconds or ISO 8601.

    `self_serve`: the app pays per call. Such apps may not quote, and a post has one cashtag at most; False is for apps
    with an older or an enterprise plan. Files are uploaded in parts of `chunk_bytes`, `chunks_per_run` at a time, and
    read while X processes them, for `processing_timeout`.
    """

    hosts: Hosts = Hosts()
    version: str = "2"
    self_serve: bool = True
    chunk_bytes: int = Field(default=1_048_576, ge=1)
    chunks_per_run: int = Field(default=64, ge=1)
    processing_timeout: Duration = timedelta(minutes=15)


class Poll(WireModel):
    """A poll below the text, without media."""

    options: tuple[Annotated[str, Field(min_length=1, max_length=MAX_OPTION)], ...] = Field(min_length=2, max_length=4)
    duration_minutes: int = Field(ge=5, le=10_080)


class Options(WireModel):
    """`replySettings`: who may reply; without it everyone may. `quotePostId` is the id of a post, which X takes from
    apps of older and enterprise plans only. `madeWithAi` and `paidPartnership` are disclosures. All but the poll and
    the quote are also for the later parts of a thread and the first comment.
    """

    reply_settings: Literal["following", "mentionedUsers", "subscribers", "verified"] | None = None
    poll: Poll | None = None
    quote_post_id: Annotated[str, Field(pattern=r"^[0-9]{1,19}$")] | None = None
    made_with_ai: bool = False
    paid_partnership: bool = False


IMAGE = MediaRule(
    kind=MediaKind.IMAGE,
    mime_types=("image/jpeg", "image/png", "image/webp", GIF),
    max_bytes=5_000_000,
    max_source_bytes=20_000_000,
    takes_alt=True,
    max_alt_length=1000,
)
GIF_RULE = FileRule(
    IMAGE.model_copy(
        update={"mime_types": (GIF,), "max_bytes": 15_000_000, "max_source_bytes": None, "max_width": 1280}
    ),
    (Bound(height, "MEDIA_HEIGHT", "gif_height", "takes lower GIFs", most=1080),),
)
VIDEO = MediaRule(
    kind=MediaKind.VIDEO,
    mime_types=("video/mp4", "video/quicktime"),
    max_bytes=512_000_000,
    min_ratio=1 / 3,
    max_ratio=3.0,
    min_width=32,
    min_duration=timedelta(seconds=0.5),
    max_duration=timedelta(seconds=140),
    encoding=VideoEncoding(video_codecs=("h264",), audio_codecs=("aac",), min_fps=1, max_fps=60, max_sides=VIDEO_SIDES),
    structure=VideoStructure(
        pixel_formats=PLAIN_PIXELS,
        sdr=True,
        progressive=True,
        square_pixels=True,
        even_sides=True,
        max_audio_channels=2,
    ),
)
assert VIDEO.encoding is not None
PREMIUM_VIDEO = VIDEO.model_copy(update={"encoding": VIDEO.encoding.model_copy(update={"max_sides": PREMIUM_SIDES})})

SANDBOX = InSandbox({"api": "api", "auth": "www", "upload": "api"})

SPEC = ChannelSpec(
    name=ChannelName.X,
    title="X",
    text_limits=(TEXT,),
    media_rules=(IMAGE, VIDEO),
    min_media=0,
    max_media=MAX_IMAGES,
    mixed_media=False,
    link_style=LinkStyle.APPENDED,  # X makes a card of the last address in the text
    first_comment=True,
    max_parts=MAX_PARTS,
    scopes=SCOPES,
    publish_scopes=("tweet.write",),
    tokens=TokenLife(renewed_with=Renewal.REFRESH_TOKEN, grant_life=timedelta(days=180)),  # unverified
    hosts=("https://api.x.com", "https://x.com"),
    lead=LEADS.video,
    absence_window=timedelta(seconds=50),  # with deadline and margin more than a minute: how late lists are is unknown
    looks_twice=True,
    leftovers=Leftovers.EXPIRE,  # media that no post uses, after a day
    # X refuses a copy of a recent post, so a second request is safe; how late the timeline shows a post is unknown.
    resend=Resend.ONCE_AFTER_ABSENCE,
    looks_a_day=8,  # reads cost money
    prices=Prices(as_of=date(2026, 4, 20), post=0.015, post_with_link=0.2, alt_text=0.005, read=0.005),
    withdrawal=WithdrawalRule(
        kind=Removal.DELETE,
        by_hand="Open the post at x.com, then More, Delete.",
        leaves="replies, quotes and reposts by others",
    ),
    looks=LookRule(at_once=100, requests=2, of_account=48, price=0.005, after=()),  # as `prices.read`
    live_edit=(
        EditRule(
            because="At X an edit is another post, with another id and the price of a post, and X does not say what "
            "becomes of one that comes too late: it could be published twice. Within 30 minutes of publishing, open "
            "the post at x.com, then More, Edit; after that, withdraw it and publish it again.",
        ),
    ),
    facts_version="2026-11",
    sources=(
        "https://docs.x.com/x-api/posts/create-post",
        "https://docs.x.com/x-api/media/quickstart/media-upload-chunked",
        "https://docs.x.com/x-api/fundamentals/rate-limits",
        "https://docs.x.com/x-api/fundamentals/counting-characters",
        "https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code",
    ),
)

PERMISSIONS: Permissions = {
    "": (
        Permission("tweet.read", ARRIVED),
        Permission("users.read", READ),
        Permission("tweet.write", PUBLISH),
        Permission("media.write", UPLOAD),
        Permission("offline.access", "stay connected for more than two hours"),
    )
}
