"""Google Business Profile's limits, options and settings. Source: docs/networks/google_business.md, 1, 3 and 4."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from munadi.channels.files import Bound, height
from munadi.channels.permissions import Permission, Permissions
from munadi.channels.rules import Leads
from munadi.channels.settings import Duration, InSandbox, PolledSettings
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
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule

MAX_TEXT, MAX_TITLE, MAX_COUPON, MAX_TERMS, MAX_URL = 1500, 58, 58, 5000, 2048
MAX_BYTES, MIN_SIDE = 5 * 1024 * 1024, 250
SCOPE = "https://www.googleapis.com/auth/business.manage"


class Hosts(BaseModel):
    """Where Google's APIs of business profiles are; a value may carry a path prefix, never a version."""

    api: str = "https://mybusiness.googleapis.com"
    accounts: str = "https://mybusinessaccountmanagement.googleapis.com"
    locations: str = "https://mybusinessbusinessinformation.googleapis.com"
    auth: str = "https://accounts.google.com"
    token: str = "https://oauth2.googleapis.com"


class Settings(PolledSettings):
    """`MUNADI_CHANNELS__GOOGLE_BUSINESS__…`; durations in seconds or ISO 8601.

    Google looks at each post before it shows it: the post is read every `poll_quick` at first, then every `poll_slow`,
    and every `poll_idle` after some minutes. `language` is that of posts whose location names none.
    """

    hosts: Hosts = Hosts()
    poll_slow: Duration = timedelta(seconds=30)
    poll_idle: Duration = timedelta(minutes=5)
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=35)] = "en"


class Topic(StrEnum):
    """The kind of a post."""

    STANDARD = "standard"
    EVENT = "event"
    OFFER = "offer"


class Action(StrEnum):
    """What the button of a post says."""

    BOOK = "book"
    ORDER = "order"
    SHOP = "shop"
    LEARN_MORE = "learn_more"
    SIGN_UP = "sign_up"
    CALL = "call"


def _shown(value: str) -> str:
    if not value.strip():
        raise ValueError("a title is not empty")
    return value


WebUrl = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=MAX_URL)]
# HH:MM.
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Title = Annotated[str, Field(max_length=MAX_TITLE), AfterValidator(_shown)]


class CallToAction(WireModel):
    """A button. `call` rings the number of the profile and has no `url`; the others open `url`, or the post's link."""

    action: Action
    url: WebUrl | None = None


class Event(WireModel):
    """When something happens, in the business's own time. Without times it lasts for whole days."""

    title: Title
    start_date: date
    end_date: date
    start_time: TimeOfDay | None = None
    end_time: TimeOfDay | None = None

    @property
    def span(self) -> tuple[datetime, datetime]:
        """When it starts and ends, without a zone. Whole days end with their last minute."""
        return (
            datetime.combine(self.start_date, time.fromisoformat(self.start_time or "00:00")),
            datetime.combine(self.end_date, time.fromisoformat(self.end_time or "23:59")),
        )


class Offer(WireModel):
    """What an offer has beside its event."""

    coupon_code: str | None = Field(None, min_length=1, max_length=MAX_COUPON)
    redeem_url: WebUrl | None = None
    terms: str | None = Field(None, min_length=1, max_length=MAX_TERMS)


class Options(WireModel):
    """`topic`: an `event` and an `offer` need `event`, their title and time; `offer` has what the offer adds.
    `callToAction` is the button, by default "Learn more" for the post's link. `languageCode` is the language of the
    text, by default the location's.
    """

    topic: Topic = Topic.STANDARD
    call_to_action: CallToAction | None = None
    event: Event | None = None
    offer: Offer | None = None
    language_code: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=35)] | None = None


PHOTO = MediaRule(
    kind=MediaKind.IMAGE,
    mime_types=("image/jpeg", "image/png"),
    converted_types=("image/webp",),
    max_bytes=MAX_BYTES,
    max_source_bytes=4 * MAX_BYTES,
    min_width=MIN_SIDE,
)
BOUNDS = {
    MediaKind.IMAGE: (Bound(height, "MEDIA_HEIGHT", "min_height", "needs higher images", least=MIN_SIDE),),
}
# Time to read the location, and to make a rendition.
LEADS = Leads(video=timedelta(minutes=5), media=timedelta(minutes=5), text=timedelta(seconds=30))
SANDBOX = InSandbox({name: name for name in Hosts.model_fields})

SPEC = ChannelSpec(
    name=ChannelName.GOOGLE_BUSINESS,
    title="Google Business Profile",
    text_limits=(TextLimit(rule="summary_characters", unit=TextUnit.CODE_POINTS, maximum=MAX_TEXT),),
    media_rules=(PHOTO,),
    min_media=0,
    max_media=1,
    mixed_media=False,
    link_style=LinkStyle.CARD,  # the post's button
    first_comment=False,
    max_parts=1,
    scopes=(SCOPE,),
    publish_scopes=(SCOPE,),
    tokens=TokenLife(renewed_with=Renewal.REFRESH_TOKEN, grant_life=timedelta(days=180)),  # six months unused
    hosts=(
        "https://mybusiness.googleapis.com",
        "https://mybusinessbusinessinformation.googleapis.com",
        "https://mybusinessaccountmanagement.googleapis.com",
        "https://oauth2.googleapis.com",
    ),
    pulled_media=(MediaKind.IMAGE,),
    lead=LEADS.media,
    publish_deadline=timedelta(seconds=20),
    absence_window=timedelta(seconds=60),  # how late a list is, is not documented
    looks_twice=True,
    found_by_words=True,  # a post without a photo
    leftovers=Leftovers.NONE,
    resend=Resend.ONCE_AFTER_LONG_ABSENCE,  # Google takes a copy as a second post
    withdrawal=WithdrawalRule(
        kind=Removal.DELETE,
        by_hand="Search for the business in Google with its owner's account, then Add update, the post's menu, Delete.",
    ),
    live_edit=(
        EditRule(
            fields=("text", "link", "options.callToAction", "options.event", "options.offer"),
            because="The photo and the kind of a post stay: withdraw it and publish another one.",
        ),
    ),
    clickable_links=False,  # the button is the link
    looks=LookRule(at_once=500, requests=10, requests_each=1, of_account=240, of_app=2_000),
    facts_version="2026-11",
    sources=(
        "https://developers.google.com/my-business/reference/rest/v4/accounts.locations.localPosts",
        "https://developers.google.com/my-business/content/posts-data",
        "https://developers.google.com/my-business/content/limits",
        "https://developers.google.com/my-business/content/prereqs",
    ),
)

PERMISSIONS: Permissions = {
    "": (Permission(SCOPE, "see the locations, publish their posts, and see whether one arrived"),)
}
