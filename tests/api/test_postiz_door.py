"""Postiz's door: its clients' requests become posts and drafts of ours, and our status comes back in Postiz's words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus
from munadi.doors.postiz import plain
from tests.api.client import FAR
from tests.api.harness import ApiHarness, open_api
from tests.api.servers import picture

S = PublicationStatus
POSTS = "/public/v1/posts"
RANGE = "?startDate=2026-01-01T00:00:00.000Z&endDate=2028-01-01T00:00:00.000Z"


@pytest.fixture
async def api(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> AsyncIterator[ApiHarness]:
    """The API with Postiz's door open."""
    async with open_api(tmp_path, database_url, doors="postiz") as opened:
        yield opened


@pytest.fixture
async def key(api: ApiHarness) -> str:
    return await api.key(Scope.CONTENTS_WRITE, Scope.CONTENTS_READ, Scope.ACCOUNTS_READ, brand_ref="acme")


def raw(key: str) -> dict[str, Any]:
    """Postiz's clients send the key without a scheme."""
    return {"key": "", "headers": {"Authorization": key}}


async def accounts(api: ApiHarness, key: str) -> dict[str, str]:
    """The id of an integration of each network."""
    found = await api.read("/public/v1/integrations", **raw(key))
    return {each["identifier"]: each["id"] for each in found}


def body(*posts: tuple[str, str], **changes: Any) -> dict[str, Any]:
    """A scheduled request with a text for each integration."""
    made = [{"integration": {"id": each}, "value": [{"content": text, "image": []}]} for each, text in posts]
    return {"type": "schedule", "date": FAR, "shortLink": True, "tags": [], "posts": made, **changes}


async def refused(api: ApiHarness, sent: Any, key: str, status: int = 400) -> dict[str, Any]:
    answer = await api.post(POSTS, sent, **raw(key))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json"), answer.text
    found: dict[str, Any] = answer.json()
    assert found["statusCode"] == status
    assert found["msg"]
    return found


@pytest.mark.each_database
async def test_the_posts_of_a_request_are_one_post_with_a_publication_for_each(api: ApiHarness, key: str) -> None:
    await api.add_account(ChannelName.MASTODON, service_url="https://mastodon.example")
    known = await accounts(api, key)
    sent = body((known["bluesky"], "For Bluesky"), (known["mastodon"], "For Mastodon"), tags=[{"label": "sale"}])
    answer = await api.post(POSTS, sent, **raw(key))
    assert answer.status_code == 201, answer.text
    assert [each["integration"] for each in answer.json()] == [known["bluesky"], known["mastodon"]]
    [listed, other] = (await api.read(POSTS + RANGE, **raw(key)))["posts"]
    assert (listed["state"], listed["releaseURL"], listed["publishDate"]) == ("QUEUE", None, "2027-03-01T09:00:00.000Z")
    assert (listed["id"], listed["group"]) == (answer.json()[0]["postId"], other["group"])
    assert listed["integration"]["providerIdentifier"] == "bluesky"
    content = await api.read_content(listed["group"])
    assert (content["text"], content["metadata"], content["scheduledAt"]) == ("For Bluesky", {"tags": "sale"}, FAR)
    [entry] = await api.read_list("/v1/audit", params={"target": content["id"]})
    assert (entry["action"], entry["keyId"]) == ("content.created", await api.key_id(key))


async def test_what_follows_a_post_is_a_thread_or_a_first_comment(api: ApiHarness, key: str) -> None:
    await api.add_account(ChannelName.FACEBOOK)
    known = await accounts(api, key)
    thread = [{"content": text} for text in ("one", "two", "three")]
    tried = (("bluesky", thread, True), ("facebook", thread[:2], True), ("facebook", thread, False))
    for network, values, is_taken in tried:
        sent = body(posts=[{"integration": {"id": known[network]}, "value": values}])
        if is_taken:
            assert (await api.post(POSTS, sent, **raw(key))).status_code == 201
        else:
            found = await refused(api, sent, key)
            assert found["message"] == ["posts.0.value: facebook has no threads here; one comment can follow"]


async def test_a_draft_is_one_of_ours_until_it_is_scheduled(api: ApiHarness, key: str) -> None:
    known = await accounts(api, key)
    sent = body((known["bluesky"], "Unfinished"), type="draft")
    [made] = (await api.post(POSTS, sent, **raw(key))).json()
    [again] = (await api.post(POSTS, sent, **raw(key))).json()
    assert again == made
    [listed] = (await api.read(POSTS + RANGE, **raw(key)))["posts"]
    assert (listed["id"], listed["state"], listed["content"]) == (made["postId"], "DRAFT", "Unfinished")
    answer = await api.request("PUT", f"{POSTS}/{made['postId']}/status", {"status": "schedule"}, **raw(key))
    assert answer.status_code == 200, answer.text
    [listed] = (await api.read(POSTS + RANGE, **raw(key)))["posts"]
    assert (listed["id"], listed["state"]) == (answer.json()["id"], "QUEUE")
    [other] = (await api.post(POSTS, body((known["bluesky"], "Another"), type="draft"), **raw(key))).json()
    assert (await api.delete(f"{POSTS}/{other['postId']}", **raw(key))).status_code == 200
    assert (await api.delete(f"{POSTS}/{other['postId']}", **raw(key))).status_code == 404


@pytest.mark.each_database
async def test_the_same_request_within_an_hour_is_the_same_post(api: ApiHarness, key: str) -> None:
    known = await accounts(api, key)
    file = await api.post("/public/v1/upload", files={"file": ("a.png", picture(), "image/png")}, **raw(key))
    ids: list[str] = []
    for made_up in ("k2j3h", "p9x8c"):  # as its command line makes the ids of files up
        sent = body((known["bluesky"], "Twice"), type="now", date=f"2026-12-0{len(ids) + 1}T09:00:00Z")
        sent["posts"][0]["value"][0]["image"] = [{"id": made_up, "path": file.json()["path"]}]
        ids.append((await api.post(POSTS, sent, **raw(key))).json()[0]["postId"])
    assert ids[0] == ids[1]
    api.clock.ahead = timedelta(minutes=61)
    later = (await api.post(POSTS, sent, **raw(key))).json()[0]["postId"]
    assert later != ids[0]


async def test_deleting_cancels_the_whole_group_and_leaves_what_is_live(api: ApiHarness, key: str) -> None:
    known = await accounts(api, key)
    [first] = (await api.post(POSTS, body((known["bluesky"], "one")), **raw(key))).json()
    assert (await api.delete(f"{POSTS}/{first['postId']}", **raw(key))).json()["success"] is True
    assert (await api.read(POSTS + RANGE, **raw(key)))["posts"] == []
    [second] = (await api.post(POSTS, body((known["bluesky"], "two")), **raw(key))).json()
    [listed] = (await api.read(POSTS + RANGE, **raw(key)))["posts"]
    await api.move(listed["group"], S.QUEUED, S.PUBLISHING, S.PUBLISHED)
    answer = await api.delete(f"{POSTS}/group/{listed['group']}", **raw(key))
    assert (answer.status_code, answer.json()["error"]) == (400, "TOO_LATE")
    [listed] = (await api.read(POSTS + RANGE, **raw(key)))["posts"]
    assert (listed["id"], listed["state"]) == (second["postId"], "PUBLISHED")


async def test_a_failed_post_says_why(api: ApiHarness, key: str) -> None:
    known = await accounts(api, key)
    await api.post(POSTS, body((known["bluesky"], "one")), **raw(key))
    [listed] = (await api.read(POSTS + RANGE, **raw(key)))["posts"]
    await api.move(listed["group"], S.QUEUED, S.PUBLISHING, S.FAILED)
    [listed] = (await api.read(POSTS + RANGE, **raw(key)))["posts"]
    assert listed["state"] == "ERROR"
    assert "network" in listed["error"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "later"}, "type"),
        ({"type": "schedule", "date": None}, "date"),
        ({"inter": 7}, "inter"),
        ({"posts": []}, "posts"),
        ({"posts": [{"integration": {"id": "acc_nobody"}, "value": [{"content": "x"}]}]}, "posts.0.integration.id"),
        ({"date": "2027-03-01T09:00:00Z", "content": "x" * 400}, "posts.0.value.0.content"),
        ({"settings": {"__type": "bluesky", "community": "7"}}, "posts.0.settings.community"),
        ({"image": [{}]}, "posts.0.value.0.image.0"),
    ],
)
async def test_what_is_wrong_or_has_no_equivalent_is_refused_by_its_name(
    api: ApiHarness, key: str, change: dict[str, Any], field: str
) -> None:
    sent = body(((await accounts(api, key))["bluesky"], "Monsoon sale"))
    post = sent["posts"][0]
    for name in ("content", "image"):
        if name in change:
            post["value"][0][name] = change.pop(name)
    if "settings" in change:
        post["settings"] = change.pop("settings")
    found = await refused(api, sent | change, key)
    assert [each for each in found["message"] if each.startswith(f"{field}: ")], found
    assert await api.count() == 0


async def test_settings_of_a_network_become_its_options(api: ApiHarness, key: str) -> None:
    await api.add_account(ChannelName.X)
    known = await accounts(api, key)
    sent = body((known["x"], "Hello"))
    sent["posts"][0]["settings"] = {"__type": "x", "who_can_reply_post": "following", "community": ""}
    assert (await api.post(POSTS, sent, **raw(key))).status_code == 201
    sent["posts"][0]["settings"]["who_can_reply_post"] = "nobody"
    found = await refused(api, sent, key)
    assert found["message"][0].startswith("posts.0.settings.who_can_reply_post")


async def test_a_free_time_is_found(api: ApiHarness, key: str) -> None:
    known = await accounts(api, key)
    path = f"/public/v1/find-slot/{known['bluesky']}"
    none = await api.get(path, **raw(key))
    assert none.status_code == 400
    assert "has no free time" in none.json()["msg"]
    slots = {"slots": [{"weekday": "monday", "time": "09:00"}]}
    assert (await api.request("PUT", "/v1/brands/acme/slots", slots)).status_code == 200
    date = (await api.read(path, **raw(key)))["date"]
    assert (await api.post(POSTS, body((known["bluesky"], "In the slot"), date=date), **raw(key))).status_code == 201


async def test_a_file_is_uploaded_or_fetched(api: ApiHarness, key: str) -> None:
    known = await accounts(api, key)
    form = await api.post("/public/v1/upload", files={"file": ("a.png", picture(), "image/png")}, **raw(key))
    fetched = await api.post("/public/v1/upload-from-url", {"url": api.site.url("/a.jpg")}, **raw(key))
    for answer in (form, fetched):
        assert answer.status_code == 201, answer.text
        file = answer.json()
        sent = body((known["bluesky"], file["name"]))
        sent["posts"][0]["value"][0]["image"] = [{"id": file["id"], "path": file["path"]}]
        assert (await api.post(POSTS, sent, **raw(key))).status_code == 201
    for path, given in (("upload", {}), ("upload-from-url", {"url": "not an address"}), ("upload-from-url", {})):
        assert (await api.post(f"/public/v1/{path}", given, **raw(key))).status_code == 400


async def test_keys_and_scopes_hold_as_elsewhere(api: ApiHarness, key: str) -> None:
    known = await accounts(api, key)
    sent = body((known["bluesky"], "Monsoon sale"))
    assert (await api.read("/public/v1/is-connected", **raw(key))) == {"connected": True}
    assert (await api.read("/public/v1/is-connected", key=key)) == {"connected": True}  # with the scheme, too
    assert (await refused(api, sent, "mnd_wrong", 401))["error"] == "KEY_MALFORMED"
    drafter = await api.key(Scope.DRAFTS_WRITE, brand_ref="acme")
    assert (await refused(api, sent, drafter, 403))["error"] == "SCOPE_MISSING"
    assert (await api.post(POSTS, sent | {"type": "draft"}, **raw(drafter))).status_code == 201
    rival = await api.key(Scope.CONTENTS_WRITE, brand_ref="rival")
    assert (await refused(api, sent, rival))["message"][0].startswith("posts.0.integration.id")
    await api.post(POSTS, sent, **raw(key))
    [post, _] = (await api.read(POSTS + RANGE, **raw(key)))["posts"]
    assert (await api.delete(f"{POSTS}/{post['id']}", **raw(rival))).status_code == 404


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Plain < text & more", "Plain < text & more"),
        ("<p>One</p><p>Two <strong>bold</strong> &amp; more</p>", "One\nTwo bold & more"),
        ("<p>List</p><ul><li><p>a</p></li><li><p>b</p></li></ul>", "List\n- a\n- b"),
    ],
)
def test_the_tags_of_its_editor_are_not_published(text: str, shown: str) -> None:
    assert plain(text) == shown
