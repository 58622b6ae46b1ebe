"""What the sandbox plays of Telegram alone: the storage chat, albums, others' messages, rights, upgrades, the log."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Published, Unknown
from tests.channels.calls import Saved
from tests.channels.connected import film, jpeg, moving, new
from tests.channels.making import error_of, image, video
from tests.channels.sandbox import Acme, at, draft, imported

R, S = Reason, Effect
STORAGE = {"storageChat": "-1005000000000"}


def status(acme: Acme, name: str) -> None:
    acme.oracle.call("PATCH", f"/profiles/telegram/{acme.account.external_id}", status=name)


async def checked(acme: Acme) -> None:
    """Read the chat and the bot's rights again."""
    await acme.connect(imported(acme.made))


@at("telegram")
async def test_with_a_storage_chat_the_visible_call_moves_no_bytes(acme: Acme) -> None:
    for kind, uploads in (("text", 1), ("photo", 1), ("photos", 2), ("video", 1)):
        given, saved = draft(acme, kind, options=STORAGE), Saved()
        before = len(acme.posts)
        await acme.prepare(given, saved)
        assert len(acme.posts) == before
        assert len(saved.kept.state["stored"]) + (saved.kept.state["rehearsal"] is not None) == uploads
        found = await acme.finish(given, saved)
        assert acme.posts[-1]["id"] == found.post_id
    stored = [call["operation"] for call in acme.oracle.call("GET", "/calls") if call["operation"].startswith("store_")]
    assert stored == ["store_sendMessage", "store_sendPhoto", "store_sendPhoto", "store_sendPhoto", "store_sendVideo"]
    await acme.channel.discard(acme.account, saved.kept)
    assert len(acme.posts) == 4


@at("telegram")
async def test_a_refusal_is_known_before_the_post_is_due(acme: Acme) -> None:
    acme.plant("store_sendMessage", "error", error={"error": "entities"})
    given = new("Hello", options=STORAGE)
    await error_of(acme.port.prepare(given, acme.account), R.INVALID_FIELD, S.REJECTED)
    assert acme.posts == []


@at("telegram")
async def test_every_kind_of_post_arrives(acme: Acme) -> None:
    gif, clip = moving(), film(320, 180, 3)
    acme.put(med_0=gif, med_1=clip, med_2=jpeg())
    animation = image(0, mime_type="image/gif", bytes=len(gif))
    poll = {"options": ["yes", "no"]}
    posts = (
        new("GIF", media=(animation,)),
        new("Mixed", media=(video(1, bytes=len(clip)), image(2)), options=STORAGE),
        new("Files", media=(image(2), video(1, bytes=len(clip))), options={"asDocuments": True}),
        new("Rain?", options={"poll": poll}),
        new("👍 bold", options={"entities": [{"type": "bold", "offset": 3, "length": 4}]}),
    )
    for given in posts:
        assert acme.channel.validate(given, acme.account) == []
        await acme.post(given)
    assert [(post["text"], post["kind"], len(post["media"])) for post in acme.posts] == [
        ("GIF", "animation", 1),
        ("Mixed", "video", 2),
        ("Files", "document", 2),
        ("Rain?", "poll", 0),
        ("👍 bold", "message", 0),
    ]


@at("telegram")
async def test_parts_answer_each_other(acme: Acme) -> None:
    given, saved = new("One", parts=("Two", "Three")), Saved()
    await acme.post(given, saved)
    acme.plant("sendMessage", "accept_then_reset")
    assert (await error_of(acme.send(given, saved, "part-2"))).effect is S.UNKNOWN
    assert isinstance(await acme.find(given, saved, "part-2"), Published)
    await acme.finish(given, saved, "part-3")
    rows = [post["raw"] for post in acme.posts]
    assert [row["text"] for row in rows] == ["One", "Two", "Three"]
    assert [row["reply_to"] for row in rows] == [None, rows[0]["number"], rows[1]["number"]]


@at("telegram")
async def test_others_write_between(acme: Acme) -> None:
    acme.set("switches", True, "othersPost")
    await acme.post(new("Before"))
    for mode, wanted in (("accept_then_reset", Published), ("reset", Absent)):
        given, saved = new(f"Lost by {mode}"), Saved()
        await acme.prepare(given, saved)
        acme.plant("sendMessage", mode)
        await error_of(acme.send(given, saved), effect=S.UNKNOWN)
        assert isinstance(await acme.find(given, saved), wanted)


@at("telegram")
async def test_a_bot_that_may_edit_others_messages_does_not_look(acme: Acme) -> None:
    status(acme, "may_edit")
    await checked(acme)
    given, saved = new("Lost"), Saved()
    await acme.prepare(given, saved)
    acme.plant("sendMessage", "accept_then_reset")
    await error_of(acme.send(given, saved), effect=S.UNKNOWN)
    assert isinstance(await acme.find(given, saved), Unknown)
    assert acme.calls("stopMessageLiveLocation") == []


@pytest.mark.parametrize(("name", "reason"), [("kicked", R.TARGET_NOT_ACCESSIBLE), ("may_not_post", R.MISSING_SCOPE)])
@at("telegram")
async def test_a_chat_where_the_bot_may_not_post_is_not_connected(acme: Acme, name: str, reason: Reason) -> None:
    status(acme, name)
    await error_of(acme.channel.verify(imported(acme.made)), reason, S.REJECTED)


@at("telegram")
async def test_a_group_may_refuse_photos(acme: Acme) -> None:
    status(acme, "group")
    given = draft(acme, "photo")
    await acme.failure(given, reason=R.MISSING_SCOPE, effect=S.REJECTED)
    await checked(acme)
    assert [(one.pointer, one.rule) for one in acme.channel.validate(given, acme.account)] == [
        ("/media/0", "may_post_photos")
    ]
    await acme.post(draft(acme, "video"))


@at("telegram")
async def test_a_post_follows_an_upgraded_group(acme: Acme) -> None:
    given, saved = new("Hello"), Saved()
    await acme.prepare(given, saved)
    status(acme, "upgraded")
    await error_of(acme.send(given, saved), R.PROVIDER_OUTAGE, S.NOT_SENT)
    await acme.finish(given, saved)
    assert len(acme.posts) == 1


@at("telegram")
async def test_a_video_whose_message_has_no_id_yet(acme: Acme) -> None:
    acme.set("switches", True, "queueVideos")
    given, saved = draft(acme, "video"), Saved()
    found = await acme.post(given, saved)
    assert (found.post_id, [one.code for one in found.warnings]) == (None, ["POST_ID_PENDING"])
    later: Any = await acme.port.check(given, acme.account, saved)
    assert (later.post_id, later.url) == (acme.posts[0]["id"], acme.posts[0]["url"])


@at("telegram")
async def test_the_log_of_calls_has_no_token(acme: Acme) -> None:
    await acme.post(new("Hello"))
    token = acme.made["accessToken"]
    paths = [call["path"] for call in acme.oracle.call("GET", "/calls")]
    assert "/telegram/api/bot…/sendMessage" in paths
    assert not [path for path in paths if token in path]


@at("telegram")
async def test_a_message_has_an_address(acme: Acme) -> None:
    found = await acme.post(new("Hello"))
    async with httpx.AsyncClient() as client:
        assert (await client.get(str(found.url))).status_code == 302
