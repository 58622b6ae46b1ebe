"""The emulated PDS answers writes and repeats as the reference PDS does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from munadi.sandbox.bluesky.model import blob_cid, record_cid
from tests.sandbox.conftest import Bluesky, post, refusal

RKEY = "3n342ilh4f622"
IMAGE: dict[str, Any] = {
    "$type": "blob",
    "ref": {"$link": blob_cid(b"never uploaded")},
    "mimeType": "image/png",
    "size": 14,
}


def images(count: int) -> dict[str, Any]:
    image = {"image": IMAGE, "alt": ""}
    return {"$type": "app.bsky.embed.images", "images": [image] * count}


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


def test_an_invalid_key_and_a_missing_blob_are_refused(bluesky: Bluesky) -> None:
    assert 'Invalid TID string (got "abc") at $' in bluesky.put("abc", post()).json()["message"]
    missing = bluesky.put(RKEY, post(embed=images(1))).json()
    assert missing == {"error": "BlobNotFound", "message": f"Could not find blob: {IMAGE['ref']['$link']}"}


def test_only_one_of_six_concurrent_writes_succeeds(bluesky: Bluesky) -> None:
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda n: bluesky.put(RKEY, post(f"{n}"), swapRecord=None), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400, 400]
    assert len(bluesky.posts()) == 1


def test_content_ids_are_those_of_the_reference() -> None:
    # Written by the reference PDS for this very record, and the id of the empty file everywhere.
    assert record_cid(post("hi")) == "bafyreie6tvbelqt6raamsjkcbsjcqskans75auoua5mat3dfqkddu4tscm"
    assert blob_cid(b"") == "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
