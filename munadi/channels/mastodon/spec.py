"""Mastodon's default limits, options and settings. Source: docs/networks/mastodon.md, section 4.

A server may set its own limits: `instance` reads them, and `rules` applies those of the account's server.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from munadi.channels.options import MAX_OPTION
from munadi.channels.permissions import ARRIVED, PUBLISH, READ, UPLOAD, Permission, Permissions
from munadi.channels.rules import Leads
from munadi.channels.settings import ChannelSettings, Duration, InSandbox
from munadi.domain.channel import (
    ChannelName,
    ChannelSpec,
    Leftovers,
    LinkStyle,
    MediaKind,
    MediaRule,
    Resend,
    TextLimit,
    TextUnit,
)
from munadi.domain.edits import EditRule
from munadi.domain.look_rule import LookRule
from munadi.domain.model import WireModel
from munadi.domain.video import PLAIN_PIXELS, VideoEncoding, VideoStructure
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule

MAX_VIDEOS = 1
# Ours: Mastodon has no limit on a thread.
MAX_PARTS = 25
# Time to upload, and for a video to be processed.
LEADS = Leads(video=timedelta(minutes=10), media=timedelta(seconds=60))
# A server deletes media that no post uses after about a day.
MEDIA_LIFE = timedelta(hours=20)
# What publishing needs: the identity, the check after a lost answer, the post and its media.
SCOPES = ("read:accounts", "read:statuses", "write:statuses", "write:media")
# A post with one of these is not public.
HIDDEN = ("private", "direct")
TEXT = TextLimit(rule="text_characters", unit=TextUnit.GRAPHEMES, maximum=500)


class Settings(ChannelSettings):
    """`MUNADI_CHANNELS__MASTODON__…`; durations in seconds or ISO 8601.

    There is no host: an account's `serviceUrl` is its server. `client_name` is what owners see when they consent.
    Media that are processed are read every `poll_quick` at first and every `poll_slow` later, for `processing_timeout`.
    """

    client_name: str = "Munadi"
    poll_quick: Duration = timedelta(seconds=2)
    poll_slow: Duration = timedelta(seconds=5)
    processing_timeout: Duration = timedelta(minutes=15)


class Poll(WireModel):
    """A poll below the text, without media. `expiresIn` is in seconds."""

    options: tuple[Annotated[str, Field(min_length=1, max_length=MAX_OPTION)], ...] = Field(
        min_length=2, max_length=100
    )
    expires_in: int = Field(ge=1)
    multiple: bool = False
    hide_totals: bool = False


Coordinate = Annotated[float, Field(ge=-1, le=1)]


class Focus(WireModel):
    """The point of a medium that a cropped preview must show: (0, 0) is the centre, (1, 1) the upper right corner."""

    media: int = Field(ge=0)
    x: Coordinate
    y: Coordinate


Language = Annotated[str, Field(max_length=100, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
PostId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


class Options(WireModel):
    """`visibility`: `unlisted` posts are not in public timelines, `private` ones are for followers, `direct` ones for
    whom they mention. `contentWarning` hides the text behind a warning, and counts into its length; `sensitive` blurs
    the media. `language` is an ISO 639 code. `quotePostId` is the id of a post as the account's own server knows it;
    `quotePolicy` says who may quote this post. `visibility`, `contentWarning`, `sensitive` and `language` are also
    those of the later parts and the first comment.
    """

    visibility: Literal["public", "unlisted", "private", "direct"] = "public"
    content_warning: str | None = Field(default=None, min_length=1, max_length=MAX_OPTION)
    sensitive: bool | None = None
    language: Language | None = None
    poll: Poll | None = None
    focus: tuple[Focus, ...] = Field(default=(), max_length=100)
    quote_post_id: PostId | None = None
    quote_policy: Literal["public", "followers", "nobody"] | None = None


IMAGE = MediaRule(
    kind=MediaKind.IMAGE,
    mime_types=("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"),
    max_bytes=16_777_216,
    max_source_bytes=20_000_000,
    takes_alt=True,
    max_alt_length=1500,
)
MAX_FPS, MAX_VIDEO_PIXELS = 120, 8_294_400
VIDEO = MediaRule(
    kind=MediaKind.VIDEO,
    mime_types=("video/mp4", "video/webm", "video/quicktime"),
    max_bytes=103_809_024,
    takes_alt=True,
    max_alt_length=1500,
    encoding=VideoEncoding(max_fps=MAX_FPS, max_pixels=MAX_VIDEO_PIXELS),
    # Some servers answer 422 to other pixels than these, and all to odd sides.
    structure=VideoStructure(pixel_formats=PLAIN_PIXELS, sdr=True, even_sides=True),
)

SANDBOX = InSandbox()

SPEC = ChannelSpec(
    name=ChannelName.MASTODON,
    title="Mastodon",
    text_limits=(TEXT,),
    media_rules=(IMAGE, VIDEO),
    min_media=0,
    max_media=4,
    mixed_media=False,
    link_style=LinkStyle.APPENDED,  # the server makes a card of the first address in the text
    first_comment=True,
    max_parts=MAX_PARTS,
    scopes=SCOPES,
    publish_scopes=("write:statuses", "write"),
    own_server=True,
    hosts=("https://*",),  # each account's own server
    lead=LEADS.video,
    absence_window=timedelta(seconds=50),
    leftovers=Leftovers.EXPIRE,  # media that no post uses, after a day
    resend=Resend.AFTER_ABSENCE,
    withdrawal=WithdrawalRule(
        kind=Removal.DELETE,
        by_hand="Open the post at the account's server, then More, Delete post.",
        leaves="replies by others stay, and the copy of a server that missed or ignores the removal",
    ),
    live_edit=(
        EditRule(
            fields=("text", "options.contentWarning"),
            because="Its pictures, their descriptions and its language are edited at the account's server.",
        ),
    ),
    looks=LookRule(at_once=100, requests=11, of_account=480),
    facts_version="2026-11",
    sources=(
        "https://docs.joinmastodon.org/methods/statuses/",
        "https://docs.joinmastodon.org/methods/media/",
        "https://docs.joinmastodon.org/methods/oauth/",
        "https://docs.joinmastodon.org/entities/Instance/",
        "https://docs.joinmastodon.org/api/rate-limits/",
    ),
)

PERMISSIONS: Permissions = {
    "": (
        Permission("read:accounts", READ),
        Permission("read:statuses", ARRIVED),
        Permission("write:statuses", PUBLISH),
        Permission("write:media", UPLOAD),
    )
}
