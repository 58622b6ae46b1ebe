"""Bluesky on the sandbox: what becomes of a post when the network misbehaves. The oracle counts what went out."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.publication import Absent, Published
from munadi.ports import AccountImport, LinkCard
from tests.channels.conftest import Oracle
from tests.channels.connected import Connected, jpeg, new
from tests.channels.making import Saved, image

PUT = "com.atproto.repo.putRecord"


@pytest.fixture
async def acme(oracle: Oracle) -> AsyncIterator[Connected]:
    profile = oracle.call("POST", "/profiles", channel="bluesky", name="acme")
    settings = {"hosts": {"entryway": f"{oracle.url}/bluesky/entryway"}}
    async with httpx.AsyncClient() as client:
        connected = Connected("bluesky", settings, client)
        password = SecretStr(profile["password"])
        await connected.connect(AccountImport(identifier=profile["identifier"], password=password))
        yield connected


def posts(oracle: Oracle, connected: Connected) -> list[str]:
    return [post["text"] for post in oracle.posts(connected.account.external_id)]


async def failure(connected: Connected, text: str = "Hello") -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await connected.post(new(text))
    return caught.value


async def test_the_entryway_leads_to_the_accounts_own_server(oracle: Oracle, acme: Connected) -> None:
    assert acme.account.service_url == f"{oracle.url}/bluesky/pds"


async def test_everything_at_once(oracle: Oracle, acme: Connected) -> None:
    acme.media.files = {"med_0": jpeg()}
    media = (image(0, alt="Teal", width=320, height=320),)
    found = await acme.post(new("Sale #now with @munadi.bsky.test", link="https://acme.example", media=media))
    (post,) = oracle.posts(acme.account.external_id)
    assert post["id"] == found.post_id
    assert post["text"] == "Sale #now with @munadi.bsky.test\n\nhttps://acme.example"
    assert [one["alt"] for one in post["media"]] == ["Teal"]
    assert len(post["raw"]["value"]["facets"]) == 3


async def test_a_card(oracle: Oracle, acme: Connected) -> None:
    acme.cards.card_of_page = LinkCard("Sale", "All of it", jpeg(), "image/jpeg")
    await acme.post(new("Look", link="https://acme.example"))
    (post,) = oracle.posts(acme.account.external_id)
    assert post["link"] == "https://acme.example"


@pytest.mark.parametrize("mode", ["accept_then_reset", "accept_then_502", "accept_then_504", "accept_then_half_body"])
async def test_accepted_but_unanswered_is_found_and_never_doubled(oracle: Oracle, acme: Connected, mode: str) -> None:
    oracle.plant("bluesky", PUT, mode)
    given, saved = new("Once"), Saved()
    with pytest.raises(ChannelError) as caught:
        await acme.publish(given, saved)
    assert caught.value.sorting is Sorting.UNKNOWN
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    assert (await acme.publish(given, saved)).post_id == found.post_id
    assert posts(oracle, acme) == ["Once"]


async def test_a_500_after_the_effect_is_looked_up_at_once(oracle: Oracle, acme: Connected) -> None:
    oracle.plant("bluesky", PUT, "live_but_error", error={"error": "InternalServerError"}, status=500)
    found = await acme.post(new("Once"))
    assert found.post_id is not None
    assert posts(oracle, acme) == ["Once"]


@pytest.mark.parametrize("mode", ["reset", "error"])
async def test_lost_without_effect_is_absent_and_may_be_sent_again(oracle: Oracle, acme: Connected, mode: str) -> None:
    oracle.plant("bluesky", PUT, mode, **({"status": 502, "body": "<html>"} if mode == "error" else {}))
    given, saved = new("Once"), Saved()
    with pytest.raises(ChannelError) as caught:
        await acme.publish(given, saved)
    assert caught.value.sorting is Sorting.UNKNOWN
    assert await acme.find(given, saved) == Absent()
    await acme.publish(given, saved)
    assert posts(oracle, acme) == ["Once"]


async def test_an_expired_token_is_refreshed_and_the_post_goes_out(oracle: Oracle, acme: Connected) -> None:
    oracle.call("POST", "/tokens/expire", channel="bluesky", profile=acme.account.external_id)
    error = await failure(acme)
    assert (error.reason, error.sorting) == (Reason.TOKEN_EXPIRED, Sorting.NOT_SENT)
    fresh = await acme.channel.refresh(acme.account)
    acme.account = acme.account.model_copy(update={"credentials": fresh})
    await acme.post(new("Later"))
    assert posts(oracle, acme) == ["Later"]


async def test_a_revoked_app_password_ends_at_the_refresh(oracle: Oracle, acme: Connected) -> None:
    oracle.call("POST", "/tokens/revoke", channel="bluesky", profile=acme.account.external_id)
    await acme.post(new("Still there until the token expires"))
    with pytest.raises(ChannelError) as caught:
        await acme.channel.refresh(acme.account)
    assert caught.value.reason is Reason.TOKEN_REVOKED


@pytest.mark.parametrize("status", ["takendown", "deactivated", "suspended"])
async def test_a_restricted_account_is_told_as_such(oracle: Oracle, acme: Connected, status: str) -> None:
    oracle.call("PATCH", f"/profiles/bluesky/{acme.account.external_id}", status=status)
    error = await failure(acme)
    assert (error.reason, error.sorting) == (Reason.ACCOUNT_RESTRICTED, Sorting.REJECTED)


async def test_a_rate_limit_was_not_sent(oracle: Oracle, acme: Connected) -> None:
    oracle.plant(
        "bluesky", PUT, "error", error={"error": "RateLimitExceeded"}, status=429, headers={"retry-after": "9"}
    )
    error = await failure(acme)
    assert (error.reason, error.sorting) == (Reason.RATE_LIMITED, Sorting.NOT_SENT)
    assert error.retry_after is not None
    assert error.retry_after.total_seconds() == 9
