"""Deleted media leave the store, unless another row needs the bytes; and what is stored again is never removed."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from munadi.db.session import Database
from munadi.db.tables import AuditRow, MediaRow, MediaUseRow
from munadi.media.folder import FolderStore
from munadi.media.rendition import Recipe
from munadi.media.rendition_store import RenditionStore
from munadi.media.store import StoreUnavailable
from munadi.publishing.media_deletion import REMEMBERED, forget_removed, remove_deleted
from tests.api.harness import ApiHarness
from tests.api.problems import expect_problem
from tests.api.servers import picture
from tests.api.test_media_deletion import gone, stored
from worker.media_removal import MediaRemover

pytestmark = pytest.mark.each_database
MEDIA = "/v1/media"


def remover(api: ApiHarness) -> MediaRemover:
    """A worker's loop, as a new process makes it."""
    return MediaRemover(api.services.database, api.services.media_store, api.clock)


async def test_the_bytes_of_a_deleted_file_are_removed(api: ApiHarness) -> None:
    await gone(api, await stored(api))
    assert len(api.stored_files()) == 1
    await remover(api).round()
    assert api.stored_files() == []


async def test_bytes_that_another_brand_has_are_kept(api: ApiHarness) -> None:
    content = picture(20, 20)
    mine, theirs = await stored(api, content), await stored(api, content, brandRef="rival")
    await gone(api, mine)
    await remover(api).round()
    [kept] = api.stored_files()
    assert kept.read_bytes() == content
    await gone(api, theirs)
    await remover(api).round()
    assert api.stored_files() == []


async def test_renditions_are_removed_with_their_source(api: ApiHarness) -> None:
    media_id = await stored(api, picture(64, 64, "PNG"))
    digest = (await api.read(f"{MEDIA}/{media_id}"))["sha256"]
    RenditionStore(api.services.media_store).get(digest, Recipe("image/jpeg", None, None))
    assert len(api.stored_files()) == 3  # source, rendition and its note
    await gone(api, media_id)
    await remover(api).round()
    assert len(api.stored_files()) == 1  # the rendition is removed by the next round
    await remover(api).round()
    assert (api.stored_files(), await api.read_list(MEDIA)) == ([], [])


async def test_a_rendition_that_is_also_a_stored_file_stays(api: ApiHarness) -> None:
    media_id = await stored(api, picture(64, 64, "PNG"))
    digest, store = (await api.read(f"{MEDIA}/{media_id}"))["sha256"], api.services.media_store
    made = RenditionStore(store).get(digest, Recipe("image/jpeg", None, None))
    await stored(api, store.read(made.sha256))
    await gone(api, media_id)
    for _ in range(2):
        await remover(api).round()
    assert (store.exists(digest), store.exists(made.sha256)) == (False, True)


@pytest.mark.parametrize("removed", [False, True], ids=["before the bytes are gone", "afterwards"])
async def test_the_same_bytes_can_be_uploaded_again(api: ApiHarness, removed: bool) -> None:
    content = picture(24, 24)
    first = await stored(api, content, idempotency_key="u1")
    await gone(api, first)
    if removed:
        await remover(api).round()
    again = await stored(api, content, idempotency_key="u1")
    assert again != first
    assert await stored(api, content) == again
    await remover(api).round()
    [kept] = api.stored_files()
    assert kept.read_bytes() == content
    assert (await api.submit(media=[{"id": again}]))["media"][0]["id"] == again


# A worker that is killed as soon as the bytes are gone, before anything is recorded.
WORKER = """
import asyncio, os, sys
from datetime import UTC, datetime
from pathlib import Path
from munadi.db.session import Database
from munadi.media.folder import FolderStore
from munadi.publishing.media_deletion import remove_deleted

class Dying(FolderStore):
    def delete(self, digest):
        super().delete(digest)
        os.kill(os.getpid(), 9)

asyncio.run(remove_deleted(Database(sys.argv[1]), Dying(Path(sys.argv[2])), datetime.now(UTC)))
"""


async def test_a_removal_survives_the_death_of_its_worker(api: ApiHarness) -> None:
    content, database, store = picture(28, 28), api.services.database, api.services.media_store
    media_id = await stored(api, content)
    digest = (await api.read(f"{MEDIA}/{media_id}"))["sha256"]
    await gone(api, media_id)
    url, folder = database.url.render_as_string(hide_password=False), str(api.folder / "media")
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, url, folder)
    assert (await worker.wait(), api.stored_files()) == (-signal.SIGKILL, [])
    # Until it is repeated, the same bytes cannot be stored: a paused worker could still remove them.
    expect_problem(await api.upload(content, idempotency_key="k"), 503, "MEDIA_BEING_DELETED")
    async with asyncio.timeout(20):  # a server needs a moment to notice that its client is gone
        while not (removed := await remove_deleted(database, store, api.clock.now())):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert (removed, await remove_deleted(database, store, api.clock.now())) == ([digest], [])
    assert await stored(api, content, idempotency_key="k") != media_id
    assert store.read(digest) == content


async def test_one_removal_runs_at_a_time(api: ApiHarness) -> None:
    database, store = api.services.database, api.services.media_store
    await gone(api, await stored(api))
    other = Database(database.url.render_as_string(hide_password=False))
    try:
        async with other.alone("media-removal") as is_alone:
            assert is_alone
            assert await remove_deleted(database, store, api.clock.now()) == []
        assert len(await remove_deleted(database, store, api.clock.now())) == 1
    finally:
        await other.close()


async def test_a_store_that_is_away_delays_a_removal(api: ApiHarness) -> None:
    await gone(api, await stored(api))
    folder = api.folder / "media"
    folder.rename(api.folder / "elsewhere")
    with pytest.raises(StoreUnavailable):
        await remover(api).round()
    (api.folder / "elsewhere").rename(folder)
    await remover(api).round()
    assert api.stored_files() == []


class OvertakenStore(FolderStore):
    """A store out of which the bytes of the next `put` are removed as soon as they are in it."""

    def __init__(self, root: Path, remove: Callable[[str], None]) -> None:
        super().__init__(root)
        self._remove: list[Callable[[str], None]] = [remove]

    def put(self, path: Path) -> str:
        digest = super().put(path)
        if self._remove:
            self._remove.pop()(digest)
        return digest


def overtake(api: ApiHarness) -> None:
    """Let the removal of deleted bytes run between the next upload's file and its row."""
    loop, database, folder = asyncio.get_running_loop(), api.services.database, api.folder / "media"

    def remove(digest: str) -> None:
        removal = remove_deleted(database, FolderStore(folder), api.clock.now())
        assert asyncio.run_coroutine_threadsafe(removal, loop).result() == [digest]

    store = OvertakenStore(folder, remove)
    api.services.media_store = store
    for service in (api.services.posts, api.services.media):
        object.__setattr__(service, "media_store", store)


async def test_an_upload_never_gets_a_row_without_bytes(api: ApiHarness) -> None:
    content = picture(36, 36)
    await gone(api, await stored(api, content))
    overtake(api)
    answer = await api.upload(content, idempotency_key="u2")
    expect_problem(answer, 503, "MEDIA_BEING_DELETED")
    assert answer.headers["retry-after"] == "1"
    media_id = await stored(api, content, idempotency_key="u2")
    digest = (await api.read(f"{MEDIA}/{media_id}"))["sha256"]
    assert api.services.media_store.read(digest) == content


async def test_a_post_fetches_a_file_again_whose_bytes_were_removed_meanwhile(api: ApiHarness) -> None:
    media = [{"url": api.site.url("/a.jpg")}]
    first = (await api.create(MEDIA, {"brandRef": "acme", **media[0]}))["id"]
    await gone(api, first)
    overtake(api)
    [used] = (await api.submit(media=media))["media"]
    assert api.services.media_store.read(used["sha256"]) == api.site.files["/a.jpg"]
    assert (used["id"] != first, api.site.requests["/a.jpg"]) == (True, 3)


async def test_rows_of_removed_files_are_forgotten_later(api: ApiHarness) -> None:
    database, now = api.services.database, api.clock.now()
    media_id = await stored(api)
    await api.change((await api.submit(media=[{"id": media_id}]))["id"], "cancel")
    await gone(api, media_id)
    assert await forget_removed(database, now + REMEMBERED * 2) == 0  # its bytes are still there
    await remover(api).round()
    assert await forget_removed(database, now + REMEMBERED) == 0
    assert await forget_removed(database, now + REMEMBERED + timedelta(seconds=1)) == 1
    assert [await api.count(table) for table in (MediaRow, MediaUseRow)] == [0, 0]
    assert await api.count(AuditRow) > 0
