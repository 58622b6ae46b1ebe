"""Webhook endpoints and deliveries: a guarded URL, a secret shown once, texts only for keys that may read them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from munadi.db.events.notify import event_body
from munadi.db.tables import EventRow
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.recoveries import RecoveryStore
from munadi.domain.event import EventType
from munadi.domain.key import Scope
from munadi.domain.webhook import Payload
from munadi.webhooks.signing import verify
from tests.api.endpoints import DELIVERIES, ENDPOINTS, HOOK, create_endpoint, failed_delivery
from tests.api.harness import ApiHarness, bytes_of, open_api
from tests.api.problems import expect_errors, expect_problem, expect_quota_exceeded
from tests.api.servers import Subscriber, subscriber
from tests.db.seeding import START


@pytest.fixture
async def server() -> AsyncIterator[Subscriber]:
    async with subscriber() as made:
        yield made


async def test_an_endpoint_shows_its_secret_once(api: ApiHarness) -> None:
    made = await api.post(ENDPOINTS, HOOK)
    endpoint = made.json()
    assert endpoint.pop("secret").startswith("whsec_")
    assert (endpoint["types"], endpoint["channels"], endpoint["brandRef"], endpoint["enabled"]) == ([], [], None, True)
    assert await api.read(made.headers["location"]) == endpoint
    assert await api.read_list(ENDPOINTS) == [endpoint]


@pytest.mark.parametrize("idempotency_key", [None, "k1"])
async def test_no_signing_secret_is_readable_at_rest(tmp_path: Path, idempotency_key: str | None) -> None:
    async with open_api(tmp_path) as api:
        made = [await api.create(ENDPOINTS, HOOK, idempotency_key=idempotency_key) for _ in range(2)]
        path = f"{ENDPOINTS}/{made[0]['id']}/rotate-secret"
        made += [await api.create(path, None, idempotency_key=idempotency_key) for _ in range(2)]
    written = bytes_of(tmp_path)
    assert made[0]["id"].encode() in written
    assert not [each for each in made if each["secret"].encode() in written]
    assert len({each["secret"] for each in made}) == (2 if idempotency_key else 4)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://93.184.215.14/hook", "URL_SCHEME"),
        ("ftp://93.184.215.14/hook", "URL_SCHEME"),
        ("https://user:secret@93.184.215.14/hook", "URL_USERINFO"),
        ("https://93.184.215.14:22/hook", "URL_PORT"),
        ("https://10.0.0.1/hook", "ADDRESS_NOT_PUBLIC"),
        ("https://[::ffff:169.254.169.254]/", "ADDRESS_NOT_PUBLIC"),
        ("not a url", "URL_SCHEME"),
    ],
)
async def test_an_address_that_may_not_be_called_is_refused(api: ApiHarness, url: str, code: str) -> None:
    endpoint = await create_endpoint(api)
    expect_errors(await api.post(ENDPOINTS, {"url": url}), ("/url", code))
    expect_errors(await api.patch(f"{ENDPOINTS}/{endpoint['id']}", {"url": url}), ("/url", code))


async def test_a_loopback_address_is_for_development_only(tmp_path: Path) -> None:
    keys = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"
    for status, settings in ((201, {}), (422, {"environment": "production", "secret_keys": keys})):
        async with open_api(tmp_path / str(status), **settings) as api:
            assert (await api.post(ENDPOINTS, {"url": "http://127.0.0.1:9/hook"})).status_code == status


async def test_an_endpoint_is_changed_in_part_and_deleted(api: ApiHarness) -> None:
    endpoint = await create_endpoint(api, types=["content.completed"], channels=["bluesky"])
    path = f"{ENDPOINTS}/{endpoint['id']}"
    changed = (await api.patch(path, {"enabled": False, "types": None})).json()
    assert (changed["enabled"], changed["disabledReason"]) == (False, "BY_HAND")
    assert (changed["types"], changed["channels"]) == ([], ["bluesky"])
    assert (await api.patch(path, {"enabled": True})).json()["disabledReason"] is None
    expect_errors(await api.patch(path, {"url": None}), "/url")
    assert (await api.delete(path)).status_code == 204
    assert [(await api.request(method, path)).status_code for method in ("GET", "DELETE")] == [404, 404]


async def test_a_test_event_is_signed_and_its_result_is_answered(api: ApiHarness) -> None:
    async with subscriber(204) as hook:
        endpoint = await create_endpoint(api, url=hook.url, types=["content.completed"], enabled=False)
        delivery = await api.create(f"{ENDPOINTS}/{endpoint['id']}/test", None)
    assert (delivery["status"], delivery["eventType"]) == ("delivered", "webhook.test")
    assert delivery["waitsForEndpoint"] is False, "it has arrived, though its endpoint is disabled"
    [attempt] = delivery["attemptLog"]
    assert (attempt["number"], attempt["statusCode"], attempt["error"]) == (1, 204, None)
    [(headers, body)] = hook.requests
    event = verify(body, headers, endpoint["secret"], now=START)
    assert (event["id"], event["type"], event["contentId"]) == (delivery["eventId"], "webhook.test", None)


async def test_a_failed_test_event_is_not_retried(api: ApiHarness) -> None:
    async with subscriber(500) as hook:
        endpoint = await create_endpoint(api, url=hook.url)
        delivery = await api.create(f"{ENDPOINTS}/{endpoint['id']}/test", None)
    assert (delivery["status"], delivery["nextAttemptAt"]) == ("exhausted", None)
    [attempt] = delivery["attemptLog"]
    assert (attempt["statusCode"], attempt["responseHead"]) == (500, "hi")
    assert (await api.read(f"{ENDPOINTS}/{endpoint['id']}"))["failingSince"] is None


@pytest.mark.each_database
async def test_a_delivery_to_a_disabled_endpoint_says_that_it_waits_for_it(api: ApiHarness) -> None:
    endpoint, delivery_id = await failed_delivery(api)
    path = f"{ENDPOINTS}/{endpoint['id']}"
    expected = {"status": "pending", "nextAttemptAt": None, "waitsForEndpoint": True}
    assert (await api.patch(path, {"enabled": False})).status_code == 200
    [listed] = await api.read_list(f"{DELIVERIES}?endpointId={endpoint['id']}")
    one = await api.read(f"{DELIVERIES}/{delivery_id}")
    assert [each | expected for each in (listed, one)] == [listed, one]
    async with api.dashboard(api.admin_key) as dashboard:
        assert "It waits: the endpoint is disabled" in await dashboard.page(f"/webhooks/deliveries/{delivery_id}")
    assert (await api.patch(path, {"enabled": True})).status_code == 200
    sent = await api.read(f"{DELIVERIES}/{delivery_id}")
    assert (sent["nextAttemptAt"], sent["waitsForEndpoint"]) == ("2026-12-01T09:00:00Z", False)


async def test_deliveries_are_listed_with_every_attempt(api: ApiHarness) -> None:
    endpoint, delivery_id = await failed_delivery(api)
    [delivery] = await api.read_list(f"{DELIVERIES}?endpointId={endpoint['id']}&status=pending")
    assert (delivery["id"], delivery["attempts"], delivery["eventType"]) == (delivery_id, 1, "content.accepted")
    assert datetime.fromisoformat(delivery["nextAttemptAt"]) > START
    assert delivery["attemptLog"][0] | {"responseHead": ""} == {
        "number": 1, "at": "2026-12-01T09:00:00Z", "durationMs": 3, "statusCode": 500,
        "error": "HTTP_STATUS: 500", "responseHead": "",
    }  # fmt: skip
    assert await api.read_list(f"{DELIVERIES}?eventId={delivery['eventId']}") == [delivery]
    assert await api.read_list(f"{DELIVERIES}?status=delivered") == []


async def test_a_delivery_is_resent_at_once(api: ApiHarness) -> None:
    endpoint, delivery_id = await failed_delivery(api)
    path = f"{DELIVERIES}/{delivery_id}/redeliver"
    again = await api.post(path)
    assert (again.status_code, again.json()["status"], again.json()["attempts"]) == (202, "pending", 1)
    store = DeliveryStore(api.services.database, api.services.keyring)
    due = await store.take(endpoint["id"], api.clock.now() + timedelta(seconds=1), 10)
    assert [each.delivery_id for each in due] == [delivery_id]
    await api.patch(f"{ENDPOINTS}/{endpoint['id']}", {"enabled": False})
    expect_problem(await api.post(path), 409, "ENDPOINT_DISABLED")
    await api.delete(f"{ENDPOINTS}/{endpoint['id']}")
    expect_problem(await api.post(path), 404)


async def test_a_range_is_replayed_under_the_same_event_ids(api: ApiHarness) -> None:
    await api.seed.account()
    endpoint = await create_endpoint(api, brandRef="acme", types=["account.connected"])
    path = f"{ENDPOINTS}/{endpoint['id']}/replay"
    span = {"since": (START - timedelta(hours=1)).isoformat(), "until": (START + timedelta(hours=1)).isoformat()}
    answers = [await api.post(path, span, idempotency_key=key) for key in ("r1", "r1", "r2")]
    assert [(each.status_code, each.json()) for each in answers] == [(202, {"replayed": 1, "nextSince": None})] * 3
    # Asked again, it is the same replay.
    [place] = {each.headers["location"] for each in answers}
    running = await api.read(place)
    assert (running["status"], running["only"], running["total"]) == ("running", "all", 1)
    await RecoveryStore(api.services.database).step_all(api.clock.now())
    [delivery] = await api.read_list(f"{DELIVERIES}?endpointId={endpoint['id']}")
    [event] = await api.seed.events(EventType.ACCOUNT_CONNECTED)
    assert delivery["eventId"] == event.id
    assert (await api.post(path, span | {"types": ["content.completed"]})).json()["replayed"] == 0
    assert (await api.post(path, {"since": span["until"], "until": span["since"]})).status_code == 422


async def test_an_endpoint_that_a_key_for_one_brand_creates_belongs_to_that_brand(api: ApiHarness) -> None:
    key = await api.key(Scope.WEBHOOKS_WRITE, Scope.WEBHOOKS_READ, brand_ref="rival")
    assert (await api.create(ENDPOINTS, HOOK, key=key))["brandRef"] == "rival"
    of_all_brands = await create_endpoint(api)
    assert (await api.get(f"{ENDPOINTS}/{of_all_brands['id']}", key=key)).status_code == 404


@pytest.mark.parametrize(
    ("scopes", "payload"),
    [
        ((Scope.WEBHOOKS_WRITE,), "thin"),
        ((Scope.WEBHOOKS_WRITE, Scope.WEBHOOKS_READ, Scope.CONTENTS_WRITE), "thin"),
        ((Scope.WEBHOOKS_WRITE, Scope.CONTENTS_READ), "full"),
        ((Scope.ADMIN,), "full"),
    ],
)
async def test_an_endpoint_gets_what_its_key_may_read(
    api: ApiHarness, server: Subscriber, scopes: tuple[Scope, ...], payload: str
) -> None:
    key = await api.key(*scopes)
    made = await api.create(ENDPOINTS, {"url": server.url}, key=key)
    assert made["payload"] == payload
    asked = await api.post(ENDPOINTS, {"url": server.url, "payload": "full"}, key=key)
    changed = await api.patch(f"{ENDPOINTS}/{made['id']}", {"payload": "full"}, key=key)
    if payload == "full":
        assert (asked.status_code, changed.status_code) == (201, 200)
        return
    for answer in (asked, changed):
        [error] = expect_errors(answer, ("/payload", "SCOPE_MISSING"))
        assert (error["rule"], error["limit"], error["actual"]) == ("scope_missing", "thin", "full")
        assert "contents:read" in error["message"]


async def test_a_full_endpoint_becomes_thin_when_a_key_without_the_scope_changes_its_url(
    api: ApiHarness, server: Subscriber
) -> None:
    made, weak = await api.create(ENDPOINTS, {"url": server.url}), await api.key(Scope.WEBHOOKS_WRITE)
    path = f"{ENDPOINTS}/{made['id']}"
    kept = await api.patch(path, {"description": "d", "url": server.url, "payload": "full"}, key=weak)
    assert (kept.status_code, kept.json()["payload"]) == (200, "full")
    moved = await api.patch(path, {"url": f"{server.url}/elsewhere", "payload": "full"}, key=weak)
    assert (moved.status_code, moved.json()["payload"]) == (200, "thin")
    back = (await api.patch(path, {"payload": "full"})).json()
    assert (back["payload"], back["createdByKey"]) == ("full", made["createdByKey"])


async def test_a_thin_event_has_no_text(api: ApiHarness) -> None:
    content = await api.submit(text="CANARY of a text", clientRef="cms-1")
    async with api.services.database.read() as session:
        row = (await session.exec(select(EventRow).order_by(col(EventRow.id)).limit(1))).one()
    full, thin = json.loads(event_body(row)), json.loads(event_body(row, Payload.THIN))
    assert ("CANARY" in json.dumps(full), "CANARY" in json.dumps(thin)) == (True, False)
    assert full | {"data": {}} == thin | {"data": {}}
    assert thin["contentId"] == content["id"]
    assert set(full["data"]) - set(thin["data"]) == {"content", "publication"}


async def test_an_answer_with_a_secret_is_replayed_to_its_own_key_only(api: ApiHarness, server: Subscriber) -> None:
    strong, weak = await api.key(Scope.WEBHOOKS_WRITE, Scope.CONTENTS_READ), await api.key(Scope.WEBHOOKS_WRITE)
    body = {"url": server.url, "brandRef": "acme"}
    first, again, other = [
        await api.post(ENDPOINTS, body, key=key, idempotency_key="hook-1") for key in (strong, strong, weak)
    ]
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert other.json()["secret"] != first.json()["secret"]
    assert (other.json()["payload"], "idempotent-replayed" in other.headers) == ("thin", False)


@pytest.mark.each_database
async def test_the_limit_on_deliveries_refuses_no_post(api: ApiHarness) -> None:
    await failed_delivery(api, times=3)
    await api.limit(webhookDeliveriesPerMonth=0)
    assert (await api.validate())["valid"]
    await api.submit()
    # Three attempts at one delivery are one delivery.
    assert (await api.usage())["webhookDeliveries"] == {"used": 1, "limit": 0, "remaining": 0, "deferred": 0}


@pytest.mark.each_database
async def test_the_limit_on_deliveries_refuses_tests_replays_and_redeliveries(api: ApiHarness) -> None:
    endpoint, delivery_id = await failed_delivery(api)
    await api.limit(webhookDeliveriesPerMonth=1)
    redeliver = f"{DELIVERIES}/{delivery_id}/redeliver"
    for path, body in (
        (f"{ENDPOINTS}/{endpoint['id']}/test", None),
        (f"{ENDPOINTS}/{endpoint['id']}/replay", {"since": "2026-11-01T00:00:00Z"}),
        (redeliver, None),
    ):
        expect_quota_exceeded(await api.post(path, body), "webhookDeliveriesPerMonth")
    await api.limit(webhookDeliveriesPerMonth=2)
    assert (await api.post(redeliver)).status_code == 202


async def test_a_test_event_counts_for_the_brand_of_its_endpoint(api: ApiHarness, server: Subscriber) -> None:
    for brand_ref in ("acme", None):
        made = await create_endpoint(api, url=server.url, brandRef=brand_ref)
        assert (await api.create(f"{ENDPOINTS}/{made['id']}/test", None))["status"] == "delivered"
    used = [(await api.usage(brand_ref))["webhookDeliveries"]["used"] for brand_ref in ("acme", "rival")]
    assert used == [1, 0]
