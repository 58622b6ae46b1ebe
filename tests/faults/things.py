"""One thing of each kind in a running stack, for tests that call every operation."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.api.operations import SERIES
from tests.harness.brand import Brand, until
from tests.harness.files import picture
from tests.harness.inbox import subscribe
from tests.harness.networks import remove_quotas


async def things(api: httpx.AsyncClient, sandbox: httpx.AsyncClient) -> dict[str, str]:
    """One thing of each kind that belongs to `acme`, and a brand `rival`."""
    await remove_quotas(sandbox)
    brand = await Brand.create(api, sandbox, "acme", "bluesky")
    assert (await api.post("/v1/brands", json={"ref": "rival"})).status_code == 201
    hook = await subscribe(api, "http://127.0.0.1:9/hook", brandRef="acme")
    alert = await api.post("/v1/alerts", json={"url": "jsons://127.0.0.1:9/alert", "brandRef": "acme"})
    content, review = await _approved(api, brand)
    key = await api.post("/v1/keys", json={"name": "own", "scopes": ["contents:read"], "brandRef": "acme"})
    since = {"since": "2026-01-01T00:00:00Z"}
    recovery = await api.post(f"/v1/webhooks/endpoints/{hook['id']}/recover", json=since)
    link = await api.post("/v1/brands/acme/accounts/connect", json={"channel": "bluesky"})
    app = {"clientId": "id", "clientSecret": "secret"}
    assert (await api.put("/v1/brands/acme/apps/x", json=app)).status_code == 200
    assert (await api.put("/v1/brands/acme/branding", json={"name": "Acme"})).status_code == 200
    feed = await api.post("/v1/brands/acme/calendar-feeds")
    draft = await api.post("/v1/drafts", json={"brandRef": "acme", "text": "not finished"})
    await brand.connect("mastodon")
    erased = (await brand.account("mastodon"))["id"]
    erasure = await api.delete(f"/v1/accounts/{erased}/data", params={"confirm": erased})

    row = {"rowKey": "1", "text": "imported", "channels": ["bluesky"], "scheduledAt": "now"}
    kind = {"Content-Type": "application/x-ndjson"}
    imported = await api.post("/v1/imports?brandRef=acme&dryRun=true", content=json.dumps(row), headers=kind)

    async def deliveries() -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = (await api.get("/v1/webhooks/deliveries")).json()["data"]
        return listed

    return {
        "content_id": content["id"],
        "publication_id": content["publications"][0]["id"],
        "media_id": (await brand.upload(picture()))["id"],
        "account_id": (await brand.account("bluesky"))["id"],
        "endpoint_id": hook["id"],
        "alert_id": alert.json()["id"],
        "recovery_id": recovery.json()["id"],
        "event_id": (await api.get(f"/v1/contents/{content['id']}/events")).json()["data"][0]["id"],
        "delivery_id": (await until(deliveries, 10))[0]["id"],
        "key_id": key.json()["id"],
        "connection_id": link.json()["id"],
        "draft_id": draft.json()["id"],
        "feed_id": feed.json()["id"],
        "import_id": imported.json()["id"],
        "erasure_id": erasure.json()["id"],
        "link_id": review["id"],
        "series_id": (await api.post("/v1/series", json=SERIES)).json()["id"],
    }


async def _approved(api: httpx.AsyncClient, brand: Brand) -> tuple[dict[str, Any], dict[str, Any]]:
    """A published post that was proposed and approved, and a link to review it."""
    key = await api.post("/v1/keys", json={"name": "p", "scopes": ["contents:propose"], "brandRef": brand.ref})
    body = {"brandRef": brand.ref, "text": "published", "channels": ["bluesky"]}
    made = await api.post("/v1/contents", json=body, headers={"Authorization": f"Bearer {key.json()['key']}"})
    path = f"/v1/contents/{made.json()['id']}"
    link = await api.post(f"{path}/review-links")
    assert (await api.post(f"{path}/approve", headers={"If-Match": '"1"'})).status_code == 200
    return await brand.ended(made.json()["id"]), link.json()
