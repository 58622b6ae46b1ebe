"""How much a program may do that a person allowed to propose or to publish: posts a day, an approval, the person's own
caps and end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.domain.key import Scope
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.program import Program

TEXT = {"brandRef": "acme", "channels": ["bluesky"]}


@pytest.fixture
async def program(api: ApiHarness) -> AsyncIterator[Program]:
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=api.services.settings.base_url) as http:
        yield await Program.register(http)


async def me(program: Program, token: str) -> dict[str, Any]:
    found: dict[str, Any] = (await program.http.get("/v1/keys/me", headers={"Authorization": f"Bearer {token}"})).json()
    return found


async def post(program: Program, token: str, text: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": text}
    return await program.http.post("/v1/contents", json={**TEXT, "text": text}, headers=headers)


async def test_a_program_proposes_as_many_posts_a_day_as_a_person_chose(
    api: ApiHarness, dashboard: DashboardBrowser, program: Program
) -> None:
    page = await program.page(dashboard)
    assert "Propose posts, which are published once a person has approved them" in page
    assert 'name="postsPerDay" min="1"' in page
    token = (await program.sign_in(dashboard, level="propose", postsPerDay="2"))["access_token"]
    assert (await me(program, token))["caps"]["postsPerDay"] == 2
    for text in ("one", "two"):
        proposed = await post(program, token, text)
        assert (proposed.status_code, proposed.json()["approval"]["status"]) == (202, "requested")
    third = await post(program, token, "three")
    assert (third.status_code, third.json()["code"]) == (403, "KEY_CAP")
    [error] = third.json()["errors"]
    assert error["limit"] == 2


async def test_a_program_that_publishes_needs_no_approval_and_may_have_no_cap(
    api: ApiHarness, dashboard: DashboardBrowser, program: Program
) -> None:
    token = (await program.sign_in(dashboard, level="publish", postsPerDay=""))["access_token"]
    assert (await me(program, token))["caps"] is None
    assert (await post(program, token, "one")).json()["approval"] is None
    # What a program that cannot post may do needs no number, and none is shown to a person who cannot give it.
    drafts = (await program.sign_in(dashboard, postsPerDay=None))["access_token"]
    assert (await me(program, drafts))["caps"] is None
    assert "postsPerDay" not in await program.page(dashboard, scope="contents:read accounts:read drafts:write")


async def test_a_person_gives_no_more_than_their_key_has(api: ApiHarness, program: Program) -> None:
    scopes = ["keys:write", "contents:read", "accounts:read", "contents:propose"]
    ends = api.clock.now() + timedelta(days=2)
    made = await api.post(
        "/v1/keys",
        {"name": "p", "scopes": scopes, "brandRef": "acme", "caps": {"postsPerDay": 3, "channels": ["bluesky"]},
         "expiresAt": ends.isoformat()},
    )  # fmt: skip
    assert made.status_code == 201, made.text
    async with api.dashboard(made.json()["key"]) as browser:
        page = await program.page(browser)
        assert 'value="propose"' in page
        assert 'value="publish"' not in page
        assert (await program.answer(browser, page, level="publish")).status_code == 422
        token = (await program.sign_in(browser, level="propose", postsPerDay="20", days="90"))["access_token"]
    found = await me(program, token)
    assert (found["caps"]["postsPerDay"], found["caps"]["channels"]) == (3, ["bluesky"])
    assert found["expiresAt"][:19] == ends.isoformat()[:19]
    assert found["parentId"] == made.json()["id"]
    # Revoking the person's key with what it made ends the sign-in, too.
    assert (await api.delete(f"/v1/keys/{made.json()['id']}?children=revoke")).status_code == 204
    assert (await post(program, token, "late")).status_code == 401


async def test_only_a_key_that_makes_keys_may_allow(api: ApiHarness, program: Program) -> None:
    writer = await api.key(Scope.CONTENTS_WRITE, Scope.CONTENTS_READ, Scope.ACCOUNTS_READ, brand_ref="acme")
    async with api.dashboard(writer) as browser:
        page = await program.page(browser)
        assert "Only a person whose key may make keys" in page
        assert (await program.answer(browser, page)).status_code == 422
