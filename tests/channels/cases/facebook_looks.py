"""Facebook: a post, story or video is found only if exactly one fits, and what may be ours is not called absent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx

from munadi.domain.publication import Absent, Published, Unknown
from tests.channels.calls import NOW
from tests.channels.case import Case, one
from tests.channels.cases.facebook import (
    DEAD,
    DRAFT,
    FILM,
    KNOWN,
    LINK,
    LIST,
    LIVE,
    NET,
    ON_ITS_WAY,
    PAGE,
    PUBLISHING,
    REEL,
    SCHEDULED,
    SHOWN,
    STATUS,
    TEXT,
    UNPUBLISHED,
    UPLOADED,
    VIDEO,
    WAITING,
    phases,
)
from tests.channels.containers import at, graph_error
from tests.channels.making import image, publication
from tests.channels.network import answer, ok

SALE = "https://acme.example/sale"
STORIES = f"GET /v26.0/{PAGE}/stories"
PHOTO = publication("Hello", media=(image(),))
STORY = publication("", media=(image(),), options={"kind": "story"})
OURS = {"photos": [{"id": "p1", "made_at": NOW.isoformat()}]}


def post(name: str = "1", minutes: float = 0, **fields: Any) -> dict[str, Any]:
    time = at(NOW + timedelta(minutes=minutes))
    return {"id": f"{PAGE}_{name}", "message": "Hello", "created_time": time, **fields}


def attached(kind: str, *ids: str) -> dict[str, Any]:
    """A photo or video, or an album of several."""
    parts = [{"media_type": kind, "target": {"id": one}, "url": "https://www.facebook.com/photo"} for one in ids]
    album = {"media_type": "album", "target": {"id": "album"}, "subattachments": {"data": parts}}
    return {"attachments": {"data": parts if len(parts) == 1 else [album]}}


def card(url: str, unshimmed: str | None = None) -> dict[str, Any]:
    shown = {"media_type": "link", "url": url, "unshimmed_url": unshimmed, "target": {"url": url}}
    return {"attachments": {"data": [shown]}}


def seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def story(time: Any, media_id: str = "p9") -> dict[str, Any]:
    return {"post_id": 1234, "media_id": media_id, "media_type": "photo", "creation_time": time, "status": "PUBLISHED"}


def listed(after: str | None, *posts: Any) -> httpx.Response:
    paging = {"cursors": {"after": after}, "next": "https://graph.facebook.com/…"} if after else {}
    return ok({"data": list(posts), "paging": paging})


def find(outcome: Any, draft: Any, *posts: Any, **more: Any) -> Case:
    return one("find", NET, draft, outcome, {LIST: ok({"data": list(posts)}), **more.pop("replies", {})}, **more)


OTHER = card("https://acme.example/other")
LATER = seconds(NOW + timedelta(seconds=1))
FOUND = Published(post_id=f"{PAGE}_1", url="https://www.facebook.com/x", published_at=NOW).alike()

# fmt: off
CASES = {
    **{name: find(outcome, draft, *posts, state=state)
        for name, draft, state, outcome, posts in (
            ("one", TEXT, None, Published, [post()]),
            ("none", TEXT, None, Absent, []),
            ("two", TEXT, None, Unknown, [post("1"), post("2")]),
            ("another text", TEXT, None, Absent, [post(message="Hello!")]),
            ("a minute before", TEXT, None, Published, [post(minutes=-1)]),
            ("older", TEXT, None, Absent, [post(minutes=-1.1)]),
            ("unpublished", TEXT, None, Absent, [post(is_published=False)]),
            ("without a time", TEXT, None, Absent, [{"id": "1", "message": "Hello"}]),
            ("not a post", TEXT, None, Absent, [None, "x", {"message": "Hello"}]),
            ("spaces", publication("Hello \r\n\n there "), None, Published, [post(message="Hello\nthere")]),
            ("a mention", publication("With @[123] today"), None, Published, [post(message="With Acme Shop today")]),
            ("a photo with our text", TEXT, None, Absent, [post(**attached("photo", "p9"))]),
            ("a card in our text", TEXT, None, Published, [post(**card("https://acme.example/"))]),
            ("our link", LINK, None, Published, [post(**card(SALE))]),
            ("our link with a slash", LINK, None, Published, [post(**card(f"{SALE}/"))]),
            ("our link behind a shim", LINK, None, Published, [post(**card("https://l.facebook.com/l.php?u=x", SALE))]),
            ("link unread", LINK, None, Published, [post()]),
            ("another link", LINK, None, Unknown, [post(**OTHER)]),
            ("our link among two", LINK, None, Published, [post("1", **OTHER), post("2", **card(SALE))]),
            ("our photo", PHOTO, OURS, Published, [post(**attached("photo", "p1"))]),
            ("our photo in an album", PHOTO, OURS, Published, [post(**attached("photo", "p0", "p1"))]),
            ("our photo, other text", PHOTO, OURS, Published, [post(message="Hi", **attached("photo", "p1"))]),
            ("our photo among two", PHOTO, OURS, Published,
                [post("1", **attached("photo", "p1")), post("2", **attached("photo", "p9"))]),
            ("another photo", PHOTO, OURS, Absent, [post(**attached("photo", "p9"))]),
            ("photo unread", PHOTO, OURS, Published, [post()]),
            ("a photo, ours not on record", PHOTO, None, Published, [post(**attached("photo", "p9"))]),
            ("a video not on record", FILM, None, Published, [post(**attached("video", "v1"))]),
            ("a video not on record nor there", FILM, None, Absent, []))},
    "what is found has its id, address and time": find(FOUND, TEXT, post(permalink_url="https://www.facebook.com/x")),
    "what is found without an address has the one by id": find(
        FOUND.model_copy(update={"url": f"https://www.facebook.com/{PAGE}_1"}), TEXT, post()),
    "the list is read from a minute before": find(Absent, TEXT, since=NOW + timedelta(minutes=5),
        requests=[(LIST, {"since": seconds(NOW + timedelta(minutes=4)), "limit": "100"})]),
    "nothing is ours from before the post was due": find(Absent, TEXT, post(minutes=-30),
        since=NOW - timedelta(hours=1)),
    # Two of them, a list without end that proves no absence, and one without data.
    **{f"every page of the list is read: {len(reads)}": find(Unknown, TEXT, replies={LIST: lists},
            requests=[LIST if at is None else (LIST, {"after": at}) for at in reads])
        for lists, reads in (
            ([listed("a"), listed("b", post("1")), listed(None, post("2"))], [None, "a", "b"]),
            ([listed("again")], [None, *["again"] * 4]),
            ([ok({})], [None]))},
    "with a known id nothing is searched": find(Published, TEXT, state=KNOWN, requests=[SHOWN]),
    **{f"a {name} is found by its id: {number}": find(outcome, draft, replies={STATUS: status}, state=UPLOADED)
        for name, draft in (("reel", REEL), ("video", FILM))
        for number, (outcome, status) in enumerate(((Published, LIVE),
                *((Absent, status) for status in (WAITING, DRAFT, DEAD)),
                *((Unknown, status) for status in (PUBLISHING, ON_ITS_WAY, SCHEDULED)),
                (Unknown, phases("new_word", "new_word")),
                *((Unknown, refused) for refused in (graph_error(100, 33), answer(500, "<html>"))),
                *((Unknown, ok(body)) for body in ("not json", {}, {"id": VIDEO})),
                # without phases it is live when it says so
                *((outcome, ok({"status": {"video_status": "ready"}, "published": published}))
                    for published, outcome in ((True, Published), (False, Absent), ("yes", Absent)))))},
    **{f"what a list of stories proves: {number}": find(outcome, STORY, replies={STORIES: ok({"data": rows})},
            state=UNPUBLISHED, minutes=hours * 60)
        for number, (rows, hours, outcome) in enumerate((
                ([], 0, Absent),
                ([], 22, Absent),
                ([], 24, Unknown),  # after a day an empty list proves nothing
                ([story(seconds(NOW - timedelta(hours=2)))], 0, Absent),  # another one, from before ours was due
                ([story(LATER)], 0, Unknown),
                ([story(None)], 0, Unknown),
                ([story(LATER, "p1")], 0, Published),
                ([story(LATER, "p1"), story(LATER, "p2")], 0, Unknown)))},
}
