"""A real relay of another hand takes what the channel signs, and its library reads what it says.

The relay and the judge of ids, signatures and references are nostr-sdk's, which is written in Rust.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import nostr_sdk
import pytest
from pydantic import SecretStr
from websockets.asyncio.client import connect

from munadi.channels.nostr.keys import nevent, npub, public_of, secret_of
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent
from munadi.domain.withdrawal import PostedObject, Verdict
from munadi.outbound.websocket import WebSockets
from munadi.ports import AccountImport
from tests.channels.calls import Saved, visible_step
from tests.channels.connected import Connected, new
from tests.channels.making import error_of
from tests.support.ports import free_port


@asynccontextmanager
async def relay(**rules: Any) -> AsyncIterator[str]:
    """A relay of nostr-sdk, by its address for http."""
    port = free_port()
    builder = nostr_sdk.LocalRelayBuilder().addr("127.0.0.1").port(port)
    for name, value in rules.items():
        builder = getattr(builder, name)(value)
    running = builder.build()
    await running.run()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        running.shutdown()


@asynccontextmanager
async def connected(*relays: str, listed: Sequence[str] = (), secret: str = "") -> AsyncIterator[Connected]:
    """An account with a new key. `listed` are further relays of a setting."""
    key = secret or nostr_sdk.Keys.generate().secret_key().to_hex()
    async with httpx.AsyncClient(transport=WebSockets(httpx.AsyncHTTPTransport())) as client:
        acme = Connected("nostr", {"relays": " ".join(listed)}, client)
        await acme.connect(AccountImport(access_token=SecretStr(key), service_url=relays[0]))
        yield acme


async def stored(address: str, event_id: str) -> dict[str, Any] | None:
    """What a relay has, asked by another client."""
    async with connect(f"ws{address.removeprefix('http')}") as socket:
        await socket.send(json.dumps(["REQ", "x", {"ids": [event_id]}]))
        async for frame in socket:
            said = json.loads(frame)
            if said[0] == "EVENT":
                found: dict[str, Any] = said[2]
                return found
            if said[0] == "EOSE":
                return None
    raise AssertionError("the relay closed")


async def test_a_thread_is_published_once_and_its_signatures_are_right() -> None:
    async with relay() as home, connected(home) as acme:
        given, saved = new('Monsoon "sale" \\ नमस्ते 🎪\n#Sale', parts=("Two",), first_comment="More"), Saved()
        found = await acme.post(given)
        events = [await stored(home, str(found.post_id))]
        await acme.prepare(given, saved)
        for step in ("post", "part-2", "comment"):
            made = await acme.port.publish(given, acme.account, saved, step)
            events.append(await stored(home, made.post_id))
        assert events[0] == events[1], "the same note, however often it is sent"
        for event in events:
            assert event is not None
            judged = nostr_sdk.Event.from_json(json.dumps(event))
            assert (judged.verify(), judged.author().to_hex()) == (True, acme.account.external_id)
        root, part = events[1], events[2]
        assert root is not None
        assert part is not None
        assert (root["content"], root["tags"][0]) == (given.text, ["t", "sale"])
        assert part["tags"][0][:2] + part["tags"][0][3:4] == ["e", root["id"], "root"]
        again = await acme.find(given, Saved())
        assert again.post_id == root["id"]
        reference = nostr_sdk.Nip19Event.from_bech32(found.url.rpartition("/")[2])
        assert (reference.event_id().to_hex(), reference.author().to_hex()) == (root["id"], acme.account.external_id)


async def test_a_note_is_absent_until_it_is_sent_and_gone_after_its_removal() -> None:
    async with relay() as home, connected(home) as acme:
        given = new("For a while")
        assert await acme.find(given, Saved()) == Absent(by_key=True)
        made = await acme.post(given)
        one = PostedObject(id=str(made.post_id))
        assert [each.verdict for each in await acme.channel.look([one], acme.account)] == [Verdict.LIVE]
        await acme.channel.withdraw(one, acme.account, visible_step())
        assert [each.verdict for each in await acme.channel.look([one], acme.account)] == [Verdict.GONE]
        assert await stored(home, one.id) is None


async def test_a_note_that_one_of_two_relays_took_is_live_with_a_warning() -> None:
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(relay())
        strict = await stack.enter_async_context(relay(min_pow=20))
        acme = await stack.enter_async_context(connected(home, listed=[f"ws{strict.removeprefix('http')}"]))
        assert acme.account.facts["relays"] == [home, strict]
        made = await acme.post(new("At one of two"))
        (warning,) = made.warnings
        assert (warning.code, "pow" in warning.message or "proof of work" in warning.message) == (
            "RELAYS_INCOMPLETE",
            True,
        )
        assert await stored(home, str(made.post_id)) is not None
        assert await stored(strict, str(made.post_id)) is None


async def test_two_relays_have_the_same_note_and_one_that_is_down_hides_nothing() -> None:
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(relay())
        async with relay() as other:
            acme = await stack.enter_async_context(connected(home, listed=[other]))
            given = new("At both")
            made = await acme.post(given)
            assert (made.warnings, await stored(other, str(made.post_id))) == (
                (),
                await stored(home, str(made.post_id)),
            )
        found = await acme.find(given, Saved())
        assert found.post_id == made.post_id, "one relay that has it is enough"
        lost = await acme.find(new("Never sent"), Saved())
        assert not isinstance(lost, Absent), "a relay that cannot be asked may have it"


async def test_a_relay_that_asks_for_a_log_in_gets_it() -> None:
    rule = nostr_sdk.LocalRelayBuilderNip42(mode=nostr_sdk.LocalRelayBuilderNip42Mode.BOTH)
    async with relay(nip42=rule) as home, connected(home) as acme:
        made = await acme.post(new("Behind a log-in"))
        assert (await acme.find(new("Another"), Saved())) == Absent(by_key=True)
        assert made.post_id is not None


async def test_a_relay_that_wants_proof_of_work_refuses_for_good() -> None:
    async with relay(min_pow=20) as home, connected(home) as acme:
        given, saved = new("Hello"), Saved()
        await acme.prepare(given, saved)
        await error_of(acme.publish(given, saved), Reason.INVALID_FIELD, Effect.REJECTED, "pow")


async def test_a_relay_that_is_not_there_is_sent_nothing() -> None:
    async with relay() as home, connected(home) as acme:
        acme.account = acme.account.model_copy(update={"service_url": "http://127.0.0.1:1", "facts": {}})
        given, saved = new("Hello"), Saved()
        await acme.prepare(given, saved)
        await error_of(acme.publish(given, saved), Reason.NETWORK_UNREACHABLE, Effect.NOT_SENT)


def test_keys_and_references_are_those_of_another_library() -> None:
    keys = nostr_sdk.Keys.generate()
    public, secret = keys.public_key(), keys.secret_key()
    assert npub(public.to_hex()) == public.to_bech32()
    assert public_of(public.to_bech32()) == public.to_hex()
    for text in (secret.to_bech32(), secret.to_hex(), f" {secret.to_bech32().upper()} "):
        found = secret_of(text)
        assert found is not None
        assert found.secret.hex() == secret.to_hex()
    written = nostr_sdk.Nip19Event.from_bech32(nevent("ab" * 32, "wss://relay.example", public.to_hex()))
    assert (written.event_id().to_hex(), [str(one) for one in written.relays()]) == ("ab" * 32, ["wss://relay.example"])


@pytest.mark.parametrize(
    "text", ["", "nsec1", "npub1abc", "0" * 64, "f" * 64, "5e" * 31, "nsec1" + "q" * 58, "x" * 2000]
)
def test_what_is_no_secret_key_is_refused(text: str) -> None:
    assert secret_of(text) is None


def test_another_librarys_key_with_one_wrong_letter_is_refused() -> None:
    text = nostr_sdk.Keys.generate().secret_key().to_bech32()
    wrong = text[:-1] + ("q" if text[-1] != "q" else "p")
    assert secret_of(wrong) is None
    assert issubclass(ChannelError, Exception)
