"""Instagram's limits, options and settings. Source: Meta's content-publishing guide and ig-user/media reference."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr

from munadi.channels.instagram.videos import REEL_VIDEO, STORY_VIDEO
from munadi.channels.meta.graph import Graph
from munadi.channels.meta.reports import signed_requests
from munadi.channels.options import MAX_OPTION
from munadi.channels.permissions import COMMENT, PUBLISH, READ, Permission, Permissions
from munadi.channels.settings import Duration, InSandbox, PolledSettings
from munadi.domain.account import ConnectedAccount
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
from munadi.domain.withdrawal_rule import Removal, WithdrawalException, WithdrawalRule

MAX_HASHTAGS = 30
MAX_MENTIONS = 20
MAX_ADVISED_HASHTAGS = 5
MAX_CAROUSEL = 10
# Meta's old rules for comments, which nothing newer replaces.
MAX_COMMENT = 300
MAX_COMMENT_HASHTAGS = 4
MAX_COMMENT_LINKS = 1


class Login(StrEnum):
    """The two log-ins, `login` of an account: at Instagram itself, or through the Page that the account belongs to.

    They publish alike and differ in host, scopes and the life of a token.
    """

    DIRECT = "instagram"
    PAGE = "facebook"


# The calls at the host of each log-in.
Graphs = Mapping[Login, Graph]


def login_of(account: ConnectedAccount) -> Login:
    """The log-in that the account was connected by; the direct one by default."""
    return Login.PAGE if account.login == Login.PAGE else Login.DIRECT


# The scope of first comments has another name in each log-in.
COMMENT_SCOPES = {Login.DIRECT: "instagram_business_manage_comments", Login.PAGE: "instagram_manage_comments"}
# Of the log-in through a Page; the direct one has none.
REMOVAL_SCOPE = "instagram_manage_contents"


class Hosts(BaseModel):
    """Where Instagram is; a value may carry a path prefix, never a version.

    `auth` is where an owner consents and `token` takes the code. `fb_…` are for accounts connected through a Page.
    """

    graph: str = "https://graph.instagram.com"
    token: str = "https://api.instagram.com"
    auth: str = "https://www.instagram.com"
    fb_graph: str = "https://graph.facebook.com"
    fb_auth: str = "https://www.facebook.com"


class Settings(PolledSettings):
    """`MUNADI_CHANNELS__INSTAGRAM__…`; durations in seconds or ISO 8601.

    `client_id` and `client_secret` are the Instagram app's, which is not the Meta app that it belongs to. That one's
    `fb_client_id` and `fb_client_secret` are for the log-in through a Page.
    A container is polled every `poll_quick` at first, then every `poll_slow`, and `poll_idle` once it is slow.
    `read_quota` reads how many posts a day an account has left when it is connected or checked.
    With `withdrawals` the log-in through a Page also asks for instagram_manage_contents, which the Meta app must be
    approved for: without it no live post can be removed.
    """

    hosts: Hosts = Hosts()
    version: str = "v26.0"
    fb_client_id: str | None = None
    fb_client_secret: SecretStr | None = None
    poll_quick: Duration = timedelta(seconds=3)
    poll_slow: Duration = timedelta(seconds=10)
    permalink_timeout: Duration = timedelta(seconds=3)
    read_quota: bool = True
    withdrawals: bool = False

    @property
    def fb_secret(self) -> str:
        """The Meta app's secret; empty when it is not set."""
        return self.fb_client_secret.get_secret_value() if self.fb_client_secret else ""

    @property
    def fb_app(self) -> tuple[str, str] | None:
        """The Meta app's credentials, when both are set."""
        return (self.fb_client_id, self.fb_secret) if self.fb_client_id and self.fb_secret else None

    def missing_for(self, login: Login) -> tuple[str, ...]:
        """The environment variables that this log-in still needs."""
        if login is Login.DIRECT:
            return self.missing("INSTAGRAM")
        given = {"FB_CLIENT_ID": self.fb_client_id, "FB_CLIENT_SECRET": self.fb_secret}
        return tuple(f"MUNADI_CHANNELS__INSTAGRAM__{name}" for name, value in given.items() if not value)


class Kind(StrEnum):
    """What a post is; by default what its media make it, and a single video is a reel."""

    IMAGE = "image"
    CAROUSEL = "carousel"
    REEL = "reel"
    STORY = "story"


class Graduation(StrEnum):
    """How a trial reel, which followers do not see at first, comes to be shown to all."""

    MANUAL = "MANUAL"
    PERFORMANCE = "SS_PERFORMANCE"


class UserTag(WireModel):
    """A tagged person; `x` and `y` (0 to 1, from the upper left) are for images only.

    `mediaIndex` (from 0) says in which medium of a carousel.
    """

    username: str = Field(min_length=1, max_length=30)
    x: float | None = Field(default=None, ge=0, le=1)
    y: float | None = Field(default=None, ge=0, le=1)
    media_index: int | None = Field(default=None, ge=0)


Username = Annotated[str, Field(min_length=1, max_length=30)]


class Options(WireModel):
    """`thumbOffset` in milliseconds from the start; `locationId` is a Facebook Page with a place.

    `coverIndex` says which of the media (from 0) is a reel's cover: an image beside it, shown nowhere else.
    `audioName` names a reel's own sound; `trialGraduation` makes it a trial reel.
    """

    kind: Kind | None = None
    share_to_feed: bool | None = None
    thumb_offset: int | None = Field(default=None, ge=0)
    cover_index: int | None = Field(default=None, ge=0)
    audio_name: str | None = Field(default=None, min_length=1, max_length=MAX_OPTION)
    trial_graduation: Graduation | None = None
    collaborators: tuple[Username, ...] = Field(default=(), max_length=3)
    location_id: str | None = Field(default=None, pattern=r"^\d{1,32}$")
    user_tags: tuple[UserTag, ...] = Field(default=(), max_length=20)
    is_ai_generated: bool | None = None


# Instagram takes JPEG; these are made into one, and images that are too large are made smaller.
CONVERTED = ("image/png", "image/webp")
MAX_SOURCE_BYTES = 20_000_000

FEED_IMAGE = MediaRule(
    kind=MediaKind.IMAGE,
    mime_types=("image/jpeg",),
    max_bytes=8 * 1024 * 1024,  # error 36000/2207004 begins above 8 MiB
    min_ratio=0.8,
    max_ratio=1.91,
    takes_alt=True,
    max_alt_length=1000,
    converted_types=CONVERTED,
    max_source_bytes=MAX_SOURCE_BYTES,
)
STORY_IMAGE = FEED_IMAGE.model_copy(
    update={"min_ratio": None, "max_ratio": None, "takes_alt": False, "max_alt_length": None}
)
# Of any ratio: the middle is shown in 9:16.
REEL_COVER = STORY_IMAGE
# How long before the slot the containers should be begun.
LEADS = {
    Kind.IMAGE: timedelta(minutes=2),
    Kind.STORY: timedelta(minutes=2),
    Kind.CAROUSEL: timedelta(minutes=5),
    Kind.REEL: timedelta(minutes=10),
}

SANDBOX = InSandbox({"graph": "graph", "token": "token", "auth": "www", "fb_graph": "fbgraph", "fb_auth": "fbwww"})

SPEC = ChannelSpec(
    name=ChannelName.INSTAGRAM,
    title="Instagram",
    # Meta does not say what a character is, so both readings must fit.
    text_limits=(
        TextLimit(rule="caption_code_points", unit=TextUnit.CODE_POINTS, maximum=2200),
        TextLimit(rule="caption_utf16", unit=TextUnit.UTF16_UNITS, maximum=2200),
    ),
    media_rules=(FEED_IMAGE, REEL_VIDEO),
    media={Kind.REEL: REEL_VIDEO, Kind.CAROUSEL: REEL_VIDEO, Kind.STORY: STORY_VIDEO},
    min_media=1,
    max_media=MAX_CAROUSEL,
    mixed_media=True,
    link_style=LinkStyle.APPENDED,
    first_comment=True,
    max_parts=1,
    # Of the direct log-in; through a Page their names differ. The last one is for first comments.
    scopes=("instagram_business_basic", "instagram_business_content_publish", COMMENT_SCOPES[Login.DIRECT]),
    publish_scopes=("instagram_business_content_publish", "instagram_content_publish"),
    tokens=TokenLife(renewed_with=Renewal.TOKEN, access_ahead=timedelta(days=10)),  # 60 days each, section 2a
    logins=tuple(Login),
    tokens_by_login={Login.PAGE: TokenLife()},  # a Page's has no renewal, section 2b
    hosts=("https://graph.instagram.com", "https://graph.facebook.com"),
    pulled_media=(MediaKind.IMAGE, MediaKind.VIDEO),
    lead=max(LEADS.values()),
    absence_window=timedelta(seconds=45),
    clickable_links=False,
    soft_limits=(
        # help.instagram.com/1643471055915254: three lines, for which it recommends so many characters at most.
        SoftLimit(
            counted=Counted.CODE_POINTS, maximum=125, effect="shows the beginning of the caption, the rest on a tap"
        ),
        # Announced on 2025-12-18 for its app; what the API does is not known.
        SoftLimit(counted=Counted.HASHTAGS, maximum=MAX_ADVISED_HASHTAGS, effect="may ignore or drop some of them"),
    ),
    kinds_without_alt=(Kind.STORY,),
    leftovers=Leftovers.EXPIRE,  # containers, within 24 hours
    resend=Resend.AFTER_ABSENCE,
    withdrawal=WithdrawalRule(
        kind=Removal.DELETE,
        scopes=(REMOVAL_SCOPE,),
        by_hand="Open the post in Instagram's app, then the three dots, Delete.",
        takes_comments=True,
        leaves="shares of it by others, for a time that Instagram does not document",
        exceptions=(
            WithdrawalException(
                logins=(Login.DIRECT,),
                because="The account was connected at Instagram itself: connect it through its Facebook Page, or open "
                "the post in Instagram's app, then the three dots, Delete.",
            ),
        ),
    ),
    live_edit=(
        EditRule(
            because="Open the post in Instagram, then the three dots, Edit: caption, tags and alt texts can change.",
        ),
    ),
    looks=LookRule(at_once=200, requests=24, of_account=240, lives={"story": timedelta(hours=24)}),
    facts_version="2026-11",
    sources=(
        "https://developers.facebook.com/documentation/instagram-platform/content-publishing",
        "https://developers.facebook.com/documentation/instagram-platform/instagram-graph-api/reference/ig-user/media",
        "https://developers.facebook.com/documentation/instagram-platform/instagram-graph-api/reference/error-codes",
        "https://developers.facebook.com/documentation/facebook-login/guides/access-tokens/get-long-lived",
    ),
)

APPS_OF_LOGINS = {Login.PAGE.value: "fb_"}  # how the settings of its app begin
REPORTS = signed_requests("client_secret", "fb_client_secret")
PERMISSIONS: Permissions = {
    "": (
        Permission("instagram_business_basic", READ),
        Permission("instagram_business_content_publish", PUBLISH),
        Permission(COMMENT_SCOPES[Login.DIRECT], COMMENT),
    ),
    Login.PAGE: (
        Permission("instagram_basic", READ),
        Permission("instagram_content_publish", PUBLISH),
        Permission("pages_show_list", "see which Pages there are"),
        Permission("pages_read_engagement", "find the Instagram account of a Page"),
        Permission(COMMENT_SCOPES[Login.PAGE], COMMENT),
    ),
}
