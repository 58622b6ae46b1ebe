"""Threads' limits, options and settings. Source: docs/networks/threads.md."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from munadi.channels.files import Bound
from munadi.channels.meta.reports import signed_requests
from munadi.channels.meta.rules import ENCODING as META_ENCODING
from munadi.channels.meta.rules import STRUCTURE
from munadi.channels.permissions import PUBLISH, READ, Permission, Permissions
from munadi.channels.settings import AppSettings, Duration, InSandbox
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

MAX_TEXT = 500
# As Meta documents the length; the limit of plain characters is in SPEC.
EMOJI_LIMIT = TextLimit(rule="text_emoji_bytes", unit=TextUnit.EMOJI_BYTES, maximum=MAX_TEXT)
MAX_LINKS = 5
MAX_CAROUSEL = 20
# Ours: Threads names no limit but 1,000 replies a day.
MAX_PARTS = 20
REPLY_SCOPE = "threads_manage_replies"
LOCATION_SCOPE = "threads_location_tagging"
REMOVAL_SCOPE = "threads_delete"
# The second shows that a later part or a first comment is gone.
REMOVAL_SCOPES = (REMOVAL_SCOPE, "threads_read_replies")


class Hosts(BaseModel):
    """Where Threads is; a value may carry a path prefix, never a version."""

    graph: str = "https://graph.threads.com"
    token: str = "https://graph.threads.com"
    auth: str = "https://threads.com"


class Settings(AppSettings):
    """`MUNADI_CHANNELS__THREADS__…`; durations in seconds or ISO 8601. The app's id is the Threads app's.

    A container is polled every `poll_text`, `poll_image` or `poll_video` at first and every `poll_slow` later.
    `settle` passes between FINISHED and ready, since a publish right after it may miss the container.
    `inspect_tokens` lets an import also read a token's scopes and expiry, `read_quota` how many posts a day are left.
    With `withdrawals` a log-in also asks for threads_delete and threads_read_replies, which the app must be approved
    for: without them no live post can be removed.
    """

    hosts: Hosts = Hosts()
    version: str = "v1.0"
    poll_text: Duration = timedelta(seconds=2)
    poll_image: Duration = timedelta(seconds=3)
    poll_video: Duration = timedelta(seconds=5)
    poll_slow: Duration = timedelta(seconds=30)
    settle: Duration = timedelta(seconds=2)
    permalink_timeout: Duration = timedelta(seconds=3)
    inspect_tokens: bool = True
    read_quota: bool = True
    withdrawals: bool = False


class Kind(StrEnum):
    """What a post is, which its media decide."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    CAROUSEL = "carousel"


class ReplyControl(StrEnum):
    """Who may reply to a post."""

    EVERYONE = "everyone"
    ACCOUNTS_YOU_FOLLOW = "accounts_you_follow"
    MENTIONED_ONLY = "mentioned_only"
    PARENT_POST_AUTHOR_ONLY = "parent_post_author_only"
    FOLLOWERS_ONLY = "followers_only"


class GifProvider(StrEnum):
    """Whose id a GIF's is."""

    GIPHY = "GIPHY"


class Style(StrEnum):
    """How a stretch of a text attachment looks."""

    BOLD = "bold"
    ITALIC = "italic"
    HIGHLIGHT = "highlight"
    UNDERLINE = "underline"
    STRIKETHROUGH = "strikethrough"


class Stretch(WireModel):
    """A part of a text. Meta does not say in which unit it counts, so what is given is sent as it is."""

    offset: int = Field(ge=0)
    length: int = Field(ge=1)


class StyledStretch(Stretch):
    """A part of a text attachment with its styles."""

    styles: tuple[Style, ...] = Field(min_length=1, max_length=20)


class Gif(WireModel):
    """A GIF of the provider's collection, by its id there."""

    id: str = Field(min_length=1, max_length=200, pattern=r"^\S+$")
    provider: GifProvider = GifProvider.GIPHY


class TextAttachment(WireModel):
    """A long text below the post's own, with a link of its own."""

    text: str = Field(min_length=1, max_length=10_000)
    link: str | None = Field(default=None, max_length=2_000)
    styles: tuple[StyledStretch, ...] = Field(default=(), max_length=1_000)


TopicTag = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[^.&]*[^.&\s][^.&]*$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
NumericId = Annotated[str, Field(pattern=r"^\d{1,32}$")]
Choice = Annotated[str, Field(min_length=1, max_length=25)]


class Options(WireModel):
    """All of the first post.

    `topicTag` has no #; `spoiler` blurs the media, `textSpoilers` stretches of the text; `poll` is 2 to 4 answers under
    a text. `quotePostId` and `locationId` are Threads' ids; only people in `countries` (ISO 3166-1) see the post.
    With `replyApprovals` the author lets each reply through.
    """

    topic_tag: TopicTag | None = None
    reply_control: ReplyControl | None = None
    spoiler: bool | None = None
    poll: tuple[Choice, ...] | None = Field(default=None, min_length=2, max_length=4)
    reply_approvals: bool | None = None
    quote_post_id: NumericId | None = None
    gif: Gif | None = None
    text_attachment: TextAttachment | None = None
    text_spoilers: tuple[Stretch, ...] = Field(default=(), max_length=10)
    location_id: NumericId | None = None
    countries: tuple[Country, ...] = Field(default=(), max_length=300)


MAX_BIT_RATE = 100_000_000
IMAGE = MediaRule(
    kind=MediaKind.IMAGE,
    mime_types=("image/jpeg", "image/png"),
    max_bytes=8 * 1024 * 1024,
    max_ratio=10,  # widths outside 320–1440 are rescaled, not refused
    takes_alt=True,
    max_alt_length=1000,
    # What Threads does not take is made into a JPEG, and what is too large into a smaller one.
    converted_types=("image/webp",),
    max_source_bytes=20_000_000,
)
VIDEO = MediaRule(
    kind=MediaKind.VIDEO,
    mime_types=("video/mp4", "video/quicktime"),
    max_bytes=1_000_000_000,
    min_ratio=0.01,
    max_ratio=10,
    max_width=1920,
    min_duration=timedelta(milliseconds=1),
    max_duration=timedelta(minutes=5),
    takes_alt=True,
    max_alt_length=1000,
    encoding=META_ENCODING.model_copy(update={"audio_codecs": ("aac",), "max_bit_rate": MAX_BIT_RATE}),
    structure=STRUCTURE,
)
BOUNDS = {
    MediaKind.VIDEO: (
        Bound(
            lambda asset: asset.bytes * 8000 // asset.duration_ms if asset.duration_ms else None,
            "MEDIA_BITRATE",
            "bitrate",
            "takes fewer bits per second",
            most=MAX_BIT_RATE,
        ),
    ),
}

# How long before the slot the containers should be begun; a text is a container too.
LEADS = {
    Kind.TEXT: timedelta(seconds=30),
    Kind.IMAGE: timedelta(minutes=2),
    Kind.CAROUSEL: timedelta(minutes=5),
    Kind.VIDEO: timedelta(minutes=10),
}

SANDBOX = InSandbox({"graph": "graph", "token": "token", "auth": "www"})

SPEC = ChannelSpec(
    name=ChannelName.THREADS,
    title="Threads",
    text_limits=(TextLimit(rule="text_code_points", unit=TextUnit.CODE_POINTS, maximum=MAX_TEXT),),
    media_rules=(IMAGE, VIDEO),
    min_media=0,
    max_media=MAX_CAROUSEL,
    mixed_media=True,
    link_style=LinkStyle.CARD,
    link_with_media=LinkStyle.APPENDED,  # only a text has a card
    first_comment=True,
    max_parts=MAX_PARTS,
    scopes=("threads_basic", "threads_content_publish", REPLY_SCOPE),
    publish_scopes=("threads_content_publish",),
    tokens=TokenLife(renewed_with=Renewal.TOKEN, access_ahead=timedelta(days=10)),  # 60 days each
    hosts=("https://graph.threads.com",),
    pulled_media=(MediaKind.IMAGE, MediaKind.VIDEO),
    lead=max(LEADS.values()),
    absence_window=timedelta(seconds=45),
    soft_limits=(SoftLimit(counted=Counted.HASHTAGS, maximum=1, effect="honours one, the others stay plain text"),),
    leftovers=Leftovers.EXPIRE,  # containers, within 24 hours
    resend=Resend.AFTER_ABSENCE,
    withdrawal=WithdrawalRule(
        kind=Removal.DELETE,
        scopes=(REMOVAL_SCOPE,),
        by_hand="Open each part of the post in the Threads app, then the three dots, Delete.",
        leaves="replies, quotes and reposts of others",
    ),
    live_edit=(
        EditRule(
            because="Open the post in the Threads app within some minutes of its publication, then its menu, Edit; or "
            "withdraw it and publish it again.",
        ),
    ),
    looks=LookRule(at_once=200, requests=24, of_account=360),
    facts_version="2026-11",
    sources=(
        "https://developers.facebook.com/documentation/threads/posts",
        "https://developers.facebook.com/documentation/threads/reference/publishing",
        "https://developers.facebook.com/documentation/threads/create-posts/text-attachments",
        "https://developers.facebook.com/documentation/threads/troubleshooting",
    ),
)

REPORTS = signed_requests("client_secret")
PERMISSIONS: Permissions = {
    "": (
        Permission("threads_basic", READ),
        Permission("threads_content_publish", PUBLISH),
        Permission(REPLY_SCOPE, "publish the further parts of a thread, or first comments"),
    )
}
