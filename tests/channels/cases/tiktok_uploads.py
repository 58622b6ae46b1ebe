"""TikTok: creator_info is read, and a file is uploaded up to its last chunk, and resumed where it stopped."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Ready
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Net, after, one
from tests.channels.cases.tiktok import ASK, CHUNK, INIT, NET, OPTIONS, PHOTOS, READ, info
from tests.channels.making import TOKEN, image, publication, video
from tests.channels.network import answer, ok
from tests.channels.scene_tiktok import HOSTS, SETTINGS, WHO, done, said

R, S = Reason, Effect
FILE = bytes(range(44))  # five chunks of 8, the last one has 12
VIDEO = publication("Monsoon", media=(video(bytes=len(FILE)),), options=OPTIONS)
PULL = publication("Pull", media=(video(bytes=44),), options={**OPTIONS, "mode": "pull"})
HOUR = timedelta(hours=1)
RANGE = re.compile(r"^bytes (\d+)-(\d+)/(\d+)$")


def taken(request: httpx.Request) -> httpx.Response:
    """A chunk that begins and ends where it says."""
    given = RANGE.match(request.headers["content-range"])
    assert given is not None
    first, last, total = (int(number) for number in given.groups())
    assert len(request.content) == last - first + 1
    return httpx.Response(201 if last + 1 == total else 206)


def opened(number: int) -> httpx.Response:
    return done({"publish_id": f"v{number}", "upload_url": f"{HOSTS['upload']}/video/?upload_token=secret-{number}"})


# Uploads v1, v2… take every chunk.
OPEN = {INIT: [opened(number) for number in range(1, 9)], CHUNK: taken, READ: said("PROCESSING_UPLOAD")}
REPLIES = {**NET.replies, **OPEN}
UP = Net("tiktok", WHO, REPLIES, SETTINGS, {"med_0": FILE}, NET.reading_posts)
LONG = Net("tiktok", WHO, REPLIES, SETTINGS, {"med_0": bytes(203)}, NET.reading_posts)
PREPARATIONS = [(UP, VIDEO, set[int]())]


def chunk(index: int, upload: int = 1) -> Any:
    """A chunk has no token but that of its address."""
    start, end = 8 * index, 8 * index + 8 if index < 4 else len(FILE)
    headers = {"content-range": f"bytes {start}-{end - 1}/44", "content-type": "video/mp4", "authorization": None}
    return (f"{CHUNK}?upload_token=secret-{upload}", FILE[start:end], headers)


def chunks(start: int = 0, upload: int = 1) -> list[Any]:
    """All but the last, from there on."""
    return [chunk(index, upload) for index in range(start, 4)]


def prepare(*calls: Call, draft: Any = VIDEO, net: Net = UP, **more: Any) -> Case:
    return Case(net, draft, calls, **more)


def photos(*names: str) -> dict[str, Any]:
    shown = {"disable_comment": False, "auto_add_music": False, "brand_content_toggle": False}
    shown |= {"brand_organic_toggle": False, "privacy_level": "PUBLIC_TO_EVERYONE", "description": "Photos"}
    urls = [f"https://munadi.example/media/{name}" for name in names]
    source = {"source": "PULL_FROM_URL", "photo_images": urls, "photo_cover_index": 0}
    return {"media_type": "PHOTO", "post_mode": "DIRECT_POST", "post_info": shown, "source_info": source}


UNFIT = publication(
    "Photos",
    media=(image(0, mime_type="image/png"), image(1), image(2, multi_picture=True)),
    options=OPTIONS,
)
SOURCE = {"source": "FILE_UPLOAD", "video_size": 44, "chunk_size": 8, "total_chunk_count": 5}
# fmt: off
CASES = {
    "all chunks but the last are uploaded ahead of time, and the last makes a file public": prepare(Call("ready",
            Ready(expires_at=NOW + HOUR),
            [ASK, (INIT, {"post_info": info(title="Monsoon", disable_stitch=True), "source_info": SOURCE}), *chunks()],
            writes=7, ready=True, until=NOW + HOUR),
        Call("publish", after(5, "TikTok is processing the video"), [chunk(4)], ready=True, until=False)),
    "a token that is echoed with HTTP 200 is removed": one("prepare", UP, VIDEO, Fails(code="odd"),
        {ASK: ok({"error": {"code": "odd", "message": f"what is {TOKEN}"}})}),
    "an init whose answer was lost is repeated": prepare(Call("prepare", Fails(), [ASK, INIT], until=NOW + HOUR / 2),
        Call("ready", Ready, [INIT, *chunks()]), replies={INIT: [httpx.ReadTimeout("lost"), opened(1)]}),
    # The chunk is refused as it is there already, and the status shows where to continue.
    **{f"chunk {number} whose answer was lost is not counted twice": prepare(Call("prepare", Fails(effect=S.UNKNOWN),
                [ASK, INIT, *chunks()[: number + 1]]),
            Call("ready", Ready, [chunk(number), READ, *chunks(number + 1)]),
            replies={CHUNK: [*[taken] * number, httpx.ReadTimeout("lost"), answer(416), taken],
                READ: said("PROCESSING_UPLOAD", uploaded_bytes=8 * number + 8)})
        for number in range(4)},
    **{f"a chunk is sent again after an outage: {number}": prepare(Call("prepare", Fails(R.PROVIDER_OUTAGE, S.UNKNOWN),
                [ASK, INIT, chunk(0), chunk(1)]), Call("ready", Ready, chunks(1)),
            replies={CHUNK: [taken, outage, taken]})
        for number, outage in enumerate((answer(500), answer(503), httpx.ReadError("reset")))},
    **{f"an upload that cannot continue starts again: {status}": prepare(Call("ready", Ready,
                [ASK, INIT, chunk(0), chunk(1), READ, ASK, INIT, *chunks(upload=2)], saved={"failures": 1}),
            replies={CHUNK: [taken, answer(status), taken], READ: said("PROCESSING_UPLOAD", uploaded_bytes=8)})
        for status in (403, 404, 416)},
    **{f"but only a few times: {status}": prepare(Call("ready", Fails(R.MEDIA_PROCESSING_FAILED, S.REJECTED),
                [ASK, INIT, CHUNK, READ] * 4), replies={CHUNK: answer(status)})
        for status in (403, 404, 416)},
    "a refused chunk whose status cannot be read changes nothing": prepare(Call("prepare", Fails(),
            [ASK, INIT, CHUNK, READ], saved={"failures": 0}),
        replies={CHUNK: answer(403), READ: answer(503, "<html>")}),
    "many chunks take several runs": prepare(Call("prepare", Pending, [ASK, INIT, *[CHUNK] * 10]),
        Call("prepare", Pending, [CHUNK] * 10), Call("prepare", Ready, [CHUNK] * 4),
        draft=publication("Long", media=(video(bytes=203),), options=OPTIONS), net=LONG),
    # PNG and JPEGs of several pictures are rendered ahead of time, so that the visible call does not wait.
    "a file that TikTok does not accept is fetched as a rendition": prepare(Call("ready", Ready, [ASK]),
        Call("publish", Pending, [(PHOTOS, photos("med_0-jpeg", "med_1", "med_2-jpeg"))]), draft=UNFIT,
        renditions=[(f"med_{number}", "image/jpeg", 20_000_000, None) for number in (0, 2)]),
    "the creator is read again when the answer is old": prepare(Call("prepare", Ready, [ASK]),
        Call("prepare", Ready, [], minutes=29), Call("prepare", Ready, [ASK], minutes=1), draft=PULL),
    "an expired upload starts again and the creator is read again": prepare(Call("ready", Ready),
        Call("ready", Ready, [ASK, INIT, *chunks(upload=2)], minutes=60)),
    # A configured host is TikTok with any path.
    **{f"the bytes are sent to any host of TikTok: {url}": prepare(Call("ready", Ready,
                [ASK, INIT, *[f"PUT {url.partition('//')[2].partition('?')[0]}"] * 4]),
            replies={INIT: done({"publish_id": "v1", "upload_url": url}), "PUT ": taken})
        for url in (f"{HOSTS['api']}x", *(f"https://{host}/video/?t=1"
                for host in ("open-upload.tiktokapis.com", "upload.us.tiktokapis.com", "tiktokapis.com")))},
}
