"""Over real processes: the audit log has every act, an ended session stays ended, a foreign site can send none of our
forms, and wrong keys are slowed down."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from playwright.async_api import Browser, expect

from munadi.domain.key import KeyKind, write_key
from tests.harness.brand import Brand, is_up, until
from tests.harness.inbox import Inbox
from tests.harness.stack import Stack
from tests.harness.web import Call, serving
from tests.support.waiting import wait_until

SESSION = "munadi_session"


@asynccontextmanager
async def signed_in(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """A browser's side of the dashboard: cookies, and no key in a header."""
    async with httpx.AsyncClient(base_url=stack.info["api"], timeout=20) as client:
        answer = await client.post("/sign-in", data={"key": stack.info["apiKey"]})
        assert answer.status_code == 303
        page = await client.get("/contents")
        token = re.search('name="csrf" content="([^"]+)"', page.text)
        assert token is not None
        client.headers["X-CSRF-Token"] = token[1]
        yield client


async def test_the_log_has_every_act_and_a_session_ends_at_sign_out(stack: Stack, api: httpx.AsyncClient) -> None:
    async with signed_in(stack) as browser, signed_in(stack) as other:
        stolen = {SESSION: browser.cookies[SESSION]}
        made = await browser.post("/v1/brands", json={"ref": "logged"})
        assert made.status_code == 201
        assert made.headers["cache-control"] == "no-store"
        (entry,) = (await browser.get("/v1/audit?target=logged")).json()["data"]
        assert entry["action"] == "brand.created"
        assert (entry["requestId"], entry["address"]) == (made.headers["x-request-id"], "127.0.0.1")
        page = await browser.get("/audit?target=logged")
        assert (page.status_code, "brand.created" in page.text) == (200, True)
        form = {"csrf": browser.headers["X-CSRF-Token"]}
        assert (await browser.post("/sign-out", data=form)).headers["location"] == "/sign-in"
        session = (await api.get("/v1/audit?action=session.ended")).json()["data"][0]["target"]
        actions = [entry["action"] for entry in (await api.get(f"/v1/audit?target={session}")).json()["data"]]
        assert actions == ["session.ended", "session.started"]

        async def refused() -> None:
            async with httpx.AsyncClient(base_url=stack.info["api"], cookies=stolen, timeout=20) as thief:
                assert (await thief.get("/contents")).headers["location"].startswith("/sign-in")
                answer = await thief.get("/v1/contents")
                assert (answer.status_code, answer.json()["code"]) == (401, "SESSION_ENDED")

        await refused()
        stack.kill("api")
        await until(lambda: is_up(api), 60)
        await refused()
        assert (await other.get("/v1/brands")).status_code == 200, "the other session of the key stays"


async def test_a_form_of_a_foreign_site_does_not_connect(
    stack: Stack, api: httpx.AsyncClient, browser: Browser
) -> None:
    """The attacker's page is at another site; the victim even has our cookie, from opening the link."""
    await api.post("/v1/brands", json={"ref": "victim"})
    made = (await api.post("/v1/brands/victim/accounts/connect", json={"channel": "threads"})).json()
    form = f'<form method="post" action="{made["connectUrl"]}"><button>Win a prize</button></form>'

    async def attackers_page(call: Call) -> None:
        await call.answer(form.encode(), "text/html")

    context = await browser.new_context()
    async with serving(attackers_page) as address:
        page = await context.new_page()
        await page.goto(made["connectUrl"])
        await page.goto(address.replace("127.0.0.1", "localhost"))
        await page.get_by_role("button", name="Win a prize").click()
        await expect(page.get_by_role("heading", name="This form is not ours")).to_be_visible()
        assert (await api.get(f"/v1/connections/{made['id']}")).json()["status"] == "waiting"
        # The page itself still works in the same browser.
        await page.goto(made["connectUrl"])
        await page.get_by_role("button", name="Continue to").click()
        await expect(page.get_by_role("button", name="Allow")).to_be_visible()
        await context.close()


async def test_wrong_keys_are_slowed_down_and_a_right_one_works(stack: Stack, api: httpx.AsyncClient) -> None:
    wrong = {"Authorization": f"Bearer {write_key(KeyKind.ADMIN, '0' * 32)}"}
    async with httpx.AsyncClient(base_url=stack.info["api"], headers=wrong, timeout=20) as guesser:
        # A minute of the brake may end in between; the one after it does not.
        answers = [await guesser.get("/v1/contents") for _ in range(40)]
    statuses = [answer.status_code for answer in answers]
    assert statuses[:10] == [401] * 10
    assert statuses.count(401) <= 20
    assert all(1 <= int(each.headers["retry-after"]) <= 60 for each in answers if each.status_code == 429)
    assert (await api.get("/v1/contents")).status_code == 200

    async def refusals() -> int:
        found = (await api.get("/v1/audit?action=auth.refused&target=KEY_UNKNOWN")).json()["data"]
        assert len(found) <= 2
        return sum(entry["count"] for entry in found)

    async def recorded() -> bool:
        return await refusals() >= 40

    await until(recorded, 20)


async def test_a_key_for_webhooks_alone_receives_no_texts_of_posts(
    stack: Stack, api: httpx.AsyncClient, brand: Brand
) -> None:
    made = {"name": "hooks", "scopes": ["webhooks:read", "webhooks:write"], "brandRef": brand.ref}
    weak = (await api.post("/v1/keys", json=made)).json()["key"]
    async with stack.client(weak) as hooks, Inbox().listening(hooks) as inbox:
        (endpoint,) = (await hooks.get("/v1/webhooks/endpoints")).json()["data"]
        assert endpoint["payload"] == "thin"
        content = await brand.submit("CANARY of a text")
        await brand.ended(content["id"])
        await wait_until(lambda: "content.completed" in {event["type"] for event in inbox.events}, within=30)
        listed = await hooks.get("/v1/webhooks/deliveries")
    assert inbox.failures == []
    assert "CANARY" not in json.dumps(inbox.events)
    assert {event["contentId"] for event in inbox.events} == {content["id"]}
    assert (listed.status_code, "CANARY" in listed.text) == (200, False)
