"""Many posts of an account are looked at with few requests, and each is what its network shows of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from munadi.channels.mastodon.looking import OWN_EYES
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from tests.channels.calls import Saved, visible_step
from tests.channels.sandbox import Acme, at, draft

NAMES = ("instagram", "instagram page", "facebook", "threads", "bluesky", "mastodon")
# More than Mastodon and the AppView take in one call.
MANY = 30
MOST = {"bluesky": 3, "mastodon": 2}
KINDS = {"instagram": "photo"}
each = at(*NAMES)
READS = (
    *("list_media", "get_media", "list_stories", "page_account", "me"),
    *("published_posts", "list_videos", "list_reels", "get_post", "video_status", "node"),
    *("list_threads", "list_replies"),
    *("com.atproto.repo.listRecords", "com.atproto.repo.getRecord", "com.atproto.sync.getRepoStatus"),
    *("app.bsky.feed.getPosts", "get_statuses", "get_status", "verify_credentials", "status_history"),
)
LISTS = {"instagram": "list_media", "facebook": "published_posts", "threads": "list_threads"}
LISTS |= {"bluesky": "com.atproto.repo.listRecords", "mastodon": "get_statuses"}


async def published(acme: Acme, number: int, **fields: Any) -> list[PostedObject]:
    found = []
    for place in range(number):
        made = await acme.post(draft(acme, KINDS.get(acme.name, "text"), f"Number {place}", **fields), Saved())
        found += [PostedObject(id=one.id, version=one.version) for one in made.made]
    return found


async def watched(acme: Acme, found: Sequence[PostedObject]) -> tuple[list[Seen], int]:
    """What a look shows, and with how many requests."""
    before = len(acme.calls(*READS))
    seen = await acme.channel.watch(found, acme.account)
    return list(seen), len(acme.calls(*READS)) - before


def change(acme: Acme, one: PostedObject, control: str, way: str | None = None) -> None:
    body = {"channel": acme.name, "post": one.id, "control": control, "way": way}
    httpx.post(f"{acme.oracle.url}/control/changes", json=body).raise_for_status()


@pytest.fixture(autouse=True)
def _shown_at_once(acme: Acme) -> None:
    if acme.name == "bluesky":
        acme.set("delays", 0, "appview")


@each
async def test_many_posts_take_few_requests(acme: Acme) -> None:
    found = await published(acme, MANY)
    seen, requests = await watched(acme, found)
    assert {one.verdict for one in seen} == {Verdict.LIVE}
    assert requests == MOST.get(acme.name, 1)


@each
async def test_one_that_is_deleted_is_gone_and_the_others_are_live(acme: Acme) -> None:
    first, second, third, fourth = await published(acme, 4)
    change(acme, second, "delete")
    seen, _ = await watched(acme, [first, second, third, fourth])
    assert [one.verdict for one in seen] == [Verdict.LIVE, Verdict.GONE, Verdict.LIVE, Verdict.LIVE]


@at("instagram", "facebook", "threads")
async def test_a_list_that_lags_hides_nothing(acme: Acme) -> None:
    found = await published(acme, 3)
    acme.set("delays", 3600, "index")
    seen, requests = await watched(acme, found)
    assert {one.verdict for one in seen} == {Verdict.LIVE}
    assert requests == 1 + 3 + (acme.name == "instagram")


@at("bluesky")
async def test_an_appview_that_lags_hides_nothing(acme: Acme) -> None:
    found = await published(acme, 3)
    acme.set("delays", 3600, "appview")
    seen, _ = await watched(acme, found)
    assert {one.verdict for one in seen} == {Verdict.PROCESSING}
    assert {one.verdict for one in await acme.channel.look(found[:2], acme.account)} == {Verdict.LIVE}


@each
async def test_a_list_that_is_down_costs_requests_and_no_verdict(acme: Acme) -> None:
    found = await published(acme, 3)
    acme.plant(LISTS[acme.name], "error", status=500, times=1)
    seen, _ = await watched(acme, found)
    assert {one.verdict for one in seen} == {Verdict.LIVE}


@at("instagram", "facebook", "threads")
async def test_without_the_permission_nothing_is_gone(acme: Acme) -> None:
    found = await published(acme, 3)
    change(acme, found[0], "delete")
    acme.plant("*", "error", error={"code": 10}, status=403, times=None)
    with pytest.raises(ChannelError) as refused:
        await acme.channel.watch(found, acme.account)
    assert refused.value.reason is Reason.MISSING_SCOPE


@at("bluesky", "mastodon")
async def test_a_suspended_account_has_no_post_that_is_gone(acme: Acme) -> None:
    found = await published(acme, 3)
    change(acme, found[0], "vanish")
    with pytest.raises(ChannelError):
        await acme.channel.watch(found, acme.account)


@at("bluesky")
async def test_an_appview_that_is_down_spoils_nothing(acme: Acme) -> None:
    first, second, third = await published(acme, 3)
    change(acme, second, "delete")
    acme.plant("app.bsky.feed.getPosts", "error", status=502, times=None)
    seen, _ = await watched(acme, [first, second, third])
    assert [one.verdict for one in seen] == [Verdict.LIVE, Verdict.GONE, Verdict.LIVE]


@at("instagram page")
async def test_the_copyright_check_is_read_with_the_list(acme: Acme) -> None:
    made = await acme.post(draft(acme, "reel"), Saved())
    found = [*await published(acme, 2), PostedObject(id=made.made[0].id)]
    seen, requests = await watched(acme, found)
    assert ([one.verdict for one in seen], requests) == ([Verdict.LIVE] * 3, 1)


@at("facebook")
async def test_films_are_listed_with_their_status(acme: Acme) -> None:
    made = [await acme.post(draft(acme, kind, kind), Saved()) for kind in ("reel", "reel", "reel", "video")]
    found = [PostedObject(id=one.made[0].id) for one in made]
    change(acme, found[1], "moderate", "failed")
    change(acme, found[2], "copyright", "block")
    seen, requests = await watched(acme, found)
    assert [one.verdict for one in seen] == [Verdict.LIVE, Verdict.REJECTED, Verdict.LIMITED, Verdict.LIVE]
    assert seen[2].word == "BLOCK: DE, AT"
    assert requests == 2, "the list of videos, and that of reels"


@at("mastodon")
async def test_what_the_public_does_not_see_is_limited(acme: Acme) -> None:
    (private,) = await published(acme, 1, options={"visibility": "private"})
    (public,) = await published(acme, 1)
    seen, _ = await watched(acme, [private, public])
    assert [(one.verdict, one.word) for one in seen] == [(Verdict.LIMITED, "private"), (Verdict.LIVE, "")]
    acme.set("switches", True, "requireLogin")
    seen, _ = await watched(acme, [public])
    assert (seen[0].verdict, "authenticated user" in seen[0].word) == (Verdict.LIMITED, True)
    assert OWN_EYES not in seen[0].word


@at("mastodon")
async def test_what_a_moderator_blurs_is_limited_and_what_the_author_blurs_is_not(acme: Acme) -> None:
    (ours,) = await published(acme, 1, options={"sensitive": True})
    (theirs,) = await published(acme, 1)
    change(acme, theirs, "moderate", "sensitive")
    seen, _ = await watched(acme, [ours, theirs])
    assert [(one.verdict, one.word) for one in seen] == [(Verdict.LIVE, ""), (Verdict.LIMITED, "sensitive")]
    change(acme, theirs, "restore")
    acme.oracle.call("PATCH", f"/profiles/mastodon/{acme.account.external_id}", status="sensitized")
    seen, _ = await watched(acme, [ours, theirs])
    assert [one.verdict for one in seen] == [Verdict.LIVE, Verdict.LIMITED]


@at("mastodon")
async def test_other_servers_are_read_by_the_accounts_list(acme: Acme) -> None:
    acme.set("switches", True, "plain")
    found = await published(acme, 4)
    plain = acme.account.model_copy(update={"facts": {"instance": {"software": "plain", "version": "4.7.2"}}})
    before = len(acme.calls("list_statuses", "get_status"))
    assert {one.verdict for one in await acme.channel.watch(found, plain)} == {Verdict.LIVE}
    assert len(acme.calls("list_statuses", "get_status")) == before + 1


@at("instagram page", "facebook", "threads", "mastodon")
async def test_a_withdrawal_reads_by_the_ids(acme: Acme) -> None:
    found = await published(acme, 3)
    for one in found:
        await acme.channel.withdraw(one, acme.account, visible_step())
    asked = [one.model_copy(update={"asked": 1}) for one in found]
    before = len(acme.calls("get_media", "get_post", "get_status", "get_statuses"))
    assert {one.verdict for one in await acme.channel.look(asked, acme.account)} == {Verdict.GONE}
    assert len(acme.calls("get_media", "get_post", "get_status", "get_statuses")) == before + (
        1 if acme.name == "mastodon" else 3
    )
