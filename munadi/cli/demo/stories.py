"""Three more scenarios: a post that half fails and is retried, one that is canceled in time, one that is taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from textwrap import wrap

from munadi.cli.demo.stage import ACME, Stage, expect
from munadi.cli.demo.verifier import expect_count, expect_visible, publication_on

CHANNELS = ["bluesky", "instagram"]
# Instagram's own words for an account that may not post: code and subcode.
RESTRICTED = {"code": 25, "subcode": 2207050}

# A note stands under what it is about; more would break the line of a usual terminal.
NOTE = 74


def fails_and_recovers(stage: Stage) -> None:
    """One network refuses. The other post stays, and only the failed publication is retried."""
    stage.timeline.chapter("3  Instagram refuses, Bluesky does not: what to do, and a retry of what failed")
    text = "Umbrellas are back"
    stage.networks.refuse("instagram", "media_publish", RESTRICTED)
    content = stage.submit(ACME, text=text, media=[stage.picture(ACME)], channels=CHANNELS)
    content = stage.follow(content["id"])
    expect(content["status"] == "partially_published", "one of two is published", content["status"])
    failed = publication_on(content, "instagram")
    failure = failed["failure"]
    if failure is None or failed["status"] != "failed":
        return expect(False, "the refused publication says why", failed["status"])
    stage.timeline.says("instagram", (failure["reason"], "red"), f", class {failure['class']}")
    stage.timeline.detail("why", failure["message"])
    stage.timeline.detail("do", failure["remedy"])
    stage.timeline.detail("code", f"{failure['providerCode']} {failure['providerMessage'] or ''}".strip())
    expect_count(stage, text, {"bluesky": 1})

    stage.timeline.says("operator", "Instagram lifts the restriction; retry that publication alone")
    stage.networks.relent()
    before = stage.last_position(content["id"])
    stage.client.contents.retry(content["id"], [failed["id"]])
    content = stage.follow(content["id"], after=before)
    expect(content["status"] == "published", "the retry publishes", content["status"])
    stage.await_webhooks(content["id"])
    expect_visible(stage, content, text)
    stage.timeline.says("content", ("published", "green"), " on both, and on Bluesky still only once")
    return None


def is_canceled(stage: Stage) -> None:
    """A scheduled post is canceled and is never published."""
    stage.timeline.chapter("4  A post due in an hour is canceled")
    text = "This will not be seen"
    due = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    content = stage.submit(ACME, text=text, media=[stage.picture(ACME)], channels=CHANNELS, scheduledAt=due)
    stage.await_status(content["id"], "queued")
    stage.client.contents.cancel(content["id"])
    content = stage.follow(content["id"])
    expect(content["status"] == "canceled", "the content is canceled", content["status"])
    stage.await_webhooks(content["id"])
    expect_count(stage, text, {})


def is_withdrawn(stage: Stage) -> None:
    """The last post that was published is taken back, from each network that lets an app do that."""
    stage.timeline.chapter("5  The last published post is withdrawn")
    published = stage.client.contents.list(brandRef=ACME, status="published", limit=1)["data"][0]
    text, before = published["text"] or "", stage.last_position(published["id"])
    answer = stage.client.contents.withdraw(published["id"])
    stays = [each for each in answer["warnings"] if each["code"] == "WITHDRAWAL_NOT_SUPPORTED"]
    for each in stays:
        why, _, by_hand = each["message"].partition(". ")
        stage.timeline.says(each["channel"] or "content", ("stays", "red"), f": {why}.")
        for line in wrap(by_hand, NOTE, break_long_words=False):
            stage.timeline.note(line)
    content = stage.await_withdrawn(published["id"])
    for event in stage.client.contents.events(content["id"]):
        if (event["position"] or 0) > before:
            stage.timeline.event(event)
    gone = [each["channel"] for each in content["publications"] if each.get("withdrawal")]
    stage.await_webhooks(content["id"])
    told = [each["sns"] for each in stage.subscriber.events.values() if each["type"] == "content.publish.withdrawn"]
    expect(sorted(told) == sorted(gone), "a webhook reports each withdrawal", str(told))
    stage.timeline.says("webhooks", ("content.publish.withdrawn", "green"), f" arrived for {', '.join(told)}")
    expect_count(stage, text, {each["channel"]: 1 for each in stays if each["channel"]})
