"""What must not be accepted while connecting: states, browsers, codes and keys that are not this try's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from munadi.domain.key import Scope
from tests.api.connecting import (
    BACK,
    CONNECT,
    accounts,
    back,
    browser,
    form_of,
    left,
    link,
    path_of,
    status,
)
from tests.api.door import Door, bytes_of, open_door


async def attack_reused(door: Door, client: httpx.AsyncClient, consent: dict[str, str]) -> httpx.Response:
    answered = door.authority.approve(consent)
    door.authority.codes.clear()  # the first try fails, so that the second would be the one to connect
    await back(client, answered)
    return await back(client, door.authority.approve(consent))


async def attack_expired(door: Door, client: httpx.AsyncClient, consent: dict[str, str]) -> httpx.Response:
    door.clock.ahead += timedelta(minutes=10, seconds=1)
    return await back(client, door.authority.approve(consent))


async def attack_invented(door: Door, client: httpx.AsyncClient, consent: dict[str, str]) -> httpx.Response:
    return await back(client, {**door.authority.approve(consent), "state": "A" * 43})


async def attack_without_state(door: Door, client: httpx.AsyncClient, consent: dict[str, str]) -> httpx.Response:
    return await back(client, {"code": door.authority.approve(consent)["code"]})


async def attack_other_channel(door: Door, client: httpx.AsyncClient, consent: dict[str, str]) -> httpx.Response:
    return await client.get("/v1/oauth/threads/callback", params=door.authority.approve(consent))


REFUSED_STATES = [attack_reused, attack_expired, attack_invented, attack_without_state, attack_other_channel]


@pytest.mark.parametrize("attack", REFUSED_STATES)
async def test_a_state_that_is_not_this_tries_is_refused_before_the_network_is_asked(door: Door, attack: Any) -> None:
    made = await link(door)
    async with browser(door) as client:
        consent = await left(client, made)
        before = 1 if attack is attack_reused else 0
        answer = await attack(door, client, consent)
    assert (answer.status_code, "not expected" in answer.text) == (400, True)
    assert door.authority.exchanged == before
    assert await accounts(door) == []


async def test_only_the_latest_opening_of_a_link_counts(door: Door) -> None:
    made = await link(door)
    async with browser(door) as client:
        first = await left(client, made)
        second = await left(client, made)
        assert (await back(client, door.authority.approve(first))).status_code == 400
        assert (await back(client, door.authority.approve(second))).status_code == 200


async def test_a_consent_that_comes_back_to_another_browser_is_refused(door: Door) -> None:
    made = await link(door)
    async with browser(door) as client, browser(door) as other:
        answered = door.authority.approve(await left(client, made))
        answer = await back(other, answered)
        assert (answer.status_code, "another browser" in answer.text) == (422, True)
        # And the state is used up: whoever stole it has ended this try.
        assert (await back(client, answered)).status_code == 400
    assert (door.authority.exchanged, await accounts(door)) == (0, [])


async def test_a_code_of_another_try_is_refused(door: Door) -> None:
    """Wrong verifier and replayed code: the network says no, and so do we."""
    one, two = await link(door), await link(door)
    async with browser(door) as client:
        stolen = door.authority.approve(await left(client, one))
        consent = await left(client, two)
        answer = await back(client, {"state": consent["state"], "code": stolen["code"]})
    assert answer.status_code == 422
    assert (await status(door, two))["failure"]["reason"] == "CONSENT_EXPIRED"
    assert await accounts(door) == []


async def test_an_owner_who_declines_is_told_how_to_go_on(door: Door) -> None:
    made = await link(door, redirectUrl=BACK)
    async with browser(door) as client:
        consent = await left(client, made)
        end = await back(client, {"state": consent["state"], "error": "access_denied"})
    assert end.headers["location"].endswith("status=failed")
    failure = (await status(door, made))["failure"]
    assert (failure["reason"], "again" in failure["remedy"]) == ("CONSENT_DENIED", True)


async def test_the_key_must_still_be_valid_when_the_browser_comes_back(door: Door) -> None:
    text = await door.key(Scope.ACCOUNTS_WRITE, Scope.ACCOUNTS_READ, brand_ref="acme", lasts=timedelta(minutes=5))
    made = (await door.ask("POST", CONNECT, key=text, json={"channel": "bluesky"})).json()
    async with browser(door) as client:
        consent = await left(client, made)
        door.clock.ahead += timedelta(minutes=6)
        answer = await back(client, door.authority.approve(consent))
        assert (answer.status_code, door.authority.exchanged) == (422, 0)
        assert (await client.get(path_of(made))).status_code == 410
    assert await accounts(door) == []


async def test_another_brands_connection_is_not_there(door: Door) -> None:
    made = await link(door)
    text = await door.key(Scope.ACCOUNTS_READ, Scope.ACCOUNTS_WRITE, brand_ref="rival")
    for method, path, body in (
        ("GET", f"/v1/connections/{made['id']}", None),
        ("POST", f"/v1/connections/{made['id']}/select", {"externalIds": ["p1"]}),
        ("POST", CONNECT, {"channel": "bluesky"}),
    ):
        assert (await door.ask(method, path, key=text, json=body)).status_code == 404


async def test_no_secret_of_a_try_is_readable_at_rest(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        door.authority.profiles = ("p1", "p2")
        made = await link(door)
        async with browser(door) as client:
            consent = await left(client, made)
            await back(client, door.authority.approve(consent))
            secrets = [path_of(made).rpartition("/")[2], consent["state"], client.cookies["munadi_browser"], "CANARY"]
        assert (await status(door, made))["status"] == "choosing"
    written = bytes_of(tmp_path)
    assert made["id"].encode() in written
    assert not [secret for secret in secrets if secret.encode() in written]


async def test_nothing_is_chosen_for_a_key_that_is_gone(door: Door) -> None:
    door.authority.profiles = ("p1", "p2")
    text = await door.key(Scope.ACCOUNTS_WRITE, brand_ref="acme", lasts=timedelta(minutes=5))
    made = (await door.ask("POST", CONNECT, key=text, json={"channel": "bluesky"})).json()
    async with browser(door) as client:
        await back(client, door.authority.approve(await left(client, made)))
    door.clock.ahead += timedelta(minutes=6)
    answer = await door.ask("POST", f"/v1/connections/{made['id']}/select", json={"externalIds": ["p1"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "NOTHING_TO_CHOOSE")
    assert await accounts(door) == []


async def test_a_state_that_was_shown_to_another_networks_callback_is_used_up(door: Door) -> None:
    made = await link(door)
    async with browser(door) as client:
        answered = door.authority.approve(await left(client, made))
        assert (await client.get("/v1/oauth/threads/callback", params=answered)).status_code == 400
        assert (await back(client, answered)).status_code == 400
    assert (door.authority.exchanged, await accounts(door)) == (0, [])


async def attack_without_the_page(client: httpx.AsyncClient, path: str) -> httpx.Response:
    """A form of another site, in a browser that never opened the page."""
    return await client.post(path)


async def attack_with_a_token_of_another_browser(client: httpx.AsyncClient, path: str) -> httpx.Response:
    """The attacker opens the page, and has the victim's browser send the token that the attacker got."""
    stolen = await form_of(client, path)
    client.cookies.clear()
    await client.get(path)
    return await client.post(path, data=stolen)


async def attack_without_the_cookie(client: httpx.AsyncClient, path: str) -> httpx.Response:
    """SameSite keeps the cookie from a form of another site."""
    form = await form_of(client, path)
    client.cookies.clear()
    return await client.post(path, data=form)


async def attack_from_another_origin(client: httpx.AsyncClient, path: str) -> httpx.Response:
    return await client.post(path, data=await form_of(client, path), headers={"Origin": "https://evil.example"})


async def attack_as_the_browser_says(client: httpx.AsyncClient, path: str) -> httpx.Response:
    return await client.post(path, data=await form_of(client, path), headers={"Sec-Fetch-Site": "cross-site"})


FOREIGN_FORMS = [
    attack_without_the_page,
    attack_with_a_token_of_another_browser,
    attack_without_the_cookie,
    attack_from_another_origin,
    attack_as_the_browser_says,
]


@pytest.mark.parametrize("attack", FOREIGN_FORMS)
async def test_a_form_of_another_site_does_not_leave_for_the_network(door: Door, attack: Any) -> None:
    made = await link(door)
    async with browser(door) as client:
        answer = await attack(client, path_of(made))
        assert (answer.status_code, "This form is not ours" in answer.text) == (403, True)
        assert (await status(door, made))["status"] == "waiting"
        # The owner's own browser can still do it.
        assert await left(client, made)


@pytest.mark.parametrize("attack", [each for each in FOREIGN_FORMS if each is not attack_without_the_cookie])
async def test_a_form_of_another_site_chooses_nothing(door: Door, attack: Any) -> None:
    door.authority.profiles = ("p1", "p2")
    made = await link(door)
    async with browser(door) as client:
        end = await back(client, door.authority.approve(await left(client, made)))
        choose = urlsplit(end.headers["location"]).path
        token = (await form_of(client, choose))["token"]
        if attack is attack_with_a_token_of_another_browser:
            answer = await client.post(choose, data={"token": token[::-1], "externalId": "p1"})
        else:
            answer = await attack(client, choose)
        assert (answer.status_code, "This form is not ours" in answer.text) == (403, True)
    assert (await status(door, made))["status"] == "choosing"
    assert await accounts(door) == []
