"""Posts with videos that a network does not take: what is said beforehand, and what is made of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from munadi.config import LimitSettings
from munadi.db.tables import ConversionRow, MediaRow
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError
from munadi.domain.publishing import StaleEpoch, Step
from munadi.media.store import StoreUnavailable
from munadi.publishing.conversions import LEASE, TRIES, ConversionQueue
from munadi.publishing.fitting import REPORTED_AFTER, FittingStore
from munadi.publishing.media_deletion import remove_deleted
from munadi.publishing.schedule import ScheduleStore
from tests.api.harness import ApiHarness, later
from tests.api.problems import expect_errors
from tests.api.test_media_deletion import gone, refused
from tests.support.films import Film
from worker.converting import Converter

VALIDATE = "/v1/contents/validate"
# 4:2:2, which LinkedIn takes and Instagram's documents do not.
CAMERA = Film("camera.mkv", pixels="yuv422p", size=(180, 320), seconds=3.2)


@pytest.fixture
def film(tmp_path: Path) -> bytes:
    """A video in a container that Instagram refuses."""
    return CAMERA.make(tmp_path).read_bytes()


async def uploaded(api: ApiHarness, content: bytes, **options: Any) -> str:
    """The id of an uploaded video."""
    answer = await api.upload(content, **options)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def held(api: ApiHarness) -> int:
    """The bytes that count against the brand's limit."""
    return int((await api.read("/v1/usage?brandRef=acme"))["mediaBytes"]["used"])


@pytest.fixture
async def reel(api: ApiHarness, film: bytes) -> dict[str, Any]:
    """A request with a video that Instagram refuses as it is."""
    channel = {"channel": "instagram", "accountId": await api.add_account(ChannelName.INSTAGRAM, handle="acme.films")}
    media = [{"id": await uploaded(api, film)}]
    return {"brandRef": "acme", "text": "", "media": media, "channels": [channel], "scheduledAt": later(days=1)}


class Made:
    """The parts of a worker that make renditions."""

    def __init__(self, api: ApiHarness, holder: str = "w") -> None:
        services = api.services
        self.api, self.holder, store = api, holder, services.media_store
        self.fitting = FittingStore(services.database)
        self.queue = ConversionQueue(services.database, store, LimitSettings())
        self.converter = Converter(services.database, self.queue, store, api.clock, holder, 1)

    async def step(self, post: dict[str, Any]) -> Step:
        """The publication's next step, as an activity reads it."""
        schedule = ScheduleStore(self.api.services.database, self.api.services.keyring)
        step = await schedule.load(post["publications"][0]["id"])
        assert step is not None
        return step

    async def fit(self, post: dict[str, Any]) -> timedelta | None:
        """As `prepare` asks for what is not made yet."""
        step = await self.step(post)
        now = self.api.clock.now()
        return await self.fitting.fit(step.publication_id, step.unfitted, epoch=step.epoch, now=now)

    async def renditions(self, post: dict[str, Any]) -> list[dict[str, Any]]:
        """As the API returns them."""
        [publication] = (await self.api.read_content(post["id"]))["publications"]
        return list(publication["renditions"])

    async def take(self) -> Any:
        """The next short conversion."""
        return await self.queue.take(self.holder, self.api.clock.now(), long=False)

    async def round(self) -> bool:
        """Make the next short one."""
        return await self.converter.round(self.holder, long=False)


async def test_a_refusal_says_that_converting_would_help(api: ApiHarness, reel: dict[str, Any]) -> None:
    [error] = expect_errors(await api.post("/v1/contents", reel), ("/media/0", "MEDIA_TYPE"))
    assert error["message"].endswith("with fit: convert a copy that fits is sent instead")
    short = Film("short.mkv", seconds=1, size=(180, 320))
    hopeless = reel | {"media": [{"id": await uploaded(api, short.make(api.folder).read_bytes())}]}
    errors = expect_errors(
        await api.post("/v1/contents", hopeless), ("/media/0", "MEDIA_TYPE"), ("/media/0", "MEDIA_DURATION")
    )
    assert not any("fit" in one["message"] for one in errors)
    tried = await api.post("/v1/contents", hopeless | {"fit": "convert"})
    [left] = expect_errors(tried, ("/media/0", "MEDIA_DURATION"))
    assert "longer" in left["message"]


async def test_validation_names_every_change(api: ApiHarness, reel: dict[str, Any]) -> None:
    found = (await api.post(VALIDATE, reel | {"fit": "convert"})).json()
    assert (found["valid"], found["problems"]) == (True, [])
    [warning] = [one for one in found["warnings"] if one["code"] == "VIDEO_CONVERTED"]
    assert (warning["pointer"], warning["channel"]) == ("/media/0", "instagram")
    assert "container video/x-matroska → video/mp4" in warning["message"]
    [planned] = found["publications"][0]["renditions"]
    changes = {one["what"]: (one["before"], one["after"]) for one in planned["changes"]}
    assert changes == {"container": ("video/x-matroska", "video/mp4"), "pixel_format": ("yuv422p", "yuv420p")}
    assert (planned["work"], planned["index"], planned["mediaId"]) == ("convert", 0, reel["media"][0]["id"])
    assert found["publications"][0]["media"][0]["mimeType"] == "video/x-matroska"


async def test_a_brand_says_so_for_its_posts(api: ApiHarness, reel: dict[str, Any]) -> None:
    assert (await api.read("/v1/brands/acme"))["fit"] == "refuse"
    assert (await api.patch("/v1/brands/acme", {"fit": "convert"})).json()["fit"] == "convert"
    assert (await api.post(VALIDATE, reel)).json()["valid"]
    assert not (await api.post(VALIDATE, reel | {"fit": "refuse"})).json()["valid"]
    assert (await api.patch("/v1/brands/acme", {"fit": None})).json()["fit"] == "refuse"
    assert not (await api.post(VALIDATE, reel)).json()["valid"]


async def test_what_fits_is_sent_as_it_is(api: ApiHarness, tmp_path: Path) -> None:
    """Also where the post says `convert`; and without it nothing of a post changes, whatever the documents ask for."""
    odd = Film("odd.mp4", pixels="yuv422p", size=(180, 320), seconds=3.2).make(tmp_path).read_bytes()
    bluesky = {"channels": ["bluesky"], "scheduledAt": later(days=1), "media": [{"id": await uploaded(api, odd)}]}
    taken = await api.submit(**bluesky, fit="convert")
    assert [one["renditions"] for one in taken["publications"]] == [[]]
    assert (taken["fit"], taken["fitMode"]) == ("convert", None)
    account = await api.add_account(ChannelName.INSTAGRAM, handle="acme.films")
    same = await api.submit(**bluesky | {"channels": [{"channel": "instagram", "accountId": account, "text": ""}]})
    assert [one["renditions"] for one in same["publications"]] == [[]]
    made = Made(api)
    step = await made.step(same)
    assert (step.unfitted, step.draft.renditions, step.draft.media[0].video_codec) == ((), (), "h264")


@pytest.mark.each_database
async def test_a_rendition_is_made_once_and_sent_in_place_of_its_file(api: ApiHarness, reel: dict[str, Any]) -> None:
    post, made = await api.submit(**reel, fit="convert"), Made(api)
    [planned] = await made.renditions(post)
    assert (planned["status"], planned["progress"], planned["file"]) == ("planned", 0, None)
    source = (await made.step(post)).draft.media[0]
    assert source.mime_type == "video/x-matroska"
    assert not await made.round()  # nothing is made before its time

    assert await made.fit(post) == timedelta(seconds=2)
    assert [one["status"] for one in await made.renditions(post)] == ["waiting"]
    before = await held(api)
    assert await made.round()
    assert await made.fit(post) is None
    [done] = await made.renditions(post)
    assert (done["status"], done["progress"]) == ("made", 100)
    step = await made.step(post)
    [sent] = step.draft.media
    assert (sent.mime_type, sent.video_codec, sent.id) == ("video/mp4", "h264", source.id)
    assert sent.video is not None
    assert (sent.video.pixel_format, step.unfitted) == ("yuv420p", ())
    assert api.services.media_store.size(sent.sha256) == sent.bytes
    assert await held(api) == before + sent.bytes

    # It is no file of the client's, and the next post with the same video and network waits for nothing.
    assert [one["id"] for one in await api.read_list("/v1/media")] == [source.id]
    again = await api.submit(**reel | {"scheduledAt": later(days=2)}, fit="convert")
    assert await made.fit(again) is None
    assert await api.count(ConversionRow) == 0
    assert await api.count(MediaRow) == 2


async def test_a_rendition_goes_with_its_file(api: ApiHarness, reel: dict[str, Any]) -> None:
    post, made, store = await api.submit(**reel, fit="convert"), Made(api), api.services.media_store
    await made.fit(post)
    await made.round()
    await made.fit(post)
    assert await refused(api, reel["media"][0]["id"]) == [post["id"]]
    now = api.clock.now() + timedelta(days=30)
    assert await made.queue.sweep(now, now) == 0  # the post needs it
    sent = (await made.step(post)).draft.media[0]
    await api.change(post["id"], "cancel")
    assert await made.queue.sweep(now, now) == 1
    assert await remove_deleted(api.services.database, store, now) == [sent.sha256]
    assert not store.exists(sent.sha256)
    await gone(api, reel["media"][0]["id"])
    assert await made.queue.sweep(now, now) == 0


@pytest.mark.each_database
async def test_what_a_dead_worker_has_begun_is_taken_by_another(api: ApiHarness, reel: dict[str, Any]) -> None:
    post, dead, other = await api.submit(**reel, fit="convert"), Made(api, "dead"), Made(api, "other")
    await dead.fit(post)
    begun = await dead.take()
    assert begun is not None
    assert await other.take() is None
    assert await dead.queue.progress(begun, 40, api.clock.now())
    assert await dead.fit(post) is not None
    assert [(one["status"], one["progress"]) for one in await dead.renditions(post)] == [("converting", 40)]
    api.clock.ahead += LEASE + timedelta(seconds=1)
    assert await other.round()
    assert not await dead.queue.progress(begun, 50, api.clock.now())
    assert await other.fit(post) is None


async def test_a_conversion_that_ends_its_workers_is_given_up(api: ApiHarness, reel: dict[str, Any]) -> None:
    post, made = await api.submit(**reel, fit="convert"), Made(api)
    await made.fit(post)
    for _ in range(TRIES):
        assert await made.take() is not None
        api.clock.ahead += LEASE + timedelta(seconds=1)
    assert await made.take() is None
    with pytest.raises(ChannelError, match="without a result"):
        await made.fit(post)
    assert [one["status"] for one in await made.renditions(post)] == ["failed"]
    # A person's retry tries again.
    assert await made.fit(post) is not None
    assert await made.round()
    assert await made.fit(post) is None


async def test_a_long_wait_is_reported_once(api: ApiHarness, reel: dict[str, Any]) -> None:
    post, made = await api.submit(**reel, fit="convert"), Made(api)
    await made.fit(post)
    for _ in range(3):
        api.clock.ahead += REPORTED_AFTER * 0.7
        await made.fit(post)
    events = await api.read_list("/v1/events?type=content.media.converting")
    assert [(one["channel"], one["status"]) for one in events] == [("instagram", "accepted")]
    assert events[0]["data"]["publication"]["renditions"][0]["status"] == "waiting"


async def test_an_edit_plans_anew(api: ApiHarness, reel: dict[str, Any], tmp_path: Path) -> None:
    post, made = await api.submit(**reel, fit="convert"), Made(api)
    step = await made.step(post)
    good = Film(
        "good.mp4", size=(180, 320), seconds=3.2, sound=None, muxing={"movflags": "+faststart", "use_editlist": "0"}
    )
    media_id = await uploaded(api, replace(good, options={"bf": "0"}).make(tmp_path).read_bytes())
    edited = await api.edit(post["id"], {"media": [{"id": media_id}]})
    assert edited.status_code == 200, edited.text
    assert await made.renditions(post) == []
    with pytest.raises(StaleEpoch):
        await made.fitting.fit(step.publication_id, step.unfitted, epoch=step.epoch, now=api.clock.now())
    refusing = await api.edit(post["id"], {"media": reel["media"], "fit": "refuse"}, f'"{edited.json()["version"]}"')
    expect_errors(refusing, ("/media/0", "MEDIA_TYPE"))


async def test_a_full_brand_and_a_store_that_is_away(
    api: ApiHarness, reel: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    post, made = await api.submit(**reel, fit="convert"), Made(api)
    await made.fit(post)

    def away(path: Path) -> str:
        raise StoreUnavailable("the store is away")

    with monkeypatch.context() as patch:
        patch.setattr(api.services.media_store, "put", away)
        with pytest.raises(StoreUnavailable):
            await made.round()
    api.clock.ahead += LEASE + timedelta(seconds=1)
    await api.patch("/v1/brands/acme", {"limits": {"mediaBytes": 1}})
    await made.round()
    with pytest.raises(ChannelError, match="no room"):
        await made.fit(post)
    assert api.services.media_store.incoming.exists()
    assert list(api.services.media_store.incoming.iterdir()) == []


async def test_the_same_video_of_another_brand_is_not_converted_again(
    api: ApiHarness, reel: dict[str, Any], film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, made = await api.submit(**reel, fit="convert"), Made(api)
    await made.fit(post)
    await made.round()
    theirs = await uploaded(api, film, brandRef="rival")
    channel = {"channel": "instagram", "accountId": await api.add_account(ChannelName.INSTAGRAM, "rival")}
    other = await api.submit(
        **reel | {"brandRef": "rival", "media": [{"id": theirs}], "channels": [channel]}, fit="convert"
    )
    await made.fit(other)
    monkeypatch.setattr("worker.converting.convert_apart", None)
    assert await made.round()
    assert await made.fit(other) is None
    async with api.services.database.read() as session:
        rows = (await session.exec(select(MediaRow).where(col(MediaRow.rendition_of).is_not(None)))).all()
    assert {row.brand_ref for row in rows} == {"acme", "rival"}
    assert len({row.sha256 for row in rows}) == 1
