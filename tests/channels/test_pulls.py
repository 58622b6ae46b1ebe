"""A file that a network could not fetch is offered again a few times, later each time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import BaseModel

from munadi.channels.pulls import PULL_WAITS, count_failed_pull, judge_failed_pull
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import PreparationStore, PreparedState, Publication
from tests.channels.calls import Saved
from tests.channels.making import account, publication


def unreachable(effect: Effect = Effect.REJECTED, wait: timedelta | None = None) -> ChannelError:
    return ChannelError(Reason.MEDIA_UNREACHABLE, effect, "it could not be fetched", retry_after=wait)


@pytest.mark.parametrize(("failed", "wait"), list(enumerate(PULL_WAITS)))
def test_a_failed_pull_is_repeated_after_a_wait(failed: int, wait: timedelta) -> None:
    error = unreachable()
    assert judge_failed_pull(error, failed)
    assert (error.effect, error.retry_after) == (Effect.NOT_SENT, wait)


def test_after_so_many_it_is_final() -> None:
    error = unreachable(Effect.NOT_SENT, timedelta(seconds=5))
    assert not judge_failed_pull(error, len(PULL_WAITS))
    assert (error.effect, error.retry_after) == (Effect.REJECTED, None)


def test_what_the_network_asks_for_comes_first() -> None:
    error = unreachable(wait=timedelta(hours=1))
    assert judge_failed_pull(error, 0)
    assert error.retry_after == timedelta(hours=1)


def test_the_waits_grow_and_outlast_an_outage_of_minutes() -> None:
    assert list(PULL_WAITS) == sorted(PULL_WAITS)
    assert sum(PULL_WAITS, timedelta(0)) > timedelta(minutes=5)


async def test_the_state_counts_and_a_retry_by_hand_begins_anew() -> None:
    saved = Saved()
    given, who = publication("A film"), account("bluesky", "did:plc:1")
    seen = Publication(given, who, PreparationStore(None, saved.write), (BaseModel, PreparedState))
    effects = [(await count_failed_pull(seen, unreachable())).effect for _ in range(len(PULL_WAITS) + 2)]
    assert effects == [*[Effect.NOT_SENT] * len(PULL_WAITS), Effect.REJECTED, Effect.NOT_SENT]
    assert PreparedState.of(saved.kept).failed_pulls == 1
