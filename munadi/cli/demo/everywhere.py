"""A picture and a video, each to every network at the same second: prepared ahead, visible on time, once each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from munadi.cli.demo.stage import ACME, BAZAAR, Stage, expect
from munadi.cli.demo.verifier import course, expect_visible
from munadi.client.shapes import Content, Publication

AHEAD = timedelta(seconds=20)
LATE_AT_MOST = 5_000
PICTURE_TEXT, CLIP_TEXT = "Monsoon sale starts today", "How an umbrella spends its day"
ANYWHERE = ("instagram", "threads", "facebook", "bluesky", "linkedin", "mastodon", "discord", "nostr", "x")
# Options that these networks require with every post.
TIKTOK = {"privacyLevel": "PUBLIC_TO_EVERYONE"}
# The sandbox's private chat where bots store files ahead of time.
TELEGRAM = {"storageChat": "-1005000000000"}
YOUTUBE = {"title": CLIP_TEXT, "madeForKids": False}
# The networks' own work on videos is quicker than usual, so that the demo is short; everything else is unchanged.
QUICK = (
    ("instagram", "reel", 2.0),
    ("threads", "video", 2.0),
    ("facebook", "reel", 2.0),
    ("facebook", "publish", 0.5),
    ("bluesky", "video", 2.0),
    ("linkedin", "video", 2.0),
    ("pinterest", "video", 2.0),
    ("x", "video", 2.0),
    ("tiktok", "processing", 1.5),
    ("tiktok", "moderation", 0.5),
    ("google_business", "processing", 0.5),
    ("youtube", "processing", 2.0),
)


def go_everywhere(stage: Stage) -> None:
    """Submit both posts at once, for the same second; then show each."""
    for channel, kind, seconds in QUICK:
        stage.networks.take_seconds(channel, kind, seconds)
    due = datetime.now(UTC) + AHEAD
    picture, clip = _picture(stage, due), _clip(stage, due)
    count = len(picture["publications"])
    title = f"1  A picture for {count} networks, due in {AHEAD.seconds} s; YouTube takes only videos and gets one"
    _show(stage, title, picture, PICTURE_TEXT)
    _show(
        stage,
        f"2  A video for {count} networks, due at the same second; Google Business Profile gets a picture",
        clip,
        CLIP_TEXT,
    )


def _picture(stage: Stage, due: datetime) -> Content:
    channels: list[Any] = [
        *ANYWHERE,
        "google_business",
        _pinterest(stage, ACME),
        {"channel": "telegram", "options": TELEGRAM},
        {"channel": "tiktok", "options": {**TIKTOK, "title": PICTURE_TEXT}},
        {"channel": "youtube", "options": YOUTUBE, "media": [stage.clip(ACME)]},
    ]
    media = [stage.picture(ACME)]
    return stage.submit(ACME, text=PICTURE_TEXT, media=media, channels=channels, scheduledAt=due.isoformat())


def _clip(stage: Stage, due: datetime) -> Content:
    channels: list[Any] = [
        *ANYWHERE,
        {"channel": "google_business", "media": [stage.picture(BAZAAR)]},
        _pinterest(stage, BAZAAR),
        {"channel": "telegram", "options": TELEGRAM},
        {"channel": "tiktok", "options": TIKTOK},
        {"channel": "youtube", "options": YOUTUBE},
    ]
    media = [stage.clip(BAZAAR)]
    return stage.submit(BAZAAR, text=CLIP_TEXT, media=media, channels=channels, scheduledAt=due.isoformat())


def _pinterest(stage: Stage, brand: str) -> dict[str, Any]:
    """A pin needs a board. A profile of the sandbox begins with one, whose id is the next after its own."""
    return {"channel": "pinterest", "options": {"boardId": str(int(stage.profiles[brand]["pinterest"]) + 1)}}


def _show(stage: Stage, title: str, content: Content, text: str) -> None:
    stage.timeline.chapter(title, zero=datetime.fromisoformat(content["scheduledAt"]))
    content = stage.follow(content["id"])
    expect(content["status"] == "published", "the content is published", _why(content))
    stage.await_webhooks(content["id"])
    expect_visible(stage, content, text)
    for publication in content["publications"]:
        _show_steps(stage, content, publication)


def _show_steps(stage: Stage, content: Content, publication: Publication) -> None:
    """Print when the network received the preparation and the visible call, and the post's URL."""
    channel, late = publication["channel"], publication["latenessMs"]
    calls, clock = course(stage, content, publication), stage.timeline.clock
    on_time = late is not None and 0 <= late < LATE_AT_MOST
    expect(on_time, f"{channel} is published within {LATE_AT_MOST} ms of its time", f"{late} ms")
    times = f"prepared {clock(calls.first)} to {clock(calls.ready)}, visible call {clock(calls.seen)}"
    stage.timeline.heading(channel, times, (f"  {late:>5} ms late", "green"))
    stage.timeline.detail("id", publication["providerPostId"])
    stage.timeline.detail("url", publication["providerUrl"])


def _why(content: Content) -> str:
    """The status of the post, and its reasons."""
    failures = [(each["channel"], each["failure"]) for each in content["publications"]]
    reasons = [f"{channel} {failure['reason']}: {failure['message']}" for channel, failure in failures if failure]
    return "; ".join([content["status"], *reasons])
