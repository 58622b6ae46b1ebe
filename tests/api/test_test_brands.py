"""Test brands: made where there is a sandbox, marked in events and on every page, connected to the sandbox alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.harness import ApiHarness, open_api
from tests.api.markup import faults
from tests.api.problems import expect_errors

PAGES = ("contents", "calendar", "accounts", "attention", "webhooks", "settings", "drafts", "media", "usage")
# Nothing listens there: these tests make no calls of networks.
SANDBOX = "http://127.0.0.1:9"


@pytest.fixture
async def beside(tmp_path: Path) -> AsyncIterator[ApiHarness]:
    """The API with a sandbox for test brands, and the brand `trial`."""
    async with open_api(tmp_path, sandbox_url=SANDBOX) as opened:
        made = await opened.post("/v1/brands", {"ref": "trial", "mode": "test"})
        assert (made.status_code, made.json()["mode"]) == (201, "test")
        yield opened


async def test_without_a_sandbox_a_test_brand_is_refused_with_the_setting_that_is_missing(api: ApiHarness) -> None:
    refused = await api.post("/v1/brands", {"ref": "trial", "mode": "test"})
    (error,) = expect_errors(refused, ("/mode", "SANDBOX_MISSING"))
    assert error["rule"] == "MUNADI_SANDBOX_URL"
    assert "MUNADI_SANDBOX_URL" in error["message"]
    assert [each["ref"] for each in await api.read_list("/v1/brands")] == ["acme", "rival"]
    assert (await api.post("/v1/brands", {"ref": "shop"})).json()["mode"] == "live"


async def test_the_mode_is_chosen_once(beside: ApiHarness) -> None:
    for ref in ("trial", "acme"):
        for mode in ("live", "test"):
            changed = await beside.patch(f"/v1/brands/{ref}", {"mode": mode})
            assert changed.status_code == 422, changed.text
    assert [(each["ref"], each["mode"]) for each in await beside.read_list("/v1/brands")] == [
        ("acme", "live"),
        ("rival", "live"),
        ("trial", "test"),
    ]
    assert (await beside.post("/v1/brands", {"ref": "other", "mode": "sandbox"})).status_code == 422


async def test_an_account_elsewhere_is_refused_before_anything_is_called(beside: ApiHarness) -> None:
    credentials = {"accessToken": "token"}
    for url in ("https://mastodon.social", f"{SANDBOX}9/mastodon/server", "http://localhost:9/mastodon/server"):
        body = {"channel": "mastodon", "serviceUrl": url, "credentials": credentials}
        refused = await beside.post("/v1/brands/trial/accounts", body)
        expect_errors(refused, ("/serviceUrl", "NOT_THE_SANDBOX"))
    for place in ("hint", "serviceUrl"):
        wanted = {"channel": "mastodon", place: "https://mastodon.social"}
        refused = await beside.post("/v1/brands/trial/accounts/connect", wanted)
        expect_errors(refused, (f"/{place}", "NOT_THE_SANDBOX"))


async def test_a_test_brand_needs_no_app_of_the_operator(beside: ApiHarness) -> None:
    assert (await beside.post("/v1/brands/trial/accounts/connect", {"channel": "x"})).status_code == 201
    refused = await beside.post("/v1/brands/acme/accounts/connect", {"channel": "x"})
    expect_errors(refused, ("/channel", "APP_NOT_CONFIGURED"))


async def test_every_page_about_a_test_brand_is_marked(beside: ApiHarness) -> None:
    mark = '<span class="badge sandbox"'
    async with beside.dashboard(beside.admin_key) as browser:
        for page in PAGES:
            shown = await browser.page(f"/{page}?brandRef=trial")
            assert faults(shown) == []
            assert shown.count(mark) == 1, page
            assert mark not in await browser.page(f"/{page}?brandRef=acme"), page
        endpoint = await beside.create("/v1/webhooks/endpoints", {"url": "http://127.0.0.1:9/", "brandRef": "trial"})
        assert mark in await browser.page(f"/webhooks/{endpoint['id']}?brandRef=acme")
