"""python-telegram-bot uses the emulated Bot API; and it knows everything that the channel sends and gets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import telegram
from telegram import Bot, InputMediaDocument, InputMediaPhoto, InputMediaVideo, MessageEntity, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter

from tests.channels.calls import Saved
from tests.channels.connected import film, jpeg, moving, new
from tests.channels.making import image
from tests.channels.sandbox import Acme, draft, imported
from tests.channels.servers import MediaSite, Oracle
from tests.judges.tape import taken_back, taped, through
from tests.judges.telegram_names import complaints, parameters, strange

CHAT, STORAGE = "-1002000000001", "-1005000000000"
TOKEN = "7100000001:sandboxMunadiTelegramBotTokenAAAAA"


def bot_at(oracle: Oracle, token: str = TOKEN) -> Bot:
    return Bot(token, base_url=f"{oracle.url}/telegram/api/bot")


@pytest.fixture
async def bot(oracle: Oracle, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    async with bot_at(oracle) as made:
        yield made


def status(oracle: Oracle, name: str) -> None:
    oracle.call("PATCH", f"/profiles/telegram/{CHAT}", status=name)


async def test_the_bot_its_chat_and_its_rights(bot: Bot) -> None:
    me, chat = await bot.get_me(), await bot.get_chat("@munadi_sandbox")
    member = await bot.get_chat_member(chat.id, me.id)
    assert (str(chat.id), chat.type, chat.username) == (CHAT, "channel", "munadi_sandbox")
    assert isinstance(member, telegram.ChatMemberAdministrator)
    assert (member.can_post_messages, member.can_edit_messages, member.user.is_bot) == (True, False, True)
    assert list(strange((me, chat, member))) == []


async def test_a_text_with_formats_and_an_answer(bot: Bot, oracle: Oracle) -> None:
    text = "👋 Sale: acme.example"
    bold = MessageEntity(MessageEntity.BOLD, 3, 4)
    preview = telegram.LinkPreviewOptions(is_disabled=True)
    first = await bot.send_message(CHAT, text, entities=[bold], link_preview_options=preview)
    answer = ReplyParameters(first.message_id)
    second = await bot.send_message(CHAT, "More", reply_parameters=answer, disable_notification=True)
    assert first.parse_entities() == {bold: "Sale"}
    assert second.message_id == first.message_id + 1
    assert [(one["id"], one["kind"]) for one in oracle.posts(CHAT)] == [
        (str(first.message_id), "message"), (str(second.message_id), "reply"),
    ]  # fmt: skip


async def test_files_of_every_kind_and_their_ids(bot: Bot, oracle: Oracle) -> None:
    clip = film(320, 180, 3)
    photo = await bot.send_photo(STORAGE, jpeg(), filename="teal.jpg", caption="Teal")
    video = await bot.send_video(STORAGE, clip, supports_streaming=True)
    document = await bot.send_document(STORAGE, b"%PDF-1.7", filename="menu.pdf")
    animation = await bot.send_animation(STORAGE, moving())
    assert (photo.caption, photo.photo[-1].width) == ("Teal", 320)
    assert (video.video.width, video.video.duration) == (320, timedelta(seconds=3))
    assert oracle.posts(CHAT) == []
    again = await bot.send_photo(CHAT, photo.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == photo.photo[-1].file_unique_id
    await bot.send_document(CHAT, document.document.file_id)
    await bot.send_animation(CHAT, animation.animation.file_id)
    with pytest.raises(BadRequest, match="rong file identifier"):
        await bot.send_photo(CHAT, document.document.file_id)
    assert [one["kind"] for one in oracle.posts(CHAT)] == ["photo", "document", "animation"]


async def test_albums(bot: Bot, oracle: Oracle) -> None:
    mixed = [InputMediaPhoto(jpeg(), filename="a.jpg", caption="Both"), InputMediaVideo(film(320, 180, 3))]
    made = await bot.send_media_group(CHAT, mixed)
    assert len({one.media_group_id for one in made}) == 1
    assert [one.message_id - made[0].message_id for one in made] == [0, 1]
    assert [one.caption or None for one in made] == ["Both", None]
    files = [InputMediaDocument(b"one", filename="1.txt"), InputMediaDocument(b"two", filename="2.txt")]
    await bot.send_media_group(CHAT, files)
    with pytest.raises(BadRequest, match="an't use the media"):
        await bot.send_media_group(CHAT, [files[0], InputMediaPhoto(jpeg(), filename="a.jpg")])
    assert [len(one["media"]) for one in oracle.posts(CHAT)] == [2, 2]


async def test_a_poll(bot: Bot) -> None:
    made = await bot.send_poll(CHAT, "Well?", ["yes", "no"], allows_multiple_answers=True, open_period=600)
    assert made.poll is not None
    assert (made.poll.question, [one.text for one in made.poll.options]) == ("Well?", ["yes", "no"])
    assert (made.poll.is_anonymous, made.poll.allows_multiple_answers) == (True, True)
    with pytest.raises(BadRequest, match="anonymous"):
        await bot.send_poll(CHAT, "Well?", ["yes", "no"], is_anonymous=False)


async def test_the_look_by_ids_a_copy_and_a_deletion(bot: Bot) -> None:
    made = await bot.send_message(CHAT, "Here")
    for number, said in ((made.message_id, "no live location"), (1, "can't be edited"), (99, "to edit not found")):
        with pytest.raises(BadRequest, match=said):
            await bot.stop_message_live_location(CHAT, number)
    copy = await bot.forward_message(STORAGE, CHAT, made.message_id)
    assert copy.text == "Here"
    assert isinstance(copy.forward_origin, telegram.MessageOriginChannel)
    assert (str(copy.forward_origin.chat.id), copy.forward_origin.message_id) == (CHAT, made.message_id)
    assert await bot.delete_messages(CHAT, [made.message_id])
    with pytest.raises(BadRequest, match="to forward not found"):
        await bot.forward_message(STORAGE, CHAT, made.message_id)
    with pytest.raises(BadRequest, match="to delete not found"):
        await bot.delete_message(CHAT, made.message_id)


async def test_what_is_deleted_and_what_is_not(bot: Bot, oracle: Oracle) -> None:
    made = [(await bot.send_message(CHAT, f"Number {n}")).message_id for n in range(3)]
    assert await bot.delete_message(CHAT, made[0])
    assert await bot.delete_messages(CHAT, [made[0]]), "the call for several says so of nothing too"
    for refused in (bot.delete_message(CHAT, 1), bot.delete_messages(CHAT, [made[1], 1])):
        with pytest.raises(BadRequest, match="can't be deleted"):
            await refused
    oracle.call("POST", "/clock", advanceSeconds=48 * 3600 + 1)
    with pytest.raises(BadRequest, match="can't be deleted"):
        await bot.delete_message(CHAT, made[1])
    assert [one["id"] for one in oracle.posts(CHAT)] == [str(one) for one in made[1:]]


async def test_refusals_are_errors_that_the_client_knows(bot: Bot, oracle: Oracle) -> None:
    with pytest.raises(InvalidToken):
        async with bot_at(oracle, "7100000001:wrong"):
            pass
    with pytest.raises(BadRequest, match="too long"):
        await bot.send_message(CHAT, "x" * 4097)
    oracle.plant("telegram", "sendMessage", "error", error={"error": "restart"})
    with pytest.raises(NetworkError):
        await bot.send_message(CHAT, "Never")
    for name, kind in (("kicked", Forbidden), ("may_not_post", BadRequest)):
        status(oracle, name)
        with pytest.raises(kind):
            await bot.send_message(CHAT, "Never")
    status(oracle, "upgraded")
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(CHAT, "Never")
    assert await bot.send_message(moved.value.new_chat_id, "Here now")


async def test_a_flood_wait_names_its_seconds(bot: Bot, oracle: Oracle) -> None:
    oracle.call("PUT", "/limits", channel="telegram", kind="messagesPerMinute", value=1)
    await bot.send_message(CHAT, "One")
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(CHAT, "Two")
    wait = caught.value.retry_after
    assert isinstance(wait, timedelta)
    assert timedelta(0) < wait <= timedelta(seconds=61)
    oracle.call("POST", "/clock", advanceSeconds=wait.total_seconds())
    assert await bot.send_message(CHAT, "Two")


SHOWN = {"silent": True, "protected": True, "topicId": 7}


async def every_call(acme: Acme) -> None:
    """Every kind of post with every option, what is lost, moved and discarded."""
    bold = {"type": "bold", "offset": 0, "length": 4}
    linked = {"type": "text_link", "offset": 0, "length": 4, "url": "https://acme.example"}
    preview = {"url": "https://acme.example", "size": "large", "aboveText": True}
    await through(acme, new("Sale", parts=("More",), options={"entities": [bold, linked], "preview": preview, **SHOWN}))
    await through(
        acme, draft(acme, "photo", "Teal", options={"spoiler": True, "captionAbove": True, "entities": [bold]})
    )
    await through(acme, draft(acme, "photos", "Both", options={"entities": [bold]}))
    await through(acme, draft(acme, "photos", "Files", options={"asDocuments": True}))
    await through(acme, draft(acme, "video", "Film"))
    acme.put(med_0=moving())
    await through(acme, new("Look", media=(image(0, mime_type="image/gif", bytes=len(moving())),)))
    await through(acme, new("Well?", options={"poll": {"options": ["yes", "no"], "multiple": True, "openSeconds": 60}}))
    saved = Saved()
    await acme.prepare(draft(acme, "photo"), saved)
    await acme.channel.discard(acme.account, saved.kept)
    await taken_back(acme, draft(acme, "photos", "Taken back", parts=("And its part",)))
    acme.plant("sendMessage", "accept_then_reset")
    given, saved = new("Lost"), Saved()
    await acme.failure(given, saved)
    await acme.find(given, saved)
    await acme.connect(imported(acme.made))


@pytest.mark.parametrize("storage", [STORAGE, None], ids=["ahead", "with the post"])
async def test_everything_sent_and_answered_is_known_to_the_client(
    oracle: Oracle, site: MediaSite, storage: str | None
) -> None:
    oracle.call("PUT", "/limits", channel="telegram", kind="messagesPerMinute", value=1000)
    async with taped("telegram", oracle, site, storage_chat=storage) as (tape, acme):
        await every_call(acme)
        acme.oracle.call("PATCH", f"/profiles/telegram/{acme.account.external_id}", status="upgraded")
        await acme.failure(new("Moved"))
    called = {request.url.path.rpartition("/")[2] for request, _ in tape.exchanges}
    assert {
        "deleteMessage",
        "sendMessage",
        "sendMediaGroup",
        "sendPoll",
        "sendAnimation",
        "stopMessageLiveLocation",
    } <= called
    assert {fault for request, response in tape.exchanges for fault in complaints(request, response)} == set()


SIZED = '[{"type": "bold", "offset": 0, "length": 1, "size": 1}]'
UNKNOWN = [
    ("sendMessage", {"text": "x", "reply_to": "1"}, "sendMessage: no parameter reply_to"),
    ("sendMesage", {"text": "x"}, "sendMesage: unknown"),
    ("sendMessage", {"entities": SIZED}, "sendMessage: entities: unknown size"),
    ("sendPhoto", {"photo": "attach://a.jpg"}, "sendPhoto: file a.jpg is not named"),
    ("sendPoll", {"is_anonymous": "False"}, "sendPoll: is_anonymous: 'False' is not true or false"),
]


@pytest.mark.parametrize(("method", "form", "complaint"), UNKNOWN)
def test_an_unknown_name_is_reported(method: str, form: dict[str, str], complaint: str) -> None:
    request = httpx.Request("POST", f"https://api.example/bot1:a/{method}", data=form)
    assert complaints(request, None) == {complaint}


def test_the_parameters_of_the_client_are_read() -> None:
    known = parameters("sendMediaGroup")
    assert known is not None
    assert {"chat_id", "media", "protect_content", "caption"} <= known
    assert not known & {"self", "api_kwargs", "read_timeout"}
