"""The arguments of each tool: camel case as in the API, strict types, unknown fields refused.

A content's fields are those of `POST /v1/contents`, described for a reader without other documentation; a test holds
them together.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from munadi.domain import content
from munadi.domain.brand import BrandRef
from munadi.domain.channel import ChannelName
from munadi.domain.content import ContentStatus
from munadi.domain.event import EventType
from munadi.mcp.texts import LONGEST_WAIT

WAIT = 45
PAGE = 20
# Base64 has four characters for three bytes.
LONGEST_FILE = 20_000_000

TYPE_ID = "_[0-7][0-9a-hjkmnp-tv-z]{25}$"
ContentId = Annotated[str, Field(pattern=f"^cnt{TYPE_ID}", description="A content's id, cnt_… (from publish).")]
PublicationId = Annotated[str, Field(pattern=f"^pub{TYPE_ID}")]
AccountId = Annotated[str, Field(pattern=f"^acc{TYPE_ID}", description="acc_… (from list_accounts).")]
MediaId = Annotated[str, Field(pattern=f"^med{TYPE_ID}", description="A file uploaded before, med_….")]
Key = Annotated[str, Field(pattern=r"^[!#-~][!-~]{0,254}$")]
Fold = Literal["earlier", "later"]
Limit = Annotated[int, Field(ge=1, le=100, description="Rows per page, at most.")]
Cursor = Annotated[str, Field(description="The nextCursor of the previous page.")]
TIME = (
    "ISO 8601, with an offset (2026-12-01T09:00:00+05:30, …Z), or local (2026-12-01T09:00:00) "
    "together with `timezone`. A time without either is refused."
)
Time = Annotated[content.Time, Field(description=TIME)]
Zone = Annotated[content.Zone, Field(description="IANA time zone of a local time, such as Asia/Kolkata.")]
FoldOf = Annotated[Fold, Field(description="Which one, when clocks go back and a local hour comes twice.")]


class Input(BaseModel):
    """The base of every tool's arguments."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", alias_generator=to_camel, serialize_by_alias=True
    )

    def given(self, *without: str) -> dict[str, Any]:
        """The arguments as JSON, without absent or null ones."""
        return self.model_dump(mode="json", exclude_none=True, exclude=set(without))


class MediaInput(Input):
    """One image, video or document: either `url` or `id`."""

    url: Annotated[content.Url, Field(description="A public https URL; fetched once, now.")] | None = None
    id: MediaId | None = None
    alt: (
        Annotated[content.AltText, Field(description="Description for people who cannot see it (alt text).")] | None
    ) = None


class ChannelInput(Input):
    """One network, with overrides of the content's fields for it."""

    channel: ChannelName
    account_id: AccountId | None = None
    text: Annotated[str, Field(description="Replaces the content's text on this network.")] | None = None
    media: Annotated[list[MediaInput], Field(description="Replace the content's media here.")] | None = None
    link: Annotated[str, Field(description="Replaces the content's link here.")] | None = None
    first_comment: (
        Annotated[str, Field(description="Posted as the first comment, on networks that have comments.")] | None
    ) = None
    parts: (
        Annotated[list[str], Field(description="The later posts of a thread, on networks that have threads.")] | None
    ) = None
    options: (
        Annotated[dict[str, Any], Field(description="Options of this network; describe_channel has their schema.")]
        | None
    ) = None


def _named(value: Any) -> Any:
    return {"channel": value} if isinstance(value, str) else value


ChannelOrName = Annotated[ChannelInput, BeforeValidator(_named, json_schema_input_type=ChannelName | ChannelInput)]


CHANNELS = (
    "Networks: names, or objects with overrides. An object with accountId is needed only "
    "if the brand has several accounts on the network."
)
Metadata = Annotated[
    dict[str, content.MetadataValue],
    Field(
        max_length=content.MAX_METADATA,
        description="Names and texts of your own, such as a campaign. No network sees them.",
    ),
]


class PostInput(Input):
    """The fields of a post, all of which may be absent."""

    text: Annotated[str, Field(description="The text of the post. Each network has its own limit.")] | None = None
    media: list[MediaInput] | None = None
    link: (
        Annotated[
            str, Field(description="Shown as a preview on networks that have previews, otherwise appended to the text.")
        ]
        | None
    ) = None
    channels: Annotated[list[ChannelOrName], Field(description=CHANNELS)] | None = None
    scheduled_at: Annotated[Time, Field(description=f"When to publish; absent means now. {TIME}")] | None = None
    timezone: Zone | None = None
    fold: FoldOf | None = None
    publish_by: (
        Annotated[Time, Field(description="Give up after this time; absent: 24 hours after scheduledAt. Same format.")]
        | None
    ) = None
    client_ref: Annotated[content.ClientRef, Field(description="Your own id for it, to find it later.")] | None = None
    metadata: Metadata | None = None


class ContentInput(PostInput):
    """What to publish, where and when."""

    brand_ref: Annotated[BrandRef, Field(description="Whose accounts (list_accounts shows the brandRefs).")]
    channels: Annotated[list[ChannelOrName], Field(min_length=1, description=CHANNELS)]


class PublishInput(ContentInput):
    """A content to publish, and the key that makes repeating safe."""

    idempotency_key: (
        Annotated[
            Key,
            Field(
                description="Absent: derived from all other arguments, so that repeating this call with the same "
                "arguments is safe. Give your own key to publish the same content again on purpose."
            ),
        ]
        | None
    ) = None

    @property
    def payload(self) -> dict[str, Any]:
        """The content as the API takes it."""
        return self.given("idempotency_key")

    @property
    def key(self) -> str:
        """The given key, or one derived from the arguments."""
        if self.idempotency_key is not None:
            return self.idempotency_key
        canonical = json.dumps(self.payload, sort_keys=True, separators=(",", ":"))
        return f"mcp-{hashlib.sha256(canonical.encode()).hexdigest()}"


class ContentNamed(Input):
    """A content by its id."""

    content_id: ContentId


class WaitInput(ContentNamed):
    """A content, and how long to wait for its end."""

    timeout_seconds: Annotated[
        int, Field(ge=1, le=LONGEST_WAIT, description="Answer after this many seconds even if it has not ended.")
    ] = WAIT


class EditInput(ContentNamed):
    """Changes to a content that is not being published yet."""

    version: Annotated[
        int, Field(ge=1, description="The content's version, from status. If someone else changed it, you are told.")
    ]
    text: Annotated[str, Field(description="The new text of the post; absent: it stays.")] | None = None
    media: Annotated[list[MediaInput], Field(description="The new media, all of them; absent: they stay.")] | None = (
        None
    )
    link: Annotated[str, Field(description="The new link; absent: it stays.")] | None = None
    channels: (
        Annotated[list[ChannelOrName], Field(description="Overrides to change. The set of networks is fixed.")] | None
    ) = None
    metadata: Metadata | None = None


class RescheduleInput(ContentNamed):
    """A content and its new time."""

    scheduled_at: Time
    timezone: Zone | None = None
    fold: FoldOf | None = None
    publish_by: Time | None = None


class RetryInput(ContentNamed):
    """A content and which of its publications."""

    publication_ids: (
        Annotated[list[PublicationId], Field(min_length=1, description="Absent: all failed publications.")] | None
    ) = None


class UploadInput(Input):
    """A file to store, so that posts can name it by its id."""

    brand_ref: Annotated[BrandRef, Field(description="Whose it is.")]
    base64: Annotated[
        str,
        Field(
            max_length=LONGEST_FILE,
            description="The file's bytes in Base64, at most 15 MB of them. A larger file, or one on the web, is "
            "given to publish as media with a url.",
        ),
    ]


class BrandsInput(Input):
    """Which page of brands to list."""

    limit: Limit = PAGE
    cursor: Cursor | None = None


class AccountsInput(Input):
    """Which accounts to list."""

    brand_ref: BrandRef | None = None
    limit: Limit = PAGE
    cursor: Cursor | None = None


class ChannelNamed(Input):
    """The network to describe."""

    channel: ChannelName


class ContentsInput(Input):
    """Which posts to list."""

    brand_ref: BrandRef | None = None
    status: ContentStatus | None = None
    channel: ChannelName | None = None
    account_id: AccountId | None = None
    client_ref: str | None = None
    scheduled_from: Annotated[str, Field(description="Due at or after: ISO 8601 with an offset.")] | None = None
    scheduled_to: Annotated[str, Field(description="Due at or before: ISO 8601 with an offset.")] | None = None
    limit: Limit = PAGE
    cursor: Cursor | None = None


class EventsInput(Input):
    """Which events to read."""

    content_id: ContentId | None = None
    brand_ref: BrandRef | None = None
    types: list[EventType] | None = None
    after: Annotated[int, Field(ge=0, description="Only events after this `position`.")] = 0
    limit: Limit = 50
