"""Facebook: what a post is on the wire, how far a video is, what a refusal means, and the first comment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Pending, Published, Ready, Unknown
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Live, Net, after, one
from tests.channels.case_run import body_of
from tests.channels.containers import at, graph_error
from tests.channels.making import TOKEN, account, image, publication, video
from tests.channels.network import answer, ok

R, S = Reason, Effect
PAGE, VIDEO = "100000000000001", "990000000000001"
POST, COMMENT = f"{PAGE}_122000000000001", "122000000000001_55"
FEED, PHOTO, REELS, VIDEOS = (f"POST /v26.0/{PAGE}/{edge}" for edge in ("feed", "photos", "video_reels", "videos"))
BYTES, STATUS, SCRAPE = f"POST /video-upload/v26.0/{VIDEO}", f"GET /v26.0/{VIDEO}", "POST /v26.0/"
SHOWN, LIST, COMMENTS = f"GET /v26.0/{POST}", f"GET /v26.0/{PAGE}/published_posts", f"GET /v26.0/{POST}/comments"
WHO = account("facebook", PAGE)
FILE = b"0123456789"
TEXT = publication("Hello")
LINK = publication("Hello", link="https://acme.example/sale")
PHOTOS = publication("Hello", media=(image(0, alt="Teal"), image(1)))
REEL = publication(
    "Hello", media=(video(bytes=len(FILE)),), options={"title": "Sale", "place": "7", "isAiGenerated": True}
)
FILM = publication("Hello", media=(video(bytes=len(FILE), width=1920, height=1080),), options={"title": "Sale"})
COMMENTED, COMMENTED_REEL = (given.model_copy(update={"first_comment": "Sale: #monsoon"}) for given in (TEXT, REEL))
READ = {"id": POST, "message": "Hello", "created_time": at(NOW), "permalink_url": "https://www.facebook.com/1/posts/2"}
URL = f"https://rupload.facebook.com/video-upload/v26.0/{VIDEO}"
STARTED = {"video_id": VIDEO, "upload_url": URL, "upload_session_id": "77", "start_offset": "0", "end_offset": "3"}
DONE = ok({"success": True})


def phases(
    publishing: str = "not_started",
    publish_status: str | None = None,
    *,
    uploading: str = "complete",
    processing: str = "complete",
    received: int = len(FILE),
    video_status: str = "ready",
) -> httpx.Response:
    """A video as Facebook returns it, by default uploaded, processed and not published."""
    status = {
        "video_status": video_status,
        "uploading_phase": {"status": uploading, "bytes_transfered": received},
        "processing_phase": {"status": processing},
        "publishing_phase": {"status": publishing, "publish_status": publish_status},
    }
    return ok({"id": VIDEO, "status": status, "permalink_url": f"/reel/{VIDEO}/", "created_time": at(NOW)})


LIVE, WAITING, PUBLISHING = phases("complete", "published"), phases(), phases("in_progress")
DRAFT, SCHEDULED, ON_ITS_WAY = (
    phases("complete", "draft"),
    phases("complete", "scheduled"),
    phases("in_progress", "published"),
)
DEAD = phases("error", "error", video_status="error")
NOT_YET = (WAITING, PUBLISHING, DRAFT, ON_ITS_WAY, SCHEDULED)


def uploading(request: httpx.Request) -> httpx.Response:
    """Any phase of an upload: the server wants parts of three bytes, and then the finish."""
    form = body_of(request)
    if form["upload_phase"] == "start":
        return ok(STARTED)
    if "video_file_chunk" not in form:
        return DONE
    end = int(form["start_offset"]) + len(form["video_file_chunk"])
    return ok({"start_offset": str(end), "end_offset": str(min(end + 3, len(FILE)))})


NET = Net(
    "facebook",
    WHO,
    {
        FEED: ok({"id": POST}),
        PHOTO: [ok({"id": f"p{number}"}) for number in range(1, 20)],
        REELS: uploading,
        VIDEOS: uploading,
        BYTES: DONE,
        STATUS: LIVE,
        SHOWN: ok(READ),
        LIST: ok({"data": []}),
        COMMENTS: ok({"data": []}),
        "POST /comments": ok({"id": COMMENT}),
    },
    files={"med_0": FILE},
    visible=("/feed", "/video_reels", "/videos", "/comments"),
    constants={"munadi.channels.facebook.videos.PART": 4},
)


def ago(**time: float) -> str:
    return (NOW - timedelta(**time)).isoformat()


UPLOAD = {"video_id": VIDEO, "started_at": ago(hours=1), "uploaded_at": ago(minutes=50), "session_id": "77", "url": URL}
UPLOADED: dict[str, Any] = {"upload": UPLOAD}
UNPUBLISHED: dict[str, Any] = {"photos": [{"id": f"p{number}", "made_at": ago(hours=1)} for number in (1, 2)]}
KNOWN = {**UNPUBLISHED, "post_id": POST}
ON_PAGE = Published(post_id=POST, url="https://www.facebook.com/1/posts/2", published_at=NOW)
FILMED = Published(post_id=VIDEO, url=f"https://www.facebook.com/reel/{VIDEO}/", published_at=NOW)
FINISH = {"upload_phase": "finish", "description": "Hello", "title": "Sale"}
OF_REEL = {"video_id": VIDEO, "video_state": "PUBLISHED", "place": "7", "is_ai_generated": "true"}
READY = Ready(expires_at=NOW + timedelta(hours=23))


def publish(outcome: Any, draft: Any, replies: Any = (), **more: Any) -> Case:
    return one(more.pop("step", "publish"), NET, draft, outcome, dict(replies), **more)


def check(outcome: Any, draft: Any, status: Any, **more: Any) -> Case:
    return one("check", NET, draft, outcome, {STATUS: status}, **more)


def comments(*changes: Any) -> httpx.Response:
    """A list of comments: changes of our own, or rows that are no comments."""
    ours = {"message": "Sale: #monsoon", "created_time": at(NOW), "from": {"id": PAGE}}
    rows = [{"id": f"178{index}"} | ours | row if isinstance(row, dict) else row for index, row in enumerate(changes)]
    return ok({"data": rows})


OURS = Live("1780", at=NOW)

# fmt: off
CASES = {
    **{f"the visible call of {name}": publish(ON_PAGE if "feed" in call else FILMED, draft, state=prepared,
            requests=[(call.replace("POST ", f"POST {host}"), form, {"authorization": f"Bearer {TOKEN}"}),
                SHOWN if "feed" in call else STATUS],
            saved={"post_id": POST, "finished": False} if "feed" in call else {"post_id": None, "finished": True})
        for name, draft, prepared, call, host, form in (
            ("a text", TEXT, None, FEED, "graph.facebook.com", {"message": "Hello"}),
            ("a link", LINK, None, FEED, "", {"message": "Hello", "link": "https://acme.example/sale"}),
            ("a link alone", publication("", link="https://acme.example/"), None, FEED, "",
                {"link": "https://acme.example/"}),
            ("a place", publication("Hi", options={"place": "7"}), None, FEED, "", {"message": "Hi", "place": "7"}),
            ("photos", PHOTOS, UNPUBLISHED, FEED, "",
                {"message": "Hello", "attached_media": [{"media_fbid": "p1"}, {"media_fbid": "p2"}]}),
            ("a reel", REEL, UPLOADED, REELS, "graph.facebook.com", {**FINISH, **OF_REEL}),
            ("a video", FILM, UPLOADED, VIDEOS, "graph-video.facebook.com", {**FINISH, "upload_session_id": "77"}))},
    **{f"a finish is pending until the video is published: {number}": Case(NET, REEL,
            [Call("publish", after(5), [REELS, STATUS]), Call("check", Pending), Call("check", FILMED)],
            state=UPLOADED, replies={STATUS: [status, status if status in NOT_YET else PUBLISHING, LIVE]})
        for number, status in enumerate((*NOT_YET, ok({}), answer(500, "<html>"), httpx.ReadTimeout("slow")))},
    **{f"a video is polled less often after {age} s": check(after(wait), REEL, PUBLISHING,
            state={**UPLOADED, "finished": True}, seconds=age)
        for age, wait in ((0, 5), (60, 15), (600, 60))},
    "a video that Facebook gave up": check(Fails(R.MEDIA_PROCESSING_FAILED, S.REJECTED), REEL, DEAD,
        state={**UPLOADED, "finished": True}),
    **{f"a check before the visible call: {number}": check(outcome, draft, WAITING, state=prepared)
        for number, (draft, prepared, outcome) in enumerate((
                (REEL, None, after(0, "to be prepared")),
                (REEL, UPLOADED, READY),
                (TEXT, None, Ready()),
                (PHOTOS, UNPUBLISHED, READY)))},
    "photos that lapsed are not attached": publish(Fails(R.PROVIDER_OUTAGE, S.NOT_SENT, "PHOTOS_LAPSED"), PHOTOS,
        state=UNPUBLISHED, minutes=23 * 60, requests=[], saved={"photos": []}, ready=False),
    **{f"a call that may have published is unknown: {code} {prepared is None}": publish(Fails(effect=S.UNKNOWN), draft,
            {call: graph_error(code, status=500)}, state=prepared, requests=[call])
        for code in (1, 2, 1363047)
        for draft, prepared, call in ((TEXT, None, FEED), (REEL, UPLOADED, REELS))},
    "an unreadable link is read again once": Case(NET, LINK, [Call("publish", Fails(R.PROVIDER_OUTAGE, S.NOT_SENT),
                ready=False), Call("prepare", Ready, [SCRAPE]), Call("publish", Fails(R.INVALID_FIELD, S.REJECTED))],
        replies={FEED: graph_error(1609005), SCRAPE: ok({"id": "x"})}),
    **{f"Facebook does not judge a duplicate by itself: {code}": publish(
            Fails(R.DUPLICATE_CONTENT, S.REJECTED, ours=True), TEXT, {FEED: graph_error(code)}, requests=[FEED])
        for code in (506, 1366051)},
    "an address that cannot be read is the one by id": publish(
        ON_PAGE.model_copy(update={"url": f"https://www.facebook.com/{POST}"}), TEXT, {SHOWN: answer(500, "<html>")}),
    # A refused finish stands only when the video is not live; an upload that cannot be finished is repeated twice.
    **{f"a refused finish of a live video: {code}": publish(FILMED, REEL, {REELS: graph_error(code)},
            state={**UPLOADED, "renewals": renewals})
        for code, renewals in ((100, 0), (1363128, 0), (6000, 0), (6001, 2))},
    **{f"a refused finish: {code}": publish(Fails(effect=S.REJECTED), REEL,
            {REELS: graph_error(code), STATUS: WAITING}, state={**UPLOADED, "renewals": renewals}, writes=0)
        for code, renewals in ((100, 0), (1363128, 0), (6001, 2))},
    "an upload that cannot be finished is begun again": publish(Fails(effect=S.NOT_SENT), REEL,
        {REELS: graph_error(6000), STATUS: WAITING}, state=UPLOADED, saved={"upload": None, "renewals": 1},
        ready=False),
    # the first comment
    **{f"a comment below {name}": publish(Published(post_id=COMMENT, published_at=NOW), draft,
            {LIST: ok({"data": [READ]})}, step="publish comment", state=prepared,
            requests=[*reads, (f"POST /v26.0/{target}/comments", {"message": "Sale: #monsoon"})])
        for name, draft, prepared, reads, target in (
            ("a post", COMMENTED, KNOWN, [], POST),
            ("a post that is found in the list", COMMENTED, None, [LIST], POST),
            ("a reel", COMMENTED_REEL, {**UPLOADED, "finished": True}, [], VIDEO))},
    "without the post's id no comment is sent": publish(Fails(effect=S.NOT_SENT, code="POST_ID_PENDING"), COMMENTED,
        step="publish comment", requests=[LIST]),
    **{f"a comment is found by its text: {number}": one("find comment", NET, COMMENTED, outcome, {COMMENTS: listed},
            state=KNOWN)
        for number, (listed, outcome) in enumerate((
                (comments({}), OURS),
                (comments({"from": None}), OURS),
                (comments(), Absent),
                (comments({"from": {"id": "7"}}), Absent),
                (comments({"message": "Other"}), Absent),
                (comments({"created_time": ago(hours=1)}), Absent),
                (comments(None, {"message": None}), Absent),
                (comments({}, {}), Unknown),
                (ok({}), Unknown)))},
}
