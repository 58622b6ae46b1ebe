"""What one more look changes of what is known about a live post, row by row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from munadi.domain.liveness import (
    APART,
    MANY,
    Report,
    Watch,
    after_look,
    answer_for,
    as_published,
    is_about_account,
)
from munadi.domain.withdrawal import PostedObject, Seen, Verdict

V = Verdict
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
QUARTER = APART.total_seconds() / 60


def watched(*looks: tuple[float, Verdict]) -> tuple[Watch, list[Report]]:
    """A watch after looks so many minutes after NOW, and all that was reported."""
    watch, reports = Watch(), list[Report]()
    for minutes, verdict in looks:
        watch, report = after_look(watch, Seen(verdict=verdict, word=verdict.value), NOW + timedelta(minutes=minutes))
        reports += [report] if report else []
    return watch, reports


@pytest.mark.parametrize(
    ("looks", "verdict", "reports"),
    [
        ([(0, V.LIVE)], V.LIVE, []),
        ([(0, V.PROCESSING)], V.PROCESSING, []),
        ([(0, V.PROCESSING), (10, V.LIVE)], V.LIVE, []),
        ([(0, V.UNREADABLE)], None, []),
        ([(0, V.LIVE), (60, V.UNREADABLE), (120, V.UNREADABLE)], V.LIVE, []),
        ([(0, V.LIVE), (60, V.PROCESSING)], V.LIVE, []),
        ([(0, V.LIVE), (60, V.GONE)], V.LIVE, []),
        ([(0, V.LIVE), (60, V.GONE), (60 + QUARTER - 1, V.GONE)], V.LIVE, []),
        ([(0, V.LIVE), (60, V.GONE), (60 + QUARTER, V.GONE)], V.GONE, [Report.VANISHED]),
        ([(0, V.LIVE), (60, V.GONE), (70, V.LIVE), (80, V.GONE)], V.LIVE, []),
        ([(0, V.LIVE), (60, V.GONE), (75, V.UNREADABLE), (90, V.GONE)], V.GONE, [Report.VANISHED]),
        ([(0, V.LIVE), (60, V.GONE), (75, V.LIMITED), (90, V.LIMITED)], V.LIMITED, [Report.LIMITED]),
        ([(0, V.GONE), (15, V.GONE)], V.GONE, [Report.VANISHED]),
        ([(0, V.LIMITED), (15, V.LIMITED)], V.LIMITED, [Report.LIMITED]),
        ([(0, V.REJECTED), (15, V.REJECTED), (60, V.REJECTED)], V.REJECTED, [Report.LIMITED]),
        ([(0, V.LIVE), (60, V.UNSEEN), (75, V.UNSEEN)], V.UNSEEN, [Report.LIMITED]),
        (
            [(0, V.LIMITED), (15, V.LIMITED), (60, V.LIVE), (75, V.LIVE)],
            V.LIVE,
            [Report.LIMITED, Report.RESTORED],
        ),
        ([(0, V.LIMITED), (15, V.LIMITED), (60, V.LIVE)], V.LIMITED, [Report.LIMITED]),
    ],
)
def test_a_change_takes_two_equal_answers_apart(
    looks: list[tuple[float, Verdict]], verdict: Verdict | None, reports: list[Report]
) -> None:
    watch, found = watched(*looks)
    assert (watch.verdict, found) == (verdict, reports)


def test_a_change_is_known_since_the_first_of_the_equal_answers() -> None:
    watch, _ = watched((0, V.LIVE), (60, V.GONE), (80, V.GONE))
    assert watch.since == NOW + timedelta(minutes=60)
    assert watch.looked_at == NOW + timedelta(minutes=80)
    assert watch.word == "gone"


def test_what_could_not_be_read_is_not_a_time_at_which_the_post_was_seen() -> None:
    watch, _ = watched((0, V.LIVE), (60, V.UNREADABLE))
    shown = watch.shown(None)
    assert shown is not None
    assert (shown.verdict, shown.looked_at) == (V.LIVE, NOW)
    assert (watch.failed, watch.failed_since) == (1, NOW + timedelta(minutes=60))


def test_a_post_that_was_never_read_is_shown_as_unreadable() -> None:
    assert Watch().shown(NOW) is None
    shown = watched((0, V.UNREADABLE), (15, V.UNREADABLE))[0].shown(NOW)
    assert shown is not None
    assert (shown.verdict, shown.since, shown.looked_at, shown.word) == (V.UNREADABLE, NOW, None, "unreadable")


POST, SECOND, COMMENT = PostedObject(id="1"), PostedObject(id="2"), PostedObject(id="3", step="comment")


@pytest.mark.parametrize(
    ("objects", "verdicts", "wanted", "word"),
    [
        ([POST], [V.LIVE], V.LIVE, "live"),
        ([POST], [V.GONE], V.GONE, "gone"),
        ([POST, SECOND], [V.GONE, V.GONE], V.GONE, "gone"),
        ([POST, SECOND], [V.LIVE, V.GONE], V.LIMITED, "a message: gone"),
        ([POST, COMMENT], [V.GONE, V.LIVE], V.GONE, "gone"),
        ([POST, COMMENT], [V.LIVE, V.GONE], V.LIMITED, "comment: gone"),
        ([POST, COMMENT], [V.LIVE, V.UNREADABLE], V.LIVE, "live"),
        ([POST, COMMENT], [V.UNREADABLE, V.GONE], V.UNREADABLE, "unreadable"),
        ([POST, SECOND], [V.GONE, V.UNREADABLE], V.UNREADABLE, "unreadable"),
        ([POST, SECOND], [V.PROCESSING, V.REJECTED], V.REJECTED, "rejected"),
        ([POST, COMMENT], [V.LIMITED, V.GONE], V.LIMITED, "limited"),
        ([COMMENT], [V.GONE], V.GONE, "gone"),
    ],
)
def test_a_post_of_several_objects_is_gone_only_when_all_of_its_own_are(
    objects: list[PostedObject], verdicts: list[Verdict], wanted: Verdict, word: str
) -> None:
    seen = answer_for(objects, [Seen(verdict=verdict, word=verdict.value) for verdict in verdicts])
    assert (seen.verdict, seen.word) == (wanted, word)


def test_only_what_no_app_can_ever_see_is_blind() -> None:
    blind, unread = Seen(verdict=V.UNREADABLE, blind=True), Seen(verdict=V.UNREADABLE)
    assert answer_for([POST, SECOND], [blind, blind]).blind
    assert not answer_for([POST, SECOND], [blind, unread]).blind


def test_a_post_is_left_out_where_a_look_left_out_any_of_its_own_objects() -> None:
    left_out, unread = Seen(verdict=V.UNREADABLE, left_out=True), Seen(verdict=V.UNREADABLE)
    assert answer_for([POST, SECOND], [unread, left_out]).left_out
    assert not answer_for([POST, SECOND], [unread, unread]).left_out
    assert not answer_for([POST, COMMENT], [Seen(verdict=V.LIVE), left_out]).left_out


@pytest.mark.parametrize(
    ("verdict", "word", "options", "wanted"),
    [
        (V.LIMITED, "unlisted", {"privacyStatus": "unlisted"}, V.LIVE),
        (V.LIMITED, "CONNECTIONS", {"visibility": "connections"}, V.LIVE),
        (V.LIMITED, "private", {"privacyStatus": "unlisted"}, V.LIMITED),
        (V.LIMITED, "private", {}, V.LIMITED),
        (V.LIMITED, "", {"tags": ["a"], "count": 3}, V.LIMITED),
        (V.GONE, "unlisted", {"privacyStatus": "unlisted"}, V.GONE),
    ],
)
def test_what_was_published_for_some_people_only_is_live(
    verdict: Verdict, word: str, options: dict[str, Any], wanted: Verdict
) -> None:
    assert as_published(Seen(verdict=verdict, word=word), options).verdict is wanted


@pytest.mark.parametrize(
    ("known", "answers", "wanted"),
    [
        ([V.LIVE] * MANY, [V.GONE] * MANY, True),
        ([V.LIVE] * MANY, [V.UNSEEN] * MANY, True),
        ([None] * MANY, [V.GONE] * MANY, True),
        ([V.LIVE] * MANY, [V.GONE] * (MANY - 1) + [V.LIVE], False),
        ([V.LIVE] * (MANY - 1), [V.GONE] * (MANY - 1), False),
        ([V.UNSEEN] * MANY, [V.UNSEEN] * MANY, False),
    ],
)
def test_many_posts_that_are_missing_at_once_say_something_about_their_account(
    known: list[Verdict | None], answers: list[Verdict], wanted: bool
) -> None:
    pairs = [(Watch(verdict=before), Seen(verdict=after)) for before, after in zip(known, answers, strict=True)]
    assert is_about_account(pairs) is wanted
