"""Several records in one commit: the emulated server answers the same calls as the reference PDS."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Bluesky, post, refusal, video
from tests.support.pds import RealPDS

APPLY = "com.atproto.repo.applyWrites"
KINDS = POST, THREADGATE, POSTGATE = [f"app.bsky.feed.{name}" for name in ("post", "threadgate", "postgate")]
KEY, OTHER = "3n342ilh4f622", "3n342ilh4f623"
MOMENT = "2026-11-25T10:00:00.000Z"
GONE = "bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy"
NO_BLOB = {"$type": "blob", "ref": {"$link": GONE}, "mimeType": "image/png", "size": 14}
NO_IMAGE = {"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": NO_BLOB}]}
STALE = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"
Write = dict[str, Any]


class Server:
    """One PDS, the emulated or the real one, and an account of its own on it."""

    def __init__(self, url: str, did: str, token: str) -> None:
        self.did = did
        self._url, self._headers = f"{url}/xrpc", {"authorization": f"Bearer {token}"}

    def apply(self, writes: list[Write], **rest: Any) -> httpx.Response:
        return self.call("POST", "applyWrites", json={"repo": self.did, "writes": writes, **rest})

    def call(self, method: str, name: str, headers: dict[str, str] | None = None, **rest: Any) -> httpx.Response:
        url = f"{self._url}/com.atproto.repo.{name}"
        return httpx.request(method, url, headers=self._headers | (headers or {}), timeout=20, **rest)

    def there(self) -> list[bool]:
        """Which of the three records exist at the key."""
        keys = [{"repo": self.did, "collection": kind, "rkey": KEY} for kind in KINDS]
        return [self.call("GET", "getRecord", params=key).status_code == 200 for key in keys]


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
    for body in ({"repo": reference.did, "collection": kind, "rkey": key} for kind in KINDS for key in (KEY, OTHER)):
        assert reference.call("POST", "deleteRecord", json=body).status_code == 200
    return emulated, reference


def neutral(answer: httpx.Response, server: Server) -> tuple[int, Any]:
    """The answer without what belongs to one server: who, and the ids of records that name them."""
    text = re.sub(r"bafyrei[a-z2-7]{52}", "CID", answer.text.replace(server.did, "DID"))
    body = httpx.Response(200, text=text).json()
    if isinstance(body.get("commit"), dict):
        assert set(body.pop("commit")) == {"cid", "rev"}
    return answer.status_code, body


def create(collection: str, value: dict[str, Any], key: str = KEY) -> Write:
    return {"$type": f"{APPLY}#create", "collection": collection, "rkey": key, "value": value}


def update(value: dict[str, Any]) -> Write:
    return {**create(POST, value), "$type": f"{APPLY}#update"}


def delete(collection: str) -> Write:
    return {"$type": f"{APPLY}#delete", "collection": collection, "rkey": KEY}


def gate(did: str, collection: str = THREADGATE, **rules: Any) -> dict[str, Any]:
    return {"$type": collection, "post": f"at://{did}/{POST}/{KEY}", "createdAt": MOMENT, **rules}


def gated(did: str) -> list[Write]:
    """A post that allows no replies and no quotes."""
    disabled = [{"$type": f"{POSTGATE}#disableRule"}]
    closed = gate(did, allow=[]), gate(did, POSTGATE, embeddingRules=disabled)
    return [create(POST, post("hello")), create(THREADGATE, closed[0]), create(POSTGATE, closed[1])]


def ruled(*rules: dict[str, Any]) -> Callable[[str], list[Write]]:
    return lambda did: [create(THREADGATE, gate(did, allow=list(rules)))]


MENTIONED = {"$type": f"{THREADGATE}#mentionRule"}


@pytest.mark.parametrize("first", KINDS)
def test_one_used_key_prevents_the_whole_commit(both: tuple[Server, Server], first: str) -> None:
    for one in both:
        (same,) = (write for write in gated(one.did) if write["collection"] == first)
        assert one.apply([same]).status_code == 200
    mine, theirs = (neutral(one.apply(gated(one.did)), one) for one in both)
    assert mine == theirs == (500, {"error": "InternalServerError", "message": "Internal Server Error"})
    assert [one.there() for one in both] == [[kind == first for kind in KINDS]] * 2


@pytest.mark.parametrize(
    "writes",
    [
        gated,
        lambda did: [create(THREADGATE, gate(did), "abc")],
        lambda did: [create(POST, post(embed=NO_IMAGE)), create(THREADGATE, gate(did))],
        lambda did: [create(POST, post()), create(POST, post())],
        lambda did: [create(POST, post()), update(post("changed")), delete(POST)],
        lambda did: [update(post())],
        lambda did: [delete(POST)],
        lambda did: [create(POST, post(), OTHER)] * 201,
        lambda did: [],
    ],
)
def test_the_reference_accepts_and_refuses_the_same(
    both: tuple[Server, Server], writes: Callable[[str], list[Write]]
) -> None:
    mine, theirs = (neutral(one.apply(writes(one.did)), one) for one in both)
    assert mine == theirs
    assert both[0].there() == both[1].there()


@pytest.mark.parametrize("swap", ["none", "own", "stale"])
def test_a_record_is_deleted_alike(both: tuple[Server, Server], swap: str) -> None:
    answers = []
    for one in both:
        where = {"repo": one.did, "collection": POST, "rkey": KEY}
        gone = neutral(one.call("POST", "deleteRecord", json=where | {"swapRecord": STALE}), one)
        made = one.apply([create(POST, post())]).json()["results"][0]["cid"]
        body = where | {"none": {}, "own": {"swapRecord": made}, "stale": {"swapRecord": STALE}}[swap]
        answers.append([gone, neutral(one.call("POST", "deleteRecord", json=body), one), one.there()])
    assert answers[0] == answers[1]
    assert answers[0][2] == [swap == "stale", False, False]


def test_a_different_head_is_an_invalid_swap(both: tuple[Server, Server]) -> None:
    for one in both:
        head = one.apply([create(POST, post(), OTHER)]).json()["commit"]["cid"]
        refused = one.apply(gated(one.did), swapCommit=STALE)
        assert (refusal(refused), refused.json()["message"]) == ((400, "InvalidSwap"), f"Commit was at {head}")
        assert one.apply(gated(one.did), swapCommit=head).status_code == 200


def test_each_write_costs_its_points(bluesky: Bluesky, emulated: Server) -> None:
    bluesky.set(pointsPerHour=9)
    assert emulated.apply(gated(emulated.did)).status_code == 200
    assert refusal(emulated.apply([delete(POST)])) == (429, "RateLimitExceeded")


def test_the_page_shows_the_rules_and_the_captions_of_a_post(bluesky: Bluesky, emulated: Server) -> None:
    def notes() -> list[str]:
        return re.findall(r'<p class="link">(.*?)</p>', bluesky.sandbox.http.get("/").text)

    emulated.apply(gated(emulated.did))
    assert notes() == ["Replies: nobody", "No quotes"]
    emulated.apply([delete(POSTGATE), delete(THREADGATE), *ruled(MENTIONED)(emulated.did)])
    assert notes() == ["Replies: mention"]
    emulated.apply([delete(THREADGATE)])
    track, film = bluesky.upload(b"WEBVTT\n", "text/vtt"), bluesky.upload(video(1), "video/mp4")
    captions = [{"lang": lang, "file": track} for lang in ("en", "hi")]
    embed = {"$type": "app.bsky.embed.video", "video": film, "captions": captions, "presentation": "gif"}
    assert bluesky.put(KEY, post(embed=embed)).status_code == 200
    (shown,) = bluesky.posts()
    assert notes() == ["Captions: en, hi", "Shown as a GIF"]
    assert [one["mimeType"] for one in shown["media"]] == ["video/mp4"]  # a caption track is no picture
