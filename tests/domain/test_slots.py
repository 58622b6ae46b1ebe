"""The instants of weekly times, on days on which clocks change, too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from munadi.domain.slots import Slot, Weekday, instant_of, occurrences

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
STARTS = st.integers(0, 3 * 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def slot(weekday: Weekday | str, at: str) -> Slot:
    return Slot(id=f"slt_{weekday}_{at}", weekday=Weekday(weekday), time=at)


def test_a_skipped_time_is_as_much_later_and_a_doubled_one_is_the_first() -> None:
    # In Berlin clocks go from 02:00 to 03:00 on 2027-03-28, and from 03:00 to 02:00 on 2027-10-31.
    assert instant_of(date(2027, 3, 28), time(2, 30), BERLIN) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert instant_of(date(2027, 10, 31), time(2, 30), BERLIN) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_the_wall_time_survives_a_change_of_clocks() -> None:
    start = datetime(2027, 3, 26, 12, tzinfo=UTC)
    found = islice(occurrences([slot(day, "09:00") for day in Weekday], BERLIN, start, start + timedelta(30)), 3)
    assert [at.astimezone(BERLIN).strftime("%d %H:%M") for at, _ in found] == ["27 09:00", "28 09:00", "29 09:00"]


def test_two_times_that_a_change_of_clocks_makes_one_are_one() -> None:
    start = datetime(2027, 3, 27, 12, tzinfo=UTC)
    found = list(occurrences([slot("sunday", "02:30"), slot("sunday", "03:30")], BERLIN, start, start + timedelta(7)))
    assert [at for at, _ in found] == [datetime(2027, 3, 28, 1, 30, tzinfo=UTC)]


def test_without_slots_there_are_no_times() -> None:
    start = datetime(2027, 3, 27, 12, tzinfo=UTC)
    assert not list(occurrences([], BERLIN, start, start + timedelta(366)))


@given(ZONES, STARTS, st.lists(st.tuples(st.sampled_from(Weekday), st.times()), min_size=1, max_size=5))
def test_times_ascend_within_the_range_and_no_day_lacks_one(
    zone: str, start: datetime, given_times: list[tuple[Weekday, time]]
) -> None:
    slots = [slot(day, at.strftime("%H:%M")) for day, at in given_times]
    found = [at for at, _ in occurrences(slots, ZoneInfo(zone), start, start + timedelta(28))]
    assert all(first < second for first, second in pairwise([start, *found]))
    assert found[-1] <= start + timedelta(28)
    assert len(found) >= 3 * len({day for day, _ in given_times})
