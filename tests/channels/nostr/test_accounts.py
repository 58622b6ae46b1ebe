"""Whose a key is, which relays it has, and what is refused before anything is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from munadi.channels.nostr.keys import npub
from munadi.channels.nostr.wire import signed
from munadi.domain.failure import Effect, FieldRefused, Reason
from munadi.domain.server import called_address
from munadi.ports import AccountImport
from tests.channels.limits import of
from tests.channels.making import Bench, bench, draft, error_of, image
from tests.channels.network import answer
from tests.channels.scene_nostr import AUTHOR, KEY, RELAY, SECRET_KEY, WHO, stored

R, S = Reason, Effect
GIVEN = AccountImport(access_token=SecretStr(SECRET_KEY), service_url=RELAY)


def published(kind: int, tags: Any = (), content: str = "", at: int = 100) -> dict[str, Any]:
    """Something that the key's owner published of itself."""
    assert KEY is not None
    return signed(KEY, kind, at, list(tags), content)


def over(*events: dict[str, Any], **settings: Any) -> Bench:
    built = bench("nostr", settings)
    built.network.on("GET", "", stored(*events))
    return built


async def profile_of(*events: dict[str, Any], **settings: Any) -> Any:
    return (await over(*events, **settings).channel.verify(GIVEN)).profile


async def test_a_new_key_is_its_own_name_and_has_the_relay_that_was_named() -> None:
    found = await profile_of()
    assert (found.external_id, found.handle, found.display_name) == (AUTHOR, npub(AUTHOR), None)
    assert (found.service_url, found.facts) == (RELAY, {"relays": [RELAY], "servers": []})


async def test_what_the_owner_published_counts_the_newest_first() -> None:
    relays = [["r", "wss://one.example"], ["r", "wss://read.example", "read"], ["r", "wss://two.example/x", "write"]]
    found = await profile_of(
        published(0, content='{"name": "old"}', at=1),
        published(0, content='{"name": "acme", "display_name": "Acme", "nip05": "news@acme.example"}', at=9),
        published(10002, [*relays, ["r", "ftp://three.example"], ["r"]]),
        published(10063, [["server", "https://media.example"]]),
    )
    assert (found.handle, found.display_name) == ("news@acme.example", "Acme")
    assert found.facts == {
        "relays": [RELAY, "https://one.example", "https://two.example/x"],
        "servers": ["https://media.example"],
    }


async def test_what_a_relay_forges_does_not_count() -> None:
    forged = {**published(10002, [["r", "wss://evil.example"]]), "tags": [["r", "wss://worse.example"]]}
    assert (await profile_of(forged)).facts["relays"] == [RELAY]


async def test_the_settings_add_relays_and_stand_in_for_media_servers() -> None:
    settings = {"relays": "wss://ours.example wss://more.example", "media_servers": "https://files.example"}
    found = await profile_of(**settings)
    assert found.facts["relays"] == [RELAY, "https://ours.example", "https://more.example"]
    assert found.facts["servers"] == ["https://files.example"]
    own = await profile_of(published(10063, [["server", "https://media.example"]]), **settings)
    assert own.facts["servers"] == ["https://media.example"]


async def test_an_account_has_eight_relays_at_most() -> None:
    found = await profile_of(published(10002, [["r", f"wss://relay{number}.example"] for number in range(20)]))
    assert len(found.facts["relays"]) == 8


@pytest.mark.parametrize("text", ["nsec1abc", "5e" * 31, "hello", npub(AUTHOR)])
async def test_what_is_no_secret_key_calls_nobody(text: str) -> None:
    built = bench("nostr")
    error = await error_of(built.channel.verify(replace(GIVEN, access_token=SecretStr(text))), R.INVALID_FIELD)
    assert isinstance(error, FieldRefused)
    assert (error.pointer, error.rule, built.network.requests) == ("/accessToken", "secret_key", [])
    assert text not in error.message


@pytest.mark.parametrize("text", [AUTHOR, AUTHOR.upper(), npub(AUTHOR)])
async def test_the_public_key_may_be_named_in_both_forms(text: str) -> None:
    assert (await over().channel.verify(replace(GIVEN, external_id=text))).profile.external_id == AUTHOR


async def test_a_key_without_a_relay_is_refused() -> None:
    error = await error_of(bench("nostr").channel.verify(replace(GIVEN, service_url=None)), R.MISSING_FIELD)
    assert isinstance(error, FieldRefused)
    assert (error.pointer, error.rule) == ("/serviceUrl", "missing")


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("wss://relay.example/x", "https://relay.example/x"),
        ("WS://localhost:7777", "http://localhost:7777"),
        ("https://mastodon.example", "https://mastodon.example"),
        ("ftp://x.example", "ftp://x.example"),
        (None, None),
    ],
)
def test_a_websockets_address_is_called_by_http(url: str | None, wanted: str | None) -> None:
    assert called_address(url) == wanted


async def test_a_relay_may_take_shorter_notes() -> None:
    built = over()
    about = answer(200, [["EOSE", "munadi"]])
    built.network.on("GET", "", about, answer(200, {"limitation": {"max_content_length": 100}}))
    facts = (await built.channel.verify(GIVEN)).profile.facts
    assert facts["longest"] == 100
    short = WHO.model_copy(update={"facts": facts})
    (problem,) = built.channel.validate(draft("x" * 101), short)
    assert (problem.pointer, problem.limit, built.channel.validate(draft("x" * 100), short)) == ("/text", 100, [])


def test_a_file_needs_a_media_server() -> None:
    built, given = bench("nostr"), of(draft("Hello", media=(image(),)))()
    assert built.channel.validate(given, WHO) == []
    (problem,) = built.channel.validate(given, WHO.model_copy(update={"facts": {"relays": [RELAY]}}))
    assert (problem.pointer, problem.rule) == ("/media", "media_server")
