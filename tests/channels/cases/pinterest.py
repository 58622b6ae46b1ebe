"""Pinterest: a board that is checked, a video on its way, the body of a pin, and which pins of a board are ours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from munadi.channels.pulls import PULL_WAITS
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Pending, Ready, Unknown
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Live, Net, after, one
from tests.channels.making import image, video
from tests.channels.network import answer, ok
from tests.channels.scene_pinterest import (
    BOARD,
    BOARDS,
    LISTED,
    OPTIONS,
    PINS,
    SALE,
    SECTION,
    SETTINGS,
    WHO,
    page,
    pin,
    refusal,
)

R, S = Reason, Effect
MEDIA, BUCKET = "/v5/media", "/pin/bucket"
CHECK, REGISTER, UPLOAD, READ = f"GET {BOARDS}/{BOARD}", f"POST {MEDIA}", f"POST {BUCKET}", f"GET {MEDIA}/7"
POST, LIST = f"POST {PINS}", f"GET {LISTED}"
FIELDS = {"key": "uploads/7", "policy": "p0licy", "x-amz-signature": "s1gned", "Content-Type": "multipart/form-data"}
XML = "<Error><Code>AccessDenied</Code></Error>"
LINK = "https://acme.example/sale"


def registered(url: str = f"https://up.example{BUCKET}") -> Any:
    return answer(201, {"media_id": "7", "media_type": "video", "upload_url": url, "upload_parameters": FIELDS})


def status(word: str) -> Any:
    return ok({"media_id": "7", "media_type": "video", "status": word})


def uploaded(**changes: Any) -> dict[str, Any]:
    """A video at Pinterest."""
    times = {"finalized_at": NOW.isoformat(), "expires_at": (NOW + timedelta(hours=24)).isoformat()}
    return {"id": "7", **times, "is_described": True, "is_ready": True, **changes}


def ready() -> dict[str, Any]:
    return {"media": [uploaded()], "board": BOARD}


def changed(**changes: Any) -> Any:
    return SALE.model_copy(update=changes)


NET = Net(
    "pinterest",
    WHO,
    {
        POST: answer(201, pin()),
        LIST: page(),
        CHECK: ok({"id": BOARD}),
        REGISTER: registered(),
        UPLOAD: answer(204, ""),
        READ: status("succeeded"),
    },
    SETTINGS,
    {"med_0": b"0123456789"},
)
FILM, FULL, BARE = changed(media=(video(0, bytes=10),)), changed(link=LINK), {"boardId": BOARD}
# The form of an upload works once, so what was registered before the upload is not used again.
PREPARATIONS = [(NET, FILM, set[int]())]
TEXTS, URL = {"board_id": BOARD, "title": "Monsoon", "description": SALE.text}, "https://munadi.example/media/med_"
COVER = {"source_type": "video_id", "media_id": "7", "cover_image_key_frame_time": 0}
WEBP = image(0, mime_type="image/webp", has_alpha=False, animated=False)
OURS, LATER, OLD = (
    Live("813", alike=True, url="https://site.example/pin/pin/813/"),
    timedelta(seconds=9),
    -timedelta(hours=1),
)
WORDLESS: dict[str, Any] = {"title": None, "description": None}
ONLY_LINK, NOTHING = changed(link=LINK, text="", options=BARE), changed(text="", options=BARE)


def at(passed: timedelta, **changes: Any) -> dict[str, Any]:
    return pin(created_at=(NOW + passed).replace(tzinfo=None).isoformat(), **changes)


def upload(outcome: Any, **more: Any) -> Case:
    return one("prepare", NET, FILM, outcome, **more)


def three_times(request: str, said: Any) -> Case:
    return Case(
        NET,
        FILM,
        [
            Call("prepare", Fails(R.MEDIA_PROCESSING_FAILED, effect), saved={"media": []})
            for effect in (S.NOT_SENT, S.NOT_SENT, S.REJECTED)
        ],
        replies={request: said},
    )


def body(draft: Any, state: Any = None, **wanted: Any) -> Case:
    return one("publish", NET, draft, Live("813"), state=state, requests=[(POST, {**TEXTS, **wanted})])


# fmt: off
CASES = {
    "a video is registered, uploaded and read": upload(Ready(expires_at=NOW + timedelta(hours=24)),
        requests=[CHECK, REGISTER, UPLOAD, READ]),
    "an image needs only its board": one("prepare", NET, SALE, Ready(), requests=[CHECK]),
    "a board that is gone": one("prepare", NET, SALE,
        Fails(R.TARGET_NOT_ACCESSIBLE, S.REJECTED, "404/40", words="choose another board"),
        {CHECK: refusal(404, 40, "Board not found.")}),
    "a slow video is read less often and given up": Case(NET, FILM, [*[Call("prepare",
                    after(5, "Pinterest processes a medium"), minutes=1 / 12)] * 12,
            *[Call("prepare", after(30), minutes=1 / 12)] * 2,
            Call("prepare", Fails(R.MEDIA_PROCESSING_TIMEOUT, S.REJECTED), minutes=31)],
        replies={READ: status("processing")}),
    "a failed video is sent three times": three_times(READ, status("failed")),
    "a video that was not seen is sent three times": three_times(READ, status("registered")),
    "a refused video is sent three times": three_times(UPLOAD, answer(403, XML)),
    **{f"an upload answered with {said.status_code} says nothing about the file": upload(Fails(),
            replies={UPLOAD: said}, saved={"failures": 0})
        for said in (answer(503, "<html>"), answer(429, XML))},
    **{f"no file goes to {url}": upload(Fails(R.UNKNOWN_PROVIDER_ERROR, code="FOREIGN_URL"),
            replies={REGISTER: registered(url)}, requests=[CHECK, REGISTER])
        for url in ("https://evil.example/bucket", "https://up.example.evil.example/bucket",
            "http://upload.pinterest.com/pin/bucket")},
    "a file goes to another of Pinterest's hosts": upload(Ready,
        replies={REGISTER: registered(f"https://upload.pinterest.com{BUCKET}")}),
    "a video that waited for a day is sent again": Case(NET, FILM,
        [Call("prepare", Ready), Call("prepare", Ready, [REGISTER, UPLOAD, READ], minutes=24 * 60)]),
    **{f"no registration: {number}": upload(Fails(R.PROVIDER_OUTAGE), replies={REGISTER: answer(201, said)})
        for number, said in enumerate(({}, {"media_id": "7"}, {"media_id": "7", "upload_url": "https://up.example"}))},
    "a check of an image": one("check", NET, SALE, Ready),
    "a check of a video": one("check", NET, FILM, Pending, state={"media": [uploaded(is_ready=False)]}),
    "a check of a ready video": one("check", NET, FILM, Ready, state=ready()),
    # bodies
    "an image is named by its address": body(changed(link=LINK,
            options={**OPTIONS, "boardSectionId": SECTION, "dominantColor": "#6E7874"}), board_section_id=SECTION,
        dominant_color="#6E7874", link=LINK, alt_text="Teal",
        media_source={"source_type": "image_url", "url": f"{URL}0"}),
    "a carousel names each image and has one alt text": body(changed(
            media=(image(0, alt="Teal"), image(1), image(2, alt="Red"))), alt_text="Teal / Red",
        media_source={"source_type": "multiple_image_urls", "items": [{"url": f"{URL}{n}"} for n in range(3)],
            "index": 0}),
    "a video has its first picture as cover": body(FILM, ready(), media_source=COVER),
    "a video has the given picture as cover": body(changed(media=FILM.media, options={**OPTIONS, "coverTime": 2}),
        ready(), media_source={**COVER, "cover_image_key_frame_time": 2}),
    "another image is sent as a JPEG": body(changed(media=(WEBP,)),
        media_source={"source_type": "image_url", "url": f"{URL}0-jpeg"}),
    "an image that could not be fetched is named again a few times": Case(NET, SALE,
        [Call("publish", Fails(R.MEDIA_UNREACHABLE, S.NOT_SENT if wait else S.REJECTED, words="MUNADI_PUBLIC_URL",
                    wait=wait and wait.total_seconds()))
            for wait in (*PULL_WAITS, None)],
        replies={POST: refusal(400, 235, "Sorry, we could not fetch the image.")}),
    # looks
    **{f"a look: {name}": one("find", NET, draft, outcome, {LIST: page(*rows)})
        for name, draft, outcome, rows in (
            ("title and description", SALE, OURS, [pin()]),
            ("with a link in another form", FULL, OURS, [pin(link=f"{LINK}?utm=1")]),
            ("with its zone", SALE, OURS, [pin(created_at=NOW.isoformat())]),
            ("spaced and composed otherwise", SALE, OURS, [pin(title=" Monsoon ", description=SALE.text + "\n")]),
            ("not there", SALE, Absent, []),
            ("another pin", SALE, Absent, [pin(title="Other", description="Else")]),
            ("another kind of pin", SALE, Absent, [pin(media={"media_type": "video"})]),
            ("an older one", SALE, Absent, [at(OLD)]),
            ("one of a clock that is behind", SALE, OURS, [at(-timedelta(seconds=110))]),
            ("two", SALE, Unknown, [pin(), at(LATER, pin_id="814")]),
            ("the same title", SALE, Unknown, [pin(description="Changed")]),
            ("the same text", SALE, Unknown, [pin(title=None)]),
            ("the same link", FULL, Unknown, [pin(title="Other", description="Else", link=LINK)]),
            ("a link alone", ONLY_LINK, OURS, [pin(**WORDLESS, link=LINK)]),
            ("a link alone, in another form", ONLY_LINK, Unknown, [pin(**WORDLESS, link=f"{LINK}/")]),
            ("nothing to be found by", NOTHING, Unknown, [pin(**WORDLESS)]))},
    "a section has a list of its own": one("find", NET, changed(options={**OPTIONS, "boardSectionId": SECTION}), OURS,
        {f"GET /sections/{SECTION}/pins": page(pin())}),
    # That newer pins come first is not documented: only two older pages in a row end a look.
    **{f"pages: {number}": one("find", NET, SALE, outcome, {LIST: pages}, requests=[LIST] * reads)
        for number, (pages, outcome, reads) in enumerate((
                ([page(at(OLD), bookmark="2"), page(pin(), bookmark="3"), page(bookmark="4"), page(bookmark="5")],
                    OURS, 4),
                ([page(at(OLD), bookmark="2"), page(at(OLD), bookmark="3")], Absent, 2),
                ([page(at(LATER, title="a", description="b"), bookmark=str(n)) for n in range(5)], Unknown, 5),
                ([page(at(LATER, title="a", description="b"), bookmark="2"), answer(503, "<html>")], Unknown, 2),
                ([page({"id": "813", "created_at": "yesterday"})], Unknown, 1),
                ([ok({"items": [{"title": "no id"}]})], Unknown, 1),
                ([ok({"data": []})], Unknown, 1)))},
}
