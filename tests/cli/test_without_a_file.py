"""Posts written on the command line, uploads, and any call of the API."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import FakeApi, Munadi, content

MEDIA = {
    "id": "med_1",
    "brandRef": "acme",
    "type": "image/jpeg",
    "width": 2,
    "height": 1,
    "duration": None,
    "bytes": 3,
    "sourceUrl": None,
    "sha256": "ab",
}
PUBLISH = ("contents", "publish", "--brand-ref", "acme")


def test_a_post_is_written_on_the_command_line(munadi: Munadi, api: FakeApi, tmp_path: Path) -> None:
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"abc")
    api.on("POST /v1/media", MEDIA)
    api.on("POST /v1/contents", content())
    parts = ("--text", "नमस्ते", "--channel", "bluesky", "--channel", "threads", "--at", "2030-01-15T09:00:00")
    result = munadi(*PUBLISH, *parts, "--timezone", "Asia/Kolkata", "--media", str(picture))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("accepted cnt_1")
    assert api.bodies("POST /v1/contents") == [
        {
            "brandRef": "acme",
            "text": "नमस्ते",
            "channels": ["bluesky", "threads"],
            "scheduledAt": "2030-01-15T09:00:00",
            "timezone": "Asia/Kolkata",
            "media": [{"id": "med_1"}],
        }
    ]


def test_every_plain_field_of_a_post_is_an_option(munadi: Munadi, api: FakeApi) -> None:
    api.on("POST /v1/contents", content())
    parts = ("--link", "https://acme.example", "--client-ref", "cms-42", "--metadata", "campaign=monsoon")
    until = ("--publish-by", "2030-01-15T09:00:00", "--timezone", "Asia/Kolkata", "--fold", "later")
    assert munadi(*PUBLISH, "--channel", "bluesky", *parts, *until).exit_code == 0
    assert api.bodies("POST /v1/contents") == [
        {
            "brandRef": "acme",
            "channels": ["bluesky"],
            "link": "https://acme.example",
            "clientRef": "cms-42",
            "metadata": {"campaign": "monsoon"},
            "publishBy": "2030-01-15T09:00:00",
            "timezone": "Asia/Kolkata",
            "fold": "later",
        }
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--text", "x"), "give --channel"),
        ((), "give --channel"),
        (("--file", "post.json", "--text", "x"), "not both"),
        (("--file", "post.json", "--media", "a.jpg"), "not both"),
        (("--file", "post.json", "--client-ref", "x"), "not both"),
        (("--channel", "bluesky", "--media", "nowhere.jpg"), "media file not found: nowhere.jpg"),
        (("--channel", "bluesky", "--text", "x", "--timezone", "Asia/Kolkata"), "give --at with --timezone"),
    ],
)
def test_what_is_no_post_is_told_before_anything_is_sent(
    munadi: Munadi, api: FakeApi, options: tuple[str, ...], words: str
) -> None:
    result = munadi(*PUBLISH, *options)
    assert (result.exit_code, api.requests) == (2, [])
    assert words in result.output


def test_a_post_without_its_brand_is_a_mistake_of_usage(munadi: Munadi, api: FakeApi) -> None:
    result = munadi("contents", "publish", "--text", "x", "--channel", "bluesky")
    assert (result.exit_code, api.requests, "give --brand-ref" in result.output) == (2, [], True)


def test_an_empty_time_is_sent_and_so_refused_instead_of_publishing_at_once(munadi: Munadi, api: FakeApi) -> None:
    api.on("POST /v1/contents", content())
    munadi(*PUBLISH, "--channel", "bluesky", "--text", "x", "--at", "")
    assert api.bodies("POST /v1/contents")[0]["scheduledAt"] == ""


def test_a_file_is_uploaded_by_itself(munadi: Munadi, api: FakeApi, tmp_path: Path) -> None:
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"abc")
    api.on("POST /v1/media", MEDIA)
    result = munadi("media", "upload", str(picture), "--brand-ref", "acme", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, MEDIA)
    missing = munadi("media", "upload", str(tmp_path / "b.jpg"), "--brand-ref", "acme")
    assert (missing.exit_code, len(api.requests)) == (2, 1)


def test_any_call_is_made_with_its_query_and_body(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/contents", {"data": []})
    assert json.loads(munadi("request", "get", "/v1/contents?status=failed&status=held&text=").stdout) == {"data": []}
    assert api.requests[0].url.query == b"status=failed&status=held&text="
    api.on("POST /v1/brands", {"ref": "acme"})
    munadi("request", "POST", "/v1/brands", "--file", "-", "--idempotency-key", "k", input='{"ref": "acme"}')
    assert api.bodies("POST /v1/brands") == [{"ref": "acme"}]
    assert api.requests[1].headers["idempotency-key"] == "k"
    api.on("DELETE /v1/keys/key_1", httpx.Response(204))
    assert munadi("request", "DELETE", "/v1/keys/key_1").stdout == ""


@pytest.mark.parametrize("call", [("FETCH", "/v1/contents"), ("GET", "https://elsewhere.example/v1")])
def test_a_call_that_is_none_is_a_mistake_of_usage(munadi: Munadi, api: FakeApi, call: tuple[str, str]) -> None:
    assert munadi("request", *call).exit_code == 2
    assert api.requests == []
