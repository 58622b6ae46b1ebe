"""What Instagram and Threads have in common: a container is created, becomes ready, and is published once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.sandbox.conftest import MediaSite, Sandbox, picture, video

DAY = 86_400
MISSING_ID = "17900000000000000"
Code = tuple[int, int | None]


@dataclass(frozen=True)
class Network:
    graph: str
    id: str
    token: str
    create: str
    publish: str
    listed: str
    status: str
    video: str  # the media type of a video
    early: Code  # the answer to publishing a container that is in progress
    expired: Code
    failed: Code
    few: Code
    unfetched: Code
    quota: Code
    restricted: Code
    problems: tuple[str, str]  # a video that is missing, and one that cannot be processed


NETWORKS: Mapping[str, Network] = {
    "instagram": Network(
        "/instagram/graph/v26.0", "17841400000000001", "IGsandboxMunadiAccessToken",
        "media", "media_publish", "media", "status_code", "REELS",
        early=(9007, 2207027), expired=(24, 2207008), failed=(9007, 2207027), few=(100, 2207028),
        unfetched=(9004, 2207052), quota=(9, 2207042), restricted=(25, 2207050), problems=("2207052", "2207026"),
    ),
    "threads": Network(
        "/threads/graph/v1.0", "26750000000000001", "THsandboxMunadiAccessToken",
        "threads", "threads_publish", "threads", "status", "VIDEO",
        early=(24, 4279009), expired=(24, 4279009), failed=(100, None), few=(100, None),
        unfetched=(1, 2207052), quota=(4, None), restricted=(1, 4279013),
        problems=("FAILED_DOWNLOADING_VIDEO", "FAILED_PROCESSING_VIDEO"),
    ),
}  # fmt: skip


class Flow:
    """A client that publishes through containers, at either network."""

    def __init__(self, sandbox: Sandbox, channel: str) -> None:
        self.sandbox, self.channel, self.network = sandbox, channel, NETWORKS[channel]
        for kind in ("image", "reel" if channel == "instagram" else "video", "parent"):
            self.set("delays", kind, seconds=0)
        if channel == "threads":
            self.set("delays", "race", seconds=0)

    def ask(self, method: str, path: str, token: str | None = None, **query: Any) -> httpx.Response:
        query = {"access_token": token or self.network.token} | query
        return self.sandbox.http.request(method, f"{self.network.graph}/{path}", params=query)

    def create(self, **form: Any) -> httpx.Response:
        return self.ask("POST", f"{self.network.id}/{self.network.create}", **form)

    def container(self, site: MediaSite, **form: Any) -> str:
        answer = self.create(**{"media_type": "IMAGE", "image_url": site.image()} | form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def publish(self, container: str) -> httpx.Response:
        return self.ask("POST", f"{self.network.id}/{self.network.publish}", creation_id=container)

    def state(self, container: str) -> str:
        return str(self.ask("GET", container, fields=self.network.status).json()[self.network.status])

    def ended(self, container: str) -> str:
        """The state once the video is checked, which happens beside the call."""
        for _ in range(100):
            if (state := self.state(container)) != "IN_PROGRESS":
                break
            time.sleep(0.02)
        return state

    def listed(self, **query: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"{self.network.id}/{self.network.listed}", **query).json()
        return found

    def posts(self) -> list[dict[str, Any]]:
        return self.sandbox.posts(self.channel)

    def set(self, what: str, kind: str, **value: Any) -> None:
        self.sandbox.control("PUT", f"/{what}", {"channel": self.channel, "kind": kind, **value})


@pytest.fixture(params=list(NETWORKS))
def flow(request: pytest.FixtureRequest, sandbox: Sandbox) -> Flow:
    return Flow(sandbox, request.param)


def code(answer: httpx.Response) -> Code:
    assert answer.status_code >= 400, answer.text
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode")


def test_a_container_is_invisible_until_it_is_published(flow: Flow, site: MediaSite) -> None:
    container = flow.container(site, alt_text="teal")
    assert (flow.state(container), flow.posts()) == ("FINISHED", [])
    post = flow.publish(container).json()["id"]
    assert (post != container, flow.state(container)) == (True, "PUBLISHED")
    read = flow.ask("GET", post, fields="media_type,permalink,timestamp,alt_text").json()
    assert (read["media_type"], read["alt_text"]) == ("IMAGE", "teal")
    assert read["timestamp"].endswith("+0000")
    (seen,) = flow.posts()
    assert (seen["id"], seen["kind"], seen["url"]) == (post, "image", read["permalink"])
    assert (seen["media"][0]["width"], seen["media"][0]["alt"]) == (400, "teal")
    page = flow.sandbox.http.get(urlsplit(seen["url"]).path)
    assert (page.status_code, page.headers["location"]) == (302, f"{flow.sandbox.url}/?post={post}")


def test_publishing_early_is_refused_until_the_container_is_ready(flow: Flow, site: MediaSite) -> None:
    flow.set("delays", "image", seconds=60)
    container = flow.container(site)
    assert flow.state(container) == "IN_PROGRESS"
    assert code(flow.publish(container)) == flow.network.early
    flow.sandbox.control("POST", "/clock", {"advanceSeconds": 61})
    assert flow.publish(container).status_code == 200


def test_a_published_container_never_makes_a_second_post(flow: Flow, site: MediaSite) -> None:
    container = flow.container(site)
    assert flow.publish(container).status_code == 200
    assert code(flow.publish(container)) == (100, None)
    assert len(flow.posts()) == 1
    flow.set("switches", "republishPublished", enabled=True)
    assert flow.publish(container).status_code == 200
    assert len(flow.posts()) == 2


def test_a_container_expires_after_a_day(flow: Flow, site: MediaSite) -> None:
    container = flow.container(site)
    flow.sandbox.control("POST", "/clock", {"advanceSeconds": DAY + 1})
    assert flow.state(container) == "EXPIRED"
    assert code(flow.publish(container)) == flow.network.expired


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (None, "unfetched"),
        (b"<html>", "unfetched"),
        (picture((400, 400), "JPEG") + b"\0" * 8 * 1024 * 1024, (36000, 2207004)),
        (picture((400, 400), "GIF"), (36001, 2207005)),
        ("wrong shape", (36003, 2207009)),
    ],
)
def test_a_bad_image_is_refused_at_creation(
    flow: Flow, site: MediaSite, body: bytes | str | None, expected: Code | str
) -> None:
    if isinstance(body, str):
        body = picture((400, 1000) if flow.channel == "instagram" else (1200, 100), "JPEG")
    site.files.pop("/bad.jpg", None)
    url = site.put("bad.jpg", body, "image/jpeg") if body else site.image().replace("a.jpg", "bad.jpg")
    wanted = flow.network.unfetched if isinstance(expected, str) else expected
    assert code(flow.create(media_type="IMAGE", image_url=url)) == wanted


@pytest.mark.parametrize("body", [None, b"not a video at all", video(1, "mpeg4")], ids=["missing", "words", "codec"])
def test_a_bad_video_shows_later_in_the_status(flow: Flow, site: MediaSite, body: bytes | None) -> None:
    site.files.pop("/bad.mp4", None)
    url = site.put("bad.mp4", body, "video/mp4") if body else site.image().replace("a.jpg", "bad.mp4")
    container = flow.container(site, media_type=flow.network.video, video_url=url)
    assert flow.ended(container) == "ERROR"
    field = "status" if flow.channel == "instagram" else "error_message"
    assert flow.network.problems[body is not None] in flow.ask("GET", container, fields=field).json()[field]
    assert code(flow.publish(container)) == flow.network.failed


def test_a_carousel_is_one_post_of_its_children(flow: Flow, site: MediaSite) -> None:
    children = [flow.container(site, is_carousel_item="true") for _ in range(2)]
    alone, unfinished = flow.container(site), flow.publish(children[0])
    assert code(unfinished) == (100, None)
    assert code(flow.create(media_type="CAROUSEL", children=children[0])) == flow.network.few
    assert code(flow.create(media_type="CAROUSEL", children=f"{children[0]},{MISSING_ID}"))[0] == 24
    assert code(flow.create(media_type="CAROUSEL", children=f"{children[0]},{alone}")) == (100, None)
    parent = flow.container(site, media_type="CAROUSEL", children=",".join(children))
    post = flow.publish(parent).json()["id"]
    read = flow.ask("GET", post, fields="media_type,children").json()
    assert (read["media_type"], len(read["children"]["data"])) == ("CAROUSEL_ALBUM", 2)
    (seen,) = flow.posts()
    assert (seen["kind"], len(seen["media"])) == ("carousel", 2)


def test_an_unfinished_child_makes_no_carousel(flow: Flow, site: MediaSite) -> None:
    flow.set("delays", "image", seconds=60)
    children = ",".join(flow.container(site, is_carousel_item="true") for _ in range(2))
    assert flow.create(media_type="CAROUSEL", children=children).status_code == 400


def test_the_list_is_newest_first_with_since_and_cursors(flow: Flow, site: MediaSite) -> None:
    posts = []
    for _ in range(3):
        posts.append(flow.publish(flow.container(site)).json()["id"])
        flow.sandbox.control("POST", "/clock", {"advanceSeconds": 100})
    newest = flow.listed(limit=2)
    assert [row["id"] for row in newest["data"]] == [posts[2], posts[1]]
    assert ("next" in newest["paging"]) is (flow.channel == "instagram")
    rest = flow.listed(after=newest["paging"]["cursors"]["after"])
    assert [row["id"] for row in rest["data"]] == [posts[0]]
    since = int(time.time()) + 150
    assert [row["id"] for row in flow.listed(since=since)["data"]] == [posts[2]]


def test_the_quota_of_posts_is_enforced(flow: Flow, site: MediaSite) -> None:
    flow.set("limits", "postsPerDay", value=1)
    first, second = flow.container(site), flow.container(site)
    assert flow.publish(first).status_code == 200
    assert code(flow.publish(second)) == flow.network.quota
    assert (flow.state(second), len(flow.posts())) == ("FINISHED", 1)


def test_a_restricted_profile_neither_creates_nor_publishes(flow: Flow, site: MediaSite) -> None:
    container = flow.container(site)
    flow.sandbox.control("PATCH", f"/profiles/{flow.channel}/munadi.sandbox", {"status": "restricted"})
    assert code(flow.create(media_type="IMAGE", image_url=site.image())) == flow.network.restricted
    assert code(flow.publish(container)) == flow.network.restricted


def test_unknown_objects_and_fields_have_their_codes(flow: Flow) -> None:
    assert code(flow.ask("GET", MISSING_ID)) == (100, 33)
    assert code(flow.ask("GET", "me", fields="birthday")) == (100, None)
    assert code(flow.ask("GET", "me/nothing")) == (100, 33)
    assert code(flow.publish(MISSING_ID)) == flow.network.expired


def test_a_container_belongs_to_its_profile(flow: Flow, site: MediaSite) -> None:
    container = flow.container(site)
    other = flow.sandbox.control("POST", "/profiles", {"channel": flow.channel, "name": "other"})
    token, path = other["accessToken"], f"{other['externalId']}/{flow.network.publish}"
    assert code(flow.ask("GET", container, token)) == (100, 33)
    assert code(flow.ask("POST", path, token, creation_id=container)) == flow.network.expired
    assert code(flow.ask("POST", f"{flow.network.id}/{flow.network.publish}", token)) == (100, 33)
