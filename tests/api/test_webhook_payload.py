"""A key that may not read posts does not receive their texts through a webhook either."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlmodel import col, select

from munadi.db.events.notify import event_body
from munadi.db.tables import EventRow
from munadi.domain.key import Scope
from munadi.domain.webhook import Payload
from tests.api.desk import Desk
from tests.api.door import Door, Subscriber, subscriber

HOOKS = "/v1/webhooks/endpoints"


@pytest.fixture
async def server() -> AsyncIterator[Subscriber]:
    async with subscriber() as made:
        yield made


async def endpoint(door: Door, server: Subscriber, key: str, **fields: Any) -> dict[str, Any]:
    answer = await door.ask("POST", HOOKS, key=key, json={"url": server.url, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


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
    door: Door, server: Subscriber, scopes: tuple[Scope, ...], payload: str
) -> None:
    key = await door.key(*scopes)
    made = await endpoint(door, server, key)
    assert made["payload"] == payload
    asked = await door.ask("POST", HOOKS, key=key, json={"url": server.url, "payload": "full"})
    changed = await door.ask("PATCH", f"{HOOKS}/{made['id']}", key=key, json={"payload": "full"})
    if payload == "full":
        assert (asked.status_code, changed.status_code) == (201, 200)
        return
    for answer in (asked, changed):
        assert (answer.status_code, answer.json()["errors"][0] | {"message": ""}) == (422, {
            "pointer": "/payload", "code": "SCOPE_MISSING", "message": "", "channel": None, "rule": "scope_missing",
            "limit": "thin", "actual": "full",
        })  # fmt: skip
        assert "contents:read" in answer.json()["errors"][0]["message"]


async def test_a_full_endpoint_that_is_pointed_elsewhere_by_such_a_key_becomes_thin(
    door: Door, server: Subscriber
) -> None:
    made, weak = await endpoint(door, server, door.admin_key), await door.key(Scope.WEBHOOKS_WRITE)
    path = f"{HOOKS}/{made['id']}"
    kept = await door.ask("PATCH", path, key=weak, json={"description": "d", "url": server.url, "payload": "full"})
    assert (kept.status_code, kept.json()["payload"]) == (200, "full")
    moved = await door.ask("PATCH", path, key=weak, json={"url": f"{server.url}/elsewhere", "payload": "full"})
    assert (moved.status_code, moved.json()["payload"]) == (200, "thin")
    back = await door.ask("PATCH", path, json={"payload": "full"})
    assert (back.json()["payload"], back.json()["createdByKey"]) == ("full", made["createdByKey"])


async def test_a_thin_event_says_what_happened_and_no_text(small_desk: Desk) -> None:
    content = await small_desk.accept(text="CANARY of a text", clientRef="cms-1")
    async with small_desk.services.database.read() as session:
        row = (await session.exec(select(EventRow).order_by(col(EventRow.id)).limit(1))).one()
    full, thin = json.loads(event_body(row)), json.loads(event_body(row, Payload.THIN))
    assert "CANARY" in json.dumps(full)
    assert "CANARY" not in json.dumps(thin)
    assert full | {"data": {}} == thin | {"data": {}}
    assert thin["contentId"] == content["id"]
    assert set(full["data"]) - set(thin["data"]) == {"content", "publication"}


async def test_an_answer_with_a_secret_is_repeated_to_its_key_alone(door: Door, server: Subscriber) -> None:
    keys = [await door.key(Scope.WEBHOOKS_WRITE, Scope.CONTENTS_READ), await door.key(Scope.WEBHOOKS_WRITE)]
    body, header = {"url": server.url, "brandRef": "acme"}, {"Idempotency-Key": "hook-1"}
    first, again, other = [
        await door.ask("POST", HOOKS, key=key, json=body, headers=header) for key in (keys[0], keys[0], keys[1])
    ]
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert other.json()["secret"] != first.json()["secret"]
    assert (other.json()["payload"], "idempotent-replayed" in other.headers) == ("thin", False)
