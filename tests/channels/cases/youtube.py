"""YouTube: the metadata of an upload, and a video that is processed, dead or gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Pending, Published, Ready
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Net, after, one
from tests.channels.making import publication, video
from tests.channels.network import answer, ok
from tests.channels.scene_youtube import KIDS, VIDEO, VIDEOS, YOUTUBE, listed, resource

R, S = Reason, Effect
UPLOAD, PLAYLIST = "/upload/youtube/v3/videos", "/youtube/v3/playlistItems"
SESSION = f"https://www.googleapis.com{UPLOAD}?uploadType=resumable&upload_id=s"
BYTES = bytes(range(256)) * 1024 * 3 + b"the end"  # three whole chunks of 256 KiB and a short one
ASSET = video(bytes=len(BYTES), width=1920, height=1080)
DRAFT = publication("Monsoon\n\nThe sale has begun", media=(ASSET,), options=KIDS)
WHO = YOUTUBE.account
OPEN, SEND, READ, UPDATE = f"POST {UPLOAD}", f"PUT {UPLOAD}", f"GET {VIDEOS}", f"PUT {VIDEOS}"
LIST, DELETE = f"GET {PLAYLIST}", f"DELETE {VIDEOS}"
URL, NOTE = f"https://www.youtube.com/watch?v={VIDEO}", "YouTube is processing the video"
LIVE, ABSENT = Published(post_id=VIDEO, url=URL), Absent(by_key=True)
NOW_LIVE = LIVE.model_copy(update={"published_at": NOW})
PROCESSING = resource("private", "uploaded")
NET = Net(
    "youtube",
    WHO,
    {
        OPEN: httpx.Response(200, headers={"location": f"{SESSION}1"}),
        SEND: answer(201, PROCESSING),
        READ: listed(resource("private")),
        UPDATE: ok(resource("public")),
        DELETE: answer(204),
        LIST: ok({"items": []}),
    },
    files={ASSET.id: BYTES},
)
BY_DEFAULT: dict[str, Any] = {
    "privacyStatus": "public",
    "license": "youtube",
    "embeddable": True,
    "publicStatsViewable": True,
    "containsSyntheticMedia": False,
    "selfDeclaredMadeForKids": False,
}
PREPARATIONS = [(NET, DRAFT, set[int]())]


def uploaded(minutes: float = 20, **more: Any) -> dict[str, Any]:
    """A video that was uploaded so many minutes ago."""
    return {"video_id": VIDEO, "uploaded_at": (NOW - timedelta(minutes=minutes)).isoformat(), **more}


def upload_entry(video_id: str = VIDEO, minutes: float = 1, **words: str) -> dict[str, Any]:
    """An entry of the uploads list."""
    at = (NOW + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    snippet = {"title": "Monsoon", "description": DRAFT.text, "publishedAt": at, **words}
    return {"snippet": snippet, "contentDetails": {"videoId": video_id}}


def given(**options: Any) -> Any:
    return DRAFT.model_copy(update={"options": {**KIDS, **options}})


def due(minutes: float) -> Any:
    return publication("Monsoon", at=NOW + timedelta(minutes=minutes), media=(ASSET,), options=KIDS)


def metadata(draft: Any, **parts: Any) -> Case:
    """The body that opens a session; `parts` differ from the plain one."""
    snippet = {"title": "Monsoon", "description": DRAFT.text, "categoryId": "22", **parts.pop("snippet", {})}
    body = {
        "snippet": snippet,
        "status": {**BY_DEFAULT, "privacyStatus": "private", **parts.pop("status", {})},
        **parts,
    }
    return one("prepare", NET, draft, Ready, requests=[(OPEN, body), SEND, READ])


def processed(outcome: Any, *shown: Any, minutes: float = 1, draft: Any = DRAFT, **more: Any) -> Case:
    """A video was uploaded so many minutes ago, and YouTube shows this of it."""
    state = uploaded(minutes, **more.pop("state", {}))
    replies = {READ: [one if isinstance(one, httpx.Response) else listed(one) for one in shown] or listed()}
    return one("prepare", NET, draft, outcome, replies, state=state, **more)


def dead(upload: str = "uploaded", **status: Any) -> dict[str, Any]:
    details = {"processingStatus": status.pop("processing", "failed"), "processingFailureReason": status.pop("why", "")}
    return {**resource("private", upload=upload, **status), "processingDetails": details}


STATUS = {
    "license": "creativeCommon",
    "embeddable": False,
    "publicStatsViewable": False,
    "containsSyntheticMedia": True,
}
FINAL = {
    R.CONTENT_POLICY: "copyright inappropriate termsOfUse claim trademark legal neverSeenBefore",
    R.DUPLICATE_CONTENT: "duplicate",
    R.MEDIA_VALIDATION_FAILED: "length",
    R.ACCOUNT_RESTRICTED: "uploaderAccountSuspended uploaderAccountClosed",
}
# fmt: off
CASES = {
    # metadata
    "an upload is private and has only what was given": metadata(DRAFT),
    "every word and status": metadata(given(title="T", tags=["sale", "big rain"], categoryId="24",
            defaultLanguage="en", **STATUS),
        snippet={"title": "T", "tags": ["sale", "big rain"], "categoryId": "24", "defaultLanguage": "en"},
        status=STATUS),
    "further parts are sent only where they are used": metadata(given(defaultLanguage="en", defaultAudioLanguage="ta",
            localizations={"de": {"title": "Ausverkauf"}, "pt-BR": {"title": "Liquidação", "description": "Já"}},
            recordingDate="2026-11-01", paidProductPlacement=True),
        snippet={"defaultLanguage": "en", "defaultAudioLanguage": "ta"},
        localizations={"de": {"title": "Ausverkauf", "description": ""},
            "pt-BR": {"title": "Liquidação", "description": "Já"}},
        recordingDetails={"recordingDate": "2026-11-01T00:00:00Z"},
        paidProductPlacementDetails={"hasPaidProductPlacement": True}),
    **{f"the title is the first line with words: {text!r}": metadata(DRAFT.model_copy(update={"text": text}),
            snippet={"title": "First", "description": text})
        for text in ("\n\n  First \nSecond", "First", "First\r\nSecond", " First\n")},
    # processing
    **{f"a video of {minutes} minutes is polled after {wait} s": processed(after(wait, NOTE), PROCESSING,
            minutes=minutes, draft=due(60), requests=[(READ, {"part": "status,processingDetails", "id": VIDEO})])
        for minutes, wait in ((0, 5), (0.9, 5), (1, 30), (9.9, 30), (10, 120), (600, 120))},
    **{f"a processed video is ready: {number}": processed(Ready(), shown, minutes=0, draft=due(60))
        for number, shown in enumerate((
                resource("private"),
                dead(processing="succeeded"),
                resource("public", "uploaded")))},
    **{f"no slot is missed for a slow video: {name}": processed(Ready() if wait is None else after(wait, NOTE),
            PROCESSING, minutes=ago, draft=due(due_in))
        for name, ago, due_in, wait in (
            ("until the slot", 60, 0.05, 3),
            ("at the slot", 60, 0, None),
            ("patience left", 9.9, 0, 6),
            ("patience gone", 10, 0, None),
            ("just uploaded", 0, -5, 5),
            ("an hour to go", 10, 60, 120))},
    **{f"a file that failed: {code}": processed(Fails(R.MEDIA_PROCESSING_FAILED, S.REJECTED, code, words=VIDEO),
            resource("private", upload="failed", failureReason=code), requests=[READ])
        for code in ("conversion", "invalidFile", "emptyFile", "tooSmall", "codec")},
    **{f"an upload that failed is made again: {number}": Case(NET, DRAFT,
            [Call("prepare", Pending, [READ, DELETE], {"renewals": 1}), Call("prepare", Ready, [OPEN, SEND, READ])],
            state=uploaded(1), replies={READ: [listed(shown), listed(resource("private"))], DELETE: deleted})
        for number, (shown, deleted) in enumerate((
                *((resource("private", upload="failed", failureReason=code), answer(204))
                    for code in ("uploadAborted", "neverSeenBefore")),
                *((dead(why=why, processing=status), answer(204))
                    for why in ("uploadFailed", "transcodeFailed", "streamingFailed", "other")
                    for status in ("failed", "terminated")),
                (dead(why="other"), answer(403, "<html>")),  # a dead video that cannot be removed does not stop a post
            ))},
    **{f"a rejected video is final: {code}": processed(Fails(reason, S.REJECTED),
            resource("private", upload="rejected", rejectionReason=code), requests=[READ])
        for reason, codes in FINAL.items()
        for code in codes.split()},
    **{f"a new video may not be listed yet: {number}": processed(after(5, "the uploaded video is not listed"), shown,
            minutes=1.9)
        for number, shown in enumerate((
                listed(),
                ok({"kind": "youtube#videoListResponse"}),
                listed({**resource(), "id": "another"})))},
    **{f"a video that is gone: {number}, {renewals} renewals": processed(outcome, shown, minutes=5,
            state={"renewals": renewals})
        for number, shown in enumerate((listed(), resource("private", upload="deleted")))
        for renewals, outcome in ((0, Pending), (2, Fails(R.MEDIA_PROCESSING_FAILED, S.REJECTED)))},
    "a failed read changes nothing": processed(Fails(R.PROVIDER_OUTAGE), answer(503, "<html>"), saved=uploaded(1),
        requests=[READ]),
    **{f"a check: {number}": one("check", NET, DRAFT, outcome, {READ: listed(*shown)}, state=state)
        for number, (state, shown, outcome) in enumerate((
                (None, [], after(0, "to be prepared")),
                (uploaded(), [PROCESSING], after(120, NOTE)),
                (uploaded(), [resource("private")], Ready()),
                (uploaded(), [resource("unlisted")], LIVE),
                (uploaded(), [], Fails()),
                (uploaded(), [resource("private", upload="failed", failureReason="codec")], Fails())))},
}
