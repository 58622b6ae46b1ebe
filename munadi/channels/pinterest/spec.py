"""Pinterest's limits, options and settings. Source: docs/networks/pinterest.md, sections 1, 4 and 5."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, Field

from munadi.channels.files import Bound, height
from munadi.channels.permissions import READ, Permission, Permissions
from munadi.channels.rules import Leads
from munadi.channels.settings import AppSettings, Duration, InSandbox
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
from munadi.domain.video import VideoEncoding, VideoStructure
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule

MAX_TEXT, ADVISED_TEXT, MAX_TITLE, MAX_LINK, MAX_ALT = 800, 500, 100, 2048, 500
MAX_IMAGES = 5
MIN_SIDE = 100
# How far the ratios of a carousel's images may be apart: a pixel of rounding is not a violation.
RATIO_TOLERANCE = 0.01
BOUNDS = {
    MediaKind.IMAGE: (Bound(height, "MEDIA_HEIGHT", "min_height", "needs higher images", least=MIN_SIDE),),
}
# Time to check the board, and to upload a video and let Pinterest process it.
LEADS = Leads(video=timedelta(minutes=30), media=timedelta(minutes=5), text=timedelta(minutes=5))
# Ours: how long Pinterest keeps a video that no pin uses is not documented.
MEDIA_LIFE = timedelta(hours=24)
SCOPES = ("user_accounts:read", "boards:read", "boards:write", "pins:read", "pins:write")
SECRET_SCOPES = ("boards:read_secret", "boards:write_secret", "pins:read_secret", "pins:write_secret")
TEXT = TextLimit(rule="description_characters", unit=TextUnit.CODE_POINTS, maximum=MAX_TEXT)
BoardId = Annotated[str, Field(pattern=r"^[0-9]{1,30}$")]


class Hosts(BaseModel):
    """Where Pinterest is; a value may carry a path prefix, never a version. Addresses of pins begin with `auth` too.

    `upload` is where videos are sent. Pinterest's own sandbox is another `api`: https://api-sandbox.pinterest.com.
    """

    api: str = "https://api.pinterest.com"
    auth: str = "https://www.pinterest.com"
    upload: str = "https://pinterest-media-upload.s3-accelerate.amazonaws.com"


class Settings(AppSettings):
    """`MUNADI_CHANNELS__PINTEREST__…`; durations in seconds or ISO 8601.

    `continuous_refresh`: for apps from before 2025-09-25, whose refresh tokens are renewed only on request.
    `secret_boards`: also ask owners for their secret boards. `carousels`: take two to five images; False refuses them
    before acceptance, should Pinterest refuse them from your app. `send_images`: images are sent within the call, made
    smaller, for an installation that Pinterest cannot reach; otherwise it fetches them. A video is read every
    `poll_quick`, then every `poll_slow`, while Pinterest processes it, for `processing_timeout`.
    """

    hosts: Hosts = Hosts()
    version: str = "v5"
    continuous_refresh: bool = False
    secret_boards: bool = False
    carousels: bool = True
    send_images: bool = False
    poll_quick: Duration = timedelta(seconds=5)
    poll_slow: Duration = timedelta(seconds=30)
    processing_timeout: Duration = timedelta(minutes=30)

    @property
    def scopes(self) -> tuple[str, ...]:
        """What an owner is asked for."""
        return SCOPES + SECRET_SCOPES if self.secret_boards else SCOPES


class Options(WireModel):
    """`boardId`: the board of the account that the pin is saved to; every pin needs one. `boardSectionId`: a section
    of it. `title`: shown above the description, which is the post's text. `dominantColor`: shown until the image is
    loaded, `#RRGGBB`. `coverTime`: the second of a video that becomes its cover, by default its first picture.
    """

    board_id: BoardId | None = None
    board_section_id: BoardId | None = None
    title: Annotated[str, Field(max_length=MAX_TITLE)] | None = None
    dominant_color: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")] | None = None
    cover_time: Annotated[int, Field(ge=0)] | None = None


IMAGE = MediaRule(
    kind=MediaKind.IMAGE,
    mime_types=("image/jpeg", "image/png"),
    converted_types=("image/webp",),
    max_bytes=20_000_000,
    min_width=MIN_SIDE,
    takes_alt=True,
    max_alt_length=MAX_ALT,
)
# An image within the call, of which there may be five: it must not make the call long.
MAX_SENT = 2_000_000
SENT_IMAGE = IMAGE.model_copy(update={"max_bytes": MAX_SENT, "max_source_bytes": IMAGE.max_bytes})
VIDEO = MediaRule(
    kind=MediaKind.VIDEO,
    mime_types=("video/mp4", "video/quicktime", "video/x-m4v"),
    max_bytes=2_000_000_000,
    min_ratio=0.5,
    max_ratio=1.91,
    min_duration=timedelta(seconds=4),
    max_duration=timedelta(minutes=15),
    encoding=VideoEncoding(video_codecs=("h264", "hevc")),
    structure=VideoStructure(even_sides=True, moov_first=True),
    takes_alt=True,
    max_alt_length=MAX_ALT,
)

SANDBOX = InSandbox({"api": "api", "auth": "www", "upload": "s3"})

SPEC = ChannelSpec(
    name=ChannelName.PINTEREST,
    title="Pinterest",
    text_limits=(TEXT,),
    media_rules=(IMAGE, VIDEO),
    min_media=1,
    max_media=MAX_IMAGES,
    mixed_media=False,
    link_style=LinkStyle.CARD,  # where a click on the pin leads
    first_comment=False,
    max_parts=1,
    scopes=SCOPES,
    publish_scopes=("pins:write",),
    tokens=TokenLife(renewed_with=Renewal.REFRESH_TOKEN, grant_life=timedelta(days=60)),
    hosts=("https://api.pinterest.com", "https://www.pinterest.com"),
    pulled_media=(MediaKind.IMAGE,),
    lead=LEADS.video,
    absence_window=timedelta(seconds=50),  # with deadline and margin more than a minute: how late lists are is unknown
    looks_twice=True,
    found_by_words=True,
    leftovers=Leftovers.EXPIRE,  # videos that no pin uses
    # No refusal of a copy is known. `PinterestRules.resend` says which pins are never sent again.
    resend=Resend.ONCE_AFTER_LONG_ABSENCE,
    withdrawal=WithdrawalRule(
        kind=Removal.DELETE,
        scopes=SCOPES[1:],  # all four, where posting needs pins:write
        by_hand="Open the Pin at pinterest.com, then its menu, Edit Pin, Delete.",
        leaves="Pins that others saved from this one stay on their boards",
    ),
    live_edit=(
        EditRule(
            fields=("text", "description", "title", "link", "altTexts"),
            scopes=SCOPES[1:],
            because="Pinterest lets chosen apps only edit Pins. The picture, the board and the private note stay: open "
            "the Pin at pinterest.com, then its menu, Edit Pin.",
        ),
    ),
    clickable_links=False,  # in a description (unverified)
    soft_limits=(SoftLimit(counted=Counted.CODE_POINTS, maximum=ADVISED_TEXT, effect="may cut a long description"),),
    looks=LookRule(at_once=200, requests=12, of_account=240, of_app=300),
    facts_version="2026-11",
    sources=(
        "https://developers.pinterest.com/docs/api/v5/pins-create",
        "https://developers.pinterest.com/docs/api-features/creating-boards-and-pins/",
        "https://developers.pinterest.com/docs/key-concepts/access-tiers/",
        "https://developers.pinterest.com/docs/reference/rate-limits/",
        "https://developers.pinterest.com/docs/getting-started/set-up-authentication-and-authorization/",
    ),
)

# For installations that Pinterest cannot reach (`send_images`).
SENDING: Mapping[str, Any] = {
    "media_rules": (SENT_IMAGE, VIDEO),
    "pulled_media": (),
    "visible_bytes": MAX_IMAGES * MAX_SENT,
}

PERMISSIONS: Permissions = {
    "": (
        Permission("user_accounts:read", READ),
        Permission("boards:read", "see the boards"),
        Permission("boards:write", "save Pins to boards"),
        Permission("pins:read", "see whether a Pin arrived"),
        Permission("pins:write", "publish Pins"),
    )
}
