"""A brand's first posts of some seconds have the usual priority; the more there are, the less urgent the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.publication import PublicationStatus
from munadi.domain.publishing import Plan, View
from munadi.publishing import crowds
from munadi.publishing.crowds import Crowds

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
DUE = NOW + timedelta(hours=1)


def post(brand: str, due: datetime = DUE, channels: int = 1) -> View:
    plan = Plan(
        publication_id="pub",
        channel=ChannelName.BLUESKY,
        status=PublicationStatus.QUEUED,
        epoch=0,
        due_at=due,
        publish_by=due + timedelta(days=1),
    )
    return View(content_id="cnt", brand_ref=brand, draft_version=1, plans=(plan,) * channels)


def test_a_crowd_is_less_urgent_the_larger_it_is() -> None:
    made = Crowds()
    found = [made.priority(post("noisy"), NOW) for _ in range(150)]
    assert found == [3] * 20 + [4] * 80 + [5] * 50
    assert made.priority(post("quiet"), NOW) == 3


def test_each_channel_counts() -> None:
    made = Crowds()
    assert [made.priority(post("acme", channels=10), NOW) for _ in range(4)] == [3, 3, 4, 4]


def test_posts_that_are_due_apart_are_no_crowd() -> None:
    made = Crowds()
    assert {made.priority(post("acme", DUE + timedelta(minutes=n)), NOW) for n in range(100)} == {3}


def test_what_is_overdue_is_due_now() -> None:
    """After an outage all of it comes at once."""
    made = Crowds()
    assert made.priority(post("acme", NOW - timedelta(days=1), channels=20), NOW) == 3
    assert made.priority(post("acme", NOW - timedelta(hours=1)), NOW) == 4


def test_only_so_many_spans_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowds, "MOST_SPANS", 2)
    made = Crowds()
    for brand in ("first", "second", "third"):
        made.priority(post(brand, channels=20), NOW)
    assert made.priority(post("third"), NOW) == 4
    assert made.priority(post("first"), NOW) == 3
