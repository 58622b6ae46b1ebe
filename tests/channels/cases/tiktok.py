"""TikTok: the body of each init, what the creator allows, and the last chunk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Published, Ready
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Live, Net, after, one
from tests.channels.making import image, publication, video
from tests.channels.network import answer
from tests.channels.scene_tiktok import (
    COMPLETE,
    CREATOR,
    CREATOR_INFO,
    HOSTS,
    POST_ID,
    PUBLISH_ID,
    SETTINGS,
    SIZE,
    STATUS,
    TIKTOK,
    UNFINISHED,
    UPLOAD_PATH,
    UPLOAD_URL,
    WHO,
    creator_state,
    done,
    refused,
    said,
    upload_state,
)

R, S = Reason, Effect
ASK, READ, CHUNK = f"POST {CREATOR}", f"POST {STATUS}", f"PUT {UPLOAD_PATH}"
INIT, PHOTOS, CANCEL = (f"POST /v2/post/publish/{path}/" for path in ("video/init", "content/init", "cancel"))
OPTIONS = {"privacyLevel": "PUBLIC_TO_EVERYONE"}
FILE = TIKTOK.draft
PULL = publication("Pull", media=(video(),), options={**OPTIONS, "mode": "pull"})
PHOTO = publication("Photos", media=(image(0), image(1)), options=OPTIONS)
CREATED: dict[str, Any] = {"creator": creator_state()}
UPLOADED = {**CREATED, "upload": upload_state()}
SENT = {**CREATED, "publish_id": PUBLISH_ID, "sent_at": NOW.isoformat()}
FILE_SENT = {"upload": upload_state(), "sent_at": NOW.isoformat()}
NAMELESS = {"publish_id": PUBLISH_ID, "sent_at": NOW.isoformat()}
WHOLE, PULLING = said("PROCESSING_UPLOAD", uploaded_bytes=SIZE), said("PROCESSING_DOWNLOAD")
NO_PHOTO, NO_VIDEO = (said("FAILED", fail_reason=f"{kind}_pull_failed") for kind in ("photo", "video"))
NET = Net(
    "tiktok",
    WHO,
    {
        ASK: done(CREATOR_INFO),
        INIT: done({"publish_id": PUBLISH_ID, "upload_url": UPLOAD_URL}),
        PHOTOS: done({"publish_id": PUBLISH_ID}),
        CHUNK: httpx.Response(201),
        READ: COMPLETE,
        CANCEL: done(),
    },
    SETTINGS,
    {"med_0": bytes(range(SIZE))},
    (STATUS, CREATOR),
)
STARTED_AGAIN = {"creator": None, "upload": None, "publish_id": None, "sent_at": None}
# A refusal of the read says nothing about the post.
REFUSED_READS = [refused(401, code) for code in ("scope_not_authorized", "access_token_invalid", "spam_risk")]
CANNOT_READ = [answer(503), refused(400, "invalid_publish_id"), said("PROCESSING_UPLOAD"), said("")]
LIVE = Live(str(POST_ID), url=f"{HOSTS['auth']}/@acme/video/{POST_ID}")
RETRIED = PULL.model_copy(update={"due_at": NOW + timedelta(seconds=1)})
WAITS = (10, 30, 60, 120, 300)


def publish(outcome: Any, draft: Any, state: Any, replies: Any = (), **more: Any) -> Case:
    return one("publish", NET, draft, outcome, dict(replies), state=state, **more)


def last(outcome: Any, chunk: Any, read: Any = COMPLETE, **more: Any) -> Case:
    """The last chunk of a file is answered so, and then its status."""
    return publish(outcome, FILE, more.pop("state", UPLOADED), {CHUNK: chunk, READ: read}, **more)


def prepare(outcome: Any, draft: Any = FILE, **more: Any) -> Case:
    return one("prepare", NET, draft, outcome, **more)


def info(**changes: Any) -> dict[str, Any]:
    toggles = ("disable_comment", "disable_duet", "disable_stitch", "brand_content_toggle", "brand_organic_toggle")
    plain = dict.fromkeys((*toggles, "is_aigc"), False)
    return {**plain, "privacy_level": "PUBLIC_TO_EVERYONE", **changes}


def file_body(given: Any, creator: Any = (), chunks: int = 1, **changes: Any) -> Case:
    """The init of a file, which is read and begun; the body's switches are as creator_info says."""
    size = given.media[0].bytes
    source = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": min(8, size), "total_chunk_count": chunks}
    shown = {**CREATOR_INFO, "stitch_disabled": False, **dict(creator)}
    return one(
        "prepare",
        NET,
        given,
        Fails(code="FOREIGN_URL"),
        {ASK: done(shown), INIT: done({"publish_id": "v1", "upload_url": "https://evil.example/up"})},
        requests=[ASK, (INIT, {"post_info": info(**changes), "source_info": source})],
    )


def photo_body(draft: Any, creator: Any = (), **body: Any) -> Case:
    """The visible init of photos."""
    urls = [f"https://munadi.example/media/med_{number}" for number in range(len(draft.media))]
    plain = {"disable_comment": False, "auto_add_music": False, "brand_content_toggle": False}
    info = {**plain, "brand_organic_toggle": False, "privacy_level": "PUBLIC_TO_EVERYONE", **body.pop("info", {})}
    source = {"source": "PULL_FROM_URL", "photo_images": urls, "photo_cover_index": body.pop("cover", 0)}
    shape = {"media_type": "PHOTO", "post_mode": "DIRECT_POST", "post_info": info, "source_info": source, **body}
    state = {"creator": creator_state(**dict(creator))}
    return publish(after(5, "TikTok is fetching the media"), draft, state, requests=[(PHOTOS, shape)])


def short(text: str = "", size: int = 5, **options: Any) -> Any:
    return publication(text, media=(video(bytes=size),), options={**OPTIONS, **options})


EVERYTHING = dict.fromkeys(
    ("disableComment", "disableDuet", "disableStitch", "brandContent", "brandOrganic", "aigc"), True
)
# fmt: off
CASES = {
    # bodies
    "a file with only the required fields": file_body(short()),
    "a file with everything": file_body(short("Sale #now", 50, coverTimestampMs=1500, **EVERYTHING), chunks=6,
        title="Sale #now", video_cover_timestamp_ms=1500,
        **{name: not flag for name, flag in info().items() if flag is False}),
    **{f"the creator disabled {name}": file_body(short(), {f"{name}_disabled": True}, **{f"disable_{name}": True})
        for name in ("comment", "duet", "stitch")},
    "a pull names our stored copy": publish(after(5, "TikTok is fetching the media"), PULL, CREATED,
        requests=[(INIT, {"post_info": info(title="Pull"),
                    "source_info": {"source": "PULL_FROM_URL", "video_url": "https://munadi.example/media/med_0"}})],
        saved={"publish_id": PUBLISH_ID}),
    "photos": photo_body(publication("Text", media=PHOTO.media,
            options={**OPTIONS, "title": "Two", "photoCoverIndex": 1, "autoAddMusic": True, "aigc": True}),
        info={"title": "Two", "description": "Text", "auto_add_music": True}, cover=1, is_aigc=True),
    **{f"the text of photos is their description: {text} {options}": photo_body(
            publication(text, media=(image(),), options={**OPTIONS, **options}), info=wanted)
        for text, options, wanted in (
            ("Text", {}, {"description": "Text"}),
            ("Text", {"description": "Other"}, {"description": "Other"}),
            ("Text", {"description": ""}, {}),
            ("", {}, {}))},
    "the creator disabled comments on photos": photo_body(PHOTO, {"comment_disabled": True, "duet_disabled": True},
        info={"description": "Photos", "disable_comment": True}),
    # preparations
    **{f"a pull only reads the creator: {draft.text}": prepare(Ready(expires_at=NOW + timedelta(minutes=30)), draft,
            requests=[ASK])
        for draft in (PULL, PHOTO)},
    **{f"the creator's settings are respected: {draft.text} {words}": prepare(Fails(reason, S.REJECTED, words=words),
            draft, replies={ASK: done({**CREATOR_INFO, **changes})}, requests=[ASK])
        for draft in (short("File", SIZE), PULL)
        for changes, reason, words in (
            ({"privacy_level_options": ["SELF_ONLY"]}, R.INVALID_FIELD, "SELF_ONLY"),
            ({"max_video_post_duration_sec": 9}, R.MEDIA_VALIDATION_FAILED, "9 s"))},
    "a creator who may not post now is told with HTTP 200": prepare(Fails(R.DAILY_CAP_REACHED, S.NOT_SENT),
        replies={ASK: refused(200, "spam_risk_too_many_posts")}, requests=[ASK]),
    **{f"an init without an address is no upload: {number}": prepare(Fails(R.PROVIDER_OUTAGE),
            replies={INIT: done(data)}, saved={"upload": None})
        for number, data in enumerate(({}, {"publish_id": "v1"}, {"upload_url": "https://x"}, None, "text"))},
    **{f"nothing is sent to {url}": prepare(Fails(code="FOREIGN_URL"),
            replies={INIT: done({"publish_id": "v1", "upload_url": url})}, requests=[ASK, INIT])
        for url in ("https://evil.example/up?upload_token=t", "http://open-upload.tiktokapis.com/x")},
    # the visible call
    "the last chunk makes a file public": last(after(5, "TikTok is processing the video"), httpx.Response(201),
        requests=[CHUNK]),
    "a pull that was sent is live when its status says so": Case(NET, PHOTO,
        [Call("publish", Pending, [PHOTOS]), Call("check", Published)], state=CREATED),
    **{f"a last chunk refused with {code} may have arrived: {read.json()['data']['status']}": last(outcome,
            answer(code), read, requests=[CHUNK, READ])
        for code in (403, 404, 416)
        for read, outcome in ((COMPLETE, Published), (WHOLE, Pending))},
    **{f"a last chunk of an unfinished upload refused with {code} starts again": last(
            Fails(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT), answer(code), UNFINISHED,
            saved={"upload": None, "failures": 1})
        for code in (403, 404, 416)},
    "and not for ever": last(Fails(effect=S.REJECTED), answer(403), UNFINISHED, state={**UPLOADED, "failures": 3}),
    **{f"a refused last chunk whose status cannot be read is unknown: {number}": last(
            Fails(effect=S.UNKNOWN, code="HTTP 404"), answer(404), read, saved=UPLOADED)
        for number, read in enumerate((*CANNOT_READ, *REFUSED_READS))},
    "a refused last chunk of a failed post": last(Fails(R.SPAM_BLOCKED, S.REJECTED), answer(404),
        said("FAILED", fail_reason="spam_risk")),
    "an upload that is incomplete after its last chunk": last(Fails(effect=S.UNKNOWN), httpx.Response(206)),
    "an expired address is not called": Case(NET, FILE,
        [Call("publish", Fails(effect=S.NOT_SENT), [], {"upload": None, "failures": 1}, minutes=55)], state=UPLOADED),
    "a saved address that is no longer configured": last(Fails(effect=S.NOT_SENT, code="FOREIGN_URL"),
        httpx.Response(201), state={**CREATED, "upload": upload_state(url="https://elsewhere.example/video/")},
        requests=[]),
    **{f"an upload is answered with a bare status: {number}": last(Fails(reason, effect), given, answer(503))
        for number, (given, reason, effect) in enumerate((
                (answer(400), R.MEDIA_VALIDATION_FAILED, S.REJECTED),
                (answer(418, UPLOAD_URL), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
                (answer(429), R.RATE_LIMITED, S.NOT_SENT),
                (answer(500), R.PROVIDER_OUTAGE, S.UNKNOWN),
                (httpx.ReadError(f"reset by {UPLOAD_URL}"), R.PROVIDER_OUTAGE, S.UNKNOWN)))},
}
