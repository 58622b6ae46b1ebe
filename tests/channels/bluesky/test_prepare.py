"""Preparation is invisible, saved part by part, and continues where it ended."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.bluesky.state import Prepared
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Handle, Ready
from munadi.ports import LinkCard, PublicationDraft
from tests.channels.making import NOW, Bench, Saved, account, bench, error_of, image, publication, visible_step
from tests.channels.network import answer, ok

DID = "did:plc:abcdefghijklmnopqrstuvwx"
WHO = account("bluesky", DID, service_url="https://pds.example")
UPLOAD, RESOLVE = "/xrpc/com.atproto.repo.uploadBlob", "/xrpc/com.atproto.identity.resolveHandle"
LINK = "https://acme.example/sale"


def uploaded(request: httpx.Request) -> httpx.Response:
    """A blob that tells which bytes it is of."""
    ref = {"$link": request.content.decode()}
    blob = {"$type": "blob", "ref": ref, "mimeType": request.headers["content-type"], "size": len(request.content)}
    return ok({"blob": blob})


def begun() -> Bench:
    built = bench("bluesky")
    built.network.on("POST", UPLOAD, uploaded).on("GET", RESOLVE, ok({"did": "did:plc:alice"}))
    return built


async def prepare(built: Bench, given: PublicationDraft, saved: Saved) -> Ready:
    found = await built.channel.prepare(given, WHO, saved.handle, saved)
    assert isinstance(found, Ready)
    return found


def state(saved: Saved) -> Prepared:
    return Prepared.model_validate(saved.kept.state)


async def test_a_plain_text_needs_nothing() -> None:
    built, saved = begun(), Saved()
    given = publication("Hello https://a.example #tag")
    assert built.channel.lead(given) == timedelta(0)
    assert await prepare(built, given, saved) == Ready()
    assert (built.network.requests, saved.history) == ([], [])


@pytest.mark.parametrize(
    "given", [publication("@alice.test"), publication(link=LINK), publication("x", media=(image(),))], ids=str
)
def test_mentions_cards_and_images_need_a_minute(given: PublicationDraft) -> None:
    assert begun().channel.lead(given) == timedelta(seconds=60)


async def test_images_are_uploaded_in_order_and_saved_one_by_one() -> None:
    built, saved = begun(), Saved()
    ready = await prepare(built, publication("x", media=(image(0), image(1))), saved)
    assert ready.expires_at == NOW + timedelta(hours=1)
    assert [len(handle.state["blobs"]) for handle in saved.history] == [1, 2, 2]
    assert [handle.ready for handle in saved.history] == [False, False, True]
    assert [blob["ref"]["$link"] for blob in state(saved).blobs] == ["med_0", "med_1"]


@pytest.mark.parametrize("done", [0, 1, 2, 3])
async def test_a_run_after_a_crash_continues_from_what_was_saved(done: int) -> None:
    first, saved = begun(), Saved()
    given = publication("@alice.test", media=tuple(image(n) for n in range(3)))
    await prepare(first, given, saved)
    crashed = Saved(saved.history[done])
    again = begun()
    await prepare(again, given, crashed)
    assert len(again.network.sent(UPLOAD)) == 3 - done
    assert len(again.network.sent(RESOLVE)) == 0
    assert state(crashed) == state(saved)


async def test_blobs_near_their_end_are_uploaded_again_and_mentions_are_kept() -> None:
    built, saved = begun(), Saved()
    given = publication("@alice.test", media=(image(),))
    await prepare(built, given, saved)
    built.clock.forward(minutes=56)
    ready = await prepare(built, given, saved)
    assert ready.expires_at == NOW + timedelta(minutes=116)
    assert (len(built.network.sent(UPLOAD)), len(built.network.sent(RESOLVE))) == (2, 1)


@pytest.mark.parametrize("name", ["HandleNotFound", "InvalidRequest"])
async def test_a_handle_that_does_not_exist_stays_plain_text(name: str) -> None:
    built, saved = begun(), Saved()
    built.network.on("GET", RESOLVE, answer(400, {"error": name, "message": "Unable to resolve handle"}))
    await prepare(built, publication("@alice.test"), saved)
    assert state(saved).mentions == {"alice.test": None}


async def test_a_handle_that_cannot_be_looked_up_now_is_tried_again() -> None:
    built, saved = begun(), Saved()
    built.network.on("GET", RESOLVE, answer(502, {"error": "UpstreamFailure"}), ok({"did": "did:plc:alice"}))
    await error_of(prepare(built, publication("@alice.test"), saved))
    await prepare(built, publication("@alice.test"), saved)
    assert state(saved).mentions == {"alice.test": "did:plc:alice"}


async def card_of(page: LinkCard | None, *uploads: Any) -> dict[str, Any]:
    built, saved = begun(), Saved()
    built.cards.card_of_page = page
    if uploads:
        built.network.on("POST", UPLOAD, *uploads)
    await prepare(built, publication("x", link=LINK), saved)
    card = state(saved).card
    assert card is not None
    return card.model_dump()


async def test_a_card_is_what_the_page_says() -> None:
    card = await card_of(LinkCard("Sale", "All of it", b"picture", "image/png"))
    assert (card["title"], card["description"]) == ("Sale", "All of it")
    assert card["thumb"]["mimeType"] == "image/png"


@pytest.mark.parametrize("page", [None, LinkCard(""), LinkCard("  ")])
async def test_an_unreadable_page_is_called_by_its_host(page: LinkCard | None) -> None:
    shown = {"title": "acme.example", "description": "", "thumb": None, "picture_missing": False}
    assert await card_of(page) == shown


@pytest.mark.parametrize(
    "page",
    [
        LinkCard("Sale", image=b"x" * 1_000_001, image_type="image/png"),
        LinkCard("Sale", image=b"x", image_type="text/html"),
        LinkCard("Sale", image=b"x", image_type=None),
        LinkCard("Sale", image_missing=True),
    ],
)
async def test_a_picture_that_does_not_fit_is_left_out(page: LinkCard) -> None:
    card = await card_of(page)
    assert (card["thumb"], card["picture_missing"]) == (None, True)


async def test_a_picture_that_is_refused_is_not_worth_a_failure() -> None:
    page = LinkCard("Sale", image=b"x", image_type="image/png")
    assert (await card_of(page, answer(500, {"error": "InternalServerError"})))["thumb"] is None


async def test_a_picture_waits_for_a_fresh_token() -> None:
    error = await error_of(
        card_of(LinkCard("Sale", image=b"x", image_type="image/png"), answer(400, {"error": "ExpiredToken"}))
    )
    assert error.reason is Reason.TOKEN_EXPIRED


async def test_an_image_that_breaks_the_server_thrice_is_given_up() -> None:
    built, saved = begun(), Saved()
    built.network.on("POST", UPLOAD, answer(500, {"error": "InternalServerError", "message": "Internal Server Error"}))
    effects = []
    for _ in range(3):
        error = await error_of(prepare(built, publication("x", media=(image(),)), saved))
        effects.append((error.reason, error.effect))
    assert effects == [
        (Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
        (Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
        (Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED),
    ]


async def test_a_handle_is_not_ready_before_all_is_there() -> None:
    handle = Handle(draft_version=1, state={"blobs": [{"x": 1}]})
    error = await error_of(
        begun().channel.publish(publication("x", media=(image(0), image(1))), WHO, handle, Saved(), visible_step())
    )
    assert (error.reason, error.effect) == (Reason.INTERNAL_ERROR, Effect.NOT_SENT)


async def test_slow_answers_to_mentions_end_in_time_and_keep_what_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("munadi.channels.bluesky.prepare.MENTIONS_WITHIN", 1.0)
    built, saved, asked = begun(), Saved(), list[str]()

    async def slowly(handle: str) -> str:
        asked.append(handle)
        await asyncio.sleep(0.05)
        return "did:plc:alice"

    monkeypatch.setattr("munadi.channels.bluesky.xrpc.Server.resolve_handle", lambda _server, handle: slowly(handle))
    given = publication(" ".join(f"@alice{number}.test" for number in range(40)))
    error = await error_of(built.channel.prepare(given, WHO, None, saved))
    assert (error.reason, error.provider_code) == (Reason.PROVIDER_OUTAGE, "DEADLINE")
    assert 1 < len(asked) < 40
    assert list(state(saved).mentions) == asked[:-1]
