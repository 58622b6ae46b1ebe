"""The page of alerts: who hears of what and when, and nothing of an address that is secret."""

from __future__ import annotations

import html
import re
from typing import Any

from sqlmodel import update

from munadi.db.tables import AlertRow
from munadi.domain.alert import AlertType
from munadi.domain.key import Scope
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.test_dashboard_posts import expect_words
from tests.db.seeding import START

SECRET = "abcdefg_hijklmnop"
URL = f"tgram://123456789:{SECRET}/12315544/"


async def create(api: ApiHarness, **fields: Any) -> dict[str, Any]:
    return await api.create("/v1/alerts", {"url": URL, "brandRef": "acme"} | fields)


async def test_alerts_are_listed_without_the_secrets_of_their_addresses(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    expect_words(await dashboard.page("/alerts"), "No alerts yet", 'data-action="POST /v1/alerts"')
    quiet = {"since": "22:00", "until": "07:00"}
    made = await create(api, types=["failed", "approval"], quietHours=quiet, digest="daily")
    await create(api, brandRef=None)
    page = await dashboard.page("/alerts")
    assert faults(page) == []
    assert SECRET not in page
    words = ("Telegram", "failures, posts to approve", "one a day, at nine", "quiet from 22:00 to 07:00")
    expect_words(page, *words, "No message yet", "all brands", "everything", "soon after it happened")
    assert {f'value="{each}"' in page for each in AlertType} == {True}
    _, _, behind = page.partition(f'data-action="PATCH /v1/alerts/{made["id"]}" data-read="alert"')
    changes, _, _ = behind.partition("</form>")
    assert re.findall(r'value="(\w+)" checked', changes) == ["failed", "approval"]
    expect_words(changes, 'value="22:00"', 'value="07:00"', '<option value="daily" selected>')


async def test_an_alert_shows_how_its_last_message_went(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = await create(api)
    path = f"/v1/alerts/{made['id']}"
    await _set(api, last_sent_at=START)
    page = html.unescape(await dashboard.page("/alerts"))
    expect_words(page, "Last message", "Alert: </span>active<", '{"enabled": false}', f'data-test="{path}/test"')
    await _set(api, failing_since=START, last_error="the server answered 403 <b>")
    page = await dashboard.page("/alerts")
    expect_words(page, "Failing since", "the server answered 403 &lt;b&gt;", "Alert: </span>failing<")
    await api.patch(path, {"enabled": False})
    page = html.unescape(await dashboard.page("/alerts"))
    expect_words(page, "Alert: </span>paused<", '{"enabled": true}')


async def test_a_reader_changes_nothing_and_sees_its_own_brand(api: ApiHarness) -> None:
    made, rival = await create(api), await create(api, brandRef="rival")
    key = await api.key(Scope.WEBHOOKS_READ, brand_ref="acme")
    async with api.dashboard(key) as reader:
        page = await reader.page("/alerts")
    assert (made["id"] in page, rival["id"] in page) == (True, False)
    for words in ("data-action", "data-test", 'id="create"'):
        assert words not in page, words


async def _set(api: ApiHarness, **columns: Any) -> None:
    async with api.services.database.write() as session:
        await session.exec(update(AlertRow).values(**columns))
