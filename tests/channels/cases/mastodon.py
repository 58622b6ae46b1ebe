"""Mastodon: media on their way to a server, what a post is on the wire, and which posts of a list are ours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Pending, Ready, Unknown
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Live, Net, after, one
from tests.channels.making import image, publication, video
from tests.channels.network import answer, ok
from tests.channels.scene_mastodon import LISTED, MEDIA, PLAIN, SALE, STATUSES, WHO, refusal, status

R, S = Reason, Effect
UPLOAD, READ, POST, LIST = "POST /api/v2/media", f"GET {MEDIA}/7", f"POST {STATUSES}", f"GET {LISTED}"
SECOND = f"GET {MEDIA}/8"
GONE, PROCESSED, WAITING = refusal(404, "Record not found"), ok({"id": "7"}), answer(206, {"id": "7"})
TAKEN = refusal(422, "Media 7 not found or already attached to another post")
LOCAL = refusal(422, "Medien wurden nicht gefunden")
LANGUAGES = (("English", TAKEN), ("German", LOCAL))
PICTURE = publication("Look", media=(image(0, alt="Teal"),))
FILM = publication("Film", media=(video(bytes=5),))
NET = Net("mastodon", WHO, {UPLOAD: ok({"id": "7", "url": "x"}), READ: PROCESSED, POST: ok(status()), LIST: ok([])})
SLOW = Net("mastodon", WHO, {**NET.replies, UPLOAD: answer(202, {"id": "7", "url": None}), READ: [WAITING, PROCESSED]})
PREPARATIONS = [(NET, PICTURE, set[int]()), (SLOW, FILM, set[int]())]
THREAD = publication("One", parts=("Two", "Three"), first_comment="Four", options={"contentWarning": "Ad"})
OPTIONS = {
    "visibility": "unlisted",
    "contentWarning": "Ad",
    "sensitive": True,
    "language": "en",
    "quotePostId": "9",
    "quotePolicy": "nobody",
    "poll": {"options": ["yes", "no"], "expiresIn": 3600, "multiple": True},
}
EARLIER = (NOW - timedelta(seconds=6)).isoformat()
OURS = status("118", "Look", media_attachments=[{"id": "7"}])
SOURCELESS = {name: value for name, value in status().items() if name != "text"}


def uploaded(media_id: str = "7", minutes: int = 1, **changes: Any) -> dict[str, Any]:
    """A medium that was uploaded so many minutes ago."""
    since = NOW - timedelta(minutes=minutes)
    times = {"finalized_at": since.isoformat(), "expires_at": (since + timedelta(hours=20)).isoformat()}
    return {"id": media_id, **times, "is_ready": True, "is_described": True, **changes}


def ready(*ids: str, minutes: int = 1, **more: Any) -> dict[str, Any]:
    return {"media": [uploaded(one, minutes) for one in ids], **more}


def find(outcome: Any, *rows: Any, draft: Any = SALE, **more: Any) -> Case:
    return one("find", NET, draft, outcome, {LIST: ok(list(rows)), READ: GONE, **more.pop("replies", {})}, **more)


def refused(said: Any, medium: Any, outcome: Any, *rows: Any, failures: int = 0, **more: Any) -> Case:
    """A post whose media may be in a post already."""
    return one(
        "publish",
        NET,
        PICTURE,
        outcome,
        {POST: said, READ: medium, LIST: ok(list(rows))},
        state=ready("7", failures=failures),
        **more,
    )


def tooted(text: str, **more: Any) -> Any:
    """The body of a text that warns."""
    return (POST, {"status": text, "visibility": "public", "spoiler_text": "Ad", **more})


def unprocessed(said: Any, reason: Reason, effect: Effect, **more: Any) -> Case:
    return one("prepare", SLOW, FILM, Fails(reason, effect), {READ: said}, **more)


# fmt: off
CASES = {
    "a video is waited for": Case(SLOW, FILM, [Call("prepare", after(2), [UPLOAD, READ]),
            Call("prepare", after(5), [READ], minutes=0.5), Call("prepare", Ready, [READ], minutes=0.5)],
        replies={READ: [WAITING, WAITING, PROCESSED]}),
    # A run does not wait for the first before it sends the second.
    "media are processed at the same time": Case(SLOW, publication("Two", media=(image(0), image(1))),
        [Call("prepare", Pending, [UPLOAD, READ, UPLOAD, SECOND]), Call("prepare", Ready, [READ])],
        replies={UPLOAD: [answer(202, {"id": "7"}), answer(202, {"id": "8"})], SECOND: ok({"id": "8"})}),
    "a medium that cannot be processed": unprocessed(refusal(422, "processing failed"), R.MEDIA_PROCESSING_FAILED,
        S.REJECTED),
    "a medium that is gone": unprocessed(GONE, R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, saved={"media": []}),
    **{f"a medium answered with {code}": unprocessed(answer(code, "<html>"), R.PROVIDER_OUTAGE, S.UNKNOWN)
        for code in (503, 404)},
    "a medium that takes too long": Case(SLOW, FILM,
        [Call("prepare", after(2)), Call("prepare", Fails(R.MEDIA_PROCESSING_TIMEOUT, S.REJECTED), minutes=16)],
        replies={READ: WAITING}),
    "a server that fails on a medium does so a few times": Case(NET, PICTURE,
        [*[Call("prepare", Fails(R.PROVIDER_OUTAGE, S.UNKNOWN))] * 2,
            Call("prepare", Fails(R.MEDIA_PROCESSING_FAILED, S.REJECTED))],
        replies={UPLOAD: answer(500, {"error": "Error processing thumbnail"})}),
    "media that may be gone are sent again": one("prepare", NET, PICTURE, Ready, state=ready("6", minutes=20 * 60),
        requests=[UPLOAD]),
    # a refusal of a post whose media may be in a post already
    **{f"live already, in {language}": refused(said, GONE, Live("118"), status("119", "Other"), OURS,
            requests=[POST, READ, READ, LIST])
        for language, said in LANGUAGES},
    **{f"gone, in {language}": refused(said, GONE, Fails(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT), saved={"media": []})
        for language, said in LANGUAGES},
    **{f"gone too often, in {language}": refused(said, GONE, Fails(effect=S.REJECTED), failures=2)
        for language, said in LANGUAGES},
    "a refusal of free media is believed": refused(LOCAL, PROCESSED, Fails(R.INVALID_FIELD, S.REJECTED)),
    "a refusal that cannot be checked": refused(LOCAL, answer(503, "<html>"), Fails(effect=S.UNKNOWN)),
    "a server that shares media is believed": refused(LOCAL, GONE, Fails(effect=S.REJECTED), OURS, account=PLAIN,
        requests=[POST]),
    # bodies and answers
    "every option": one("publish", NET, publication("Sale", options=OPTIONS), Live("117", url=status()["url"]),
        {POST: ok(status(visibility="unlisted"))}, requests=[(POST, {"status": "Sale", "visibility": "unlisted",
                    "spoiler_text": "Ad", "sensitive": True, "language": "en",
                    "poll": {"options": ["yes", "no"], "expires_in": 3600, "multiple": True, "hide_totals": False},
                    "quoted_status_id": "9", "quote_approval_policy": "nobody"})]),
    "a visibility that the server lowered": one("publish", NET, SALE, Live("117", warnings=("VISIBILITY_CHANGED",)),
        {POST: ok(status(visibility="unlisted"))}),
    "parts and a comment answer what they follow": Case(NET, THREAD, [Call(step, Live(number),
                [tooted(text, **({"in_reply_to_id": parent} if parent else {}))])
            for step, number, text, parent in (
                ("publish", "1", "One", None),
                ("publish part-2", "2", "Two", "1"),
                ("publish part-3", "3", "Three", "2"),
                ("publish comment", "4", "Four", "1"))],
        replies={POST: [ok(status(str(number))) for number in range(1, 5)]}),
    "a part waits for the id of what it answers": one("publish part-2", NET, THREAD,
        Fails(effect=S.NOT_SENT, code="PARENT_UNKNOWN", wait=5), requests=[LIST]),
    "an answer about an earlier request": one("publish", NET, SALE, Fails(effect=S.UNKNOWN, code="NO_PROOF"),
        {POST: ok({"status": "request already handled"})}),  # GoToSocial's, to a repeat under the same key
    **{f"a limit that ends at {reset}": one("publish", NET, SALE, Fails(R.RATE_LIMITED, wait=wait),
            {POST: refusal(429, "slow", **{"x-ratelimit-reset": reset})})
        for reset, wait in (((NOW + timedelta(seconds=90)).isoformat(), 90), ("x", 300))},
    "an account without a server": one("publish", NET, SALE, Fails(R.TARGET_NOT_ACCESSIBLE, S.REJECTED), requests=[],
        account=WHO.model_copy(update={"service_url": None})),
    # looks
    **{f"a medium of no post proves absence ({code})": one("find", NET, PICTURE, Absent,
            {READ: answer(code, {"id": "7"})}, state=ready("7"), requests=[READ])
        for code in (200, 206)},
    "media find their post whatever its text": find(Live("118"), status("1", "Look"), {**OURS, "text": "edited"},
        draft=PICTURE, state=ready("7"), requests=[READ, (LIST, {"limit": "40", "exclude_reblogs": "true",
                    "min_id": str(int((NOW - timedelta(seconds=60)).timestamp() * 1000) << 16)})]),
    **{f"not ours: {changes}"[:60]: find(Absent, status(**changes))
        for changes in (
            {"text": "Something else"},
            {"created_at": EARLIER},
            {"in_reply_to_id": "3"},
            {"spoiler_text": "Ad"},
            {"media_attachments": [{"id": "1"}]},
            {"reblog": {"id": "4"}})},
    "a text is found by its source": find(Live("117", alike=True), SOURCELESS,
        replies={f"GET {STATUSES}/117/source": ok({"id": "117", "text": SALE.text, "spoiler_text": ""})}),
    "a quote is found below the address before it": find(Live("117", alike=True),
        status(text="RE: https://social.example/@b/9\n\nLook at this"),
        draft=publication("Look at this", options={"quotePostId": "9"})),
    "two that look alike": find(Unknown, status("1"), status("2")),
    "too many candidates are not all read": find(Unknown, *({**SOURCELESS, "id": str(n)} for n in range(21)),
        requests=[LIST]),
    **{f"a page of {len(rows)} at {who.facts['instance']['software']}": find(outcome, *rows, account=who)
        for who, rows, outcome in (
            (WHO, [status(str(n), "x") for n in range(39)], Absent),
            (WHO, [status(str(n), "x") for n in range(40)], Unknown),
            (PLAIN, [status(str(n), "x") for n in range(19)], Absent),
            (PLAIN, [status(str(n), "x") for n in range(20)], Unknown),
            (PLAIN, [*(status(str(n), "x") for n in range(20)), status("99", "x", created_at=EARLIER)], Absent))},
    **{f"a private post at {who.facts['instance']['software']}": find(outcome, account=who,
            draft=publication("x", options={"visibility": "private"}))
        for who, outcome in ((WHO, Absent), (PLAIN, Unknown))},
    **{f"no list: {number}": one("find", NET, SALE, Unknown, {LIST: answer(200, said)})
        for number, said in enumerate(({}, [5], [{"id": "1"}], [{"id": "1", "created_at": "soon"}], "<html>"))},
}
