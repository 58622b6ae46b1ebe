"""Several records in one commit: the emulated server answers the same calls as the reference PDS."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Bluesky, Sandbox, post, video
from tests.support.pds import RealPDS

APPLY = "com.atproto.repo.applyWrites"
POST, THREADGATE, POSTGATE = (f"app.bsky.feed.{name}" for name in ("post", "threadgate", "postgate"))
KEY, OTHER = "3n342ilh4f622", "3n342ilh4f623"
MOMENT = "2026-11-25T10:00:00.000Z"
GONE = "bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy"
NO_BLOB = {"$type": "blob", "ref": {"$link": GONE}, "mimeType": "image/png", "size": 14}
NO_IMAGE = {"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": NO_BLOB}]}


class Server:
    """One PDS, the emulated or the real one, and an account of its own on it."""

    def __init__(self, url: str, did: str, token: str) -> None:
        self.did = did
        self._url, self._headers = f"{url}/xrpc", {"authorization": f"Bearer {token}"}

    def apply(self, writes: list[dict[str, Any]], **rest: Any) -> httpx.Response:
        return self.call("POST", "applyWrites", json={"repo": self.did, "writes": writes, **rest})

    def call(self, method: str, name: str, headers: dict[str, str] | None = None, **rest: Any) -> httpx.Response:
        url = f"{self._url}/com.atproto.repo.{name}"
        return httpx.request(method, url, headers=self._headers | (headers or {}), timeout=20, **rest)

    def there(self, collection: str, key: str = KEY) -> bool:
        query = {"repo": self.did, "collection": collection, "rkey": key}
        return self.call("GET", "getRecord", params=query).status_code == 200

    def empty(self) -> None:
        for collection in (POST, THREADGATE, POSTGATE):
            for key in (KEY, OTHER):
                body = {"repo": self.did, "collection": collection, "rkey": key}
                assert self.call("POST", "deleteRecord", json=body).status_code == 200


@pytest.fixture
def emulated(bluesky: Bluesky) -> Server:
    return Server(f"{bluesky.sandbox.url}/bluesky/pds", bluesky.did, bluesky.session["accessJwt"])


@pytest.fixture(scope="module")
def reference(real_pds: RealPDS) -> Server:
    who = real_pds.accounts[1]
    login = {"identifier": who.handle, "password": who.app_password}
    session = httpx.post(f"{real_pds.url}/xrpc/com.atproto.server.createSession", json=login, timeout=20).json()
    return Server(real_pds.url, who.did, session["accessJwt"])


@pytest.fixture
def both(emulated: Server, reference: Server) -> tuple[Server, Server]:
    reference.empty()
    return emulated, reference


def said(answer: httpx.Response, server: Server) -> tuple[int, Any]:
    """The answer without what is of one server alone: who, and the ids of records that name them."""
    text = re.sub(r"bafyrei[a-z2-7]{52}", "CID", answer.text.replace(server.did, "DID"))
    body = httpx.Response(200, text=text).json()
    if isinstance(body.get("commit"), dict):
        assert set(body.pop("commit")) == {"cid", "rev"}
    return answer.status_code, body


def create(collection: str, value: dict[str, Any], key: str = KEY) -> dict[str, Any]:
    return {"$type": f"{APPLY}#create", "collection": collection, "rkey": key, "value": value}


def update(value: dict[str, Any], key: str = KEY) -> dict[str, Any]:
    return {**create(POST, value, key), "$type": f"{APPLY}#update"}


def delete(collection: str, key: str = KEY) -> dict[str, Any]:
    return {"$type": f"{APPLY}#delete", "collection": collection, "rkey": key}


def gate(did: str, collection: str = THREADGATE, **rules: Any) -> dict[str, Any]:
    return {"$type": collection, "post": f"at://{did}/{POST}/{KEY}", "createdAt": MOMENT, **rules}


def gated(did: str, text: str = "hello") -> list[dict[str, Any]]:
    """A post that allows no replies and no quotes."""
    disabled = [{"$type": f"{POSTGATE}#disableRule"}]
    return [
        create(POST, post(text)),
        create(THREADGATE, gate(did, allow=[])),
        create(POSTGATE, gate(did, POSTGATE, embeddingRules=disabled)),
    ]


def ruled(*rules: dict[str, Any]) -> Callable[[str], list[dict[str, Any]]]:
    return lambda did: [create(THREADGATE, gate(did, allow=list(rules)))]


STRANGE: list[Any] = [[], [1], ["a", [True, None, {}], "c"], {"a": 1}, dict.fromkeys("abc"), 7]


def _texted(text: Any) -> Callable[[str], list[dict[str, Any]]]:
    return lambda did: [create(POST, {**post(), "text": text})]


MENTIONED = {"$type": f"{THREADGATE}#mentionRule"}
LIST = {"$type": f"{THREADGATE}#listRule"}


def test_a_commit_is_answered_as_by_the_reference(both: tuple[Server, Server]) -> None:
    mine, theirs = (said(one.apply(gated(one.did)), one) for one in both)
    assert mine == theirs
    assert [result["uri"] for result in mine[1]["results"]] == [
        f"at://DID/{collection}/{KEY}" for collection in (POST, THREADGATE, POSTGATE)
    ]


@pytest.mark.parametrize("first", [POST, THREADGATE, POSTGATE])
def test_one_used_key_prevents_the_whole_commit(both: tuple[Server, Server], first: str) -> None:
    for one in both:
        (same,) = (write for write in gated(one.did) if write["collection"] == first)
        assert one.apply([same]).status_code == 200
    mine, theirs = (said(one.apply(gated(one.did)), one) for one in both)
    assert mine == theirs == (500, {"error": "InternalServerError", "message": "Internal Server Error"})
    for one in both:
        assert [one.there(name) for name in (POST, THREADGATE, POSTGATE)] == [
            name == first for name in (POST, THREADGATE, POSTGATE)
        ]


@pytest.mark.parametrize(
    "writes",
    [
        lambda did: [create(POST, post("x" * 301))],
        lambda did: [create(THREADGATE, gate(did)), create(POST, post("x" * 301))],
        ruled(LIST),
        ruled({**LIST, "list": "x"}),
        ruled(*[MENTIONED] * 6),
        ruled({}),
        ruled(MENTIONED, {**LIST, "list": "at://did:plc:abc/app.bsky.graph.list/x"}, {"$type": "rule.of.tomorrow"}),
        lambda did: [create(THREADGATE, {**gate(did), "post": "x"})],
        lambda did: [create(THREADGATE, {"$type": THREADGATE, "createdAt": MOMENT})],
        lambda did: [create(POSTGATE, gate(did, POSTGATE, embeddingRules=[MENTIONED] * 6))],
        lambda did: [create(THREADGATE, gate(did), "abc")],
        lambda did: [create(POST, gate(did))],
        *(_texted(text) for text in STRANGE),
        lambda did: [create(POST, post(createdAt="x" * 47))],
        lambda did: [create(POST, post(createdAt="x" * 48))],
        lambda did: [create(POST, post(embed=NO_IMAGE)), create(THREADGATE, gate(did))],
        lambda did: [create(POST, post()), create(POST, post())],
        lambda did: [create(POST, post()), update(post("changed")), delete(POST)],
        lambda did: [update(post())],
        lambda did: [delete(POST)],
        lambda did: [{"$type": f"{APPLY}#nonsense", "collection": POST}],
        lambda did: [{"collection": POST}],
        lambda did: [{"$type": f"{APPLY}#create", "collection": POST}],
        lambda did: [create(POST, post(), OTHER)] * 201,
        lambda did: [],
    ],
)
def test_the_reference_accepts_and_refuses_the_same(
    both: tuple[Server, Server], writes: Callable[[str], list[dict[str, Any]]]
) -> None:
    mine, theirs = (said(one.apply(writes(one.did)), one) for one in both)
    assert mine == theirs
    assert both[0].there(POST) is both[1].there(POST)
    assert both[0].there(THREADGATE) is both[1].there(THREADGATE)


def test_a_different_head_is_an_invalid_swap(both: tuple[Server, Server]) -> None:
    stale = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"
    for one in both:
        head = one.apply([create(POST, post(), OTHER)]).json()["commit"]["cid"]
        refused = one.apply(gated(one.did), swapCommit=stale)
        assert (refused.status_code, refused.json()) == (
            400,
            {"error": "InvalidSwap", "message": f"Commit was at {head}"},
        )
        assert one.apply(gated(one.did), swapCommit=head).status_code == 200


@pytest.mark.parametrize(
    ("length", "change", "status"),
    [(20_000, {}, 200), (20_001, {}, 400), (20, {"mimeType": "text/plain"}, 400), (20, {"$type": "text"}, 400)],
)
def test_the_limits_of_captions(both: tuple[Server, Server], length: int, change: dict[str, str], status: int) -> None:
    answers = []
    for one in both:
        track, film = (
            one.call("POST", "uploadBlob", content=body, headers={"content-type": kind}).json()["blob"]
            for body, kind in ((b"WEBVTT\n\n".ljust(length, b"x"), "text/vtt"), (video(1), "video/mp4"))
        )
        captions = [{"lang": "en", "file": {**track, **change}}]
        embed = {"$type": "app.bsky.embed.video", "video": film, "captions": captions, "presentation": "gif"}
        body = {"repo": one.did, "collection": POST, "rkey": KEY, "record": post(embed=embed)}
        answers.append(said(one.call("POST", "putRecord", json=body), one))
    assert answers[0] == answers[1]
    assert answers[0][0] == status


def test_each_write_costs_its_points(sandbox: Sandbox, emulated: Server) -> None:
    sandbox.control("PUT", "/limits", {"channel": "bluesky", "kind": "pointsPerHour", "value": 9})
    assert emulated.apply(gated(emulated.did)).status_code == 200
    assert emulated.apply([delete(POST)]).json()["error"] == "RateLimitExceeded"


def notes(sandbox: Sandbox) -> list[str]:
    """What the page says beside its only post."""
    return re.findall(r'<p class="link">(.*?)</p>', sandbox.http.get("/").text)


def test_the_page_shows_the_reply_and_quote_rules(sandbox: Sandbox, emulated: Server) -> None:
    emulated.apply(gated(emulated.did))
    (shown,) = sandbox.posts("bluesky")
    assert set(shown["raw"]["gates"]) == {THREADGATE, POSTGATE}
    assert notes(sandbox) == ["Replies: nobody", "No quotes"]
    emulated.apply([delete(POSTGATE), delete(THREADGATE), *ruled(MENTIONED)(emulated.did)])
    assert notes(sandbox) == ["Replies: mention"]


def test_a_caption_track_is_noted_and_is_no_picture(sandbox: Sandbox, bluesky: Bluesky) -> None:
    track = bluesky.upload(b"WEBVTT\n", "text/vtt")
    film = bluesky.upload(video(1), "video/mp4")
    captions = [{"lang": lang, "file": track} for lang in ("en", "hi")]
    embed = {"$type": "app.bsky.embed.video", "video": film, "captions": captions, "presentation": "gif"}
    assert bluesky.put(KEY, post(embed=embed)).status_code == 200
    (shown,) = sandbox.posts("bluesky")
    assert notes(sandbox) == ["Captions: en, hi", "Shown as a GIF"]
    assert [one["mimeType"] for one in shown["media"]] == ["video/mp4"]
