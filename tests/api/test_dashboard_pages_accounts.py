"""Accounts as the dashboard shows them: what is known of each, and only what the key may do about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from markupsafe import escape

from munadi.domain.account import AccountStatus
from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.domain.key import Scope
from munadi.domain.reasons import REASONS
from tests.api.browsing import Visitor, visiting
from tests.api.connecting import back, browser, left, link
from tests.api.desk import START, Desk
from tests.api.door import Door
from tests.api.markup import faults


def failed(minutes: int) -> dict[str, Any]:
    return {
        "at": (START + timedelta(minutes=minutes)).isoformat(),
        "reason": Reason.PROVIDER_OUTAGE.value,
        "message": "the network <did> not answer",
    }


async def test_an_account_shows_how_it_stands(small_desk: Desk, visitor: Visitor) -> None:
    account_id = await small_desk.account(
        ChannelName.THREADS,
        handle="acme.threads",
        display_name="Acme <Stores>",
        status=AccountStatus.REAUTH_REQUIRED.value,
        scopes=["threads_basic", "threads_content_publish"],
        facts={"quota": {"used": 4, "total": 250, "left": 246}},
        token_expires_at=START + timedelta(days=3),
        last_success_at=START,
        last_failure=failed(1),
    )
    page = await visitor.page("/accounts?brandRef=acme")
    assert faults(page) == []
    shown = page.partition(f'id="{account_id}"')[2].partition("</section>")[0]
    for words in ("acme.threads", "Acme &lt;Stores&gt;", "reconnect needed", "threads_content_publish", "4 of 250 used",
                  "246 left", "2026-12-04", "the network &lt;did&gt; not answer",
                  escape(REASONS[Reason.PROVIDER_OUTAGE].remedy),
                  f'data-check="{account_id}"', f"DELETE /v1/accounts/{account_id}", "reconnect this"):  # fmt: skip
        assert words in shown, words


async def test_a_failure_that_is_over_is_no_alarm(small_desk: Desk, visitor: Visitor) -> None:
    await small_desk.account(ChannelName.THREADS, last_failure=failed(1), last_success_at=START + timedelta(minutes=2))
    page = await visitor.page("/accounts?brandRef=acme")
    assert "It has succeeded since." in page
    assert 'class="failure"' not in page


async def test_contents_that_wait_for_an_account_are_linked(small_desk: Desk, visitor: Visitor) -> None:
    made = await small_desk.accept()
    page = await visitor.page("/accounts?brandRef=acme")
    assert f'href="/contents/{made["id"]}"' in page


async def test_log_ins_are_offered_where_there_are_two(visitor: Visitor) -> None:
    page = await visitor.page("/accounts?brandRef=acme")
    assert 'value="instagram" data-logins="instagram facebook"' in page
    assert 'value="bluesky" data-logins=""' in page
    assert page.count('data-of="instagram"') == 2


async def test_who_may_only_read_is_offered_nothing(small_desk: Desk) -> None:
    scopes = (Scope.ACCOUNTS_READ, Scope.CONTENTS_READ)
    key = await small_desk.key_text(*scopes, brand_ref="rival")
    async with visiting(small_desk.app, key) as reader:
        page = await reader.page("/accounts?brandRef=acme")
    assert "acme.shop" not in page
    for words in ("data-action", "data-check", 'id="connect"', "data-reconnect"):
        assert words not in page, words
    assert faults(page) == []


async def test_who_is_back_from_the_network_sees_how_it_ended(door: Door) -> None:
    async with visiting(door.app, door.admin_key) as visitor, browser(door) as owner:
        made = await link(door)
        assert "is connected" not in await visitor.page(f"/accounts?brandRef=acme&connectionId={made['id']}")
        sent = await left(owner, made)
        await back(owner, {"state": sent["state"], "error": "access_denied"})
        page = await visitor.page(f"/accounts?brandRef=acme&connectionId={made['id']}")
        assert "is not connected" in page
        assert Reason.CONSENT_DENIED in page
        sent = await left(owner, made)
        await back(owner, door.authority.approve(sent))
        page = await visitor.page(f"/accounts?brandRef=acme&connectionId={made['id']}")
        assert "is connected." in page
        assert "is connected" not in await visitor.page("/accounts?brandRef=acme&connectionId=con_x")
