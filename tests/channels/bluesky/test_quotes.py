"""A quoted post: a pasted address becomes a strong reference."""

from __future__ import annotations

import httpx
import pytest

from munadi.channels.bluesky.state import Prepared, Ref
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Ready
from tests.channels.bluesky.servers import GET, HANDLE, MISSING, NO_HANDLE, WHO, refusal
from tests.channels.calls import Saved
from tests.channels.making import Bench, bench, error_of, publication
from tests.channels.network import Answer, answer, ok

KEY = "3n342ilh4f622"
URI = f"at://did:plc:quoted/app.bsky.feed.post/{KEY}"
POSTS = "/xrpc/app.bsky.feed.getPosts"


def over(here: Answer, anywhere: Answer | None = None, handle: Answer | None = None, view: str | None = None) -> Bench:
    """The account's server, the AppView, and the look-up of handles."""
    built = bench("bluesky", {"hosts": {"appview": view}} if view else {})
    built.network.on("GET", GET, here).on("GET", POSTS, anywhere or answer(500))
    built.network.on("GET", HANDLE, handle or ok({"did": "did:plc:quoted"}))
    return built


async def resolve(built: Bench, quote: str = URI) -> Ref:
    saved, given = Saved(), publication("x", options={"quote": quote})
    assert built.channel.lead(given).total_seconds() == 60
    assert isinstance(await built.prepare(given, WHO, saved), Ready)
    found = Prepared.of(saved.handle).quote
    assert found is not None
    await built.prepare(given, WHO, saved)
    assert len(built.network.sent(GET)) == 1
    return found


@pytest.mark.parametrize(
    ("quote", "asked"),
    [
        (URI, []),
        (f"https://bsky.app/profile/did:plc:quoted/post/{KEY}", []),
        (f"at://Acme.Example/app.bsky.feed.post/{KEY}", [{"handle": "acme.example"}]),
        (f"https://bsky.app/profile/acme.example/post/{KEY}?ref=app", [{"handle": "acme.example"}]),
    ],
)
async def test_a_pasted_address_becomes_a_strong_reference(quote: str, asked: list[dict[str, str]]) -> None:
    built = over(ok({"uri": URI, "cid": "bafyone"}))
    assert await resolve(built, quote) == Ref(uri=URI, cid="bafyone")
    assert [dict(one.url.params) for one in built.network.sent(HANDLE)] == asked
    assert built.network.mutations == []


async def test_a_post_on_another_server_is_read_from_the_app_view() -> None:
    posts = [{"uri": "at://other", "cid": "no"}, {"uri": URI, "cid": "bafyview"}]
    built = over(refusal("InvalidRequest"), ok({"posts": posts}), view="https://view.example/bluesky")
    assert (await resolve(built)).cid == "bafyview"
    assert str(built.network.sent(POSTS)[0].url).startswith("https://view.example/bluesky/xrpc/")


NO_POST = [ok({"posts": posts}) for posts in ([], [{"uri": URI}], ["x"], [{"uri": "at://other", "cid": "no"}])]
UNREADABLE = [answer(200, "not json"), ok({}), ok({"posts": None})]


@pytest.mark.parametrize(
    ("here", "anywhere", "reason", "code"),
    [
        *((MISSING, each, Reason.INVALID_FIELD, "QUOTE_NOT_FOUND") for each in NO_POST),
        *((MISSING, each, Reason.PROVIDER_OUTAGE, "NO_PROOF") for each in UNREADABLE),
        *((each, each, Reason.PROVIDER_OUTAGE, "NO_PROOF") for each in UNREADABLE),
        (MISSING, answer(502, "<html>"), Reason.PROVIDER_OUTAGE, "HTTP 502"),
    ],
)
async def test_only_an_answer_without_the_post_refuses_a_quote(
    here: httpx.Response, anywhere: httpx.Response, reason: Reason, code: str
) -> None:
    error = await error_of(resolve(over(here, anywhere)))
    assert (error.reason, error.provider_code) == (reason, code)
    assert error.effect is (Effect.REJECTED if reason is Reason.INVALID_FIELD else Effect.UNKNOWN)


async def test_a_quote_of_an_unknown_account_is_refused() -> None:
    error = await error_of(resolve(over(MISSING, handle=NO_HANDLE), f"at://no.example/app.bsky.feed.post/{KEY}"))
    assert error.provider_code == "QUOTE_NOT_FOUND"


async def test_a_quote_is_not_published_before_it_is_resolved() -> None:
    given = publication("x", options={"quote": URI})
    error = await error_of(bench("bluesky").publish(given, WHO))
    assert error.effect is Effect.NOT_SENT
