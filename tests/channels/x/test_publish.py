"""What a post is on the wire, and what a refusal as a duplicate proves."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.domain.channel import Resend
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Published, Unknown
from tests.channels.calls import Saved
from tests.channels.making import NOW, Bench, account, bench, draft, error_of, image, publication, video
from tests.channels.network import answer
from tests.channels.scene_x import (
    DUPLICATE,
    LISTED,
    PREMIUM,
    SALE,
    SETTINGS,
    TWEETS,
    USER,
    WHO,
    listed,
    made,
    page,
    tweet,
)
from tests.channels.x.test_media import PICTURE, ready

R, S = Reason, Effect
CHANNEL = bench("x", SETTINGS).channel


def over(*answers: httpx.Response | Exception, **settings: Any) -> Bench:
    built = bench("x", {**SETTINGS, **settings})
    built.network.on("POST", TWEETS, *(answers or (made(),)))
    return built


def sent(built: Bench) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(built.network.sent(TWEETS)[-1].content)
    return body


async def test_a_post_with_everything() -> None:
    poll = {"options": ["yes", "no"], "durationMinutes": 60}
    options = {"replySettings": "mentionedUsers", "poll": poll, "madeWithAi": True, "paidPartnership": True}
    built, saved = over(), Saved()
    found = await built.publish(publication("Sale", options=options), WHO, saved)
    assert sent(built) == {
        "text": "Sale",
        "reply_settings": "mentionedUsers",
        "poll": {"options": ["yes", "no"], "duration_minutes": 60},
        "made_with_ai": True,
        "paid_partnership": True,
    }
    assert (found.post_id, found.url) == ("117", "https://site.example/x/acme/status/117")
    assert saved.kept.state["posts"] == {"post": {"id": "117", "url": found.url}}
    await built.publish(publication("", media=PICTURE.media), WHO, Saved(ready("7")))
    assert sent(built) == {"media": {"media_ids": ["7"]}}
    await built.publish(publication("Look", options={"quotePostId": "9"}), WHO)
    assert sent(built) == {"text": "Look", "quote_tweet_id": "9"}


async def test_parts_and_comment_answer_the_post_before_them() -> None:
    given = SALE.model_copy(
        update={"parts": ("Two",), "first_comment": "More", "options": {"replySettings": "verified"}}
    )
    built, saved = over(made("1"), made("2"), made("3")), Saved()
    for step in ("post", "part-2", "comment"):
        await built.publish(given, WHO, saved, step)
    bodies = [json.loads(request.content) for request in built.network.sent(TWEETS)]
    assert [body.get("reply") for body in bodies] == [
        None,
        {"in_reply_to_tweet_id": "1"},
        {"in_reply_to_tweet_id": "1"},
    ]
    assert {body["reply_settings"] for body in bodies} == {"verified"}


async def test_a_part_whose_parent_is_not_known_is_not_sent() -> None:
    built = listed_at(over())
    error = await error_of(built.publish(SALE.model_copy(update={"parts": ("Two",)}), WHO, step="part-2"))
    assert (error.effect, error.provider_code) == (S.NOT_SENT, "PARENT_UNKNOWN")
    assert built.network.sent(TWEETS) == []


def listed_at(built: Bench, *shown: dict[str, Any]) -> Bench:
    listed(built.network, *shown)
    return built


async def test_a_duplicate_of_another_post_is_a_refusal() -> None:
    earlier = tweet(created_at=(NOW - timedelta(minutes=5)).isoformat())
    built, saved = listed_at(over(DUPLICATE), earlier), Saved()
    await error_of(built.publish(SALE, WHO, saved), R.DUPLICATE_CONTENT, S.REJECTED)
    assert saved.history == []


async def test_x_does_not_judge_a_duplicate_by_itself() -> None:
    """Whether an earlier request had arrived is known to the core alone: one request, and no look."""
    built, saved = listed_at(over(DUPLICATE), tweet()), Saved()
    error = await error_of(built.publish(SALE, WHO, saved, doubtful=True), R.DUPLICATE_CONTENT, S.REJECTED)
    assert (error.may_be_ours, len(built.network.requests), saved.history) == (True, 1, [])


async def test_without_a_refusal_as_a_duplicate_an_older_post_is_never_ours() -> None:
    built = listed_at(over(), tweet())
    assert isinstance(await built.find(SALE, WHO, None, NOW + timedelta(minutes=10)), Absent)


def test_a_post_is_sent_again_once() -> None:
    """X refuses a copy; how late its timeline is, is unknown."""
    for given in (SALE, SALE.model_copy(update={"parts": ("Two",)}), PICTURE):
        assert CHANNEL.resend(given, "post") is Resend.ONCE_AFTER_ABSENCE
    assert CHANNEL.spec.looks_twice


KEYS = {"attachments": {"media_keys": ["3_7"]}}
EARLY = (NOW - timedelta(seconds=6)).isoformat()
ANSWER = {"referenced_tweets": [{"type": "replied_to", "id": "3"}]}


@pytest.mark.parametrize(
    "shown", [tweet(text="Something else"), tweet(created_at=EARLY), tweet(**ANSWER), tweet(**KEYS)]
)
async def test_a_post_that_differs_is_not_ours(shown: dict[str, Any]) -> None:
    assert isinstance(await listed_at(over(), shown).find(SALE, WHO, None, NOW), Absent)


async def test_a_media_key_finds_its_post_whatever_its_text() -> None:
    built = listed_at(over(), tweet("1", "Look"), tweet("2", "edited", **KEYS))
    found = await built.find(PICTURE, WHO, ready("7"), NOW)
    assert isinstance(found, Published)
    assert (found.post_id, found.by_likeness) == ("2", False)
    query = dict(built.network.sent(LISTED)[0].url.params)
    assert (query["start_time"], query["max_results"]) == ("2026-12-01T08:59:55Z", "20")


async def test_without_its_handle_a_picture_is_found_by_text_and_number() -> None:
    found = await listed_at(over(), tweet("2", "Look https://t.co/x", **KEYS)).find(PICTURE, WHO, None, NOW)
    assert isinstance(found, Absent)
    urls = {"entities": {"urls": [{"url": "https://t.co/x", "expanded_url": "https://x.com/1", "media_key": "3_7"}]}}
    found = await listed_at(over(), tweet("2", "Look https://t.co/x", **KEYS, **urls)).find(PICTURE, WHO, None, NOW)
    assert isinstance(found, Published)
    assert found.by_likeness


LONG = "Sale & more " * 40
TEXTS: list[tuple[str, dict[str, Any]]] = [
    ("R&D <b>", tweet(text="R&amp;D &lt;b&gt;")),
    ("See acme.com now", tweet(text="See https://t.co/x now", entities={"urls": [
        {"url": "https://t.co/x", "expanded_url": "http://acme.com"}]})),
    ("See https://acme.com/", tweet(text="See https://t.co/x", entities={"urls": [
        {"url": "https://t.co/x", "expanded_url": "https://acme.com"}]})),
    (LONG, tweet(text="Sale &amp; more…", note_tweet={"text": LONG.replace("&", "&amp;")})),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shown"), TEXTS, ids=range(len(TEXTS)))
async def test_a_text_is_compared_as_it_was_written(text: str, shown: dict[str, Any]) -> None:
    given = publication(text)
    assert isinstance(await listed_at(over(), shown).find(given, WHO, None, NOW), Published)


async def test_a_look_is_bounded_and_more_posts_are_unknown() -> None:
    built = over()
    built.network.on("GET", LISTED, page(tweet("1", "other"), following="more"))
    assert isinstance(await built.find(SALE, WHO, None, NOW), Unknown)
    assert len(built.network.sent(LISTED)) == 5
    built.network.on("GET", LISTED, page(tweet("1", "other"), following="more"), page(tweet("2")))
    assert isinstance(await built.find(SALE, WHO, None, NOW), Published)
    assert dict(built.network.sent(LISTED)[-1].url.params)["pagination_token"] == "more"


ODD = [{}, [], {"data": [tweet()]}, {"data": [tweet()], "meta": {"result_count": 0}}]
ODD += [{"data": [{"id": "1", "text": "x"}], "meta": {"result_count": 1}}, {"meta": {"result_count": True}}]


@pytest.mark.parametrize("body", ODD, ids=str)
async def test_what_is_no_timeline_proves_nothing(body: Any) -> None:
    built = over()
    built.network.on("GET", LISTED, answer(200, body))
    assert isinstance(await built.find(SALE, WHO, None, NOW), Unknown)


def test_premium_accounts_write_more_and_larger() -> None:
    long, large = draft("x" * 25_000), draft("x", media=(video(width=1920, height=1080),))
    for given in (long, large):
        assert CHANNEL.validate(given, PREMIUM) == []
        assert CHANNEL.validate(given, WHO)
    assert [(one.rule, one.limit) for one in CHANNEL.validate(draft("x" * 25_001), PREMIUM)] == [
        ("text_weighted", 25_000)
    ]
    assert CHANNEL.validate(draft("x" * 281), account("x", USER, facts={"subscription": "Basic"}))


def test_an_app_with_an_older_plan_may_quote_and_tag() -> None:
    given = draft("$ACME and $XYZ", options={"quotePostId": "9"})
    assert len(CHANNEL.validate(given, WHO)) == 2
    assert bench("x", {**SETTINGS, "self_serve": "false"}).channel.validate(given, WHO) == []
    both = draft("x", options={"quotePostId": "9", "poll": {"options": ["a", "b"], "durationMinutes": 5}})
    assert [one.rule for one in bench("x", {"self_serve": "false"}).channel.validate(both, WHO)] == ["poll_quote"]


def test_every_problem_is_reported_at_once() -> None:
    bad = draft("x" * 281 + " $ACME $XYZ", media=(image(bytes=25_000_000), video(1)), options={"nosuch": 1})
    rules = {problem.rule for problem in CHANNEL.validate(bad, WHO)}
    assert rules >= {"text_weighted", "cashtags", "extra_forbidden", "media_mixed", "moving_media", "media_bytes"}
