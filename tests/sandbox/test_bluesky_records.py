"""The emulated PDS answers writes and repeats as the reference PDS does, and shows them on the page."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from munadi.sandbox.bluesky.formats import blob_cid, is_cid, record_cid
from tests.sandbox.conftest import Bluesky, post, refusal

RKEY, OTHER = "3n342ilh4f622", "3n342ilh4f623"
FAMILY = "\N{WOMAN}\u200d\N{WOMAN}\u200d\N{GIRL}"
IMAGE: dict[str, Any] = {
    "$type": "blob",
    "ref": {"$link": blob_cid(b"never uploaded")},
    "mimeType": "image/png",
    "size": 14,
}
RECORD = "Invalid app.bsky.feed.post record: "


def images(count: int, **change: Any) -> dict[str, Any]:
    image = {"image": IMAGE | change, "alt": ""}
    return {"$type": "app.bsky.embed.images", "images": [image] * count}


def gallery(count: int, image: dict[str, Any] = IMAGE, **change: Any) -> dict[str, Any]:
    item = {"$type": "app.bsky.embed.gallery#image", "image": image, "alt": "teal"}
    item |= {"aspectRatio": {"width": 4, "height": 3}} | change
    return {"$type": "app.bsky.embed.gallery", "items": [{k: v for k, v in item.items() if v is not None}] * count}


def test_a_record_reads_back_in_the_order_it_is_stored_in(bluesky: Bluesky) -> None:
    assert refusal(bluesky.read(RKEY)) == (400, "RecordNotFound")
    written = bluesky.put(RKEY, post()).json()
    read = bluesky.read(RKEY).json()
    assert read == {"uri": written["uri"], "cid": written["cid"], "value": post()}
    assert list(read["value"]) == ["text", "$type", "createdAt"]


def test_the_same_content_again_is_a_no_op_and_other_content_an_invalid_swap(bluesky: Bluesky) -> None:
    first = bluesky.put(RKEY, post(), swapRecord=None).json()
    again = bluesky.put(RKEY, post(), swapRecord=None).json()
    assert "commit" in first
    assert again == {key: first[key] for key in ("uri", "cid", "validationStatus")}
    refused = bluesky.put(RKEY, post("other"), swapRecord=None)
    assert refusal(refused) == (400, "InvalidSwap")
    assert refused.json()["message"] == f"Record was at {first['cid']}"
    assert [call["effect"] for call in bluesky.sandbox.calls("com.atproto.repo.putRecord")] == [True, False, False]
    assert [seen["text"] for seen in bluesky.posts()] == ["hello"]


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (post("a" * 301), "grapheme too big (maximum 300, got 301) at $.record.text"),
        (post(FAMILY * 170), "string too big (maximum 3000, got 3060) at $.record.text"),
        (post(embed=images(5)), "array too big (maximum 4, got 5) at $.record.embed.images"),
        (
            post(embed={"$type": "app.bsky.embed.images", "images": [{"image": IMAGE}]}),
            'Missing required key "alt" at $.record.embed.images[0]',
        ),
        (
            post(embed=images(1, size=2_000_001)),
            "blob too big (maximum 2000000, got 2000001) at $.record.embed.images[0].image",
        ),
        (
            post(embed=images(1, mimeType="text/plain")),
            'Expected "image/*" (got "text/plain") at $.record.embed.images[0].image.mimeType',
        ),
        (post(createdAt="2026-11-25"), 'Invalid datetime (got "2026-11-25") at $.record.createdAt'),
        (post(embed=gallery(21)), "array too big (maximum 20, got 21) at $.record.embed.items"),
        (
            post(embed=gallery(5, aspectRatio=None)),
            'Missing required key "aspectRatio" at $.record.embed.items[0]',
        ),
        (
            post(embed={"$type": "app.bsky.embed.record", "record": {"uri": "at://did:plc:a/b/c"}}),
            'Missing required key "cid" at $.record.embed.record',
        ),
    ],
)
def test_an_invalid_post_gets_the_reference_message(bluesky: Bluesky, record: dict[str, Any], problem: str) -> None:
    refused = bluesky.put(RKEY, record)
    expected = {"error": "InvalidRequest", "message": f"{RECORD}{problem}"}
    assert (refused.status_code, refused.json()) == (400, expected)
    assert bluesky.posts() == []


def test_an_invalid_key_and_a_missing_blob_are_refused(bluesky: Bluesky) -> None:
    assert 'Invalid TID string (got "abc") at $' in bluesky.put("abc", post()).json()["message"]
    missing = bluesky.put(RKEY, post(embed=images(1))).json()
    assert missing == {"error": "BlobNotFound", "message": f"Could not find blob: {IMAGE['ref']['$link']}"}


@pytest.mark.parametrize("strange", [1.5, 1 << 60, "\ud800", {"$bytes": "%"}, {"$link": 5}, [[[{}]]]])
def test_invalid_data_never_breaks_the_server(bluesky: Bluesky, strange: Any) -> None:
    body = {"repo": bluesky.did, "collection": "app.example.x", "rkey": RKEY, "record": {"x": strange}}
    content, headers = json.dumps(body), {"content-type": "application/json"}
    assert bluesky.xrpc("repo.putRecord", content=content, headers=headers).status_code in (200, 400)


def test_only_one_of_six_concurrent_writes_succeeds(bluesky: Bluesky) -> None:
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda n: bluesky.put(RKEY, post(f"{n}"), swapRecord=None), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400, 400]
    assert len(bluesky.posts()) == 1


def test_facets_beyond_the_text_are_accepted_unchecked(bluesky: Bluesky) -> None:
    link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://a.example"}
    facet = {"index": {"byteStart": 5, "byteEnd": 99}, "features": [link]}
    assert bluesky.put(RKEY, post("hi", facets=[facet])).status_code == 200


def test_content_ids_are_those_of_the_reference_and_of_an_independent_encoder() -> None:
    # Written by the reference PDS for this very record.
    assert record_cid(post("hi")) == "bafyreie6tvbelqt6raamsjkcbsjcqskans75auoua5mat3dfqkddu4tscm"
    every_type = {
        "text": "\N{LATIN SMALL LETTER E WITH ACUTE}" * 30,
        "$type": "x",
        "numbers": [0, 23, 24, 255, 256, -1, 1 << 40],
        "flags": [True, None],
        "raw": {"$bytes": "AQIDBA"},
        "blob": {"$link": blob_cid(b"x")},
        "not": {"$link": 5},
        "no": {"$bytes": "%"},
    }
    # Computed by an encoder that shares no code with the library in use.
    assert record_cid(every_type) == "bafyreianeuh24cf6vtajcsg2ckknlzy6tp6iziggmnexwqwet5focoda2a"
    assert is_cid(blob_cid(b"x"))
    assert not any(is_cid(wrong) for wrong in (None, "", "b" + "a" * 58, blob_cid(b"x")[:-1], blob_cid(b"x").upper()))
