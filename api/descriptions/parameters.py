"""What each parameter means, by its place and name."""

from __future__ import annotations

PARAMETERS = {
    ("path", "account_id"): "The account's `id`.",
    ("path", "channel"): "The network, as `GET /v1/channels` names it.",
    ("path", "connection_id"): "The connection's `id`.",
    ("path", "content_id"): "The post's `id`.",
    ("path", "delivery_id"): "The delivery's `id`.",
    ("path", "draft_id"): "The draft's `id`.",
    ("path", "endpoint_id"): "The endpoint's `id`.",
    ("path", "event_id"): "The event's `id`.",
    ("path", "feed_id"): "The `id` of the calendar's address.",
    ("path", "key_id"): "The API key's `id`.",
    ("path", "media_id"): "The media's `id`.",
    ("path", "publication_id"): "The publication's `id`.",
    ("path", "recovery_id"): "The recovery's `id`.",
    ("path", "ref"): "The brand's `ref`.",
    ("query", "accountId"): "Only on this account.",
    ("query", "action"): "Only this action, such as `key.created`.",
    ("query", "brandRef"): "Only of this brand. Without it: of every brand that the key may see.",
    ("query", "channel"): "Only on this network.",
    ("query", "clientRef"): "Only posts with this `clientRef`.",
    ("query", "contentId"): "Only about this post.",
    ("query", "endpointId"): "Only to this endpoint.",
    ("query", "eventId"): "Only of this event.",
    ("query", "keyId"): "Only what was done with this API key.",
    ("query", "scheduledFrom"): "Only posts that are due at this time or later.",
    ("query", "status"): "Only with this status.",
}
