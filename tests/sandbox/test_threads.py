"""What only the emulated Threads has: chains, quotes, attachments, buckets, the race, the counts of a text."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import DAY, Sandbox, refusal
from tests.sandbox.containers import Flow

LINK = "https://a.example"


@pytest.fixture
def threads(sandbox: Sandbox) -> Flow:
    return Flow(sandbox, "threads")


def test_a_post_has_no_status(threads: Flow) -> None:
    answer = threads.get(threads.text(), fields="status")
    assert (refusal(answer), answer.json()["error"]["type"]) == ((100, None), "THApiException")


def test_the_buckets_are_enforced_and_only_requested_fields_are_returned(threads: Flow) -> None:
    threads.set(postsPerDay=1, repliesPerDay=1)
    root = threads.text()
    threads.text("x", reply_to_id=root)
    for form in ({}, {"reply_to_id": root}):
        assert refusal(threads.publish(threads.container(media_type="TEXT", text="x", **form))) == (4, None)
    assert len(threads.posts()) == 2
    fields = {"fields": "quota_usage,reply_quota_usage,reply_config"}
    found = threads.get(f"{threads.id}/threads_publishing_limit", **fields).json()
    config = {"quota_total": 1, "quota_duration": DAY}
    assert found["data"] == [{"quota_usage": 1, "reply_quota_usage": 1, "reply_config": config}]
    threads.sandbox.advance(DAY + 1)
    assert threads.text("new day")


@pytest.mark.parametrize(
    "form",
    [
        {"media_type": "HOLOGRAM"},
        {"text": ""},
        {"text": "x" * 501},
        {"text": " ".join(f"{LINK}/{n}" for n in range(6))},
        {"allowlisted_country_codes": "India"},
        {"media_type": "IMAGE"},
        {"is_carousel_item": "true"},
    ],
    ids=str,
)
def test_an_invalid_container_is_refused(threads: Flow, form: dict[str, str]) -> None:
    assert refusal(threads.create(**{"media_type": "TEXT", "text": "x", **form})) == (100, None)


def test_a_repeated_link_counts_once(threads: Flow) -> None:
    five = " ".join(f"{LINK}/{number}" for number in range(5))
    threads.container(media_type="TEXT", text=f"{five} {LINK}/0", link_attachment=f"{LINK}/1")
    found = threads.create(media_type="TEXT", text=five, link_attachment="https://b.example/").json()["error"]
    assert found["message"] == "THREADS_API__LINK_LIMIT_EXCEEDED"


def test_an_error_is_in_the_profiles_language(threads: Flow) -> None:
    found = threads.create(media_type="TEXT", text="x" * 501).json()["error"]
    assert (found["type"], found["error_user_msg"]) == ("THApiException", "El texto supera los 500 caracteres.")


def test_a_post_may_only_name_posts_that_exist_and_its_first_link_is_its_card(threads: Flow) -> None:
    for option in ("reply_to_id", "quote_post_id"):
        assert refusal(threads.create(media_type="TEXT", text="x", **{option: "18000000000000000"})) == (100, 33)
    threads.text(f"See {LINK}/x, and https://b.example")
    assert threads.posts()[0]["link"] == f"{LINK}/x"
