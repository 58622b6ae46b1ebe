"""Posts with gates against the reference PDS: one commit with everything in it, never two, never a part of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from atproto import models

from munadi.channels.bluesky.thread import record_key
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Published
from munadi.ports import PublicationDraft
from tests.channels.bluesky_real import Real, picture
from tests.channels.bluesky_real import alice as alice  # a fixture
from tests.channels.connected import mp4
from tests.channels.connected import new as post
from tests.channels.making import Saved, error_of, image, video, visible_step
from tests.channels.test_bluesky_real_threads import VideoService
from tests.support.pds import RealPDS

APPLY = "com.atproto.repo.applyWrites"
FEED, LIST_OF_PEOPLE = "app.bsky.feed", "at://did:plc:abc/app.bsky.graph.list/3n342ilh4f622"
RECORDS: dict[str, Any] = {
    f"{FEED}.post": models.AppBskyFeedPost.Record,
    f"{FEED}.threadgate": models.AppBskyFeedThreadgate.Record,
    f"{FEED}.postgate": models.AppBskyFeedPostgate.Record,
}
OPTIONS = {"replyControl": ["mentioned", LIST_OF_PEOPLE], "quotesAllowed": False, "langs": ["en"], "labels": ["nudity"]}


class Line:
    """What the server said to the visible calls; `lost` loses the next answer after the server has acted."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.lost = False

    async def __call__(self, response: httpx.Response) -> None:
        if not response.request.url.path.endswith(APPLY):
            return
        await response.aread()
        response.stream = httpx.ByteStream(response.content)  # to be read again
        self.said.append(response.json())
        if self.lost:
            self.lost = False
            raise httpx.ReadError("the line broke", request=response.request)


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
async def real(real_pds: RealPDS, line: Line) -> AsyncIterator[Real]:
    service = httpx.MockTransport(VideoService(real_pds))
    hooks: dict[str, list[Callable[..., Any]]] = {"response": [line]}
    async with httpx.AsyncClient(mounts={"https://video.bsky.app": service}, event_hooks=hooks) as client:
        yield Real(real_pds, client)


async def held(real: Real, given: PublicationDraft, who: ConnectedAccount) -> dict[str, Any]:
    """Every record at the publication's key, read by models that are not ours."""
    found = {}
    for collection, model in RECORDS.items():
        where = {"repo": who.external_id, "collection": collection, "rkey": record_key(given)}
        answer = await real.get("com.atproto.repo.getRecord", **where)
        if answer.get("error") != "RecordNotFound":
            found[collection] = models.get_or_create(answer["value"], model, strict=True)
    return found


async def head(real: Real, who: ConnectedAccount) -> Any:
    return await real.get("com.atproto.sync.getLatestCommit", did=who.external_id)


async def count(real: Real, who: ConnectedAccount) -> list[int]:
    wanted = {"repo": who.external_id, "limit": "100"}
    pages = [await real.get("com.atproto.repo.listRecords", **wanted, collection=name) for name in RECORDS]
    return [len(page["records"]) for page in pages]


async def quoted(real: Real) -> str:
    bob = await real.login(real.pds.accounts[1])
    return str((await real.publish_as(post("Worth quoting"), bob)).post_id)


async def with_gallery(real: Real) -> PublicationDraft:
    real.media.files = {f"med_{n}": picture(colour) for n, colour in enumerate(("red", "tan", "teal", "blue", "gold"))}
    media = tuple(image(n, alt=f"{n}", width=64, height=48) for n in range(5))
    return post("Five for @bob.test #sale", media=media, options={**OPTIONS, "quote": await quoted(real)})


async def with_captions(real: Real) -> PublicationDraft:
    real.media.files = {"med_0": mp4(1)}
    tracks = [{"lang": lang, "text": f"WEBVTT\n\n00:00.000 --> 00:01.000\n{lang}\n"} for lang in ("en", "hi")]
    options = {**OPTIONS, "captions": tracks, "presentation": "gif", "quote": await quoted(real)}
    return post("Look", media=(video(alt="Rain", bytes=len(real.media.files["med_0"])),), options=options)


@pytest.mark.parametrize("making", [with_gallery, with_captions])
async def test_everything_is_there_in_one_commit(real: Real, alice: ConnectedAccount, line: Line, making: Any) -> None:
    given = await making(real)
    assert await real.channel.find(given, alice, None, given.due_at) == Absent()
    before = await count(real, alice)
    found = await real.publish_as(given, alice)
    (said,) = line.said
    assert [result["validationStatus"] for result in said["results"]] == ["valid"] * 3
    assert (await head(real, alice))["rev"] == said["commit"]["rev"]
    assert await count(real, alice) == [number + 1 for number in before]
    records = await held(real, given, alice)
    threadgate, postgate = records[f"{FEED}.threadgate"], records[f"{FEED}.postgate"]
    assert threadgate.post == postgate.post == found.post_id
    assert [type(rule).__name__ for rule in threadgate.allow] == ["MentionRule", "ListRule"]
    assert [type(rule).__name__ for rule in postgate.embedding_rules] == ["DisableRule"]
    embed = records[f"{FEED}.post"].embed
    assert isinstance(embed, models.AppBskyEmbedRecordWithMedia.Main)
    if isinstance(embed.media, models.AppBskyEmbedVideo.Main):
        assert [track.lang for track in embed.media.captions or []] == ["en", "hi"]
        assert [track.file.mime_type for track in embed.media.captions or []] == ["text/vtt"] * 2
        assert (embed.media.alt, embed.media.presentation) == ("Rain", "gif")
    else:
        assert isinstance(embed.media, models.AppBskyEmbedGallery.Main)
        assert len(embed.media.items) == 5


async def test_a_repeat_writes_nothing(real: Real, alice: ConnectedAccount, line: Line) -> None:
    given = post("Once", options=OPTIONS)
    first = await real.publish_as(given, alice)
    before = await head(real, alice)
    again = await real.publish_as(given, alice)
    assert line.said[1]["error"] == "InternalServerError"
    assert (again.post_id, again.url) == (first.post_id, first.url)
    assert await head(real, alice) == before


async def test_a_lost_answer_is_found_and_never_doubled(real: Real, alice: ConnectedAccount, line: Line) -> None:
    given, line.lost = post("Once", options=OPTIONS), True
    before = await count(real, alice)
    error = await error_of(real.publish_as(given, alice))
    assert error.effect is Effect.UNKNOWN
    found = await real.channel.find(given, alice, None, given.due_at)
    assert isinstance(found, Published)
    assert (await real.publish_as(given, alice)).post_id == found.post_id
    assert await count(real, alice) == [number + 1 for number in before]


async def test_of_six_at_once_one_is_written(real: Real, alice: ConnectedAccount, line: Line) -> None:
    given = post("Once", options=OPTIONS)
    before = await count(real, alice)
    found = await asyncio.gather(*(real.publish_as(given, alice) for _ in range(6)), return_exceptions=True)
    for one in found:
        assert isinstance(one, Published) or (isinstance(one, ChannelError) and one.effect is not Effect.REJECTED)
    assert len([said for said in line.said if "commit" in said]) == 1
    assert await count(real, alice) == [number + 1 for number in before]


async def test_another_post_at_the_key_is_refused_and_keeps_its_gates(real: Real, alice: ConnectedAccount) -> None:
    given = post("First", options=OPTIONS)
    await real.publish_as(given, alice)
    error = await error_of(real.publish_as(given.model_copy(update={"text": "Second"}), alice))
    assert (error.reason, error.effect) == (Reason.DUPLICATE_CONTENT, Effect.REJECTED)
    records = await held(real, given, alice)
    assert (records[f"{FEED}.post"].text, len(records)) == ("First", 3)


async def test_a_gate_that_stands_alone_keeps_the_post_away(real: Real, alice: ConnectedAccount) -> None:
    """Nothing of ours writes a gate alone; if one is there, no post appears beside it, and none is said to be live."""
    given = post("Never", options=OPTIONS)
    gate = {"$type": f"{FEED}.postgate", "createdAt": "2026-12-01T09:00:00.000Z"}
    gate |= {"post": f"at://{alice.external_id}/{FEED}.post/{record_key(given)}"}
    body = {"repo": alice.external_id, "collection": f"{FEED}.postgate", "rkey": record_key(given), "record": gate}
    token = {"authorization": f"Bearer {alice.credentials.access_token.get_secret_value()}"}
    url = f"{real.pds.url}/xrpc/com.atproto.repo.putRecord"
    assert (await real.client.post(url, json=body, headers=token)).status_code == 200
    error = await error_of(real.publish_as(given, alice))
    assert error.effect is Effect.UNKNOWN
    assert await real.channel.find(given, alice, None, given.due_at) == Absent()
    assert set(await held(real, given, alice)) == {f"{FEED}.postgate"}


async def test_a_refused_post_leaves_no_gate(real: Real, alice: ConnectedAccount) -> None:
    given, saved = post("x" * 301, options=OPTIONS), Saved()
    error = await error_of(real.channel.publish(given, alice, None, saved, visible_step()))
    assert (error.reason, error.effect) == (Reason.TEXT_TOO_LONG, Effect.REJECTED)
    assert await held(real, given, alice) == {}
