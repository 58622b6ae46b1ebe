"""Files on their way to LinkedIn: images, videos in parts, the picture of a card, and what is done when one is lost."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Handle, Pending, Ready
from munadi.ports import LinkCard
from tests.channels.calls import Saved
from tests.channels.making import NOW, Bench, bench, document, error_of, image, publication, video
from tests.channels.network import answer, ok
from tests.channels.scene_linkedin import MEMBER, PAGE, POSTS, SETTINGS, WHO, made, refusal

R, S = Reason, Effect
IMAGE_URN, VIDEO_URN = "urn:li:image:", "urn:li:video:7"
DOCUMENT_URN = "urn:li:document:D4"
IMAGES, VIDEOS, DOCUMENTS = "/rest/images", "/rest/videos", "/rest/documents"
UPLOAD = "https://up.example/li/dms-uploads"
PICTURE = publication("Look", media=(image(0, alt="Teal", bytes=10),))
FILM = publication("Film", media=(video(0, bytes=10),))
SHEET = publication("Read", media=(document(0, bytes=10),))
LINK = publication("Look", link="https://acme.example/page")


def asset(number: str, **changes: Any) -> dict[str, Any]:
    times = {"expires_at": (NOW + timedelta(hours=24)).isoformat(), "finalized_at": NOW.isoformat()}
    facts = {"id": f"{IMAGE_URN}{number}", "kind": "images", "parts": [{"url": UPLOAD}], **times}
    return {**facts, "is_ready": True, **changes}


def ready(*numbers: str, **changes: Any) -> Handle:
    state = {"media": [asset(one, **changes) for one in numbers], "keys": [f"{IMAGE_URN}{one}" for one in numbers]}
    return Handle(draft_version=1, state=state, ready=True)


def opened(number: int = 1) -> Any:
    urn, ends = f"{IMAGE_URN}{number}", int((NOW + timedelta(hours=1)).timestamp() * 1000)
    return ok({"value": {"image": urn, "uploadUrl": f"{UPLOAD}/{number}", "uploadUrlExpiresAt": ends}})


def parts(*sizes: int) -> Any:
    rows, at = [], 0
    for number, size in enumerate(sizes):
        rows += [{"uploadUrl": f"{UPLOAD}/part{number}", "firstByte": at, "lastByte": at + size - 1}]
        at += size
    return ok({"value": {"video": VIDEO_URN, "uploadToken": "tok", "uploadInstructions": rows}})


def state(name: str = "AVAILABLE", **more: Any) -> Any:
    return ok({"status": name, **more})


def over(**settings: Any) -> Bench:
    built = bench("linkedin", {**SETTINGS, **settings})
    built.media.files = {"med_0": b"0123456789"}
    built.network.on("POST", IMAGES, opened()).on("PUT", "/1", answer(201, "")).on("GET", f"{IMAGE_URN}1", state())
    built.network.on("POST", VIDEOS, parts(4, 4, 2), ok()).on("GET", VIDEO_URN, state())
    built.network.on("POST", DOCUMENTS, ok({"value": {"document": DOCUMENT_URN, "uploadUrl": f"{UPLOAD}/sheet"}}))
    built.network.on("PUT", "/sheet", answer(201, "")).on("GET", DOCUMENT_URN, state())
    for number in range(3):
        built.network.on("PUT", f"/part{number}", ok({}, etag=f"tag{number}"))
    return built


def calls(built: Bench) -> list[str]:
    return [f"{one.method} {one.url.path.rpartition('/')[2]}" for one in built.network.requests]


async def test_an_image_is_sent_with_the_token_and_read_until_it_is_there() -> None:
    built, saved = over(), Saved()
    built.network.on("GET", f"{IMAGE_URN}1", state("PROCESSING"), refusal(404, "NOT_FOUND"), state())
    waits = [await built.prepare(PICTURE, WHO, saved) for _ in range(2)]
    assert waits == [Pending(after=timedelta(seconds=3), note="LinkedIn processes a medium")] * 2
    found = await built.prepare(PICTURE, WHO, saved)
    assert found == Ready(expires_at=NOW + timedelta(hours=24))
    first, sent = built.network.requests[:2]
    assert json.loads(first.content) == {"initializeUploadRequest": {"owner": PAGE}}
    assert dict(first.url.params) == {"action": "initializeUpload"}
    assert (sent.content, "authorization" in sent.headers) == (b"0123456789", True)


async def test_a_members_image_is_given_time_and_never_read() -> None:
    built, saved = over(), Saved()
    found = await built.prepare(PICTURE, MEMBER, saved)
    assert isinstance(found, Pending)
    assert found.after == timedelta(seconds=5)
    built.clock.forward(seconds=5)
    assert isinstance(await built.prepare(PICTURE, MEMBER, saved), Ready)
    assert calls(built) == ["POST images", "PUT 1"]


@pytest.mark.parametrize("who", [WHO, MEMBER], ids=["page", "member"])
async def test_a_video_is_sent_in_parts_named_in_order(who: Any) -> None:
    built, saved = over(), Saved()
    assert isinstance(await built.prepare(FILM, who, saved), Ready)
    assert calls(built) == ["POST videos", "PUT part0", "PUT part1", "PUT part2", "POST videos", f"GET {VIDEO_URN}"]
    begun, *sent, done, _ = built.network.requests
    asked = {"fileSizeBytes": 10, "uploadCaptions": False, "uploadThumbnail": False}
    assert json.loads(begun.content) == {"initializeUploadRequest": {"owner": who.external_id, **asked}}
    assert [one.content for one in sent] == [b"0123", b"4567", b"89"]
    assert not any("authorization" in one.headers for one in sent)
    named = {"video": VIDEO_URN, "uploadToken": "tok", "uploadedPartIds": ["tag0", "tag1", "tag2"]}
    assert json.loads(done.content) == {"finalizeUploadRequest": named}


async def test_a_document_is_sent_in_one_request_with_the_token_and_its_length() -> None:
    built, saved = over(), Saved()
    assert isinstance(await built.prepare(SHEET, WHO, saved), Ready)
    begun, sent, _ = built.network.requests
    assert calls(built) == ["POST documents", "PUT sheet", f"GET {DOCUMENT_URN}"]
    assert json.loads(begun.content) == {"initializeUploadRequest": {"owner": PAGE}}
    assert (sent.content, sent.headers["content-length"]) == (b"0123456789", "10")
    assert "authorization" in sent.headers


async def test_a_members_document_is_given_time_and_never_read() -> None:
    built, saved = over(), Saved()
    assert isinstance(await built.prepare(SHEET, MEMBER, saved), Pending)
    built.clock.forward(seconds=5)
    assert isinstance(await built.prepare(SHEET, MEMBER, saved), Ready)
    assert calls(built) == ["POST documents", "PUT sheet"]


TITLES: list[tuple[dict[str, Any], str | None, str]] = [
    ({}, "Q3 report.pdf", "Q3 report"),
    ({}, "v1.2 of it.docx", "v1.2 of it"),
    ({}, "notes", "notes"),
    ({}, f"{'x' * 450}.pdf", "x" * 399),
    ({"title": "Results"}, "Q3 report.pdf", "Results"),
    ({"title": "Results"}, None, "Results"),
]


@pytest.mark.parametrize(("options", "name", "title"), TITLES, ids=range(len(TITLES)))
async def test_a_document_has_a_title_given_or_of_its_file(options: dict[str, Any], name: str, title: str) -> None:
    built, saved = over(), Saved()
    built.network.on("POST", POSTS, made())
    given = publication("Read", media=(document(0, bytes=10, name=name, alt="Not taken"),), options=options)
    assert isinstance(await built.prepare(given, WHO, saved), Ready)
    await built.publish(given, WHO, saved)
    body = json.loads(built.network.requests[-1].content)
    assert body["content"] == {"media": {"id": DOCUMENT_URN, "title": title}}


# How many calls are behind each saved state.
BEHIND = [(PICTURE, [1, 2, 2, 3]), (FILM, [1, 2, 3, 4, 5, 6]), (SHEET, [1, 2, 2, 3])]


@pytest.mark.parametrize(("given", "behind"), BEHIND, ids=["image", "video", "document"])
async def test_a_preparation_continues_from_every_saved_state(given: Any, behind: list[int]) -> None:
    built, saved = over(), Saved()
    await built.prepare(given, WHO, saved)
    made_calls = calls(built)
    for done, handle in zip(behind, saved.history[:-1], strict=True):
        again = over()
        again.network.on("POST", VIDEOS, ok())  # it is never opened again
        assert isinstance(await again.prepare(given, WHO, Saved(handle)), Ready)
        assert calls(again) == made_calls[done:], handle.state


async def test_a_large_video_takes_several_runs() -> None:
    built, saved = over(parts_per_run=2), Saved()
    found = await built.prepare(FILM, WHO, saved)
    assert found == Pending(after=timedelta(0), note="2 of 3 parts are uploaded")
    assert isinstance(await built.prepare(FILM, WHO, saved), Ready)
    assert calls(built).count("PUT part0") == 1


async def test_a_link_becomes_a_card_with_an_uploaded_picture() -> None:
    built, saved = over(), Saved()
    built.cards.card_of_page = LinkCard(title=" Page ", description="d" * 5000, image=b"jpeg", image_type="image/jpeg")
    assert isinstance(await built.prepare(LINK, WHO, saved), Ready)
    kept = saved.kept.state
    assert (kept["card"]["title"], len(kept["card"]["description"])) == ("Page", 4086)
    assert (kept["keys"], built.network.requests[1].content) == ([f"{IMAGE_URN}1"], b"jpeg")


@pytest.mark.parametrize("card", [None, LinkCard(title=""), LinkCard(title="", image=b"x", image_type="image/avif")])
async def test_a_page_that_says_nothing_has_a_card_with_its_name(card: LinkCard | None) -> None:
    built, saved = over(), Saved()
    built.cards.card_of_page = card
    assert isinstance(await built.prepare(LINK, WHO, saved), Ready)
    assert saved.kept.state["card"] == {"title": "acme.example", "description": ""}
    assert built.network.requests == []


async def test_a_refused_picture_of_a_card_is_left_out_and_an_outage_is_not() -> None:
    built, saved = over(), Saved()
    built.cards.card_of_page = LinkCard(title="Page", image=b"x", image_type="image/png")
    built.network.on("POST", IMAGES, answer(503, "<html>"), refusal(400, "INVALID_VALUE_FOR_FIELD"))
    await error_of(built.prepare(LINK, WHO, saved), R.PROVIDER_OUTAGE)
    assert saved.history == []
    assert isinstance(await built.prepare(LINK, WHO, saved), Ready)
    assert saved.kept.state["media"] in ((), [])


async def test_a_file_that_fails_is_uploaded_again_and_not_endlessly() -> None:
    built, saved = over(), Saved()
    built.network.on("GET", f"{IMAGE_URN}1", state("PROCESSING_FAILED", processingFailureReason="BAD"))
    for effect in (S.NOT_SENT, S.NOT_SENT, S.REJECTED):
        prepared = built.prepare(PICTURE, WHO, saved)
        error = await error_of(prepared, R.MEDIA_PROCESSING_FAILED, effect, "PROCESSING_FAILED")
        assert "BAD" in error.message
    assert calls(built).count("POST images") == 3
    assert saved.kept.state["keys"] == [f"{IMAGE_URN}1"] * 3


async def test_an_expired_address_is_replaced() -> None:
    built, saved = over(), Saved()
    built.network.on("PUT", "/1", refusal(400, "EXPIRED_UPLOAD_URL"), answer(201, ""))
    await error_of(built.prepare(PICTURE, WHO, saved), R.MEDIA_PROCESSING_FAILED, S.NOT_SENT)
    assert isinstance(await built.prepare(PICTURE, WHO, saved), Ready)


async def test_processing_has_an_end() -> None:
    built, saved = over(processing_timeout=60), Saved()
    built.network.on("GET", f"{IMAGE_URN}1", state("PROCESSING"))
    await built.prepare(PICTURE, WHO, saved)
    built.clock.forward(seconds=61)
    prepared = built.prepare(PICTURE, WHO, saved)
    await error_of(prepared, R.MEDIA_PROCESSING_TIMEOUT, S.REJECTED)


async def test_files_that_may_be_gone_soon_are_uploaded_again() -> None:
    built, saved = over(), Saved(ready("1"))
    built.clock.forward(hours=23.6)
    built.network.on("POST", IMAGES, opened(2)).on("PUT", "/2", answer(201, "")).on("GET", f"{IMAGE_URN}2", state())
    assert isinstance(await built.prepare(PICTURE, WHO, saved), Ready)
    assert saved.kept.state["keys"] == [f"{IMAGE_URN}1", f"{IMAGE_URN}2"]


@pytest.mark.parametrize(("code", "kept"), [("MEDIA_ASSET_WAITING_UPLOAD", 1), ("INVALID_IMAGE_ID", 0)])
async def test_a_file_that_the_post_cannot_use_is_waited_for_or_uploaded_again(code: str, kept: int) -> None:
    built, saved = over(), Saved(ready("1"))
    built.network.on("POST", POSTS, refusal(400, code))
    await error_of(built.publish(PICTURE, WHO, saved), effect=S.NOT_SENT)
    assert (len(saved.kept.state["media"]), saved.kept.state["failures"]) == (kept, 1)
    built.network.on("POST", POSTS, made())
    await built.publish(PICTURE, WHO, Saved(ready("1")))


async def test_an_address_that_is_not_linkedins_gets_nothing() -> None:
    built = over()
    body = {"value": {"image": f"{IMAGE_URN}1", "uploadUrl": "https://evil.example/1"}}
    built.network.on("POST", IMAGES, ok(body))
    await error_of(built.prepare(PICTURE, WHO), code="FOREIGN_URL")
    assert calls(built) == ["POST images"]


ODD: list[tuple[Any, str, Any]] = [
    (PICTURE, IMAGES, {}),
    (PICTURE, IMAGES, {"value": {"image": f"{IMAGE_URN}1"}}),
    (SHEET, DOCUMENTS, {"value": {"document": DOCUMENT_URN}}),
    (FILM, VIDEOS, {"value": {"video": VIDEO_URN, "uploadInstructions": []}}),
    (FILM, VIDEOS, {"value": {"video": VIDEO_URN, "uploadInstructions": [{"uploadUrl": UPLOAD, "firstByte": True}]}}),
]


@pytest.mark.parametrize(("given", "path", "body"), ODD, ids=range(len(ODD)))
async def test_an_upload_without_its_addresses_is_an_outage(given: Any, path: str, body: Any) -> None:
    built, saved = over(), Saved()
    built.network.on("POST", path, ok(body))
    await error_of(built.prepare(given, WHO, saved), R.PROVIDER_OUTAGE, code="NO_PROOF")
    assert saved.history == []
