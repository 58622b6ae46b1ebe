"""The way to the first post: one list of steps, and a gallery that says how each network is connected here."""

from __future__ import annotations

import re

from munadi.domain.account import AccountStatus
from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.test_dashboard_posts import expect_words


def ways(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="channel" value="(\w+)" data-logins="[^"]*" data-way="(\w+)"', page))


async def test_the_steps_to_the_first_post_follow_what_is_there(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    await api.create("/v1/brands", {"ref": "fresh", "name": "Fresh <Shop>"})
    for path in ("/contents", "/compose", "/accounts"):
        page = await dashboard.page(f"{path}?brandRef=fresh")
        assert faults(page) == [], path
        expect_words(page, "Three steps to the first post", "done: Fresh &lt;Shop&gt;")
        assert page.count('aria-current="step"') == 1
        assert 'href="/accounts?brandRef=fresh#connect-title"' in page, path
    await api.add_account(ChannelName.THREADS, "fresh")
    page = await dashboard.page("/contents?brandRef=fresh")
    assert '<a class="button strong" href="/compose?brandRef=fresh">' in page
    async with api.dashboard(await api.key(Scope.CONTENTS_READ, Scope.ACCOUNTS_READ, brand_ref="fresh")) as reader:
        page = await reader.page("/contents")
    assert ("Three steps" in page, 'class="button strong"' in page) == (True, False), "only what the key may do"


async def test_each_network_says_how_it_is_connected_here(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    page = await dashboard.page("/accounts?brandRef=acme")
    found = ways(page)
    assert set(found) == {name.value for name in api.services.channels.by_name}
    assert {name: found[name] for name in ("telegram", "discord", "bluesky", "threads")} == {
        "telegram": "token",
        "discord": "token",
        "bluesky": "browser",
        "threads": "app",
    }
    expect_words(page, "data-needs-target", "data-by-password", "MUNADI_CHANNELS__THREADS__CLIENT_ID", "seven days")
    app = {"clientId": "1234567890", "clientSecret": "s" * 32}
    assert (await api.request("PUT", "/v1/brands/acme/apps/threads", app)).is_success
    assert ways(await dashboard.page("/accounts?brandRef=acme"))["threads"] == "browser"
    assert ways(await dashboard.page("/accounts?brandRef=rival"))["threads"] == "app", "it is one brand's app"


async def test_many_accounts_are_a_table_with_what_needs_a_person_first(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    page = await dashboard.page("/accounts?brandRef=acme")
    assert ("<table" in page, "data-check" in page) == (False, True), "a few are cards"
    for number in range(8):
        await api.add_account(ChannelName.THREADS, handle=f"shop.{number}")
    dead = await api.add_account(ChannelName.THREADS, handle="dead.shop", status=AccountStatus.REAUTH_REQUIRED.value)
    await api.submit(channels=[{"channel": "threads", "accountId": dead}])
    page = await dashboard.page("/accounts?brandRef=acme")
    assert faults(page) == []
    table = page.partition("<table")[2].partition("</table>")[0]
    assert table.count("<tr data-words=") == 12
    assert table.index("dead.shop") < table.index("shop.0")
    row = table.partition("dead.shop")[2].partition("</tr>")[0]
    expect_words(row, "1 scheduled", f'data-reconnect="{dead}"')
    compose = await dashboard.page("/compose?brandRef=acme")
    assert faults(compose) == []
    assert (compose.count("data-pick-group"), compose.count('name="account"')) == (3, 12)
