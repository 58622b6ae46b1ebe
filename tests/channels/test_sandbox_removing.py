"""A live post is taken back, with all that it is made of: every network of the sandbox that has a way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Published
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.domain.withdrawal_rule import Removal
from tests.channels.calls import Saved, visible_step
from tests.channels.making import error_of
from tests.channels.sandbox import Acme, at, draft, imported

# The posts that are taken back, each beside another one of the profile, which stays.
KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("discord", "text", {"parts": ("Two", "Three")}),
    ("discord", "photos", {}),
    ("facebook", "text", {"first_comment": "More"}),
    ("facebook", "photos", {}),
    ("facebook", "reel", {"first_comment": "More"}),
    ("google_business", "photo", {}),
    ("google_business", "text", {"link": "https://acme.example/"}),
    ("instagram page", "photo", {"first_comment": "More"}),
    ("instagram page", "photos", {}),
    ("linkedin", "text", {}),
    ("linkedin", "photos", {}),
    ("linkedin", "text", {"first_comment": "More"}),
    ("mastodon", "photos", {}),
    ("mastodon", "text", {"parts": ("Two", "Three"), "first_comment": "More"}),
    ("nostr", "photos", {}),
    ("nostr", "text", {"parts": ("Two", "Three"), "first_comment": "More"}),
    ("pinterest", "photo", {}),
    ("pinterest", "video", {}),
    ("telegram", "text", {"parts": ("Two", "Three")}),
    ("telegram", "photos", {"parts": ("Two",)}),
    ("threads", "text", {"parts": ("Two", "Three"), "first_comment": "More"}),
    ("threads", "photos", {}),
    ("x", "photos", {}),
    ("x", "text", {"parts": ("Two", "Three"), "first_comment": "More"}),
    ("youtube", "clip", {}),
    ("youtube", "clip", {"first_comment": "More"}),
]
each = pytest.mark.parametrize(
    ("acme", "kind", "fields"),
    KINDS,
    indirect=["acme"],
    ids=[" ".join([name, kind, *more]) for name, kind, more in KINDS],
)


async def live(acme: Acme, kind: str, text: str = "Taken back", **fields: Any) -> list[PostedObject]:
    """Everything that a post has at its network, and that needs a request of its own."""
    given, saved = draft(acme, kind, text, **fields), Saved()
    made = {"post": await acme.post(given, saved)}
    for step in acme.channel.steps(given):
        made[step] = await acme.finish(given, saved, step)
    rule = acme.channel.withdrawal(given, acme.account)
    assert rule.kind is Removal.DELETE
    return objects({step: one for step, one in made.items() if step != "comment" or not rule.takes_comments})


def objects(made: dict[str, Published]) -> list[PostedObject]:
    return [
        PostedObject(step=step, id=one.id, version=one.version) for step, found in made.items() for one in found.made
    ]


async def remove(acme: Acme, one: PostedObject) -> None:
    attempt = visible_step()
    await acme.channel.withdraw(one, acme.account, attempt)
    assert attempt.passed


async def verdicts(acme: Acme, found: Sequence[PostedObject]) -> list[Verdict]:
    return [one.verdict for one in await acme.channel.look(found, acme.account)]


async def until(acme: Acme, found: Sequence[PostedObject], wanted: Verdict) -> list[Seen]:
    """A look after some time: lists lag."""
    for _ in range(300):
        seen = await acme.channel.look(found, acme.account)
        if all(one.verdict is wanted for one in seen):
            return list(seen)
        await asyncio.sleep(0.02)
    raise AssertionError(f"never {wanted}: {seen}")


@each
async def test_all_of_a_post_is_removed_and_nothing_else(acme: Acme, kind: str, fields: dict[str, Any]) -> None:
    other = await live(acme, kind, "It stays")
    found = await live(acme, kind, **fields)
    await until(acme, [*other, *found], Verdict.LIVE)
    for one in found:
        await remove(acme, one)
    await until(acme, found, Verdict.GONE)
    assert await verdicts(acme, other) == [Verdict.LIVE] * len(other)
    assert [post["text"] for post in acme.posts] == ["It stays"]


@each
@pytest.mark.parametrize("mode", ["accept_then_reset", "reset"])
async def test_a_lost_answer_is_settled_by_a_look(acme: Acme, kind: str, fields: dict[str, Any], mode: str) -> None:
    await live(acme, kind, "It stays")
    found = await live(acme, kind, **fields)
    acme.plant(DELETES[acme.name], mode)
    with pytest.raises(ChannelError) as lost:
        await remove(acme, found[0])
    assert lost.value.effect is Effect.UNKNOWN
    await until(acme, found[:1], Verdict.GONE if mode == "accept_then_reset" else Verdict.LIVE)


# The operations of the sandbox that remove something.
DELETES = {"facebook": "*", "instagram": "delete_media", "threads": "delete_post"}
DELETES |= {"mastodon": "delete_status", "telegram": "deleteMessage", "x": "delete_post"}
DELETES |= {
    "discord": "delete_message",
    "google_business": "delete_post",
    "linkedin": "delete_post",
    "nostr": "delete_note",
    "pinterest": "delete_pin",
    "youtube": "delete_video",
}


@each
async def test_a_second_removal_is_no_success_unless_the_network_proves_it(
    acme: Acme, kind: str, fields: dict[str, Any]
) -> None:
    await live(acme, kind, "It stays")
    (one, *_) = await live(acme, kind, **fields)
    await remove(acme, one)
    # "Post deletions are idempotent": 204 says that it is not there. A relay takes every request to delete.
    if acme.name in ("linkedin", "nostr"):
        await remove(acme, one)
    else:
        with pytest.raises(ChannelError) as refused:
            await remove(acme, one)
        assert refused.value.effect is Effect.UNKNOWN
    assert "It stays" in [post["text"] for post in acme.posts]


@at("facebook")
@pytest.mark.parametrize("kind", ["photo story", "video story"])
async def test_a_story_of_a_page_is_left_to_its_owner(acme: Acme, kind: str) -> None:
    given, saved = draft(acme, kind), Saved()
    rule = acme.channel.withdrawal(given, acme.account)
    assert (rule.kind, "24 hours" in rule.by_hand) == (Removal.NONE, True)
    (one,) = objects({"post": await acme.post(given, saved)})
    await until(acme, [one], Verdict.LIVE)
    with pytest.raises(ChannelError) as refused:
        await remove(acme, one)
    assert refused.value.effect is Effect.UNKNOWN
    assert len(acme.posts) == 1


@at("instagram")
async def test_a_direct_login_removes_nothing_and_sees_everything(acme: Acme) -> None:
    given = draft(acme, "photo")
    rule = acme.channel.withdrawal(given, acme.account)
    assert (rule.kind, "Facebook Page" in rule.by_hand) == (Removal.NONE, True)
    found = objects({"post": await acme.post(given)})
    assert await verdicts(acme, [*found, PostedObject(id="17900000000000001")]) == [Verdict.LIVE, Verdict.GONE]


@at("threads")
async def test_the_parts_of_a_thread_stay_without_their_first_post(acme: Acme) -> None:
    first, *others = await live(acme, "text", parts=("Two",), first_comment="More")
    await remove(acme, first)
    assert await verdicts(acme, [first, *others]) == [Verdict.GONE, Verdict.LIVE, Verdict.LIVE]


@at("threads")
async def test_the_removals_of_a_day_are_counted(acme: Acme) -> None:
    acme.set("limits", 1, "deletesPerDay")
    first, second = await live(acme, "text", parts=("Two",))
    await remove(acme, first)
    with pytest.raises(ChannelError) as refused:
        await remove(acme, second)
    assert (refused.value.reason, refused.value.effect) == (Reason.DAILY_CAP_REACHED, Effect.NOT_SENT)
    assert await verdicts(acme, [second]) == [Verdict.LIVE]


@at("mastodon")
async def test_a_404_of_a_server_that_removes_nothing_is_no_success(acme: Acme) -> None:
    acme.set("switches", True, "ignoreDeletes")
    (one,) = await live(acme, "text")
    with pytest.raises(ChannelError) as refused:
        await remove(acme, one)
    assert refused.value.effect is Effect.UNKNOWN
    assert await verdicts(acme, [one]) == [Verdict.LIVE]


@at("mastodon")
async def test_the_removals_of_half_an_hour_are_counted(acme: Acme) -> None:
    acme.set("limits", 1, "deletesPer30Minutes")
    first, second = await live(acme, "text", parts=("Two",))
    await remove(acme, first)
    with pytest.raises(ChannelError) as refused:
        await remove(acme, second)
    assert (refused.value.reason, refused.value.effect) == (Reason.RATE_LIMITED, Effect.NOT_SENT)
    assert refused.value.retry_after is not None


@at("telegram")
async def test_a_message_stays_after_48_hours(acme: Acme) -> None:
    found = await live(acme, "photos")
    assert len(found) == 2
    acme.oracle.call("POST", "/clock", advanceSeconds=48 * 3600 + 1)
    for one in found:
        with pytest.raises(ChannelError) as refused:
            await remove(acme, one)
        assert (refused.value.reason, refused.value.effect) == (Reason.WITHDRAWAL_REFUSED, Effect.REJECTED)
    assert await verdicts(acme, found) == [Verdict.LIVE] * 2


@at("telegram")
async def test_the_rest_of_an_album_stays(acme: Acme) -> None:
    first, second = await live(acme, "photos")
    await remove(acme, first)
    assert await verdicts(acme, [first, second]) == [Verdict.GONE, Verdict.LIVE]
    assert [(post["id"], len(post["media"])) for post in acme.posts] == [(second.id, 1)]


@at("telegram")
async def test_an_album_that_was_found_after_a_lost_answer_goes_whole(acme: Acme) -> None:
    given, saved = draft(acme, "photos"), Saved()
    acme.plant("sendMediaGroup", "accept_then_reset")
    await acme.failure(given, saved)
    found = objects({"post": await acme.found(given, saved)})
    for one in found:
        await remove(acme, one)
    assert (len(found), acme.posts) == (2, [])


def spent(acme: Acme) -> int:
    """In thousandths of a dollar."""
    return 100_000_000 - int(acme.oracle.call("GET", "/settings")["x"]["limits"]["creditMills"])


@at("x")
async def test_what_a_removal_costs_at_x(acme: Acme) -> None:
    await live(acme, "text", "It stays")
    (one,) = await live(acme, "text")
    before = spent(acme)
    assert await verdicts(acme, [one]) == [Verdict.LIVE]
    assert spent(acme) == before + 5
    await remove(acme, one)
    assert spent(acme) == before + 5 + 10
    assert await verdicts(acme, [one]) == [Verdict.GONE]
    assert spent(acme) == before + 5 + 10 + 1, "the other post is the control"


@at("x")
async def test_without_money_nothing_is_removed(acme: Acme) -> None:
    (one,) = await live(acme, "text")
    acme.set("limits", 9, "creditMills")
    with pytest.raises(ChannelError) as refused:
        await remove(acme, one)
    assert (refused.value.reason, refused.value.effect) == (Reason.QUOTA_EXCEEDED, Effect.NOT_SENT)
    assert [post["text"] for post in acme.posts] == ["Taken back"]


@at("pinterest")
async def test_a_pin_of_somebody_else_is_refused(acme: Acme) -> None:
    (there,) = await live(acme, "photo", "It stays")
    mine = acme.posts
    await acme.connect(imported(acme.oracle.call("POST", "/profiles", channel="pinterest", name="other")))
    error = await error_of(remove(acme, there), Reason.WITHDRAWAL_REFUSED, Effect.REJECTED)
    assert "its owner" in error.message
    assert acme.oracle.posts(mine[0]["profile"]) == mine


@at("youtube")
@pytest.mark.parametrize(
    ("scope", "lacks"), [("youtube", False), ("youtube.force-ssl", False), ("youtube.upload", True)]
)
async def test_youtube_removes_with_either_of_two_scopes(acme: Acme, scope: str, lacks: bool) -> None:
    who = acme.account.model_copy(update={"scopes": (f"https://www.googleapis.com/auth/{scope}",)})
    rule = acme.channel.withdrawal(draft(acme, "clip"), who)
    assert bool(set(rule.scopes) - set(who.scopes)) is lacks


@at("tiktok")
async def test_tiktok_removes_nothing_and_proves_no_absence(acme: Acme) -> None:
    given = draft(acme, "file", "It stays")
    rule = acme.channel.withdrawal(given, acme.account)
    assert rule.kind is Removal.NONE
    public = objects({"post": await acme.post(given)})
    await until(acme, public, Verdict.LIVE)
    hidden = draft(acme, "file", "For friends", options={"privacyLevel": "MUTUAL_FOLLOW_FRIENDS"})
    private = objects({"post": await acme.post(hidden)})
    assert await verdicts(acme, [*public, *private, PostedObject(id="7")]) == [Verdict.LIVE, *[Verdict.UNSEEN] * 2]
