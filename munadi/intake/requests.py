"""The request bodies about posts and media: camelCase, strict types, unknown fields refused.

Text that cannot be stored (NUL, surrogates) is refused earlier, in `strict_json`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from munadi.domain.approval import Note
from munadi.domain.channel import ChannelName
from munadi.domain.content import AltText, ClientRef, StoredFields, Time, Url, Zone
from munadi.intake.links import Link

MAX_CHANNELS = 50
MAX_MEDIA = 50
MAX_OPTIONS = 100
MAX_BATCH = 100
# No network takes more. `GET /v1/channels` has each channel's own limits.
MAX_TEXT = 100_000

# No id of ours is longer, nor a name of a brand.
MAX_ID = 200

Text = Annotated[str, Field(max_length=MAX_TEXT)]
Name = Annotated[str, Field(max_length=40)]
Id = Annotated[str, Field(max_length=MAX_ID)]


class RequestBody(BaseModel):
    """The base class of request bodies."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        alias_generator=to_camel,
        serialize_by_alias=True,
    )


class MediaRequest(RequestBody):
    """One media file: fetched from `url`, or uploaded before and named by `id`."""

    url: Url | None = Field(None, description="An https URL that we fetch once, now; networks get our copy.")
    id: Id | None = Field(None, description="A media of the same brand or of every brand, from POST /v1/media.")
    alt: AltText | None = Field(None, description="What a person who cannot see it should read.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.url is None) == (self.id is None):
            raise ValueError("give either url or id")
        return self


Media = Annotated[list[MediaRequest], Field(max_length=MAX_MEDIA)]


# Any name is read: an unknown one is reported with everything else that is wrong. The schema lists those there are.
Channel = Annotated[Name, BeforeValidator(lambda name: name, json_schema_input_type=ChannelName)]


class ChannelRequest(RequestBody):
    """One channel to publish on, with its overrides. Absent or null: as in the post."""

    channel: Channel = Field(description="The network, as `GET /v1/channels` names it.")
    account_id: Id | None = Field(None, description="Needed when the brand has several accounts on the channel.")
    text: Text | None = Field(None, description="Replaces the text here; an empty one removes it.")
    media: Media | None = Field(None, description="Replace the media here; an empty list removes them.")
    link: Link | None = Field(None, description="Replaces the link here; an empty one removes it.")
    first_comment: Text | None = Field(None, description="A comment that is posted beneath the post.")
    parts: Annotated[list[Text], Field(max_length=100)] | None = Field(None, description="The later posts of a thread.")
    options: Annotated[dict[str, Any], Field(max_length=MAX_OPTIONS)] | None = Field(
        None, description="The channel's own options; see GET /v1/channels."
    )


def _named(value: Any) -> Any:
    return {"channel": value} if isinstance(value, str) else value


# A plain name stands for an object with nothing but it.
ChannelOrName = Annotated[ChannelRequest, BeforeValidator(_named, json_schema_input_type=ChannelName | ChannelRequest)]


class SlotAfter(RequestBody):
    """The next free slot after a time."""

    after: Time = Field(description="ISO 8601 with an offset, or local in `timezone`.")


class SlotChoice(RequestBody):
    """Which free slot of the queue a post takes: the next one, after a time if one is given, or the one after the last
    that is taken."""

    place: Literal["next", "last"] = "next"
    after: Time | None = None


def _chosen(value: Any) -> Any:
    if value in ("next", "last"):
        return {"place": value}
    if isinstance(value, SlotChoice) or (isinstance(value, dict) and set(value) == {"after"}):
        return value
    raise PydanticCustomError("slot", 'give "next", "last" or {{"after": "2027-01-15T09:00:00Z"}}')


# On the wire a name, or an object with a time.
Slot = Annotated[SlotChoice, BeforeValidator(_chosen, json_schema_input_type=Literal["next", "last"] | SlotAfter)]


class ContentRequest(RequestBody, StoredFields):
    """A post: what to publish, where and when."""

    brand_ref: Id = Field(description="The brand that publishes.")
    text: Text | None = Field(None, description="The text of the post; each network has its own limit.")
    media: Media | None = Field(None, description="Pictures, videos and documents, in their order.")
    link: Link | None = Field(None, description="Shown as a preview where the network has link posts, else appended.")
    channels: list[ChannelOrName] = Field(
        min_length=1,
        max_length=MAX_CHANNELS,
        description="Where to publish: a network's name means the brand's only account there; an object "
        "also chooses the account and overrides fields.",
    )
    scheduled_at: Time | None = Field(
        None,
        description="When to publish: ISO 8601 with an offset (…T09:00:00+05:30), or local in `timezone`. Absent: now.",
    )
    timezone: Zone | None = Field(None, description="An IANA zone, such as Asia/Kolkata.")
    fold: Literal["earlier", "later"] | None = Field(
        None, description="Which one, when clocks go back and the local hour comes twice."
    )
    slot: Slot | None = Field(
        None,
        description="In place of `scheduledAt`: the next free slot of the queue, the next one after a time, or the one "
        "after the last that is taken.",
    )
    publish_by: Time | None = Field(None, description="Give up after this; absent: a day after the due time.")
    withdraw_at: Time | None = Field(
        None,
        description="When it is withdrawn again; absent: never.",
    )
    client_ref: ClientRef | None = Field(None, description="Your own id for the post, to find it by.")


def _as_sent(value: Any) -> Any:
    return value


# Each is read for itself, so that one that is malformed does not stop the others.
SentContent = Annotated[Any, BeforeValidator(_as_sent, json_schema_input_type=ContentRequest)]


class ContentBatch(RequestBody):
    """Several posts, each as in `POST /v1/contents`."""

    contents: list[SentContent] = Field(
        min_length=1, max_length=MAX_BATCH, description="The posts. They are accepted in this order, one by one."
    )


class ContentEdit(RequestBody, StoredFields):
    """Changes to a post: what is absent stays, null clears. The set of channels is fixed."""

    text: Text | None = Field(None, description="The new text; null removes it.")
    media: Media | None = Field(None, description="The new media; null removes them.")
    link: Link | None = Field(None, description="The new link; null removes it.")
    channels: list[ChannelOrName] | None = Field(
        None,
        max_length=MAX_CHANNELS,
        description="Those to change, by channel (and accountId where there are several).",
    )
    withdraw_at: Time | None = Field(
        None,
        description="When it is withdrawn; null: never.",
    )


class RescheduleRequest(RequestBody):
    """The new time of a post."""

    scheduled_at: Time = Field(description="The new time: ISO 8601 with an offset, or local in `timezone`.")
    timezone: Zone | None = Field(
        None,
        description="The IANA time zone in which the time was given, or in which it is shown.",
    )
    fold: Literal["earlier", "later"] | None = Field(
        None, description="Which one, when clocks go back and the local hour comes twice."
    )
    publish_by: Time | None = Field(
        None, description="Nothing is published after this time. Absent: a default moves along, an explicit one stays."
    )


class RetryRequest(RequestBody):
    """Which failed publications to queue again; absent: all of them."""

    publication_ids: Annotated[list[Id], Field(min_length=1, max_length=MAX_CHANNELS)] | None = Field(
        None, description="Only these publications. Null or absent: every one that failed."
    )


class ResolveRequest(RequestBody):
    """The outcome that a person found at the network."""

    outcome: Literal["published", "not_published"] = Field(description="What you found at the network.")
    provider_post_id: Annotated[str, Field(min_length=1, max_length=512)] | None = Field(
        None, description="The network's own id of the post."
    )
    provider_url: Link | None = Field(None, description="The public address of the post.")


class LiveEditRequest(RequestBody):
    """Changes to a live post: what is absent or null stays."""

    text: Text | None = Field(
        None, description="The whole new text, with a link that was appended to it; an empty one removes it."
    )
    title: Text | None = Field(None, description="The new title, where the network has one.")
    description: Text | None = Field(None, description="The new description, where the network calls the text so.")
    link: Link | None = Field(None, description="The new link, where an edit can change it; an empty one removes it.")
    alt_texts: Annotated[list[AltText], Field(max_length=MAX_MEDIA)] | None = Field(
        None, description="The alt text of each file, in their order; an empty one removes it."
    )
    options: Annotated[dict[str, Any], Field(max_length=MAX_OPTIONS)] | None = Field(
        None, description="Those of the channel's own options that change; null removes one. See `liveEdit`."
    )


class ApproveRequest(RequestBody):
    """An approval, with a word for who proposed the post."""

    note: Note | None = Field(None, description="A word for who proposed the post.")


class DeclineRequest(RequestBody):
    """Why a post is kept back."""

    note: Note = Field(description="Why: who proposed the post reads it, and can edit the post.")


class DismissRequest(RequestBody):
    """Why nothing more needs to be done about a failure."""

    because: Literal["not_needed", "sent_elsewhere"] = Field(
        "not_needed",
        description="Why nothing more needs to be done. `sent_elsewhere`: it was published by other means.",
    )


class MediaUrlRequest(RequestBody):
    """A media file to fetch and store."""

    url: Url = Field(description="Where to fetch the file: a public address.")
    brand_ref: Id | None = Field(
        None, description="Whose it is. Absent: the key's own brand, else every brand may use it."
    )


class EmptyRequest(RequestBody):
    """An empty body, or none."""


class DraftBody(RequestBody):
    """What is checked of a draft's body: the brand. The rest may be unfinished."""

    model_config = ConfigDict(extra="allow")

    brand_ref: str | None = Field(None, max_length=200)


class DraftCreate(DraftBody):
    """A post as for `POST /v1/contents`, with any field missing, unfinished or wrong: the answer lists the problems."""

    brand_ref: str | None = Field(None, max_length=200, description="Absent: the key's own brand.")


class DraftEdit(DraftBody):
    """Fields of the post. Absent ones stay as they are, null removes one, a list replaces the whole list."""

    brand_ref: str | None = Field(None, max_length=200, description="A draft stays with its brand.")
