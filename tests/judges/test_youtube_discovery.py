"""Our requests and our emulator's answers follow Google's description of the YouTube Data API."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from munadi.channels.youtube.spec import SPEC, Options
from munadi.domain.publication import Published, Unknown
from munadi.sandbox.youtube import YouTube
from tests.channels.calls import Saved
from tests.channels.connected import jpeg, new
from tests.channels.making import image, video
from tests.channels.sandbox import Acme, acme_at
from tests.channels.servers import MediaSite, Oracle
from tests.channels.test_youtube_sandbox import LONG_CLIP, insist
from tests.judges.discovery import CHUNK, Discovery, Witness

API = "https://www.googleapis.com"
JUDGE = Discovery()
VIDEOS, UPLOADS, THUMBNAILS = "/youtube/v3/videos", "/upload/youtube/v3/videos", "/upload/youtube/v3/thumbnails/set"
STATUS = {"privacyStatus": "public", "license": "youtube", "embeddable": True, "selfDeclaredMadeForKids": False}
BODY: dict[str, Any] = {"snippet": {"title": "Sale", "tags": ["rain"]}, "status": STATUS}
SIZE = {"x-upload-content-length": "9", "x-upload-content-type": "video/mp4"}
RESUMABLE = {"uploadType": "resumable", "part": "snippet,status"}
METHODS = {
    "channels.list",
    "commentThreads.insert",
    "commentThreads.list",
    "playlistItems.list",
    "thumbnails.set",
    "videos.delete",
    "videos.insert",
    "videos.list",
    "videoCategories.list",
    "videos.update",
}

# Every option, so that every field that can be sent is checked.
OPTIONS = {
    "madeForKids": True,
    "title": "Sale",
    "privacyStatus": "unlisted",
    "categoryId": "24",
    "tags": ["sale", "big rain"],
    "license": "creativeCommon",
    "embeddable": False,
    "publicStatsViewable": False,
    "containsSyntheticMedia": True,
    "paidProductPlacement": True,
    "defaultLanguage": "en",
    "defaultAudioLanguage": "ta",
    "localizations": {"de": {"title": "Ausverkauf", "description": "Der Monsun ist da"}},
    "recordingDate": "2026-11-01",
    "notifySubscribers": False,
    "thumbnailIndex": 1,
}


async def run_through(acme: Acme) -> None:
    """Every call of the adapter to YouTube: a lost session, a thumbnail, searches and a discarded video."""
    acme.put(med_0=LONG_CLIP, med_1=jpeg(1280, 720))
    film = video(bytes=len(LONG_CLIP))
    media = (film, image(1, bytes=len(acme.media.files["med_1"]), width=1280, height=720))
    given, saved = new("Monsoon sale", media=media, options=OPTIONS), Saved()
    # The session is lost with its last byte, so its video is found in the list of uploads.
    acme.plant("upload_chunk", "delay", times=2)
    acme.plant("upload_chunk", "accept_then_reset")
    acme.plant("probe_upload", "error", status=404, body="Not Found")
    await insist(acme, given, saved)
    published = await acme.finish(given, saved)
    assert published.warnings == ()
    assert isinstance(await acme.port.check(given, acme.account, saved), Published)
    assert isinstance(await acme.find(given, saved), Published)
    assert (await acme.find(given, Saved())).post_id == published.post_id
    # A video that is made for kids accepts no comment.
    kids = {"madeForKids": False}
    given, saved = new("With a comment", media=(film,), options=kids, first_comment="Come in"), Saved()
    await acme.post(given, saved)
    await acme.finish(given, saved, "comment")
    assert isinstance(await acme.find(given, saved, "comment"), Published | Unknown)
    assert await acme.channel.choices(acme.account, "categoryId", None)
    other = Saved()
    await acme.prepare(new("Never shown", media=(film,), options=kids), other)
    await acme.channel.discard(acme.account, other.kept)


async def test_every_request_of_ours_and_every_answer_of_the_emulator_is_valid(oracle: Oracle, site: MediaSite) -> None:
    async with acme_at("youtube", oracle, site) as acme:
        acme.set("delays", 0.1, "processing", "listing")
        await run_through(acme)
    witness = acme.witness
    assert {*witness.names} == METHODS | {CHUNK}
    assert len(witness.answers) > len(METHODS)
    assert witness.answer_faults() == []
    ours = {name for path, (name, _) in YouTube.routes.items() if " api/" in path}
    assert {call["operation"] for call in oracle.call("GET", "/calls")} >= ours | {"probe_upload"}


def test_every_option_is_checked() -> None:
    assert {field.alias for field in Options.model_fields.values()} == {*OPTIONS}


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_requested_scopes_permit_every_method(method: str) -> None:
    assert JUDGE.scopes(method) & set(SPEC.scopes)


def asked(
    method: str = "PUT", path: str = VIDEOS, *, query: Any = None, body: Any = None, **more: Any
) -> httpx.Request:
    """A request, by default an update of a video."""
    query = {"part": "status"} if query is None else query
    if "content" not in more and body is not False:
        more["json"] = {"id": "x", "status": STATUS} if body is None else body
    return httpx.Request(method, API + path, params=query, **more)


def opened(query: Any = None, body: Any = None, **headers: str) -> httpx.Request:
    given = {**SIZE, **{f"x-upload-content-{name}": value for name, value in headers.items()}}
    return asked("POST", UPLOADS, query=query or RESUMABLE, body=body or BODY, headers=given)


def listed(path: str = VIDEOS, **query: Any) -> httpx.Request:
    return asked("GET", path, query=query, body=False)


def shown(content: bytes = b"jpeg", kind: str = "image/jpeg", **query: Any) -> httpx.Request:
    query = {"videoId": "x", "uploadType": "media", **query}
    return asked("POST", THUMBNAILS, query=query, content=content, headers={"content-type": kind})


def chunk(content: bytes = bytes(262_144), said: str = "bytes 0-262143/999999", session: str = "s") -> httpx.Request:
    query = {"upload_id": session} if session else {}
    return asked("PUT", UPLOADS, query=query, content=content, headers={"content-range": said})


RIGHT: list[tuple[str, httpx.Request]] = [
    ("update", asked()),
    ("upload", opened()),
    ("upload, said to be resumable", asked("POST", f"/resumable{UPLOADS}", query=RESUMABLE, body=BODY, headers=SIZE)),
    ("upload, quietly", opened({**RESUMABLE, "notifySubscribers": "false"})),
    ("list", listed(part="id,status", id="x,y")),
    ("list of uploads", listed("/youtube/v3/playlistItems", part="snippet", playlistId="UU", maxResults="50")),
    ("thumbnail", shown()),
    ("delete", asked("DELETE", query={"id": "x"}, body=False)),
    ("chunk", chunk()),
    ("last chunk", chunk(b"end", "bytes 262144-262146/262147")),
    ("probe", chunk(b"", "bytes */999999")),
]
WRONG: list[tuple[str, httpx.Request]] = [
    ("no method is called by PUT /youtube/v3/video", asked(path="/youtube/v3/video")),
    ("no method is called by PATCH /youtube/v3/videos", asked("PATCH")),
    ("no method is called by POST /upload/youtube/v2/videos", asked("POST", "/upload/youtube/v2/videos")),
    ("videos.list: the parameter part is missing", listed(id="x")),
    ("videos.list: the parameter part is missing", listed(part="", id="x")),
    ("videos.delete: the parameter id is missing", asked("DELETE", query={}, body=False)),
    ("thumbnails.set: the parameter videoId is missing", shown(videoId="")),
    ("videos.list: there is no parameter ids", listed(part="id", ids="x")),
    ("videos.insert: there is no parameter notifySubcribers", opened({**RESUMABLE, "notifySubcribers": "false"})),
    ("thumbnails.set: there is no parameter part", shown(part="id")),
    ("videos.insert: the parameter notifySubscribers is not true or false", opened({**RESUMABLE,
     "notifySubscribers": "no"})),
    ("channels.list: the parameter mine is not true or false", listed("/youtube/v3/channels", part="id", mine="1")),
    ("playlistItems.list: the parameter maxResults is not a number in its range", listed("/youtube/v3/playlistItems",
     part="id", playlistId="UU", maxResults="51")),
    ("videos.list: the parameter chart may not be 'popular'", listed(part="id", chart="popular")),
    ("videos.delete: the parameter id is given twice", asked("DELETE", query={"id": ["x", "y"]}, body=False)),
    ("videos.list: Video has no part processingDetail", listed(part="status,processingDetail", id="x")),
    ("channels.list: Channel has no part processingDetails", listed("/youtube/v3/channels", part="processingDetails")),
    ("videos.list: takes no body", asked("GET", query={"part": "id", "id": "x"}, body={})),
    ("videos.update: the body is not JSON", asked(content=b"id=x")),
    ("videos.update: the body is not called JSON", asked(content=b'{"id": "x"}',
     headers={"content-type": "text/plain"})),
    ("videos.update: Video.id is missing", asked(body={"status": STATUS})),
    ("videos.update: Video has no property stats", asked(query={"part": "status"}, body={"id": "x", "stats": {}})),
    ("videos.update: Video has snippet, which the call does not name as a part", asked(body={"id": "x",
     "snippet": {}})),
    ("videos.update: Video.status has no property privacy", asked(body={"id": "x", "status": {"privacy": "public"}})),
    ("videos.update: Video.status.privacyStatus may not be 'open'", asked(body={"id": "x",
     "status": {"privacyStatus": "open"}})),
    ("videos.update: Video.status.embeddable is not of type boolean", asked(body={"id": "x",
     "status": {"embeddable": "true"}})),
    ("videos.update: Video.status is not of type object", asked(body={"id": "x", "status": "public"})),
    ("videos.update: Video.status.publishAt is not a date-time", asked(body={"id": "x",
     "status": {"publishAt": "2026-12-01T09:00:00"}})),
    ("videos.insert: Video.snippet has no property Title", opened(body={"snippet": {"Title": "Sale"}})),
    ("videos.insert: Video.snippet.tags is not of type array", opened(body={"snippet": {"tags": "rain"}})),
    ("videos.insert: Video.snippet.tags[1] is not of type string", opened(body={"snippet": {"tags": ["rain", 1]}})),
    ("videos.insert: there is no uploadType chunked", opened({**RESUMABLE, "uploadType": "chunked"})),
    ("videos.insert: x-upload-content-length is no size that is taken", opened(length="274877906945")),
    ("videos.insert: x-upload-content-length is no size that is taken", opened(length="all")),
    ("videos.insert: x-upload-content-type is none of video/*, application/octet-stream", opened(type="image/png")),
    ("thumbnails.set: content-type is none of image/jpeg, image/png, application/octet-stream",
     shown(kind="image/webp")),
    ("thumbnails.set: content-length is no size that is taken", shown(b"")),
    (f"{CHUNK}: the session is not named", chunk(session="")),
    (f"{CHUNK}: Content-Range says nothing", chunk(said="0-262143/999999")),
    (f"{CHUNK}: Content-Range does not fit the content", chunk(said="bytes 0-262142/999999")),
    (f"{CHUNK}: a chunk is not a multiple of 262144 bytes", chunk(b"half", "bytes 0-3/999999")),
]  # fmt: skip


@pytest.mark.parametrize("request_", [row[1] for row in RIGHT], ids=[row[0] for row in RIGHT])
def test_a_valid_request_has_no_fault(request_: httpx.Request) -> None:
    assert JUDGE.request(request_) == []


@pytest.mark.parametrize(("fault", "request_"), WRONG, ids=[row[0] for row in WRONG])
def test_an_invalid_request_is_reported(fault: str, request_: httpx.Request) -> None:
    assert fault in JUDGE.request(request_)


RESOURCE: dict[str, Any] = {"kind": "youtube#video", "id": "x", "status": {"uploadStatus": "processed"}}
LIST: dict[str, Any] = {"kind": "youtube#videoListResponse", "items": [RESOURCE], "pageInfo": {"totalResults": 1}}
LOOK = listed(part="status", id="x")
ANSWERS: list[tuple[str | None, httpx.Request, Any]] = [
    (None, LOOK, LIST),
    (None, chunk(), RESOURCE),
    (None, asked(), RESOURCE),
    (None, opened(), None),
    (None, asked("DELETE", query={"id": "x"}, body=False), None),
    ("VideoListResponse.kind is not youtube#videoListResponse", LOOK, {"items": []}),
    ("VideoListResponse has no property item", LOOK, {**LIST, "item": []}),
    ("VideoListResponse.items is not of type array", LOOK, {**LIST, "items": {}}),
    (
        "VideoListResponse.pageInfo.totalResults is not of type integer",
        LOOK,
        {**LIST, "pageInfo": {"totalResults": "1"}},
    ),
    ("VideoListResponse is not of type object", LOOK, [RESOURCE]),
    ("videos.list answers without JSON", LOOK, "a page"),
    ("Video has no property state", asked(), {**RESOURCE, "state": "done"}),
    ("Video.status.uploadStatus may not be 'done'", asked(), {**RESOURCE, "status": {"uploadStatus": "done"}}),
    ("Video has snippet, which the call does not name as a part", asked(), {**RESOURCE, "snippet": {}}),
    (
        "Video.processingDetails.processingProgress.partsTotal is not a uint64",
        chunk(),
        {**RESOURCE, "processingDetails": {"processingProgress": {"partsTotal": "-1"}}},
    ),
    ("videos.insert answers with a body", opened(), RESOURCE),
    ("videos.delete answers with a body", asked("DELETE", query={"id": "x"}, body=False), {}),
]


@pytest.mark.parametrize(("fault", "request_", "body"), ANSWERS, ids=[str(row[0]) for row in ANSWERS])
def test_answers_are_checked(fault: str | None, request_: httpx.Request, body: Any) -> None:
    content = b"" if body is None else b"a page" if body == "a page" else json.dumps(body).encode()
    told = JUDGE.answer(request_, httpx.Response(200, content=content))
    assert fault in told if fault else told == []


async def test_a_witness_reports_every_fault() -> None:
    witness = Witness(JUDGE, API)
    answers = httpx.MockTransport(lambda request: httpx.Response(200, json={**LIST, "itmes": []}))
    async with httpx.AsyncClient(transport=answers, event_hooks=witness.hooks) as client:
        await client.send(listed(part="state,status", id="x"))
        await client.get("https://oauth2.example/tokeninfo")
    assert witness.names == ["videos.list"]
    assert witness.faults == ["videos.list: Video has no part state"]
    assert witness.answer_faults() == ["VideoListResponse has no property itmes"]
