"""The catalogue of events: when each type is sent, and the JSON Schema of its body.

This is the only description of a body. The API, the OpenAPI document, the reference page and the tests read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ConfigDict, Field, create_model

from munadi.domain.account import AccountStatus
from munadi.domain.account_view import AccountView
from munadi.domain.connection import ConnectionView
from munadi.domain.content import ContentStatus, ContentView, PublicationView
from munadi.domain.event import Event, EventType
from munadi.domain.failure import Failure, Reason
from munadi.domain.imports import ImportStatus, ImportView
from munadi.domain.model import UniqueId, WireModel
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.series import SeriesEnd, SeriesView
from munadi.domain.webhook import DisabledReason, EndpointView

SCHEMA_VERSION = "https://json-schema.org/draft/2020-12/schema"


def _without_texts(schema: dict[str, Any]) -> None:
    """A thin event leaves both out (`event_body` in munadi/db/events/notify.py), so neither is required."""
    schema["required"] = [name for name in schema["required"] if name not in ("content", "publication")]
    if not schema["required"]:
        del schema["required"]


class PostData(WireModel):
    """The post after the change, and the publication that changed, null if it was the whole post.

    Both are absent from thin events.
    """

    model_config = ConfigDict(json_schema_extra=_without_texts)

    content: ContentView = Field(description="The post after the change.")
    publication: PublicationView | None = Field(description="The publication that changed; null if the whole post did.")


class PreflightData(PostData):
    """The post, the publication, and the failure that is to be expected."""

    failure: Failure = Field(description="The failure that is to be expected.")


class AccountData(WireModel):
    """The account after the change. It holds no credentials."""

    account: AccountView = Field(description="The account after the change.")


class ConnectionData(WireModel):
    """The connection after the change, with its `metadata`. It holds no link and no secret."""

    connection: ConnectionView = Field(description="The connection after the change.")


class EndpointData(WireModel):
    """The endpoint after the change. It holds no secret."""

    endpoint: EndpointView = Field(description="The endpoint after the change.")


class DeliveryGivenUp(WireModel):
    """A delivery whose last retry failed, and the answer to it: no `statusCode` if there was none."""

    id: UniqueId
    event_id: str = Field(description="The event that is delivered.")
    event_type: str = Field(description="The type of the event.")
    content_id: str | None = Field(description="The post it belongs to.")
    attempts: int = Field(description="How many attempts there were.")
    status_code: int | None = Field(description="The HTTP status of the response; null if none came.")
    error: str | None = Field(description="Why no response came; null if one did.")


class DeliveryData(EndpointData):
    """The endpoint, and the delivery that was given up."""

    delivery: DeliveryGivenUp = Field(description="The delivery that was given up.")


class ImportData(WireModel):
    """The import, with its counts."""

    summary: ImportView = Field(description="The import, with its counts.")


class SeriesData(WireModel):
    """The series as it ended."""

    series: SeriesView = Field(description="The series as it ended.")


class WebhookTestData(WireModel):
    """The endpoint that was tested, and a sentence for people."""

    endpoint_id: str = Field(description="The endpoint it belongs to.")
    text: str = Field(description="That this is a test.")


@dataclass(frozen=True)
class EventKind:
    """One type of event: when it is sent, and the fields whose values are narrower than those of `Event`."""

    meaning: str
    fields: Mapping[str, Any]


_POST: dict[str, Any] = {
    "sequence": int,
    "brand_ref": str,
    "content_id": str,
    "publication_id": None,
    "sns": None,
    "status": ContentStatus,
    "reason": None,
    "data": PostData,
}
_PUBLICATION = _POST | {"publication_id": str, "sns": str, "status": PublicationStatus}
# An edit changes the post; an id that a network sends late changes one publication.
_UPDATE = _PUBLICATION | {"publication_id": str | None, "sns": str | None, "status": ContentStatus | PublicationStatus}
_NO_POST: dict[str, Any] = {"sequence": None, "content_id": None, "publication_id": None}
_ACCOUNT = _NO_POST | {
    "brand_ref": str,
    "sns": str,
    "status": AccountStatus,
    "reason": Reason | None,
    "data": AccountData,
}
_CONNECTION = _NO_POST | {"brand_ref": str, "sns": str, "reason": None, "data": ConnectionData}
_ENDPOINT = _NO_POST | {"sns": None, "reason": str, "data": EndpointData}
_IMPORT = _NO_POST | {
    "brand_ref": str,
    "sns": None,
    "status": Literal[ImportStatus.COMPLETED, ImportStatus.STOPPED],
    "reason": None,
    "data": ImportData,
}
_SERIES = _NO_POST | {"brand_ref": str, "sns": None, "status": SeriesEnd, "reason": None, "data": SeriesData}
_TEST = _NO_POST | {"sns": None, "status": None, "reason": None, "data": WebhookTestData}

EVENT_KINDS: dict[EventType, EventKind] = {
    EventType.CONTENT_ACCEPTED: EventKind("validated and committed; nothing is published yet", _POST),
    EventType.CONTENT_QUEUED: EventKind("its workflow waits for the time", _POST),
    EventType.CONTENT_RESCHEDULED: EventKind("the time was changed", _POST),
    EventType.CONTENT_UPDATED: EventKind("the post was edited, or a late post id was found", _UPDATE),
    EventType.CONTENT_CANCELED: EventKind("it was canceled, and nothing of it is left to publish", _POST),
    EventType.APPROVAL_REQUESTED: EventKind(
        "it waits for an approval: it was proposed, or was changed since; `approval.version` says which version", _POST
    ),
    EventType.APPROVAL_GRANTED: EventKind("a version was approved: it is published at its time, or at once", _POST),
    EventType.APPROVAL_DECLINED: EventKind(
        "a version was declined: `approval.note` says why; it waits until it is edited, approved or canceled", _POST
    ),
    EventType.PREFLIGHT_FAILED: EventKind(
        "it would fail in its current state, with time left to act",
        _PUBLICATION | {"reason": Reason, "data": PreflightData},
    ),
    EventType.MEDIA_CONVERTING: EventKind(
        "a publication has waited for a minute for a video to be converted; `renditions` says how far that is",
        _PUBLICATION,
    ),
    EventType.PUBLISH_STARTED: EventKind(
        "a publication was claimed: a visible call is or may be under way", _PUBLICATION
    ),
    EventType.PUBLISH_SUCCEEDED: EventKind("the network published it", _PUBLICATION),
    EventType.PUBLISH_FAILED: EventKind("it failed; `reason` says why", _PUBLICATION | {"reason": Reason}),
    EventType.PUBLISH_UNCONFIRMED: EventKind(
        "the result is unknown, also after checking the network; nothing is sent again", _PUBLICATION
    ),
    EventType.PUBLISH_CANCELED: EventKind("canceled before its claim", _PUBLICATION),
    EventType.PUBLISH_HELD: EventKind(
        "it waits for a condition; `reason` says which", _PUBLICATION | {"reason": HoldReason}
    ),
    EventType.PUBLISH_RESUMED: EventKind(
        "it continues: its account was reconnected, it was retried, or nothing was sent", _PUBLICATION
    ),
    EventType.PUBLISH_WITHDRAWN: EventKind(
        "a live publication was taken back: nothing of it is at the network any more", _PUBLICATION
    ),
    EventType.PUBLISH_EDITED: EventKind(
        "an edit of a live publication ended: `reason` is null when the network has it, else why it has not or may not;"
        " `edits` has every version",
        _PUBLICATION | {"reason": Reason | None},
    ),
    EventType.WITHDRAWAL_REFUSED: EventKind(
        "a live publication could not be taken back; `reason` says why, `withdrawal.left` what is still up",
        _PUBLICATION | {"reason": Reason},
    ),
    EventType.WITHDRAWAL_UNCONFIRMED: EventKind(
        "it is not certain whether a live publication was taken back; the network is looked at for a week",
        _PUBLICATION | {"reason": Reason},
    ),
    EventType.PUBLISH_VANISHED: EventKind(
        "two looks showed that a live publication is not at the network any more, and Munadi did not remove it",
        _PUBLICATION | {"reason": Literal["gone"]},
    ),
    EventType.PUBLISH_LIMITED: EventKind(
        "two looks showed that the public does not see a live publication, or not all of it; `reason` is the verdict, "
        "`liveness.word` the network's own word",
        _PUBLICATION | {"reason": Literal["limited", "rejected", "unseen"]},
    ),
    EventType.PUBLISH_RESTORED: EventKind(
        "two looks showed that a publication that was limited is seen by everybody again", _PUBLICATION
    ),
    EventType.CONTENT_COMPLETED: EventKind("every publication has ended; `status` is the roll-up", _POST),
    EventType.ACCOUNT_CONNECTED: EventKind("an account can be published to", _ACCOUNT),
    EventType.ACCOUNT_EXPIRING: EventKind("its access ends soon", _ACCOUNT),
    EventType.ACCOUNT_REAUTH_REQUIRED: EventKind("its owner must reconnect it; its publications are held", _ACCOUNT),
    EventType.ACCOUNT_DISCONNECTED: EventKind("it was removed", _ACCOUNT),
    EventType.CONNECTION_COMPLETED: EventKind(
        "the owner of a profile has used a connect link: `accountIds` are connected",
        _CONNECTION | {"status": Literal["connected"]},
    ),
    EventType.CONNECTION_FAILED: EventKind(
        "a try with a connect link failed, and `reason` says why; the link can be used again until it ends",
        _CONNECTION | {"status": Literal["failed"], "reason": Reason},
    ),
    EventType.CONNECTION_EXPIRED: EventKind(
        "a connect link has ended and connected nothing; once per connection",
        _CONNECTION | {"status": Literal["expired"]},
    ),
    EventType.IMPORT_COMPLETED: EventKind(
        "every row of an import has its result, or it was `stopped`: `data.summary.counts` has how many were refused",
        _IMPORT,
    ),
    EventType.SERIES_ENDED: EventKind(
        "a series makes no more posts: its last date has passed (`finished`), or it was stopped", _SERIES
    ),
    EventType.WEBHOOK_TEST: EventKind("you asked for a test", _TEST),
    EventType.ENDPOINT_DISABLED: EventKind(
        "an endpoint was disabled: it answered 410, or failed for five days",
        _ENDPOINT | {"status": Literal["disabled"], "reason": DisabledReason},
    ),
    EventType.ENDPOINT_FAILING: EventKind(
        "an endpoint keeps failing; once per endpoint, until a delivery succeeds again",
        _ENDPOINT | {"status": Literal["failing"]},
    ),
    EventType.DELIVERY_EXHAUSTED: EventKind(
        "the last retry of a delivery failed; once per endpoint, until a delivery succeeds again",
        _ENDPOINT | {"status": Literal["exhausted"], "data": DeliveryData},
    ),
}


def _model(kind: EventType, fields: Mapping[str, Any]) -> type[Event]:
    words = kind.value.replace(".", "_").split("_")
    name = "".join(word.capitalize() for word in words) + "Event"
    shown = {name: Event.model_fields[name] for name in Event.model_fields}
    narrow = {"type": Literal[kind], "channel": fields["sns"], **fields}
    typed: dict[str, Any] = {
        name: (value, Field(description=shown[name].description, json_schema_extra=shown[name].json_schema_extra))
        for name, value in narrow.items()
    }
    return create_model(name, __base__=Event, **typed)


# The model of each type's body; its name is the one of the schema in the OpenAPI document.
EVENT_MODELS: dict[EventType, type[Event]] = {kind: _model(kind, each.fields) for kind, each in EVENT_KINDS.items()}


def event_schema(kind: EventType) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an event's body, complete in itself.

    Objects may have more fields than it names: a later version may add some, and receivers ignore what they do not
    know.
    """
    made: dict[str, Any] = open_objects(EVENT_MODELS[kind].model_json_schema(mode="serialization"))
    made["description"] = f"`{kind.value}`: {EVENT_KINDS[kind].meaning}."
    return {"$schema": SCHEMA_VERSION, **made}


def open_objects(schema: Any) -> Any:
    """The schema without `additionalProperties: false`."""
    if isinstance(schema, list):
        return [open_objects(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: open_objects(value) for name, value in schema.items() if (name, value) != ("additionalProperties", False)
    }
