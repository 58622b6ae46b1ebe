"""Webhooks: a guarded URL, a secret shown once, a test that answers, deliveries that can be sent again."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.domain.delivery import Attempted
from munadi.domain.event import EventType
from munadi.domain.key import Scope
from munadi.webhooks.signing import verify
from tests.api.door import Door, bytes_of, open_door, subscriber
from tests.db.seeding import BROKEN, START

ENDPOINTS = "/v1/webhooks/endpoints"
HOOK = {"url": "https://93.184.215.14/hook"}


async def created(door: Door, **changes: Any) -> dict[str, Any]:
    answer = await door.ask("POST", ENDPOINTS, json=HOOK | changes)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


async def test_an_endpoint_shows_its_secret_once(door: Door) -> None:
    made = await door.ask("POST", ENDPOINTS, json=HOOK)
    endpoint = made.json()
    secret = endpoint.pop("secret")
    assert secret.startswith("whsec_")
    assert (endpoint["types"], endpoint["channels"], endpoint["brandRef"], endpoint["enabled"]) == ([], [], None, True)
    assert (await door.ask("GET", made.headers["location"])).json() == endpoint
    assert (await door.ask("GET", ENDPOINTS)).json()["data"] == [endpoint]


@pytest.mark.parametrize("repeatable", [{}, {"Idempotency-Key": "k1"}])
async def test_no_signing_secret_is_readable_at_rest(tmp_path: Path, repeatable: dict[str, str]) -> None:
    async with open_door(tmp_path) as door:
        made = [(await door.ask("POST", ENDPOINTS, json=HOOK, headers=repeatable)).json() for _ in range(2)]
        path = f"{ENDPOINTS}/{made[0]['id']}/rotate-secret"
        made += [(await door.ask("POST", path, headers=repeatable)).json() for _ in range(2)]
    written = bytes_of(tmp_path)
    assert made[0]["id"].encode() in written
    assert not [each for each in made if each["secret"].encode() in written]
    assert len({each["secret"] for each in made}) == (2 if repeatable else 4)


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
async def test_an_address_that_may_not_be_called_is_refused(door: Door, url: str, code: str) -> None:
    endpoint = await created(door)
    for answer in (
        await door.ask("POST", ENDPOINTS, json={"url": url}),
        await door.ask("PATCH", f"{ENDPOINTS}/{endpoint['id']}", json={"url": url}),
    ):
        assert answer.status_code == 422
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/url", code)]


async def test_loopback_is_for_development_only(tmp_path: Path) -> None:
    local = {"url": "http://127.0.0.1:9/hook"}
    async with open_door(tmp_path / "a") as door:
        assert (await door.ask("POST", ENDPOINTS, json=local)).status_code == 201
    keys = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"
    async with open_door(tmp_path / "b", environment="production", secret_keys=keys) as door:
        assert (await door.ask("POST", ENDPOINTS, json=local)).status_code == 422


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"types": ["content.exploded"]}, "/types/0"),
        ({"channels": ["myspace"]}, "/channels/0"),
        ({"brandRef": "nobody"}, "/brandRef"),
        ({"description": "x" * 501}, "/description"),
    ],
)
async def test_what_is_wrong_is_pointed_at(door: Door, change: dict[str, Any], pointer: str) -> None:
    answer = await door.ask("POST", ENDPOINTS, json=HOOK | change)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_an_endpoint_is_changed_in_part_and_deleted(door: Door) -> None:
    endpoint = await created(door, types=["content.completed"], channels=["bluesky"])
    path = f"{ENDPOINTS}/{endpoint['id']}"
    changed = (await door.ask("PATCH", path, json={"enabled": False, "types": None})).json()
    assert (changed["enabled"], changed["disabledReason"]) == (False, "BY_HAND")
    assert (changed["types"], changed["channels"]) == ([], ["bluesky"])
    assert (await door.ask("PATCH", path, json={"enabled": True})).json()["disabledReason"] is None
    assert (await door.ask("PATCH", path, json={"url": None})).status_code == 422
    assert (await door.ask("DELETE", path)).status_code == 204
    assert [(await door.ask(method, path)).status_code for method in ("GET", "DELETE")] == [404, 404]


async def test_a_test_event_is_sent_signed_and_its_answer_told(door: Door) -> None:
    async with subscriber(204) as hook:
        endpoint = await created(door, url=hook.url, types=["content.completed"], enabled=False)
        answer = await door.ask("POST", f"{ENDPOINTS}/{endpoint['id']}/test")
    delivery = answer.json()
    assert (answer.status_code, delivery["status"], delivery["eventType"]) == (200, "delivered", "webhook.test")
    [attempt] = delivery["attemptLog"]
    assert (attempt["number"], attempt["statusCode"], attempt["error"]) == (1, 204, None)
    [(headers, body)] = hook.requests
    event = verify(body, headers, endpoint["secret"])
    assert (event["id"], event["type"], event["contentId"]) == (delivery["eventId"], "webhook.test", None)


async def test_a_failed_test_is_told_and_not_tried_again(door: Door) -> None:
    async with subscriber(500) as hook:
        endpoint = await created(door, url=hook.url)
        delivery = (await door.ask("POST", f"{ENDPOINTS}/{endpoint['id']}/test")).json()
    assert (delivery["status"], delivery["nextAttemptAt"]) == ("exhausted", None)
    assert delivery["attemptLog"][0]["statusCode"] == 500
    assert delivery["attemptLog"][0]["responseHead"] == "hi"
    assert (await door.ask("GET", f"{ENDPOINTS}/{endpoint['id']}")).json()["failingSince"] is None


async def failed_delivery(door: Door) -> tuple[dict[str, Any], str]:
    """An endpoint of `acme` and its delivery of `account.connected`, tried once in vain."""
    endpoint = await created(door, brandRef="acme")
    await door.seed.account()
    store = DeliveryStore(door.services.database, door.services.keyring)
    [due] = await store.take(endpoint["id"], START, 10)
    await store.record(endpoint["id"], "me", [Attempted(due.delivery_id, BROKEN, START)], [], START)
    return endpoint, due.delivery_id


async def test_deliveries_are_listed_with_every_try(door: Door) -> None:
    endpoint, delivery_id = await failed_delivery(door)
    listed = (await door.ask("GET", f"/v1/webhooks/deliveries?endpointId={endpoint['id']}&status=pending")).json()
    [delivery] = listed["data"]
    assert (delivery["id"], delivery["attempts"], delivery["eventType"]) == (delivery_id, 1, "account.connected")
    assert datetime.fromisoformat(delivery["nextAttemptAt"]) > START
    assert delivery["attemptLog"][0] | {"responseHead": ""} == {
        "number": 1,
        "at": "2026-12-01T09:00:00Z",
        "durationMs": 3,
        "statusCode": 500,
        "error": "HTTP_STATUS: 500",
        "responseHead": "",
    }
    found = await door.ask("GET", f"/v1/webhooks/deliveries?eventId={delivery['eventId']}")
    assert found.json()["data"] == [delivery]
    assert (await door.ask("GET", "/v1/webhooks/deliveries?status=delivered")).json()["data"] == []


async def test_a_delivery_is_sent_again_at_once(door: Door) -> None:
    endpoint, delivery_id = await failed_delivery(door)
    path = f"/v1/webhooks/deliveries/{delivery_id}/redeliver"
    again = await door.ask("POST", path)
    assert (again.status_code, again.json()["status"], again.json()["attempts"]) == (202, "pending", 1)
    store = DeliveryStore(door.services.database, door.services.keyring)
    due = await store.take(endpoint["id"], door.clock.now() + timedelta(seconds=1), 10)
    assert [each.delivery_id for each in due] == [delivery_id]
    await door.ask("PATCH", f"{ENDPOINTS}/{endpoint['id']}", json={"enabled": False})
    refused = await door.ask("POST", path)
    assert (refused.status_code, refused.json()["code"]) == (409, "ENDPOINT_DISABLED")
    await door.ask("DELETE", f"{ENDPOINTS}/{endpoint['id']}")
    assert (await door.ask("POST", path)).status_code == 404


async def test_a_range_is_replayed_under_the_same_event_ids(door: Door) -> None:
    await door.seed.account()
    endpoint = await created(door, brandRef="acme", types=["account.connected"])
    path = f"{ENDPOINTS}/{endpoint['id']}/replay"
    span = {"since": (START - timedelta(hours=1)).isoformat(), "until": (START + timedelta(hours=1)).isoformat()}
    answers = [await door.ask("POST", path, json=span, headers={"Idempotency-Key": "r1"}) for _ in range(2)]
    assert [(a.status_code, a.json()) for a in answers] == [(202, {"replayed": 1, "nextSince": None})] * 2
    [delivery] = (await door.ask("GET", f"/v1/webhooks/deliveries?endpointId={endpoint['id']}")).json()["data"]
    [event] = await door.seed.events(EventType.ACCOUNT_CONNECTED)
    assert delivery["eventId"] == event.id
    nothing = await door.ask("POST", path, json=span | {"types": ["content.completed"]})
    assert nothing.json()["replayed"] == 0
    backwards = await door.ask("POST", path, json={"since": span["until"], "until": span["since"]})
    assert backwards.status_code == 422


async def test_what_a_key_for_one_brand_makes_hears_of_that_brand(door: Door) -> None:
    key = await door.key(Scope.WEBHOOKS_WRITE, Scope.WEBHOOKS_READ, brand_ref="rival")
    made = await door.ask("POST", ENDPOINTS, key=key, json=HOOK)
    assert made.json()["brandRef"] == "rival"
    everybodys = await created(door)
    assert (await door.ask("GET", f"{ENDPOINTS}/{everybodys['id']}", key=key)).status_code == 404
