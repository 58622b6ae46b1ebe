"""Webhook endpoints and deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from munadi.client.directory import nothing
from munadi.client.operations import Group, M, operation
from munadi.client.shapes import Json, Page
from munadi.client.steps import Call, given, post, segment


class Webhooks(Group[M]):
    """`munadi.webhooks`."""

    @operation
    def create(
        self,
        url: str,
        *,
        brand_ref: str | None = None,
        types: Sequence[str] | None = None,
        channels: Sequence[str] | None = None,
        description: str | None = None,
        payload: str | None = None,
        signature: str | None = None,
        ordering: str | None = None,
        max_per_second: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Call[Json]:
        """A new endpoint; its `secret` is in this answer and in that of `rotate_secret` only.

        `payload` is `full` or `thin`, `signature` `v1` or `v1a`, `ordering` `none` or `content`.
        """
        request = given(
            url=url,
            brandRef=brand_ref or None,
            types=types or None,
            channels=channels or None,
            description=description,
            payload=payload,
            signature=signature,
            ordering=ordering,
            maxPerSecond=max_per_second,
            headers=dict(headers) if headers else None,
        )
        return post(_path(), request)

    @operation
    def list(self, limit: int | None = None, cursor: str | None = None) -> Call[Page]:
        """A page of endpoints."""
        return Call("GET", _path(), {"limit": limit, "cursor": cursor})

    @operation
    def get(self, endpoint_id: str) -> Call[Json]:
        """One endpoint and its health."""
        return Call("GET", _path(endpoint_id))

    @operation
    def update(self, endpoint_id: str, changes: Json) -> Call[Json]:
        """Change fields of the endpoint by their names in the API; what is absent stays."""
        return Call("PATCH", _path(endpoint_id), body=changes)

    @operation
    def delete(self, endpoint_id: str) -> Call[None]:
        """Delete the endpoint."""
        return Call("DELETE", _path(endpoint_id), read=nothing)

    @operation
    def rotate_secret(
        self, endpoint_id: str, *, revoke_previous: bool = False, signature: str | None = None
    ) -> Call[Json]:
        """A new secret beside the old one, which still signs for a while, or ends at once (`revoke_previous`).

        `signature` changes the kind: `v1` or `v1a`.
        """
        request = given(revokePrevious=revoke_previous or None, signature=signature)
        return post(_path(endpoint_id, "rotate-secret"), request or None)

    @operation
    def test(self, endpoint_id: str) -> Call[Json]:
        """Send a `webhook.test` event there."""
        return post(_path(endpoint_id, "test"))

    @operation
    def replay(
        self, endpoint_id: str, since: str, until: str | None = None, types: Sequence[str] | None = None
    ) -> Call[Json]:
        """Resend the events of a time span: `replayed` says how many, `nextSince` where to continue."""
        request = given(since=since, until=until, types=[*types] if types else None)
        return post(_path(endpoint_id, "replay"), request)

    @operation
    def recover(
        self,
        endpoint_id: str,
        since: str,
        until: str | None = None,
        types: Sequence[str] | None = None,
        only: str | None = None,
    ) -> Call[Json]:
        """Send again, in the background, what did not arrive: all of it, or `only` the `failed` or the `missed`."""
        request = given(since=since, until=until, types=[*types] if types else None, only=only)
        return post(_path(endpoint_id, "recover"), request)

    @operation
    def recovery(self, endpoint_id: str, recovery_id: str) -> Call[Json]:
        """The progress of a recovery."""
        return Call("GET", _path(endpoint_id, "recoveries", recovery_id))

    @operation
    def delivery(self, delivery_id: str) -> Call[Json]:
        """One delivery whole: its newest request as it was sent, and each attempt with its response."""
        return Call("GET", f"/v1/webhooks/deliveries/{segment(delivery_id)}")

    @operation
    def deliveries(
        self,
        *,
        endpoint_id: str | None = None,
        event_id: str | None = None,
        status: str | None = None,
        content_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page]:
        """A page of deliveries with every attempt."""
        request = {
            "endpointId": endpoint_id,
            "eventId": event_id,
            "status": status,
            "contentId": content_id,
            "limit": limit,
            "cursor": cursor,
        }
        return Call("GET", "/v1/webhooks/deliveries", request)

    @operation
    def redeliver(self, delivery_id: str) -> Call[Json]:
        """Resend one delivery."""
        return post(f"/v1/webhooks/deliveries/{segment(delivery_id)}/redeliver")


def _path(*parts: str) -> str:
    return "/".join(["/v1/webhooks/endpoints", *map(segment, parts)])
