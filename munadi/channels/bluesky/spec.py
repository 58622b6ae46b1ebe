"""Bluesky's limits, options and settings. Source: docs/networks/bluesky.md, section 4."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from munadi.channels.options import MAX_OPTION, broken
from munadi.channels.settings import ChannelSettings, InSandbox
from munadi.channels.text import measure
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
from munadi.domain.video import VideoStructure
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule

MAX_TAG_GRAPHEMES = 64
MAX_TAG_BYTES = 640
MAX_THUMB_BYTES = 1_000_000
MAX_CAPTION_BYTES = 20_000
MAX_VIDEOS = 1
GIF = "image/gif"
VIDEO_ENDINGS = {"video/mp4": "mp4", "video/mpeg": "mpeg", "video/webm": "webm", "video/quicktime": "mov", GIF: "gif"}
# Before the slot: uploads and reads, and a video's upload and transcoding; both end well within BLOB_LIFE.
LEAD = timedelta(seconds=60)
VIDEO_LEAD = timedelta(minutes=20)
# A server stores uploaded bytes that no record names at least this long (atproto.com/specs/blob).
BLOB_LIFE = timedelta(hours=1)


class Hosts(BaseModel):
    """Where Bluesky's own services are; a value may carry a path prefix. The PDS is the account's `service_url`.

    An empty `appview` is never asked: for servers whose posts are not in Bluesky's own app.
    """

    entryway: str = "https://bsky.social"
    video: str = "https://video.bsky.app"
    appview: str = "https://public.api.bsky.app"
    plc: str = "https://plc.directory"


class Settings(ChannelSettings):
    """`MUNADI_CHANNELS__BLUESKY__…`; `video_did` is the video service's DID, whatever its address."""

    hosts: Hosts = Hosts()
    video_did: str = "did:web:video.bsky.app"


def _tag(value: str) -> str:
    if not value.strip() or value.startswith("#"):
        raise broken("tag", "a tag is not empty and has no leading #")
    if (graphemes := measure(value, TextUnit.GRAPHEMES)) > MAX_TAG_GRAPHEMES:
        raise broken("tag_graphemes", f"a tag has at most {MAX_TAG_GRAPHEMES} characters", MAX_TAG_GRAPHEMES, graphemes)
    if (size := len(value.encode())) > MAX_TAG_BYTES:
        raise broken("tag_bytes", f"a tag has at most {MAX_TAG_BYTES} bytes", MAX_TAG_BYTES, size)
    return value


_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
DID = re.compile(r"did:plc:[a-z0-9]{1,64}|did:web:[a-zA-Z0-9.-]{1,253}(%3A[0-9]{1,5})?")
HANDLE = re.compile(rf"(?=.{{3,253}}\Z)(?:{_LABEL}\.)+(?=[a-zA-Z]){_LABEL}")
_WHO = r"(did:[a-z]+:[a-zA-Z0-9._:%-]+|(?:[a-zA-Z0-9-]+\.)+[a-zA-Z][a-zA-Z0-9-]*)"
_KEY = r"([234567a-j][234567a-z]{12})"  # a TID: atproto.com/specs/tid
_AT_URI = re.compile(rf"at://{_WHO}/app\.bsky\.feed\.post/{_KEY}")
_WEB = re.compile(rf"https://bsky\.app/profile/{_WHO}/post/{_KEY}/?(?:[?#].*)?")


def parse_quote(quote: str) -> tuple[str, str] | None:
    """The author of the quoted post (a DID or a handle) and its key; None when `quote` is not a post's address."""
    match = _AT_URI.fullmatch(quote.strip()) or _WEB.fullmatch(quote.strip())
    return (match[1], match[2]) if match else None


def _quote(value: str) -> str:
    if parse_quote(value) is None:
        raise broken("quote", "a quote is at://…/app.bsky.feed.post/… or https://bsky.app/profile/…/post/…")
    return value


Tag = Annotated[str, Field(max_length=MAX_OPTION), AfterValidator(_tag)]
Quote = Annotated[str, Field(max_length=MAX_OPTION), AfterValidator(_quote)]
Language = Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$")]


def _subtitles(value: str) -> str:
    if not re.match(r"\ufeff?WEBVTT(?:[ \t\r\n]|$)", value):
        raise broken("captions_webvtt", "captions are WebVTT: they begin with WEBVTT (w3.org/TR/webvtt1)")
    if (size := len(value.encode())) > MAX_CAPTION_BYTES:
        raise broken("captions_bytes", f"captions have at most {MAX_CAPTION_BYTES} bytes", MAX_CAPTION_BYTES, size)
    return value


class Caption(WireModel):
    """One track of captions: its language (BCP 47) and the whole WebVTT file."""

    lang: Language
    text: Annotated[str, Field(max_length=10 * MAX_OPTION), AfterValidator(_subtitles)]


NOBODY = "nobody"


def _some_rules(rules: tuple[str, ...]) -> tuple[str, ...]:
    if not rules:  # checked here: pydantic would report it for rules that are merely wrong, too
        raise broken("too_short", "a list of who may reply is not empty", 1, 0)
    if NOBODY in rules and len(rules) > 1:
        raise broken("reply_control_alone", f"{NOBODY} cannot be combined with other rules")
    return rules


_LIST = r"at://did:[a-z]+:[a-zA-Z0-9._:%-]+/app\.bsky\.graph\.list/[a-zA-Z0-9._~:-]{1,512}"
ReplyRule = Annotated[str, Field(max_length=3_000, pattern=rf"^(nobody|mentioned|followers|following|{_LIST})$")]
ReplyControl = Annotated[
    tuple[ReplyRule, ...], Field(max_length=5, json_schema_extra={"minItems": 1}), AfterValidator(_some_rules)
]
# The values an author may put on a post of their own (com.atproto.label.defs).
SelfLabel = Literal["sexual", "nudity", "porn", "graphic-media", "!no-unauthenticated"]


class Options(WireModel):
    """`langs` are BCP 47; `tags` are extra hashtags that the text does not show; `labels` warn about the post.

    `quote` is a post to quote: `at://…/app.bsky.feed.post/…` or `https://bsky.app/profile/…/post/…`. `replyControl`
    says who may reply: `nobody` alone, or those `mentioned`, `followers`, accounts you are `following`, members of a
    list (`at://did:…/app.bsky.graph.list/…`); everybody by default. `quotesAllowed: false` forbids quotes of the
    post. `captions` and `presentation` are for a video: `gif` plays it silently in a loop, which is the
    default for a GIF.
    """

    langs: tuple[Language, ...] = Field(default=(), max_length=3)
    tags: tuple[Tag, ...] = Field(default=(), max_length=8)
    labels: tuple[SelfLabel, ...] = Field(default=(), max_length=5)
    quote: Quote | None = None
    reply_control: ReplyControl | None = None
    quotes_allowed: bool = True
    captions: tuple[Caption, ...] = Field(default=(), max_length=20)
    presentation: Literal["default", "gif"] | None = None


SANDBOX = InSandbox({"entryway": "entryway", "plc": "plc", "appview": "appview", "video": "video"})

SPEC = ChannelSpec(
    name=ChannelName.BLUESKY,
    title="Bluesky",
    text_limits=(
        TextLimit(rule="text_graphemes", unit=TextUnit.GRAPHEMES, maximum=300),
        TextLimit(rule="text_bytes", unit=TextUnit.UTF8_BYTES, maximum=3000),
    ),
    media_rules=(
        MediaRule(
            kind=MediaKind.IMAGE,
            mime_types=("image/jpeg", "image/png", "image/webp"),
            max_bytes=2_000_000,
            max_source_bytes=20_000_000,
            takes_alt=True,
            max_alt_length=2000,
        ),
        MediaRule(
            kind=MediaKind.VIDEO,
            mime_types=tuple(VIDEO_ENDINGS),  # what the video service takes
            max_bytes=300_000_000,
            max_duration=timedelta(minutes=10),
            takes_alt=True,
            max_alt_length=1000,  # the lexicon's graphemes; code points are at least as many
            structure=VideoStructure(constant_fps=True, even_sides=True),
        ),
    ),
    min_media=0,
    max_media=10,  # of images: up to 4 as images, up to 10 as a gallery (its schema has 20, the app stops at 10)
    mixed_media=False,
    link_style=LinkStyle.CARD,
    link_with_media=LinkStyle.APPENDED,  # a post has one embed
    first_comment=False,
    max_parts=25,  # our limit: Bluesky has none
    scopes=("com.atproto.appPass",),
    tokens=TokenLife(renewed_with=Renewal.REFRESH_TOKEN, grant_life=timedelta(days=90)),  # its JWT has the end
    hosts=(*Hosts().model_dump().values(), "https://*.host.bsky.network"),
    lead=VIDEO_LEAD,
    absence_window=timedelta(0),  # the record key is a strong key
    leftovers=Leftovers.REMOVED,  # an upload in parts is aborted; the server deletes blobs that no record names
    resend=Resend.SAME_HANDLE,
    withdrawal=WithdrawalRule(
        kind=Removal.DELETE,
        by_hand="Open the post at bsky.app, then More, Delete post.",
        leaves="replies, likes and quotes by others stay as records that point at nothing",
    ),
    live_edit=(
        EditRule(
            because="Bluesky's own app still shows the first version. Withdraw the post and publish it again.",
        ),
    ),
    looks=LookRule(at_once=200, requests=28, of_account=480),
    facts_version="2026-11",
    sources=(
        "https://docs.bsky.app/docs/advanced-guides/posts",
        "https://docs.bsky.app/docs/advanced-guides/post-richtext",
        "https://docs.bsky.app/docs/advanced-guides/rate-limits",
        "https://docs.bsky.app/docs/tutorials/video",
        "https://docs.bsky.app/docs/tutorials/thread-gates",
        "https://atproto.com/specs/tid",
        "https://atproto.com/specs/blob",
    ),
)
