"""Bluesky's limits, options and settings. Source: lexicon app.bsky.feed.post and its embeds (facts, section 4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from munadi.channels.http import ChannelSettings
from munadi.channels.text import measure
from munadi.domain.channel import (
    ChannelName,
    ChannelSpec,
    LinkStyle,
    MediaKind,
    MediaRule,
    Resend,
    TextLimit,
    TextUnit,
)
from munadi.domain.model import WireModel

MAX_TAG_GRAPHEMES = 64
MAX_TAG_BYTES = 640
MAX_THUMB_BYTES = 1_000_000
# Uploaded bytes that no record names yet are kept at least this long (atproto.com/specs/blob).
BLOB_LIFE = timedelta(hours=1)


class Hosts(BaseModel):
    """Where Bluesky's own services are; a value may carry a path prefix. The PDS is the account's `service_url`."""

    model_config = ConfigDict(extra="ignore")

    entryway: str = "https://bsky.social"


class Settings(ChannelSettings):
    """`MUNADI_CHANNELS__BLUESKY__…`."""

    hosts: Hosts = Hosts()


def _tag(value: str) -> str:
    if not value.strip() or value.startswith("#"):
        raise ValueError("a tag is not empty and has no leading #")
    if measure(value, TextUnit.GRAPHEMES) > MAX_TAG_GRAPHEMES or len(value.encode()) > MAX_TAG_BYTES:
        raise ValueError(f"a tag has at most {MAX_TAG_GRAPHEMES} graphemes and {MAX_TAG_BYTES} bytes")
    return value


Tag = Annotated[str, AfterValidator(_tag)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$")]
# The values an author may put on a post of their own (com.atproto.label.defs).
SelfLabel = Literal["sexual", "nudity", "porn", "graphic-media", "!no-unauthenticated"]


class Options(WireModel):
    """`langs` are BCP 47; `tags` are extra hashtags that the text does not show; `labels` warn about the content."""

    langs: tuple[Language, ...] = Field(default=(), max_length=3)
    tags: tuple[Tag, ...] = Field(default=(), max_length=8)
    labels: tuple[SelfLabel, ...] = Field(default=(), max_length=5)


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
            max_alt_length=2000,
        ),
    ),
    min_media=0,
    max_media=4,
    mixed_media=False,
    link_style=LinkStyle.CARD,
    first_comment=False,
    max_parts=1,
    scopes=("com.atproto.appPass",),
    hosts=("https://bsky.social", "https://*.host.bsky.network"),
    lead=timedelta(seconds=60),
    absence_window=timedelta(0),  # the record key is a strong key
    resend=Resend.SAME_HANDLE,
    facts_version="2026-11",
    sources=(
        "https://docs.bsky.app/docs/advanced-guides/posts",
        "https://docs.bsky.app/docs/advanced-guides/post-richtext",
        "https://docs.bsky.app/docs/advanced-guides/rate-limits",
        "https://atproto.com/specs/tid",
        "https://atproto.com/specs/blob",
    ),
)
