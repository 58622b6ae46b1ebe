"""Which refusals are about the app: what a network then refuses to one account, it refuses to all."""

from __future__ import annotations

import pytest

from munadi.ports import Answer
from tests.channels.calls import explained
from tests.channels.envelopes import given, google
from tests.channels.error_facts import graph, tiktok
from tests.channels.making import bench


def x_limit(window: str) -> Answer:
    headers = {f"x-{window}-limit-24hour-remaining": "0", f"x-{window}-limit-24hour-reset": "1795000000"}
    return given(429, {"title": "Too Many Requests", "detail": "Too Many Requests"}, **headers)


@pytest.mark.parametrize(
    ("name", "answer", "of_app"),
    [
        ("facebook", graph(403, 4), True),
        ("instagram", graph(403, 4), True),
        ("threads", graph(400, 341), True),
        ("facebook", graph(400, 32), False),
        ("instagram", graph(400, 17), False),
        ("instagram", graph(403, 4, 2207051), False),  # suspected spam of one account
        ("youtube", google(403, "quotaExceeded"), True),
        ("youtube", google(403, "uploadLimitExceeded"), False),
        ("x", x_limit("app"), True),
        ("x", x_limit("user"), False),
        ("x", given(402, {}), True),
        ("tiktok", tiktok("403:reached_active_user_cap"), False),  # creators who have posted today still may
    ],
)
def test_a_limit_of_the_app_is_told_from_that_of_an_account(name: str, answer: Answer, of_app: bool) -> None:
    assert explained(bench(name).channel, answer).of_app is of_app
