"""Compare what the networks show of a post with what the API says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from munadi.cli.demo.stage import Stage, expect
from munadi.client.shapes import Content, Publication

# The status of a Bluesky video is read without a token, so that log has no account.
UPLOADS, NAMELESS = "app.bsky.video.uploadVideo", "app.bsky.video.getJobStatus"


@dataclass(frozen=True)
class Course:
    """The calls of one publication that its network received: the invisible ones, then the visible one."""

    first: datetime
    ready: datetime
    seen: datetime


def expect_count(stage: Stage, text: str, wanted: dict[str, int]) -> None:
    """Check that this many posts with the text are visible, and none on other networks."""
    posts = [post["channel"] for post in stage.networks.posts(text)]
    found = {channel: posts.count(channel) for channel in posts}
    expect(found == wanted, f"the networks show {wanted or 'nothing'}", str(found or "nothing"))


def expect_visible(stage: Stage, content: Content, text: str) -> None:
    """Check that each network shows its publication once, with its media, not early, and under the reported id."""
    expect_count(stage, text, {each["channel"]: 1 for each in content["publications"]})
    posts = {post["channel"]: post for post in stage.networks.posts(text)}
    for publication in content["publications"]:
        post, channel = posts[publication["channel"]], publication["channel"]
        profile = stage.profiles[content["brandRef"]][channel]
        expect(publication["status"] == "published", f"{channel} is published", publication["status"])
        expect(post["profile"] == profile, f"{channel} shows it at the brand's account", post["profile"])
        expect(post["id"] == publication["providerPostId"], f"{channel} names the post's id", str(post["id"]))
        expect(bool(publication["providerUrl"]), f"{channel} has a URL", str(publication["providerUrl"]))
        expect(len(post["media"]) == 1, f"{channel} shows the picture or video", f"{len(post['media'])} media")
        expect(instant(post["createdAt"]) >= _due(publication), f"{channel} is never early", post["createdAt"])


def course(stage: Stage, content: Content, publication: Publication) -> Course:
    """The publication's calls since its post was accepted. Exactly one of them made something visible."""
    channel = publication["channel"]
    calls = _calls(stage, content, channel)
    public = [call for call in calls if call["visible"] and call["effect"]]
    expect(len(public) == 1, f"{channel} was asked once to publish", f"{len(public)} visible calls with an effect")
    seen = instant(public[0]["at"])
    expect(seen >= _due(publication), f"{channel} is never asked early", public[0]["at"])
    before = [instant(call["at"]) for call in calls if not call["visible"] and instant(call["at"]) < seen]
    expect(bool(before), f"{channel} is prepared by invisible calls", "none")
    return Course(before[0], before[-1], seen)


def _calls(stage: Stage, content: Content, channel: str) -> list[dict[str, Any]]:
    """The calls of the brand's account. The two posts of the same second belong to different brands."""
    profile, began = stage.profiles[content["brandRef"]][channel], instant(content["createdAt"])
    calls = [call for call in stage.networks.calls(channel) if instant(call["at"]) >= began]
    uploaded = any(call["profile"] == profile and call["operation"] == UPLOADS for call in calls)
    return [call for call in calls if call["profile"] == profile or (uploaded and call["operation"] == NAMELESS)]


def publication_on(content: Content, channel: str) -> Publication:
    """The content's publication on a channel."""
    return next(each for each in content["publications"] if each["channel"] == channel)


def instant(text: str) -> datetime:
    """An instant of the API or the sandbox."""
    return datetime.fromisoformat(text)


def _due(publication: Publication) -> datetime:
    """The due time in whole milliseconds, as the sandbox has them."""
    due = instant(publication["scheduledAt"])
    return due.replace(microsecond=due.microsecond // 1000 * 1000)
