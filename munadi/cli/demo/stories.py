"""Three stories: one that works, one that half fails and is repaired, one that is withdrawn in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from munadi.cli.demo.stage import Stage, expect, instant, publication_on
from munadi.client.shapes import Content

AHEAD = timedelta(seconds=6)
# Instagram's own words for an account that may not post: code and subcode.
RESTRICTED = {"code": 25, "subcode": 2207050}


def goes_out(stage: Stage) -> None:
    """A post with a picture goes to two networks at its time, once each."""
    stage.timeline.chapter(f"1  A post for Bluesky and Instagram, due in {AHEAD.seconds} seconds")
    text = "Monsoon sale starts today"
    due = datetime.now(UTC) + AHEAD
    content = stage.submit(text=text, scheduledAt=due.isoformat())
    content = stage.follow(content["id"])
    expect(content["status"] == "published", "the content is published", content["status"])
    stage.await_webhooks(content["id"])
    _expect_visible(stage, content, text)
    for publication in content["publications"]:
        late = publication["latenessMs"]
        stage.timeline.says(publication["channel"], ("published", "green"), f" {late} ms after its time")
        stage.timeline.detail("id", publication["providerPostId"])
        stage.timeline.detail("url", publication["providerUrl"])


def fails_and_recovers(stage: Stage) -> None:
    """One network refuses; the other post stays, and only what failed is tried again."""
    stage.timeline.chapter("2  Instagram refuses, Bluesky does not: what to do, and a retry of what failed")
    text = "Umbrellas are back"
    stage.networks.refuse("instagram", "media_publish", RESTRICTED)
    content = stage.follow(stage.submit(text=text)["id"])
    expect(content["status"] == "partially_published", "one of two is published", content["status"])
    failed = publication_on(content, "instagram")
    failure = failed["failure"]
    if failure is None or failed["status"] != "failed":
        return expect(False, "the refused publication says why", failed["status"])
    stage.timeline.says("instagram", (failure["reason"], "red"), f", class {failure['class']}")
    stage.timeline.detail("why", failure["message"])
    stage.timeline.detail("do", failure["remedy"])
    stage.timeline.detail("code", f"{failure['providerCode']} {failure['providerMessage'] or ''}".strip())
    _expect_count(stage, text, {"bluesky": 1})

    stage.timeline.says("operator", "Instagram lifts the restriction; retry that publication alone")
    stage.networks.relent()
    before = stage.last_sequence(content["id"])
    stage.client.contents.retry(content["id"], [failed["id"]])
    content = stage.follow(content["id"], after=before)
    expect(content["status"] == "published", "the retry publishes", content["status"])
    stage.await_webhooks(content["id"])
    _expect_visible(stage, content, text)
    stage.timeline.says("content", ("published", "green"), " on both, and on Bluesky still only once")
    return None


def is_withdrawn(stage: Stage) -> None:
    """A post of the future is canceled and never goes out."""
    stage.timeline.chapter("3  A post for in an hour is withdrawn")
    text = "This will not be seen"
    due = datetime.now(UTC) + timedelta(hours=1)
    content = stage.submit(text=text, scheduledAt=due.isoformat())
    stage.await_status(content["id"], "queued")
    stage.client.contents.cancel(content["id"])
    content = stage.follow(content["id"])
    expect(content["status"] == "canceled", "the content is canceled", content["status"])
    stage.await_webhooks(content["id"])
    _expect_count(stage, text, {})


def _expect_visible(stage: Stage, content: Content, text: str) -> None:
    """The networks show each publication once, with its picture, not early, under the id we were told."""
    _expect_count(stage, text, {each["channel"]: 1 for each in content["publications"]})
    posts = {post["channel"]: post for post in stage.networks.posts(text)}
    for publication in content["publications"]:
        post, channel = posts[publication["channel"]], publication["channel"]
        expect(publication["status"] == "published", f"{channel} is published", publication["status"])
        expect(post["id"] == publication["providerPostId"], f"{channel} names the post's id", str(post["id"]))
        expect(bool(publication["providerUrl"]), f"{channel} has a URL", str(publication["providerUrl"]))
        expect(len(post["media"]) == 1, f"{channel} shows the picture", f"{len(post['media'])} media")
        due = instant(publication["scheduledAt"])
        expect(instant(post["createdAt"]) >= due.replace(microsecond=due.microsecond // 1000 * 1000),
               f"{channel} is never early", f"{post['createdAt']} before {due}")  # fmt: skip


def _expect_count(stage: Stage, text: str, wanted: dict[str, int]) -> None:
    posts = [post["channel"] for post in stage.networks.posts(text)]
    found = {channel: posts.count(channel) for channel in posts}
    expect(found == wanted, f"the networks show {wanted or 'nothing'}", str(found or "nothing"))
