"""Photos are uploaded unpublished, each once; a link's page is read again only when it was unreadable."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Handle, Ready
from tests.channels.facebook_uploads import (
    FILM,
    PHOTOS,
    REEL,
    error,
    failure,
    photos,
    prepare,
    state,
)
from tests.channels.making import NOW, TOKEN, Saved, bench, image, publication
from tests.channels.network import answer, form_of, ok


async def test_a_text_needs_nothing() -> None:
    built = bench("facebook")
    assert await prepare(built, publication("Hello"), Saved()) == Ready()
    assert built.network.requests == []
    assert built.channel.lead(publication("Hello")) == timedelta(0)


async def test_photos_are_uploaded_unpublished_with_their_alt_texts() -> None:
    built, saved = photos(), Saved()
    assert await prepare(built, PHOTOS, saved) == Ready(expires_at=NOW + timedelta(hours=24))
    assert [form_of(request) for request in built.network.requests] == [
        {"url": "https://munadi.example/media/med_0", "published": "false", "alt_text_custom": "Teal"},
        {"url": "https://munadi.example/media/med_1", "published": "false"},
        {"url": "https://munadi.example/media/med_2", "published": "false"},
    ]
    assert [photo.id for photo in state(saved).photos] == ["p1", "p2", "p3"]
    assert built.network.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_photos_continue_from_every_saved_state() -> None:
    saved = Saved()
    await prepare(photos(), PHOTOS, saved)
    assert len(saved.history) == 4
    for known in [None, *saved.history]:
        again, crashed = photos(), Saved(known)
        await prepare(again, PHOTOS, crashed)
        assert len(again.network.requests) == 3 - (len(known.state["photos"]) if known else 0)
        assert crashed.kept.ready


async def test_photos_that_lapsed_are_uploaded_again() -> None:
    built, saved = photos(), Saved()
    await prepare(built, PHOTOS, saved)
    built.clock.forward(hours=24)
    await prepare(built, PHOTOS, saved)
    assert [photo.id for photo in state(saved).photos] == ["p4", "p5", "p6"]


@pytest.mark.parametrize(
    ("refusal", "reason"), [(error(324), Reason.MEDIA_VALIDATION_FAILED), (error(368), Reason.ACCOUNT_RESTRICTED)]
)
async def test_a_refused_photo_ends_it(refusal: httpx.Response, reason: Reason) -> None:
    found = await failure(photos(refusal), PHOTOS, Saved())
    assert (found.reason, found.effect) == (reason, Effect.REJECTED)


async def test_a_photo_that_cannot_be_fetched_is_tried_three_times() -> None:
    built, saved = photos(*[error(389)] * 3), Saved()
    for effect in (Effect.NOT_SENT, Effect.NOT_SENT, Effect.REJECTED):
        assert (await failure(built, PHOTOS, saved)).effect is effect


async def test_a_photo_without_an_id_is_no_photo() -> None:
    assert (await failure(photos(ok({})), PHOTOS, Saved())).effect is Effect.UNKNOWN


async def test_a_links_page_is_read_again_only_when_it_was_unreadable() -> None:
    given = publication("Hello", link="https://acme.example/sale")
    built, saved = bench("facebook"), Saved()
    assert built.channel.lead(given) == timedelta(minutes=1)
    assert await prepare(built, given, saved) == Ready()
    assert built.network.requests == []
    unreadable = Saved(Handle(draft_version=1, state={"link": "unreadable"}))
    built.network.on("POST", "/v26.0/", answer(500, "<html>"))
    assert await prepare(built, given, unreadable) == Ready()
    assert form_of(built.network.requests[0]) == {"id": "https://acme.example/sale", "scrape": "true"}
    assert state(unreadable).link == "scraped"


def test_leads_are_by_kind() -> None:
    channel = bench("facebook").channel
    leads = [channel.lead(given).total_seconds() / 60 for given in (PHOTOS, REEL, FILM)]
    assert leads == [5, 20, 20]


async def test_a_photo_that_facebook_does_not_take_is_sent_as_another() -> None:
    built = photos()
    media = (image(0, mime_type="image/webp", has_alpha=False), image(1, bytes=9_000_000, has_alpha=False))
    await prepare(built, publication("Hello", media=media), Saved())
    assert [form_of(request)["url"].rpartition("/")[2] for request in built.network.requests] == [
        "med_0-jpeg",
        "med_1-jpeg",
    ]
    assert built.media.renditions == [(f"med_{index}", "image/jpeg", 4_000_000, None) for index in (0, 1)]
