"""The emulated PDS answers writes and repeats as the reference PDS does."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from munadi.sandbox.bluesky.cid import blob_cid, is_cid, record_cid
from tests.sandbox.conftest import Bluesky, Sandbox, picture, post

RKEY = "3n342ilh4f622"


def test_a_post_with_a_picture_becomes_visible_with_its_bytes(sandbox: Sandbox, bluesky: Bluesky) -> None:
    blob = bluesky.upload(picture((40, 30)), "image/jpeg")
    assert blob["mimeType"] == "image/png"  # the bytes win over what was said
    assert sandbox.posts("bluesky") == []
    images = {"$type": "app.bsky.embed.images", "images": [{"image": blob, "alt": "teal"}]}
    written = bluesky.put(RKEY, post("hi", embed=images), swapRecord=None).json()
    assert written["validationStatus"] == "valid"
    (seen,) = sandbox.posts("bluesky")
    assert (seen["id"], seen["text"], seen["kind"]) == (written["uri"], "hi", "image")
    (media,) = seen["media"]
    assert (media["width"], media["height"], media["alt"]) == (40, 30, "teal")
    assert sandbox.http.get(media["url"]).content == picture((40, 30))


def test_a_record_reads_back_in_the_order_it_is_stored_in(bluesky: Bluesky) -> None:
    written = bluesky.put(RKEY, post()).json()
    read = bluesky.get(RKEY).json()
    assert read == {"uri": written["uri"], "cid": written["cid"], "value": post()}
    assert list(read["value"]) == ["text", "$type", "createdAt"]


def test_the_same_content_again_is_a_no_op_without_a_commit(sandbox: Sandbox, bluesky: Bluesky) -> None:
    first = bluesky.put(RKEY, post(), swapRecord=None).json()
    again = bluesky.put(RKEY, post(), swapRecord=None).json()
    assert "commit" in first
    assert again == {key: first[key] for key in ("uri", "cid", "validationStatus")}
    assert [call["effect"] for call in sandbox.calls("com.atproto.repo.putRecord")] == [True, False]


def test_other_content_under_the_same_key_is_an_invalid_swap(sandbox: Sandbox, bluesky: Bluesky) -> None:
    first = bluesky.put(RKEY, post(), swapRecord=None).json()
    refused = bluesky.put(RKEY, post("other"), swapRecord=None)
    assert (refused.status_code, refused.json()) == (
        400,
        {"error": "InvalidSwap", "message": f"Record was at {first['cid']}"},
    )
    assert [seen["text"] for seen in sandbox.posts("bluesky")] == ["hello"]


def test_create_record_with_a_used_key_is_a_500_and_creates_nothing(sandbox: Sandbox, bluesky: Bluesky) -> None:
    body = {"repo": bluesky.did, "collection": "app.bsky.feed.post", "rkey": RKEY, "record": post()}
    answers = [bluesky.xrpc("repo.createRecord", bluesky.session["accessJwt"], json=body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 500]
    assert answers[1].json()["error"] == "InternalServerError"
    assert len(sandbox.posts("bluesky")) == 1


FAMILY = "\N{WOMAN}\u200d\N{WOMAN}\u200d\N{GIRL}"
IMAGE: dict[str, Any] = {
    "$type": "blob",
    "ref": {"$link": blob_cid(b"never uploaded")},
    "mimeType": "image/png",
    "size": 14,
}


def _images(count: int, **change: Any) -> dict[str, Any]:
    image = {"image": IMAGE | change, "alt": ""}
    return {"$type": "app.bsky.embed.images", "images": [image] * count}


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (post("a" * 301), "grapheme too big (maximum 300, got 301) at $.record.text"),
        (post(FAMILY * 170), "string too big (maximum 3000, got 3060) at $.record.text"),
        (post(embed=_images(5)), "array too big (maximum 4, got 5) at $.record.embed.images"),
        (
            post(embed={"$type": "app.bsky.embed.images", "images": [{"image": IMAGE}]}),
            'Missing required key "alt" at $.record.embed.images[0]',
        ),
        (
            post(embed=_images(1, size=2_000_001)),
            "blob too big (maximum 2000000, got 2000001) at $.record.embed.images[0].image",
        ),
        (
            post(embed=_images(1, mimeType="text/plain")),
            'Expected "image/*" (got "text/plain") at $.record.embed.images[0].image.mimeType',
        ),
        (post(createdAt="2026-11-25"), 'Invalid datetime (got "2026-11-25") at $.record.createdAt'),
    ],
)
def test_an_invalid_post_gets_the_reference_message(
    sandbox: Sandbox, bluesky: Bluesky, record: dict[str, Any], problem: str
) -> None:
    refused = bluesky.put(RKEY, record)
    assert (refused.status_code, refused.json()) == (
        400,
        {"error": "InvalidRequest", "message": f"Invalid app.bsky.feed.post record: {problem}"},
    )
    assert sandbox.posts("bluesky") == []


def test_an_invalid_key_and_a_missing_blob_are_refused(bluesky: Bluesky) -> None:
    assert 'Invalid TID string (got "abc") at $' in bluesky.put("abc", post()).json()["message"]
    missing = bluesky.put(RKEY, post(embed=_images(1))).json()
    assert missing == {"error": "BlobNotFound", "message": f"Could not find blob: {IMAGE['ref']['$link']}"}


@pytest.mark.parametrize("strange", [1.5, 1 << 60, "\ud800", {"$bytes": "%"}, {"$link": 5}, [[[{}]]]])
def test_invalid_data_never_breaks_the_server(bluesky: Bluesky, strange: Any) -> None:
    body = {"repo": bluesky.did, "collection": "app.example.x", "rkey": RKEY, "record": {"x": strange}}
    answer = bluesky.xrpc(
        "repo.putRecord",
        bluesky.session["accessJwt"],
        content=json.dumps(body),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code in (200, 400), answer.text


def test_only_one_of_six_concurrent_writes_succeeds(sandbox: Sandbox, bluesky: Bluesky) -> None:
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda n: bluesky.put(RKEY, post(f"{n}"), swapRecord=None), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400, 400]
    assert len(sandbox.posts("bluesky")) == 1


def test_facets_beyond_the_text_are_accepted_unchecked(bluesky: Bluesky) -> None:
    link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://a.example"}
    facet = {"index": {"byteStart": 5, "byteEnd": 99}, "features": [link]}
    assert bluesky.put(RKEY, post("hi", facets=[facet])).status_code == 200


def test_a_missing_record_is_a_400(bluesky: Bluesky) -> None:
    gone = bluesky.get(RKEY)
    assert (gone.status_code, gone.json()["error"]) == (400, "RecordNotFound")


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
