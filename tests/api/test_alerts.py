"""Alerts over the API, and the loop that sends them: what is said, when, and that nothing is lost."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from munadi.alerts import store
from munadi.alerts.sending import AlertSender
from munadi.db.events.log import number_events
from munadi.db.tables import AlertRow
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus
from tests.api.harness import ApiHarness, later
from tests.api.problems import expect_errors, expect_problem
from tests.api.servers import Subscriber, subscriber
from tests.db.seeding import TIMES
from worker.alerting import AlertLoop

ALERTS = "/v1/alerts"
FAILED = (PublicationStatus.QUEUED, PublicationStatus.PUBLISHING, PublicationStatus.FAILED)


@pytest.fixture
async def server() -> AsyncIterator[Subscriber]:
    async with subscriber(200) as made:
        yield made


@pytest.fixture
def loop(api: ApiHarness) -> AlertLoop:
    found = api.services
    sender = AlertSender.of(found.settings)
    return AlertLoop(found.database, found.keyring, sender, api.clock, "https://munadi.example")


async def create(api: ApiHarness, server: Subscriber, **fields: Any) -> dict[str, Any]:
    return await api.create(ALERTS, {"url": server.url.replace("http", "json", 1), "brandRef": "acme", **fields})


async def failure(api: ApiHarness) -> str:
    """A post of acme that failed; its id."""
    content = await api.submit()
    await api.move(content["id"], *FAILED)
    await number_events(api.services.database)
    return str(content["id"])


def said(server: Subscriber) -> list[dict[str, str]]:
    return [json.loads(body) for _, body in server.requests]


async def test_an_alert_is_made_read_changed_and_deleted(api: ApiHarness, server: Subscriber) -> None:
    quiet = {"since": "22:00", "until": "07:00"}
    made = await create(api, server, types=["failed"], quietHours=quiet, digest="daily")
    assert made["id"].startswith("alr_")
    assert (made["service"], made["types"], made["quietHours"], made["digest"]) == ("JSON", ["failed"], quiet, "daily")
    assert "/hook" not in json.dumps(made).replace(made["shown"], "")
    path = f"{ALERTS}/{made['id']}"
    assert await api.read(path) == made
    assert [each["id"] for each in (await api.read(ALERTS))["data"]] == [made["id"]]
    changed = (await api.patch(path, {"quietHours": None, "types": []})).json()
    log = await api.read_list("/v1/audit", params={"target": made["id"]})
    assert [entry["action"] for entry in log] == ["alert.updated", "alert.created"]
    assert (changed["quietHours"], changed["types"], changed["digest"]) == (None, [], "daily")
    assert (await api.delete(path)).status_code == 204
    expect_problem(await api.get(path), 404)


async def test_what_is_wrong_is_named_and_nothing_is_stored(api: ApiHarness) -> None:
    given = {"url": "nonsense://x", "brandRef": "nobody", "quietHours": {"since": "07:00", "until": "07:00"}}
    answer = await api.post(ALERTS, given)
    expect_errors(
        answer, ("/brandRef", "BRAND_UNKNOWN"), ("/url", "ALERT_URL_UNKNOWN"), ("/quietHours", "QUIET_HOURS_EMPTY")
    )
    assert (await api.read(ALERTS))["data"] == []


async def test_an_alert_of_another_brand_is_not_there(api: ApiHarness, server: Subscriber) -> None:
    made = await create(api, server)
    key = await api.key(Scope.WEBHOOKS_READ, Scope.WEBHOOKS_WRITE, brand_ref="rival")
    for method, path, body in (
        ("GET", made["id"], None),
        ("PATCH", made["id"], {"types": []}),
        ("DELETE", made["id"], None),
        ("POST", f"{made['id']}/test", None),
    ):
        expect_problem(await api.request(method, f"{ALERTS}/{path}", body, key=key), 404)
    assert (await api.read(ALERTS, key=key))["data"] == []
    assert server.requests == []


async def test_a_brand_has_twenty_alerts_at_most(api: ApiHarness, server: Subscriber) -> None:
    async with api.services.database.write() as session:
        for number in range(20):
            row = {"brand_ref": "acme", "service": "ntfy", "shown": "ntfy://x", "sealed": b"", "position": 0}
            session.add(AlertRow(id=f"alr_{number}", **row, **TIMES))
    answer = await api.post(ALERTS, {"url": server.url.replace("http", "json", 1), "brandRef": "acme"})
    expect_problem(answer, 409, "TOO_MANY_ALERTS")


async def test_a_test_message_is_sent_now_and_a_refusal_is_told(api: ApiHarness, server: Subscriber) -> None:
    made = await create(api, server, quietHours={"since": "00:00", "until": "23:59"})
    assert await api.create(f"{ALERTS}/{made['id']}/test", None) == {"sent": True, "error": None}
    async with subscriber(403) as refusing:
        other = await create(api, refusing)
        answer = await api.create(f"{ALERTS}/{other['id']}/test", None)
    assert answer["sent"] is False
    assert "403" in answer["error"]


async def test_a_failure_is_said_with_its_reason_and_what_to_do(
    api: ApiHarness, server: Subscriber, loop: AlertLoop
) -> None:
    await failure(api)  # before the alert: not said
    made = await create(api, server)
    content_id = await failure(api)
    await loop.round()
    [message] = said(server)
    assert message["title"] == "Munadi, acme: 1 failure"
    assert f"https://munadi.example/contents/{content_id}" in message["message"]
    assert "PROVIDER_OUTAGE" in message["message"]
    assert "Retry when" in message["message"]
    assert "hello" not in message["message"]
    assert (await api.read(f"{ALERTS}/{made['id']}"))["lastSentAt"] is not None
    await loop.round()
    assert len(server.requests) == 1


async def test_many_failures_are_one_message(api: ApiHarness, server: Subscriber, loop: AlertLoop) -> None:
    await create(api, server)
    for _ in range(23):
        await failure(api)
    await loop.round()
    [message] = said(server)
    assert message["title"] == "Munadi, acme: 20 failures, 3 more"
    assert message["message"].endswith("And 3 more: https://munadi.example/attention")
    await loop.round()
    assert len(server.requests) == 1


async def test_only_what_was_asked_for_is_said(api: ApiHarness, server: Subscriber, loop: AlertLoop) -> None:
    await create(api, server, types=["account", "endpoint"])
    await create(api, server, brandRef="rival")
    await failure(api)
    await loop.round()
    assert server.requests == []


async def test_quiet_hours_delay_what_happened(api: ApiHarness, server: Subscriber, loop: AlertLoop) -> None:
    await create(api, server, quietHours={"since": "08:00", "until": "10:00"})  # it is nine o'clock
    await failure(api)
    await loop.round()
    api.clock.ahead = timedelta(minutes=59)
    await loop.round()
    assert server.requests == []
    await failure(api)
    api.clock.ahead = timedelta(minutes=61)
    await loop.round()
    assert [each["title"] for each in said(server)] == ["Munadi, acme: 2 failures"]


async def test_a_paused_alert_says_nothing_of_the_pause_but_a_test(
    api: ApiHarness, server: Subscriber, loop: AlertLoop
) -> None:
    made = await create(api, server, enabled=False)
    path = f"{ALERTS}/{made['id']}"
    assert made["enabled"] is False
    await failure(api)
    await loop.round()
    assert server.requests == []
    assert (await api.create(f"{path}/test", None))["sent"] is True
    assert len(server.requests) == 1
    assert (await api.patch(path, {"enabled": True})).json()["enabled"] is True
    await loop.round()
    await failure(api)
    await loop.round()
    assert [each["title"] for each in said(server)[1:]] == ["Munadi, acme: 1 failure"]
    expect_errors(await api.patch(path, {"enabled": None}), ("/enabled", "INVALID_FIELD"))


async def test_a_pause_holds_back_what_was_about_to_be_sent(
    api: ApiHarness, server: Subscriber, loop: AlertLoop
) -> None:
    made = await create(api, server, quietHours={"since": "08:00", "until": "10:00"})  # it is nine o'clock
    await failure(api)
    await loop.round()
    await api.patch(f"{ALERTS}/{made['id']}", {"enabled": False})
    api.clock.ahead = timedelta(minutes=61)
    await loop.round()
    await api.patch(f"{ALERTS}/{made['id']}", {"enabled": True})
    await loop.round()
    assert server.requests == []
    await failure(api)
    await loop.round()
    assert [each["title"] for each in said(server)] == ["Munadi, acme: 1 failure"]


async def test_a_message_that_was_refused_is_sent_later(api: ApiHarness, loop: AlertLoop) -> None:
    async with subscriber(500, 200) as server:
        made = await create(api, server)
        await failure(api)
        await loop.round()
        shown = await api.read(f"{ALERTS}/{made['id']}")
        assert shown["lastError"] is not None
        assert shown["failingSince"] is not None
        await loop.round()
        assert len(server.requests) == 1
        api.clock.ahead = timedelta(seconds=31)
        await loop.round()
        assert len(server.requests) == 2
    shown = await api.read(f"{ALERTS}/{made['id']}")
    assert (shown["lastError"], shown["failingSince"]) == (None, None)


async def test_what_waits_goes_to_a_new_address(api: ApiHarness, server: Subscriber, loop: AlertLoop) -> None:
    async with subscriber(500) as broken:
        made = await create(api, broken)
        await failure(api)
        await loop.round()
    await api.patch(f"{ALERTS}/{made['id']}", {"url": server.url.replace("http", "json", 1)})
    await loop.round()
    assert [each["title"] for each in said(server)] == ["Munadi, acme: 1 failure"]


async def test_late_posts_are_said_once_until_they_are_over(
    api: ApiHarness, server: Subscriber, loop: AlertLoop
) -> None:
    await create(api, server, types=["overdue"])
    content = await api.submit(scheduledAt=later(minutes=5))
    api.clock.ahead = timedelta(minutes=20)
    await loop.round()
    await loop.round()
    assert [each["title"] for each in said(server)] == ["Munadi, acme: 1 post is late"]
    await api.move(content["id"], PublicationStatus.QUEUED, PublicationStatus.PUBLISHING)
    await loop.round()
    await api.submit(scheduledAt=later(minutes=25), text="another")
    api.clock.ahead = timedelta(minutes=40)
    await loop.round()
    assert len(server.requests) == 2


async def test_one_process_at_a_time_sends(api: ApiHarness, server: Subscriber, loop: AlertLoop) -> None:
    await create(api, server)
    await failure(api)
    async with api.services.database.alone("alerts"):
        await loop.round()
    assert server.requests == []


async def test_a_quiet_alert_does_not_make_rounds_read_ever_more(
    api: ApiHarness, server: Subscriber, loop: AlertLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LAG", 1)
    made = await create(api, server, types=["endpoint"])
    before = await position_of(api, made["id"])
    await failure(api)
    await loop.round()
    moved = await position_of(api, made["id"])
    assert moved > before
    await loop.round()
    assert await position_of(api, made["id"]) == moved, "nothing has happened since"
    assert server.requests == []


async def test_a_message_whose_end_was_not_stored_is_sent_again(
    api: ApiHarness, server: Subscriber, loop: AlertLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after the death of a worker just after the service took the message."""
    await create(api, server)
    await failure(api)
    with monkeypatch.context() as died:
        died.setattr(store.AlertStore, "sent", lost)
        with pytest.raises(OSError, match="the worker is dead"):
            await loop.round()
    await loop.round()
    await loop.round()
    assert [each["title"] for each in said(server)] == ["Munadi, acme: 1 failure"] * 2


async def lost(*_: Any) -> None:
    raise OSError("the worker is dead")


async def position_of(api: ApiHarness, alert_id: str) -> int:
    async with api.services.database.read() as session:
        row = await session.get(AlertRow, alert_id)
        assert row is not None
        return row.position
