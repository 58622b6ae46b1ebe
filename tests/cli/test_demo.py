"""The demo checks what the networks show, and fails when something is wrong."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from munadi.channels.registry import channel_specs
from munadi.cli.demo.footage import Footage, make_footage
from munadi.cli.demo.sandbox import SandboxControl
from munadi.cli.demo.stage import Stage, Subscriber
from munadi.cli.demo.timeline import Timeline
from munadi.cli.demo.verifier import course, expect_visible
from munadi.cli.output import Output
from munadi.client import Client
from munadi.client.shapes import Content
from munadi.domain.channel import MediaKind
from munadi.media.probe import probe
from munadi.process.exits import CommandFailed

DUE = datetime(2027, 1, 15, 9, 0, tzinfo=UTC)
DID = "did:plc:one"


class Networks(SandboxControl):
    """Prepared answers of the sandbox."""

    def __init__(self, posts: list[dict[str, Any]], calls: list[dict[str, Any]]) -> None:
        super().__init__("http://sandbox.test")
        answers = {"/control/posts": posts, "/control/calls": calls}
        self._http = httpx.Client(
            base_url="http://sandbox.test/control",
            transport=httpx.MockTransport(lambda request: httpx.Response(200, json=answers[request.url.path])),
        )


def at(seconds: float) -> str:
    return (DUE + timedelta(seconds=seconds)).isoformat()


def called(seconds: float, operation: str, profile: str | None = DID, *, visible: bool = False) -> dict[str, Any]:
    return {"at": at(seconds), "operation": operation, "profile": profile, "visible": visible, "effect": True}


def post(**changes: Any) -> dict[str, Any]:
    return {
        "channel": "bluesky",
        "profile": DID,
        "id": "at://1",
        "text": "A title\nHello",
        "createdAt": at(0.1),
        "media": [{}],
        **changes,
    }


@pytest.fixture
def content() -> Content:
    publication = {
        "channel": "bluesky",
        "status": "published",
        "scheduledAt": at(0),
        "providerPostId": "at://1",
        "providerUrl": "https://bsky.app/1",
    }
    return cast(Content, {"brandRef": "acme", "createdAt": at(-20), "publications": [publication]})


def stage(posts: list[dict[str, Any]], calls: list[dict[str, Any]]) -> Stage:
    timeline = Timeline(Output())
    client, networks = Client("http://munadi.test"), Networks(posts, calls)
    footage = Footage(Path("a.jpg"), Path("a.mp4"))
    profiles = {"acme": {"bluesky": DID}}
    return Stage(client, networks, timeline, Subscriber(timeline), footage, profiles, threading.Event())


def test_a_course_counts_only_the_calls_of_its_account(content: Content) -> None:
    calls = [
        called(-30, "com.atproto.server.createSession"),
        called(-19, "com.atproto.repo.uploadBlob"),
        called(-18, "app.bsky.video.uploadVideo"),
        called(-15, "app.bsky.video.getJobStatus", None),
        called(-5, "com.atproto.repo.uploadBlob", "did:plc:another"),
        called(0.1, "com.atproto.repo.createRecord", visible=True),
        called(0.1, "com.atproto.repo.createRecord", "did:plc:another", visible=True),
        called(0.3, "app.bsky.feed.getPosts"),
    ]
    found = course(stage([], calls), content, content["publications"][0])
    assert [(each - DUE).total_seconds() for each in (found.first, found.ready, found.seen)] == [-19, -15, 0.1]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [([], "asked once to publish"), ([0.1, 0.2], "asked once to publish"), ([-0.5], "never asked early")],
)
def test_the_demo_detects_a_wrong_visible_call(content: Content, seconds: list[float], words: str) -> None:
    calls = [called(-19, "upload"), *(called(each, "createRecord", visible=True) for each in seconds)]
    with pytest.raises(CommandFailed, match=words):
        course(stage([], calls), content, content["publications"][0])


def test_the_demo_detects_a_missing_preparation(content: Content) -> None:
    with pytest.raises(CommandFailed, match="prepared by invisible calls"):
        course(stage([], [called(0.1, "createRecord", visible=True)]), content, content["publications"][0])


def test_one_visible_post_is_correct(content: Content) -> None:
    expect_visible(stage([post(), post(text="Another", channel="threads")], []), content, "Hello")


@pytest.mark.parametrize(
    ("posts", "words"),
    [
        ([], "the networks show"),
        ([post(), post(id="at://2")], "the networks show"),
        ([post(), post(channel="threads")], "the networks show"),
        ([post(profile="did:plc:another")], "the brand's account"),
        ([post(id="at://2")], "names the post's id"),
        ([post(media=[])], "shows the picture or video"),
        ([post(createdAt=at(-0.5))], "never early"),
    ],
)
def test_the_demo_detects_a_wrong_post(content: Content, posts: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(CommandFailed, match=words):
        expect_visible(stage(posts, []), content, "Hello")


def test_every_network_accepts_the_demo_media(tmp_path: Path) -> None:
    footage = make_footage(tmp_path)
    picture, clip = probe(footage.picture), probe(footage.clip)
    assert (picture.mime_type, picture.width, picture.height) == ("image/jpeg", 1080, 1080)
    assert (clip.mime_type, clip.width, clip.height, clip.duration_ms) == ("video/mp4", 540, 960, 4000)
    assert (clip.video_codec, clip.audio_codec, clip.fps) == ("h264", "aac", 30)
    for spec in channel_specs():
        rule = next((rule for rule in spec.media_rules if rule.kind is MediaKind.VIDEO), None)
        if rule is None:  # it gets the picture
            assert picture.mime_type in spec.media_rules[0].mime_types, spec.name
            continue
        assert clip.mime_type in rule.mime_types, spec.name
        assert (rule.min_duration or timedelta(0)) <= timedelta(seconds=4), spec.name
        assert (rule.min_width or 0) <= 540, spec.name
