"""X: media in parts, what a post is on the wire, and which posts of a timeline are ours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Ready, Unknown
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Live, Net, after, one
from tests.channels.making import image, publication, video
from tests.channels.network import answer, ok
from tests.channels.scene_x import DUPLICATE, LISTED, SALE, SETTINGS, TWEETS, WHO, made, page, refusal, tweet

R, S = Reason, Effect
UPLOAD, METADATA = "/2/media/upload", "/2/media/metadata"
OPEN, APPEND, FINAL, READ, DESCRIBE = (
    f"POST {UPLOAD}/initialize",
    f"POST {UPLOAD}/7/append",
    f"POST {UPLOAD}/7/finalize",
    f"GET {UPLOAD}",
    f"POST {METADATA}",
)
POST, LIST = f"POST {TWEETS}", f"GET {LISTED}"
INVALID = "https://api.x.com/2/problems/invalid-request"


def medium(**more: Any) -> Any:
    return ok({"data": {"id": "7", "media_key": "3_7", "expires_after_secs": 86_400, **more}})


def working(state: str = "in_progress", **more: Any) -> Any:
    return medium(processing_info={"state": state, **more})


def ready(*ids: str, **changes: Any) -> dict[str, Any]:
    ends, moment = (NOW + timedelta(hours=20)).isoformat(), NOW.isoformat()
    media = [
        {
            "id": one,
            "key": f"3_{one}",
            "expires_at": ends,
            "sent": 1,
            "finalized_at": moment,
            "is_ready": True,
            "is_described": True,
            **changes,
        }
        for one in ids
    ]
    return {"media": media, "keys": [f"3_{one}" for one in ids]}


NET = Net(
    "x",
    WHO,
    {POST: made(), OPEN: medium(), APPEND: ok(), FINAL: medium(), READ: medium(), DESCRIBE: ok()},
    {**SETTINGS, "chunk_bytes": 4},
    {"med_0": b"0123456789"},
)
PICTURE = publication("Look", media=(image(0, alt="Teal", bytes=10),))
FILM = publication("Film", media=(video(0, bytes=10),))
PREPARATIONS = [(NET, PICTURE, set[int]()), (NET, FILM, set[int]())]
THREAD = SALE.model_copy(update={"parts": ("Two",), "first_comment": "More", "options": {"replySettings": "verified"}})
VERIFIED = {"reply_settings": "verified"}
ANSWERS = {**VERIFIED, "reply": {"in_reply_to_tweet_id": "1"}}
POLL = {"options": ["yes", "no"], "durationMinutes": 60}
KEYS = {"attachments": {"media_keys": ["3_7"]}}
EARLY = (NOW - timedelta(seconds=6)).isoformat()
LONG = "Sale & more " * 40
PICTURED = {"entities": {"urls": [{"url": "https://t.co/x", "expanded_url": "https://x.com/1", "media_key": "3_7"}]}}
NO_TIMELINE: list[Any] = [
    {},
    [],
    {"data": [tweet()]},
    {"data": [tweet()], "meta": {"result_count": 0}},
    {"data": [{"id": "1", "text": "x"}], "meta": {"result_count": 1}},
    {"meta": {"result_count": True}},
]


def find(outcome: Any, *rows: Any, draft: Any = SALE, **more: Any) -> Case:
    return one("find", NET, draft, outcome, {LIST: page(*rows)}, **more)


def linked(shown: str) -> dict[str, Any]:
    return {"entities": {"urls": [{"url": "https://t.co/x", "expanded_url": shown}]}}


# fmt: off
CASES = {
    "an image is sent in parts and described": one("prepare", NET, PICTURE,
        Ready(expires_at=NOW + timedelta(hours=24)), requests=[(OPEN,
                {"media_type": "image/jpeg", "total_bytes": 10, "media_category": "tweet_image"}), *[APPEND] * 3,
            FINAL, (DESCRIBE, {"id": "7", "metadata": {"alt_text": {"text": "Teal"}}})]),
    "a large file takes several runs": Case(NET, PICTURE,
        [Call("prepare", after(0, "2 of 3 parts are uploaded")), Call("prepare", Ready, [APPEND, FINAL, DESCRIBE])],
        settings={"chunks_per_run": 2}),
    "a video is waited for as long as X says": Case(NET, FILM, [Call("prepare", after(7)),
            Call("prepare", after(2), [READ]), Call("prepare", after(60)), Call("prepare", Ready)],
        replies={FINAL: working("pending", check_after_secs=7),
            READ: [working(), working(check_after_secs=9_000), working("succeeded")]}),
    "a video that failed": Case(NET, FILM,
        [Call("prepare", after(2)), Call("prepare", Fails(R.MEDIA_PROCESSING_FAILED, S.REJECTED, words="med_0"))],
        replies={FINAL: working("pending"), READ: working("failed", error={"message": "bad codec"})}),
    "a video that takes too long": Case(NET, FILM,
        [Call("prepare", after(2)), Call("prepare", Fails(R.MEDIA_PROCESSING_TIMEOUT, S.REJECTED), minutes=16)],
        replies={FINAL: working("pending"), READ: working()}),
    "media that end soon are uploaded again": one("prepare", NET, PICTURE, Ready, state=ready("6"), minutes=19.52 * 60,
        requests=[OPEN, *[APPEND] * 3, FINAL, DESCRIBE]),
    "a lost upload is repeated twice": Case(NET, PICTURE, [Call("prepare", Fails(R.MEDIA_PROCESSING_FAILED, effect),
                [OPEN, APPEND])
            for effect in (S.NOT_SENT, S.NOT_SENT, S.REJECTED)],
        replies={APPEND: answer(404, {"detail": "Could not find it", "type": "x/resource-not-found"})}),
    "a post whose media X does not know is prepared again": Case(NET, PICTURE,
        [Call("publish", Fails(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT)), Call("prepare", Ready),
            Call("publish", Live("117"), [(POST, {"text": "Look", "media": {"media_ids": ["7"]}})])], state=ready("6"),
        replies={POST: [refusal(400, "Your media IDs are invalid.", INVALID), made()]}),
    "every option": one("publish", NET, publication("Sale",
            options={"replySettings": "mentionedUsers", "poll": POLL, "madeWithAi": True, "paidPartnership": True}),
        Live("117", url="https://site.example/x/acme/status/117"),
        requests=[(POST, {"text": "Sale", "reply_settings": "mentionedUsers", "made_with_ai": True,
                    "poll": {"options": ["yes", "no"], "duration_minutes": 60}, "paid_partnership": True})],
        saved={"posts.post.id": "117", "posts.post.url": "https://site.example/x/acme/status/117"}),
    "a picture without a text": one("publish", NET, publication("", media=PICTURE.media), Live("117"),
        state=ready("7"), requests=[(POST, {"media": {"media_ids": ["7"]}})]),
    "a quote": one("publish", NET, publication("Look", options={"quotePostId": "9"}), Live("117"),
        requests=[(POST, {"text": "Look", "quote_tweet_id": "9"})]),
    "a part and a comment answer the post": Case(NET, THREAD, [Call("publish", Live("1"),
                [(POST, {"text": SALE.text, **VERIFIED})]),
            Call("publish part-2", Live("2"), [(POST, {"text": "Two", **ANSWERS})]),
            Call("publish comment", Live("3"), [(POST, {"text": "More", **ANSWERS})])],
        replies={POST: [made("1"), made("2"), made("3")]}),
    "a part without its parent is not sent": one("publish part-2", NET, THREAD,
        Fails(effect=S.NOT_SENT, code="PARENT_UNKNOWN"), {LIST: page()}, requests=[LIST]),
    "a duplicate is a refusal, and X looks for nothing": Case(NET, SALE,
        [Call("publish", Fails(R.DUPLICATE_CONTENT, S.REJECTED), [POST], doubtful=doubtful)
            for doubtful in (False, True)], replies={POST: DUPLICATE, LIST: page(tweet())}),
    "an older post is never ours": find(Absent, tweet(), since=NOW + timedelta(minutes=10)),
    **{f"not ours: {name}": find(Absent, tweet(**changes))
        for name, changes in {"another text": {"text": "Something else"}, "earlier": {"created_at": EARLY},
            "pictured": KEYS, "an answer": {"referenced_tweets": [{"type": "replied_to", "id": "3"}]}}.items()},
    "a media key finds its post whatever its text": find(Live("2"), tweet("1", "Look"), tweet("2", "edited", **KEYS),
        draft=PICTURE, state=ready("7")),
    "without its handle a picture is found by text and number": find(Live("2", alike=True),
        tweet("2", "Look https://t.co/x", **KEYS, **PICTURED), draft=PICTURE),
    "without its handle a picture whose address is unknown is not": find(Absent,
        tweet("2", "Look https://t.co/x", **KEYS), draft=PICTURE),
    **{f"found as it was written: {text[:20]}": find(Live("117", alike=True), shown, draft=publication(text))
        for text, shown in (
            ("R&D <b>", tweet(text="R&amp;D &lt;b&gt;")),
            ("See acme.com now", tweet(text="See https://t.co/x now", **linked("http://acme.com"))),
            ("See https://acme.com/", tweet(text="See https://t.co/x", **linked("https://acme.com"))),
            (LONG, tweet(text="Sale &amp; more…", note_tweet={"text": LONG.replace("&", "&amp;")})),
            (LONG, tweet(text="Sale &amp; more…", note_post={"text": LONG.replace("&", "&amp;")})))},  # the newer name
    "the newer name of an answer": find(Absent, tweet(referenced_posts=[{"type": "replied_to", "id": "3"}])),
    "a look is bounded": one("find", NET, SALE, Unknown, {LIST: page(tweet("1", "other"), following="more")},
        requests=[LIST] * 5),
    "a second page": one("find", NET, SALE, Live("2", alike=True),
        {LIST: [page(tweet("1", "other"), following="more"), page(tweet("2"))]},
        requests=[LIST,
            (LIST, {"start_time": "2026-12-01T08:59:55Z", "max_results": "20", "pagination_token": "more"})]),
    **{f"no timeline: {number}": one("find", NET, SALE, Unknown, {LIST: answer(200, body)})
        for number, body in enumerate(NO_TIMELINE)},
}
