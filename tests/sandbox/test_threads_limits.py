"""The limits of an emulated Threads container."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Sandbox
from tests.sandbox.test_threads import Threads, error, without_delays


@pytest.fixture
def threads(sandbox: Sandbox) -> Threads:
    return without_delays(sandbox)


@pytest.mark.parametrize(
    "form",
    [
        {"media_type": "HOLOGRAM", "text": "x"},
        {"media_type": "TEXT"},
        {"media_type": "TEXT", "text": "x" * 501},
        {"media_type": "TEXT", "text": " ".join(f"https://a.example/{n}" for n in range(6))},
        {"media_type": "TEXT", "text": "x", "alt_text": "y"},
        {"media_type": "TEXT", "text": "x", "topic_tag": "a.b"},
        {"media_type": "TEXT", "text": "x", "topic_tag": "t" * 51},
        {"media_type": "TEXT", "text": "x", "reply_control": "nobody"},
        {"media_type": "TEXT", "text": "x", "link_attachment": "somewhere"},
        {"media_type": "TEXT", "text": "x", "poll_attachment": '{"option_a":"only"}'},
        {"media_type": "TEXT", "text": "x", "poll_attachment": "[]"},
        {"media_type": "TEXT", "text": "x", "poll_attachment": '{"option_a":"a","option_b":"' + "b" * 26 + '"}'},
        {"media_type": "TEXT", "text": "x", "link_attachment": "https://a.example/", "poll_attachment": "{}"},
        {"media_type": "IMAGE", "link_attachment": "https://a.example/"},
        {"media_type": "IMAGE"},
        {"media_type": "TEXT", "text": "x", "is_carousel_item": "true"},
    ],
)
def test_an_invalid_container_is_refused(threads: Threads, form: dict[str, str]) -> None:
    assert error(threads.create(**form)) == (100, None)


def test_a_repeated_link_counts_once(threads: Threads) -> None:
    five = " ".join(f"https://a.example/{number}" for number in range(5))
    threads.container(media_type="TEXT", text=f"{five} https://a.example/0", link_attachment="https://a.example/1")
    found = threads.create(media_type="TEXT", text=five, link_attachment="https://b.example/").json()["error"]
    assert found["message"] == "THREADS_API__LINK_LIMIT_EXCEEDED"


def test_a_text_counts_in_characters_or_in_bytes(threads: Threads) -> None:
    threads.container(media_type="TEXT", text="ü" * 500)
    threads.set("switches", "countBytes", enabled=True)
    threads.container(media_type="TEXT", text="ü" * 250)
    found = threads.create(media_type="TEXT", text="ü" * 251).json()["error"]
    assert (found["type"], found["error_user_msg"]) == ("THApiException", "El texto supera los 500 caracteres.")
