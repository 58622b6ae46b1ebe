"""Posts whose texts were deleted because they are old: what a client still reads, and what it can no longer do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from munadi.db.events.log import number_events
from munadi.db.tables import ContentRow, PublicationRow
from munadi.domain.publication import PublicationStatus
from munadi.publishing.old_texts import OldTexts
from tests.api.harness import ApiHarness
from tests.api.problems import expect_problem
from tests.api.test_media_deletion import gone, refused, stored
from tests.api.test_withdrawing import live
from tests.db.old_posts import tables_with

pytestmark = pytest.mark.each_database
S = PublicationStatus
WORDS = "umbrellas for the monsoon"
DAYS = timedelta(days=1)


async def finish(api: ApiHarness) -> None:
    """What a worker does until nothing of a post is left to do, then a newer post, which has the newest event."""
    async with api.services.database.write() as session:
        connection = await session.connection()
        await connection.execute(update(ContentRow).values(wake_ack=col(ContentRow.wake_seq), next_look_at=None))
        await connection.execute(update(PublicationRow).values(watch_at=None))
    api.clock.ahead += 60 * DAYS
    await api.submit(text="a newer post")
    await number_events(api.services.database)


async def remove(api: ApiHarness) -> int:
    """Run a round of the deletion of texts older than 30 days; how many posts lost them."""
    worker = OldTexts(api.services.database, api.clock, api.services.channels, 1.0)
    return await worker.remove(api.clock.now() - 30 * DAYS)


async def old(api: ApiHarness, *, others: int = 0, **fields: Any) -> dict[str, Any]:
    """A published post of two months ago that has lost its texts, as `others` have."""
    content = await live(api, text=WORDS, **fields)
    await finish(api)
    assert await remove(api) == 1 + others
    assert await remove(api) == 0
    return content


async def test_what_was_published_where_and_when_stays(api: ApiHarness) -> None:
    media = await stored(api)
    content = await old(api, media=[{"id": media, "alt": WORDS}], metadata={"campaign": "rain"}, clientRef="rain-1")
    shown = await api.read_content(content["id"])
    changed = {name for name in shown if shown[name] != content[name]}
    assert changed == {"text", "media", "textsRemovedAt", "version"}
    assert (shown["text"], shown["media"], shown["version"]) == (None, [], content["version"] + 1)
    assert shown["textsRemovedAt"] is not None
    detail = (await api.get(f"/v1/publications/{content['publications'][0]['id']}")).json()
    assert (detail["draft"]["text"], detail["draft"]["media"]) == ("", [])
    assert await api.read_list(f"/v1/contents?brandRef=acme&q={WORDS[:9]}") == []
    left = await tables_with(api.services.database, [WORDS])
    assert set(left) <= {"events", "idempotency"}, "those have settings of their own"
    await gone(api, media)


async def test_what_is_needed_at_first_loses_them_later(api: ApiHarness) -> None:
    content = await live(api, text=WORDS)
    await finish(api)
    worker = OldTexts(api.services.database, api.clock, api.services.channels, 1.0)
    async with api.locked(content["id"]) as post:
        post.publications[0].watch_at = post.now + 100 * DAYS
    assert await worker.remove(api.clock.now() - 30 * DAYS) == 0, "it is still looked at"
    async with api.locked(content["id"]) as post:
        post.publications[0].watch_at = None
    api.clock.ahead += 60 * DAYS
    assert await worker.remove(api.clock.now() - 30 * DAYS) >= 1
    assert (await api.read_content(content["id"]))["text"] is None


async def test_what_would_publish_again_is_refused(api: ApiHarness) -> None:
    failed = (await api.submit(text=WORDS))["id"]
    await api.move(failed, S.QUEUED, S.PUBLISHING, S.FAILED)
    await old(api, others=1)
    expect_problem(await api.change(failed, "retry"), 409, "TEXTS_REMOVED")
    assert (await api.read_content(failed))["status"] == "failed"


@pytest.mark.usefixtures("editable")
async def test_an_edit_and_a_receipt_are_refused_and_a_withdrawal_is_not(api: ApiHarness) -> None:
    content = await old(api)
    path = f"/v1/publications/{content['publications'][0]['id']}"
    expect_problem(await api.post(f"{path}/edit", {"text": "Corrected"}), 409, "TEXTS_REMOVED")
    expect_problem(await api.get(f"{path}/receipt"), 409, "TEXTS_REMOVED")
    assert (await api.post(f"{path}/withdraw")).status_code == 202


async def test_what_is_needed_keeps_its_texts_until_it_is_not(api: ApiHarness) -> None:
    media = await stored(api)
    waiting = await api.submit(text=WORDS, media=[{"id": media}], scheduledAt=(api.clock.now() + 90 * DAYS).isoformat())
    await old(api)
    assert (await api.read_content(waiting["id"]))["text"] == WORDS
    assert await refused(api, media) == [waiting["id"]]


async def test_the_page_of_a_post_says_so_and_offers_no_copy(api: ApiHarness) -> None:
    content = await old(api)
    async with api.dashboard(api.admin_key) as dashboard:
        page = await dashboard.page(f"/contents/{content['id']}")
    assert "deleted, as this installation keeps them" in page
    assert f"/compose?copy={content['id']}" not in page
