"""How times are shown."""

import time
from collections.abc import Iterator

import pytest

from munadi.cli.story import clock_time


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize(
    ("zone", "words"),
    [("UTC", "2026-12-01 03:30:00Z"), ("Asia/Kolkata", "2026-12-01 09:00:00+05:30")],
    indirect=["zone"],
)
def test_a_time_shows_its_offset(words: str) -> None:
    assert clock_time("2026-12-01T03:30:00Z") == words
