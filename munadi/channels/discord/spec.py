"""Discord's limits, options and settings. Source: docs/networks/discord.md, sections 1, 3, 4 and 7."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field

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
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule

MAX_TEXT, MAX_EMBED_TITLE, MAX_EMBED_TEXT, MAX_ALT = 2000, 256, 4096, 1024
# Ours: Discord has no limit on a chain of replies.
MAX_PARTS = 25
MAX_MEDIA, MAX_BYTES = 10, 10 * 1024 * 1024
# All files of a message: the whole request may have 25 MiB, and its fields need a part of that.
MAX_REQUEST = 24 * 1024 * 1024
MAX_MENTIONS = 100
LEAD = timedelta(seconds=30)
SNOWFLAKE = r"^[0-9]{15,20}$"
Snowflake = Annotated[str, Field(pattern=SNOWFLAKE)]


class Hosts(BaseModel):
    """Where the API is, and where people see messages."""

    api: str = "https://discord.com/api"
    site: str = "https://discord.com"


class Settings(ChannelSettings):
    """`MUNADI_CHANNELS__DISCORD__…`; durations in seconds or ISO 8601. `version`: of the API.

    `app_url`: the address by which Discord can find out who runs this installation. It is part of the `User-Agent` of
    each call, which Discord demands.
    """

    hosts: Hosts = Hosts()
    app_url: Annotated[str, Field(pattern=r"^https?://[!-~]{1,200}$")] = "https://munadi.invalid"
    version: Annotated[str, Field(pattern=r"^v[0-9]{1,3}$")] = "v10"


class Mentions(WireModel):
    """Whom the text notifies: only those that are named here, whatever the text says."""

    everyone: bool = False
    roles: tuple[Snowflake, ...] = Field((), max_length=MAX_MENTIONS)
    users: tuple[Snowflake, ...] = Field((), max_length=MAX_MENTIONS)


class Embed(WireModel):
    """A box below the text, with a title or a description. `color` is 0xRRGGBB as a number."""

    title: str | None = Field(None, max_length=MAX_EMBED_TITLE)
    description: str | None = Field(None, max_length=MAX_EMBED_TEXT)
    url: Annotated[str, Field(pattern=r"^https?://\S+$", max_length=2048)] | None = None
    color: int | None = Field(None, ge=0, le=0xFFFFFF)


class Options(WireModel):
    """`mentions`: without it the post notifies nobody by name. `silent` sends no push notification. `hidePreviews`
    shows no previews of links. `threadId`: a thread of the channel, where the post is published instead. `username` is
    the name that a webhook's post shows.
    """

    mentions: Mentions = Mentions()
    embed: Embed | None = None
    silent: bool = False
    hide_previews: bool = False
    thread_id: Snowflake | None = None
    username: str | None = Field(None, min_length=1, max_length=80)


SANDBOX = InSandbox({"api": "api", "site": "site"})

SPEC = ChannelSpec(
    name=ChannelName.DISCORD,
    title="Discord",
    text_limits=(TextLimit(rule="text_utf16", unit=TextUnit.UTF16_UNITS, maximum=MAX_TEXT),),
    media_rules=(
        MediaRule(
            kind=MediaKind.IMAGE,
            mime_types=("image/jpeg", "image/png", "image/gif", "image/webp"),
            max_bytes=MAX_BYTES,
            max_source_bytes=2 * MAX_BYTES,
            takes_alt=True,
            max_alt_length=MAX_ALT,
        ),
        MediaRule(
            kind=MediaKind.VIDEO,
            mime_types=("video/mp4", "video/quicktime", "video/webm"),
            max_bytes=MAX_BYTES,
            takes_alt=True,
            max_alt_length=MAX_ALT,
        ),
        MediaRule(kind=MediaKind.DOCUMENT, mime_types=tuple(DOCUMENT_TYPES), max_bytes=MAX_BYTES),
    ),
    min_media=0,
    max_media=MAX_MEDIA,
    mixed_media=True,
    link_style=LinkStyle.APPENDED,  # Discord makes a preview of an address in the text
    first_comment=False,
    max_parts=MAX_PARTS,
    scopes=(),
    hosts=("https://discord.com/api",),
    lead=LEAD,
    visible_bytes=MAX_REQUEST,  # a bot has no upload beside the visible call
    absence_window=timedelta(seconds=30),
    looks_twice=True,  # how quickly a list shows a new message is not documented
    leftovers=Leftovers.NONE,
    resend=Resend.ONCE_AFTER_LONG_ABSENCE,  # a nonce is compared for some minutes only: later a copy is a second post
    withdrawal=WithdrawalRule(
        kind=Removal.DELETE, by_hand="Open the channel in Discord, find the message, then More, Delete Message."
    ),
    live_edit=(EditRule(fields=("text", "options.embed"), because="Files cannot be replaced in a message."),),
    looks=LookRule(at_once=20, requests=0, requests_each=1, of_account=480),
    facts_version="2026-11",
    sources=(
        "https://docs.discord.com/developers/resources/message",
        "https://docs.discord.com/developers/resources/webhook",
        "https://docs.discord.com/developers/topics/rate-limits",
        "https://docs.discord.com/developers/topics/permissions",
    ),
)
