"""Who did what: every action has its row, in the same transaction, with the key, the address and the request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel

from munadi.db.audit import forget_old_entries
from munadi.db.tables.audit import AuditRow
from munadi.domain.audit import ACTION_MEANING, Action
from munadi.domain.key import Scope
from tests.api.harness import ApiHarness
from tests.api.owner import create_link, owner_of
from tests.api.problems import expect_problem
from tests.api.servers import subscriber

A = Action
# Every operation that changes something, and its action. A new operation fails until it is listed.
RECORDED: dict[str, Action | None] = {
    "POST /v1/contents": A.CONTENT_CREATED,
    "POST /v1/contents/validate": None,  # stores nothing
    "PATCH /v1/contents/{content_id}": A.CONTENT_UPDATED,
    "POST /v1/contents/batch": A.CONTENT_CREATED,
    "POST /v1/contents/{content_id}/reschedule": A.CONTENT_RESCHEDULED,
    "POST /v1/contents/{content_id}/approve": A.CONTENT_APPROVED,
    "POST /v1/contents/{content_id}/decline": A.CONTENT_DECLINED,
    "POST /v1/contents/{content_id}/review-links": A.REVIEW_LINK_CREATED,
    "DELETE /v1/contents/{content_id}/review-links/{link_id}": A.REVIEW_LINK_REVOKED,
    "POST /v1/contents/{content_id}/cancel": A.CONTENT_CANCELED,
    "POST /v1/contents/{content_id}/publish-now": A.CONTENT_PUBLISHED_NOW,
    "POST /v1/contents/{content_id}/retry": A.CONTENT_RETRIED,
    "POST /v1/contents/{content_id}/withdraw": A.PUBLICATION_WITHDRAWN,
    "POST /v1/publications/{publication_id}/edit": A.PUBLICATION_EDITED,
    "POST /v1/publications/{publication_id}/withdraw": A.PUBLICATION_WITHDRAWN,
    "POST /v1/drafts": A.DRAFT_CREATED,
    "PATCH /v1/drafts/{draft_id}": A.DRAFT_UPDATED,
    "DELETE /v1/drafts/{draft_id}": A.DRAFT_DELETED,
    "POST /v1/drafts/{draft_id}/submit": A.DRAFT_SUBMITTED,
    "POST /v1/publications/{publication_id}/resolve": A.PUBLICATION_RESOLVED,
    "POST /v1/publications/{publication_id}/dismiss": A.PUBLICATION_DISMISSED,
    "POST /v1/publications/{publication_id}/undismiss": A.PUBLICATION_DISMISSAL_UNDONE,
    "POST /v1/media": A.MEDIA_CREATED,
    "DELETE /v1/media/{media_id}": A.MEDIA_DELETED,
    "POST /v1/brands": A.BRAND_CREATED,
    "PATCH /v1/brands/{ref}": A.BRAND_UPDATED,
    "DELETE /v1/brands/{ref}": A.BRAND_ERASED,
    "POST /v1/series": A.SERIES_CREATED,
    "PATCH /v1/series/{series_id}": A.SERIES_UPDATED,
    "DELETE /v1/series/{series_id}": A.SERIES_STOPPED,
    "PUT /v1/brands/{ref}/slots": A.SLOTS_REPLACED,
    "POST /v1/brands/{ref}/slots/reorder": A.QUEUE_REORDERED,
    "POST /v1/brands/{ref}/slots/pause": A.QUEUE_PAUSED,
    "POST /v1/brands/{ref}/slots/resume": A.QUEUE_RESUMED,
    "PUT /v1/brands/{ref}/apps/{channel}": A.APP_SET,
    "DELETE /v1/brands/{ref}/apps/{channel}": A.APP_REMOVED,
    "PUT /v1/brands/{ref}/branding": A.BRANDING_SET,
    "DELETE /v1/brands/{ref}/branding": A.BRANDING_REMOVED,
    "POST /v1/brands/{ref}/calendar-feeds": A.CALENDAR_FEED_CREATED,
    "DELETE /v1/brands/{ref}/calendar-feeds/{feed_id}": A.CALENDAR_FEED_REVOKED,
    "POST /v1/brands/{ref}/accounts": A.ACCOUNT_IMPORTED,
    "POST /v1/brands/{ref}/accounts/connect": A.CONNECTION_CREATED,
    "POST /v1/accounts/{account_id}/reconnect": A.CONNECTION_CREATED,
    "POST /v1/connections/{connection_id}/select": A.ACCOUNT_CONNECTED,
    "POST /v1/accounts/{account_id}/check": A.ACCOUNT_CHECKED,
    "DELETE /v1/accounts/{account_id}/data": A.ACCOUNT_ERASED,
    "PATCH /v1/accounts/{account_id}": A.ACCOUNT_UPDATED,
    "DELETE /v1/accounts/{account_id}": A.ACCOUNT_DISCONNECTED,
    "POST /v1/imports": A.IMPORT_CREATED,
    "POST /v1/alerts": A.ALERT_CREATED,
    "PATCH /v1/alerts/{alert_id}": A.ALERT_UPDATED,
    "DELETE /v1/alerts/{alert_id}": A.ALERT_DELETED,
    "POST /v1/alerts/{alert_id}/test": A.ALERT_TESTED,
    "POST /v1/webhooks/endpoints": A.ENDPOINT_CREATED,
    "PATCH /v1/webhooks/endpoints/{endpoint_id}": A.ENDPOINT_UPDATED,
    "DELETE /v1/webhooks/endpoints/{endpoint_id}": A.ENDPOINT_DELETED,
    "POST /v1/webhooks/endpoints/{endpoint_id}/rotate-secret": A.ENDPOINT_SECRET_ROTATED,
    "POST /v1/webhooks/endpoints/{endpoint_id}/test": A.ENDPOINT_TESTED,
    "POST /v1/webhooks/endpoints/{endpoint_id}/replay": A.ENDPOINT_REPLAYED,
    "POST /v1/webhooks/endpoints/{endpoint_id}/recover": A.ENDPOINT_RECOVERED,
    "POST /v1/webhooks/deliveries/{delivery_id}/redeliver": A.DELIVERY_REDELIVERED,
    "POST /v1/keys": A.KEY_CREATED,
    "PATCH /v1/keys/{key_id}": A.KEY_UPDATED,
    "POST /v1/keys/{key_id}/rotate": A.KEY_ROTATED,
    "DELETE /v1/keys/{key_id}": A.KEY_REVOKED,
}


async def entries(api: ApiHarness, **query: Any) -> list[dict[str, Any]]:
    """The log as an administrator reads it, the newest entry first."""
    return await api.read_list("/v1/audit", params=query)


async def actions(api: ApiHarness, target: str) -> list[str]:
    """What was done to something, the newest action first."""
    return [entry["action"] for entry in await entries(api, target=target)]


async def create_brands(api: ApiHarness, count: int) -> None:
    for number in range(count):
        await api.create("/v1/brands", {"ref": f"b{number}"})


async def test_every_operation_that_changes_something_is_listed(api: ApiHarness) -> None:
    paths = (await api.read("/openapi.json"))["paths"]
    unsafe = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods if method != "get"}
    assert unsafe == set(RECORDED)
    assert set(ACTION_MEANING) == set(Action)


@pytest.mark.each_database
async def test_every_change_of_a_post_is_in_the_log_once(api: ApiHarness) -> None:
    created, _ = [await api.try_submit(idempotency_key="cms-1") for _ in range(2)]
    content_id = created.json()["id"]
    await api.edit(content_id, {"text": "other"}, created.headers["etag"])
    await api.change(content_id, "reschedule", {"scheduledAt": "2027-03-01T10:00:00Z"})
    await api.change(content_id, "publish-now")
    last, again = [await api.change(content_id, "cancel") for _ in range(2)]
    assert (last.status_code, again.status_code) == (200, 200)
    found = await entries(api, target=content_id)
    assert [entry["action"] for entry in found] == [
        "content.canceled", "content.published_now", "content.rescheduled", "content.updated", "content.created",
    ]  # fmt: skip
    assert found[0]["requestId"] == last.headers["x-request-id"]
    assert {(entry["brandRef"], entry["address"], entry["count"]) for entry in found} == {("acme", "127.0.0.1", 1)}
    assert {entry["keyId"] for entry in found} == {await api.key_id(api.admin_key)}


@pytest.mark.each_database
async def test_accepting_a_post_costs_one_statement_more_and_no_transaction(api: ApiHarness) -> None:
    with api.statements() as seen:
        await api.submit()
    assert len([each for each in seen if each.startswith("INSERT INTO audit")]) == 1
    # The calls that a key makes are written once a second, in a transaction of their own.
    flushes = len([each for each in seen if each.startswith("INSERT INTO api_calls")])
    begun = len([each for each in seen if each.startswith("BEGIN IMMEDIATE")])
    assert begun == (1 + flushes if api.services.database.is_sqlite else 0)


async def test_an_action_that_cannot_be_recorded_does_not_happen(api: ApiHarness) -> None:
    async with api.services.database.write() as session:
        await (await session.connection()).run_sync(SQLModel.metadata.tables["audit"].drop)
    for path, body in (("/v1/contents", api.body()), ("/v1/keys", {"name": "k", "scopes": ["admin"]})):
        assert (await api.post(path, body)).status_code == 503
    assert (await api.count(), len(await api.read_list("/v1/keys"))) == (0, 1)


@pytest.mark.each_database
async def test_a_refused_action_is_not_recorded(api: ApiHarness) -> None:
    before = len(await entries(api))
    assert (await api.try_submit(text="x" * 400)).status_code == 422
    assert (await api.post("/v1/brands", {"ref": "acme"})).status_code == 409
    assert len(await entries(api)) == before


async def test_keys_brands_and_endpoints_are_in_the_log(api: ApiHarness) -> None:
    made = await api.create("/v1/keys", {"name": "k", "scopes": ["contents:read"]})
    for _ in range(2):
        await api.delete(f"/v1/keys/{made['id']}")
    assert await actions(api, made["id"]) == ["key.revoked", "key.created"]
    await api.create("/v1/brands", {"ref": "third"})
    await api.patch("/v1/brands/third", {"name": "T"})
    assert await actions(api, "third") == ["brand.updated", "brand.created"]
    async with subscriber() as server:
        endpoint = await api.create("/v1/webhooks/endpoints", {"url": server.url, "brandRef": "acme"})
        path = f"/v1/webhooks/endpoints/{endpoint['id']}"
        tested = await api.create(f"{path}/test", None)
        await api.post(f"/v1/webhooks/deliveries/{tested['id']}/redeliver")
        await api.post(f"{path}/replay", {"since": "2026-01-01T00:00:00Z"})
        await api.post(f"{path}/rotate-secret")
        await api.patch(path, {"description": "d"})
        await api.delete(path)
    assert endpoint["createdByKey"] == await api.key_id(api.admin_key)
    assert await actions(api, endpoint["id"]) == [
        "endpoint.deleted", "endpoint.updated", "endpoint.secret_rotated", "endpoint.replayed", "endpoint.tested",
        "endpoint.created",
    ]  # fmt: skip
    assert len(await entries(api, target=tested["id"], action="delivery.redelivered")) == 1


@pytest.mark.fake_network
async def test_accounts_are_in_the_log_and_an_owner_acts_for_the_key_of_the_link(api: ApiHarness) -> None:
    account, _ = [await api.import_account() for _ in range(2)]
    await api.post(f"/v1/accounts/{account['id']}/check")
    for _ in range(2):
        await api.delete(f"/v1/accounts/{account['id']}")
    assert await actions(api, account["id"]) == [
        "account.disconnected", "account.checked", "account.reconnected", "account.imported",
    ]  # fmt: skip
    link = await create_link(api)
    assert await actions(api, link["id"]) == ["connection.created"]
    async with owner_of(api) as owner:
        await owner.consent(link)
    (connected,) = await entries(api, action="account.connected")
    assert (connected["address"], connected["brandRef"]) == ("127.0.0.1", "acme")
    assert connected["keyId"] == await api.key_id(api.admin_key)


async def test_a_key_for_one_brand_sees_that_brand_only(api: ApiHarness) -> None:
    for brand_ref in ("acme", "rival"):
        await api.patch(f"/v1/brands/{brand_ref}", {"name": "A"})
    key = await api.key(Scope.ADMIN, brand_ref="rival")
    assert {entry["brandRef"] for entry in await api.read_list("/v1/audit", key=key)} == {"rival"}


@pytest.mark.each_database
async def test_the_log_is_filtered_and_read_a_page_at_a_time(api: ApiHarness) -> None:
    await create_brands(api, 5)
    first = await api.read("/v1/audit?action=brand.created&limit=2")
    rest = await api.read(f"/v1/audit?action=brand.created&cursor={first['nextCursor']}")
    assert [entry["target"] for entry in [*first["data"], *rest["data"]]] == ["b4", "b3", "b2", "b1", "b0"]
    assert rest["nextCursor"] is None
    at = first["data"][0]["at"]
    assert await entries(api, until=at, action="brand.created", target="b4") == []
    assert len(await entries(api, since=at, action="brand.created", target="b4")) == 1


@pytest.mark.each_database
@pytest.mark.parametrize("stops_early", [False, True])
async def test_old_entries_are_deleted_in_batches(
    api: ApiHarness, monkeypatch: pytest.MonkeyPatch, stops_early: bool
) -> None:
    monkeypatch.setattr("munadi.db.audit.BATCH", 2)
    monkeypatch.setattr("munadi.db.audit.BATCHES", 2 if stops_early else 200)
    await create_brands(api, 5)
    now, kept, total = api.clock.now(), timedelta(days=400), await api.count(AuditRow)
    assert await forget_old_entries(api.services.database, now, kept) == 0
    deleted = await forget_old_entries(api.services.database, now + kept + timedelta(days=3650), kept)
    assert deleted == (4 if stops_early else total)
    assert await api.count(AuditRow) == total - deleted


async def test_the_page_is_for_administrators(api: ApiHarness) -> None:
    await create_brands(api, 2)
    async with api.dashboard(api.admin_key) as dashboard:
        page = await dashboard.page("/audit?action=brand.created")
        assert '<a href="/audit" aria-current="page">Audit log</a>' in page
        entries = page[page.index("<main") :]
        # Within their tags: ids are random, and may have these letters.
        assert entries.index("<code>b1<") < entries.index("<code>b0<")
        assert "<strong>A brand was made</strong>" in entries
        assert "session.started" in await dashboard.page("/audit")
        day = api.clock.now().date().isoformat()
        assert "b0" in await dashboard.page(f"/audit?since={day}&until={day}&target=b0&keyId=")
        assert "Nothing matches these filters" in await dashboard.page("/audit?until=2020-01-01")
        assert (await dashboard.get("/audit?since=never")).status_code == 422
    async with api.dashboard(await api.key(Scope.CONTENTS_READ)) as dashboard:
        assert "Audit log" not in await dashboard.page()
        assert (await dashboard.get("/audit")).status_code == 403


async def test_entries_of_one_brand_are_listed(api: ApiHarness) -> None:
    theirs = {ref: (await api.submit(brandRef=ref))["id"] for ref in ("acme", "rival")}
    assert {entry["brandRef"] for entry in await entries(api)} >= {"acme", "rival"}
    assert [entry["target"] for entry in await entries(api, brandRef="rival", action="content.created")] == [
        theirs["rival"]
    ]
    for unknown in ("nosuch", ""):
        expect_problem(await api.get("/v1/audit", params={"brandRef": unknown}), 404, "NOT_FOUND")
    key = await api.key(Scope.ADMIN, brand_ref="rival")
    expect_problem(await api.get("/v1/audit", params={"brandRef": "acme"}, key=key), 404, "NOT_FOUND")


async def test_the_page_shows_the_chosen_brand_or_all(api: ApiHarness) -> None:
    theirs = {ref: (await api.submit(brandRef=ref))["id"] for ref in ("acme", "rival")}
    async with api.dashboard(api.admin_key) as dashboard:
        for path in ("/audit?brandRef=rival", "/audit?target="):  # the second time it is remembered
            page = await dashboard.page(path)
            assert (theirs["rival"] in page, theirs["acme"] in page) == (True, False)
            assert '<input type="hidden" name="brandRef" value="rival">' in page, "a filter keeps the brand"
        page = await dashboard.page("/audit?brandRef=")
        assert (theirs["rival"] in page, theirs["acme"] in page) == (True, True)
        answer = await dashboard.client.get("/audit?brandRef=nosuch")
        assert answer.status_code == 404
        assert "There is no brand “nosuch” that this key may see." in answer.text


async def test_the_page_calls_a_post_by_its_text(api: ApiHarness) -> None:
    made = await api.submit(text="Sale <today>")
    async with api.dashboard(api.admin_key) as dashboard:
        page = await dashboard.page(f"/audit?target={made['id']}")
    assert f'<a href="/contents/{made["id"]}" dir="auto">Sale &lt;today&gt;</a>' in page
    assert f"<code>{made['id']}</code>" in page


async def test_a_sign_in_and_a_sign_out_are_in_the_log(api: ApiHarness) -> None:
    async with api.dashboard(api.admin_key) as dashboard:
        await dashboard.sign_out()
    ended, started, *_ = await entries(api)
    assert (ended["action"], started["action"]) == ("session.ended", "session.started")
    assert ended["target"] == started["target"]
    assert ended["keyId"] == started["keyId"] == await api.key_id(api.admin_key)
    assert ended["address"] == "127.0.0.1"
