"""The retry schedule: no attempt is earlier than documented, and attempts end."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.domain.webhook_schedule import MAX_ATTEMPTS, RETRY_AFTER_CAP, next_delay, parse_retry_after

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = 3600
TABLE = [5, 300, 1800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR]


@pytest.mark.parametrize(("attempt", "seconds"), list(enumerate(TABLE, start=1)))
def test_each_wait_is_the_tables_plus_at_most_a_tenth(attempt, seconds):
    waits = [next_delay(attempt, None, Random(seed)).total_seconds() for seed in range(50)]
    assert all(seconds <= wait <= seconds * 1.1 for wait in waits)
    assert len(set(waits)) > 1


def test_attempts_end():
    assert MAX_ATTEMPTS == 10
    assert next_delay(10, timedelta(seconds=1), Random(1)) is None
    assert next_delay(11, None, Random(1)) is None


def test_attempts_are_counted_from_one():
    with pytest.raises(ValueError, match="from 1"):
        next_delay(0, None, Random(1))


@given(attempt=st.integers(1, 9), wish=st.timedeltas(timedelta(0), timedelta(days=40)), seed=st.integers())
def test_retry_after_is_a_lower_bound_up_to_a_day(attempt, wish, seed):
    wait = next_delay(attempt, wish, Random(seed))
    assert wait >= min(wish, RETRY_AFTER_CAP)
    assert wait <= RETRY_AFTER_CAP * 1.1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("999999999999999999999", 24 * HOUR),
        ("9" * 6000, 24 * HOUR),
        ("Tue, 01 Dec 2026 12:01:00 GMT", 60),
        ("Tuesday, 01-Dec-26 12:01:00 GMT", 60),
        ("Tue Dec  1 12:01:00 2026", 60),
        ("Tue, 01 Dec 2026 12:01:00 -0000", 60),
        ("Mon, 30 Nov 2026 12:00:00 GMT", 0),
        ("Tue, 01 Dec 2099 12:00:00 GMT", 24 * HOUR),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(value, seconds):
    assert parse_retry_after(value, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", [None, "", "soon", "-5", "1.5", "١٢", "Tue, 99 Dec 2026 12:00:00 GMT", "\x00"])
def test_an_unreadable_retry_after_is_none(value):
    assert parse_retry_after(value, NOW) is None


@given(st.text(max_size=60))
def test_retry_after_never_raises(value):
    wait = parse_retry_after(value, NOW)
    assert wait is None or timedelta(0) <= wait <= RETRY_AFTER_CAP
