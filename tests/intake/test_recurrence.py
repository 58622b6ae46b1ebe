"""Recurrence rules: their dates by the clock of a zone, and the rules that are refused because they never end."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.domain.problem_collector import ProblemCollector
from munadi.intake.recurrence import MAX_COUNT, MAX_INTERVAL, Recurrence, settled_through

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2027, 2, 1, 9)  # noqa: DTZ001 - local


def read(rule: str, start: datetime = START) -> tuple[Recurrence | None, list[str]]:
    problems = ProblemCollector()
    return Recurrence.read(rule, start, BERLIN, problems), [each.pointer for each in problems.all]


def dates(rule: str, count: int = 5) -> list[str]:
    found, problems = read(rule)
    assert found is not None, problems
    return [due.on.strftime("%y-%m-%d") for due in islice(found.all(), count)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,TH", ["27-02-01", "27-02-04", "27-02-08"]),
        ("rrule:freq=daily;interval=2;", ["27-02-01", "27-02-03", "27-02-05"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", ["27-02-28", "27-03-31", "27-04-30"]),
        ("FREQ=MONTHLY;BYDAY=2TU", ["27-02-09", "27-03-09", "27-04-13"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["27-02-26", "27-03-31", "27-04-30"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["28-02-29", "32-02-29", "36-02-29"]),
        ("FREQ=DAILY;COUNT=2", ["27-02-01", "27-02-02"]),
        ("FREQ=DAILY;UNTIL=20270202", ["27-02-01", "27-02-02"]),
        ("FREQ=DAILY;UNTIL=20270202T075959Z", ["27-02-01"]),
    ],
)
def test_a_rule_has_its_dates(rule: str, expected: list[str]) -> None:
    assert dates(rule, 3) == expected


def test_the_wall_time_survives_a_change_of_clocks() -> None:
    found, _ = read("FREQ=DAILY", datetime(2027, 3, 27, 2, 30))  # noqa: DTZ001 - local
    assert found is not None
    assert [due.at.isoformat() for due in islice(found.all(), 3)] == [
        "2027-03-27T01:30:00+00:00",
        "2027-03-28T01:30:00+00:00",  # 02:30 is skipped: as much later, 03:30
        "2027-03-29T00:30:00+00:00",
    ]


HOSTILE = [
    "", "FREQ", "FREQ=", "x" * 400, "FREQ=DAILY;FREQ=DAILY", "INTERVAL=2",
    "FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=1,2,3", "FREQ=DAILY;BYSECOND=0",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYYEARDAY=366",
    "FREQ=YEARLY;BYWEEKNO=53", "FREQ=YEARLY;BYEASTER=0", "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "FREQ=MONTHLY;BYDAY=5MO", "FREQ=MONTHLY;BYDAY=0MO",
    "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30", "FREQ=WEEKLY;BYDAY=1MO", f"FREQ=DAILY;COUNT={MAX_COUNT + 1}",
    "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=-1", f"FREQ=DAILY;INTERVAL={MAX_INTERVAL + 1}", "FREQ=DAILY;INTERVAL=0",
    "FREQ=DAILY;COUNT=1;UNTIL=20280101", "FREQ=DAILY;UNTIL=soon", "FREQ=DAILY;UNTIL=20200101", "FREQ=DAILY;COUNT=٣",
    "FREQ=DAILY;COUNT=1e3", "FREQ=YEARLY;BYDAY=MO", "FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=MO",
]  # fmt: skip


@pytest.mark.parametrize("rule", HOSTILE)
def test_a_rule_that_is_malformed_too_large_or_never_comes_is_refused_at_once(rule: str) -> None:
    began = time.process_time()
    assert read(rule) == (None, ["/rrule"])
    assert time.process_time() - began < 0.5


PARTS = [
    "FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY", "INTERVAL=1", "INTERVAL=12", "INTERVAL=100",
    "BYMONTHDAY=31", "BYMONTHDAY=-30", "BYMONTH=2", "BYMONTH=4,6", "BYDAY=MO", "BYDAY=1TU", "BYDAY=-4SU", "BYDAY=MO,TU",
    "BYSETPOS=8", "BYSETPOS=-1", "COUNT=3", "UNTIL=20400101",
]  # fmt: skip
WORDS = st.sampled_from(PARTS)


@given(st.lists(WORDS, min_size=1, max_size=6, unique=True))
def test_no_rule_that_is_taken_computes_for_long_or_has_two_occurrences_on_a_day(words: list[str]) -> None:
    began = time.process_time()
    found, problems = read(";".join(words))
    if found is None:
        assert problems == ["/rrule"]
    else:
        days = [due.on for due in islice(found.all(), 50)]
        assert days
        assert days == sorted(set(days))
    assert time.process_time() - began < 1


def test_what_is_due_today_is_settled_once_its_time_has_passed() -> None:
    today = datetime(2027, 2, 3, 7, 59, tzinfo=UTC)
    assert settled_through(START, BERLIN, today) == date(2027, 2, 2)
    assert settled_through(START, BERLIN, today + timedelta(minutes=1)) == date(2027, 2, 3)
