"""One feed post or finish; what is live is not sent again, and a draft is never told as published."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Handle, Pending, Published
from munadi.ports import PublicationDraft
from tests.channels.facebook_posts import (
    DRAFT,
    FILM,
    LINK,
    LIVE,
    ON_ITS_WAY,
    PAGE,
    PHOTOS,
    POST,
    PUBLISHING,
    READ,
    REEL,
    SCHEDULED,
    TEXT,
    VIDEO,
    WAITING,
    WHO,
    error,
    failure,
    over,
    publish,
    uploaded,
    with_photos,
)
from tests.channels.making import NOW, TOKEN, Saved, publication
from tests.channels.network import answer, form_of, ok


@pytest.mark.parametrize(
    ("given", "handle", "form"),
    [
        (TEXT, None, {"message": "Hello"}),
        (LINK, None, {"message": "Hello", "link": "https://acme.example/sale"}),
        (publication("", link="https://acme.example/"), None, {"link": "https://acme.example/"}),
        (publication("Hi", options={"place": "7"}), None, {"message": "Hi", "place": "7"}),
        (
            PHOTOS,
            with_photos(),
            {"message": "Hello", "attached_media": json.dumps([{"media_fbid": "p1"}, {"media_fbid": "p2"}])},
        ),
    ],
    ids=["text", "link", "link alone", "place", "photos"],
)
async def test_a_feed_post_and_its_address(
    given: PublicationDraft, handle: Handle | None, form: dict[str, str]
) -> None:
    built, saved = over(), Saved(handle)
    found = await publish(built, given, saved)
    assert found == Published(post_id=POST, url="https://www.facebook.com/1/posts/2", published_at=NOW)
    (request,) = built.network.mutations
    assert (request.url.path, form_of(request)) == (f"/v26.0/{PAGE}/feed", form)
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert saved.kept.state["post_id"] == POST


@pytest.mark.parametrize(("given", "path", "form"), [
    (REEL, "video_reels", {"upload_phase": "finish", "video_id": VIDEO, "video_state": "PUBLISHED",
     "description": "Hello", "title": "Sale", "place": "7", "is_ai_generated": "true"}),
    (FILM, "videos", {"upload_phase": "finish", "upload_session_id": "77", "description": "Hello", "title": "Sale"}),
])  # fmt: skip
async def test_a_video_is_finished_and_seen_to_be_published(
    given: PublicationDraft, path: str, form: dict[str, str]
) -> None:
    built, saved = over(), Saved(uploaded())
    found = await publish(built, given, saved)
    assert found == Published(post_id=VIDEO, url=f"https://www.facebook.com/reel/{VIDEO}/", published_at=NOW)
    (request,) = built.network.mutations
    assert (request.url.path, form_of(request)) == (f"/v26.0/{PAGE}/{path}", form)
    assert request.url.host == ("graph.facebook.com" if path == "video_reels" else "graph-video.facebook.com")
    assert saved.kept.state["finished"]


@pytest.mark.parametrize(
    "status",
    [WAITING, PUBLISHING, DRAFT, ON_ITS_WAY, SCHEDULED, ok({}), answer(500, "<html>"), httpx.ReadTimeout("slow")],
    ids=["waiting", "publishing", "draft", "on its way", "scheduled", "empty", "500", "timeout"],
)
async def test_a_finish_is_pending_until_the_video_is_published(status: Any) -> None:
    built, saved = over(status=[status, LIVE]), Saved(uploaded())
    found = await publish(built, REEL, saved)
    assert isinstance(found, Pending)
    assert found.after == timedelta(seconds=5)
    checked = await built.channel.check(REEL, WHO, saved.handle)
    assert isinstance(checked, Published)
    assert checked.post_id == VIDEO
    assert len(built.network.mutations) == 1


async def test_photos_that_lapsed_are_not_attached() -> None:
    built, saved = over(), Saved(with_photos())
    built.clock.forward(hours=23)
    found = await failure(built, PHOTOS, saved)
    assert (found.provider_code, found.effect) == ("PHOTOS_LAPSED", Effect.NOT_SENT)
    assert built.network.requests == []
    assert (saved.kept.ready, saved.kept.state["photos"]) == (False, [])


@pytest.mark.parametrize("code", [1, 2, 506, 1363047])
@pytest.mark.parametrize(("given", "handle"), [(TEXT, None), (REEL, uploaded())], ids=["feed", "reel"])
async def test_what_may_have_gone_out_is_unknown(given: PublicationDraft, handle: Handle | None, code: int) -> None:
    found = await failure(over(error(code, status=500)), given, Saved(handle))
    assert found.effect is Effect.UNKNOWN


async def test_an_unreadable_link_is_read_again_once() -> None:
    built, saved = over(error(1609005)), Saved()
    found = await failure(built, LINK, saved)
    assert (found.reason, found.effect) == (Reason.PROVIDER_OUTAGE, Effect.NOT_SENT)
    assert not saved.kept.ready
    built.network.on("POST", "/v26.0/", ok({"id": "x"}))
    await built.channel.prepare(LINK, WHO, saved.kept, saved)
    found = await failure(built, LINK, saved)
    assert (found.reason, found.effect) == (Reason.INVALID_FIELD, Effect.REJECTED)


@pytest.mark.parametrize(
    ("minutes", "effect"),
    [(None, Effect.UNKNOWN), (120, Effect.REJECTED), (0, Effect.UNKNOWN)],
    ids=["no twin", "older twin", "perhaps ours"],
)
async def test_posted_already_is_final_only_when_an_older_post_explains_it(minutes: int | None, effect: Effect) -> None:
    twin = {**READ, "created_time": (NOW - timedelta(minutes=minutes or 0)).isoformat()}
    built = over(error(506), posts=ok({"data": [] if minutes is None else [twin]}))
    found = await failure(built, TEXT, Saved())
    assert (found.reason, found.effect) == (Reason.DUPLICATE_CONTENT, effect)


async def test_an_address_that_cannot_be_read_is_the_one_by_id() -> None:
    built = over()
    built.network.on("GET", f"/v26.0/{POST}", answer(500, "<html>"))
    found = await publish(built, TEXT, Saved())
    assert found == Published(post_id=POST, url=f"https://www.facebook.com/{POST}", published_at=NOW)


@pytest.mark.parametrize("code", [100, 1363128, 6000])
async def test_a_refused_finish_of_a_video_that_is_live_after_all(code: int) -> None:
    found = await publish(over(error(code)), REEL, Saved(uploaded()))
    assert isinstance(found, Published)


async def test_a_refused_finish_stands_when_the_video_is_not_live() -> None:
    found = await failure(over(error(1363128), status=WAITING), REEL, Saved(uploaded()))
    assert (found.reason, found.effect) == (Reason.MEDIA_VALIDATION_FAILED, Effect.REJECTED)


async def test_an_upload_that_cannot_be_finished_is_made_again_twice() -> None:
    saved = Saved(uploaded())
    found = await failure(over(error(6001), status=WAITING), REEL, saved)
    assert found.effect is Effect.NOT_SENT
    assert (saved.kept.ready, saved.kept.state["upload"], saved.kept.state["renewals"]) == (False, None, 1)
    found = await failure(over(error(6001), status=WAITING), REEL, Saved(uploaded(renewals=2)))
    assert found.effect is Effect.REJECTED
