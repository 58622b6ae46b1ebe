"""Channels as data: names, limits and media rules. One `ChannelSpec` per network; everything reads it from there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, Field

from munadi.domain.edits import EditRule
from munadi.domain.look_rule import LookRule
from munadi.domain.media_rule import RENDERED_FROM as RENDERED_FROM
from munadi.domain.media_rule import MediaKind as MediaKind
from munadi.domain.media_rule import MediaRule as MediaRule
from munadi.domain.model import Duration, WireModel
from munadi.domain.withdrawal_rule import WithdrawalRule

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
    DISCORD = "discord"
    GOOGLE_BUSINESS = "google_business"
    NOSTR = "nostr"


class TextUnit(StrEnum):
    """How a network counts text."""

    GRAPHEMES = "graphemes"
    UTF8_BYTES = "utf8_bytes"
    CODE_POINTS = "code_points"
    UTF16_UNITS = "utf16_units"
    EMOJI_BYTES = "emoji_bytes"  # code points, an emoji as its UTF-8 bytes
    WEIGHTED = "weighted_characters"  # an address 23, an emoji 2, others 1 or 2 (munadi/channels/weighted.py)


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
    """How long a network's tokens are valid, and when to renew them (docs/networks, section 2 of each network)."""

    renewed_with: Renewal = Field(Renewal.NOTHING, description="What a token is renewed with.")
    access_ahead: Duration | None = Field(
        None, description="How long before its end an access token is renewed; null: when a call needs it."
    )
    grant_life: Duration | None = Field(None, description="How long an unused grant lives, where that is not answered.")
    grant_ahead: Duration = Field(
        timedelta(days=30), description="How long before a grant's end it is renewed. ISO 8601."
    )


class TextLimit(WireModel):
    """One limit on the text of a post; a network may have several."""

    rule: str = Field(description="The rule that a longer text breaks.")
    unit: TextUnit = Field(description="How the network counts.")
    maximum: int = Field(description="The most there may be.")


class TextLength(TextLimit):
    """The length of one text of a draft, counted by one of its limits; `pointer` as in a problem."""

    pointer: str = Field(description="The text: a JSON pointer into the request.")
    actual: int = Field(description="The length of the text.")


class Counted(StrEnum):
    """The unit that a soft limit counts in a text."""

    HASHTAGS = "hashtags"
    MENTIONS = "mentions"
    CODE_POINTS = "code_points"


class SoftLimit(WireModel):
    """An advised limit: a text beyond it is accepted, but shown differently."""

    counted: Counted = Field(description="What is counted.")
    maximum: int = Field(description="The most there may be.")
    effect: str = Field(description="What the network does beyond the limit; it completes the network's name.")


class Notice(WireModel):
    """A warning for a draft whose `option` has one of `values`: accepted here, but perhaps not by the network."""

    code: str = Field(description="What it is about, for programs; stable.")
    option: str = Field(description="The option's name.")
    values: tuple[str, ...] = Field(description="The values that it is about.")
    message: str = Field(description="What is wrong or worth knowing, for people.")


class Prices(WireModel):
    """What a network charges for a call, in US dollars, by its price list of `as_of`. Refused calls are free."""

    as_of: date = Field(description="The date of the price list.")
    post: float = Field(description="One post.")
    post_with_link: float = Field(description="One post with a link.")
    alt_text: float = Field(description="The alt text of one picture.")
    read: float = Field(description="One read call.")


class ChannelSpec(WireModel):
    """A network's limits and the numbers of its publish protocol, with the version of the facts they come from."""

    name: ChannelName = Field(description="The network, as requests name it.")
    title: str = Field(description="The network's name for people.")
    text_limits: tuple[TextLimit, ...] = Field(description="Every limit on a text; all of them hold.")
    media_rules: tuple[MediaRule, ...] = Field(description="What the network accepts, for each kind of media.")
    media: dict[str, MediaRule] = Field(
        {}, description="The rule of a post's video, by the option `kind`; `video` where posts have no kinds of it."
    )
    min_media: int = Field(description="The fewest media of a post.")
    max_media: int = Field(description="The most media of a post.")
    mixed_media: bool = Field(description="Whether one post may have media of several kinds.")
    link_style: LinkStyle = Field(description="How a `link` is shown.")
    link_with_media: LinkStyle | None = Field(None, description="How a `link` beside media is shown, where it differs.")
    first_comment: bool = Field(description="Whether a first comment can be posted.")
    max_parts: int = Field(description="The most parts of a thread; 1: no threads.")
    scopes: tuple[str, ...] = Field(description="What an account's owner is asked to grant.")
    publish_scopes: tuple[str, ...] = Field((), description="One of them is needed to post.")
    tokens: TokenLife = Field(TokenLife(), description="How long tokens live.")
    own_server: bool = Field(
        False, description="Whether accounts are at servers of their own; connecting then needs `serviceUrl`."
    )
    logins: tuple[str, ...] = Field((), description="The log-ins, where there are several; the first is the default.")
    tokens_by_login: dict[str, TokenLife] = Field({}, description="The same for other log-ins, where it differs.")
    hosts: tuple[str, ...] = Field(description="The hosts that are called.")
    pulled_media: tuple[MediaKind, ...] = Field((), description="Media that the network fetches; the rest is uploaded.")
    lead: Duration = Field(description="How long before the due time the preparation starts. ISO 8601.")
    publish_deadline: Duration = Field(
        timedelta(seconds=30),
        description="How long the visible call may last, beside the time for its media. ISO 8601.",
    )
    visible_bytes: int = Field(0, description="How many bytes of media the visible call itself carries at most.")
    margin: Duration = Field(
        timedelta(seconds=5), description="How long after that deadline a call may still have had an effect. ISO 8601."
    )
    absence_window: Duration = Field(
        description="How long after that a post must stay absent to be proven absent. ISO 8601."
    )
    long_absence: Duration = timedelta(minutes=15)  # in place of it, where nothing but a lagging list shows an absence
    looks_twice: bool = Field(False, description="Whether only two checks, seconds apart, prove that a post is absent.")
    look_every: Duration = Field(
        timedelta(seconds=5), description="The shortest time between two checks for one post. ISO 8601."
    )
    looks_a_day: int | None = Field(
        None, description="How often an unconfirmed post is checked in a day, after its first hour; null: every hour."
    )
    found_by_words: bool = Field(
        False, description="Whether a check after a lost answer finds a post by nothing but its text, link and title."
    )
    finds_without_handle: bool = Field(
        True, description="Whether a check can prove that a post is absent without the network's handle."
    )
    resend: Resend = Field(description="Whether a post may be sent again once it is proven absent.")
    withdrawal: WithdrawalRule = Field(WithdrawalRule(), description="How a live post is taken back.")
    withdrawal_until: Duration | None = Field(None, description="How long after publishing it can be; null: always.")
    live_edit: tuple[EditRule, ...] = Field((), description="What of a live post can be edited; empty: nothing.")
    looks: LookRule = Field(LookRule(), description="How Munadi looks whether live posts are still there.")
    leftovers: Leftovers = Field(Leftovers.EXPIRE, description="What becomes of an unused preparation.")
    clickable_links: bool = Field(True, description="Whether links in the text can be clicked.")
    soft_limits: tuple[SoftLimit, ...] = Field((), description="Advised limits: longer texts get a warning.")
    notices: tuple[Notice, ...] = Field((), description="Values of options that are accepted with a warning.")
    kinds_without_alt: tuple[str, ...] = Field((), description="Values of the option `kind` whose media take no alt.")
    prices: Prices | None = Field(None, description="What calls cost; null where they cost nothing.")
    version_ends: date | None = Field(
        None, description="When the network ends the version of its API that is called; null where it has no end."
    )
    version_end_known: bool = Field(
        False, description="Whether the network has named that day; else it is an estimate, and refuses nothing."
    )
    facts_version: str = Field(description="The version of the facts that these numbers come from.")
    sources: tuple[str, ...] = Field(description="Where the network documents them.")

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

    options: dict[str, Any] = Field(description="The JSON Schema of `options`.")

    @classmethod
    def of(cls, spec: ChannelSpec, options: type[BaseModel]) -> Self:
        """A channel as the API returns it; `options` is the model of its options."""
        known = spec.model_dump(by_alias=False)
        videos = [rule for rule in spec.media_rules if rule.kind is MediaKind.VIDEO]
        known["media"] = spec.media or dict(zip(("video",), videos, strict=False))
        return cls(**known, options=options.model_json_schema(by_alias=True))
