"""What Instagram and Threads have in common: a container is created, becomes ready, and is published once."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import pytest

from tests.sandbox.conftest import MediaSite, Sandbox, picture, refusal
from tests.sandbox.containers import NETWORKS, Flow

MISSING_ID = "17900000000000000"


@pytest.fixture(params=list(NETWORKS))
def flow(request: pytest.FixtureRequest, sandbox: Sandbox) -> Flow:
    return Flow(sandbox, request.param)


def test_a_container_is_invisible_until_it_is_published(flow: Flow, site: MediaSite) -> None:
    container = flow.picture(site, alt_text="teal")
    assert (flow.state(container), flow.posts()) == ("FINISHED", [])
    post = flow.published(container)
    assert (post != container, flow.state(container)) == (True, "PUBLISHED")
    read = flow.fields(post, "media_type", "permalink", "timestamp", "alt_text")
    assert (read["media_type"], read["alt_text"], read["timestamp"][-5:]) == ("IMAGE", "teal", "+0000")
    (seen,) = flow.posts()
    assert (seen["id"], seen["kind"], seen["url"]) == (post, "image", read["permalink"])
    assert (seen["media"][0]["width"], seen["media"][0]["alt"]) == (400, "teal")
    page = flow.sandbox.http.get(urlsplit(seen["url"]).path)
    assert (page.status_code, page.headers["location"]) == (302, f"{flow.sandbox.url}/?post={post}")
    assert flow.sandbox.http.get(urlsplit(seen["url"]).path + "x").status_code == 404


def test_publishing_early_is_refused_until_the_container_is_ready(flow: Flow, site: MediaSite) -> None:
    flow.set(image=60)
    container = flow.picture(site)
    assert flow.state(container) == "IN_PROGRESS"
    assert refusal(flow.publish(container)) == flow.network.early
    flow.sandbox.advance(61)
    assert flow.publish(container).status_code == 200


def test_a_published_container_never_makes_a_second_post(flow: Flow, site: MediaSite) -> None:
    container = flow.picture(site)
    assert flow.publish(container).status_code == 200
    assert refusal(flow.publish(container)) == (100, None)
    assert len(flow.posts()) == 1


def test_a_carousel_is_one_post_of_its_children(flow: Flow, site: MediaSite) -> None:
    children = [flow.picture(site, is_carousel_item="true") for _ in range(2)]
    alone = flow.picture(site)
    assert refusal(flow.publish(children[0])) == (100, None)
    for others, wanted in (("", flow.network.few), (f",{MISSING_ID}", 24), (f",{alone}", (100, None))):
        refused = refusal(flow.create(media_type="CAROUSEL", children=f"{children[0]}{others}"))
        assert wanted in (refused, refused[0])
    post = flow.published(flow.container(media_type="CAROUSEL", children=",".join(children)))
    read = flow.fields(post, "media_type", "children")
    assert (read["media_type"], len(read["children"]["data"])) == ("CAROUSEL_ALBUM", 2)
    (seen,) = flow.posts()
    assert (seen["kind"], len(seen["media"])) == ("carousel", 2)


def test_the_list_is_newest_first_with_since_and_cursors(flow: Flow, site: MediaSite) -> None:
    def listed(**query: object) -> tuple[list[str], dict[str, object]]:
        found = flow.get(f"{flow.id}/{flow.network.listed}", **query).json()
        return [row["id"] for row in found["data"]], found.get("paging", {})

    posts = []
    for _ in range(3):
        posts.append(flow.published(flow.picture(site)))
        flow.sandbox.advance(100)
    newest, paging = listed(limit=2)
    assert (newest, "next" in paging) == ([posts[2], posts[1]], flow.channel == "instagram")
    assert listed(after=newest[1])[0] == [posts[0]]
    assert listed(since=int(time.time()) + 150)[0] == [posts[2]]


def test_unknown_objects_and_fields_have_their_codes(flow: Flow) -> None:
    assert refusal(flow.get(MISSING_ID)) == (100, 33)
    assert refusal(flow.get("me", fields="birthday")) == (100, None)
    assert refusal(flow.get("me/nothing")) == (100, 33)
    assert refusal(flow.publish(MISSING_ID)) == flow.network.missing


def test_a_container_belongs_to_its_profile(flow: Flow, site: MediaSite) -> None:
    container = flow.picture(site)
    other = flow.sandbox.control("POST", "/profiles", {"channel": flow.channel, "name": "other"})
    token, path = other["accessToken"], f"{other['externalId']}/{flow.network.publish}"
    assert refusal(flow.get(container, token)) == (100, 33)
    assert refusal(flow.post(path, token, creation_id=container)) == flow.network.missing
    assert refusal(flow.post(f"{flow.id}/{flow.network.publish}", token)) == (100, 33)


def test_an_image_may_have_eight_megabytes(flow: Flow, site: MediaSite) -> None:
    url = site.put("large.jpg", picture((400, 400), "JPEG") + b"\0" * 8 * 1024 * 1024, "image/jpeg")
    assert refusal(flow.create(media_type="IMAGE", image_url=url)) == (36000, 2207004)
