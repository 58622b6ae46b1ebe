"""Live posts are looked at when they are due, in batches, and what is not there any more is reported once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.liveness import APART, MANY
from munadi.domain.look_ages import AFTER, Looks
from munadi.domain.look_rule import LookRule
from munadi.domain.publication import PublicationStatus
from munadi.domain.withdrawal import Seen, Verdict
from munadi.publishing.look_budget import spent_on
from munadi.publishing.watching import NEXT_LOOK, watch_of
from tests.db.board import Board
from tests.db.looking import CHANNEL, DAY, GONE, HOUR, LIVE, Looking
from tests.db.seeding import START
from tests.support.counting import counted

S = PublicationStatus


@pytest.fixture
def looking(own_board: Board) -> Looking:
    return Looking(own_board)


async def test_what_is_published_is_planned_and_then_looked_at_by_age(looking: Looking) -> None:
    put = await looking.published("a")
    await looking.planned()
    times = []
    while (await looking.board.row(put.id)).watch_at is not None:
        await looking.next_of(put)
        times.append(looking.clock.time - START)
    assert looking.network.looks == [["a"]] * 4
    for age, time in zip(AFTER, times, strict=True):
        assert abs(time - age) <= age / 10 + timedelta(minutes=2)
    view = (await looking.view(put)).publications[0].liveness
    assert view is not None
    assert (view.verdict, view.looked_at, view.next_look_at) == (Verdict.LIVE, looking.clock.time, None)
    assert await looking.board.types(put.content_id) == [], "nothing has changed"


async def test_a_post_that_is_gone_is_reported_once_after_two_looks(looking: Looking) -> None:
    put = await looking.published("a")
    await looking.planned()
    looking.network.shown["a"] = GONE
    looks = counted("munadi_looks_total", channel=CHANNEL, verdict="gone")
    reports = counted("munadi_liveness_changes_total", channel=CHANNEL, change="vanished")
    row = await looking.next_of(put)
    assert row.watch_at == looking.clock.time + APART
    assert await looking.board.types(put.content_id) == []
    row = await looking.next_of(put)
    assert row.watch_at is None, "nothing more is looked at"
    assert row.hidden_since == looking.clock.time
    assert await looking.board.types(put.content_id) == ["publish.vanished"]
    event = (await looking.board.events(put.content_id))[0]
    assert (event.reason, event.status, event.sns) == ("gone", "published", CHANNEL)
    liveness = event.data["publication"]["liveness"]
    assert (liveness["verdict"], liveness["word"], liveness["nextLookAt"]) == ("gone", "no such post", None)
    await looking.round(60 * DAY)
    assert await looking.board.types(put.content_id) == ["publish.vanished"]
    assert counted("munadi_looks_total", channel=CHANNEL, verdict="gone") - looks == 2
    assert counted("munadi_liveness_changes_total", channel=CHANNEL, change="vanished") - reports == 1


async def test_a_post_that_is_limited_and_seen_again_is_reported_each_time(looking: Looking) -> None:
    put = await looking.published("a")
    await looking.planned()
    looking.network.shown["a"] = Seen(verdict=Verdict.LIMITED, word="private")
    await looking.next_of(put)
    assert (await looking.next_of(put)).hidden_since is not None
    looking.network.shown["a"] = LIVE
    await looking.next_of(put)
    assert (await looking.next_of(put)).hidden_since is None
    assert await looking.board.types(put.content_id) == ["publish.limited", "publish.restored"]
    assert [event.reason for event in await looking.board.events(put.content_id)] == ["limited", None]


async def test_what_cannot_be_read_is_never_gone(looking: Looking) -> None:
    put = await looking.published("a")
    await looking.planned()
    await looking.next_of(put)
    looking.fail(ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, "down"))
    for _ in range(6):
        row = await looking.next_of(put)
    assert watch_of(row).failed == 6
    liveness = (await looking.view(put)).publications[0].liveness
    assert liveness is not None
    assert liveness.verdict is Verdict.LIVE
    assert liveness.looked_at is not None
    assert looking.clock.time - liveness.looked_at > 2 * DAY, "its age is shown"
    assert await looking.board.types(put.content_id) == []


async def test_what_no_app_can_see_is_looked_at_once(looking: Looking) -> None:
    put = await looking.published("a")
    await looking.planned()
    looking.network.shown["a"] = Seen(verdict=Verdict.UNREADABLE, word="no read exists", blind=True)
    assert (await looking.next_of(put)).watch_at is None
    liveness = (await looking.view(put)).publications[0].liveness
    assert liveness is not None
    assert (liveness.verdict, liveness.word) == (Verdict.UNREADABLE, "no read exists")


async def test_one_look_reads_all_that_is_due_at_an_account(looking: Looking) -> None:
    for number in range(30):
        await looking.published(f"{number}-a", f"comment={number}-b")
    await looking.planned()
    await looking.round(2 * HOUR, rounds=3)
    assert [len(look) for look in looking.network.looks] == [50, 10], "50 objects at once"
    assert await spent_on(looking.board.database, [looking.account_id], looking.clock.time) == {
        looking.account_id: 2 * LookRule().requests
    }


async def test_many_posts_missing_at_once_are_a_note_at_the_account_and_no_events(looking: Looking) -> None:
    puts = [await looking.published(str(number)) for number in range(MANY)]
    await looking.planned()
    looking.network.shown |= {str(number): GONE for number in range(MANY)}
    await looking.round(2 * HOUR)
    for _ in range(3):
        await looking.next_of(puts[0])
        await looking.round(timedelta(minutes=1))
    for put in puts:
        assert await looking.board.types(put.content_id) == []
        assert watch_of(await looking.board.row(put.id)).verdict is None
    assert (await looking.board.account(CHANNEL)).unshown_since is not None
    looking.network.shown.clear()
    await looking.next_of(puts[0])
    assert (await looking.board.account(CHANNEL)).unshown_since is None


async def test_what_a_look_had_no_request_left_for_is_looked_at_next(looking: Looking) -> None:
    puts = [await looking.published(str(number)) for number in range(MANY + 1)]
    await looking.planned()
    left_out = Seen(verdict=Verdict.UNREADABLE, word="not read", left_out=True)
    looking.network.shown |= {"0": left_out}
    before = counted("munadi_looks_total", channel=CHANNEL, verdict="left_out")
    await looking.round(2 * HOUR)
    assert counted("munadi_looks_total", channel=CHANNEL, verdict="left_out") - before == 1
    row = await looking.board.row(puts[0].id)
    assert (row.watch_at, watch_of(row).failed) == (looking.clock.time + NEXT_LOOK, 0), "it is no failure"
    assert watch_of(await looking.board.row(puts[1].id)).verdict is Verdict.LIVE
    looking.network.shown |= {str(number): GONE for number in range(1, MANY + 1)}
    await looking.round(3 * DAY)
    assert (await looking.board.account(CHANNEL)).unshown_since is not None, "all that were looked at are missing"
    looking.network.shown.clear()
    assert watch_of(await looking.next_of(puts[0])).verdict is Verdict.LIVE


async def test_few_posts_are_looked_at_together_with_others_that_were_live(looking: Looking) -> None:
    old = [await looking.published(f"old-{number}") for number in range(4)]
    await looking.planned()
    await looking.round(2 * HOUR)
    new = await looking.published("new", published_at=looking.clock.time, watch_at=looking.clock.time)
    await looking.planned()
    before = [await looking.board.row(put.id) for put in old]
    looking.network.shown |= dict.fromkeys(("new", "old-0", "old-1", "old-2", "old-3"), GONE)
    await looking.next_of(new)
    await looking.next_of(new)
    assert len(looking.network.looks[-1]) == MANY
    assert await looking.board.types(new.content_id) == [], "none of the account's posts is shown"
    looking.network.shown = {"new": GONE}
    await looking.next_of(new)
    await looking.next_of(new)
    assert await looking.board.types(new.content_id) == ["publish.vanished"], "the others are shown"
    for row, put in zip(before, old, strict=True):
        after = await looking.board.row(put.id)
        assert watch_of(after).verdict is Verdict.LIVE
        assert after.watch_at is not None
        assert after.watch_at <= (row.watch_at or START) + DAY


async def test_a_story_ends_without_a_word(own_board: Board) -> None:
    looking = Looking(own_board, LookRule(lives={"story": DAY}))
    put = await looking.published("a")
    await looking.set_kind(put, "story")
    await looking.planned()
    assert (await looking.next_of(put)).watch_at is not None
    assert (await looking.next_of(put)).watch_at is None
    assert looking.clock.time < START + DAY
    looking.network.shown["a"] = GONE
    await looking.round(2 * DAY)
    assert len(looking.network.looks) == 2
    assert await looking.board.types(put.content_id) == []


async def test_a_brand_decides_when_its_posts_are_looked_at(looking: Looking) -> None:
    await looking.want(Looks(after=(5 * HOUR,)))
    put = await looking.published("a")
    await looking.planned()
    await looking.next_of(put)
    assert looking.clock.time > START + 4 * HOUR
    assert (await looking.board.row(put.id)).watch_at is None
    await looking.want(Looks(channels={CHANNEL: ()}))
    off = await looking.published("b", published_at=looking.clock.time, watch_at=looking.clock.time)
    await looking.round()
    assert (await looking.board.row(off.id)).watch_at is None


async def test_a_post_whose_id_comes_late_is_looked_at_then(looking: Looking) -> None:
    put = await looking.published()
    await looking.planned()
    row = await looking.next_of(put)
    assert looking.network.looks == []
    assert row.watch_at is not None
    await looking.board.set(put.id, posted=[{"id": "a"}])
    await looking.next_of(put)
    assert looking.network.looks == [["a"]]


async def test_a_bug_in_a_channel_is_no_removal(looking: Looking) -> None:
    put = await looking.published("a")
    await looking.planned()
    looking.network.error = KeyError("an unforeseen field")
    row = await looking.next_of(put)
    assert (watch_of(row).verdict, watch_of(row).failed) == (None, 1)


async def test_the_second_answer_about_a_story_is_not_recorded_after_its_end(own_board: Board) -> None:
    looking = Looking(own_board, LookRule(lives={"story": DAY}))
    put = await looking.published("a")
    await looking.set_kind(put, "story")
    await looking.planned()
    looking.network.shown["a"] = GONE
    row = await looking.next_of(put)
    looking.clock.time = row.watch_at or START
    begun = await looking.store.begin(looking.account_id, looking.clock.time)
    assert begun is not None
    late = START + DAY + timedelta(minutes=1)
    await looking.store.record(begun, {put.id: GONE}, late, late)
    assert (await looking.board.row(put.id)).watch_at is None
    assert await looking.board.types(put.content_id) == []
