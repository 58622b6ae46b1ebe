"""Ayrshare's door: its clients' requests become posts of ours, and our status comes back in Ayrshare's words."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.doors import calls
from munadi.domain.channel import ChannelName
from munadi.domain.door import DoorName, read_doors
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus
from tests.api.client import FAR
from tests.api.harness import ApiHarness, open_api
from tests.api.servers import picture

S = PublicationStatus
POST: dict[str, Any] = {"post": "Monsoon sale", "platforms": ["bluesky"], "scheduleDate": FAR}


@pytest.fixture
async def api(
    request: pytest.FixtureRequest, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ApiHarness]:
    """The API with its doors open. Nothing publishes here, so nothing waits for that."""
    monkeypatch.setattr(calls, "WAIT", 0.0)
    fake = request.node.get_closest_marker("fake_network") is not None
    async with open_api(tmp_path, database_url, fake_network=fake, doors="ayrshare") as opened:
        yield opened


@pytest.fixture
async def key(api: ApiHarness) -> str:
    return await api.key(Scope.CONTENTS_WRITE, Scope.CONTENTS_READ, Scope.ACCOUNTS_READ, brand_ref="acme")


async def refused(api: ApiHarness, body: dict[str, Any], key: str, status: int = 400) -> dict[str, Any]:
    answer = await api.post("/api/post", body, key=key)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    assert (found["status"], found["postIds"]) == ("error", [])
    return found


@pytest.mark.each_database
async def test_a_scheduled_post_is_accepted_like_any_other(api: ApiHarness, key: str) -> None:
    answer = await api.post("/api/post", POST | {"notes": "by John"}, key=key)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["status"], found["postIds"], found["errors"]) == ("scheduled", [], [])
    assert found["scheduleDate"] == FAR
    assert found["posts"][0]["id"] == found["id"]
    content = await api.read_content(found["id"])
    assert (content["text"], content["brandRef"], content["metadata"]) == ("Monsoon sale", "acme", {"notes": "by John"})
    assert [each["channel"] for each in content["publications"]] == ["bluesky"]
    [entry] = await api.read_list("/v1/audit", params={"target": found["id"]})
    assert (entry["action"], entry["keyId"]) == ("content.created", await api.key_id(key))


async def test_a_time_without_a_zone_is_utc(api: ApiHarness, key: str) -> None:
    found = (await api.post("/api/post", POST | {"scheduleDate": "2027-03-01T09:00:00"}, key=key)).json()
    assert (await api.read_content(found["id"]))["scheduledAt"] == FAR


async def test_each_network_may_have_a_text_and_options_of_its_own(api: ApiHarness, key: str) -> None:
    await api.add_account(ChannelName.X)
    await api.add_account(ChannelName.MASTODON, service_url="https://mastodon.example")
    body = POST | {
        "post": {"default": "For all", "twitter": "For X"},
        "platforms": ["bluesky", "twitter", "mastodon"],
        "firstComment": {"comment": "#sale", "platforms": ["mastodon"]},
        "source": "npm",
        "isVideo": False,
    }
    found = await api.post("/api/post", body, key=key)
    assert found.status_code == 200, found.text
    entry = await api.read(f"/api/post/{found.json()['id']}", key=key)
    assert (entry["platforms"], entry["post"]) == (["bluesky", "twitter", "mastodon"], "For all")
    assert (entry["status"], entry["type"], entry["scheduleDate"]["utc"]) == ("pending", "scheduled", FAR)


async def test_all_means_every_connected_account(api: ApiHarness, key: str) -> None:
    rival = await api.key(Scope.CONTENTS_WRITE, brand_ref="rival")
    found = (await api.post("/api/post", POST | {"platforms": ["all"]}, key=rival)).json()
    assert [each["channel"] for each in (await api.read_content(found["id"]))["publications"]] == ["bluesky"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"shortenLinks": True}, "shortenLinks"),
        ({"autoRepost": {"repeat": 2, "days": 2}}, "autoRepost"),
        ({"youTubeOptions": {"thumbNail": "https://a.example/a.jpg"}}, "youTubeOptions.thumbNail"),
        ({"platforms": ["snapchat"]}, "platforms.0"),
        ({"platforms": "bluesky"}, "platforms"),
        ({"post": None}, "post"),
        ({"autoSchedule": {"schedule": True, "title": "Weekend"}}, "autoSchedule.title"),
        ({"mediaUrls": [7]}, "mediaUrls"),
        ({"scheduleDate": "tomorrow"}, "scheduleDate"),
        ({"post": "x" * 400}, "post"),
        ({"platforms": ["instagram"]}, "platforms.0"),
    ],
)
async def test_what_is_wrong_or_has_no_equivalent_is_refused_by_its_name(
    api: ApiHarness, key: str, change: dict[str, Any], field: str
) -> None:
    found = await refused(api, POST | change, key)
    assert field in [each["field"] for each in found["errors"]], found
    assert field in found["message"]
    assert await api.count() == 0


async def test_a_field_that_is_switched_off_is_no_reason_to_refuse(api: ApiHarness, key: str) -> None:
    body = POST | {"shortenLinks": False, "autoRepost": None, "unsplash": ""}
    assert (await api.post("/api/post", body, key=key)).status_code == 200


@pytest.mark.each_database
async def test_the_same_request_within_an_hour_is_the_same_post(api: ApiHarness, key: str) -> None:
    first, again = [(await api.post("/api/post", POST, key=key)).json()["id"] for _ in range(2)]
    assert again == first
    other = (await api.post("/api/post", POST | {"post": "Another"}, key=key)).json()["id"]
    api.clock.ahead = timedelta(minutes=61)
    later = (await api.post("/api/post", POST, key=key)).json()["id"]
    assert len({first, other, later}) == 3
    assert (await api.post("/api/post", POST, key=key)).json()["id"] == later


async def test_a_post_that_came_to_nothing_does_not_stand_for_the_next(api: ApiHarness, key: str) -> None:
    first = (await api.post("/api/post", POST, key=key)).json()["id"]
    assert (await api.delete("/api/post", body={"id": first}, key=key)).json()["status"] == "success"
    second = (await api.post("/api/post", POST, key=key)).json()
    assert (second["status"], second["id"] != first) == ("scheduled", True)


@pytest.mark.each_database
async def test_an_idempotency_key_of_the_body_is_one_of_ours(api: ApiHarness, key: str) -> None:
    body = POST | {"idempotencyKey": "order-7"}
    first = (await api.post("/api/post", body, key=key)).json()["id"]
    api.clock.ahead = timedelta(hours=3)
    assert (await api.post("/api/post", body, key=key)).json()["id"] == first
    found = await refused(api, body | {"post": "Another"}, key)
    assert found["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_success_is_what_is_live(api: ApiHarness, key: str) -> None:
    post_id = (await api.post("/api/post", POST, key=key)).json()["id"]
    for statuses, word in (([S.QUEUED, S.PUBLISHING], "processing"), ([S.PUBLISHED], "success")):
        await api.move(post_id, *statuses)
        found = await api.read(f"/api/history/{post_id}", key=key)
        assert found["status"] == word
        assert len(found["postIds"]) == (1 if word == "success" else 0)


async def test_a_failed_post_names_the_reason_and_what_to_do(api: ApiHarness, key: str) -> None:
    post_id = (await api.post("/api/post", POST, key=key)).json()["id"]
    await api.move(post_id, S.QUEUED, S.PUBLISHING, S.FAILED)
    found = await api.read(f"/api/post/{post_id}", key=key)
    [error] = found["errors"]
    assert (found["status"], error["code"], error["platform"]) == ("error", "PROVIDER_OUTAGE", "bluesky")


async def test_a_proposal_awaits_its_approval(api: ApiHarness, key: str) -> None:
    assert (await api.patch("/v1/brands/acme", {"approval": "proposals"})).status_code == 200
    found = (await api.post("/api/post", POST | {"requiresApproval": True}, key=key)).json()
    assert found["status"] == "awaiting approval"
    content = await api.read_content(found["id"])
    assert content["approval"]["status"] == "requested"


async def test_the_history_is_filtered_as_it_is_asked(api: ApiHarness, key: str) -> None:
    ids = [(await api.post("/api/post", POST | {"post": text}, key=key)).json()["id"] for text in ("one", "two")]
    await api.delete("/api/delete", body={"id": ids[0]}, key=key)

    async def listed(query: str) -> list[str]:
        return [each["id"] for each in (await api.read(f"/api/history{query}", key=key))["history"]]

    assert await listed("?lastDays=0&source=pypi") == [ids[1]]
    assert await listed("?status=deleted") == [ids[0]]
    assert await listed("?type=immediate") == []
    assert await listed("?platform[0]=bluesky&limit=1") == [ids[1]]
    assert await listed("?platform=twitter") == []
    answer = await api.get("/api/history?limit=many", key=key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "limit")


async def test_several_posts_are_deleted_together_or_not_at_all(api: ApiHarness, key: str) -> None:
    ids = [(await api.post("/api/post", POST | {"post": text}, key=key)).json()["id"] for text in ("one", "two")]
    unknown = await api.delete("/api/post", body={"bulk": [*ids, "nothing"]}, key=key)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "NOT_FOUND")
    assert {(await api.read_content(each))["status"] for each in ids} == {"accepted"}
    found = await api.delete("/api/post", body={"bulk": ids}, key=key)
    assert (found.status_code, found.json()["status"]) == (200, "success")
    assert {(await api.read_content(each))["status"] for each in ids} == {"canceled"}


async def test_taking_back_what_is_live_needs_its_scope(api: ApiHarness, key: str) -> None:
    post_id = (await api.post("/api/post", POST, key=key)).json()["id"]
    await api.move(post_id, S.QUEUED, S.PUBLISHING, S.PUBLISHED)
    answer = await api.delete("/api/post", body={"id": post_id}, key=key)
    assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_MISSING")


async def test_the_profile_is_the_brand(api: ApiHarness, key: str) -> None:
    found = await api.read("/api/user", key=key)
    assert (found["activeSocialAccounts"], found["refId"]) == (["bluesky", "instagram"], "acme")
    assert {each["platform"] for each in found["displayNames"]} == {"bluesky", "instagram"}


@pytest.mark.parametrize("path", ["/api/media/upload", "/api/upload"])
async def test_an_uploaded_file_is_named_by_its_address(api: ApiHarness, key: str, path: str) -> None:
    form = {"fileName": "sale.png", "description": "The sale"}
    by_form = await api.post(path, files={"file": ("a.png", picture(), "image/png")}, data=form, key=key)
    assert by_form.status_code == 200, by_form.text
    data = "data:image/png;base64," + base64.b64encode(picture()).decode()
    by_json = await api.post(path, {"file": data, "fileName": "sale.png"}, key=key)
    for answer in (by_form, by_json):
        found = answer.json()
        assert found["fileName"] == "sale.png"
        post = (await api.post("/api/post", POST | {"post": found["id"], "mediaUrls": [found["url"]]}, key=key)).json()
        assert [each["id"] for each in (await api.read_content(post["id"]))["media"]] == [found["id"]]
        served = await api.client.get(found["url"])
        assert (served.status_code, served.headers["content-type"]) == (200, "image/jpeg")
    bad = await api.post(path, {"file": "iVBORw0"}, key=key)
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (400, "file")


async def test_a_key_of_several_brands_names_one(api: ApiHarness) -> None:
    both = await api.key(Scope.CONTENTS_WRITE, brand_refs=["acme", "rival"])
    assert (await refused(api, POST, both))["errors"][0]["field"] == "profileKey"
    found = await api.post("/api/post", POST, key=both, headers={"Profile-Key": "rival"})
    assert (await api.read_content(found.json()["id"]))["brandRef"] == "rival"
    unknown = await api.post("/api/post", POST | {"profileKey": "nobody"}, key=both)
    assert unknown.status_code == 404
    own = await api.key(Scope.CONTENTS_WRITE, brand_ref="acme")
    other = await api.post("/api/post", POST, key=own, headers={"Profile-Key": "rival"})
    assert (other.status_code, other.json()["code"]) == (403, "BRAND_RESTRICTED")


async def test_keys_scopes_and_limits_hold_as_elsewhere(api: ApiHarness) -> None:
    assert (await refused(api, POST, "", 401))["code"] == "KEY_MISSING"
    assert (await refused(api, POST, "mnd_wrong", 401))["code"] == "KEY_MALFORMED"
    reader = await api.key(Scope.CONTENTS_READ, brand_ref="acme")
    assert (await refused(api, POST, reader, 403))["code"] == "SCOPE_MISSING"
    rival = await api.key(Scope.CONTENTS_WRITE, Scope.CONTENTS_READ, brand_ref="rival")
    post_id = (await api.submit())["id"]
    assert (await api.get(f"/api/post/{post_id}", key=rival)).status_code == 404
    assert (await api.delete("/api/post", body={"id": post_id}, key=rival)).status_code == 404


async def test_a_body_that_cannot_be_read_is_refused_in_the_words_of_the_door(api: ApiHarness, key: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await api.post("/api/post", content=b'{"post": ', headers=headers, key=key)
    assert (answer.status_code, answer.json()["status"]) == (400, "error")
    nowhere = await api.get("/api/analytics/links", key=key)
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "NOT_FOUND")


async def test_a_door_is_closed_unless_the_settings_open_it(tmp_path: Path) -> None:
    async with open_api(tmp_path) as closed:
        answer = await closed.get("/api/user")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert (await closed.get("/public/v1/integrations")).status_code == 404


async def test_a_door_is_not_in_our_document(api: ApiHarness) -> None:
    paths = (await api.read("/openapi.json"))["paths"]
    assert not [path for path in paths if path.startswith(("/api/", "/public/"))]


def test_the_setting_names_doors() -> None:
    assert read_doors(" postiz, ayrshare ,ayrshare") == (DoorName.AYRSHARE, DoorName.POSTIZ)
    assert read_doors("") == ()
    with pytest.raises(ValueError, match="there is no door 'buffer'; there are ayrshare, postiz"):
        read_doors("buffer")
