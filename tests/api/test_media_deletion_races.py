"""A deletion beside what uses the file: whichever commits first, no accepted post is ever without its file.

The first one is stopped just before its commit until the other has had its chance. They use connections of their own,
as two processes do.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import Database
from munadi.db.tables import MediaRow, MediaUseRow
from munadi.domain.publication import PublicationStatus
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors, expect_problem
from tests.api.servers import picture
from worker.media_removal import MediaRemover

pytestmark = pytest.mark.each_database
S = PublicationStatus
# How long the second may try to overtake the first. On a slow machine a wrong order may be missed, never invented.
CHANCE = 0.5
Request = Callable[[], Awaitable[httpx.Response]]


class StoppedDatabase(Database):
    """The same database with connections of its own. A transaction stops before its commit until `release` is set."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.reached, self.release = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        async with super().write() as session:
            yield session
            await session.flush()
            self.reached.set()
            await self.release.wait()


def use_database(api: ApiHarness, database: Database) -> None:
    """Let the next requests use this database."""
    api.services.database = database
    for service in (api.services.posts, api.services.drafts, api.services.media):
        object.__setattr__(service, "database", database)


async def in_turn(api: ApiHarness, first: Request, second: Request) -> tuple[httpx.Response, httpx.Response]:
    """Send the first request, and the second while the first is about to commit."""
    usual, stopped = api.services.database, StoppedDatabase(api.services.database.url.render_as_string(False))
    try:
        use_database(api, stopped)
        begun = asyncio.ensure_future(first())
        waiting = asyncio.ensure_future(stopped.reached.wait())
        await asyncio.wait({begun, waiting}, return_when=asyncio.FIRST_COMPLETED)
        assert stopped.reached.is_set(), begun.result().text
        use_database(api, usual)
        after = asyncio.ensure_future(second())
        await asyncio.wait({after}, timeout=CHANCE)
        stopped.release.set()
        return await begun, await after
    finally:
        stopped.release.set()
        use_database(api, usual)
        await stopped.close()


@dataclass
class Meeting:
    """A file, and a request that uses it."""

    api: ApiHarness
    media_id: str
    use: Request

    async def delete(self) -> httpx.Response:
        """Delete the file."""
        return await self.api.delete(f"/v1/media/{self.media_id}")


async def meeting(api: ApiHarness, use: str) -> Meeting:
    """Prepare a use of a new file."""
    media_id = (await api.upload(picture(40, 40))).json()["id"]
    media = [{"id": media_id}]
    match use:
        case "accept":
            return Meeting(api, media_id, lambda: api.try_submit(media=media))
        case "accept by URL":
            api.site.files["/same.jpg"] = picture(40, 40)
            return Meeting(api, media_id, lambda: api.try_submit(media=[{"url": api.site.url("/same.jpg")}]))
        case "upload":
            return Meeting(api, media_id, lambda: api.upload(picture(40, 40), idempotency_key="again"))
        case "edit":
            content_id = (await api.submit())["id"]
            return Meeting(api, media_id, lambda: api.edit(content_id, {"media": media}))
        case "save a draft":
            return Meeting(api, media_id, lambda: api.post("/v1/drafts", {"brandRef": "acme", "media": media}))
        case "retry":
            content_id = (await api.submit(media=media))["id"]
            await api.move(content_id, S.QUEUED, S.PUBLISHING, S.FAILED)
            [publication] = (await api.read_content(content_id))["publications"]
            await api.post(f"/v1/publications/{publication['id']}/dismiss", {"because": "not_needed"})
            return Meeting(api, media_id, lambda: api.change(content_id, "retry"))
    raise LookupError(use)


@pytest.mark.parametrize("use", ["accept", "accept by URL", "edit", "save a draft", "retry"])
async def test_a_deletion_finds_a_use_that_commits_first(api: ApiHarness, use: str) -> None:
    met = await meeting(api, use)
    used, deleted = await in_turn(api, met.use, met.delete)
    assert used.status_code in (200, 201, 202), used.text
    expect_problem(deleted, 409, "MEDIA_IN_USE")
    assert (await api.get(f"/v1/media/{met.media_id}")).status_code == 200


@pytest.mark.parametrize("use", ["accept", "edit", "retry"])
async def test_a_use_finds_a_deletion_that_commits_first(api: ApiHarness, use: str) -> None:
    met = await meeting(api, use)
    deleted, used = await in_turn(api, met.delete, met.use)
    assert deleted.status_code == 204, deleted.text
    if use == "retry":
        expect_problem(used, 409, "MEDIA_DELETED")
    else:
        expect_errors(used, ("/media/0/id", "MEDIA_UNKNOWN"))
    assert await api.count(MediaUseRow) == 0


@pytest.mark.parametrize("use", ["accept by URL", "upload"])
async def test_the_same_bytes_are_stored_anew_beside_a_deletion(api: ApiHarness, use: str) -> None:
    met = await meeting(api, use)
    deleted, used = await in_turn(api, met.delete, met.use)
    assert (deleted.status_code, used.status_code) == (204, 201 if use == "upload" else 202), used.text
    body = used.json()
    media_id = body["id"] if use == "upload" else body["media"][0]["id"]
    assert media_id != met.media_id
    assert (await api.get(f"/v1/media/{media_id}")).status_code == 200


async def test_a_draft_that_is_saved_beside_a_deletion_is_refused_when_it_is_submitted(api: ApiHarness) -> None:
    met = await meeting(api, "save a draft")
    deleted, saved = await in_turn(api, met.delete, met.use)
    assert (deleted.status_code, saved.status_code) == (204, 201)
    assert await api.count(MediaUseRow) == 0
    changed = await api.patch(f"/v1/drafts/{saved.json()['id']}", api.body(media=[{"id": met.media_id}]), if_match="*")
    assert [each["code"] for each in changed.json()["problems"]] == ["MEDIA_UNKNOWN"]
    submitted = await api.post(f"/v1/drafts/{saved.json()['id']}/submit")
    expect_errors(submitted, ("/media/0/id", "MEDIA_UNKNOWN"))


async def test_an_upload_that_commits_first_is_deleted_with_its_answer(api: ApiHarness) -> None:
    met = await meeting(api, "upload")
    uploaded, deleted = await in_turn(api, met.use, met.delete)
    assert (uploaded.json()["id"], deleted.status_code) == (met.media_id, 204)
    again = await met.use()
    assert (again.status_code, again.json()["id"] != met.media_id) == (201, True)


async def test_a_removal_finds_a_row_that_is_being_added(api: ApiHarness) -> None:
    content = picture(44, 44)
    media_id = (await api.upload(content)).json()["id"]

    async def delete_and_remove() -> httpx.Response:
        answer = await api.delete(f"/v1/media/{media_id}")
        await MediaRemover(api.services.database, api.services.media_store, api.clock).round()
        return answer

    uploaded, deleted = await in_turn(api, lambda: api.upload(content, brandRef="rival"), delete_and_remove)
    assert (uploaded.status_code, deleted.status_code) == (201, 204)
    assert api.services.media_store.read(uploaded.json()["sha256"]) == content


async def test_of_many_meetings_none_leaves_a_post_without_its_file(api: ApiHarness) -> None:
    made = [(await api.upload(picture(41 + number, 41))).json()["id"] for number in range(20)]
    uses = [api.try_submit(media=[{"id": media_id}]) for media_id in made]
    deletions = [api.delete(f"/v1/media/{media_id}") for media_id in made]
    mixed = [each for pair in zip(uses, deletions, strict=True) for each in pair]
    answers = await asyncio.gather(*mixed)
    outcomes = {
        (used.status_code, deleted.status_code) for used, deleted in zip(answers[::2], answers[1::2], strict=True)
    }
    assert outcomes <= {(202, 409), (422, 204)}
    async with api.services.database.read() as session:
        query = select(MediaRow.deleted_at).join(MediaUseRow, col(MediaUseRow.media_id) == col(MediaRow.id))
        assert all(at is None for at in (await session.exec(query)).all())
