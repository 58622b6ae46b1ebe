"""After any lost answer exactly one post exists and is found: every network, every kind of post."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Pending, Published, Unknown
from tests.channels.calls import Saved
from tests.channels.kinds import KINDS, Kind, each_kind
from tests.channels.making import error_of
from tests.channels.sandbox import Acme, at, draft

LOST = ["accept_then_reset", "accept_then_502", "accept_then_504", "accept_then_half_body"]
lost = pytest.mark.parametrize("mode", LOST)
CHANNEL = "bluesky"


async def prepared(acme: Acme, kind: Kind, **fields: Any) -> tuple[Any, Saved]:
    given, saved = draft(acme, kind.name, **fields), Saved()
    assert acme.channel.validate(given, acme.account) == []
    await acme.prepare(given, saved)
    assert acme.posts == []
    return given, saved


@each_kind
async def test_a_post_is_published_once_with_its_id_address_and_text(acme: Acme, kind: Kind) -> None:
    given, saved = await prepared(acme, kind)
    found = await acme.finish(given, saved)
    (post,) = acme.posts
    assert (post["id"], post["url"], post["text"]) == (found.post_id, found.url, given.text)
    assert (found.warnings, found.published_at is None) == ((), False)
    assert (await acme.finish(given, saved)).post_id == found.post_id
    assert len(acme.posts) == 1


# Whose photos tell posts apart.
KEYED = ("discord", "google_business", "linkedin", "mastodon", "x")


async def is_found_and_never_doubled(acme: Acme, kind: Kind, given: Any, saved: Saved) -> None:
    found = await acme.found(given, saved)
    (post,) = acme.posts
    assert (found.post_id, found.url) == (post["id"], post["url"])
    # The id of these posts is saved only by the search.
    if kind.visible not in ("feed", "create_post", "create_pin", "create_message") and acme.name != "telegram":
        assert (await acme.finish(given, saved)).post_id == post["id"]
    assert len(acme.posts) == 1


@each_kind
@lost
async def test_accepted_but_unanswered_is_found_and_never_doubled(acme: Acme, kind: Kind, mode: str) -> None:
    given, saved = await prepared(acme, kind)
    acme.plant(kind.visible, mode)
    if acme.name in ("linkedin", "tiktok") and mode == "accept_then_half_body":  # without a body, nothing is lost
        assert isinstance(await acme.send(given, saved), Published | Pending)
    else:
        assert (await error_of(acme.send(given, saved))).effect is Effect.UNKNOWN
    await is_found_and_never_doubled(acme, kind, given, saved)


@each_kind
async def test_an_error_about_a_live_post_is_unknown_and_the_post_is_found(acme: Acme, kind: Kind) -> None:
    given, saved = await prepared(acme, kind)
    for number, plan in enumerate(kind.live_errors):
        given, saved = (given, saved) if number == 0 else (draft(acme, kind.name, f"Hello {number}"), Saved())
        await acme.prepare(given, saved)
        acme.plant(kind.visible, "live_but_error", **plan)
        error = await error_of(acme.send(given, saved), effect=Effect.UNKNOWN)
        assert error.reason is (Reason.SPAM_BLOCKED if "2207051" in str(plan) else error.reason)
        assert (await acme.found(given, saved)).post_id == acme.posts[number]["id"]
    assert len(acme.posts) == len(kind.live_errors)


@each_kind
async def test_an_answer_that_never_comes_is_unknown_and_the_post_is_found(acme: Acme, kind: Kind) -> None:
    given, saved = await prepared(acme, kind)
    acme.plant(kind.visible, "accept_then_hang")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await acme.send(given, saved)
    await is_found_and_never_doubled(acme, kind, given, saved)


@each_kind
@pytest.mark.parametrize("plan", ["reset", "outage", "not json", "no proof"])
async def test_after_a_lost_call_without_effect_the_same_handle_is_sent_again(
    acme: Acme, kind: Kind, plan: str
) -> None:
    plans: dict[str, dict[str, Any]] = {
        "reset": {"mode": "reset"},
        "outage": {"mode": "error", **kind.outage},
        "not json": {"mode": "error", "status": 200, "body": "not json"},
        "no proof": {"mode": "error", "status": 200, "body": {}},
    }
    given, saved = await prepared(acme, kind)
    acme.plant(kind.visible, **plans[plan])
    assert (await error_of(acme.send(given, saved))).effect is Effect.UNKNOWN
    assert isinstance(await acme.find(given, saved), Absent)
    await acme.finish(given, saved)
    assert len(acme.posts) == 1


@pytest.mark.parametrize("kind", KINDS["bluesky"])
async def test_bluesky_reads_the_record_at_once_after_a_500(acme: Acme, kind: Kind) -> None:
    acme.plant(kind.visible, "live_but_error", error={"error": "InternalServerError"}, status=500)
    assert (await acme.post(draft(acme, kind.name))).post_id is not None
    assert len(acme.posts) == 1


@pytest.mark.parametrize(
    ("acme", "kind", "visible", "wanted"),
    [
        ("instagram", "photo", "media_publish", Published),
        ("threads", "text", "threads_publish", Published),
        ("mastodon", "text", "post_status", Unknown),
        ("mastodon", "photo", "post_status", Published),  # their media tell them apart
        ("linkedin", "text", "create_post", Unknown),
        ("linkedin", "photo", "create_post", Published),  # their files tell them apart
        ("x", "text", "create_post", Unknown),
        ("x", "photo", "create_post", Published),  # so do their media keys
        ("discord", "text", "create_message", Unknown),
        ("discord", "photo", "create_message", Published),  # so do the names of their files
        ("google_business", "text", "create_post", Unknown),
        ("google_business", "photo", "create_post", Published),  # so does the address of the photo
        ("nostr", "text", "publish_note", Published),  # the hash of an event is its id
        ("pinterest", "photo", "create_pin", Unknown),
        ("facebook", "text", "feed", Unknown),
        ("telegram", "text", "sendMessage", Unknown),
        ("telegram", "photo", "sendPhoto", Unknown),
        ("facebook", "photos", "feed", Published),  # their photos tell them apart
    ],
    indirect=["acme"],
)
async def test_two_similar_live_posts_are_not_confused(acme: Acme, kind: str, visible: str, wanted: type) -> None:
    if acme.name in ("facebook", "linkedin", "x"):
        acme.set("switches", False, "refuseDuplicates")
    acme.plant(visible, "accept_then_reset")
    given, saved = draft(acme, kind), Saved()
    await acme.failure(given, saved)
    twin = await acme.post(draft(acme, kind))
    found = await acme.find(given, saved)
    assert isinstance(found, wanted)
    if kind == "photos" or acme.name == "nostr" or (kind == "photo" and acme.name in KEYED):
        assert found.post_id not in (None, twin.post_id)
    elif isinstance(found, Published):
        assert (found.post_id, [warning.code for warning in found.warnings]) == (None, ["POST_ID_PENDING"])


@pytest.mark.parametrize(
    ("acme", "kind", "operation", "error"),
    [
        ("instagram", "photo", "get_media", {"code": 100, "subcode": 33}),
        ("threads", "text", "get_post", {"code": 100, "subcode": 33}),
        ("facebook", "photo story", "list_stories", {"code": 2}),
    ],
    indirect=["acme"],
)
async def test_an_address_that_cannot_be_read_yet_is_filled_in_later(
    acme: Acme, kind: str, operation: str, error: dict[str, int]
) -> None:
    acme.plant(operation, "error", error=error)
    given, saved = draft(acme, kind), Saved()
    found = await acme.post(given, saved)
    assert (found.url, [warning.code for warning in found.warnings]) == (None, ["PERMALINK_PENDING"])
    later = await acme.port.check(given, acme.account, saved)
    assert isinstance(later, Published)
    assert (later.post_id, later.url) == (acme.posts[0]["id"], acme.posts[0]["url"])


# First comments


COMMENTED = [
    *(("facebook", kind, "comments") for kind in ("text", "photos", "reel", "video")),
    ("instagram", "photo", "comments"),
    ("instagram page", "photo", "comments"),
    ("mastodon", "photo", "post_status"),
    ("x", "photo", "create_post"),
    ("threads", "text", "threads_publish"),
    ("youtube", "clip", "insert_comment"),
]
commented = pytest.mark.parametrize(("acme", "kind", "operation"), COMMENTED, indirect=["acme"])


async def posted(acme: Acme, kind: str) -> tuple[Any, Saved]:
    """Everything but its first comment."""
    given, saved = draft(acme, kind, first_comment="Sale: #monsoon"), Saved()
    assert acme.channel.steps(given) == ("comment",)
    assert acme.channel.validate(given, acme.account) == []
    await acme.post(given, saved)
    return given, saved


@commented
async def test_a_first_comment_stands_under_its_post_once(acme: Acme, kind: str, operation: str) -> None:
    given, saved = await posted(acme, kind)
    made = await acme.finish(given, saved, "comment")
    assert (await acme.find(given, saved, "comment")).post_id == made.post_id
    assert [post["comments"] for post in acme.posts if post["comments"]] == [["Sale: #monsoon"]]


@commented
@lost
async def test_a_comment_that_was_not_answered_is_found(acme: Acme, kind: str, operation: str, mode: str) -> None:
    given, saved = await posted(acme, kind)
    acme.plant(operation, mode)
    assert (await error_of(acme.finish(given, saved, "comment"))).effect is Effect.UNKNOWN
    assert isinstance(await acme.find(given, saved, "comment"), Published)
    assert [post["comments"] for post in acme.posts if post["comments"]] == [["Sale: #monsoon"]]


@commented
@pytest.mark.parametrize("plan", [{"mode": "reset"}, {"mode": "error", "status": 200, "body": "not json"}], ids=str)
async def test_a_lost_comment_is_proven_absent_except_at_youtube(
    acme: Acme, kind: str, operation: str, plan: dict[str, Any]
) -> None:
    given, saved = await posted(acme, kind)
    acme.plant(operation, **plan)
    assert (await error_of(acme.finish(given, saved, "comment"))).effect is Effect.UNKNOWN
    looked = await acme.find(given, saved, "comment")
    if acme.name == "youtube":  # a list that a comment is not in yet proves nothing
        assert isinstance(looked, Unknown)
        return
    assert isinstance(looked, Absent)
    await acme.finish(given, saved, "comment")
    assert [post["comments"] for post in acme.posts if post["comments"]] == [["Sale: #monsoon"]]


@pytest.mark.parametrize(
    ("acme", "kind", "visible"),
    [
        ("instagram", "photo", "media_publish"),
        ("mastodon", "text", "post_status"),
        ("linkedin", "text", "create_post"),
        ("x", "text", "create_post"),
        ("threads", "text", "threads_publish"),
        ("facebook", "text", "feed"),
    ],
    indirect=["acme"],
)
async def test_the_comment_of_a_post_that_was_found_after_a_lost_answer(acme: Acme, kind: str, visible: str) -> None:
    given, saved = draft(acme, kind, first_comment="Sale: #monsoon"), Saved()
    acme.plant(visible, "accept_then_reset")
    await acme.failure(given, saved)
    assert isinstance(await acme.find(given, saved), Published)
    await acme.finish(given, saved, "comment")
    assert acme.posts[0]["comments"] == ["Sale: #monsoon"]


@at("youtube", "facebook", "instagram", "linkedin", "mastodon", "threads", "x")
async def test_a_closed_gate_sends_no_comment(acme: Acme) -> None:
    kind = {"youtube": "clip", "instagram": "photo"}.get(acme.name, "text")
    given, saved = await posted(acme, kind)
    late = ChannelError(Reason.WINDOW_MISSED, Effect.NOT_SENT, "too late")
    for _ in range(3):
        error = await error_of(acme.send(given, saved, "comment", late))
    assert "too late" in str(error) or acme.name == "threads"
    assert not any(post["comments"] for post in acme.posts)
