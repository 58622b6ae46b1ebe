"""The arguments of each tool. The fields of a post are the API's (`munadi/mcp/generated.py`)."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, ClassVar

from pydantic import Field, WithJsonSchema

from munadi.domain.brand import BrandRef
from munadi.domain.channel import ChannelName
from munadi.domain.content import ContentStatus
from munadi.domain.event import EventType
from munadi.mcp.generated import ChannelOrName, LiveChange, Post, PostChange, PostRetry, PostTime
from munadi.mcp.schema import TYPE_ID, AccountId, Change, Input, PublicationId
from munadi.mcp.texts import LONGEST_WAIT

WAIT = 45
PAGE = 20
# Base64 has four characters for three bytes.
LONGEST_FILE = 20_000_000

ContentId = Annotated[str, Field(pattern=f"^cnt{TYPE_ID}", description="cnt_…")]
Key = Annotated[str, Field(pattern=r"^[!#-~][!-~]{0,254}$")]
Limit = Annotated[int, Field(ge=1, le=100)]
Cursor = Annotated[str, Field(description="nextCursor of the page before.")]
# The names of all types would be longer than the rest of the tool.
EventTypes = Annotated[
    list[EventType],
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "string"},
            "description": "Such as content.publish.failed; the resource munadi://events has all.",
        }
    ),
]
CHANNELS = Post.model_fields["channels"].description


class Repeatable(Input):
    """Arguments with the key that makes repeating safe."""

    _prefix: ClassVar[str] = "mcp"
    idempotency_key: Key | None = Field(
        None,
        description="Absent: derived from the other arguments. Your own does the same again on purpose.",
    )

    @property
    def payload(self) -> dict[str, Any]:
        """The post as the API takes it."""
        return self.given("idempotency_key")

    @property
    def key(self) -> str:
        """The given key, or one derived from the arguments."""
        if self.idempotency_key is not None:
            return self.idempotency_key
        canonical = json.dumps(self.payload, sort_keys=True, separators=(",", ":"))
        return f"{self._prefix}-{hashlib.sha256(canonical.encode()).hexdigest()}"


class ContentInput(Post):
    """What to publish, where and when."""

    described = Post
    brand_ref: Annotated[BrandRef, Field(description="Whose accounts.")]
    channels: list[ChannelOrName] = Field(min_length=1, description=CHANNELS)


class ValidateInput(ContentInput):
    """A content to check against every rule, without storing it."""


class PublishInput(ContentInput, Repeatable):
    """A content to publish, and the key that makes repeating safe."""


class ContentNamed(Input):
    """A content by its id."""

    content_id: ContentId


class WaitInput(ContentNamed):
    """A content, and how long to wait for its end."""

    timeout_seconds: Annotated[
        int, Field(ge=1, le=LONGEST_WAIT, description="Answer then even if it has not ended.")
    ] = WAIT


class WithdrawInput(ContentNamed):
    """A content that is live, named once more by its text."""

    confirm: Annotated[
        str,
        Field(
            max_length=200,
            description="The first 40 characters of the content's text, or its id where it has none.",
        ),
    ]
    publication_id: Annotated[PublicationId, Field(description="Absent: all that is live.")] | None = None


class PublicationNamed(Input):
    """A publication by its id."""

    publication_id: Annotated[PublicationId, Field(description="pub_…")]


class LiveEditInput(PublicationNamed, LiveChange):
    """Changes to a publication that is live."""


class EditInput(ContentNamed, PostChange, Change):
    """Changes to a content that is not being published yet."""

    described = Post
    version: Annotated[int, Field(ge=1, description="The version that was read.")]


class RescheduleInput(ContentNamed, PostTime):
    """A content and its new time."""


class RetryInput(ContentNamed, PostRetry):
    """A content and which of its publications."""


class UploadInput(Input):
    """A file to store, so that posts can name it by its id."""

    brand_ref: Annotated[BrandRef, Field(description="Whose it is.")]
    base64: Annotated[
        str,
        Field(
            max_length=LONGEST_FILE,
            description="At most 15 MB of bytes. A larger file, or one on the web, is given to publish by its url.",
        ),
    ]


class PageInput(Input):
    """Which page of a list to show."""

    limit: Limit = PAGE
    cursor: Cursor | None = None


class OfBrandInput(PageInput):
    """Which page of a list to show, of one brand or of all."""

    brand_ref: BrandRef | None = None


class ChannelNamed(Input):
    """A network by its name, for the tool that describes one."""

    channel: ChannelName


class ContentsInput(OfBrandInput):
    """The filters of a list of posts, and its page."""

    status: ContentStatus | None = None
    channel: ChannelName | None = None
    account_id: AccountId | None = None
    client_ref: str | None = None
    series_id: str | None = None
    since: Annotated[str, Field(description="Due at this time or later: ISO 8601 with an offset.")] | None = None
    until: Annotated[str, Field(description="Due before.")] | None = None


class EventsInput(Input):
    """The filters of the log of events, and where in it to begin."""

    content_id: ContentId | None = None
    brand_ref: BrandRef | None = None
    types: EventTypes | None = None
    after: Annotated[int, Field(ge=0, description="A `position`.")] = 0
    limit: Limit = 50
