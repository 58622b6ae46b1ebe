"""Who did what: every action has its row, in the same transaction, with the key, the address and the request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel

from munadi.db.audit import forget_old_entries
from munadi.db.tables import ContentRow
from munadi.db.tables.audit import AuditRow
from munadi.domain.audit import ACTION_MEANING, Action
from munadi.domain.key import Scope
from tests.api.browsing import visiting
from tests.api.connecting import back, browser, left, link
from tests.api.desk import Desk
from tests.api.door import Door, subscriber
from tests.api.limiting import statements

A = Action
# Every operation that changes something, and its action. A new operation fails until it is listed.
RECORDED: dict[str, Action | None] = {
    "POST /v1/contents": A.CONTENT_CREATED,
    "POST /v1/contents/validate": None,  # stores nothing
    "PATCH /v1/contents/{content_id}": A.CONTENT_UPDATED,
    "POST /v1/contents/{content_id}/reschedule": A.CONTENT_RESCHEDULED,
    "POST /v1/contents/{content_id}/cancel": A.CONTENT_CANCELED,
    "POST /v1/contents/{content_id}/publish-now": A.CONTENT_PUBLISHED_NOW,
    "POST /v1/contents/{content_id}/retry": A.CONTENT_RETRIED,
    "POST /v1/publications/{publication_id}/resolve": A.PUBLICATION_RESOLVED,
    "POST /v1/media": A.MEDIA_CREATED,
    "POST /v1/brands": A.BRAND_CREATED,
    "PATCH /v1/brands/{ref}": A.BRAND_UPDATED,
    "POST /v1/brands/{ref}/accounts": A.ACCOUNT_IMPORTED,
    "POST /v1/brands/{ref}/accounts/connect": A.CONNECTION_CREATED,
    "POST /v1/accounts/{account_id}/reconnect": A.CONNECTION_CREATED,
    "POST /v1/connections/{connection_id}/select": A.ACCOUNT_CONNECTED,
    "POST /v1/accounts/{account_id}/check": A.ACCOUNT_CHECKED,
    "DELETE /v1/accounts/{account_id}": A.ACCOUNT_DISCONNECTED,
    "POST /v1/webhooks/endpoints": A.ENDPOINT_CREATED,
    "PATCH /v1/webhooks/endpoints/{endpoint_id}": A.ENDPOINT_UPDATED,
    "DELETE /v1/webhooks/endpoints/{endpoint_id}": A.ENDPOINT_DELETED,
    "POST /v1/webhooks/endpoints/{endpoint_id}/rotate-secret": A.ENDPOINT_SECRET_ROTATED,
    "POST /v1/webhooks/endpoints/{endpoint_id}/test": A.ENDPOINT_TESTED,
    "POST /v1/webhooks/endpoints/{endpoint_id}/replay": A.ENDPOINT_REPLAYED,
    "POST /v1/webhooks/deliveries/{delivery_id}/redeliver": A.DELIVERY_REDELIVERED,
    "POST /v1/keys": A.KEY_CREATED,
    "DELETE /v1/keys/{key_id}": A.KEY_REVOKED,
}


async def entries(desk: Desk | Door, **query: Any) -> list[dict[str, Any]]:
    """The log as an administrator reads it, the newest first."""
    answer = await desk.client.get("/v1/audit", params=query, headers=_admin(desk))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def _admin(desk: Desk | Door) -> dict[str, str]:
    return {"Authorization": f"Bearer {desk.admin_key}"} if isinstance(desk, Door) else {}


async def test_every_operation_that_changes_something_is_listed(door: Door) -> None:
    paths = (await door.client.get("/openapi.json")).json()["paths"]
    unsafe = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods if method != "get"}
    assert unsafe == set(RECORDED)
    assert set(ACTION_MEANING) == set(Action)


async def test_the_life_of_a_post_is_in_the_log(desk: Desk) -> None:
    created = await desk.client.post("/v1/contents", json=desk.content())
    content_id = created.json()["id"]
    path = f"/v1/contents/{content_id}"
    await desk.client.patch(path, json={"text": "other"}, headers={"If-Match": created.headers["etag"]})
    later = (await desk.client.get(path)).json()["scheduledAt"].replace("T09", "T10")
    await desk.client.post(f"{path}/reschedule", json={"scheduledAt": later})
    await desk.client.post(f"{path}/publish-now")
    last = await desk.client.post(f"{path}/cancel")
    again = await desk.client.post(f"{path}/cancel")  # changes nothing
    assert (last.status_code, again.status_code) == (200, 200)
    found = await entries(desk, target=content_id)
    assert [entry["action"] for entry in found] == [
        "content.canceled", "content.published_now", "content.rescheduled", "content.updated", "content.created",
    ]  # fmt: skip
    assert found[0]["requestId"] == last.headers["x-request-id"]
    assert {(entry["brandRef"], entry["address"], entry["count"]) for entry in found} == {("acme", "127.0.0.1", 1)}
    key_id = (await desk.client.get("/v1/keys")).json()["data"][0]["id"]
    assert {entry["keyId"] for entry in found} == {key_id}


async def test_a_repetition_is_no_second_action(desk: Desk) -> None:
    for _ in range(2):
        await desk.client.post("/v1/contents", json=desk.content(), headers={"Idempotency-Key": "cms-1"})
    assert len(await entries(desk, action="content.created")) == 1


async def test_accepting_a_post_costs_one_statement_more_and_no_transaction(desk: Desk) -> None:
    with statements(desk) as seen:
        await desk.client.post("/v1/contents", json=desk.content())
    assert len([each for each in seen if each.startswith("INSERT INTO audit")]) == 1
    # The calls that a key makes are written once a second, in a transaction of their own.
    flushes = len([each for each in seen if each.startswith("INSERT INTO api_calls")])
    assert len([each for each in seen if each.startswith("BEGIN IMMEDIATE")]) == (1 + flushes if desk.on_sqlite else 0)


async def test_what_cannot_be_recorded_does_not_happen(small_desk: Desk) -> None:
    table = SQLModel.metadata.tables["audit"]
    async with small_desk.services.database._writer.begin() as connection:
        await connection.run_sync(table.drop)
    for path, body in (("/v1/contents", small_desk.content()), ("/v1/keys", {"name": "k", "scopes": ["admin"]})):
        assert (await small_desk.client.post(path, json=body)).status_code == 503
    assert await small_desk.count(ContentRow) == 0
    assert len((await small_desk.client.get("/v1/keys")).json()["data"]) == 1


async def test_what_does_not_happen_is_not_recorded(desk: Desk) -> None:
    before = len(await entries(desk))
    assert (await desk.client.post("/v1/contents", json=desk.content(text="x" * 400))).status_code == 422
    assert (await desk.client.post("/v1/brands", json={"ref": "acme"})).status_code == 409
    assert len(await entries(desk)) == before


async def test_keys_brands_and_endpoints_are_in_the_log(door: Door) -> None:
    made = (await door.ask("POST", "/v1/keys", json={"name": "k", "scopes": ["contents:read"]})).json()
    for _ in range(2):
        assert (await door.ask("DELETE", f"/v1/keys/{made['id']}")).status_code == 204
    assert [entry["action"] for entry in await entries(door, target=made["id"])] == ["key.revoked", "key.created"]
    await door.ask("PATCH", "/v1/brands/rival", json={"name": "R"})
    assert [e["action"] for e in await entries(door, target="rival")] == ["brand.updated", "brand.created"]
    async with subscriber() as server:
        sent = {"url": server.url, "brandRef": "acme"}
        endpoint = (await door.ask("POST", "/v1/webhooks/endpoints", json=sent)).json()
        where = f"/v1/webhooks/endpoints/{endpoint['id']}"
        tested = (await door.ask("POST", f"{where}/test")).json()
        await door.ask("POST", f"/v1/webhooks/deliveries/{tested['id']}/redeliver")
        await door.ask("POST", f"{where}/replay", json={"since": "2026-01-01T00:00:00Z"})
        await door.ask("POST", f"{where}/rotate-secret")
        await door.ask("PATCH", where, json={"description": "d"})
        await door.ask("DELETE", where)
    admin = (await door.ask("GET", "/v1/keys")).json()["data"][0]["id"]
    assert endpoint["createdByKey"] == admin
    assert [entry["action"] for entry in await entries(door, target=endpoint["id"])] == [
        "endpoint.deleted", "endpoint.updated", "endpoint.secret_rotated", "endpoint.replayed", "endpoint.tested",
        "endpoint.created",
    ]  # fmt: skip
    assert len(await entries(door, target=tested["id"], action="delivery.redelivered")) == 1


async def test_accounts_are_in_the_log_and_a_browser_acts_for_the_key_of_its_link(door: Door) -> None:
    sent = {"channel": "bluesky", "credentials": {"accessToken": "t"}}
    account = (await door.ask("POST", "/v1/brands/acme/accounts", json=sent)).json()
    await door.ask("POST", "/v1/brands/acme/accounts", json=sent)
    await door.ask("POST", f"/v1/accounts/{account['id']}/check")
    for _ in range(2):
        await door.ask("DELETE", f"/v1/accounts/{account['id']}")
    assert [entry["action"] for entry in await entries(door, target=account["id"])] == [
        "account.disconnected", "account.checked", "account.reconnected", "account.imported",
    ]  # fmt: skip
    made = await link(door)
    assert [entry["action"] for entry in await entries(door, target=made["id"])] == ["connection.created"]
    async with browser(door) as client:
        await back(client, door.authority.approve(await left(client, made)))
    (connected,) = await entries(door, action="account.connected")
    admin = (await door.ask("GET", "/v1/keys")).json()["data"][0]["id"]
    assert (connected["keyId"], connected["address"], connected["brandRef"]) == (admin, "127.0.0.1", "acme")


async def test_a_key_for_one_brand_sees_that_brand_only(door: Door) -> None:
    await door.ask("PATCH", "/v1/brands/acme", json={"name": "A"})
    key = await door.key(Scope.ADMIN, brand_ref="rival")
    found = (await door.ask("GET", "/v1/audit", key=key)).json()["data"]
    assert {entry["brandRef"] for entry in found} == {"rival"}
    assert (await door.ask("GET", "/v1/audit", key=await door.key(Scope.CONTENTS_READ))).status_code == 403


async def test_the_log_is_filtered_and_read_a_page_at_a_time(desk: Desk) -> None:
    for number in range(5):
        await desk.client.post("/v1/brands", json={"ref": f"b{number}"})
    first = (await desk.client.get("/v1/audit?action=brand.created&limit=2")).json()
    rest = (await desk.client.get(f"/v1/audit?action=brand.created&cursor={first['nextCursor']}")).json()
    targets = [entry["target"] for entry in [*first["data"], *rest["data"]]]
    assert targets[:5] == ["b4", "b3", "b2", "b1", "b0"]
    assert rest["nextCursor"] is None
    at = first["data"][0]["at"]
    assert await entries(desk, until=at, action="brand.created", target="b4") == []
    assert len(await entries(desk, since=at, action="brand.created", target="b4")) == 1
    for query, pointer in (("action=nothing", "?action"), ("since=yesterday", "?since"), ("cursor=x", "?cursor")):
        answer = await desk.client.get(f"/v1/audit?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("left_over", [False, True])
async def test_old_entries_go_in_batches(desk: Desk, monkeypatch: pytest.MonkeyPatch, left_over: bool) -> None:
    monkeypatch.setattr("munadi.db.audit.BATCH", 2)
    monkeypatch.setattr("munadi.db.audit.BATCHES", 2 if left_over else 200)
    for number in range(5):
        await desk.client.post("/v1/brands", json={"ref": f"b{number}"})
    now, kept = desk.clock.now(), timedelta(days=400)
    assert await forget_old_entries(desk.services.database, now, kept) == 0
    total = await desk.count(AuditRow)
    gone = await forget_old_entries(desk.services.database, now + kept + timedelta(seconds=1), kept)
    assert gone == (4 if left_over else total)
    assert await desk.count(AuditRow) == total - gone


async def test_the_page_is_for_administrators(door: Door) -> None:
    await door.ask("POST", "/v1/brands", json={"ref": "fourth"})
    async with visiting(door.app, door.admin_key) as visitor:
        page = await visitor.page("/audit?action=brand.created")
        assert '<a href="/audit" aria-current="page">Audit log</a>' in page
        assert page.index("fourth") < page.index("rival")
        assert "session.started" in await visitor.page("/audit")
        day = door.clock.now().date().isoformat()
        assert "fourth" in await visitor.page(f"/audit?since={day}&until={day}&target=fourth&keyId=")
        assert "Nothing matches these filters" in await visitor.page("/audit?until=2020-01-01")
        assert (await visitor.client.get("/audit?since=never")).status_code == 422
    async with visiting(door.app, await door.key(Scope.CONTENTS_READ)) as visitor:
        assert "Audit log" not in await visitor.page()
        assert (await visitor.client.get("/audit")).status_code == 403


async def test_a_sign_in_and_a_sign_out_are_in_the_log(door: Door) -> None:
    async with visiting(door.app, door.admin_key) as visitor:
        await visitor.client.post("/sign-out", data={"csrf": await visitor.csrf()})
    ended, started, *_ = await entries(door)
    assert (ended["action"], started["action"]) == ("session.ended", "session.started")
    assert ended["target"] == started["target"]
    assert (ended["keyId"], ended["address"]) == (started["keyId"], "127.0.0.1") != (None, None)
