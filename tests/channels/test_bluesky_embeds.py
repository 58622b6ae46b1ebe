"""Galleries, videos and quotes are what the lexicons say, judged by the atproto package's models."""

from __future__ import annotations

from typing import Literal

import httpx
import pytest
from atproto import models

from munadi.channels.bluesky.spec import Options
from munadi.channels.bluesky.state import Card, Prepared, Ref
from munadi.channels.bluesky.wire import post_record
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Ready
from tests.channels.bluesky.test_wire import BLOB, judged
from tests.channels.making import Bench, Saved, account, bench, error_of, image, publication, video, visible_step
from tests.channels.network import answer, ok

DID = "did:plc:abcdefghijklmnopqrstuvwx"
WHO = account("bluesky", DID, service_url="https://pds.example")
KEY = "3n342ilh4f622"
URI = f"at://did:plc:quoted/app.bsky.feed.post/{KEY}"
QUOTE = Ref(uri=URI, cid="bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a")
GET, POSTS = "/xrpc/com.atproto.repo.getRecord", "/xrpc/app.bsky.feed.getPosts"
RESOLVE = "/xrpc/com.atproto.identity.resolveHandle"
MISSING = answer(400, {"error": "RecordNotFound"})


@pytest.mark.parametrize("count", [4, 5, 10])
def test_more_than_four_images_are_a_gallery(count: int) -> None:
    media = (*(image(n, alt=f"{n}", width=800, height=600) for n in range(count - 1)), image(width=0, height=0))
    record = post_record(publication("x", media=media), Options(), Prepared(blobs=(BLOB,) * count))
    embed = judged(record).embed
    if count == 4:
        assert isinstance(embed, models.AppBskyEmbedImages.Main)
        return
    assert isinstance(embed, models.AppBskyEmbedGallery.Main)
    items = [item for item in embed.items if isinstance(item, models.AppBskyEmbedGallery.Image)]
    assert [item.alt for item in items] == [*(f"{n}" for n in range(count - 1)), ""]
    assert (items[0].aspect_ratio.width, items[0].aspect_ratio.height) == (800, 600)
    assert (items[-1].aspect_ratio.width, items[-1].aspect_ratio.height) == (1, 1)


def test_a_video_has_alt_and_ratio() -> None:
    blob = {**BLOB, "mimeType": "video/mp4"}
    record = post_record(publication("x", media=(video(alt="Rain"),)), Options(), Prepared(blobs=(blob,)))
    embed = judged(record).embed
    assert isinstance(embed, models.AppBskyEmbedVideo.Main)
    assert embed.aspect_ratio is not None
    assert (embed.alt, embed.aspect_ratio.width, embed.aspect_ratio.height) == ("Rain", 1080, 1920)


@pytest.mark.parametrize(("chosen", "shown"), [(None, "gif"), ("default", "default")])
def test_a_gif_is_a_video_that_plays_like_one(chosen: Literal["default"] | None, shown: str) -> None:
    blob = {**BLOB, "mimeType": "video/mp4"}
    media = (image(mime_type="image/gif", animated=True, alt="Rain"),)
    record = post_record(publication("x", media=media), Options(presentation=chosen), Prepared(blobs=(blob,)))
    embed = judged(record).embed
    assert isinstance(embed, models.AppBskyEmbedVideo.Main)
    assert (embed.alt, embed.presentation) == ("Rain", shown)


def test_a_quote_alone() -> None:
    embed = judged(post_record(publication("x"), Options(quote=URI), Prepared(quote=QUOTE))).embed
    assert isinstance(embed, models.AppBskyEmbedRecord.Main)
    assert (embed.record.uri, embed.record.cid) == (QUOTE.uri, QUOTE.cid)


@pytest.mark.parametrize("kind", ["images", "gallery", "video", "external"])
def test_a_quote_with_something(kind: str) -> None:
    count = {"images": 1, "gallery": 5, "video": 1, "external": 0}[kind]
    media = (video(),) if kind == "video" else tuple(image(n) for n in range(count))
    link = "https://acme.example" if kind == "external" else None
    prepared = Prepared(quote=QUOTE, blobs=(BLOB,) * count, card=Card(title="Sale") if link else None)
    embed = judged(post_record(publication("x", media=media, link=link), Options(quote=URI), prepared)).embed
    assert isinstance(embed, models.AppBskyEmbedRecordWithMedia.Main)
    assert embed.record.record.uri == QUOTE.uri
    assert embed.media.py_type == f"app.bsky.embed.{kind}"


async def resolve(built: Bench, quote: str) -> Ref:
    saved = Saved()
    given = publication("x", options={"quote": quote})
    assert built.channel.lead(given).total_seconds() == 60
    assert isinstance(await built.channel.prepare(given, WHO, None, saved), Ready)
    found = Prepared.of(saved.handle).quote
    assert found is not None
    await built.channel.prepare(given, WHO, saved.handle, saved)
    return found


@pytest.mark.parametrize(
    "quote",
    [
        URI,
        f"https://bsky.app/profile/did:plc:quoted/post/{KEY}",
        f"at://Acme.Example/app.bsky.feed.post/{KEY}",
        f"https://bsky.app/profile/acme.example/post/{KEY}?ref=app",
    ],
)
async def test_what_a_person_pastes_becomes_a_strong_reference(quote: str) -> None:
    built = bench("bluesky")
    built.network.on("GET", GET, ok({"uri": URI, "cid": "bafyone"})).on("GET", RESOLVE, ok({"did": "did:plc:quoted"}))
    assert await resolve(built, quote) == Ref(uri=URI, cid="bafyone")
    assert len(built.network.sent(GET)) == 1
    assert [dict(one.url.params) for one in built.network.sent(RESOLVE)] in ([], [{"handle": "acme.example"}])
    assert built.network.mutations == []


async def test_a_post_on_another_server_is_looked_up_at_the_app_view() -> None:
    built = bench("bluesky", {"hosts": {"appview": "https://view.example/bluesky"}})
    built.network.on("GET", GET, answer(400, {"error": "InvalidRequest", "message": "Could not locate record"}))
    built.network.on("GET", POSTS, ok({"posts": [{"uri": "at://other", "cid": "no"}, {"uri": URI, "cid": "bafyview"}]}))
    assert (await resolve(built, URI)).cid == "bafyview"
    assert str(built.network.sent(POSTS)[0].url).startswith("https://view.example/bluesky/xrpc/")


@pytest.mark.parametrize("posts", [[], [{"uri": URI}], ["x"], [{"uri": "at://other", "cid": "no"}]])
async def test_a_quote_of_nothing_is_refused(posts: object) -> None:
    built = bench("bluesky")
    built.network.on("GET", GET, MISSING).on("GET", POSTS, ok({"posts": posts}))
    error = await error_of(resolve(built, URI))
    assert (error.reason, error.effect) == (Reason.INVALID_FIELD, Effect.REJECTED)


@pytest.mark.parametrize("said", ["not json", {}, {"posts": None}])
@pytest.mark.parametrize("here", [MISSING, None], ids=["not here", "a proxy"])
async def test_an_unreadable_answer_refuses_no_quote(said: object, here: httpx.Response | None) -> None:
    built = bench("bluesky")
    built.network.on("GET", GET, here or ok(said)).on("GET", POSTS, ok(said))
    error = await error_of(resolve(built, URI))
    assert (error.reason, error.provider_code) == (Reason.PROVIDER_OUTAGE, "NO_PROOF")


async def test_a_quote_of_an_unknown_account_is_refused() -> None:
    built = bench("bluesky")
    built.network.on("GET", RESOLVE, answer(400, {"error": "HandleNotFound"}))
    error = await error_of(resolve(built, f"at://no.example/app.bsky.feed.post/{KEY}"))
    assert error.provider_code == "QUOTE_NOT_FOUND"


async def test_an_outage_is_no_reason_to_refuse_a_quote() -> None:
    built = bench("bluesky")
    built.network.on("GET", GET, MISSING).on("GET", POSTS, answer(502, "<html>"))
    error = await error_of(resolve(built, URI))
    assert error.effect is Effect.UNKNOWN


async def test_a_quote_is_not_published_before_it_is_known() -> None:
    built = bench("bluesky")
    error = await error_of(
        built.channel.publish(
            publication("x", options={"quote": URI}),
            WHO,
            None,
            Saved(),
            visible_step(),
        )
    )
    assert error.effect is Effect.NOT_SENT
