"""`munadi publications list`, `munadi webhooks deliveries`, `munadi media` and `munadi contents list --id`."""

from __future__ import annotations

import json

import httpx

from api.openapi.content_examples import LISTED_PUBLICATION, MEDIA
from api.openapi.webhook_examples import DELIVERY
from tests.cli.conftest import FakeApi, Munadi


def test_publications_are_listed_by_filters(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/publications", {"data": [LISTED_PUBLICATION], "nextCursor": "next"})
    result = munadi("publications", "list", "--brand-ref", "acme", "--status", "failed", "--status", "queued",
                    "--since", "2026-12-01T00:00:00Z", "--limit", "1")  # fmt: skip
    assert result.exit_code == 0
    assert f"{LISTED_PUBLICATION['id']}  bluesky  published" in result.stdout
    assert LISTED_PUBLICATION["contentId"] in result.stdout
    assert "more: --cursor next" in result.stderr
    asked = api.requests[-1].url.params
    assert (asked.get_list("status"), asked["since"]) == (["failed", "queued"], "2026-12-01T00:00:00Z")
    assert "channel" not in asked


def test_a_wrong_filter_is_a_matter_of_usage(munadi: Munadi, api: FakeApi) -> None:
    error = {"pointer": "?status/0", "code": "INVALID_FIELD", "message": "must be one of accepted, queued"}
    problem = {"type": "", "title": "no", "status": 422, "errors": [error]}
    commands = {"publications": ("publications", "list"), "webhooks/deliveries": ("webhooks", "deliveries")}
    for path, command in commands.items():
        api.on(f"GET /v1/{path}", httpx.Response(422, json=problem))
        assert munadi(*command, "--status", "lost").exit_code == 2


def test_a_delivery_names_what_it_waits_for(munadi: Munadi, api: FakeApi) -> None:
    waiting = DELIVERY | {"nextAttemptAt": None, "waitsForEndpoint": True}
    api.on("GET /v1/webhooks/deliveries", {"data": [waiting, DELIVERY], "nextCursor": None})
    [first, second] = munadi("webhooks", "deliveries").stdout.splitlines()[1:]
    assert (first.endswith("endpoint disabled"), "endpoint disabled" in second) == (True, False)
    api.on(f"POST /v1/webhooks/deliveries/{DELIVERY['id']}/redeliver", waiting)
    assert "which is disabled" in munadi("webhooks", "redeliver", DELIVERY["id"]).stdout


def test_media_are_listed_and_shown(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/media", {"data": [MEDIA], "nextCursor": None})
    api.on(f"GET /v1/media/{MEDIA['id']}", MEDIA)
    assert f"{MEDIA['id']}  acme   image/jpeg  1080 x 1350  184,320" in munadi("media", "list").stdout
    assert "1080 x 1350" in munadi("media", "get", MEDIA["id"]).stdout
    assert json.loads(munadi("media", "get", MEDIA["id"], "--json").stdout) == MEDIA


def test_media_are_deleted_unless_they_are_needed(munadi: Munadi, api: FakeApi) -> None:
    path = f"DELETE /v1/media/{MEDIA['id']}"
    api.on(path, httpx.Response(204))
    assert f"deleted {MEDIA['id']}" in munadi("media", "delete", MEDIA["id"]).stdout
    detail = f"the media {MEDIA['id']} is needed by cnt_1"
    problem = {"type": "", "title": "Still needed", "status": 409, "code": "MEDIA_IN_USE", "detail": detail}
    api.on(path, httpx.Response(409, json=problem))
    refused = munadi("media", "delete", MEDIA["id"])
    assert (refused.exit_code != 0, detail in refused.stderr) == (True, True)


def test_posts_are_listed_by_id(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/contents", {"data": [], "nextCursor": None})
    assert munadi("contents", "list", "--id", "cnt_1", "--id", "cnt_2").exit_code == 0
    assert api.requests[-1].url.params.get_list("id") == ["cnt_1", "cnt_2"]


def test_posts_are_listed_by_metadata(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/contents", {"data": [], "nextCursor": None})
    assert munadi("contents", "list", "--metadata", "campaign=diwali", "--metadata", "a=b=c").exit_code == 0
    asked = api.requests[-1].url.params
    assert (asked["metadata[campaign]"], asked["metadata[a]"]) == ("diwali", "b=c")
    assert munadi("contents", "list", "--metadata", "campaign").exit_code == 2
