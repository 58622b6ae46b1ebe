"""What Telegram is sent for each kind of post, and what its refusals change."""

from __future__ import annotations

import json
from email import message_from_bytes
from typing import Any

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Handle, Published, Unknown
from munadi.ports import PublicationDraft
from tests.channels.calls import Saved
from tests.channels.making import TOKEN, Bench, bench, document, error_of, image, publication, video
from tests.channels.network import form_of
from tests.channels.scene_telegram import (
    ALBUM,
    CHAT,
    FACTS,
    PICTURE,
    SALE,
    SEND,
    SETTINGS,
    STORAGE,
    WHO,
    refusal,
    sent,
    stored,
)

R, S = Reason, Effect


def over(path: str = SEND, *said: httpx.Response) -> Bench:
    built = bench("telegram", SETTINGS)
    built.network.on("POST", path, *(said or (sent(),)))
    return built


def parts_of(request: httpx.Request) -> dict[str, tuple[str | None, bytes]]:
    """The parts of a multipart body: file name and content."""
    whole: Any = message_from_bytes(
        f"content-type: {request.headers['content-type']}\r\n\r\n".encode() + request.content
    )
    return {
        part.get_param("name", header="content-disposition"): (part.get_filename(), part.get_payload(decode=True))
        for part in whole.get_payload()
    }


def text_parts(request: httpx.Request) -> dict[str, str]:
    return {name: content.decode() for name, (file, content) in parts_of(request).items() if file is None}


NAMES = [
    ("Q3 report.pdf", "application/pdf", "Q3 report.pdf"),
    ("virus.exe", "application/pdf", "virus.pdf"),
    ("Jahresübersicht", "application/msword", "Jahresübersicht.doc"),
    (None, "application/vnd.ms-powerpoint", "file0.ppt"),
]


@pytest.mark.parametrize(("name", "mime_type", "shown"), NAMES, ids=range(len(NAMES)))
async def test_a_document_has_its_own_name_with_the_ending_of_its_content(
    name: str | None, mime_type: str, shown: str
) -> None:
    built = over("/sendDocument")
    given = publication("Read", media=(document(0, name=name, mime_type=mime_type),))
    await built.publish(given, WHO, Saved())
    (request,) = built.network.mutations
    parts = parts_of(request)
    (field,) = [one for one, (file, _) in parts.items() if file is not None]
    assert (parts[field][1], parts["document"]) == (b"med_0", (None, f"attach://{field}".encode()))
    assert f'filename="{shown}"'.encode() in request.content


async def form(given: PublicationDraft, path: str = SEND, handle: Handle | None = None, step: str = "post") -> Any:
    """The fields of the visible call."""
    built = over(path)
    await built.publish(given, WHO, Saved(handle), step)
    (request,) = built.network.mutations
    assert request.url.path == f"/bots/bot{TOKEN}{path}"
    is_form = request.headers["content-type"].startswith("application/x-www")
    return form_of(request) if is_form else text_parts(request)


async def test_a_text_is_sent_without_markup() -> None:
    found = await over().publish(SALE, WHO)
    assert (found.post_id, found.url, found.warnings) == ("117", "https://site.example/t/acme/117", ())
    given = publication("1 < 2 *bold* _x_")
    assert await form(given) == {"chat_id": CHAT, "text": "1 < 2 *bold* _x_"}


async def test_every_option_of_a_text() -> None:
    entities = [
        {"type": "bold", "offset": 0, "length": 2},
        {"type": "text_link", "offset": 3, "length": 4, "url": "https://acme.com"},
    ]
    preview = {"url": "https://acme.com", "size": "large", "aboveText": True}
    options = {"entities": entities, "preview": preview, "silent": True, "protected": True, "topicId": 9}
    assert await form(publication("👍 sale", options=options)) == {
        "chat_id": CHAT,
        "text": "👍 sale",
        "entities": json.dumps(entities),
        "link_preview_options": json.dumps(
            {"url": "https://acme.com", "prefer_large_media": True, "show_above_text": True}
        ),
        "disable_notification": "true",
        "protect_content": "true",
        "message_thread_id": "9",
    }


async def test_a_poll_asks_its_text() -> None:
    poll = {"options": ["yes", "no"], "multiple": True, "openSeconds": 600}
    assert await form(publication("Rain?", options={"poll": poll}), "/sendPoll") == {
        "chat_id": CHAT,
        "question": "Rain?",
        "options": '[{"text": "yes"}, {"text": "no"}]',
        "is_anonymous": "true",
        "allows_multiple_answers": "true",
        "open_period": "600",
    }


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
    given = publication("Hello", media=(media,), options={**options, "captionAbove": True, "spoiler": True})
    built = over(f"/{method}")
    await built.publish(given, WHO)
    parts = parts_of(built.network.mutations[0])
    assert parts[kind] == (None, f"attach://{name}".encode())
    assert parts[name][0] == name
    assert parts[name][1].startswith(b"med_0")
    assert (parts["caption"][1], parts["show_caption_above_media"][1]) == (b"Hello", b"true")
    assert ("has_spoiler" in parts) is (kind != "document")
    assert ("supports_streaming" in parts) is (kind == "video")


async def test_an_album_from_the_storage_chat_moves_no_bytes() -> None:
    sent_form = await form(ALBUM, "/sendMediaGroup", stored("a", "b"))
    assert json.loads(sent_form.pop("media")) == [
        {"type": "photo", "media": "a", "caption": "Hello"},
        {"type": "video", "media": "b", "supports_streaming": True},
    ]
    assert sent_form == {"chat_id": CHAT}
    found = await over("/sendMediaGroup", sent(117, 118)).publish(ALBUM, WHO, Saved(stored("a", "b")))
    assert found.post_id == "117"


async def test_a_part_answers_the_message_before_it() -> None:
    given, handle = SALE.model_copy(update={"parts": ("Two", "Three")}), Handle(draft_version=1)
    saved, built = Saved(handle), over(SEND, sent(117), sent(118), sent(119))
    for step in ("post", "part-2", "part-3"):
        await built.publish(given, WHO, saved, step)
    replies = [form_of(one).get("reply_parameters") for one in built.network.mutations]
    assert replies == [None, '{"message_id": 117}', '{"message_id": 118}']
    saved = Saved(Handle(draft_version=1, state={"posts": {"post": {"id": "117"}}}))
    await built.publish(given, WHO, saved, "part-2")
    assert form_of(built.network.mutations[-1])["reply_parameters"] == '{"message_id": 117}'


async def test_a_part_without_its_parent_is_not_sent() -> None:
    built = over()
    given = SALE.model_copy(update={"parts": ("Two",)})
    error = await error_of(built.publish(given, WHO, step="part-2"), R.PROVIDER_OUTAGE, S.NOT_SENT, "PARENT_UNKNOWN")
    assert error.retry_after is not None
    assert built.network.requests == []


async def test_a_message_without_an_id_yet_is_live_and_never_sent_again() -> None:
    built, saved = over("/sendVideo", sent(0)), Saved()
    given = publication("Hello", media=(video(0),))
    for _ in range(2):
        found = await built.publish(given, WHO, saved)
        assert (found.post_id, [one.code for one in found.warnings]) == (None, ["POST_ID_PENDING"])
    assert len(built.network.mutations) == 1
    found = await built.find(given, WHO, saved, given.due_at)
    assert isinstance(found, Published)
    assert found.post_id is None


@pytest.mark.parametrize(
    ("facts", "chat", "url"),
    [
        ({}, CHAT, "https://site.example/t/acme/117"),
        ({"username": None}, CHAT, "https://site.example/t/c/1234567890/117"),
        ({"username": None, "type": "group"}, "-4711", None),
    ],
)
async def test_the_address_of_a_message(facts: dict[str, Any], chat: str, url: str | None) -> None:
    who = WHO.model_copy(update={"facts": {**FACTS, **facts}, "external_id": chat})
    assert (await over().publish(SALE, who)).url == url
    topic = SALE.model_copy(update={"options": {"topicId": 5}})
    assert (await over().publish(topic, who)).url == (url and url.replace("/117", "/5/117"))


async def test_a_group_that_became_a_supergroup_is_followed_once() -> None:
    moved = refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1007)
    built, saved = over(SEND, moved, sent(3), moved), Saved()
    error = await error_of(built.publish(SALE, WHO, saved), R.PROVIDER_OUTAGE, S.NOT_SENT)
    assert "-1007" in error.message
    await built.publish(SALE, WHO, saved)
    assert [form_of(one)["chat_id"] for one in built.network.mutations] == [CHAT, "-1007"]
    again = Saved(Handle(draft_version=1, state={"chat": "-1007"}))
    await error_of(built.publish(SALE, WHO, again), R.TARGET_NOT_ACCESSIBLE, S.REJECTED)


async def test_a_file_that_telegram_lost_is_uploaded_again_a_few_times() -> None:
    lost = refusal(400, "Bad Request: wrong file identifier/HTTP URL specified")
    saved, effects = Saved(stored("a", "b")), []
    for _ in range(3):
        error = await error_of(over("/sendMediaGroup", lost).publish(ALBUM, WHO, saved), R.MEDIA_PROCESSING_FAILED)
        effects.append(error.effect)
        assert saved.kept.state["stored"] == []
        saved.handle = stored("a", "b", failures=saved.kept.state["failures"])
    assert effects == [S.NOT_SENT, S.NOT_SENT, S.REJECTED]
    await error_of(over("/sendPhoto", lost).publish(PICTURE, WHO), R.MEDIA_PROCESSING_FAILED, S.REJECTED)


async def test_files_and_text_are_judged_in_the_storage_chat_first() -> None:
    built, saved = bench("telegram", SETTINGS), Saved()
    photo = [{"file_id": "small"}, {"file_id": "a", "file_unique_id": "u-a"}]
    built.network.on("POST", "/sendPhoto", sent(5, photo=photo))
    built.network.on(
        "POST", "/sendVideo", httpx.ReadError("reset"), sent(6, video={"file_id": "b", "file_unique_id": "u-b"})
    )
    await error_of(built.prepare(ALBUM, WHO, saved), R.PROVIDER_OUTAGE)
    await built.prepare(ALBUM, WHO, saved)
    forms = [text_parts(one) for one in built.network.mutations]
    assert [(one["chat_id"], one.get("caption")) for one in forms] == [
        (STORAGE, "Hello"),
        (STORAGE, None),
        (STORAGE, None),
    ]
    assert saved.kept.state["stored"] == stored("a", "b").state["stored"]
    assert await built.check(ALBUM, WHO, saved)
    text, kept = SALE.model_copy(update={"options": {"storageChat": STORAGE, "topicId": 4}}), Saved()
    built.network.on("POST", SEND, sent(8))
    for _ in range(2):
        await built.prepare(text, WHO, kept)
    (rehearsed,) = built.network.sent(SEND)
    assert form_of(rehearsed) == {"chat_id": STORAGE, "text": SALE.text, "disable_notification": "true"}
    assert kept.kept.state["rehearsal"] == 8


async def test_a_file_that_is_taken_as_another_kind_is_refused() -> None:
    built = bench("telegram", SETTINGS)
    built.network.on("POST", "/sendVideo", sent(5, document={"file_id": "a"}))
    given = publication("Hello", media=(video(0),), options={"storageChat": STORAGE})
    await error_of(built.prepare(given, WHO), R.MEDIA_VALIDATION_FAILED, S.REJECTED)


async def test_by_default_a_lost_message_is_not_looked_for() -> None:
    built = over(SEND, *[httpx.ReadTimeout("slow")] * 1)  # type: ignore[arg-type]
    saved = Saved()
    await built.prepare(SALE, WHO, saved)
    await error_of(built.publish(SALE, WHO, saved), R.PROVIDER_OUTAGE, S.UNKNOWN)
    looked = await built.find(SALE, WHO, saved, SALE.due_at)
    assert isinstance(looked, Unknown)
    assert "PROBE is off" in looked.note
    assert built.channel.resend(SALE, "post") == "never"
    assert len(built.network.requests) == 1


async def test_no_failure_has_the_token() -> None:
    """It is part of every address."""
    for said in (httpx.ConnectError(f"https://api.example/bot{TOKEN}/sendMessage"), refusal(400, f"odd {TOKEN}")):
        built = over(SEND, said)  # type: ignore[arg-type]
        error = await error_of(built.publish(SALE, WHO))
        assert TOKEN not in f"{error} {error.raw} {error.provider_message} {error.provider_code}"
