"""Facebook on the sandbox: whatever becomes of an answer, exactly one post is there and it is found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Pending, Published, Unknown
from munadi.ports import Stage
from tests.channels.conftest import MediaSite, Oracle
from tests.channels.facebook_page import KINDS, LOST, STORIES, VISIBLE, Acme, a_page, failure, posts
from tests.channels.making import GateThatCounts, Saved


@pytest.fixture
async def acme(oracle: Oracle, site: MediaSite) -> AsyncIterator[Acme]:
    async with a_page(oracle, site) as page:
        yield page


@pytest.mark.parametrize("kind", [*KINDS, *STORIES])
@pytest.mark.parametrize("mode", LOST)
async def test_accepted_but_unanswered_is_found_and_never_doubled(
    oracle: Oracle, acme: Acme, kind: str, mode: str
) -> None:
    oracle.plant("facebook", VISIBLE[kind], mode)
    given, saved = acme.draft(kind), Saved()
    error = await failure(acme, given, saved)
    assert error.effect is Effect.UNKNOWN
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    (post,) = posts(oracle, acme)
    assert (found.post_id, found.url) == (post["id"], post["url"])


@pytest.mark.parametrize("kind", [*KINDS, *STORIES])
async def test_a_500_with_code_2_may_be_live(oracle: Oracle, acme: Acme, kind: str) -> None:
    oracle.plant("facebook", VISIBLE[kind], "live_but_error", error={"code": 2})
    given, saved = acme.draft(kind), Saved()
    error = await failure(acme, given, saved)
    assert (error.reason, error.effect, error.provider_code) == (Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, "2")
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    assert [post["id"] for post in posts(oracle, acme)] == [found.post_id]


@pytest.mark.parametrize("kind", [*KINDS, *STORIES])
@pytest.mark.parametrize(
    "plan",
    [
        {"mode": "reset"},
        {"mode": "error", "error": {"code": 2}},
        {"mode": "error", "status": 200, "body": "not json"},
        {"mode": "error", "status": 200, "body": {}},
    ],
    ids=["reset", "code 2", "a proxy", "no proof"],
)
async def test_lost_without_effect_the_same_handle_goes_out(
    oracle: Oracle, acme: Acme, kind: str, plan: dict[str, Any]
) -> None:
    oracle.plant("facebook", VISIBLE[kind], **plan)
    given, saved = acme.draft(kind), Saved()
    assert (await failure(acme, given, saved)).effect is Effect.UNKNOWN
    assert await acme.find(given, saved) == Absent()
    await acme.publish_until_live(given, saved)
    assert len(posts(oracle, acme)) == 1


async def test_a_finish_sent_twice_makes_one_reel(oracle: Oracle, acme: Acme) -> None:
    oracle.plant("facebook", "finish_reel", "accept_then_reset")
    given, saved = acme.draft("reel"), Saved()
    await failure(acme, given, saved)
    found = await acme.publish_until_live(given, saved)
    assert [post["id"] for post in posts(oracle, acme)] == [found.post_id]


@pytest.mark.parametrize("kind", STORIES)
async def test_another_story_is_not_taken_for_ours(oracle: Oracle, acme: Acme, kind: str) -> None:
    """Nor for a proof that ours is not there: the id that a story has its media under is promised nowhere."""
    given, saved = acme.draft(kind), Saved()
    await acme.prepare(given, saved)
    twin, its = acme.draft(kind), Saved()
    await acme.prepare(twin, its)
    await acme.publish_until_live(twin, its)
    assert isinstance(await acme.find(given, saved), Unknown)
    other = next(one for one in STORIES if one != kind)
    given, saved = acme.draft(other), Saved()
    await acme.prepare(given, saved)
    assert await acme.find(given, saved) == Absent()


@pytest.mark.parametrize("kind", STORIES)
async def test_a_story_sent_twice_is_there_once(oracle: Oracle, acme: Acme, kind: str) -> None:
    oracle.plant("facebook", VISIBLE[kind], "accept_then_reset")
    given, saved = acme.draft(kind), Saved()
    await failure(acme, given, saved)
    found = await acme.publish_until_live(given, saved)
    assert [post["id"] for post in posts(oracle, acme)] == [found.post_id]


async def test_two_posts_alike_are_not_told_apart(oracle: Oracle, acme: Acme) -> None:
    oracle.call("PUT", "/switches", channel="facebook", kind="refuseDuplicates", enabled=False)
    oracle.plant("facebook", "feed", "accept_then_reset")
    given, saved = acme.draft("text"), Saved()
    await failure(acme, given, saved)
    await acme.post(acme.draft("text"))
    assert isinstance(await acme.find(given, saved), Unknown)


async def test_photos_tell_two_posts_alike_apart(oracle: Oracle, acme: Acme) -> None:
    oracle.plant("facebook", "feed", "accept_then_reset")
    given, saved = acme.draft("photos"), Saved()
    await failure(acme, given, saved)
    twin = await acme.post(acme.draft("photos"))
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    assert found.post_id != twin.post_id


async def test_the_same_text_again_is_a_duplicate_that_may_be_ours(oracle: Oracle, acme: Acme) -> None:
    await acme.post(acme.draft("text"))
    error = await failure(acme, acme.draft("text"))
    assert (error.reason, error.effect) == (Reason.DUPLICATE_CONTENT, Effect.UNKNOWN)
    assert len(posts(oracle, acme)) == 1


async def test_a_reel_is_not_published_before_facebook_says_so(oracle: Oracle, acme: Acme) -> None:
    oracle.call("PUT", "/delays", channel="facebook", kind="publish", seconds=0.4)
    given, saved = acme.draft("reel"), Saved()
    await acme.prepare(given, saved)
    found = await acme.channel.publish(given, acme.account, saved.handle, saved, Stage(GateThatCounts()))
    assert isinstance(found, Pending)
    assert posts(oracle, acme) == []
    assert isinstance(await acme.find(given, saved), Unknown)
    assert isinstance(await acme.publish_until_live(given, saved), Published)
    assert len(posts(oracle, acme)) == 1


async def test_a_reel_is_waited_for_while_it_is_processed(oracle: Oracle, acme: Acme) -> None:
    oracle.call("PUT", "/delays", channel="facebook", kind="reel", seconds=0.3)
    given, saved = acme.draft("reel"), Saved()
    found = await acme.channel.prepare(given, acme.account, None, saved)
    assert isinstance(found, Pending)
    await acme.prepare(given, saved)
    await acme.publish_until_live(given, saved)


async def test_a_cut_upload_goes_on_where_it_ended(oracle: Oracle, acme: Acme) -> None:
    given, saved = acme.draft("reel"), Saved()
    oracle.call("PUT", "/limits", channel="facebook", kind="bytesPerUpload", value=given.media[0].bytes // 2 + 1)
    with pytest.raises(ChannelError) as caught:
        await acme.prepare(given, saved)
    assert caught.value.provider_code == "PartialRequestError"
    await acme.prepare(given, saved)
    await acme.publish_until_live(given, saved)
    (post,) = posts(oracle, acme)
    assert (post["media"][0]["width"], post["media"][0]["mimeType"]) == (540, "video/mp4")


@pytest.mark.parametrize("mode", ["accept_then_reset", "reset"])
@pytest.mark.parametrize(("kind", "step"), [("reel", "upload_reel"), ("video", "transfer_video")])
async def test_an_upload_survives_a_lost_answer(oracle: Oracle, acme: Acme, kind: str, step: str, mode: str) -> None:
    oracle.plant("facebook", step, mode)
    given, saved = acme.draft(kind), Saved()
    with pytest.raises(ChannelError):
        await acme.prepare(given, saved)
    if (kind, mode) == ("video", "accept_then_reset"):
        # The part is there already, so it is refused with the offset to go on from.
        with pytest.raises(ChannelError):
            await acme.prepare(given, saved)
    await acme.prepare(given, saved)
    await acme.publish_until_live(given, saved)
    assert len(posts(oracle, acme)) == 1
