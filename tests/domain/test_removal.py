"""The table by which a removal is decided, row by row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from munadi.domain.removal import (
    APART,
    LAG,
    MAX_REQUESTS,
    End,
    Next,
    Send,
    Wait,
    asked,
    looked_at,
    next_for,
    wait_after,
)
from munadi.domain.withdrawal import Ending, LastAnswer, PostedObject, Seen, Verdict

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
DONE, REFUSED, UNKNOWN = LastAnswer.DONE, LastAnswer.REFUSED, LastAnswer.UNKNOWN
GONE, LIVE, NOTHING = (Seen(verdict=verdict) for verdict in (Verdict.GONE, Verdict.LIVE, Verdict.UNREADABLE))
BLIND = Seen(verdict=Verdict.UNREADABLE, blind=True)
ONE = PostedObject(id="1")
WITHDRAWN, STILL_THERE = End(Ending.WITHDRAWN, "look"), End(Ending.REFUSED, "answer")


def after(answer: LastAnswer | None, *looks: tuple[float, Seen], times: int = 1, **more: Any) -> Next:
    """What comes next after so many requests, the last one at NOW with this answer, and looks so many seconds later."""
    one = ONE
    for _ in range(times if answer else 0):
        one = asked(one, answer or UNKNOWN, NOW)
    for seconds, seen in looks:
        at = NOW + timedelta(seconds=seconds)
        one = looked_at(one, seen, at)
        found = next_for(one, seen, at - NOW, at, **more)
    return found


@pytest.mark.parametrize(
    ("answer", "looks", "wanted"),
    [
        (None, [(0, LIVE)], Send()),
        (None, [(0, NOTHING)], Send()),
        (None, [(0, BLIND)], Send()),
        (None, [(0, GONE)], Wait(APART)),
        (None, [(0, GONE), (30, GONE)], End(Ending.GONE, "look")),
        (None, [(0, GONE), (10, LIVE)], Send()),
        (DONE, [(1, GONE)], WITHDRAWN),
        (DONE, [(1, LIVE)], Wait(wait_after(timedelta(seconds=1)))),
        (DONE, [(1, LIVE), (LAG.total_seconds() + 1, LIVE)], Send()),
        (DONE, [(1, NOTHING)], Wait(wait_after(timedelta(seconds=1)))),
        (DONE, [(1, BLIND)], End(Ending.WITHDRAWN, "answer")),
        (REFUSED, [(1, LIVE)], STILL_THERE),
        (REFUSED, [(1, NOTHING)], STILL_THERE),
        (REFUSED, [(1, GONE), (31, GONE)], WITHDRAWN),
        (UNKNOWN, [(1, GONE)], Wait(APART)),
        (UNKNOWN, [(1, GONE), (31, GONE)], WITHDRAWN),
        (UNKNOWN, [(1, GONE), (10, NOTHING), (31, GONE)], Wait(APART)),
        (UNKNOWN, [(1, LIVE)], Wait(APART)),
        (UNKNOWN, [(1, LIVE), (31, LIVE)], Send()),
        (UNKNOWN, [(1, BLIND)], Wait(APART - timedelta(seconds=1))),
        (UNKNOWN, [(1, BLIND), (31, BLIND)], Send()),
    ],
)
def test_each_row(answer: LastAnswer | None, looks: list[tuple[float, Seen]], wanted: Next) -> None:
    found = after(answer, *looks)
    if isinstance(wanted, Wait) and isinstance(found, Wait):
        assert timedelta(0) < found.after <= max(wanted.after, APART)
    else:
        assert found == wanted


def test_what_stays_is_asked_for_five_times() -> None:
    looks = [(1.0, LIVE), (31.0, LIVE)]
    assert after(UNKNOWN, *looks, times=MAX_REQUESTS - 1) == Send()
    assert after(UNKNOWN, *looks, times=MAX_REQUESTS) == End(Ending.REFUSED, "look")


def test_a_post_that_was_just_published_may_not_be_shown_yet() -> None:
    """Two requests are made before a look that finds nothing counts."""
    assert after(None, (0, GONE), (30, GONE), is_fresh=True) == Send()
    assert isinstance(after(UNKNOWN, (1, GONE), is_fresh=True), Wait)
    assert after(UNKNOWN, (1, GONE), (31, GONE), is_fresh=True) == Send()
    assert after(UNKNOWN, (1, GONE), (31, GONE), times=2, is_fresh=True) == WITHDRAWN
    assert after(DONE, (1, GONE), is_fresh=True) == WITHDRAWN


def test_a_network_may_ask_for_a_pause() -> None:
    pause = Seen(verdict=Verdict.UNREADABLE, pause=timedelta(hours=2))
    assert after(DONE, (1, pause)) == Wait(timedelta(hours=2))
