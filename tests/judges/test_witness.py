"""The sandbox's witness reports what an emulator accepts and the network would not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.channels.servers import Oracle
from tests.judges.witness import FEED, JUDGES, Verdicts

FAMILY = "\N{WOMAN}\u200d\N{WOMAN}\u200d\N{GIRL}"
BLOB = {
    "$type": "blob",
    "ref": {"$link": "bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy"},
    "mimeType": "image/png",
    "size": 14,
}
RATIO = {"width": 4, "height": 3}


def images(count: int, **change: Any) -> dict[str, Any]:
    return {"$type": "app.bsky.embed.images", "images": [{"image": BLOB, "alt": "", **change}] * count}


def gallery(count: int, **change: Any) -> dict[str, Any]:
    item = {"$type": "app.bsky.embed.gallery#image", "image": BLOB, "alt": "", "aspectRatio": RATIO, **change}
    return {"$type": "app.bsky.embed.gallery", "items": [{k: v for k, v in item.items() if v is not None}] * count}


def written(collection: str = f"{FEED}.post", **record: Any) -> httpx.Request:
    value = {"text": "hello", "createdAt": "2026-11-25T01:00:00.000Z", **record}
    body = {"repo": "did:plc:abc", "collection": collection, "rkey": "3n342ilh4f622", "record": value}
    return httpx.Request("POST", "http://sandbox/bluesky/pds/xrpc/com.atproto.repo.putRecord", json=body)


def posted(**change: Any) -> httpx.Request:
    body = {"author": "urn:li:person:1", "commentary": "x", "visibility": "PUBLIC", "lifecycleState": "PUBLISHED"}
    body |= {"distribution": {"feedDistribution": "MAIN_FEED"}, **change}
    kept = {name: value for name, value in body.items() if value is not None}
    return httpx.Request("POST", "http://sandbox/linkedin/api/rest/posts", json=kept)


def polled(*options: str, duration: str = "ONE_DAY") -> dict[str, Any]:
    rows = [{"text": option} for option in options]
    return {"poll": {"question": "Well?", "options": rows, "settings": {"duration": duration}}}


GATE = {"post": f"at://did:plc:abc/{FEED}.post/3n342ilh4f622"}
RULE = {"$type": f"{FEED}.threadgate#mentionRule"}


@pytest.mark.parametrize(
    ("channel", "request_"),
    [
        ("bluesky", written()),
        ("bluesky", written(embed=images(4))),
        ("bluesky", written(embed=gallery(20))),
        ("bluesky", written(f"{FEED}.threadgate", **GATE, allow=[RULE] * 5)),
        ("linkedin", posted()),
        ("linkedin", posted(content=polled("yes", "no"))),
    ],
)
def test_a_valid_request_has_no_fault(channel: str, request_: httpx.Request) -> None:
    assert list(JUDGES[channel](request_)) == []


@pytest.mark.parametrize(
    ("channel", "request_"),
    [
        ("bluesky", written(text="a" * 301)),
        ("bluesky", written(text=FAMILY * 170)),
        ("bluesky", written(text=7)),
        ("bluesky", written(createdAt="2026-11-25")),
        ("bluesky", written(embed=images(5))),
        ("bluesky", written(embed=images(1, alt=None))),
        ("bluesky", written(embed=gallery(21))),
        ("bluesky", written(embed={"$type": "app.bsky.embed.record", "record": {"uri": "at://did:plc:a/b/c"}})),
        ("bluesky", written(f"{FEED}.threadgate", **GATE, allow=[RULE] * 6)),
        ("bluesky", written(f"{FEED}.threadgate", post="x")),
        ("linkedin", posted(visibility="FRIENDS")),
        ("linkedin", posted(visibility=None)),
        ("linkedin", posted(text="x")),
        ("linkedin", posted(lifecycleState="DRAFT")),
        ("linkedin", posted(distribution={})),
        ("linkedin", posted(content={"video": {}})),
        ("linkedin", posted(content={"article": {"source": "https://a.example", "title": "x" * 400}})),
        ("linkedin", posted(content={"multiImage": {"images": [{}]}})),
        ("linkedin", posted(content=polled("yes"))),
        ("linkedin", posted(content=polled("yes", "n" * 31))),
        ("linkedin", posted(content=polled("yes", "no", duration="A_YEAR"))),
    ],
)
def test_an_invalid_request_is_reported(channel: str, request_: httpx.Request) -> None:
    assert list(JUDGES[channel](request_)) != []


@pytest.mark.parametrize("fields", [{"text": "x", "unknown": 1}, {"text": "x", "poll": {"options": ["a", "b"]}}])
def test_what_an_emulator_accepts_is_judged(oracle: Oracle, verdicts: Verdicts, fields: dict[str, Any]) -> None:
    headers = {"authorization": "Bearer sandboxMunadiXAccessToken"}
    answer = httpx.post(f"{oracle.url}/x/api/2/tweets", json=fields, headers=headers)
    assert answer.status_code == 201
    (fault,) = verdicts.taken()
    assert fault.startswith("x: POST /2/tweets: sent ")
