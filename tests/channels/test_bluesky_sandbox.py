"""What Bluesky's posts look like on the sandbox: facets, cards, quotes, threads and gates, and lost answers to them."""

from __future__ import annotations

import pytest

from munadi.domain.failure import Effect
from munadi.domain.publication import Absent, Published
from munadi.ports import LinkCard
from tests.channels.connected import jpeg, new
from tests.channels.making import Saved, error_of, image
from tests.channels.sandbox import Acme

CHANNEL = "bluesky"
PUT = "com.atproto.repo.putRecord"


async def test_the_entryway_leads_to_the_accounts_own_server(acme: Acme) -> None:
    assert acme.account.service_url == f"{acme.oracle.url}/bluesky/pds"


async def test_everything_at_once(acme: Acme) -> None:
    acme.media.files = {"med_0": jpeg()}
    media = (image(0, alt="Teal", width=320, height=320),)
    found = await acme.post(new("Sale #now with @munadi.bsky.test\n\nhttps://acme.example", media=media))
    (post,) = acme.posts
    assert post["id"] == found.post_id
    assert post["text"] == "Sale #now with @munadi.bsky.test\n\nhttps://acme.example"
    assert [one["alt"] for one in post["media"]] == ["Teal"]
    assert len(post["raw"]["value"]["facets"]) == 3


async def test_a_card(acme: Acme) -> None:
    acme.cards.card_of_page = LinkCard("Sale", "All of it", jpeg(), "image/jpeg")
    await acme.post(new("Look", link="https://acme.example"))
    (post,) = acme.posts
    assert post["link"] == "https://acme.example"


async def test_ten_images_with_a_quote(acme: Acme) -> None:
    quoted = await acme.post(new("First"))
    acme.media.files = {f"med_{n}": jpeg(40 + n) for n in range(10)}
    media = tuple(image(n, alt=f"{n}", width=40 + n, height=320) for n in range(10))
    assert quoted.url is not None
    await acme.post(new("Ten", media=media, options={"quote": quoted.url}))
    post = acme.posts[1]
    embed = post["raw"]["value"]["embed"]
    assert embed["media"]["$type"] == "app.bsky.embed.gallery"
    assert embed["record"]["record"]["uri"] == quoted.post_id
    assert [one["alt"] for one in post["media"]] == [f"{n}" for n in range(10)]


@pytest.mark.parametrize("mode", ["accept_then_reset", "accept_then_502", "reset"])
async def test_a_thread_whose_answers_are_lost_is_whole_and_never_doubled(acme: Acme, mode: str) -> None:
    given, saved = new("One", parts=("Two", "Three")), Saved()
    for step in ("post", *acme.channel.steps(given)):
        acme.plant(PUT, mode)
        assert (await error_of(acme.send(given, saved, step))).effect is Effect.UNKNOWN
        found = await acme.look(given, saved, step)
        assert isinstance(found, Absent if mode == "reset" else Published)
        if isinstance(found, Absent):
            await acme.send(given, saved, step)
    assert [post["text"] for post in acme.posts] == ["One", "Two", "Three"]
    assert acme.posts[0]["comments"] == ["Two", "Three"]


CLOSED = {"replyControl": ["nobody"], "quotesAllowed": False}


@pytest.mark.parametrize("mode", ["accept_then_reset", "accept_then_502", "live_but_error", "reset"])
async def test_a_post_is_never_without_its_gates_nor_doubled(acme: Acme, mode: str) -> None:
    refusal = {"error": {"error": "InternalServerError"}, "status": 500} if mode == "live_but_error" else {}
    acme.plant("com.atproto.repo.applyWrites", mode, **refusal)
    given, saved = new("Once", options=CLOSED), Saved()
    if mode == "live_but_error":
        await acme.send(given, saved)
    else:
        assert (await error_of(acme.send(given, saved))).effect is Effect.UNKNOWN
        assert isinstance(await acme.look(given, saved), Absent if mode == "reset" else Published)
        await acme.send(given, saved)
    (post,) = acme.posts
    gates = post["raw"]["gates"]
    assert gates["app.bsky.feed.threadgate"]["allow"] == []
    assert gates["app.bsky.feed.postgate"]["post"] == post["id"]


async def test_each_post_of_a_thread_may_be_closed_to_quotes(acme: Acme) -> None:
    given, saved = new("One", parts=("Two",), options=CLOSED), Saved()
    for step in ("post", *acme.channel.steps(given)):
        await acme.send(given, saved, step)
    one, two = acme.posts
    assert set(one["raw"]["gates"]) == {"app.bsky.feed.threadgate", "app.bsky.feed.postgate"}
    assert set(two["raw"]["gates"]) == {"app.bsky.feed.postgate"}
