"""What an endpoint can choose, a delivery read whole, and the recovery of missed events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.recoveries import RecoveryStore
from munadi.domain.delivery import Attempted
from munadi.domain.key import Scope
from munadi.webhooks.signing import verify
from tests.api.endpoints import DELIVERIES, ENDPOINTS, HOOK, create_endpoint, failed_delivery
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors, expect_problem
from tests.api.servers import Subscriber, subscriber
from tests.db.seeding import OK, START


@pytest.fixture
async def server() -> AsyncIterator[Subscriber]:
    async with subscriber() as made:
        yield made


async def test_a_delivery_shows_its_newest_request_as_it_was_sent(api: ApiHarness, server: Subscriber) -> None:
    endpoint = await create_endpoint(api, url=server.url, brandRef="acme")
    listed = await api.create(f"{ENDPOINTS}/{endpoint['id']}/test", None)
    detail = await api.read(f"{DELIVERIES}/{listed['id']}")
    [(headers, body)] = server.requests
    sent = detail.pop("request")
    assert detail == listed
    assert (sent["url"], sent["body"].encode()) == (server.url, body)
    assert sent["headers"].items() <= headers.items()
    assert verify(sent["body"].encode(), sent["headers"], endpoint["secret"], now=START)["id"] == listed["eventId"]


async def test_a_delivery_has_no_request_before_its_first_attempt(api: ApiHarness) -> None:
    _, delivery_id = await failed_delivery(api, times=0)
    assert (await api.read(f"{DELIVERIES}/{delivery_id}"))["request"] is None


@pytest.mark.parametrize("payload", ["full", "thin"])
async def test_a_key_that_may_not_read_posts_sees_no_full_body(
    api: ApiHarness, server: Subscriber, payload: str
) -> None:
    endpoint = await create_endpoint(api, url=server.url, brandRef="acme", payload=payload)
    delivery = await api.create(f"{ENDPOINTS}/{endpoint['id']}/test", None)
    key = await api.key(Scope.WEBHOOKS_READ)
    request = (await api.read(f"{DELIVERIES}/{delivery['id']}", key=key))["request"]
    assert (request["url"], request["body"] is None) == (server.url, payload == "full")


async def test_an_endpoint_keeps_what_it_chose(api: ApiHarness) -> None:
    chosen = {"ordering": "content", "maxPerSecond": 5, "headers": {"Authorization": "Bearer s", "x-env": "prod"}}
    shown = chosen | {"headers": {"Authorization": "***", "x-env": "prod"}}
    made = await create_endpoint(api, **chosen)
    path = f"{ENDPOINTS}/{made['id']}"
    assert (await api.read(path)).items() >= (shown | {"signature": "v1", "publicKey": None}).items()
    back = {"ordering": "none", "maxPerSecond": None, "headers": None}
    assert (await api.patch(path, back)).json().items() >= (back | {"headers": {}}).items()
    expect_errors(await api.patch(path, {"ordering": None}), "/ordering")
    expect_errors(await api.patch(path, {"maxPerSecond": 0}), "/maxPerSecond")
    for refused in (
        await api.patch(path, {"headers": {"Host": "x"}}),
        await api.post(ENDPOINTS, HOOK | {"headers": {"Host": "x"}}),
    ):
        expect_errors(refused, ("/headers/Host", "HEADER_REFUSED"))


async def test_a_v1a_endpoint_signs_with_a_key_that_only_munadi_has(api: ApiHarness, server: Subscriber) -> None:
    made = await create_endpoint(api, url=server.url, signature="v1a", headers={"x-env": "prod"})
    assert (made["publicKey"], made["publicKey"][:5]) == (made["secret"], "whpk_")
    path = f"{ENDPOINTS}/{made['id']}"
    await api.create(f"{path}/test", None)
    await api.create(f"{path}/rotate-secret", {"revokePrevious": True, "signature": "v1"})
    await api.create(f"{path}/test", None)
    (headers, body), (later, _) = server.requests
    assert verify(body, headers, made["publicKey"], now=START)["type"] == "webhook.test"
    assert headers["x-env"] == "prod"
    assert [each["webhook-signature"].partition(",")[0] for each in (headers, later)] == ["v1a", "v1"]
    assert " " not in later["webhook-signature"]


async def test_missed_events_are_recovered_with_progress(api: ApiHarness) -> None:
    await api.submit()
    endpoint = await create_endpoint(api, brandRef="acme", types=["content.accepted"])
    path, since = f"{ENDPOINTS}/{endpoint['id']}/recover", {"since": START.isoformat()}
    api.clock.ahead = timedelta(minutes=1)
    started = await api.post(path, since | {"only": "missed"}, idempotency_key="once")
    recovery = started.json()
    assert (started.status_code, recovery["status"], recovery["total"], recovery["sent"]) == (202, "running", 1, 0)
    assert await api.read(started.headers["location"]) == recovery
    assert (await api.post(path, since | {"only": "missed"}, idempotency_key="once")).json() == recovery
    now = api.clock.now()
    await RecoveryStore(api.services.database).step_all(now)
    store = DeliveryStore(api.services.database, api.services.keyring)
    [due] = await store.take(endpoint["id"], now, 10)
    await store.record(endpoint["id"], "me", [Attempted(due.delivery_id, OK, now)], [], now)
    await RecoveryStore(api.services.database).step_all(now)
    ended = await api.read(started.headers["location"])
    assert (ended["status"], ended["sent"], ended["total"]) == ("done", 1, 1)
    assert (await api.post(path, since)).json()["total"] == 0
    expect_errors(await api.post(path, since | {"only": "all"}), "/only")
    expect_errors(await api.post(path, since | {"until": START.isoformat()}), ("/since", "RANGE_EMPTY"))
    await api.patch(f"{ENDPOINTS}/{endpoint['id']}", {"enabled": False})
    expect_problem(await api.post(path, since), 409, "ENDPOINT_DISABLED")
