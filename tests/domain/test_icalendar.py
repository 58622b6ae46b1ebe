"""Calendars for other programs: what a strict reader gets is what was written, whatever people write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from munadi.domain.icalendar import Entry, escape, fold, write_calendar
from tests.support.icalendar import read_calendar, unescape

AT = datetime(2027, 1, 15, 3, 30, tzinfo=UTC)
TEXT = some.text(
    some.characters(exclude_categories=["Cs", "Cc"]) | some.sampled_from('\\;,:"\n\t é世👩‍🚀'), max_size=300
)


def entry(**given: str) -> Entry:
    values = {"id": "cnt_1", "title": "t", "description": "d", "url": "https://munadi.example/1", "state": "TENTATIVE"}
    return Entry(at=AT, changed_at=AT - timedelta(days=1), version=3, **(values | given))


@given(TEXT, TEXT, TEXT)
def test_every_text_arrives_as_it_was_written(name: str, title: str, description: str) -> None:
    read = read_calendar(write_calendar(name, "Asia/Kolkata", [entry(title=title, description=description)]))
    assert unescape(read.properties["X-WR-CALNAME"]) == name
    [event] = read.events
    assert (unescape(event["SUMMARY"]), unescape(event["DESCRIPTION"])) == (title, description)
    assert (event["DTSTART"], event["DTSTAMP"]) == ("20270115T033000Z", "20270114T033000Z")


def test_a_text_cannot_begin_another_property() -> None:
    read = read_calendar(write_calendar("n", "UTC", [entry(title="a\r\nEND:VEVENT\rX:1", description="\x00\x1bb")]))
    [event] = read.events
    assert (event["SUMMARY"], event["DESCRIPTION"]) == ("a\\nEND:VEVENT\\nX:1", "b")


@given(some.text(some.characters(exclude_categories=["Cs", "Cc"]), max_size=400))
def test_lines_have_at_most_75_octets_and_no_torn_character(text: str) -> None:
    parts = list(fold(text))
    assert all(len(part) <= 75 for part in parts)
    assert "".join(part.decode() for part in [parts[0], *(part[1:] for part in parts[1:])]) == text


def test_special_characters_are_escaped() -> None:
    assert escape('a\\b;c,d\ne:"f"') == 'a\\\\b\\;c\\,d\\ne:"f"'
    assert list(fold("x" * 80)) == [b"x" * 75, b" " + b"x" * 5]
