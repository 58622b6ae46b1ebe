"""One feed post or finish. A live post is not sent again, and a draft does not count as published."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Preparation, Published, Ready
from munadi.ports import PublicationDraft
from tests.channels import facebook_page as page
from tests.channels.calls import Saved
from tests.channels.containers import graph_error
from tests.channels.making import NOW, TOKEN, error_of, publication
from tests.channels.network import answer, form_of, ok

FINISH = {"upload_phase": "finish", "description": "Hello", "title": "Sale"}
OF_REEL = {"video_id": page.VIDEO, "video_state": "PUBLISHED", "place": "7", "is_ai_generated": "true"}
SHOWN = Published(post_id=page.POST, url="https://www.facebook.com/1/posts/2", published_at=NOW)
FILMED = Published(post_id=page.VIDEO, url=f"https://www.facebook.com/reel/{page.VIDEO}/", published_at=NOW)


@pytest.mark.parametrize(
    ("given", "handle", "edge", "form"),
    [
        (page.TEXT, None, "feed", {"message": "Hello"}),
        (page.LINK, None, "feed", {"message": "Hello", "link": "https://acme.example/sale"}),
        (publication("", link="https://acme.example/"), None, "feed", {"link": "https://acme.example/"}),
        (publication("Hi", options={"place": "7"}), None, "feed", {"message": "Hi", "place": "7"}),
        (page.PHOTOS, page.with_photos(), "feed",
         {"message": "Hello", "attached_media": json.dumps([{"media_fbid": "p1"}, {"media_fbid": "p2"}])}),
        (page.REEL, page.uploaded(), "video_reels", {**FINISH, **OF_REEL}),
        (page.FILM, page.uploaded(), "videos", {**FINISH, "upload_session_id": "77"}),
    ],
)  # fmt: skip
async def test_the_visible_call_and_the_posts_address(
    given: PublicationDraft, handle: Preparation | None, edge: str, form: dict[str, str]
) -> None:
    built, saved = page.over(), Saved(handle)
    assert await page.publish(built, given, saved) == (SHOWN if edge == "feed" else FILMED)
    (request,) = built.network.mutations
    assert (request.url.path, form_of(request)) == (f"/v26.0/{page.PAGE}/{edge}", form)
    assert request.url.host == ("graph-video.facebook.com" if edge == "videos" else "graph.facebook.com")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert (page.state(saved).post_id, page.state(saved).finished) == (
        (page.POST, False) if edge == "feed" else (None, True)
    )


NOT_YET = [page.WAITING, page.PUBLISHING, page.DRAFT, page.ON_ITS_WAY, page.SCHEDULED]


@pytest.mark.parametrize("status", [*NOT_YET, ok({}), answer(500, "<html>"), httpx.ReadTimeout("slow")])
async def test_a_finish_is_pending_until_the_video_is_published(status: Any) -> None:
    built, saved = (
        page.over(status=[status, status if status in NOT_YET else page.PUBLISHING, page.LIVE]),
        Saved(page.uploaded()),
    )
    found = await page.publish(built, page.REEL, saved)
    assert isinstance(found, Pending)
    assert found.after == timedelta(seconds=5)
    assert isinstance(await built.check(page.REEL, page.WHO, saved), Pending)
    assert await built.check(page.REEL, page.WHO, saved) == FILMED
    assert len(built.network.mutations) == 1


@pytest.mark.parametrize(("age", "wait"), [(0, 5), (60, 15), (600, 60)])
async def test_check_polls_less_often_the_longer_it_takes(age: int, wait: int) -> None:
    built = page.over(status=page.PUBLISHING)
    built.clock.forward(seconds=age)
    found = await built.check(page.REEL, page.WHO, page.uploaded(finished=True))
    assert isinstance(found, Pending)
    assert found.after == timedelta(seconds=wait)


async def test_check_of_a_video_that_facebook_gave_up() -> None:
    built = page.over(status=page.DEAD)
    error = await error_of(built.check(page.REEL, page.WHO, page.uploaded(finished=True)))
    assert (error.reason, error.effect) == (Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED)


READY = Ready(expires_at=NOW + timedelta(hours=23))


@pytest.mark.parametrize(
    ("given", "handle", "wanted"),
    [
        (page.REEL, None, Pending(after=timedelta(0), note="to be prepared")),
        (page.REEL, page.uploaded(), READY),
        (page.TEXT, None, Ready()),
        (page.PHOTOS, page.with_photos(), READY),
    ],
)
async def test_check_before_the_visible_call(
    given: PublicationDraft, handle: Preparation | None, wanted: Pending | Ready
) -> None:
    assert await page.over(status=page.WAITING).check(given, page.WHO, handle) == wanted


async def test_photos_that_lapsed_are_not_attached() -> None:
    built, saved = page.over(), Saved(page.with_photos())
    built.clock.forward(hours=23)
    found = await page.failure(built, page.PHOTOS, saved)
    assert (found.provider_code, found.effect) == ("PHOTOS_LAPSED", Effect.NOT_SENT)
    assert built.network.requests == []
    assert (saved.kept.ready, page.state(saved).photos) == (False, ())


@pytest.mark.parametrize("code", [1, 2, 1363047])
@pytest.mark.parametrize(("given", "handle"), [(page.TEXT, None), (page.REEL, page.uploaded())], ids=["feed", "reel"])
async def test_a_call_that_may_have_published_is_unknown(
    given: PublicationDraft, handle: Preparation | None, code: int
) -> None:
    found = await page.failure(page.over(graph_error(code, status=500)), given, Saved(handle))
    assert found.effect is Effect.UNKNOWN


async def test_an_unreadable_link_is_read_again_once() -> None:
    built, saved = page.over(graph_error(1609005)), Saved()
    found = await page.failure(built, page.LINK, saved)
    assert (found.reason, found.effect) == (Reason.PROVIDER_OUTAGE, Effect.NOT_SENT)
    assert not saved.kept.ready
    built.network.on("POST", "/v26.0/", ok({"id": "x"}))
    await page.prepare(built, page.LINK, saved)
    found = await page.failure(built, page.LINK, saved)
    assert (found.reason, found.effect) == (Reason.INVALID_FIELD, Effect.REJECTED)


@pytest.mark.parametrize("code", [506, 1366051])
async def test_facebook_does_not_judge_a_duplicate_by_itself(code: int) -> None:
    built = page.over(graph_error(code))
    found = await page.failure(built, page.TEXT, Saved())
    assert (found.reason, found.effect, found.may_be_ours) == (Reason.DUPLICATE_CONTENT, Effect.REJECTED, True)
    assert len(built.network.requests) == 1


async def test_an_address_that_cannot_be_read_is_the_one_by_id() -> None:
    built = page.over()
    built.network.on("GET", f"/v26.0/{page.POST}", answer(500, "<html>"))
    url = f"https://www.facebook.com/{page.POST}"
    assert await page.publish(built, page.TEXT, Saved()) == SHOWN.model_copy(update={"url": url})


@pytest.mark.parametrize(
    ("code", "renewals", "effect"),
    [(100, 0, Effect.REJECTED), (1363128, 0, Effect.REJECTED), (6000, 0, Effect.NOT_SENT), (6001, 2, Effect.REJECTED)],
)
async def test_a_refused_finish_stands_only_when_the_video_is_not_live(
    code: int, renewals: int, effect: Effect
) -> None:
    """An upload that cannot be finished is repeated twice."""
    saved = Saved(page.uploaded(renewals=renewals))
    assert await page.publish(page.over(graph_error(code)), page.REEL, saved) == FILMED
    saved = Saved(page.uploaded(renewals=renewals))
    found = await page.failure(page.over(graph_error(code), status=page.WAITING), page.REEL, saved)
    assert found.effect is effect
    if effect is Effect.NOT_SENT:
        assert (saved.kept.ready, page.state(saved).upload, page.state(saved).renewals) == (False, None, 1)
    else:
        assert saved.history == []
