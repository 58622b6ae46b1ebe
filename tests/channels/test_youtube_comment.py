"""The first comment is written once below the published video, and never twice."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Published, Unknown
from munadi.ports import PublicationDraft, Stage
from tests.channels.conftest import Oracle
from tests.channels.connected import Connected, new
from tests.channels.making import GateThatCounts, Saved, video
from tests.channels.youtube_acme import CLIP, calls, clip, failure, posts
from tests.channels.youtube_acme import acme as acme  # a fixture

TEXT = "Doors open at nine\nCome in 🌧"


def commented(acme: Connected, **options: Any) -> PublicationDraft:
    media = (video(bytes=len(CLIP)),)
    return new("Monsoon sale", media=media, options={"madeForKids": False, **options}, first_comment=TEXT)


async def comment(acme: Connected, given: PublicationDraft, saved: Saved, error: Exception | None = None) -> Published:
    step = Stage(GateThatCounts(error), "comment")
    found = await acme.channel.publish(given, acme.account, saved.handle, saved, step)
    assert isinstance(found, Published)
    return found


async def look(acme: Connected, given: PublicationDraft, saved: Saved) -> Any:
    return await acme.channel.find(given, acme.account, saved.handle, given.due_at, "comment")


async def out(acme: Connected, given: PublicationDraft) -> Saved:
    """The video itself."""
    saved = Saved()
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    return saved


async def test_a_comment_is_a_step_of_its_own(acme: Connected) -> None:
    assert acme.channel.stages(commented(acme)) == ("comment",)
    assert acme.channel.stages(clip(acme)) == ()


async def test_it_stands_below_the_video(oracle: Oracle, acme: Connected) -> None:
    given = commented(acme)
    saved = await out(acme, given)
    made = await comment(acme, given, saved)
    (post,) = posts(oracle, acme)
    assert post["comments"] == [TEXT]
    assert made.url == f"{post['url']}&lc={made.post_id}"
    assert [call["visible"] for call in calls(oracle, "insert_comment")] == [True]
    found = await look(acme, given, saved)
    assert (found.post_id, found.url) == (made.post_id, made.url)


async def test_a_closed_gate_sends_nothing(oracle: Oracle, acme: Connected) -> None:
    given = commented(acme)
    saved = await out(acme, given)
    late = ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, "too late")
    with pytest.raises(ChannelError, match="too late"):
        await comment(acme, given, saved, late)
    assert calls(oracle, "insert_comment") == []


@pytest.mark.parametrize("mode", ["accept_then_reset", "accept_then_502", "accept_then_half_body"])
async def test_a_lost_answer_is_found_again(oracle: Oracle, acme: Connected, mode: str) -> None:
    given = commented(acme)
    saved = await out(acme, given)
    oracle.plant("youtube", "insert_comment", mode)
    assert (await failure(comment(acme, given, saved))).effect is Effect.UNKNOWN
    assert isinstance(await look(acme, given, saved), Published)
    (post,) = posts(oracle, acme)
    assert post["comments"] == [TEXT]


async def test_what_is_not_listed_is_no_absence(oracle: Oracle, acme: Connected) -> None:
    given = commented(acme)
    saved = await out(acme, given)
    oracle.plant("youtube", "insert_comment", "reset")
    assert (await failure(comment(acme, given, saved))).effect is Effect.UNKNOWN
    assert isinstance(await look(acme, given, saved), Unknown)


async def test_two_of_the_same_words_are_not_told_apart(acme: Connected) -> None:
    given = commented(acme)
    saved = await out(acme, given)
    for _ in range(2):
        await comment(acme, given, saved)
    found = await look(acme, given, saved)
    assert isinstance(found, Unknown)
    assert "2 comments" in found.note


async def test_somebody_elses_comment_is_not_ours(oracle: Oracle, acme: Connected) -> None:
    given = commented(acme)
    saved = await out(acme, given)
    own = acme.account
    acme.account = own.model_copy(update={"external_id": "UCsomebodyelse"})
    await comment(acme, given, saved)
    assert isinstance(await look(acme, given, saved), Unknown)
    acme.account = own
    assert isinstance(await look(acme, given, saved), Published)


async def test_without_a_handle_the_video_is_looked_for(oracle: Oracle, acme: Connected) -> None:
    given = commented(acme)
    await out(acme, given)
    await comment(acme, given, Saved())
    assert isinstance(await look(acme, given, Saved()), Published)
    other = given.model_copy(update={"text": "Never uploaded"})
    assert (await failure(comment(acme, other, Saved()))).effect is Effect.NOT_SENT
    assert isinstance(await look(acme, other, Saved()), Unknown)


@pytest.mark.parametrize(
    ("error", "reason", "effect"),
    [
        ({"reason": "commentsDisabled"}, Reason.FEATURE_NOT_ELIGIBLE, Effect.REJECTED),
        ({"reason": "commentTextTooLong"}, Reason.INVALID_FIELD, Effect.REJECTED),
        ({"reason": "quotaExceeded"}, Reason.QUOTA_EXCEEDED, Effect.NOT_SENT),
        ({"reason": "backendError"}, Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
    ],
)
async def test_refusals(oracle: Oracle, acme: Connected, error: dict[str, Any], reason: Reason, effect: Effect) -> None:
    given = commented(acme)
    saved = await out(acme, given)
    oracle.plant("youtube", "insert_comment", "error", error=error)
    refused: ChannelError = await failure(comment(acme, given, saved))
    assert (refused.reason, refused.effect) == (reason, effect)


async def test_a_look_that_fails_says_nothing(oracle: Oracle, acme: Connected) -> None:
    given = commented(acme)
    saved = await out(acme, given)
    oracle.plant("youtube", "list_comments", "error", error={"reason": "commentsDisabled"})
    assert isinstance(await look(acme, given, saved), Unknown)
