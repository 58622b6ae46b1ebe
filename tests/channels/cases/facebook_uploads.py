"""Facebook: photos, reels and videos continue where their upload ended, are polled, and are replaced when dead."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from munadi.channels.pulls import PULL_WAITS
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Published, Ready
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, after, one
from tests.channels.cases.facebook import (
    BYTES,
    DONE,
    FEED,
    FILE,
    FILM,
    LINK,
    NET,
    PHOTO,
    PHOTOS,
    REEL,
    REELS,
    SCRAPE,
    SHOWN,
    STARTED,
    STATUS,
    TEXT,
    URL,
    VIDEO,
    VIDEOS,
    WAITING,
    phases,
    uploading,
)
from tests.channels.containers import graph_error
from tests.channels.making import TOKEN, image, publication
from tests.channels.network import answer, ok

R, S = Reason, Effect
TRIES = (S.NOT_SENT, S.NOT_SENT, S.REJECTED)
PROCESSING = phases(video_status="processing", processing="in_progress")
FRESH = Ready(expires_at=NOW + timedelta(hours=24))
OPAQUE: dict[str, Any] = {"has_alpha": False, "animated": False}
UNFIT = publication("Hello", media=(image(0, mime_type="image/webp", **OPAQUE), image(1, bytes=9_000_000, **OPAQUE)))
RESET = graph_error(2)


def resting(received: int) -> Any:
    """An upload whose bytes have arrived in part."""
    return phases(video_status="uploading", uploading="in_progress", processing="not_started", received=received)


ARRIVING = replace(NET, replies={**NET.replies, STATUS: [resting(0), WAITING]})
PREPARATIONS = [(NET, PHOTOS, set[int]()), (ARRIVING, REEL, set[int]()), (NET, FILM, set[int]())]
BROKEN = {"video_status": "error", "processing_phase": {"status": "error", "error": {"message": "bad GOP"}}}
AGAIN = [{"media_fbid": "p3"}, {"media_fbid": "p4"}]
OFFSETS = {"start_offset": "5", "end_offset": "7"}


def photo(number: int, **form: str) -> Any:
    return (PHOTO, {"url": f"https://munadi.example/media/med_{number}", "published": "false", **form})


def sent(offset: int) -> Any:
    """The bytes of a reel from there on."""
    return (BYTES, FILE[offset:], {"offset": str(offset)})


def part(start: int, end: int) -> Any:
    form = {"upload_phase": b"transfer", "upload_session_id": b"77", "start_offset": str(start).encode()}
    return (VIDEOS.replace("POST ", "POST graph-video.facebook.com"), {**form, "video_file_chunk": FILE[start:end]})


def of_upload(kind: str) -> Any:
    return answer(400, {"debug_info": {"retriable": True, "type": kind, "message": "no"}})


def parted(*transfers: Any) -> Any:
    """The server of a video, which answers its first parts so."""
    return [ok(STARTED), *transfers, uploading]


# fmt: off
CASES = {
    "photos are uploaded unpublished with their alt texts, and again when Facebook has deleted them": Case(NET, PHOTOS,
        [Call("prepare", FRESH, [(*photo(0, alt_text_custom="Teal"), {"authorization": f"Bearer {TOKEN}"}), photo(1)]),
            Call("prepare", Ready, [PHOTO, PHOTO], minutes=24 * 60),
            Call("publish", Published, [(FEED, {"message": "Hello", "attached_media": AGAIN}), SHOWN])]),
    "a photo that Facebook does not accept is sent as a rendition": one("prepare", NET, UNFIT, Ready,
        requests=[(PHOTO, {"url": f"https://munadi.example/media/med_{number}-jpeg", "published": "false"})
            for number in (0, 1)], renditions=[(f"med_{number}", "image/jpeg", 4_000_000, None) for number in (0, 1)]),
    **{f"a refused photo: {reason}": Case(NET, PHOTOS,
            [Call("prepare", Fails(reason, effect), [PHOTO]) for effect in effects], replies={PHOTO: refused})
        for refused, reason, effects in (
            (graph_error(368), R.ACCOUNT_RESTRICTED, [S.REJECTED]),
            (ok({}), R.PROVIDER_OUTAGE, [S.UNKNOWN]),
            (graph_error(389), R.MEDIA_UNREACHABLE, TRIES))},
    "a photo that Facebook may not have fetched is offered again": Case(NET, PHOTOS,
        [Call("prepare", Fails(R.MEDIA_VALIDATION_FAILED, S.NOT_SENT if wait else S.REJECTED,
                    words="MUNADI_PUBLIC_URL", wait=wait and wait.total_seconds()), [PHOTO])
            for wait in (*PULL_WAITS, None)], replies={PHOTO: graph_error(324)}),
    **{f"nothing is prepared for a text or a link: {draft.link}": one("prepare", NET, draft, Ready(), requests=[])
        for draft in (TEXT, LINK)},
    "an unreadable link is read again, and then posted whatever comes of that": one("prepare", NET, LINK, Ready(),
        {SCRAPE: answer(500, "<html>")}, state={"link": "unreadable"},
        requests=[(SCRAPE, {"id": "https://acme.example/sale", "scrape": "true"})], saved={"link": "scraped"}),
    "a reel is started, uploaded and polled": Case(NET, REEL, [Call("prepare",
                after(5, "Facebook is processing the video"), [(REELS, {"upload_phase": "start"}),
                    (BYTES.replace("POST ", "POST rupload.facebook.com"), FILE,
                        {"offset": "0", "file_size": "10", "content-length": "10", "authorization": f"OAuth {TOKEN}"}),
                    STATUS]), Call("prepare", FRESH, [STATUS])], replies={STATUS: [PROCESSING, WAITING]}),
    # Its id was saved before any byte was sent.
    **{f"a reel continues from where its bytes ended: {received}": Case(NET, REEL,
            [Call("prepare", Fails(effect=S.UNKNOWN),
                    saved={"upload.video_id": VIDEO, "upload.url": URL, "upload.uploaded_at": None}),
                Call("ready", Ready, requests, replies={BYTES: DONE})],
            replies={BYTES: RESET, STATUS: [status, WAITING]})
        for received, status, requests in (
            (9, resting(9), [STATUS, sent(9), STATUS]),
            (0, resting(0), [STATUS, sent(0), STATUS]),
            ("all", PROCESSING, [STATUS, STATUS]))},
    **{f"a dead reel is uploaded three times in all: {number}": Case(NET, REEL,
            [Call("prepare", Fails(R.MEDIA_PROCESSING_FAILED, effect, said=words), [REELS, BYTES, STATUS])
                for effect in TRIES], replies={STATUS: dead})
        for number, (dead, words) in enumerate((
                (ok({"status": BROKEN}), "bad GOP"),
                (phases(video_status="expired"), None),
                (phases(video_status="upload_failed", uploading="error"), None)))},
    **{f"an upload that takes {age} s": Case(NET, REEL,
            [Call("prepare", Pending), Call("prepare", outcome, seconds=age)], replies={STATUS: PROCESSING})
        for age, outcome in (
            *((age, after(wait)) for age, wait in ((0, 5), (29, 5), (30, 15), (299, 15), (300, 60), (1800, 60))),
            (1801, Fails(R.MEDIA_PROCESSING_TIMEOUT, S.REJECTED)))},
    **{f"bytes and token go to an address of the network only: {number}": one("prepare", NET, REEL, Fails(code=code),
            {REELS: ok(body)}, requests=[REELS], writes=writes)
        for number, (body, code, writes) in enumerate((
                *(({"video_id": VIDEO, "upload_url": url}, "FOREIGN_URL", 1)
                    for url in ("https://evil.example/up", "http://rupload.facebook.com/up", "https://facebook.com.x/")),
                *((body, "INCOMPLETE_ANSWER", 0) for body in ({}, {"video_id": VIDEO}, {"upload_url": URL}))))},
    "a video is sent in the parts that are wanted": one("prepare", NET, FILM, FRESH,
        requests=[(VIDEOS.replace("POST ", "POST graph-video.facebook.com"),
                {"upload_phase": "start", "file_size": "10"}), part(0, 3), part(3, 6), part(6, 9), part(9, 10)]),
    **{f"a part that was not stored is sent again from where Facebook says: {number}": Case(NET, FILM,
            [Call("prepare", Fails(R.PROVIDER_OUTAGE), [VIDEOS, part(0, 3)]), Call("prepare", Ready, [first, *rest])],
            replies={VIDEOS: parted(odd)})
        for number, (odd, first, rest) in enumerate((
                *((graph_error(100, 1363037, error_data=data), part(5, 7), [part(7, 10)])
                    for data in (OFFSETS, json.dumps(OFFSETS))),
                *((ok(body), part(0, 3), [VIDEOS] * 3)
                    for body in ({}, {"start_offset": "0", "end_offset": "9"}, {"start_offset": "x"}))))},
    **{f"an upload of a {name} that Facebook cannot process is begun again": Case(NET, draft,
            [Call("prepare", Fails(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT), saved={"upload": None, "renewals": 1}),
                Call("ready", Ready)], replies={STATUS: WAITING, **replies})
        for name, draft, replies in (
            ("video", FILM, {VIDEOS: parted(graph_error(6000))}),
            ("reel", REEL, {BYTES: [of_upload("ProcessingFailedError"), DONE]}))},
    **{f"bytes are stored only when Facebook says so: {number}": Case(NET, REEL,
            [Call("prepare", Fails(R.PROVIDER_OUTAGE), saved={"upload.uploaded_at": None}),
                Call("ready", Ready, [STATUS, sent(5), STATUS])],
            replies={STATUS: [resting(5), WAITING], BYTES: [refused, DONE]})
        for number, refused in enumerate((
                *map(of_upload, ("OffsetInvalidError", "PartialRequestError")),
                *map(ok, ({}, {"success": False}, "not json"))))},
}
