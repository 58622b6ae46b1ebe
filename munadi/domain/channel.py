"""Channels as data: names, limits and media rules. One `ChannelSpec` per network; everything reads it from there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel

from munadi.domain.model import Duration, WireModel

# The upload rate (bytes per second) that deadlines assume. A slower call is cut off and reconciled.
SLOWEST_UPLINK = 200_000


class ChannelName(StrEnum):
    """Every network, and the registry: a new one is a line here and a folder `munadi/channels/<name>`."""

    INSTAGRAM = "instagram"
    THREADS = "threads"
    FACEBOOK = "facebook"
    BLUESKY = "bluesky"
    TIKTOK = "tiktok"
    MASTODON = "mastodon"
    PINTEREST = "pinterest"
    X = "x"
    LINKEDIN = "linkedin"
    TELEGRAM = "telegram"
    YOUTUBE = "youtube"


class TextUnit(StrEnum):
    """How a network counts text."""

    GRAPHEMES = "graphemes"
    UTF8_BYTES = "utf8_bytes"
    CODE_POINTS = "code_points"
    UTF16_UNITS = "utf16_units"
    EMOJI_BYTES = "emoji_bytes"  # code points, an emoji as its UTF-8 bytes
    WEIGHTED = "weighted_characters"  # an address 23, an emoji 2, others 1 or 2 (munadi/channels/weighted.py)


class MediaKind(StrEnum):
    """The kind of a media file."""

    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"


class LinkStyle(StrEnum):
    """How a network shows a post's `link`."""

    CARD = "card"
    APPENDED = "appended"


class Resend(StrEnum):
    """Whether a post may be sent again once it is proven that the visible call had no effect.

    ONCE_AFTER_ABSENCE: the network's lists may lag for long, so after two requests without an answer a person decides.
    ONCE_AFTER_LONG_ABSENCE: the network also takes a copy as a second post, so its lists are given `long_absence`.
    """

    SAME_HANDLE = "same_handle"
    AFTER_ABSENCE = "after_absence"
    ONCE_AFTER_ABSENCE = "once_after_absence"
    ONCE_AFTER_LONG_ABSENCE = "once_after_long_absence"
    NEVER = "never"


class Leftovers(StrEnum):
    """How an unused preparation is cleaned up: nothing is left, the network deletes it, or Munadi removes it."""

    NONE = "none"
    EXPIRE = "expire"
    REMOVED = "removed"


class Renewal(StrEnum):
    """How a grant is renewed."""

    TOKEN = "token"
    REFRESH_TOKEN = "refresh_token"
    NOTHING = "nothing"


class TokenLife(WireModel):
    """How long a network's tokens are valid, and when to renew them (docs/networks, section 2 of each network).

    `access_ahead`: how long before its end the access token itself is renewed; None: only when a call needs it.
    `grant_life`: what a refresh token lives for without being used, unless the network names its end;
    `grant_ahead`: how long before that it is used.
    """

    renewed_with: Renewal = Renewal.NOTHING
    access_ahead: Duration | None = None
    grant_life: Duration | None = None
    grant_ahead: Duration = timedelta(days=30)


class TextLimit(WireModel):
    """One limit on the text of a post; a network may have several."""

    rule: str
    unit: TextUnit
    maximum: int


class TextLength(TextLimit):
    """The length of one text of a draft, counted by one of its limits; `pointer` as in a problem."""

    pointer: str
    actual: int


class Counted(StrEnum):
    """The unit that a soft limit counts in a text."""

    HASHTAGS = "hashtags"
    MENTIONS = "mentions"
    CODE_POINTS = "code_points"


class SoftLimit(WireModel):
    """An advised limit: a text beyond it is accepted, but shown differently. `effect` completes the network's name."""

    counted: Counted
    maximum: int
    effect: str


class Notice(WireModel):
    """A warning for a draft whose `option` has one of `values`: accepted here, but perhaps not by the network."""

    code: str
    option: str
    values: tuple[str, ...]
    message: str


class Prices(WireModel):
    """What a network charges for a call, in US dollars, by its price list of `as_of`. Refused calls are free."""

    as_of: date
    post: float
    post_with_link: float
    alt_text: float
    read: float


# The types that a rendition can be made from. Others are sent as they are, or refused.
RENDERED_FROM = ("image/jpeg", "image/png", "image/webp")


class MediaRule(WireModel):
    """The media of one kind that a network accepts. Sizes in bytes, sides in pixels, ratio = width / height.

    Images of `converted_types`, larger ones of `RENDERED_FROM` up to `max_source_bytes`, and JPEGs of several pictures
    are sent as a rendition that looks the same and fits `mime_types[0]` and `max_bytes`; one with transparency or
    animation has none.
    """

    kind: MediaKind
    mime_types: tuple[str, ...]
    max_bytes: int
    min_ratio: float | None = None
    max_ratio: float | None = None
    min_width: int | None = None
    max_width: int | None = None
    min_duration: Duration | None = None
    max_duration: Duration | None = None
    takes_alt: bool = False
    max_alt_length: int | None = None
    converted_types: tuple[str, ...] = ()
    max_source_bytes: int | None = None
    max_pages: int | None = None

    def needs_rendition(self, mime_type: str, size: int, *, multi_picture: bool = False) -> bool:
        """Whether such a file is sent as a rendition, and not as it is."""
        if mime_type in self.converted_types:
            return True
        too_large = self.max_bytes < size <= self.most_bytes(mime_type)
        return mime_type in self.mime_types and (too_large or multi_picture)

    def most_bytes(self, mime_type: str) -> int:
        """The largest accepted file of a type, in bytes."""
        return (self.max_source_bytes if mime_type in RENDERED_FROM else None) or self.max_bytes


class ChannelSpec(WireModel):
    """A network's limits and the numbers of its publish protocol, with the version of the facts they come from."""

    name: ChannelName
    title: str
    text_limits: tuple[TextLimit, ...]
    media_rules: tuple[MediaRule, ...]
    min_media: int
    max_media: int
    mixed_media: bool
    link_style: LinkStyle
    link_with_media: LinkStyle | None = None  # beside media, where it differs
    first_comment: bool
    max_parts: int
    scopes: tuple[str, ...]
    publish_scopes: tuple[str, ...] = ()  # one of them is needed to post; log-ins name it differently
    tokens: TokenLife = TokenLife()
    own_server: bool = False  # accounts are at servers of their own, so a log-in needs the server's address as hint
    logins: tuple[str, ...] = ()  # where there are several; the first is the default
    tokens_by_login: dict[str, TokenLife] = {}  # where the tokens of another log-in live differently
    hosts: tuple[str, ...]
    pulled_media: tuple[MediaKind, ...] = ()  # what the network fetches from our URL; the rest is uploaded
    lead: Duration
    publish_deadline: Duration = timedelta(seconds=30)
    visible_bytes: int = 0  # of media that the visible call itself may carry, at most; 0 where it is a small request
    margin: Duration = timedelta(seconds=5)
    absence_window: Duration
    long_absence: Duration = timedelta(minutes=15)  # in place of it, where nothing but a lagging list shows an absence
    looks_twice: bool = False  # only two checks, some seconds apart, prove an absence
    look_every: Duration = timedelta(seconds=5)  # the shortest time between two checks for one post
    looks_a_day: int | None = None  # of one unconfirmed post after its first hour, where reads are few or cost money
    found_by_words: bool = False  # a check finds a post by nothing but its text, link and title
    finds_without_handle: bool = True  # whether a check can prove absence without the handle
    resend: Resend
    leftovers: Leftovers = Leftovers.EXPIRE
    clickable_links: bool = True  # in the text
    soft_limits: tuple[SoftLimit, ...] = ()
    notices: tuple[Notice, ...] = ()
    kinds_without_alt: tuple[str, ...] = ()  # values of the option `kind`
    prices: Prices | None = None  # None where calls cost nothing
    version_ends: date | None = None  # when the network ends the version of its API that is called
    version_end_known: bool = False  # False: that is an estimate, and refuses nothing
    facts_version: str
    sources: tuple[str, ...]

    def may_publish(self, granted: Collection[str]) -> bool:
        """Whether a connection with these scopes can post. Unknown scopes count as sufficient."""
        return not granted or not self.publish_scopes or not set(granted).isdisjoint(self.publish_scopes)

    def is_over(self, day: date) -> bool:
        """Whether the network is known to refuse the called version of its API on this day (UTC)."""
        return self.version_end_known and self.version_ends is not None and day >= self.version_ends

    def token_life(self, login: str | None) -> TokenLife:
        """The token lifetimes of an account that was connected through this log-in."""
        return self.tokens_by_login.get(login or "", self.tokens)

    def proof_of_absence(self, resend: Resend) -> timedelta:
        """For how long after its deadline a post must be missing in a list before it counts as absent."""
        return self.long_absence if resend is Resend.ONCE_AFTER_LONG_ABSENCE else self.absence_window

    def deadline_for(self, media_bytes: int) -> timedelta:
        """How long the visible call may last for a draft with so many bytes of media: no longer than they need.

        Nothing can be proven absent before the deadline, so an answer lost on a small file is not waited for as long
        as one lost on a large file.
        """
        carried = min(media_bytes, self.visible_bytes)
        return self.publish_deadline + timedelta(seconds=carried / SLOWEST_UPLINK)


class ChannelView(ChannelSpec):
    """A network's limits and rules, and the JSON Schema of its `options`."""

    options: dict[str, Any]

    @classmethod
    def of(cls, spec: ChannelSpec, options: type[BaseModel]) -> Self:
        """A channel as the API returns it; `options` is the model of its options."""
        return cls(**spec.model_dump(by_alias=False), options=options.model_json_schema(by_alias=True))
