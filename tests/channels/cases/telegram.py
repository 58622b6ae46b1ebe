"""Telegram: what each kind of post sends, and what refusals change."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Ready, Unknown
from tests.channels.case import Call, Case, Fails, Live, Net, one
from tests.channels.making import publication, video
from tests.channels.scene_telegram import (
    ALBUM,
    CHAT,
    FACTS,
    LOOKING,
    PICTURE,
    PROBE,
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
POST, GROUP, PHOTO, VIDEO = f"POST {SEND}", "POST /sendMediaGroup", "POST /sendPhoto", "POST /sendVideo"
FORWARD, DELETE, LOOK = "POST /forwardMessage", "POST /deleteMessages", f"GET {PROBE}"
MISSES = LOOKING["probe_misses"]
A, B = ({"file_id": "new", "file_unique_id": f"u-{name}"} for name in "ab")
THREAD, CHAINED = SALE.model_copy(update={"parts": ("Two", "Three")}), ALBUM.model_copy(update={"parts": ("Two",)})
ENTITIES = [
    {"type": "bold", "offset": 0, "length": 2},
    {"type": "text_link", "offset": 3, "length": 4, "url": "https://acme.com"},
]
OPTIONS = {
    "entities": ENTITIES,
    "preview": {"url": "https://acme.com", "size": "large", "aboveText": True},
    "silent": True,
    "protected": True,
    "topicId": 9,
}
POLL = {"options": ["yes", "no"], "multiple": True, "openSeconds": 600}
LOST = refusal(400, "Bad Request: wrong file identifier/HTTP URL specified")
MOVED = refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1007)
NET = Net("telegram", WHO, {POST: sent(), GROUP: sent(117, 118), PHOTO: sent()}, SETTINGS)
TO = {"chat_id": CHAT}
STORED = Net("telegram", WHO, {PHOTO: sent(5, photo=[A]), VIDEO: sent(6, video=B), POST: sent(8)}, SETTINGS)
REHEARSED = SALE.model_copy(update={"options": {"storageChat": STORAGE, "topicId": 4}})


def body(request: str, draft: Any, wanted: dict[str, Any], **more: Any) -> Case:
    return one("publish", NET, draft, Live("117"), {request: sent()}, requests=[(request, {**TO, **wanted})], **more)


def address(url: str | None, chat_id: str = CHAT, topic: int | None = None, **facts: Any) -> Case:
    who = WHO.model_copy(update={"facts": {**FACTS, **facts}, "external_id": chat_id})
    draft = SALE.model_copy(update={"options": {"topicId": topic}}) if topic else SALE
    return one("publish", NET, draft, Live("117", url=url), account=who)


def answering(parent: int | None) -> dict[str, str]:
    return {"reply_parameters": {"message_id": parent}} if parent else {}


# fmt: off
CASES = {
    "a text is sent without markup": body(POST, publication("1 < 2 *bold* _x_"), {"text": "1 < 2 *bold* _x_"}),
    "every option of a text": body(POST, publication("👍 sale", options=OPTIONS),
        {"text": "👍 sale", "entities": ENTITIES, "disable_notification": "true", "protect_content": "true",
            "link_preview_options": {"url": "https://acme.com", "prefer_large_media": True, "show_above_text": True},
            "message_thread_id": "9"}),
    "a poll asks its text": body("POST /sendPoll", publication("Rain?", options={"poll": POLL}),
        {"question": "Rain?", "options": [{"text": "yes"}, {"text": "no"}], "is_anonymous": "true",
            "allows_multiple_answers": "true", "open_period": "600"}),
    "an album from the storage chat moves no bytes": one("publish", NET, ALBUM, Live("117"), state=stored("a", "b"),
        requests=[(GROUP, {**TO, "media": [{"type": "photo", "media": "a", "caption": "Hello"},
                        {"type": "video", "media": "b", "supports_streaming": True}]})]),
    "parts answer the message before them": Case(NET, THREAD, [Call(step, Live(str(number)),
                [(POST, {**TO, "text": text, **answering(parent)})])
            for step, number, text, parent in (
                ("publish", 117, SALE.text, None),
                ("publish part-2", 118, "Two", 117),
                ("publish part-3", 119, "Three", 118))], replies={POST: [sent(117), sent(118), sent(119)]}),
    "a part without its parent is not sent": one("publish part-2", NET, THREAD,
        Fails(R.PROVIDER_OUTAGE, S.NOT_SENT, "PARENT_UNKNOWN", wait=5), requests=[]),
    "a message without an id yet is live and never sent again": Case(NET, publication("Hello", media=(video(0),)),
        [Call("publish", Live(None, warnings=("POST_ID_PENDING",)), [VIDEO]),
            Call("publish", Live(None, warnings=("POST_ID_PENDING",)), []),
            Call("find", Live(None, warnings=("POST_ID_PENDING",)), [])], replies={VIDEO: sent(0)}),
    "an address": address("https://site.example/t/acme/117"),
    "an address in a topic": address("https://site.example/t/acme/5/117", topic=5),
    "an address without a name": address("https://site.example/t/c/1234567890/117", username=None),
    "no address of a group": address(None, "-4711", username=None, type="group"),
    "a group that became a supergroup is followed": Case(NET, SALE, [Call("publish",
                Fails(R.PROVIDER_OUTAGE, S.NOT_SENT, words="-1007")),
            Call("publish", Live("3"), [(POST, {"chat_id": "-1007", "text": SALE.text})])],
        replies={POST: [MOVED, sent(3)]}),
    "and only once": one("publish", NET, SALE, Fails(R.TARGET_NOT_ACCESSIBLE, S.REJECTED), {POST: MOVED},
        state={"chat": "-1007"}),
    **{f"a lost file after {failures} failures": one("publish", NET, ALBUM, Fails(R.MEDIA_PROCESSING_FAILED, effect),
            {GROUP: LOST}, state=stored("a", "b", failures=failures), saved={"stored": []})
        for failures, effect in enumerate((S.NOT_SENT, S.NOT_SENT, S.REJECTED))},
    "a lost file that was in the call": one("publish", NET, PICTURE, Fails(R.MEDIA_PROCESSING_FAILED, S.REJECTED),
        {PHOTO: LOST}),
    "files are judged in the storage chat first": Case(STORED, ALBUM,
        [Call("prepare", Fails(R.PROVIDER_OUTAGE), [PHOTO, VIDEO]),
            Call("prepare", Ready, [VIDEO], {"stored": [{"file_id": "new", "unique_id": "u-a", "message_id": 5},
                        {"file_id": "new", "unique_id": "u-b", "message_id": 6}]})],
        replies={VIDEO: [httpx.ReadError("reset"), sent(6, video=B)]}),
    "so is a text, once": Case(STORED, REHEARSED, [Call("prepare", Ready,
                [(POST, {"chat_id": STORAGE, "text": SALE.text, "disable_notification": "true"})], {"rehearsal": 8}),
            Call("prepare", Ready, [])]),
    "a file that is taken as another kind": one("prepare", STORED,
        publication("Hello", media=(video(0),), options={"storageChat": STORAGE}),
        Fails(R.MEDIA_VALIDATION_FAILED, S.REJECTED), {VIDEO: sent(5, document={"file_id": "a"})}),
    "by default a lost message is not looked for": Case(NET, SALE,
        [Call("prepare", Ready, []), Call("publish", Fails(R.PROVIDER_OUTAGE, S.UNKNOWN)), Call("find", Unknown, [])],
        replies={POST: httpx.ReadTimeout("slow")}),
}
