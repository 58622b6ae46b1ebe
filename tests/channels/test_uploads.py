"""The bytes of files on their way: each in the form that its network takes, with its token or without."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Ready
from munadi.ports import LinkCard
from tests.channels.calls import Saved
from tests.channels.case_run import parts_of
from tests.channels.cases import linkedin, mastodon, pinterest, telegram, telegram_looks, x
from tests.channels.making import TOKEN, document, error_of, image, publication, video
from tests.channels.network import answer, form_of, ok
from tests.channels.scene_telegram import CHAT, LOOKING, SALE, STORAGE, chat_with, refusal, stored
from tests.channels.scenes import SCENES

R, S = Reason, Effect


def has_token(requests: Sequence[httpx.Request]) -> set[bool]:
    return {"authorization" in one.headers for one in requests}


async def test_x_is_sent_numbered_parts() -> None:
    built = x.NET.bench()
    await built.prepare(x.PICTURE, x.WHO)
    parts = [{name: content for name, _, content in parts_of(one)} for one in built.network.sent("/append")]
    assert parts == [
        {"segment_index": str(n).encode(), "media": one} for n, one in enumerate((b"0123", b"4567", b"89"))
    ]
    assert {one.url.host for one in built.network.requests} == {"up.example"}


async def test_pinterests_file_is_the_last_field_of_a_form_that_needs_no_token() -> None:
    built = pinterest.NET.bench()
    await built.prepare(pinterest.FILM, pinterest.WHO)
    (upload,) = built.network.sent(pinterest.BUCKET)
    parts = parts_of(upload)
    assert [name for name, *_ in parts] == [*pinterest.FIELDS, "file"]
    assert parts[-1][2] == b"0123456789"
    assert (has_token([upload]), TOKEN.encode() in upload.content) == ({False}, False)


@pytest.mark.parametrize("count", [1, 2])
async def test_images_are_sent_within_the_call_where_pinterest_cannot_reach_us(count: int) -> None:
    built = pinterest.NET.bench(send_images=True)
    built.media.files = {f"med_{n}-jpeg": bytes([n]) * 1_500_000 for n in range(count)}
    given = pinterest.changed(
        media=tuple(image(n, bytes=3_000_000, has_alpha=False, animated=False) for n in range(count))
    )
    assert built.channel.validate(given, pinterest.WHO) == []
    await built.publish(given, pinterest.WHO)
    (request,) = built.network.sent(SCENES["pinterest"].visible)
    source = json.loads(request.content)["media_source"]
    items = [source] if count == 1 else source["items"]
    assert source["source_type"] == ("image_base64" if count == 1 else "multiple_image_base64")
    sent = [(one["content_type"], base64.b64decode(one["data"])) for one in items]
    assert sent == [("image/jpeg", bytes([n]) * 1_500_000) for n in range(count)]
    read_within = request.extensions["timeout"]["read"] - int(request.headers["content-length"]) / 200_000
    assert read_within == pytest.approx(30 - count * 500_000 / 200_000)


async def test_mastodon_is_sent_a_file_with_its_alt_text_and_its_focus() -> None:
    built, saved = mastodon.NET.bench(), Saved()
    built.media.files = {"med_0": b"\xff\xd8picture", "med_1": b"png"}
    built.network.on("POST", "/api/v2/media", ok({"id": "7", "url": "x"}), ok({"id": 8}))
    media = (image(0, alt="Tea\r\nl ä"), image(1, mime_type="image/png"))
    await built.prepare(publication("Two", media=media, options={"focus": [{"media": 0, "x": 0.5, "y": -1}]}),
                        mastodon.WHO, saved)  # fmt: skip
    first, second = (parts_of(one) for one in built.network.sent("/api/v2/media"))
    assert first == [("description", None, "Tea\r\nl ä".encode()), ("focus", None, b"0.5,-1.0"),
                     ("file", "media.jpeg", b"\xff\xd8picture")]  # fmt: skip
    assert [name for name, *_ in second] == ["file"]
    assert ([one["id"] for one in saved.kept.state["media"]], len(saved.history)) == (["7", "8"], 3)


async def test_mastodons_key_is_of_the_publication_the_step_and_the_body() -> None:
    built, thread = mastodon.NET.bench(), mastodon.THREAD
    for draft, step in ((thread, "post"), (thread, "part-2"), (thread.model_copy(update={"text": "Another"}), "post")):
        known = {"posts": {"post": {"id": "117"}}} if step == "part-2" else {}
        await built.publish(draft, mastodon.WHO, Saved(stored(**known)), step)
    keys = [one.headers["idempotency-key"] for one in built.network.mutations]
    assert len(set(keys)) == 3
    assert all(key.startswith(thread.publication_id) and len(key) < 255 for key in keys)


async def test_linkedins_files_have_the_token_and_the_parts_of_a_video_do_not() -> None:
    for draft in (linkedin.PICTURE, linkedin.SHEET):
        built = linkedin.NET.bench()
        await built.prepare(draft, linkedin.WHO)
        (sent,) = [one for one in built.network.requests if one.method == "PUT"]
        assert (sent.content, sent.headers["content-length"], has_token([sent])) == (b"0123456789", "10", {True})
    built = linkedin.NET.bench()
    await built.prepare(linkedin.FILM, linkedin.WHO)
    sent = [one for one in built.network.requests if one.method == "PUT"]
    assert ([one.content for one in sent], has_token(sent)) == ([b"0123", b"4567", b"89"], {False})
    built = linkedin.NET.bench()
    await built.publish(linkedin.SALE, linkedin.WHO)
    headers = built.network.requests[0].headers
    assert (headers["linkedin-version"], headers["x-restli-protocol-version"]) == ("202609", "2.0.0")


CARD = LinkCard(title=" Page ", description="d" * 5000, image=b"jpeg", image_type="image/jpeg")
UNSAID = {"title": "acme.example", "description": ""}


@pytest.mark.parametrize(
    ("card", "wanted", "picture"),
    [
        (CARD, {"title": "Page", "description": "d" * 4086}, b"jpeg"),
        *((card, UNSAID, None) for card in (None, LinkCard(""), LinkCard("", image=b"x", image_type="image/avif"))),
    ],
)
async def test_a_link_at_linkedin_becomes_a_card_with_what_the_page_has(
    card: LinkCard | None, wanted: dict[str, str], picture: bytes | None
) -> None:
    built, saved = linkedin.NET.bench(), Saved()
    built.cards.card_of_page = card
    assert isinstance(await built.prepare(linkedin.LINK, linkedin.WHO, saved), Ready)
    assert saved.kept.state["card"] == wanted
    assert [one.content for one in built.network.requests if one.method == "PUT"] == ([picture] if picture else [])


async def test_a_refused_picture_of_a_card_is_left_out_and_an_outage_is_not() -> None:
    said = [answer(503, "<html>"), answer(400, {"status": 400, "code": "INVALID_VALUE_FOR_FIELD", "message": "no"})]
    built, saved = linkedin.NET.bench({linkedin.OPEN: said}), Saved()
    built.cards.card_of_page = CARD
    await error_of(built.prepare(linkedin.LINK, linkedin.WHO, saved), R.PROVIDER_OUTAGE)
    assert saved.history == []
    assert isinstance(await built.prepare(linkedin.LINK, linkedin.WHO, saved), Ready)
    assert not saved.kept.state["media"]


# Telegram


async def files_of(method: str, given: Any) -> dict[str, tuple[str | None, bytes]]:
    built = telegram.NET.bench({f"POST /{method}": telegram.sent()})
    await built.publish(given, telegram.WHO)
    (request,) = built.network.mutations
    assert request.url.path == f"/bots/bot{TOKEN}/{method}"
    return {name: (file, content) for name, file, content in parts_of(request)}


@pytest.mark.parametrize(
    ("name", "mime_type", "shown"),
    [
        ("Q3 report.pdf", "application/pdf", "Q3 report.pdf"),
        ("virus.exe", "application/pdf", "virus.pdf"),
        ("Jahr", "application/msword", "Jahr.doc"),
        (None, "application/vnd.ms-powerpoint", "file0.ppt"),
    ],
)
async def test_a_document_has_its_own_name_with_the_ending_of_its_content(
    name: str | None, mime_type: str, shown: str
) -> None:
    parts = await files_of("sendDocument", publication("Read", media=(document(0, name=name, mime_type=mime_type),)))
    ((field, (file, content)),) = [(one, part) for one, part in parts.items() if part[0] is not None]
    assert (file, content, parts["document"][1]) == (shown, b"med_0", f"attach://{field}".encode())


@pytest.mark.parametrize(
    ("media", "options", "method", "kind", "name"),
    [
        (image(0), {}, "sendPhoto", "photo", "file0.jpg"),
        (image(0, mime_type="image/webp"), {}, "sendPhoto", "photo", "file0.jpg"),  # its rendition
        (image(0, mime_type="image/gif"), {}, "sendAnimation", "animation", "file0.gif"),
        (video(0), {}, "sendVideo", "video", "file0.mp4"),
        (image(0, mime_type="image/webp"), {"asDocuments": True}, "sendDocument", "document", "file0.webp"),
    ],
)
async def test_without_a_storage_chat_a_file_goes_with_the_visible_call(
    media: Any, options: dict[str, Any], method: str, kind: str, name: str
) -> None:
    options = {**options, "captionAbove": True, "spoiler": True}
    parts = await files_of(method, publication("Hello", media=(media,), options=options))
    assert (parts[kind], parts[name][0]) == ((None, f"attach://{name}".encode()), name)
    assert parts[name][1].startswith(b"med_0")
    assert (parts["caption"][1], parts["show_caption_above_media"][1]) == (b"Hello", b"true")
    assert ("has_spoiler" in parts, "supports_streaming" in parts) == (kind != "document", kind == "video")


async def test_a_copy_is_made_in_the_storage_chat_and_deleted_again() -> None:
    built = telegram_looks.LOOKS.bench()
    built.network.reading_posts = ()
    chat_with(built.network, own={100, 101})
    await built.find(SALE, telegram.WHO, stored("a", floor=100))
    forwarded, deleted = (form_of(one) for one in built.network.mutations)
    silent = {"message_id": "101", "disable_notification": "true"}
    assert forwarded == {"chat_id": STORAGE, "from_chat_id": CHAT, **silent}
    assert deleted == {"chat_id": STORAGE, "message_ids": "[9]"}
    assert LOOKING["storage_chat"] == STORAGE


async def test_no_failure_of_telegram_has_the_token() -> None:
    """It is part of every address."""
    for said in (httpx.ConnectError(f"https://api.example/bot{TOKEN}/sendMessage"), refusal(400, f"odd {TOKEN}")):
        error = await error_of(telegram.NET.bench({telegram.POST: said}).publish(SALE, telegram.WHO))
        assert TOKEN not in f"{error} {error.raw} {error.provider_message} {error.provider_code}"
