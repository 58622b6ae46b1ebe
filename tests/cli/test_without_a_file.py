"""Posts written on the command line, uploads, and any call of the API."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from munadi.channels.registry import channel_views
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


def test_a_local_time_is_of_the_brand(munadi: Munadi, api: FakeApi) -> None:
    api.on("POST /v1/contents", content())
    api.on("GET /v1/contents/cnt_1", content())
    api.on("POST /v1/contents/cnt_1/reschedule", content())
    api.on("GET /v1/brands/acme", {"ref": "acme", "timezone": "Asia/Kolkata"})
    for when in (("--at", "2030-01-15T09:00"), ("--slot", "2030-01-15T09:00"), ("--publish-by", "2030-01-15T09:00")):
        assert munadi(*PUBLISH, "--channel", "bluesky", "--text", "x", *when).exit_code == 0
    assert munadi("contents", "reschedule", "cnt_1", "--at", "2030-01-15T09:00").exit_code == 0
    sent = [*api.bodies("POST /v1/contents"), *api.bodies("POST /v1/contents/cnt_1/reschedule")]
    assert [body.get("timezone") for body in sent] == ["Asia/Kolkata"] * 4
    # One that says its offset is sent as it is, and a brand without a zone leaves the question to the API.
    assert munadi(*PUBLISH, "--channel", "bluesky", "--text", "x", "--at", "2030-01-15T09:00Z").exit_code == 0
    api.on("GET /v1/brands/acme", {"ref": "acme", "timezone": None})
    assert munadi(*PUBLISH, "--channel", "bluesky", "--text", "x", "--at", "2030-01-15T09:00").exit_code == 0
    assert all("timezone" not in body for body in api.bodies("POST /v1/contents")[3:])


def test_a_board_needs_a_network_with_boards(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/channels/bluesky", {"name": "bluesky", "options": {"properties": {}}})
    result = munadi(*PUBLISH, "--channel", "bluesky", "--board", "12")
    assert (result.exit_code, len(api.requests), "no --channel of this post has boards" in result.output) == (
        2,
        1,
        True,
    )


def test_a_single_error_is_said_once(munadi: Munadi, api: FakeApi) -> None:
    error = {"pointer": "/text", "code": "TEXT_TOO_LONG", "message": "the text is too long", "limit": 300}
    problem = {
        "title": "Refused",
        "status": 422,
        "code": "INVALID_REQUEST",
        "detail": error["message"],
        "errors": [error],
    }
    api.on("POST /v1/contents", httpx.Response(422, json=problem))
    post = (*PUBLISH, "--channel", "bluesky", "--text", "x")
    assert munadi(*post).output.count("the text is too long") == 1
    several = problem | {"detail": "2 rules are broken", "errors": [error, error]}
    api.on("POST /v1/contents", httpx.Response(422, json=several))
    assert "2 rules are broken" in munadi(*post).output


def test_options_of_networks_and_alternative_texts(munadi: Munadi, api: FakeApi, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.jpg", "b.jpg")]
    for file in files:
        file.write_bytes(file.name.encode())
    api.on("POST /v1/media", MEDIA)
    api.on("POST /v1/contents", content())
    media = [part for file in files for part in ("--media", str(file))]
    channels = [part for name in ("bluesky", "pinterest", "youtube") for part in ("--channel", name)]
    options = (
        "--option",
        "youtube.madeForKids=false",
        "--option",
        "youtube.tags=[1, 2]",
        "--option",
        "youtube.title=a=b",
    )
    for name in ("bluesky", "pinterest", "youtube"):
        api.on(
            f"GET /v1/channels/{name}", next(one for one in channel_views() if one.name == name).model_dump(mode="json")
        )
    answer = munadi(*PUBLISH, *channels, *media, "--alt", "A boat", *options, "--board", "104426503825784763")
    assert answer.exit_code == 0, answer.output
    [body] = api.bodies("POST /v1/contents")
    assert body["media"] == [{"id": "med_1", "alt": "A boat"}, {"id": "med_1"}]
    assert body["channels"] == [
        "bluesky",
        {"channel": "pinterest", "options": {"boardId": "104426503825784763"}},
        {"channel": "youtube", "options": {"madeForKids": False, "tags": [1, 2], "title": "a=b"}},
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--channel", "bluesky", "--text", "x", "--alt", "y"), "1 --alt for 0 --media"),
        (("--channel", "bluesky", "--option", "x"), "write CHANNEL.NAME=VALUE"),
        (("--channel", "bluesky", "--option", "title=x"), "write CHANNEL.NAME=VALUE"),
        (("--channel", "bluesky", "--option", "youtube.madeForKids=false"), "give --channel youtube, too"),
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
