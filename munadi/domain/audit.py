"""Who did what: the actions of the audit log, and the actor of the request that is being answered.

The API sets the actor once per request. What changes a row records its action in the same transaction and asks here who
acts, so that no function between the two has to pass it on. Outside a request (the worker, a command on the machine)
the actor has neither key nor address.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from munadi.domain.model import UniqueId, WireModel


class Action(StrEnum):
    """The actions that the audit log records. `ACTION_MEANING` says what each one means and what its target is."""

    KEY_CREATED = "key.created"
    KEY_UPDATED = "key.updated"
    KEY_ROTATED = "key.rotated"
    KEY_REVOKED = "key.revoked"
    SESSION_STARTED = "session.started"
    SESSION_ENDED = "session.ended"
    SESSION_REFUSED = "session.refused"
    AUTH_REFUSED = "auth.refused"
    BRAND_CREATED = "brand.created"
    BRAND_UPDATED = "brand.updated"
    BRAND_ERASED = "brand.erased"
    APP_SET = "app.set"
    APP_REMOVED = "app.removed"
    SLOTS_REPLACED = "slots.replaced"
    QUEUE_REORDERED = "queue.reordered"
    QUEUE_PAUSED = "queue.paused"
    QUEUE_RESUMED = "queue.resumed"
    BRANDING_SET = "branding.set"
    BRANDING_REMOVED = "branding.removed"
    SERIES_CREATED = "series.created"
    SERIES_UPDATED = "series.updated"
    SERIES_STOPPED = "series.stopped"
    CALENDAR_FEED_CREATED = "calendar_feed.created"
    CALENDAR_FEED_REVOKED = "calendar_feed.revoked"
    CONNECTION_CREATED = "connection.created"
    ACCOUNT_CONNECTED = "account.connected"
    ACCOUNT_IMPORTED = "account.imported"
    ACCOUNT_RECONNECTED = "account.reconnected"
    ACCOUNT_CHECKED = "account.checked"
    ACCOUNT_UPDATED = "account.updated"
    ACCOUNT_DISCONNECTED = "account.disconnected"
    ACCOUNT_ERASED = "account.erased"
    ACCOUNT_DEAUTHORIZED = "account.deauthorized"
    MEDIA_CREATED = "media.created"
    MEDIA_DELETED = "media.deleted"
    CONTENT_CREATED = "content.created"
    CONTENT_UPDATED = "content.updated"
    CONTENT_RESCHEDULED = "content.rescheduled"
    CONTENT_APPROVED = "content.approved"
    CONTENT_DECLINED = "content.declined"
    REVIEW_LINK_CREATED = "review_link.created"
    REVIEW_LINK_REVOKED = "review_link.revoked"
    CONTENT_CANCELED = "content.canceled"
    CONTENT_PUBLISHED_NOW = "content.published_now"
    CONTENT_RETRIED = "content.retried"
    CONTENT_PURGED = "content.purged"
    PUBLICATION_RESOLVED = "publication.resolved"
    PUBLICATION_EDITED = "publication.edited"
    PUBLICATION_WITHDRAWN = "publication.withdrawn"
    DRAFT_CREATED = "draft.created"
    DRAFT_UPDATED = "draft.updated"
    DRAFT_DELETED = "draft.deleted"
    DRAFT_SUBMITTED = "draft.submitted"
    PUBLICATION_DISMISSED = "publication.dismissed"
    PUBLICATION_DISMISSAL_UNDONE = "publication.dismissal_undone"
    IMPORT_CREATED = "import.created"
    ALERT_CREATED = "alert.created"
    ALERT_UPDATED = "alert.updated"
    ALERT_DELETED = "alert.deleted"
    ALERT_TESTED = "alert.tested"
    ENDPOINT_CREATED = "endpoint.created"
    ENDPOINT_UPDATED = "endpoint.updated"
    ENDPOINT_DELETED = "endpoint.deleted"
    ENDPOINT_SECRET_ROTATED = "endpoint.secret_rotated"
    ENDPOINT_TESTED = "endpoint.tested"
    ENDPOINT_REPLAYED = "endpoint.replayed"
    ENDPOINT_RECOVERED = "endpoint.recovered"
    DELIVERY_REDELIVERED = "delivery.redelivered"


ACTION_MEANING = {
    Action.KEY_CREATED: "an API key was made; the target is the new key",
    Action.KEY_UPDATED: "an API key's name, brands or caps were changed",
    Action.KEY_ROTATED: "an API key got a new text",
    Action.KEY_REVOKED: "an API key was revoked",
    Action.SESSION_STARTED: "a person signed in at the dashboard; the target is the session",
    Action.SESSION_ENDED: "a person signed out",
    Action.SESSION_REFUSED: "a sign-in with a wrong key; the target says what was wrong with it",
    Action.AUTH_REFUSED: "API calls with a wrong key; the target says what was wrong with it",
    Action.BRAND_CREATED: "a brand was made",
    Action.BRAND_UPDATED: "a brand's name, time zone or limits were changed",
    Action.BRAND_ERASED: "the erasure of a brand was requested; the target is the erasure",
    Action.APP_SET: "a brand got an app of its own at a network, or the app another secret; the target is the network",
    Action.APP_REMOVED: "a brand's own app at a network was removed; the target is the network",
    Action.SLOTS_REPLACED: "the weekly times of a brand's queues were set; the target is the brand",
    Action.QUEUE_REORDERED: "posts of a queue changed places; the target is the brand, or the account of the queue",
    Action.QUEUE_PAUSED: "a queue was paused; the target is the brand, or the account of the queue",
    Action.QUEUE_RESUMED: "a paused queue was resumed; the target is the brand, or the account of the queue",
    Action.BRANDING_SET: "how a brand looks on the pages for owners and reviewers was set; the target is the brand",
    Action.BRANDING_REMOVED: "a brand's own look on these pages was removed; the target is the brand",
    Action.SERIES_CREATED: "a series of posts was made",
    Action.SERIES_UPDATED: "a series of posts was changed",
    Action.SERIES_STOPPED: "a series of posts was stopped",
    Action.CALENDAR_FEED_CREATED: "a secret address of a brand's calendar was made",
    Action.CALENDAR_FEED_REVOKED: "a secret address of a brand's calendar was revoked",
    Action.CONNECTION_CREATED: "a link to connect or reconnect an account was made; the target is the connection",
    Action.ACCOUNT_CONNECTED: "an account was connected in a browser, through a link that the key made",
    Action.ACCOUNT_IMPORTED: "an account was imported with its credentials",
    Action.ACCOUNT_RECONNECTED: "an account got new credentials",
    Action.ACCOUNT_CHECKED: "an account was checked at its network",
    Action.ACCOUNT_UPDATED: "an account's metadata was changed",
    Action.ACCOUNT_DISCONNECTED: "an account was disconnected",
    Action.ACCOUNT_ERASED: "the erasure of an account was requested, by a key or by its owner at the network; the "
    "target is the erasure",
    Action.ACCOUNT_DEAUTHORIZED: "the owner of an account removed the app at the network, which reported it",
    Action.MEDIA_CREATED: "a media file was uploaded or fetched",
    Action.MEDIA_DELETED: "a media file was deleted",
    Action.CONTENT_CREATED: "a post was accepted",
    Action.CONTENT_UPDATED: "a post's text, media or options were changed",
    Action.CONTENT_RESCHEDULED: "a post was moved to another time",
    Action.CONTENT_APPROVED: "a version of a post was approved",
    Action.CONTENT_DECLINED: "a version of a post was declined",
    Action.REVIEW_LINK_CREATED: "a link to review a post without an account was made",
    Action.REVIEW_LINK_REVOKED: "a link to review a post was revoked",
    Action.CONTENT_CANCELED: "a post, or what was left of it, was canceled",
    Action.CONTENT_PUBLISHED_NOW: "a post was made due at once",
    Action.CONTENT_RETRIED: "failed publications of a post were queued again",
    Action.CONTENT_PURGED: "old posts were deleted, by a command or by the retention; the target is the time before "
    "which their last change was, the count how many",
    Action.PUBLICATION_RESOLVED: "a person resolved an unconfirmed publication",
    Action.PUBLICATION_EDITED: "a live publication was asked to be edited at its network",
    Action.PUBLICATION_WITHDRAWN: "a live publication was asked to be withdrawn from its network",
    Action.DRAFT_CREATED: "a draft was saved",
    Action.DRAFT_UPDATED: "a draft was changed",
    Action.DRAFT_DELETED: "a draft was deleted",
    Action.DRAFT_SUBMITTED: "a draft became a post; the post has an entry of its own, content.created",
    Action.PUBLICATION_DISMISSED: "a person dismissed a failed post, or a missing part of a published one",
    Action.PUBLICATION_DISMISSAL_UNDONE: "what was dismissed needs attention again",
    Action.IMPORT_CREATED: "a file of posts was sent to be imported; each of its posts has an entry of its own",
    Action.ALERT_CREATED: "an alert was made",
    Action.ALERT_UPDATED: "an alert was changed",
    Action.ALERT_DELETED: "an alert was deleted",
    Action.ALERT_TESTED: "a test message was sent to an alert's address",
    Action.ENDPOINT_CREATED: "a webhook endpoint was made",
    Action.ENDPOINT_UPDATED: "a webhook endpoint was changed",
    Action.ENDPOINT_DELETED: "a webhook endpoint was deleted",
    Action.ENDPOINT_SECRET_ROTATED: "a webhook endpoint got a new secret",
    Action.ENDPOINT_TESTED: "a test event was sent to a webhook endpoint",
    Action.ENDPOINT_REPLAYED: "past events were sent to a webhook endpoint again",
    Action.ENDPOINT_RECOVERED: "what a webhook endpoint missed was sent to it again",
    Action.DELIVERY_REDELIVERED: "a delivery was sent again",
}


class AuditEntry(WireModel):
    """Who did what, when and from where."""

    id: UniqueId
    at: datetime = Field(description="When it happened.")
    key_id: str | None = Field(description="The API key. Null for a command on the machine and for an unknown key.")
    brand_ref: str | None = Field(description="The brand that the target belongs to; null for every brand.")
    action: str = Field(description="What was done, as a dotted verb (docs/reference/actions.md).")
    target: str | None = Field(description="The id of what was changed; of a refusal, the code that says why.")
    request_id: str | None = Field(description="Also in the answer's `X-Request-Id` and in the log.")
    address: str | None = Field(description="The caller's address, as the API or a trusted proxy saw it.")
    count: int = Field(description="How many in that minute, for refusals; 1 for everything else.")


@dataclass
class Actor:
    """Who makes a request. `key_id` is set as soon as the key is known, and `brand_ref`: the key's brand; None: all."""

    key_id: str | None = None
    brand_ref: str | None = None
    request_id: str | None = None
    address: str | None = None


_ACTOR: ContextVar[Actor] = ContextVar("actor")


def current_actor() -> Actor:
    """The actor of the current request. Outside a request it is an actor without key and address."""
    return _ACTOR.get(None) or Actor()


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Attribute the actions of the block to this actor."""
    token = _ACTOR.set(actor)
    try:
        yield
    finally:
        _ACTOR.reset(token)
