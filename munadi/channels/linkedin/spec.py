"""LinkedIn's limits, options and settings. Source: docs/networks/linkedin.md, sections 1, 2, 4 and 7."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr

from munadi.channels.files import Bound, pixels, size
from munadi.channels.options import MAX_OPTION
from munadi.channels.permissions import ARRIVED, READ, Permission, Permissions
from munadi.channels.rules import Leads, PollRule
from munadi.channels.settings import AppSettings, Duration, InSandbox
from munadi.domain.account import ConnectedAccount
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
from munadi.domain.document_types import DOCUMENT_TYPES
from munadi.domain.edits import EditRule
from munadi.domain.look_rule import LookRule
from munadi.domain.model import WireModel
from munadi.domain.video import VideoEncoding, VideoStructure
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule

PERSON, PAGE = "urn:li:person:", "urn:li:organization:"
MAX_IMAGES, MIN_VIDEO_BYTES = 20, 75_000
BOUNDS = {
    # fewer than 36,152,320 pixels
    MediaKind.IMAGE: (Bound(pixels, "MEDIA_PIXELS", "pixels", "takes images of fewer pixels", most=36_152_319),),
    MediaKind.VIDEO: (Bound(size, "MEDIA_TOO_SMALL", "min_bytes", "takes larger videos", least=MIN_VIDEO_BYTES),),
}
POLL = PollRule(characters=30)
MAX_TITLE, MAX_DESCRIPTION, MAX_ALT = 399, 4086, 4086
# Time to upload and to process.
LEADS = Leads(video=timedelta(minutes=30), media=timedelta(minutes=5))
# How long LinkedIn keeps a file that no post uses is undocumented; one this old is uploaded again.
ASSET_LIFE, SLACK = timedelta(hours=24), timedelta(minutes=30)
# The unit is unverified; of the known ways to count, this one never counts less than another.
TEXT = TextLimit(rule="text_utf16", unit=TextUnit.UTF16_UNITS, maximum=3000)
COMMENT = TextLimit(rule="comment_utf16", unit=TextUnit.UTF16_UNITS, maximum=1250)


# When LinkedIn ends a version, as far as it has said so; others live for a year at least.
SUNSETS: Mapping[str, date] = {
    "202511": date(2026, 11, 16),
    "202601": date(2027, 1, 15),
    "202602": date(2027, 2, 15),
    "202603": date(2027, 3, 16),
}


class Login(StrEnum):
    """The two log-ins: a person who posts as themselves, or for a page. Each needs an app of its own at LinkedIn."""

    MEMBER = "member"
    PAGE = "page"


# Exactly what is used: one scope that an app does not have ends the consent with an error page.
SCOPES = {
    Login.MEMBER: ("openid", "profile", "w_member_social"),
    Login.PAGE: ("w_organization_social", "r_organization_social", "rw_organization_admin"),
}


def is_page(account: ConnectedAccount) -> bool:
    """Whether the account is a page; everything else is a member."""
    return account.external_id.startswith(PAGE)


class Hosts(BaseModel):
    """Where LinkedIn is; a value may carry a path prefix, never a version. Addresses of posts begin with `auth` too."""

    api: str = "https://api.linkedin.com"
    auth: str = "https://www.linkedin.com"
    upload: str = "https://www.linkedin.com"


class Settings(AppSettings):
    """`MUNADI_CHANNELS__LINKEDIN__…`; durations in seconds or ISO 8601.

    `client_id` and `client_secret` are the app for members, `page_client_id` and `page_client_secret` the app with the
    Community Management API, which LinkedIn allows beside no other product. `version` is the month of the API; LinkedIn
    ends each about a year later. Members' images cannot be polled, so they are given `grace`; other files are read for
    `processing_timeout` at most. Of a video, `parts_per_run` parts are sent at a time. `batch_get`: LinkedIn lets the
    app for pages read fifty posts by their ids in one call, as it does in the Standard tier and not in Development.
    """

    hosts: Hosts = Hosts()
    version: Annotated[str, Field(pattern=r"^20\d{2}(?:0[1-9]|1[0-2])$")] = "202609"
    page_client_id: str | None = None
    page_client_secret: SecretStr | None = None
    grace: Duration = timedelta(seconds=5)
    poll: Duration = timedelta(seconds=3)
    processing_timeout: Duration = timedelta(minutes=20)
    parts_per_run: int = Field(default=16, ge=1)
    batch_get: bool = False

    @property
    def version_ends(self) -> date:
        """When LinkedIn ends this version, or will do so at the earliest."""
        return SUNSETS.get(self.version) or date(int(self.version[:4]) + 1, int(self.version[4:]), 15)

    @property
    def version_end_known(self) -> bool:
        """Whether LinkedIn has named that day; else it is an estimate."""
        return self.version in SUNSETS

    def applied_to(self, spec: ChannelSpec, *hosts: str) -> ChannelSpec:
        """The spec with these settings, and with the day on which the version ends."""
        ends = {"version_ends": self.version_ends, "version_end_known": self.version_end_known}
        return super().applied_to(spec, *hosts).model_copy(update=ends)

    def app(self, login: Login) -> tuple[str, str]:
        """The id and the secret of a log-in's app; empty where they are not set."""
        if login is Login.MEMBER:
            return self.client_id or "", self.secret
        secret = self.page_client_secret
        return self.page_client_id or "", secret.get_secret_value() if secret else ""

    def missing_for(self, login: Login) -> tuple[str, ...]:
        """The environment variables that this log-in still needs."""
        prefix = "" if login is Login.MEMBER else "PAGE_"
        names = (f"{prefix}CLIENT_ID", f"{prefix}CLIENT_SECRET")
        values = zip(names, self.app(login), strict=True)
        return tuple(f"MUNADI_CHANNELS__LINKEDIN__{name}" for name, value in values if not value)


class Poll(WireModel):
    """A poll below the text, without media or a link."""

    question: str = Field(min_length=1, max_length=140)
    options: tuple[Annotated[str, Field(min_length=1, max_length=MAX_OPTION)], ...] = Field(min_length=2, max_length=4)
    duration: Literal["ONE_DAY", "THREE_DAYS", "SEVEN_DAYS", "FOURTEEN_DAYS"] = "THREE_DAYS"


class Options(WireModel):
    """`visibility`: who sees the post; CONNECTIONS is for members only. `title` is of the one image, video or document,
    or of the card of the link in place of the page's own; a document without one has the name of its file. `mentions`
    are names that stand in the text after an `@`, with the URN of each person or page; LinkedIn takes a page's full
    name only, and shows others as plain text.
    """

    visibility: Literal["PUBLIC", "CONNECTIONS", "LOGGED_IN"] = "PUBLIC"
    reshare_disabled: bool = False
    poll: Poll | None = None
    title: str | None = Field(default=None, min_length=1, max_length=MAX_TITLE)
    mentions: dict[
        Annotated[str, Field(pattern=r"^[^@]{1,100}$")],
        Annotated[str, Field(pattern=r"^urn:li:(?:person|organization):[A-Za-z0-9_-]{1,100}$")],
    ] = Field(default={}, max_length=30)


IMAGE = MediaRule(
    kind=MediaKind.IMAGE,
    mime_types=("image/jpeg", "image/png", "image/gif"),
    converted_types=("image/webp",),
    max_bytes=10_000_000,  # no limit is documented; a client's
    max_source_bytes=20_000_000,
    takes_alt=True,
    max_alt_length=MAX_ALT,
)
VIDEO = MediaRule(
    kind=MediaKind.VIDEO,
    mime_types=("video/mp4",),
    max_bytes=500_000_000,
    min_duration=timedelta(seconds=3),
    max_duration=timedelta(minutes=30),
    takes_alt=True,
    max_alt_length=MAX_ALT,
    encoding=VideoEncoding(min_bytes=MIN_VIDEO_BYTES),
    structure=VideoStructure(even_sides=True),
)

DOCUMENT = MediaRule(
    kind=MediaKind.DOCUMENT,
    mime_types=tuple(DOCUMENT_TYPES),
    max_bytes=100_000_000,
    max_pages=300,
)
RULES = {rule.kind: rule for rule in (IMAGE, VIDEO, DOCUMENT)}

SANDBOX = InSandbox({"api": "api", "auth": "www", "upload": "www"})

SPEC = ChannelSpec(
    name=ChannelName.LINKEDIN,
    title="LinkedIn",
    text_limits=(TEXT,),
    media_rules=tuple(RULES.values()),
    min_media=0,
    max_media=MAX_IMAGES,
    mixed_media=False,
    link_style=LinkStyle.CARD,
    link_with_media=LinkStyle.APPENDED,
    first_comment=True,
    max_parts=1,
    scopes=(*SCOPES[Login.MEMBER], *SCOPES[Login.PAGE]),
    publish_scopes=("w_member_social", "w_organization_social"),
    # Refresh tokens are for approved partners, and their year is counted from the first consent.
    tokens=TokenLife(renewed_with=Renewal.REFRESH_TOKEN),
    logins=tuple(Login),
    hosts=("https://api.linkedin.com", "https://www.linkedin.com"),
    lead=LEADS.video,
    absence_window=timedelta(seconds=50),  # with deadline and margin more than a minute: how late lists are is unknown
    looks_twice=True,
    leftovers=Leftovers.EXPIRE,
    # A page's; at a member `find` never says Absent, so nothing is sent again. A copy is refused for ten minutes only.
    resend=Resend.ONCE_AFTER_ABSENCE,
    look_every=timedelta(seconds=15),  # a member has 100 calls a day, and a check is two of them
    looks_a_day=8,
    withdrawal=WithdrawalRule(
        kind=Removal.DELETE,
        by_hand="Open the post at linkedin.com, then its menu, Delete post.",
        takes_comments=True,  # a comment is seen below its post only
        leaves="what becomes of reshares by others is not documented",
    ),
    live_edit=(
        EditRule(
            fields=("text", "options.mentions"),
            because="Files, the card of a link and a poll stay as they are: withdraw the post and publish it again.",
        ),
    ),
    looks=LookRule(at_once=200, requests=4, of_account=24, of_app=150, after=(timedelta(days=1),)),
    facts_version="2026-11",
    sources=(
        "https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api",
        "https://learn.microsoft.com/linkedin/marketing/community-management/shares/images-api",
        "https://learn.microsoft.com/linkedin/marketing/community-management/shares/videos-api",
        "https://learn.microsoft.com/linkedin/marketing/community-management/shares/documents-api",
        "https://learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow",
        "https://learn.microsoft.com/linkedin/marketing/versioning",
    ),
)

PERMISSIONS: Permissions = {
    "": (
        Permission("openid", READ),
        Permission("profile", READ),
        Permission("w_member_social", "publish posts and comments in the person's name"),
    ),
    Login.PAGE: (
        Permission("w_organization_social", "publish posts and comments for a page"),
        Permission("r_organization_social", ARRIVED),
        Permission("rw_organization_admin", "see which pages there are"),
    ),
}

# The beginning of the settings of the app for another log-in.
APPS_OF_LOGINS = {Login.PAGE.value: "page_"}
