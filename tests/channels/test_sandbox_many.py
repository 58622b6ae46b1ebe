"""Looks at many posts of an account, over sockets: how many calls they are, what they cost, and what spoils nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from munadi.domain.failure import ChannelError, Reason
from munadi.domain.withdrawal import PostedObject, Verdict
from tests.channels.sandbox import Acme, acme_at, at, many_posts
from tests.channels.servers import MediaSite, Oracle
from tests.channels.test_sandbox_removing import spent

LIVE, GONE, UNSEEN, UNREADABLE = Verdict.LIVE, Verdict.GONE, Verdict.UNSEEN, Verdict.UNREADABLE
READS = {
    "discord": ("get_message",),
    "google_business": ("list_posts", "get_post"),
    "linkedin": ("list_posts", "get_post", "get_posts", "get_page"),
    "nostr": ("read_events",),
    "pinterest": ("board_pins", "get_pin", "get_board", "list_boards"),
    "telegram": ("stopMessageLiveLocation",),
    "tiktok": ("query_videos",),
    "x": ("get_posts", "timeline"),
    "youtube": ("list_videos", "list_channels"),
}
each = at(*READS)


async def published(acme: Acme, count: int) -> list[PostedObject]:
    """So many posts, with limits that allow them."""
    if acme.name == "tiktok":
        acme.set("limits", 1000, "initPerMinute", "postsPerDay", "creatorInfoPerMinute")
    return await many_posts(acme, count)


def delete(acme: Acme, one: PostedObject) -> None:
    body = {"channel": acme.name, "post": one.id, "control": "delete"}
    assert httpx.post(f"{acme.oracle.url}/control/changes", json=body).status_code == 200


async def looked(acme: Acme, found: Sequence[PostedObject]) -> tuple[list[Verdict], int]:
    """The verdicts, and how many calls it took."""
    before = len(acme.calls(*READS[acme.name]))
    seen = await acme.channel.look(found, acme.account)
    return [one.verdict for one in seen], len(acme.calls(*READS[acme.name])) - before


@pytest.mark.parametrize(
    ("acme", "calls"),
    [
        *(("discord", 4), ("google_business", 1), ("linkedin", 1), ("nostr", 1), ("pinterest", 2)),
        *(("telegram", 4), ("tiktok", 1), ("x", 1), ("youtube", 1)),
    ],
    indirect=["acme"],
)
async def test_how_many_calls_a_look_at_four_posts_makes(acme: Acme, calls: int) -> None:
    found = await published(acme, 4)
    assert await looked(acme, found) == ([LIVE] * 4, calls)


@each
async def test_one_that_was_deleted_is_gone_and_the_others_are_live(acme: Acme) -> None:
    found = await published(acme, 4)
    delete(acme, found[1])
    verdicts, _ = await looked(acme, found)
    assert verdicts == [LIVE, UNSEEN if acme.name == "tiktok" else GONE, LIVE, LIVE]


@each
async def test_what_is_no_id_spoils_no_other(acme: Acme) -> None:
    found = await published(acme, 2)
    wrong = PostedObject(id="no-id", version=found[0].version)
    verdicts, _ = await looked(acme, [found[0], wrong, found[1]])
    assert verdicts == [LIVE, GONE if acme.name in ("google_business", "youtube") else UNREADABLE, LIVE]


NO_SCOPE: dict[str, dict[str, Any]] = {
    "discord": {"error": "access"},
    "google_business": {"error": "scopes"},
    "linkedin": {"error": "scopes"},
    "nostr": {"error": "restricted"},
    "pinterest": {"error": "scopes"},
    "telegram": {"error": "kicked"},
    "x": {"error": "scopes"},
    "youtube": {"reason": "insufficientPermissions"},
}


@at(*(name for name in READS if name != "tiktok"))
async def test_without_the_permission_to_read_nothing_is_gone(acme: Acme) -> None:
    found = await published(acme, 3)
    delete(acme, found[1])
    for operation in READS[acme.name]:
        acme.plant(operation, "error", error=NO_SCOPE[acme.name], times=None)
    with pytest.raises(ChannelError) as refused:
        await looked(acme, found)
    assert refused.value.reason in (Reason.MISSING_SCOPE, Reason.TARGET_NOT_ACCESSIBLE)


@at("tiktok")
async def test_without_video_list_nothing_is_known(acme: Acme) -> None:
    found = await published(acme, 1)
    acme.plant("query_videos", "error", error={"code": "scope_not_authorized"})
    [seen] = await acme.channel.look(found, acme.account)
    assert (seen.verdict, seen.word) == (UNREADABLE, "scope_not_authorized: video.list")


@at("tiktok")
async def test_twenty_videos_are_read_in_one_call(acme: Acme) -> None:
    found = await published(acme, 21)
    assert await looked(acme, found) == ([LIVE] * 21, 2)


@at("x")
async def test_a_look_costs_what_it_shows_and_a_missing_post_is_free(acme: Acme) -> None:
    found = await published(acme, 5)
    delete(acme, found[0])
    before = spent(acme)
    assert (await looked(acme, found))[0] == [GONE, *[LIVE] * 4]
    assert spent(acme) == before + 4 * 5


@pytest.fixture
async def standard(oracle: Oracle, site: MediaSite) -> AsyncIterator[Acme]:
    """A page whose app may read several posts by their ids."""
    async with acme_at("linkedin", oracle, site, batch_get=True) as acme:
        yield acme


async def test_posts_of_a_page_are_read_by_their_ids_at_once(standard: Acme) -> None:
    found = await published(standard, 2)
    absent = PostedObject(id="urn:li:share:7")
    assert await looked(standard, [*found[:1], absent]) == ([LIVE, GONE], 1)
    standard.set("switches", True, "developmentTier")
    assert await looked(standard, [*found[:1], absent]) == ([LIVE, GONE], 1 + 2)


@at("youtube")
async def test_a_look_costs_one_unit(acme: Acme) -> None:
    found = await published(acme, 2)
    acme.set("limits", units(acme) + 1, "unitsPerDay")
    assert (await looked(acme, found))[0] == [LIVE, LIVE]
    with pytest.raises(ChannelError) as refused:
        await looked(acme, found)
    assert refused.value.reason is Reason.QUOTA_EXCEEDED


def units(acme: Acme) -> int:
    """The units that were spent, by the calls that cost some."""
    once = ("list_videos", "list_uploads", "list_channels", "list_comments")
    often = ("update_video", "delete_video", "set_thumbnail", "insert_comment")
    return len(acme.calls(*once)) + 50 * len(acme.calls(*often))
