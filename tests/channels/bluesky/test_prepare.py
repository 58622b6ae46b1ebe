"""A preparation is invisible, is saved part by part, and continues where it ended."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.bluesky.state import Prepared
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Ready
from munadi.ports import LinkCard, PublicationDraft
from tests.channels.bluesky.servers import BROKEN, HANDLE, NO_HANDLE, UPLOAD, WHO, refusal
from tests.channels.calls import Saved
from tests.channels.making import NOW, Bench, bench, error_of, image, publication
from tests.channels.network import ok

LINK = "https://acme.example/sale"
MENTION, PICTURE = publication("@alice.test"), publication("x", media=(image(),))


def uploaded(request: httpx.Request) -> httpx.Response:
    """A blob whose reference shows its bytes."""
    ref = {"$link": request.content.decode()}
    blob = {"$type": "blob", "ref": ref, "mimeType": request.headers["content-type"], "size": len(request.content)}
    return ok({"blob": blob})


def begun() -> Bench:
    built = bench("bluesky")
    built.network.on("POST", UPLOAD, uploaded).on("GET", HANDLE, ok({"did": "did:plc:alice"}))
    return built


async def prepare(built: Bench, given: PublicationDraft, saved: Saved) -> Ready:
    found = await built.prepare(given, WHO, saved)
    assert isinstance(found, Ready)
    return found


def state(saved: Saved) -> Prepared:
    return Prepared.of(saved.kept)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(publication("Hi https://a.example #tag"), 0), (MENTION, 60), (publication(link=LINK), 60), (PICTURE, 60)],
    ids=["text", "mention", "card", "image"],
)
async def test_only_a_plain_text_needs_no_preparation(given: PublicationDraft, seconds: int) -> None:
    built, saved = begun(), Saved()
    assert built.channel.lead(given) == timedelta(seconds=seconds)
    await prepare(built, given, saved)
    assert bool(built.network.requests or saved.history) is (seconds > 0)


@pytest.mark.parametrize("done", [0, 1, 2, 3])
async def test_images_are_saved_one_by_one_and_a_crash_repeats_no_upload(done: int) -> None:
    first, saved = begun(), Saved()
    given = publication("@alice.test", media=tuple(image(n) for n in range(3)))
    assert (await prepare(first, given, saved)).expires_at == NOW + timedelta(hours=1)
    assert [(len(handle.state["blobs"]), handle.ready) for handle in saved.history] == [
        *((count, False) for count in range(4)),
        (3, True),
    ]
    assert [blob["ref"]["$link"] for blob in state(saved).blobs] == ["med_0", "med_1", "med_2"]
    crashed, second = Saved(saved.history[done]), begun()
    await prepare(second, given, crashed)
    assert (len(second.network.sent(UPLOAD)), second.network.sent(HANDLE)) == (3 - done, [])
    assert state(crashed) == state(saved)


async def test_blobs_near_their_end_are_uploaded_again_and_mentions_are_kept() -> None:
    built, saved, given = begun(), Saved(), publication("@alice.test", media=(image(),))
    await prepare(built, given, saved)
    built.clock.forward(minutes=56)
    assert (await prepare(built, given, saved)).expires_at == NOW + timedelta(minutes=116)
    assert (len(built.network.sent(UPLOAD)), len(built.network.sent(HANDLE))) == (2, 1)


@pytest.mark.parametrize("answered", [NO_HANDLE, refusal("InvalidRequest")])
async def test_a_handle_that_does_not_exist_stays_plain_text(answered: httpx.Response) -> None:
    built, saved = begun(), Saved()
    built.network.on("GET", HANDLE, answered)
    await prepare(built, MENTION, saved)
    assert state(saved).mentions == {"alice.test": None}


async def test_a_handle_that_cannot_be_looked_up_now_is_retried() -> None:
    built, saved = begun(), Saved()
    built.network.on("GET", HANDLE, refusal("UpstreamFailure", 502), ok({"did": "did:plc:alice"}))
    await error_of(prepare(built, MENTION, saved))
    await prepare(built, MENTION, saved)
    assert state(saved).mentions == {"alice.test": "did:plc:alice"}


PAGE = LinkCard("Sale", "All of it", b"picture", "image/png")


async def card_of(page: LinkCard | None, answered: Any = uploaded) -> tuple[str, str, str | None, bool]:
    """Title, description, the bytes of the picture, and whether a picture is missing."""
    built, saved = begun(), Saved()
    built.cards.card_of_page = page
    built.network.on("POST", UPLOAD, answered)
    await prepare(built, publication("x", link=LINK), saved)
    card = state(saved).card
    assert card is not None
    picture = card.thumb["ref"]["$link"] if card.thumb else None
    return card.title, card.description, picture, card.picture_missing


@pytest.mark.parametrize(
    ("page", "wanted"),
    [
        (PAGE, ("Sale", "All of it", "picture", False)),
        (LinkCard("x" * 301, "y" * 1001), ("x" * 300, "y" * 1000, None, False)),
        *((page, ("acme.example", "", None, False)) for page in (None, LinkCard(""), LinkCard("  "))),
        *((LinkCard("Sale", image=b"x", image_type=kind), ("Sale", "", None, True)) for kind in (None, "text/html")),
        (LinkCard("Sale", image=b"x" * 1_000_001, image_type="image/png"), ("Sale", "", None, True)),
        (LinkCard("Sale", image_missing=True), ("Sale", "", None, True)),
    ],
)
async def test_a_card_shows_what_the_page_has(page: LinkCard | None, wanted: tuple[str, str, str | None, bool]) -> None:
    assert await card_of(page) == wanted


async def test_a_picture_of_a_card_may_be_refused_but_waits_for_a_new_token() -> None:
    assert await card_of(PAGE, BROKEN) == ("Sale", "All of it", None, True)
    assert (await error_of(card_of(PAGE, refusal("ExpiredToken")))).reason is Reason.TOKEN_EXPIRED


@pytest.mark.parametrize("body", [{}, [], {"blob": {}}, {"blob": "bafy"}, {"blob": None}])
async def test_an_upload_without_a_blob_proves_nothing(body: Any) -> None:
    built, saved = begun(), Saved()
    built.network.on("POST", UPLOAD, ok(body))
    error = await error_of(prepare(built, PICTURE, saved))
    assert (error.provider_code, saved.history) == ("NO_PROOF", [])


async def test_an_image_that_breaks_the_server_three_times_is_given_up() -> None:
    built, saved = begun(), Saved()
    built.network.on("POST", UPLOAD, BROKEN)
    errors = [await error_of(prepare(built, PICTURE, saved)) for _ in range(3)]
    assert [(error.reason, error.effect) for error in errors] == [
        *[(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN)] * 2,
        (Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED),
    ]


async def test_slow_look_ups_of_mentions_end_in_time_and_what_is_known_is_saved(
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
    error = await error_of(built.prepare(given, WHO, saved))
    assert (error.reason, error.provider_code) == (Reason.PROVIDER_OUTAGE, "DEADLINE")
    assert 1 < len(asked) < 40
    assert list(state(saved).mentions) == asked[:-1]
