"""Brands, limits and keys: what an administrator may manage, and nothing for everyone else."""

from __future__ import annotations

import re
from datetime import timedelta

from api.dashboard.settings import SCOPES
from munadi.domain.key import Scope
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.test_dashboard_posts import expect_words


async def test_brands_and_keys_are_listed_without_secrets(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    changes = {"timezone": "Asia/Kolkata", "limits": {"accounts": 7}, "duplicates": "refuse"}
    await api.patch("/v1/brands/acme", {"name": "<b>Acme</b>", **changes})
    ended = await api.create("/v1/keys", {"name": "old", "scopes": ["contents:read"], "brandRef": "acme"})
    await api.delete(f"/v1/keys/{ended['id']}")
    page = await dashboard.page("/settings")
    assert faults(page) == []
    expect_words(page, "&lt;b&gt;Acme&lt;/b&gt;", "Asia/Kolkata", "accounts: 7", "revoked", "signed in with it")
    assert page.count('<option value="refuse" selected>') == 1, "of the one brand that refuses duplicates"
    assert f"DELETE /v1/keys/{ended['id']}" not in page, "a revoked key cannot be revoked again"
    for secret in (api.admin_key, ended["key"]):
        assert secret not in page
    assert 'href="/settings"' in page, "it is in the navigation"


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
