"""The emulated Threads: containers, publishing, limits and reads."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.sandbox.conftest import MediaSite, Sandbox, video

ID, TOKEN = "26750000000000001", "THsandboxMunadiAccessToken"
DAY = 86_400


class Threads:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def ask(self, method: str, path: str, host: str = "graph", **values: Any) -> httpx.Response:
        values = {"access_token": TOKEN} | values
        return self.sandbox.http.request(method, f"/threads/{host}/{path}", params=values)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.ask("GET", f"v1.0/{path}", **query)

    def create(self, **form: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {TOKEN}"}
        return self.sandbox.http.post(f"/threads/graph/v1.0/{ID}/threads", data=form, headers=headers)

    def container(self, **form: Any) -> str:
        answer = self.create(**form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def publish(self, container: str) -> httpx.Response:
        return self.ask("POST", f"v1.0/{ID}/threads_publish", creation_id=container)

    def post(self, text: str = "Hello", **form: Any) -> str:
        return str(self.publish(self.container(media_type="TEXT", text=text, **form)).json()["id"])

    def status(self, container: str, wanted: str = "FINISHED") -> dict[str, Any]:
        """The status once it is settled; videos are fetched beside the call."""
        for _ in range(100):
            found: dict[str, Any] = self.get(container, fields="status,error_message").json()
            if found["status"] != "IN_PROGRESS":
                break
            time.sleep(0.02)
        assert found["status"] == wanted, found
        return found

    def set(self, what: str, kind: str, **value: Any) -> None:
        self.sandbox.control("PUT", f"/{what}", {"channel": "threads", "kind": kind, **value})


def without_delays(sandbox: Sandbox) -> Threads:
    network = Threads(sandbox)
    for kind in ("text", "image", "video", "parent", "race"):
        network.set("delays", kind, seconds=0)
    return network


@pytest.fixture
def threads(sandbox: Sandbox) -> Threads:
    return without_delays(sandbox)


def error(answer: httpx.Response) -> tuple[int, int | None]:
    assert answer.status_code >= 400, answer.text
    found = answer.json()["error"]
    return found["code"], found.get("error_subcode")


def test_a_text_is_published_and_reads_back(sandbox: Sandbox, threads: Threads) -> None:
    link = "https://example.com/sale"
    container = threads.container(
        media_type="TEXT", text="Sale", link_attachment=link, topic_tag="Sale", reply_control="followers_only"
    )
    assert threads.status(container) == {"status": "FINISHED", "id": container}
    assert sandbox.posts("threads") == []
    post = threads.publish(container).json()["id"]
    assert post != container
    assert threads.status(container, "PUBLISHED")
    fields = "id,text,media_type,permalink,timestamp,link_attachment_url,topic_tag,reply_audience"
    read = threads.get(post, fields=fields).json()
    assert (read["text"], read["media_type"], read["link_attachment_url"]) == ("Sale", "TEXT_POST", link)
    assert (read["topic_tag"], read["reply_audience"]) == ("Sale", "FOLLOWERS_ONLY")
    assert read["timestamp"].endswith("+0000")
    (seen,) = sandbox.posts("threads")
    assert (seen["id"], seen["text"], seen["kind"], seen["link"], seen["url"]) == (
        post,
        "Sale",
        "text",
        link,
        read["permalink"],
    )
    page = sandbox.http.get(urlsplit(seen["url"]).path)
    assert (page.status_code, page.headers["location"]) == (302, f"{sandbox.url}/?post={post}")


def test_the_first_link_of_a_text_becomes_its_card(sandbox: Sandbox, threads: Threads) -> None:
    threads.post("See https://a.example/x, and https://b.example")
    assert sandbox.posts("threads")[0]["link"] == "https://a.example/x"


def test_a_carousel_of_both_kinds(sandbox: Sandbox, threads: Threads, site: MediaSite) -> None:
    clip = site.put("clip.mp4", video(1), "video/mp4")
    children = [
        threads.container(media_type="IMAGE", image_url=site.image(), is_carousel_item="true", alt_text="teal"),
        threads.container(media_type="VIDEO", video_url=clip, is_carousel_item="true"),
    ]
    for child in children:
        threads.status(child)
    post = threads.publish(threads.container(media_type="CAROUSEL", children=",".join(children), text="two")).json()
    read = threads.get(post["id"], fields="media_type,children").json()
    assert (read["media_type"], len(read["children"]["data"])) == ("CAROUSEL_ALBUM", 2)
    (seen,) = sandbox.posts("threads")
    assert [media["mimeType"] for media in seen["media"]] == ["image/jpeg", "video/mp4"]
    assert sandbox.http.get(urlsplit(seen["media"][1]["url"]).path).headers["content-type"] == "video/mp4"


def test_a_race_misses_a_finished_container(sandbox: Sandbox, threads: Threads) -> None:
    threads.set("delays", "text", seconds=60)
    threads.set("delays", "race", seconds=60)
    container = threads.container(media_type="TEXT", text="x")
    assert threads.get(container, fields="status").json()["status"] == "IN_PROGRESS"
    assert error(threads.publish(container)) == (24, 4279009)
    sandbox.control("POST", "/clock", {"advanceSeconds": 61})
    assert threads.status(container)
    race = threads.publish(container)
    assert error(race) == (24, 4279009)
    assert race.json()["error"]["is_transient"] is False
    threads.set("limits", "racePercent", value=0)
    assert threads.publish(container).status_code == 200


def test_auto_publish_is_visible_and_gives_a_post_not_a_container(sandbox: Sandbox, threads: Threads) -> None:
    post = threads.container(media_type="TEXT", text="x", auto_publish_text="true")
    assert [seen["id"] for seen in sandbox.posts("threads")] == [post]
    (call,) = sandbox.calls("auto_publish_text")
    assert (call["visible"], call["effect"]) == (True, True)


def test_a_post_has_no_status(threads: Threads) -> None:
    answer = threads.get(threads.post(), fields="status")
    assert error(answer) == (100, None)
    assert answer.json()["error"]["type"] == "THApiException"


def test_a_chain_is_listed_apart_from_the_posts(sandbox: Sandbox, threads: Threads) -> None:
    root = threads.post("one")
    second = threads.post("two", reply_to_id=root)
    third = threads.post("three", reply_to_id=second)
    assert [row["id"] for row in threads.get("me/threads").json()["data"]] == [root]
    assert [row["id"] for row in threads.get(f"{ID}/replies").json()["data"]] == [third, second]
    read = threads.get(third, fields="is_reply,replied_to,root_post").json()
    assert (read["is_reply"], read["replied_to"], read["root_post"]) == (True, {"id": second}, {"id": root})
    assert [(post["kind"], post["comments"]) for post in sandbox.posts("threads")] == [
        ("text", ["two", "three"]),
        ("reply", []),
        ("reply", []),
    ]
    assert error(threads.create(media_type="TEXT", text="x", reply_to_id="18000000000000000")) == (100, 33)


def test_the_buckets_are_enforced_and_only_requested_fields_are_returned(sandbox: Sandbox, threads: Threads) -> None:
    for kind in ("postsPerDay", "repliesPerDay", "deletesPerDay"):
        threads.set("limits", kind, value=1)
    root = threads.post()
    reply = threads.post("x", reply_to_id=root)
    second = threads.container(media_type="TEXT", text="x")
    assert error(threads.publish(second)) == (4, None)
    assert error(threads.publish(threads.container(media_type="TEXT", text="x", reply_to_id=root))) == (4, None)
    assert threads.ask("DELETE", f"v1.0/{reply}").json() == {"success": True, "deleted_id": reply}
    assert error(threads.ask("DELETE", f"v1.0/{root}")) == (4, None)
    assert len(sandbox.posts("threads")) == 1
    found = threads.get(f"{ID}/threads_publishing_limit", fields="quota_usage,reply_quota_usage,reply_config").json()
    config = {"quota_total": 1, "quota_duration": DAY}
    assert found["data"] == [{"quota_usage": 1, "reply_quota_usage": 1, "reply_config": config}]
    sandbox.control("POST", "/clock", {"advanceSeconds": DAY + 1})
    assert threads.post("new day")


def test_it_went_live_with_code_10_and_http_500(sandbox: Sandbox, threads: Threads) -> None:
    sandbox.plant("threads", "threads_publish", "live_but_error", error={"code": 10}, status=500)
    container = threads.container(media_type="TEXT", text="x")
    answer = threads.publish(container)
    assert (answer.status_code, error(answer)) == (500, (10, None))
    assert threads.status(container, "PUBLISHED")
    assert len(sandbox.posts("threads")) == 1


def test_an_unknown_permalink_is_a_404(threads: Threads) -> None:
    assert threads.sandbox.http.get("/threads/www/@munadi.sandbox/post/nothing").status_code == 404
