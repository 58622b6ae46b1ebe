"""Posts at the emulated Bluesky: facets, cards, quotes, threads and gates."""

from __future__ import annotations

import pytest

from munadi.domain.failure import Effect
from munadi.domain.publication import Absent, Published
from munadi.ports import LinkCard
from tests.channels.bluesky.test_wire import CLOSED
from tests.channels.calls import Saved
from tests.channels.connected import jpeg, new
from tests.channels.making import error_of, image
from tests.channels.sandbox import Acme

CHANNEL = "bluesky"


async def test_a_text_with_facets_an_image_and_a_card(acme: Acme) -> None:
    assert acme.account.service_url == f"{acme.oracle.url}/bluesky/pds"  # where the entryway leads
    acme.put(med_0=jpeg())
    text = "Sale #now with @munadi.bsky.test\n\nhttps://acme.example"
    found = await acme.post(new(text, media=(image(0, alt="Teal", width=320, height=320),)))
    acme.cards.card_of_page = LinkCard("Sale", "All of it", jpeg(), "image/jpeg")
    await acme.post(new("Look", link="https://acme.example"))
    post, card = acme.posts
    assert (post["id"], post["text"], [one["alt"] for one in post["media"]]) == (found.post_id, text, ["Teal"])
    assert len(post["raw"]["value"]["facets"]) == 3
    assert card["link"] == "https://acme.example"


async def test_ten_images_with_a_quote(acme: Acme) -> None:
    quoted = await acme.post(new("First"))
    acme.put(**{f"med_{n}": jpeg(40 + n) for n in range(10)})
    media = tuple(image(n, alt=f"{n}", width=40 + n, height=320) for n in range(10))
    await acme.post(new("Ten", media=media, options={"quote": quoted.url}))
    post = acme.posts[1]
    embed = post["raw"]["value"]["embed"]
    assert embed["media"]["$type"] == "app.bsky.embed.gallery"
    assert embed["record"]["record"]["uri"] == quoted.post_id
    assert [one["alt"] for one in post["media"]] == [f"{n}" for n in range(10)]


@pytest.mark.parametrize("mode", ["accept_then_reset", "accept_then_502", "reset"])
@pytest.mark.parametrize("operation", ["putRecord", "applyWrites"])
async def test_a_thread_whose_answers_are_lost_is_whole_and_never_doubled(
    acme: Acme, mode: str, operation: str
) -> None:
    """With `applyWrites` each post is closed to quotes, and the thread to replies."""
    closed = operation == "applyWrites"
    given, saved = new("One", parts=("Two", "Three"), options=CLOSED if closed else {}), Saved()
    for step in ("post", *acme.channel.steps(given)):
        acme.plant(f"com.atproto.repo.{operation}", mode)
        assert (await error_of(acme.send(given, saved, step))).effect is Effect.UNKNOWN
        found = await acme.find(given, saved, step)
        assert isinstance(found, Absent if mode == "reset" else Published)
        await acme.send(given, saved, step)
    assert [post["text"] for post in acme.posts] == ["One", "Two", "Three"]
    assert acme.posts[0]["comments"] == ["Two", "Three"]
    if closed:
        first, *parts = [post["raw"]["gates"] for post in acme.posts]
        assert first["app.bsky.feed.threadgate"]["allow"] == []
        assert first["app.bsky.feed.postgate"]["post"] == acme.posts[0]["id"]
        assert [set(gates) for gates in parts] == [{"app.bsky.feed.postgate"}] * 2
