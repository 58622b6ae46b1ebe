"""Telegram's limits, options and settings. Source: docs/networks/telegram.md, sections 1, 3, 4 and 7."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from munadi.channels.files import Bound
from munadi.channels.options import broken
from munadi.channels.settings import ChannelSettings, InSandbox
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
from munadi.domain.document_types import DOCUMENT_TYPES
from munadi.domain.edits import EditRule
from munadi.domain.look_rule import LookRule
from munadi.domain.model import WireModel
from munadi.domain.video import PLAIN_PIXELS, VideoStructure
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule

MAX_TEXT, MAX_CAPTION, MAX_QUESTION = 4096, 1024, 300
MAX_POLL_OPTIONS, MAX_POLL_OPTION = 12, 100
MAX_ENTITIES = 100
# Ours: Telegram has no limit on a chain of replies.
MAX_PARTS = 25
MAX_MEDIA, MAX_BYTES = 10, 50_000_000
GIF = "image/gif"
LEAD, VIDEO_LEAD = timedelta(minutes=1), timedelta(minutes=15)
CHAT_ID = r"^-?[0-9]{1,20}$"
TEXT = TextLimit(rule="text_utf16", unit=TextUnit.UTF16_UNITS, maximum=MAX_TEXT)
CAPTION = TextLimit(rule="caption_utf16", unit=TextUnit.UTF16_UNITS, maximum=MAX_CAPTION)
QUESTION = TextLimit(rule="question_utf16", unit=TextUnit.UTF16_UNITS, maximum=MAX_QUESTION)


class Hosts(BaseModel):
    """Where the Bot API is, Telegram's or a server of your own, and where people see public posts."""

    api: str = "https://api.telegram.org"
    site: str = "https://t.me"


class Settings(ChannelSettings):
    """`MUNADI_CHANNELS__TELEGRAM__…`; durations in seconds or ISO 8601.

    `probe`: after a lost answer, ask for the message ids above the last known one, and compare a new message through
    the storage chat. That this changes nothing in the chat was read in Telegram's sources, never tried. Without it such
    a post ends unconfirmed. `probe_misses`: so many missing ids in a row are the end of a chat.
    `storage_chat`: the id of the private chat that posts without the option `storageChat` use; every bot must be
    allowed to write there.
    """

    hosts: Hosts = Hosts()
    probe: bool = False
    probe_misses: int = Field(default=30, ge=1, le=200)
    storage_chat: Annotated[str, Field(pattern=CHAT_ID)] | None = None

    def specified(self, spec: ChannelSpec) -> ChannelSpec:
        """The spec with these settings. Sends take effect up to two minutes late, which `long_absence` outlasts."""
        found = self.applied_to(spec, self.hosts.api)
        return found.model_copy(update={"resend": Resend.ONCE_AFTER_LONG_ABSENCE}) if self.probe else found


class Entity(WireModel):
    """A format of a part of the text. `offset` and `length` are in UTF-16 units; `url` is for a text_link."""

    type: Literal[
        "bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote",
        "code", "pre", "text_link",
    ]  # fmt: skip
    offset: int = Field(ge=0)
    length: int = Field(ge=1)
    url: Annotated[str, Field(pattern=r"^(https?|tg)://\S+$", max_length=2048)] | None = None
    language: Annotated[str, Field(pattern=r"^[\w+#-]{1,30}$")] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.type == "text_link") != (self.url is not None):
            raise broken("entity_url", "a text_link has a url, and nothing else has one")
        return self


class Poll(WireModel):
    """A poll whose question is the text. In channels it is always anonymous. `open_seconds`: then it closes."""

    options: tuple[Annotated[str, Field(min_length=1, max_length=MAX_POLL_OPTION)], ...] = Field(
        min_length=1, max_length=MAX_POLL_OPTIONS
    )
    anonymous: bool = True
    multiple: bool = False
    open_seconds: int | None = Field(None, ge=5, le=2_628_000)


class Preview(WireModel):
    """The preview of a link in the text: none, or of which link, how large, above the text or below."""

    disabled: bool = False
    url: Annotated[str, Field(pattern=r"^https?://\S+$", max_length=2048)] | None = None
    size: Literal["small", "large"] | None = None
    above_text: bool = False


class Options(WireModel):
    """`storageChat` is the id of a private chat where only the bot writes: media are uploaded there ahead of time, so
    that the visible call is small, and Telegram judges a text there first. `entities` format the text, not the later
    parts. `asDocuments` sends the files as they are. `silent`, `protected` and `topicId` are for the parts too.
    """

    storage_chat: Annotated[str, Field(pattern=CHAT_ID)] | None = None
    entities: tuple[Entity, ...] = Field((), max_length=MAX_ENTITIES)
    preview: Preview | None = None
    poll: Poll | None = None
    as_documents: bool = False
    spoiler: bool = False
    caption_above: bool = False
    silent: bool = False
    protected: bool = False
    topic_id: int | None = Field(None, ge=1)


IMAGE = MediaRule(
    kind=MediaKind.IMAGE,
    mime_types=("image/jpeg", "image/png", GIF),
    converted_types=("image/webp",),
    max_bytes=10_000_000,
    max_source_bytes=20_000_000,
    min_ratio=1 / 20,
    max_ratio=20.0,
)
PHOTO_BOUNDS = (
    Bound(
        lambda asset: asset.width + asset.height,
        "MEDIA_PIXELS",
        "photo_sides",
        "takes photos of fewer pixels, width and height together",
        most=10_000,
    ),
)
ANIMATION = MediaRule(kind=MediaKind.IMAGE, mime_types=(GIF,), max_bytes=MAX_BYTES)
VIDEO = MediaRule(
    kind=MediaKind.VIDEO,
    mime_types=("video/mp4",),
    max_bytes=MAX_BYTES,
    # What its apps play within a chat; others must be downloaded.
    structure=VideoStructure(
        video_codecs=("h264", "mpeg4"), pixel_formats=PLAIN_PIXELS, sdr=True, even_sides=True, moov_first=True
    ),
)
DOCUMENT = MediaRule(
    kind=MediaKind.DOCUMENT,
    mime_types=tuple(DOCUMENT_TYPES),
    max_bytes=MAX_BYTES,
)
DOCUMENTS = {
    MediaKind.DOCUMENT: DOCUMENT,
    MediaKind.IMAGE: MediaRule(
        kind=MediaKind.IMAGE, mime_types=("image/jpeg", "image/png", GIF, "image/webp"), max_bytes=MAX_BYTES
    ),
    MediaKind.VIDEO: MediaRule(
        kind=MediaKind.VIDEO, mime_types=("video/mp4", "video/quicktime", "video/webm"), max_bytes=MAX_BYTES
    ),
}

SANDBOX = InSandbox({"api": "api", "site": "site"}, ("storage_chat",))

SPEC = ChannelSpec(
    name=ChannelName.TELEGRAM,
    title="Telegram",
    text_limits=(TEXT,),
    media_rules=(IMAGE, VIDEO, DOCUMENT),
    min_media=0,
    max_media=MAX_MEDIA,
    mixed_media=True,
    link_style=LinkStyle.APPENDED,  # Telegram makes a preview of the first address in the text
    first_comment=False,
    max_parts=MAX_PARTS,
    scopes=(),
    hosts=("https://api.telegram.org",),
    lead=VIDEO_LEAD,
    visible_bytes=MAX_BYTES,  # without a chat to upload to, the files go with the visible call
    absence_window=timedelta(seconds=50),
    finds_without_handle=False,  # the preparation has the last id before the post
    leftovers=Leftovers.REMOVED,
    resend=Resend.NEVER,  # nothing proves an absence, unless `probe` is on
    withdrawal=WithdrawalRule(
        kind=Removal.DELETE,
        by_hand="Open the chat in Telegram, select the message, then Delete.",
        leaves="copies that were forwarded, and perhaps the one in a linked discussion group",
    ),
    withdrawal_until=timedelta(hours=48),
    live_edit=(
        EditRule(
            fields=("text", "options.entities", "options.preview", "options.captionAbove"),
            because="Files and the order of an album are changed in the chat.",
        ),
    ),
    looks=LookRule(at_once=20, requests=2, requests_each=1, of_account=480),
    facts_version="2026-11",
    sources=(
        "https://core.telegram.org/bots/api",
        "https://core.telegram.org/bots/faq",
        "https://github.com/tdlib/telegram-bot-api",
        "https://github.com/tdlib/td",
    ),
)
