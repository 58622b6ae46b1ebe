"""Webhook endpoints as the dashboard shows them: health, deliveries with every try, and never a secret."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from munadi.domain.event import EventType
from munadi.domain.key import Scope
from tests.api.browsing import Visitor, visiting
from tests.api.door import Door, subscriber
from tests.api.markup import faults

SHOWN = 'class="delivery"'
HOOK = {"url": "https://93.184.215.14/hook"}


@pytest.fixture
async def visitor(door: Door) -> AsyncIterator[Visitor]:
    async with visiting(door.app, door.admin_key) as signed_in:
        yield signed_in


async def created(door: Door, **changes: Any) -> dict[str, Any]:
    answer = await door.ask("POST", "/v1/webhooks/endpoints", json=HOOK | changes)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_endpoints_are_listed_without_their_secrets(door: Door, visitor: Visitor) -> None:
    assert "No endpoints yet" in await visitor.page("/webhooks")
    made = await created(door, brandRef="acme", types=["content.completed"], description="<CMS>")
    for path in ("/webhooks", f"/webhooks/{made['id']}"):
        page = await visitor.page(path)
        assert faults(page) == []
        assert made["secret"] not in page
        assert "&lt;CMS&gt;" in page
        assert "content.completed" in page
    page = await visitor.page("/webhooks")
    assert [kind for kind in EventType if f'value="{kind}"' not in page] == []


async def test_health_is_in_words(door: Door, visitor: Visitor) -> None:
    made = await created(door)
    path = f"/v1/webhooks/endpoints/{made['id']}"
    assert "Send test event" in await visitor.page(f"/webhooks/{made['id']}")
    await door.ask("PATCH", path, json={"enabled": False})
    page = await visitor.page(f"/webhooks/{made['id']}")
    assert "Endpoint: </span>disabled<" in page
    assert '{"enabled": true}' in page.replace("&#34;", '"')


async def test_a_delivery_shows_every_try_and_what_came_back(door: Door, visitor: Visitor) -> None:
    async with subscriber(500, 204) as receiver:
        made = await created(door, url=receiver.url)
        await door.ask("POST", f"/v1/webhooks/endpoints/{made['id']}/test")
        page = await visitor.page(f"/webhooks/{made['id']}")
    assert faults(page) == []
    for words in ("webhook.test", "HTTP 500", "Try 1", "Response", ">hi</pre>", "1 try", "/redeliver"):
        assert words in page, words


async def test_deliveries_are_filtered_by_status(door: Door, visitor: Visitor) -> None:
    async with subscriber(204) as receiver:
        made = await created(door, url=receiver.url)
        await door.ask("POST", f"/v1/webhooks/endpoints/{made['id']}/test")
    assert SHOWN in await visitor.page(f"/webhooks/{made['id']}?status=delivered")
    assert SHOWN not in await visitor.page(f"/webhooks/{made['id']}?status=pending")
    assert SHOWN in await visitor.page(f"/webhooks/{made['id']}?status=")
    assert (await visitor.client.get(f"/webhooks/{made['id']}?status=lost")).status_code == 422


async def test_who_may_only_read_is_offered_nothing_and_others_are_not_there(door: Door) -> None:
    made = await created(door, brandRef="acme")
    scopes = (Scope.WEBHOOKS_READ, Scope.CONTENTS_READ)
    async with visiting(door.app, await door.key(*scopes, brand_ref="acme")) as reader:
        page = await reader.page(f"/webhooks/{made['id']}")
        for words in ("data-action", "data-test", "data-rotate", 'id="replay"'):
            assert words not in page, words
        assert 'id="create"' not in await reader.page("/webhooks")
    async with visiting(door.app, await door.key(*scopes, brand_ref="rival")) as rival:
        answer = await rival.client.get(f"/webhooks/{made['id']}")
        assert (answer.status_code, made["url"] in answer.text) == (404, False)
        assert made["url"] not in await rival.page("/webhooks")
