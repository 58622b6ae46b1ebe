"""Webhook endpoints and deliveries."""

from __future__ import annotations

from munadi.client.directory import Group
from munadi.client.shapes import Json, Page


class Webhooks(Group):
    """`munadi.webhooks`."""

    def create(
        self,
        url: str,
        *,
        brand_ref: str | None = None,
        types: list[str] | None = None,
        channels: list[str] | None = None,
        description: str | None = None,
    ) -> Json:
        """A new endpoint; its `secret` is in this answer and in that of `rotate_secret` only."""
        given = {"url": url, "brandRef": brand_ref, "types": types, "channels": channels, "description": description}
        return self._post("/v1/webhooks/endpoints", {key: value for key, value in given.items() if value})

    def list(self, limit: int | None = None, cursor: str | None = None) -> Page:
        """A page of endpoints."""
        return self._page("/v1/webhooks/endpoints", limit=limit, cursor=cursor)

    def get(self, endpoint_id: str) -> Json:
        """One endpoint and its health."""
        return self._get(f"/v1/webhooks/endpoints/{endpoint_id}")

    def delete(self, endpoint_id: str) -> None:
        """Send it nothing any more."""
        self._transport.send("DELETE", f"/v1/webhooks/endpoints/{endpoint_id}")

    def rotate_secret(self, endpoint_id: str) -> Json:
        """A new secret beside the old one, which still signs for a while."""
        return self._post(f"/v1/webhooks/endpoints/{endpoint_id}/rotate-secret")

    def test(self, endpoint_id: str) -> Json:
        """Send a `webhook.test` event there."""
        return self._post(f"/v1/webhooks/endpoints/{endpoint_id}/test")

    def deliveries(
        self,
        *,
        endpoint_id: str | None = None,
        event_id: str | None = None,
        status: str | None = None,
        content_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page:
        """A page of deliveries with every attempt."""
        return self._page(
            "/v1/webhooks/deliveries",
            endpointId=endpoint_id,
            eventId=event_id,
            status=status,
            contentId=content_id,
            limit=limit,
            cursor=cursor,
        )

    def redeliver(self, delivery_id: str) -> Json:
        """Send one delivery again."""
        return self._post(f"/v1/webhooks/deliveries/{delivery_id}/redeliver")
