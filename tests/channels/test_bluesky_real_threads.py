"""Threads, quotes, galleries and videos against the reference PDS."""

from __future__ import annotations

import httpx
from atproto import models

from munadi.channels.bluesky.thread import record_key
from munadi.domain.account import ConnectedAccount
from munadi.domain.publication import Absent, Published
from munadi.ports import VisibleStep
from tests.channels.bluesky_real import Real, picture, where
from tests.channels.bluesky_real import alice as alice  # fixtures
from tests.channels.bluesky_real import real as real
from tests.channels.connected import mp4
from tests.channels.connected import new as post
from tests.channels.making import GateThatCounts, Saved, image, video
from tests.support.pds import RealPDS


async def test_a_thread_hangs_together(real: Real, alice: ConnectedAccount) -> None:
    given, saved = post("One", parts=("Two with @bob.test", "Three")), Saved()
    await real.channel.prepare(given, alice, None, saved)
    for name in ("post", *real.channel.steps(given)):
        assert await real.channel.find(given, alice, saved.handle, given.due_at, name) == Absent()
        await real.channel.publish(given, alice, saved.handle, saved, VisibleStep(GateThatCounts(), name))
        assert isinstance(await real.channel.find(given, alice, saved.handle, given.due_at, name), Published)
        if name == "part-2" and saved.handle is not None:
            saved.handle.state["posts"] = {}  # the last part reads what it answers from the records
    # Other tests post for alice too: the thread's own records are told by their keys.
    keys = {record_key(given, name) for name in ("post", *real.channel.steps(given))}
    listed = (await real.get("com.atproto.repo.listRecords", **{**where(given, alice), "limit": "100"}))["records"]
    listed = [record for record in listed if record["uri"].rpartition("/")[2] in keys]
    three, two, one = listed
    assert [record["value"]["text"] for record in (one, two, three)] == ["One", "Two with @bob.test", "Three"]
    root = {"uri": one["uri"], "cid": one["cid"]}
    assert two["value"]["reply"] == {"root": root, "parent": root}
    assert three["value"]["reply"] == {"root": root, "parent": {"uri": two["uri"], "cid": two["cid"]}}
    for record in listed:
        models.get_or_create(record["value"], models.AppBskyFeedPost.Record, strict=True)


async def test_a_repeated_part_is_the_same_post(real: Real, alice: ConnectedAccount) -> None:
    given, saved = post("One", parts=("Two",)), Saved()
    await real.publish_as(given, alice)
    for _ in range(2):
        await real.channel.publish(given, alice, None, saved, VisibleStep(GateThatCounts(), "part-2"))
    before = await real.get("com.atproto.sync.getLatestCommit", did=alice.external_id)
    await real.channel.publish(given, alice, saved.handle, saved, VisibleStep(GateThatCounts(), "part-2"))
    assert await real.get("com.atproto.sync.getLatestCommit", did=alice.external_id) == before


async def test_a_quote_of_another_account(real: Real, alice: ConnectedAccount) -> None:
    bob = await real.login(real.pds.accounts[1])
    quoted = await real.publish_as(post("Worth quoting"), bob)
    real.media.files = {"med_0": picture()}
    for media in ((), (image(0, width=64, height=48),)):
        key = str(quoted.post_id).rpartition("/")[2]
        given = post("Hear, hear", media=media, options={"quote": f"https://bsky.app/profile/bob.test/post/{key}"})
        await real.publish_as(given, alice)
        embed = (await real.record(given, alice)).embed
        if isinstance(embed, models.AppBskyEmbedRecordWithMedia.Main):
            assert isinstance(embed.media, models.AppBskyEmbedImages.Main)
            embed = embed.record
        assert isinstance(embed, models.AppBskyEmbedRecord.Main)
        assert embed.record.uri == quoted.post_id


async def test_a_gallery(real: Real, alice: ConnectedAccount) -> None:
    """This version of the PDS does not know the embed yet and lets it pass unchecked: the models judge its shape."""
    real.media.files = {f"med_{n}": picture(colour) for n, colour in enumerate(("red", "tan", "teal", "blue", "gold"))}
    given = post("Five", media=tuple(image(n, alt=f"{n}", width=64, height=48) for n in range(5)))
    await real.publish_as(given, alice)
    embed = (await real.record(given, alice)).embed
    assert isinstance(embed, models.AppBskyEmbedGallery.Main)
    assert len(embed.items) == 5


class VideoService:
    """A service that does at once what the real one does: it stores the video at the account's server."""

    def __init__(self, pds: RealPDS) -> None:
        self.pds = pds

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"canUpload": True})
        content = await request.aread()
        headers = {"authorization": request.headers["authorization"], "content-type": "video/mp4"}
        async with httpx.AsyncClient() as client:
            stored = await client.post(
                f"{self.pds.url}/xrpc/com.atproto.repo.uploadBlob", content=content, headers=headers
            )
        assert stored.status_code == 200, stored.text
        status = {"jobId": "1", "did": request.url.params["did"], "state": "JOB_STATE_COMPLETED"}
        return httpx.Response(200, json={**status, **stored.json()})


async def test_a_video_is_stored_with_the_token_that_the_server_gave(real_pds: RealPDS) -> None:
    service = httpx.MockTransport(VideoService(real_pds))
    async with httpx.AsyncClient(mounts={"https://video.bsky.app": service}) as client:
        real = Real(real_pds, client)
        alice = await real.login(real_pds.accounts[0])
        real.media.files = {"med_0": mp4(1)}
        size = len(real.media.files["med_0"])
        given = post("Look", media=(video(alt="Rain", bytes=size),))
        await real.publish_as(given, alice)
        embed = (await real.record(given, alice)).embed
        assert isinstance(embed, models.AppBskyEmbedVideo.Main)
        assert (embed.alt, embed.video.mime_type, embed.video.size) == ("Rain", "video/mp4", size)
