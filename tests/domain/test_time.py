"""Times of posts: wrong offsets and missing hours are refused, a repeated hour is resolved, junk is a problem."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from munadi.domain.problem import ProblemsFound
from munadi.domain.time import (
    HORIZON,
    Fold,
    Instant,
    check_publish_by,
    check_window,
    default_publish_by,
    iso_time,
    nearest_zones,
    resolve_instant,
    resolve_zone,
)

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones() - {"localtime"})
zones = st.sampled_from(ZONES)
seconds = st.integers(0, 2 * 365 * 86_400).map(lambda n: (JANUARY + timedelta(seconds=n)).replace(tzinfo=None))
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LAST = datetime.max.replace(tzinfo=UTC)


def refusal(text: str, timezone: str | None, fold: Fold | None = None) -> tuple[str, str]:
    """The code and the message of the one problem."""
    with pytest.raises(ProblemsFound) as found:
        resolve_instant(text, timezone=timezone, fold=fold, pointer="/there")
    [problem] = found.value.problems
    assert problem.rule == problem.code.lower()
    return problem.code, problem.message


@given(seconds, zones)
def test_an_instant_with_its_zone_is_itself(naive: datetime, name: str) -> None:
    instant = naive.replace(tzinfo=UTC)
    text = instant.astimezone(ZoneInfo(name)).isoformat()
    assert resolve_instant(text, timezone=name) == instant
    assert resolve_instant(text, timezone=None) == instant
    assert resolve_instant(text, timezone=None).tzinfo is UTC


@given(seconds, zones, st.integers(-14, 14).filter(bool))
def test_an_offset_that_is_not_the_zones_is_refused(naive: datetime, name: str, hours: int) -> None:
    local = naive.replace(tzinfo=UTC).astimezone(ZoneInfo(name))
    offset = local.utcoffset()
    assert offset is not None
    wrong = offset + timedelta(hours=hours)
    if abs(wrong) >= timedelta(hours=24):
        return
    text = f"{naive.isoformat()}{'-' if wrong < timedelta(0) else '+'}{_hm(wrong)}"
    at = datetime.fromisoformat(text)
    if at.astimezone(ZoneInfo(name)).utcoffset() == at.utcoffset():
        return  # the zone was at that offset at that other moment
    assert refusal(text, name)[0] == "TIME_OFFSET_DISAGREES"


@given(seconds, zones, st.sampled_from([None, *Fold]))
def test_a_local_time_names_an_instant_that_reads_so_there(naive: datetime, name: str, fold: Fold | None) -> None:
    zone = ZoneInfo(name)
    readings = _instants_reading(naive, zone)
    if not readings:
        assert refusal(naive.isoformat(), name, fold)[0] == "TIME_IN_DST_GAP"
        return
    got = resolve_instant(naive.isoformat(), timezone=name, fold=fold)
    assert got == (readings[-1] if fold is Fold.LATER else readings[0])
    assert got.astimezone(zone).replace(tzinfo=None, fold=0) == naive


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2027-03-28T02:30:00", "Europe/Berlin"),
        ("2027-03-28T02:00:00", "Europe/Berlin"),
        ("2027-03-28T02:59:59.999999", "Europe/Berlin"),
        ("2027-03-14T02:30", "America/New_York"),
        ("2026-10-04T02:15", "Australia/Lord_Howe"),
        ("2026-09-06T00:30", "America/Santiago"),
        ("2011-12-30T12:00", "Pacific/Apia"),
    ],
)
def test_a_missing_hour_is_refused_with_the_nearest_times_that_exist(text: str, zone: str) -> None:
    code, message = refusal(text, zone)
    assert code == "TIME_IN_DST_GAP"
    found = re.search(r"the nearest valid times are (\S+) and (\S+)$", message)
    assert found is not None
    before, after = found.groups()
    # They exist, with and without the zone…
    for valid in (before, after):
        assert resolve_instant(valid, timezone=zone) == resolve_instant(valid, timezone=None)
    # …lie on either side of what was asked, and nothing valid lies between them.
    earlier, later = datetime.fromisoformat(before), datetime.fromisoformat(after)
    assert earlier.replace(tzinfo=None) < datetime.fromisoformat(text) < later.replace(tzinfo=None) + SECOND
    assert later - earlier == SECOND


def test_a_doubled_hour_is_the_earlier_one_unless_the_later_is_asked_for() -> None:
    text, zone = "2026-10-25T02:30:00", "Europe/Berlin"
    assert resolve_instant(text, timezone=zone) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert resolve_instant(text, timezone=zone, fold=Fold.EARLIER) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert resolve_instant(text, timezone=zone, fold=Fold.LATER) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "code"),
    [
        ("2026-12-01T09:00:00", None, "TIME_OFFSET_MISSING"),
        ("2026-12-01", "Europe/Berlin", "TIME_FORMAT"),
        ("2027-02-29T09:00:00Z", None, "TIME_FORMAT"),
        ("9999-12-31T23:59:59-01:00", None, "TIME_FORMAT"),
        ("9999-12-31T23:59:59", "America/New_York", "TIME_FORMAT"),
        ("0001-01-01T00:00:00+01:00", None, "TIME_FORMAT"),
        ("0001-01-01T00:00:00", "Asia/Tokyo", "TIME_FORMAT"),
        ("2026-12-01T24:01:00Z", None, "TIME_FORMAT"),
        ("2026-12-01T09:00:60Z", None, "TIME_FORMAT"),
        ("1764579600", None, "TIME_FORMAT"),
        ("tomorrow at nine", "Asia/Kolkata", "TIME_FORMAT"),
        ("", None, "TIME_FORMAT"),
    ],
)
def test_a_text_that_names_no_instant_is_refused(text: str, zone: str | None, code: str) -> None:
    assert refusal(text, zone)[0] == code


@pytest.mark.parametrize("offset", ["+14:60", "-14:60", "+1460", "+24:00", "+00:99", "+05:30:15", "+5", "+05:3", "+1:"])
def test_an_offset_that_no_clock_has_is_refused_by_its_limit(offset: str) -> None:
    """Python's parser takes +14:60 for +15:00, and so the post was due at a time that its author never wrote."""
    with pytest.raises(ProblemsFound) as refused:
        resolve_instant(f"2026-12-01T09:00:00{offset}", timezone=None, pointer="/publishBy")
    [found] = refused.value.problems
    assert (found.pointer, found.code, found.rule, found.limit) == ("/publishBy", "TIME_FORMAT", "time_offset", "23:59")
    assert found.actual == offset
    with pytest.raises(ValueError, match="offset"):
        iso_time(f"2026-12-01T09:00:00{offset}")
    with pytest.raises(ValidationError, match="at most 23:59"):
        TypeAdapter(Instant).validate_python(f"2026-12-01T09:00:00{offset}")


@pytest.mark.parametrize("offset", ["+14:00", "-12:00", "+0545", "+05", "Z", "+23:59"])
def test_an_offset_that_a_clock_may_have_is_read(offset: str) -> None:
    assert resolve_instant(f"2026-12-01T09:00:00{offset}", timezone=None) == iso_time(f"2026-12-01T09:00:00{offset}")


def test_the_calendar_has_its_leap_days_and_its_last_year() -> None:
    assert resolve_instant("2028-02-29T09:00:00Z", timezone=None) == datetime(2028, 2, 29, 9, tzinfo=UTC)
    last = resolve_instant("9999-12-31T23:59:59", timezone="UTC")
    assert [problem.code for problem in check_window(last, None, NOW)] == ["TIME_BEYOND_HORIZON"]


@given(st.one_of(st.text(max_size=40), st.text(alphabet="0123456789-:.TZ+W ", max_size=35)), st.none() | zones)
@example("2026-12-01T09:00:00\0", None)
@example("\ud800", None)
@example("9" * 5_000, "UTC")
def test_junk_is_a_problem_and_nothing_else(text: str, zone: str | None) -> None:
    try:
        at: datetime | None = resolve_instant(text, timezone=zone)
    except ProblemsFound:
        at = None
    assert at is None or at.tzinfo is UTC


@given(st.text(max_size=60) | st.text(alphabet="./EuropeBrlin\0", max_size=12))
@example("Europe")
@example("Europe/")
@example("../../etc/passwd")
@example("/etc/localtime")
@example("zone.tab")
@example("tzdata.zi")
@example(".")
@example("")
@example("a" * 5_000)
@example("\ud800")
def test_a_junk_zone_is_a_problem_and_nothing_else(name: str) -> None:
    try:
        known = resolve_zone(name).key == name
    except ProblemsFound as found:
        known = [problem.code for problem in found.problems] != ["TIMEZONE_UNKNOWN"]
    assert not known or name in ZONES or name == "localtime"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("asia/kolkata", ["Asia/Kolkata"]),
        ("kolkata", ["Asia/Kolkata"]),
        ("New York", ["America/New_York"]),
        ("Europe/Berln", ["Europe/Berlin"]),
        ("Nowhere/Else", []),
        ("IST", []),
        ("", []),
    ],
)
def test_the_nearest_names_of_an_unknown_zone_are_told(name: str, near: list[str]) -> None:
    with pytest.raises(ProblemsFound) as found:
        resolve_zone(name)
    (problem,) = found.value.problems
    assert nearest_zones(name)[:1] == near
    assert problem.message.startswith(f"{name!r} is not the name of a time zone")
    assert all(each in problem.message for each in near)


@pytest.mark.parametrize(
    ("due", "codes"),
    [
        (NOW - SECOND, ["TIME_IN_PAST"]),
        (NOW, ["TIME_IN_PAST"]),
        (NOW + SECOND, []),
        (NOW + HORIZON, []),
        (NOW + HORIZON + SECOND, ["TIME_BEYOND_HORIZON"]),
    ],
)
def test_a_past_time_and_one_beyond_the_horizon_are_refused(due: datetime, codes: list[str]) -> None:
    problems = check_window(due, None, NOW)
    assert [problem.code for problem in problems] == codes
    assert all(problem.actual == due.isoformat() for problem in problems)


@pytest.mark.parametrize(
    ("publish_by", "fine"),
    [(None, True), (NOW + 2 * SECOND, True), (NOW + SECOND, False), (NOW, False), (NOW - SECOND, False)],
)
def test_publish_by_comes_after_the_due_time(publish_by: datetime | None, fine: bool) -> None:
    problems = check_publish_by(NOW + SECOND, publish_by, NOW)
    assert [problem.code for problem in problems] == ([] if fine else ["PUBLISH_BY_NOT_AFTER_DUE"])
    assert check_window(NOW + SECOND, publish_by, NOW) == problems


def test_a_window_ends_within_a_year_of_its_beginning() -> None:
    assert check_publish_by(NOW + SECOND, NOW + SECOND + HORIZON, NOW) == []
    for publish_by in (NOW + 2 * SECOND + HORIZON, LAST):
        assert [each.code for each in check_publish_by(NOW + SECOND, publish_by, NOW)] == ["TIME_BEYOND_HORIZON"]


def test_a_default_window_ends_with_the_calendar() -> None:
    assert default_publish_by(NOW) == NOW + timedelta(days=1)
    assert default_publish_by(LAST) == default_publish_by(LAST - SECOND) == LAST


def test_publish_by_of_an_overdue_post_must_be_in_the_future() -> None:
    assert check_publish_by(NOW - timedelta(hours=1), NOW, NOW)
    assert not check_publish_by(NOW - timedelta(hours=1), NOW + SECOND, NOW)


def _hm(offset: timedelta) -> str:
    minutes, rest = divmod(round(abs(offset).total_seconds()), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{rest:02}" if rest else "")


def _instants_reading(naive: datetime, zone: ZoneInfo) -> list[datetime]:
    """Found by trying every offset there is: no use of fold."""
    offsets = {
        naive.replace(tzinfo=UTC).__add__(timedelta(hours=h)).astimezone(zone).utcoffset() for h in range(-36, 37)
    }
    instants = {(naive - offset).replace(tzinfo=UTC) for offset in offsets if offset is not None}
    return sorted(at for at in instants if at.astimezone(zone).replace(tzinfo=None, fold=0) == naive)
