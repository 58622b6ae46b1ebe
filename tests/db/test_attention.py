"""The count of what needs a person: exact, of one brand or all, bounded, and read from an index."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from munadi.db.brands.modes import Brands
from munadi.db.contents import attention
from munadi.db.contents.attention import (
    FAILED_SINCE,
    Incomplete,
    count_needing_a_person,
    hidden_publications,
    incomplete_publications,
)
from munadi.db.contents.content_filter import ContentFilter
from munadi.db.contents.queries import list_contents
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.publication import DismissedAs, PublicationStatus
from munadi.domain.reasons import failure_of
from munadi.publishing import changes
from munadi.publishing.content import LockedContent
from tests.db.board import Board, Put
from tests.db.query_plans import on_sqlite, plan_of
from tests.db.seeding import START

S = PublicationStatus
Change = Callable[[LockedContent], Awaitable[None]]


async def fail(post: LockedContent) -> None:
    for row in post.publications:
        await post.fail(row, failure_of(Reason.CONTENT_POLICY))


async def lose(post: LockedContent) -> None:
    for row in post.publications:
        await post.move(row, S.QUEUED, None)
        await post.move(row, S.PUBLISHING, None)
        await post.move(row, S.UNCONFIRMED, EventType.PUBLISH_UNCONFIRMED)


async def dismiss(post: LockedContent) -> None:
    changes.dismiss(post, post.publications[0], DismissedAs.SENT_ELSEWHERE)


async def undo(post: LockedContent) -> None:
    changes.undo_dismissal(post, post.publications[0])


async def retry(post: LockedContent) -> None:
    await changes.retry(post, None)


async def change(board: Board, put: Put, *steps: Change) -> None:
    for step in steps:
        async with board.locked(put.content_id) as post:
            await step(post)
            await post.close()


async def count(board: Board, brand_ref: str | None = None, after: timedelta = timedelta()) -> int:
    async with board.database.read() as session:
        return await count_needing_a_person(session, START + after, Brands(brand_ref), with_accounts=True)


async def test_failures_count_until_a_person_dismisses_them(own_board: Board) -> None:
    board, put = own_board, await own_board.put(S.QUEUED)
    assert await count(board) == 0
    for steps, number in (((fail,), 1), ((dismiss,), 0), ((undo,), 1), ((dismiss, retry), 0), ((fail,), 1)):
        await change(board, put, *steps)
        assert await count(board) == number, steps
    other = await board.put(S.ACCEPTED)
    await change(board, other, lose)
    assert (await count(board), await count(board, board.brand), await count(board, "rival")) == (2, 2, 0)
    assert await count(board, after=FAILED_SINCE + timedelta(days=1)) == 1, "an unknown outcome never ages"


async def test_a_post_with_another_failure_still_counts(own_board: Board) -> None:
    put = await own_board.put(S.QUEUED, S.QUEUED)
    await change(own_board, put, fail, dismiss)
    assert await count(own_board) == 1


async def test_live_posts_without_a_part_count_and_are_found(own_board: Board) -> None:
    board, put = own_board, await own_board.put(S.PUBLISHED, S.PUBLISHED)

    async def lose_a_part(post: LockedContent) -> None:
        post.publications[1].incomplete_at, post.publications[1].incomplete_because = post.now, "MISSING_SCOPE"

    async def dismiss_it(post: LockedContent) -> None:
        changes.dismiss(post, post.publications[1], DismissedAs.NOT_NEEDED)

    async def found(brand_ref: str | None) -> list[Incomplete]:
        async with board.database.read() as session:
            return await incomplete_publications(session, START, brand_ref, 10)

    await change(board, put, lose_a_part)
    wanted = [Incomplete(put.content_id, put.ids[1], "MISSING_SCOPE")]
    assert [await found(ref) for ref in (None, board.brand, "rival")] == [wanted, wanted, []]
    assert [await count(board, ref) for ref in (None, board.brand, "rival")] == [1, 1, 0]
    assert await count(board, after=FAILED_SINCE + timedelta(days=1)) == 0
    await change(board, put, dismiss_it)
    assert (await found(None), await count(board)) == ([], 0)


async def test_posts_that_are_gone_or_limited_count_and_are_found(own_board: Board) -> None:
    board, put = own_board, await own_board.put(S.PUBLISHED, S.PUBLISHED)

    async def hide(post: LockedContent) -> None:
        post.publications[1].hidden_since = post.now

    async def dismiss_it(post: LockedContent) -> None:
        changes.dismiss(post, post.publications[1], DismissedAs.NOT_NEEDED)

    async def found(brand_ref: str | None) -> list[tuple[str, str]]:
        async with board.database.read() as session:
            return await hidden_publications(session, START, brand_ref, 10)

    await change(board, put, hide)
    wanted = [(put.content_id, put.ids[1])]
    assert [await found(ref) for ref in (None, board.brand, "rival")] == [wanted, wanted, []]
    assert [await count(board, ref) for ref in (None, board.brand, "rival")] == [1, 1, 0]
    await change(board, put, dismiss_it)
    assert (await found(None), await count(board)) == ([], 0)


async def test_the_count_is_bounded(own_board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "COUNTED", 2)
    for _ in range(3):
        await change(own_board, await own_board.put(S.QUEUED), fail)
    assert await count(own_board) == 2


@on_sqlite
@pytest.mark.parametrize("brand_ref", [None, "acme"])
async def test_the_count_searches_an_index_of_few_posts(own_board: Board, brand_ref: str | None) -> None:
    plan = await plan_of(own_board.database, count(own_board, brand_ref), "sum(")
    name = "contents_needing_a_person" if brand_ref is None else "contents_of_a_brand_needing_a_person"
    found = [step for step in plan if " contents " in step and "(id=?)" not in step]
    assert len(found) == 2, plan
    assert all(f"SEARCH contents USING INDEX {name} (" in step for step in found), plan
    for few in ("publications_incomplete", "publications_kept", "publications_hidden"):
        assert any("SEARCH publications USING" in step and f"INDEX {few} (" in step for step in plan), plan


@on_sqlite
async def test_dismissed_posts_are_found_without_reading_the_others(own_board: Board) -> None:
    async def dismissed() -> None:
        async with own_board.database.read() as session:
            await list_contents(session, ContentFilter(dismissed=True), 10)

    plan = await plan_of(own_board.database, dismissed(), "dismissed_at IS NOT NULL")
    scans = [step for step in plan if step.startswith("SCAN")]
    assert any("contents_dismissed_by_age" in step for step in scans), plan
    assert [step for step in scans if step.startswith("SCAN contents") and "contents_dismissed" not in step] == [], plan
    assert scans, "the index of the few is read whole"


@on_sqlite
@pytest.mark.parametrize(
    "wanted",
    [
        ContentFilter(statuses=["unconfirmed"]),
        ContentFilter(statuses=["failed", "partially_published"], dismissed=False),
        ContentFilter(statuses=["failed"], dismissed=False, brand_ref="acme", since=START),
    ],
)
async def test_posts_that_need_a_person_are_listed_without_reading_the_others(
    own_board: Board, wanted: ContentFilter
) -> None:
    async def listed() -> None:
        async with own_board.database.read() as session:
            await list_contents(session, wanted, 10)

    plan = await plan_of(own_board.database, listed(), "dismissed_at IS NULL")
    assert any("USING INDEX contents_needing_a_person_by_age" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step for step in plan), plan


async def test_the_lists_of_what_needs_a_person_are_the_same_as_by_status(own_board: Board) -> None:
    failed, dismissed, lost, waiting = [
        await own_board.put(status) for status in (S.QUEUED, S.QUEUED, S.ACCEPTED, S.QUEUED)
    ]
    for put, steps in ((failed, (fail,)), (dismissed, (fail, dismiss)), (lost, (lose,))):
        await change(own_board, put, *steps)

    async def listed(*statuses: str, is_dismissed: bool | None) -> set[str]:
        async with own_board.database.read() as session:
            found, _ = await list_contents(session, ContentFilter(statuses=statuses, dismissed=is_dismissed), 10)
        return {each.id for each in found}

    assert await listed("failed", is_dismissed=False) == {failed.content_id}
    assert await listed("failed", is_dismissed=None) == {failed.content_id, dismissed.content_id}
    assert await listed("unconfirmed", is_dismissed=None) == {lost.content_id}
    assert await listed("failed", "unconfirmed", is_dismissed=False) == {failed.content_id, lost.content_id}
    assert await listed("queued", "failed", is_dismissed=False) == {failed.content_id, waiting.content_id}
