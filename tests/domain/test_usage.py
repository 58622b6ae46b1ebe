"""Months, and which one a publication counts in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.domain.brand import BrandLimits
from munadi.domain.publication import PublicationStatus as S
from munadi.domain.usage import LIMITS, Limit, Month, PublicationsUsed, Quota, UsageView, Used, month_counted

NOW = datetime(2026, 12, 10, 12, tzinfo=UTC)
BEFORE, LATER = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


@given(st.timedeltas(timedelta(0), timedelta(days=36_000)), st.timezones())
def test_every_instant_is_in_exactly_one_month(after: timedelta, zone: tzinfo) -> None:
    at = (datetime(2000, 1, 2, tzinfo=UTC) + after).astimezone(zone)
    month = Month.of(at)
    assert month.start <= at < month.end
    assert Month.of(month.start) == Month.of(month.end - timedelta(microseconds=1)) == month
    assert month.end == Month.of(month.end).start


def test_a_month_is_utcs() -> None:
    india = timezone(timedelta(hours=5, minutes=30))
    assert Month.of(datetime(2027, 1, 1, 5, 29, 59, tzinfo=india)).text == "2026-12"
    assert Month.of(datetime(2027, 1, 1, 5, 30, tzinfo=india)).text == "2027-01"


@pytest.mark.parametrize(
    ("status", "due", "published_at", "month"),
    [
        (S.ACCEPTED, LATER, None, "2027-01"),
        (S.QUEUED, NOW, None, "2026-12"),
        (S.QUEUED, BEFORE, None, "2026-12"),  # held: it would be published now
        (S.PUBLISHING, BEFORE, None, "2026-12"),
        (S.UNCONFIRMED, BEFORE, None, "2026-11"),  # if it is live, it was published then
        (S.PUBLISHED, LATER, BEFORE, "2026-11"),
        (S.PUBLISHED, BEFORE, NOW, "2026-12"),
        (S.FAILED, NOW, None, None),
        (S.CANCELED, NOW, None, None),
    ],
)
def test_a_publication_counts_in_one_month(
    status: S, due: datetime, published_at: datetime | None, month: str | None
) -> None:
    assert month_counted(status, due, published_at, NOW) == (Month(month) if month else None)


def test_what_remains_is_never_less_than_nothing() -> None:
    assert PublicationsUsed.counted(8, 3, 10).remaining == 0
    assert PublicationsUsed.counted(8, 1, 10).remaining == 1
    assert (Used.of(11, 10).remaining, Used.of(11, None).remaining) == (0, None)


def test_a_quota_is_renewed_after_a_second_at_least() -> None:
    assert Quota(Limit.API_CALLS_PER_MINUTE, 1, 1, None, timedelta(milliseconds=1)).seconds_left == 1
    assert Quota(Limit.API_CALLS_PER_MINUTE, 1, 1, None, timedelta(seconds=1.5)).seconds_left == 2
    assert Quota(Limit.ACCOUNTS, 1, 1).seconds_left is None


def test_every_limit_of_a_brand_has_its_name() -> None:
    assert {limit.value for limit in Limit} == set(BrandLimits().model_dump(by_alias=True))


def test_each_limit_of_a_brand_and_each_usage_is_in_the_table() -> None:
    assert list(Limit) == [field.alias for field in BrandLimits.model_fields.values()]
    assert LIMITS.keys() == set(Limit)
    described = UsageView.model_json_schema(by_alias=True)["properties"]
    of_kinds = [name for name, field in described.items() if "Used" in str(field.get("$ref", field.get("anyOf", "")))]
    assert [facts.usage for facts in LIMITS.values()] == of_kinds
