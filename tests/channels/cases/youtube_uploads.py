"""YouTube: an upload is one session, which is resumed from the bytes that YouTube has, in bounded pieces."""

from __future__ import annotations

import re
from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Ready
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Net, after, one
from tests.channels.cases.youtube import BYTES, DRAFT, LIST, NET, OPEN, READ, SEND, SESSION, WHO, given, upload_entry
from tests.channels.making import TOKEN
from tests.channels.network import answer, ok
from tests.channels.scene_youtube import UPLOADS, VIDEO, listed, refusal, resource

R, S = Reason, Effect
UNIT, TOTAL = 262_144, len(BYTES)
RANGE = re.compile(r"^bytes (\d+)-(\d+)/(\d+)$")
DONE = answer(201, resource("private", "uploaded"))
ASKED = (SEND, None, {"content-range": f"bytes */{TOTAL}"})


def stored(size: int) -> httpx.Response:
    """The session has so many bytes."""
    return httpx.Response(308, headers={"range": f"bytes=0-{size - 1}"} if size else {})


def taken(request: httpx.Request) -> httpx.Response:
    """A chunk of whole units, or the last."""
    found = RANGE.match(request.headers["content-range"])
    assert found is not None
    first, last, total = (int(number) for number in found.groups())
    assert int(request.headers["content-length"]) == len(request.content) == last - first + 1
    assert last + 1 == total or len(request.content) % UNIT == 0
    return DONE if last + 1 == total else stored(last + 1)


def opened(number: int) -> httpx.Response:
    return httpx.Response(200, headers={"location": f"{SESSION}{number}"})


def up(runs: int, content: bytes = BYTES, units: int = 1) -> Net:
    """A channel that sends so many chunks a run to sessions s1, s2…"""
    replies = {**NET.replies, OPEN: [opened(number) for number in range(1, 9)], SEND: taken}
    return Net("youtube", WHO, replies, {"chunk_bytes": units * UNIT, "chunks_per_run": runs}, {"med_0": content})


UP, WHOLE = up(2), up(9)


def piece(first: int, last: int, session: int = 1) -> Any:
    """The bytes from one unit to another, or to the end."""
    start, end = UNIT * first, min(UNIT * last, TOTAL)
    request = f"{SEND}?uploadType=resumable&upload_id=s{session}"
    return (request, BYTES[start:end], {"content-range": f"bytes {start}-{end - 1}/{TOTAL}"})


PIECES, OTHER_PIECES = ([piece(number, number + 1, session) for number in range(4)] for session in (1, 2))


def upload(*calls: Call, net: Net = WHOLE, state: Any = None, **replies: Any) -> Case:
    names = {"opened": OPEN, "sent": SEND, "shown": READ, "listed": LIST}
    return Case(net, DRAFT, calls, state, {names[name]: said for name, said in replies.items()})


MOMENT = NOW.isoformat().replace("+00:00", "Z")
BEGUN = {"session": f"{SESSION}1", "started_at": MOMENT}
LOST = {**BEGUN, "offset": 3 * UNIT, "finishing": True, "lost_at": MOMENT}
WAITING = after(30, "waiting until the video of a lost upload session is listed")
OTHERS = [
    upload_entry("older", -9),
    upload_entry("other", title="Another"),
    upload_entry("alien", description="Another"),
    {"snippet": {"publishedAt": "not a time"}},
    "not an object",
]


def uploads(*entries: Any) -> httpx.Response:
    return ok({"items": list(entries)})


ANNOUNCED = {
    "x-upload-content-length": str(TOTAL),
    "x-upload-content-type": "video/mp4",
    "authorization": f"Bearer {TOKEN}",
}
# fmt: off
CASES = {
    **{f"a session is opened for the file{more}": one("prepare", UP, draft, after(0, "66 % uploaded"),
            requests=[(f"{OPEN}?uploadType=resumable&part=snippet,status{more}", None, ANNOUNCED), *PIECES[:2]])
        for draft, more in ((DRAFT, ""), (given(notifySubscribers=False), "&notifySubscribers=false"))},
    "the session is saved before the first byte": upload(
        Call("prepare", Fails(), [OPEN, SEND], saved=BEGUN, until=False), sent=httpx.ReadError("reset")),
    "a run sends a bounded piece and saves every chunk": upload(Call("prepare", after(0, "66 % uploaded"),
            [OPEN, *PIECES[:2]], saved={"offset": 2 * UNIT}, writes=3),
        Call("ready", Ready, [ASKED, *PIECES[2:], READ], saved={"video_id": VIDEO}, ready=True), net=UP,
        sent=[taken, taken, stored(2 * UNIT), taken]),
    "a whole preparation is one upload and one read": upload(Call("prepare", Ready, [OPEN, *PIECES, READ])),
    **{f"a run after a crash continues from {units} chunks": upload(
            Call("ready", Ready, [ASKED, *PIECES[units:], READ]),
            state={**BEGUN, "offset": UNIT * units, "finishing": units == 3}, sent=[stored(UNIT * units), taken])
        for units in range(4)},
    # The session is read, and nothing is started again.
    **{f"after the lost answer {number} of chunk {chunk}": upload(Call("prepare", Fails(R.PROVIDER_OUTAGE, S.UNKNOWN),
                [OPEN, *PIECES[:chunk]]), Call("ready", Ready, [ASKED, *PIECES[chunk:], READ]),
            sent=[*[taken] * (chunk - 1), lost, stored(UNIT * chunk) if chunk < 4 else DONE, taken])
        for number, lost in enumerate((httpx.ReadTimeout("slow"), answer(502, "<html>"), answer(503, "<html>")))
        for chunk in (1, 2, 3, 4)},
    "nothing was stored": upload(Call("prepare", after(0, "0 % uploaded"), [OPEN, PIECES[0]]),
        Call("ready", Ready, [ASKED, *PIECES, READ]), sent=[stored(0), stored(0), taken]),
    "an offset that is not the session's": upload(Call("prepare", Fails(R.PROVIDER_OUTAGE, S.UNKNOWN),
            [OPEN, *PIECES[:2]]), Call("ready", Ready, [ASKED, *PIECES[1:], READ]),
        sent=[taken, answer(416, "<html>"), stored(UNIT), taken]),
    "an end that names no video": upload(Call("prepare", Fails(R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN), [OPEN, *PIECES]),
        Call("ready", Ready, [ASKED, READ]), sent=[taken, taken, taken, answer(200, "<html>ok</html>"), DONE]),
    "everything stored but no video yet waits a moment": upload(
        Call("prepare", after(5, "100 % uploaded"), [OPEN, *PIECES]),
        Call("prepare", after(5, "100 % uploaded"), [ASKED]), Call("prepare", Ready, [ASKED, READ]),
        sent=[taken, taken, taken, stored(TOTAL), stored(TOTAL), DONE]),
    "a short store is continued where it ended": upload(Call("ready", Ready,
            [OPEN, piece(0, 2), piece(1, 3), ASKED, piece(2, 4), piece(3, 5), READ]), net=up(2, units=2),
        sent=[stored(UNIT), stored(2 * UNIT), stored(2 * UNIT), stored(3 * UNIT), taken]),
    **{f"a file that shrank to {len(content)} bytes": upload(Call("prepare", Fails(R.MEDIA_UNREACHABLE, S.REJECTED)),
            net=up(9, content))
        for content in (b"", BYTES[:-1])},
    **{f"nothing is sent to a session at another host: {location}": upload(
            Call("prepare", Fails(R.UNKNOWN_PROVIDER_ERROR), [OPEN]),
            opened=httpx.Response(200, headers={"location": location} if location else {}))
        for location in ("https://evil.example/upload", "http://www.googleapis.com/x", "")},
    "a session at another of Google's hosts is followed": Case(WHOLE, DRAFT,
        [Call("prepare", Ready, [OPEN, *["PUT upload.googleapis.com/x"] * 4, READ])],
        replies={OPEN: httpx.Response(200, headers={"location": "https://upload.googleapis.com/x?upload_id=1"}),
            "PUT /x": taken}),
    **{f"a session that is refused: {reason}": upload(Call("prepare", Fails(reason, effect), [OPEN], writes=0),
            opened=said)
        for said, reason, effect in (
            (refusal(400, "invalidTitle"), R.INVALID_FIELD, S.REJECTED),
            (refusal(403, "insufficientPermissions"), R.MISSING_SCOPE, S.REJECTED),
            (refusal(400, "uploadLimitExceeded"), R.DAILY_CAP_REACHED, S.NOT_SENT),
            (refusal(403, "quotaExceeded"), R.QUOTA_EXCEEDED, S.NOT_SENT),
            (refusal(401, "authError"), R.TOKEN_EXPIRED, S.NOT_SENT))},
    # a lost session
    **{f"a session lost before its end is opened again: {status}": upload(Call("prepare", Pending, [OPEN, *PIECES[:2]],
                saved={"renewals": 1}), Call("ready", Ready, [OPEN, *OTHER_PIECES, READ]),
            sent=[taken, answer(status, "<html>"), taken])
        for status in (404, 410)},
    **{f"but only a few times: {status}": upload(Call("ready", Fails(R.PROVIDER_OUTAGE, S.REJECTED), [OPEN, SEND] * 3),
            sent=answer(status, "<html>"))
        for status in (404, 410)},
    "after a session that was lost with its last byte the uploads are searched": upload(Call("prepare", Fails(),
            [OPEN, *PIECES], saved={"finishing": True}),
        Call("prepare", after(5, "99 % uploaded"), [ASKED], saved={"lost_at": MOMENT}),
        Call("prepare", WAITING, [(LIST, {"playlistId": UPLOADS})]),
        Call("prepare", Ready, [LIST, READ, READ], saved={"video_id": VIDEO},
            replies={LIST: uploads(*OTHERS, upload_entry())}),
        sent=[taken, taken, taken, httpx.ReadTimeout("slow"), answer(404, "<html>")], listed=uploads(*OTHERS)),
    "no video within the grace means a new session": upload(Call("prepare", WAITING, [LIST]),
        Call("ready", Ready, [LIST, OPEN, *PIECES, READ], minutes=5), state=LOST),
    "a channel without any upload has no list": upload(Call("prepare", Pending), state=LOST,
        listed=refusal(404, "playlistNotFound")),
    "two similar uploads are not confused": upload(Call("prepare", Fails(R.OUTCOME_UNKNOWN, S.REJECTED)), state=LOST,
        listed=uploads(upload_entry(), upload_entry("other")),
        shown=listed(resource("private"), {**resource("private"), "id": "other"})),
    "a visible video is not our upload": upload(Call("prepare", Pending, saved={"video_id": None}), state=LOST,
        listed=uploads(upload_entry()), shown=listed(resource("public"))),
}
