"""When an alert may be sent: quiet hours, digests, and the wait after failures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from munadi.domain.alert import EVENTS, AlertType, Digest, QuietHours, earliest, problem_of, wait_after, wanted_events

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT, NOON = QuietHours(since="22:00", until="07:00"), QuietHours(since="12:00", until="13:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "quiet", "expected"),
    [
        ("2026-12-01 20:59", NIGHT, "2026-12-01 20:59"),  # 21:59 in Berlin
        ("2026-12-01 21:00", NIGHT, "2026-12-02 06:00"),
        ("2026-12-02 05:59", NIGHT, "2026-12-02 06:00"),
        ("2026-12-02 06:00", NIGHT, "2026-12-02 06:00"),
        ("2026-12-02 11:30", NOON, "2026-12-02 12:00"),
        ("2026-12-02 12:00", NOON, "2026-12-02 12:00"),
        ("2026-12-02 03:00", None, "2026-12-02 03:00"),
        ("2027-03-27 22:30", NIGHT, "2027-03-28 05:00"),  # the night in which clocks go forward
    ],
)
def test_nothing_is_sent_in_quiet_hours(now: str, quiet: QuietHours | None, expected: str) -> None:
    assert earliest(at(now), BERLIN, quiet, None, None) == at(expected)


@pytest.mark.parametrize(
    ("now", "digest", "last", "expected"),
    [
        ("2026-12-01 10:00", Digest.HOURLY, None, "2026-12-01 10:00"),
        ("2026-12-01 10:00", Digest.HOURLY, "2026-12-01 09:30", "2026-12-01 10:30"),
        ("2026-12-01 10:00", Digest.HOURLY, "2026-12-01 08:30", "2026-12-01 10:00"),
        ("2026-12-01 07:59", Digest.DAILY, None, "2026-12-01 08:00"),  # nine o'clock in Berlin
        ("2026-12-01 08:01", Digest.DAILY, None, "2026-12-02 08:00"),
    ],
)
def test_a_digest_waits_for_its_hour(now: str, digest: Digest, last: str | None, expected: str) -> None:
    assert earliest(at(now), BERLIN, None, digest, at(last) if last else None) == at(expected)


def test_a_daily_digest_in_quiet_hours_waits_for_their_end() -> None:
    quiet = QuietHours(since="08:00", until="10:30")
    assert earliest(at("2026-12-01 06:00"), BERLIN, quiet, Digest.DAILY, None) == at("2026-12-01 09:30")


def test_failures_wait_longer_and_never_end() -> None:
    waits = [wait_after(failures) for failures in range(1, 10)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=30), timedelta(hours=6))


def test_every_type_but_late_posts_has_events() -> None:
    assert set(EVENTS.values()) | {AlertType.OVERDUE} == set(AlertType)
    assert wanted_events([]) == [each.value for each in EVENTS]
    assert wanted_events([AlertType.ENDPOINT]) == ["webhook.endpoint.disabled", "webhook.endpoint.failing"]
    assert wanted_events([AlertType.OVERDUE]) == []


def test_quiet_hours_that_never_end_or_begin_are_a_problem() -> None:
    assert problem_of(QuietHours(since="07:00", until="07:00")) is not None
    assert problem_of(NIGHT) is None
    assert problem_of(None) is None
