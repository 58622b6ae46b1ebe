"""Nostr's limits, options and settings. Source: docs/networks/nostr.md, sections 1, 3, 4 and 7."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from munadi.channels.rules import Leads
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
from munadi.domain.look_rule import LookRule
from munadi.domain.model import WireModel
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule

# Ours: the network has no limit, and relays take events of 16 to 64 KiB. A relay that says less counts (`rules`).
MAX_TEXT, MAX_PARTS, MAX_MEDIA = 4096, 25, 10
MAX_IMAGE, MAX_VIDEO, MAX_ALT = 20 * 1024 * 1024, 100 * 1024 * 1024, 1000
# An account has at most so many relays: each is called for each post.
MAX_RELAYS, MAX_SERVERS = 8, 4
LEADS = Leads(video=timedelta(minutes=5), media=timedelta(minutes=2), text=timedelta(seconds=30))
TEXT = TextLimit(rule="text_characters", unit=TextUnit.CODE_POINTS, maximum=MAX_TEXT)
Addresses = Annotated[str, Field(pattern=r"^((https?|wss?)://[!-~]{1,300} *)*$", max_length=2000)]


class Hosts(BaseModel):
    """Where people see notes: a site that shows what relays have. Relays and media servers are each account's own."""

    site: str = "https://njump.me"


class Settings(ChannelSettings):
    """`MUNADI_CHANNELS__NOSTR__…`; durations in seconds or ISO 8601.

    `relays` are added to those of every account, `media_servers` (Blossom) take the files of accounts that have named
    none; both are addresses with spaces between them. A note that fewer than `quorum` relays have is
    published with a warning.
    """

    hosts: Hosts = Hosts()
    relays: Addresses = ""
    media_servers: Addresses = ""
    quorum: int = Field(2, ge=1, le=MAX_RELAYS)


class Options(WireModel):
    """`contentWarning` hides the note behind a warning; it may be a reason. `hashtags` are subjects beside those of the
    text, without #.
    """

    content_warning: str | None = Field(None, min_length=1, max_length=200)
    hashtags: tuple[Annotated[str, Field(pattern=r"^\w{1,100}$")], ...] = Field((), max_length=30)


SANDBOX = InSandbox({"site": "site"}, without=("relays", "media_servers"))

SPEC = ChannelSpec(
    name=ChannelName.NOSTR,
    title="Nostr",
    text_limits=(TEXT,),
    media_rules=(
        MediaRule(
            kind=MediaKind.IMAGE,
            mime_types=("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"),
            max_bytes=MAX_IMAGE,
            takes_alt=True,
            max_alt_length=MAX_ALT,
        ),
        MediaRule(
            kind=MediaKind.VIDEO,
            mime_types=("video/mp4", "video/quicktime", "video/webm"),
            max_bytes=MAX_VIDEO,
            takes_alt=True,
            max_alt_length=MAX_ALT,
        ),
    ),
    min_media=0,
    max_media=MAX_MEDIA,
    mixed_media=True,
    link_style=LinkStyle.APPENDED,  # clients make a preview of an address in the text
    first_comment=True,
    max_parts=MAX_PARTS,
    scopes=(),
    own_server=True,
    hosts=("https://*",),  # each account's own relays
    lead=LEADS.video,
    absence_window=timedelta(seconds=5),
    leftovers=Leftovers.NONE,  # a file is known by its hash, and another post may show the same one
    resend=Resend.SAME_HANDLE,  # the id of an event is its hash: sent twice, it is the same note
    withdrawal=WithdrawalRule(
        kind=Removal.DELETE,
        by_hand="Delete the note in your Nostr app, with all of your relays connected.",
        leaves="a relay, a cache or an app that ignores the request still shows the note",
    ),
    looks=LookRule(at_once=100, requests=MAX_RELAYS, of_account=480),
    facts_version="2026-11",
    sources=(
        "https://github.com/nostr-protocol/nips/blob/master/01.md",
        "https://github.com/nostr-protocol/nips/blob/master/10.md",
        "https://github.com/nostr-protocol/nips/blob/master/92.md",
        "https://github.com/hzrd149/blossom",
    ),
)
