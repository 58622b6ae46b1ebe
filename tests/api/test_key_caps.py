"""Caps of keys: a call beyond one is refused before anything happens, and no other call gets around it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from munadi.db.tables import AuditRow, ContentRow, KeyDayRow
from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from munadi.domain.key_caps import KeyCaps
from munadi.domain.publication import PublicationStatus
from tests.api.harness import ApiHarness, later, open_api
from tests.api.problems import expect_problem

AGENT = (Scope.CONTENTS_READ, Scope.CONTENTS_WRITE)
EARLY, LATE = later(days=2), later(days=20)


def expect_cap(answer: Any, rule: str, limit: Any, actual: Any) -> None:
    """A refusal by one cap, with its limit and what it would have become."""
    [error] = expect_problem(answer, 403, "KEY_CAP")["errors"]
    assert (error["code"], error["rule"], error["limit"], error["actual"]) == ("KEY_CAP", rule, limit, actual)


@pytest.mark.each_database
async def test_a_key_has_so_many_posts_accepted_on_a_day(api: ApiHarness) -> None:
    key = await api.key(*AGENT, brand_ref="acme", caps=KeyCaps(posts_per_day=2))
    for number in range(2):
        assert (await api.try_submit(key=key, text=f"post {number}", idempotency_key=f"{number}")).status_code == 202
    before = [await api.count(table) for table in (ContentRow, AuditRow)]
    refused = await api.try_submit(key=key, text="post 3")
    expect_cap(refused, "postsPerDay", 2, 3)
    tomorrow = f"{api.clock.now() + timedelta(days=1):%Y-%m-%d}"
    assert refused.json()["detail"].endswith(f"the next day begins at {tomorrow}T00:00:00Z")
    assert [await api.count(table) for table in (ContentRow, AuditRow)] == before
    # A repeated request is no further post, and neither is one that is refused for another reason.
    assert (await api.try_submit(key=key, text="post 1", idempotency_key="1")).status_code == 202
    assert (await api.try_submit(key=key, text="x" * 400)).status_code == 422
    checked = await api.validate(key=key, text="post 3")
    assert (checked["valid"], [each["code"] for each in checked["problems"]]) == (False, ["KEY_CAP"])
    api.clock.ahead = timedelta(days=1)
    assert (await api.try_submit(key=key, text="post 3")).status_code == 202
    assert await api.count(KeyDayRow) == 2
    api.clock.ahead = timedelta(days=2)  # the day before the last is forgotten
    assert (await api.try_submit(key=key, text="post 4")).status_code == 202
    assert await api.count(KeyDayRow) == 2


@pytest.mark.each_database
async def test_two_api_processes_accept_no_more_together(tmp_path: Path, database_url: str) -> None:
    async with (
        open_api(tmp_path / "one", database_url) as one,
        open_api(tmp_path / "two", one.services.database.url.render_as_string(hide_password=False), fresh=False) as two,
    ):
        key = await one.key(*AGENT, brand_ref="acme", caps=KeyCaps(posts_per_day=5))
        answers = await asyncio.gather(
            *((one, two)[number % 2].try_submit(key=key, text=f"post {number}") for number in range(50))
        )
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [202] * 5 + [403] * 45, statuses
        assert await one.count() == 5


async def test_keys_that_a_key_made_share_its_cap(api: ApiHarness) -> None:
    parent = await api.key(*AGENT, Scope.KEYS_WRITE, brand_ref="acme", caps=KeyCaps(posts_per_day=3))
    children = [await api.create("/v1/keys", {"name": "c", "scopes": ["contents:write"]}, key=parent) for _ in range(2)]
    for number in range(3):
        answer = await api.try_submit(key=children[number % 2]["key"], text=f"post {number}")
        assert answer.status_code == 202, answer.text
    for key in (parent, children[0]["key"]):
        expect_cap(await api.try_submit(key=key, text="post 4"), "postsPerDay", 3, 4)


async def test_a_key_publishes_to_its_networks_alone(api: ApiHarness) -> None:
    key = await api.key(*AGENT, Scope.CONTENTS_WITHDRAW, brand_ref="acme", caps=KeyCaps(channels=(ChannelName.X,)))
    expect_cap(await api.try_submit(key=key), "channels", "x", "bluesky")
    post = await api.submit()
    path = f"/v1/contents/{post['id']}"
    for call in (
        api.patch(path, {"text": "other"}, key=key, if_match='"1"'),
        api.post(f"{path}/reschedule", {"scheduledAt": EARLY}, key=key),
        api.post(f"{path}/publish-now", key=key),
        api.post(f"{path}/cancel", key=key),
        api.post(f"{path}/withdraw", key=key),
        api.post(f"/v1/publications/{post['publications'][0]['id']}/edit", {"text": "other"}, key=key),
    ):
        expect_cap(await call, "channels", "x", "bluesky")
    assert (await api.read_content(post["id"]))["version"] == 1


async def test_no_change_moves_a_post_out_of_the_time_of_a_key(api: ApiHarness) -> None:
    window = KeyCaps(not_before=api.clock.now() + timedelta(days=1), not_after=api.clock.now() + timedelta(days=10))
    key = await api.key(*AGENT, brand_ref="acme", caps=window)
    first, last = (each.isoformat() for each in (window.not_before, window.not_after) if each)
    assert (await api.try_submit(key=key, scheduledAt=...)).json()["errors"][0]["rule"] == "notBefore"
    assert (await api.try_submit(key=key, scheduledAt=LATE)).json()["errors"][0]["limit"] == last
    post = (await api.try_submit(key=key, scheduledAt=EARLY)).json()
    path = f"/v1/contents/{post['id']}"
    expect_cap(await api.post(f"{path}/publish-now", key=key), "notBefore", first, api.clock.now().isoformat())
    refused = expect_problem(await api.post(f"{path}/reschedule", {"scheduledAt": LATE}, key=key), 403, "KEY_CAP")
    assert refused["errors"][0]["rule"] == "notAfter"
    assert (await api.post(f"{path}/reschedule", {"scheduledAt": later(days=3)}, key=key)).status_code == 200
    assert (await api.change(post["id"], "reschedule", {"scheduledAt": LATE})).status_code == 200
    edited = await api.patch(path, {"text": "late"}, key=key, if_match="*")
    assert expect_problem(edited, 403, "KEY_CAP")["errors"][0]["rule"] == "notAfter"
    assert (await api.post(f"{path}/cancel", key=key)).status_code == 200


async def test_a_retry_is_due_now(api: ApiHarness) -> None:
    key = await api.key(*AGENT, brand_ref="acme", caps=KeyCaps(not_before=api.clock.now() + timedelta(days=1)))
    post = await api.submit(scheduledAt=...)
    await api.move(post["id"], PublicationStatus.QUEUED, PublicationStatus.FAILED)
    refused = await api.post(f"/v1/contents/{post['id']}/retry", key=key)
    assert expect_problem(refused, 403, "KEY_CAP")["errors"][0]["rule"] == "notBefore"


async def test_a_key_spends_so_much_on_a_day(api: ApiHarness) -> None:
    await api.add_account(ChannelName.X)
    key = await api.key(*AGENT, brand_ref="acme", caps=KeyCaps(spend_per_day=0.23))
    made = await api.try_submit(key=key, channels=["x"], text="plain")
    assert made.status_code == 202, made.text
    with_address = {"channels": ["x"], "text": "see https://acme.example"}
    assert (await api.try_submit(key=key, **with_address)).status_code == 202
    # 0.015 and 0.200 are counted. An edit counts what it adds; posts where calls are free cost nothing.
    edited = await api.patch(
        f"/v1/contents/{made.json()['id']}", {"text": "now https://acme.example"}, key=key, if_match="*"
    )
    expect_cap(edited, "spendPerDay", 0.23, 0.4)
    assert (await api.try_submit(key=key, channels=["x"], text="one more, plain")).status_code == 202
    expect_cap(await api.try_submit(key=key, channels=["x"], text="and one"), "spendPerDay", 0.23, 0.245)
    assert (await api.try_submit(key=key, text="free")).status_code == 202
