"""What a post is on the wire, and what each answer to it means."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Handle
from tests.channels.calls import Saved
from tests.channels.making import NOW, Bench, bench, error_of, image, publication
from tests.channels.network import ok
from tests.channels.scene_mastodon import SALE, STATUSES, WHO, listed, refusal, status

R, S = Reason, Effect
POLL = {"options": ["yes", "no"], "expiresIn": 3600, "multiple": True}
PICTURE = publication("Look", media=(image(0, alt="Teal"),))
GONE = refusal(404, "Record not found")
UPLOAD = "/api/v2/media"


def uploaded(media_id: str = "7", minutes: int = 1, **changes: Any) -> dict[str, Any]:
    """A medium that was uploaded so many minutes ago."""
    since = NOW - timedelta(minutes=minutes)
    times = {"finalized_at": since.isoformat(), "expires_at": (since + timedelta(hours=20)).isoformat()}
    return {"id": media_id, **times, "is_ready": True, "is_described": True, **changes}


def ready(*ids: str, minutes: int = 1, **state: Any) -> Handle:
    media = [uploaded(one, minutes) for one in ids]
    return Handle(draft_version=1, state={"media": media, **state}, ready=True)


def over(*answers: httpx.Response | Exception) -> Bench:
    built = bench("mastodon")
    built.network.on("POST", STATUSES, *(answers or (ok(status()),)))
    return built


def sent(built: Bench) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(built.network.sent(STATUSES)[-1].content)
    return body


async def test_a_post_with_everything() -> None:
    options = {
        "visibility": "unlisted",
        "contentWarning": "Ad",
        "sensitive": True,
        "language": "en",
        "poll": POLL,
        "quotePostId": "9",
        "quotePolicy": "nobody",
    }
    built = over(ok(status(visibility="unlisted")))
    found = await built.publish(publication("Sale", options=options), WHO)
    assert sent(built) == {
        "status": "Sale",
        "visibility": "unlisted",
        "spoiler_text": "Ad",
        "sensitive": True,
        "language": "en",
        "poll": {"options": ["yes", "no"], "expires_in": 3600, "multiple": True, "hide_totals": False},
        "quoted_status_id": "9",
        "quote_approval_policy": "nobody",
    }
    assert (found.post_id, found.url, found.published_at, found.warnings) == ("117", status()["url"], NOW, ())


async def test_the_key_is_of_the_publication_the_step_and_the_body() -> None:
    built = over()
    given = publication("One", parts=("Two",))
    saved = Saved()
    for one, step in ((given, "post"), (given, "part-2"), (given.model_copy(update={"text": "Another"}), "post")):
        await built.publish(one, WHO, saved if step == "part-2" else Saved(saved.handle and ready()), step)
        saved = Saved(ready(posts={"post": {"id": "117"}}))
    keys = [request.headers["idempotency-key"] for request in built.network.sent(STATUSES)]
    assert len(set(keys)) == 3
    assert all(key.startswith(given.publication_id) and len(key) < 255 for key in keys)


async def test_a_visibility_that_the_server_lowered_is_a_warning() -> None:
    found = await over(ok(status(visibility="unlisted"))).publish(SALE, WHO)
    assert [(one.code, one.pointer) for one in found.warnings] == [("VISIBILITY_CHANGED", "/options/visibility")]


async def test_parts_and_a_comment_answer_what_they_follow() -> None:
    given = publication("One", parts=("Two", "Three"), first_comment="Four", options={"contentWarning": "Ad"})
    built, saved = bench("mastodon"), Saved()
    built.network.on("POST", STATUSES, *(ok(status(str(number))) for number in range(1, 5)))
    for step in ("post", "part-2", "part-3", "comment"):
        await built.publish(given, WHO, saved, step)
    bodies = [json.loads(request.content) for request in built.network.sent(STATUSES)]
    assert [(body["status"], body.get("in_reply_to_id"), body["spoiler_text"]) for body in bodies] == [
        ("One", None, "Ad"),
        ("Two", "1", "Ad"),
        ("Three", "2", "Ad"),
        ("Four", "1", "Ad"),
    ]


async def test_a_part_waits_for_the_id_of_what_it_answers() -> None:
    built = over()
    listed(built.network)
    error = await error_of(built.publish(publication("One", parts=("Two",)), WHO, step="part-2"), effect=S.NOT_SENT)
    assert (error.provider_code, error.retry_after) == ("PARENT_UNKNOWN", timedelta(seconds=5))
    assert built.network.mutations == []


async def test_an_answer_about_an_earlier_request_is_unknown() -> None:
    """GoToSocial's to a repeat under the same key: it has no id."""
    await error_of(
        over(ok({"status": "request already handled"})).publish(SALE, WHO), effect=S.UNKNOWN, code="NO_PROOF"
    )


async def test_a_limit_ends_at_its_reset() -> None:
    reset = (NOW + timedelta(seconds=90)).isoformat()
    error = await error_of(
        over(refusal(429, "slow", **{"x-ratelimit-reset": reset})).publish(SALE, WHO), R.RATE_LIMITED
    )
    assert error.retry_after == timedelta(seconds=90)
    odd = await error_of(over(refusal(429, "slow", **{"x-ratelimit-reset": "x"})).publish(SALE, WHO), R.RATE_LIMITED)
    assert odd.retry_after == timedelta(minutes=5)


async def test_an_account_without_a_server_is_sent_nothing() -> None:
    built = over()
    call = built.publish(SALE, WHO.model_copy(update={"service_url": None}))
    await error_of(call, R.TARGET_NOT_ACCESSIBLE, S.REJECTED)
    assert built.network.requests == []
