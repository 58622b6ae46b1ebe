"""Brands, limits and keys: what an administrator may manage, and nothing for everyone else."""

from __future__ import annotations

import re
from datetime import timedelta

from api.dashboard.settings import PER_PAGE, SCOPES
from munadi.db.tables import BrandRow
from munadi.domain.key import Scope
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.test_dashboard_posts import expect_words
from tests.db.seeding import START


async def test_brands_and_keys_are_listed_without_secrets(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    changes = {
        "timezone": "Asia/Kolkata",
        "limits": {"accounts": 7},
        "duplicates": "refuse",
        "unusableAccounts": "refuse",
    }
    await api.patch("/v1/brands/acme", {"name": "<b>Acme</b>", **changes})
    ended = await api.create("/v1/keys", {"name": "old", "scopes": ["contents:read"], "brandRef": "acme"})
    await api.delete(f"/v1/keys/{ended['id']}")
    page = await dashboard.page("/settings")
    assert faults(page) == []
    expect_words(page, "&lt;b&gt;Acme&lt;/b&gt;", "Asia/Kolkata", "accounts: 7", "revoked", "signed in with it")
    assert page.count('<option value="refuse" selected>') == 2, "both choices of the one brand that refuses"
    assert f"DELETE /v1/keys/{ended['id']}" not in page, "a revoked key cannot be revoked again"
    for secret in (api.admin_key, ended["key"]):
        assert secret not in page
    assert 'href="/settings"' in page, "it is in the navigation"


async def test_any_of_a_thousand_brands_is_found_and_changed(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    assert "Name or ref" not in await dashboard.page("/settings"), "a short list needs no search"
    async with api.services.database.write() as session:
        shops = [BrandRow(ref=f"shop-{each:04}", name=f"Shop №{each}", created_at=START) for each in range(1_000)]
        session.add_all(shops)

    async def refs(query: str) -> list[str]:
        page = await dashboard.page(f"/settings{query}")
        assert faults(page) == []
        return re.findall(r'data-brand-form="([^"]+)"', page)

    first = await refs("")
    assert (len(first), first[0]) == (PER_PAGE, "acme")
    following = re.search(r'href="(/settings[^"]*)" rel="next">More brands', await dashboard.page("/settings"))
    assert following
    assert (await refs(following[1].removeprefix("/settings")))[0] == f"shop-{PER_PAGE - 2:04}"
    assert await refs("?q=shop-09") == [f"shop-{each:04}" for each in range(900, 900 + PER_PAGE)]
    assert await refs("?q=%E2%84%96999") == ["shop-0999"], "by its name"
    assert await refs("?q=100%25") == [], "% is a sign like another"
    expect_words(await dashboard.page("/settings?q=nothing-like-it"), "No brand found", "Show all brands")
    link = re.search(r'href="(/settings[^"]*)">', await dashboard.page("/usage?brandRef=shop-0999"))
    assert link
    page = await dashboard.page(link[1].partition("#")[0])
    assert f'id="{link[1].partition("#")[2]}" open>' in page
    assert re.findall(r'data-brand-form="([^"]+)"', page) == ["shop-0999"]
    assert await refs("?brand=no-such-brand") == []


async def test_a_new_brand_is_reported_with_the_way_to_its_first_account(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    await api.create("/v1/brands", {"ref": "lotus-tea", "name": "Lotus <Tea>", "timezone": "Asia/Kolkata"})
    page = await dashboard.page("/settings?added=lotus-tea")
    assert faults(page) == []
    link = 'href="/accounts?brandRef=lotus-tea">Connect an account for Lotus'
    expect_words(page, "Lotus &lt;Tea&gt; is added.", link)
    assert page.count('data-brand-form="lotus-tea"') == 1, "it is in the list, too"
    for query in ("", "?added=", "?added=no-such-brand"):
        assert "is added" not in await dashboard.page(f"/settings{query}")


async def test_the_form_of_a_new_brand_asks_for_its_name_first(dashboard: DashboardBrowser) -> None:
    form = (await dashboard.page("/settings")).partition('id="add-brand"')[2].partition("</form>")[0]
    assert re.findall(r'name="(\w+)"', form)[:3] == ["name", "ref", "timezone"]
    assert 'aria-describedby="ref-hint"' in form


async def test_what_a_key_may_do_is_in_words(dashboard: DashboardBrowser) -> None:
    page = await dashboard.page("/settings")
    for scope, purpose in SCOPES.items():
        assert f'{purpose} <code class="soft">{scope}</code>' in page
    assert set(SCOPES) == set(Scope)


async def test_an_expired_key_is_shown_as_expired(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    await api.key(Scope.CONTENTS_READ, lasts=timedelta(minutes=5))
    assert ">expired<" not in await dashboard.page("/settings")
    api.clock.ahead = timedelta(minutes=6)
    assert ">expired<" in await dashboard.page("/settings")


async def test_an_administrator_of_one_brand_manages_that_brand(api: ApiHarness) -> None:
    async with api.dashboard(await api.key(Scope.ADMIN, brand_ref="rival")) as rival:
        page = await rival.page("/settings")
        assert re.findall(r'data-brand-form="([^"]*)"', page) == ["rival"], "no form for a new brand"
        assert ("data-limit" in page, "acme" in page, "All brands</option>" in page) == (False, False, False)


async def test_others_see_neither_the_page_nor_the_way_to_it(api: ApiHarness) -> None:
    everything = [scope for scope in Scope if scope is not Scope.ADMIN]
    async with api.dashboard(await api.key(*everything)) as person:
        assert 'href="/settings"' not in await person.page()
        assert (await person.get("/settings")).status_code == 403


async def test_a_brand_shows_when_its_posts_are_looked_at(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    def form(page: str) -> str:
        return page.partition('data-brand-form="acme"')[2].partition("</form>")[0]

    plain = form(await dashboard.page("/settings"))
    expect_words(plain, "By default: 1 h, 1 d, 7 d, 30 d", "Not changed by that: X: never; LinkedIn: 1 d.")
    assert re.findall(r'data-look="(\w*)"', plain) == [""], "no network has ages of its own"
    assert '<option value="x" data-default="By default: never">X (never) · $0.005 a post</option>' in plain
    looks = {"after": ["PT90M", "P1D"], "channels": {"x": ["PT1H"], "telegram": []}}
    await api.patch("/v1/brands/acme", {"looks": looks})
    page = await dashboard.page("/settings")
    assert faults(page) == []
    chosen = {name: rest for name, _, rest in (each.partition('"') for each in form(page).split('data-look="')[1:])}
    assert set(chosen) == {"", "x", "telegram"}
    expect_words(chosen[""], '<option value="ages" selected>', 'value="90 min, 1 d"', 'data-pointer="/looks/after"')
    expect_words(chosen["x"], 'value="1 h"', 'data-pointer="/looks/channels/x"', "$0.005 for each post", "$2.50 a day")
    for said in ('<option value="never" selected>', "By default: 90 min, 1 d", "data-look-ages hidden"):
        assert said in chosen["telegram"]
    assert '<option value="x"' not in form(page), "it is there already"
    assert form(page).count("$") == 2, "only X costs money"
