"""The table by which looks at a published post are judged, row by row, and when it is looked at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from munadi.domain.liveness import (
    APART,
    MAX_LOOKS,
    UNREADABLE_WAITS,
    Change,
    Watch,
    after_look,
    as_published,
    change_of,
    expired,
    wait_after,
)
from munadi.domain.look_rule import LookRule
from munadi.domain.looks import DEFAULT_AFTER, JITTER, Looks, looks_of, next_time, times_of
from munadi.domain.withdrawal import PostedObject, Seen, Verdict

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
V = Verdict
ONE, PART = PostedObject(id="1"), PostedObject(step="part-2", id="2")


def look(watch: Watch, minutes: float, *verdicts: Verdict, word: str = "") -> Watch:
    """The watch of a post after a look so many minutes later, which showed these verdicts of its objects."""
    objects = [ONE, PART][: len(verdicts)]
    seen = {one.id: Seen(verdict=each, word=word) for one, each in zip(objects, verdicts, strict=True)}
    return after_look(watch, objects, seen, NOW + timedelta(minutes=minutes))


LIVE = look(Watch(), 0, V.LIVE)


@pytest.mark.parametrize("first", [V.LIVE, V.PROCESSING])
def test_the_first_look_at_what_is_there_settles_it(first: Verdict) -> None:
    watch = look(Watch(), 0, first)
    assert (watch.verdict, watch.since, watch.looked_at, watch.in_doubt) == (first, NOW, NOW, False)
    assert change_of(Watch(), watch) is None, "that it was published is known already"


@pytest.mark.parametrize("verdict", [V.GONE, V.LIMITED, V.REJECTED, V.UNSEEN])
@pytest.mark.parametrize("before", [Watch(), LIVE])
def test_a_change_needs_two_equal_looks_a_quarter_of_an_hour_apart(before: Watch, verdict: Verdict) -> None:
    once = look(before, 60, verdict)
    assert (once.verdict, once.in_doubt) == (before.verdict, True)
    assert change_of(before, once) is None
    wait = wait_after(once)
    assert wait is not None
    assert wait >= APART
    soon = look(once, 70, verdict)
    assert soon.verdict is before.verdict, "ten minutes are too few"
    twice = look(soon, 76, verdict, word="why")
    assert (twice.verdict, twice.word, twice.in_doubt) == (verdict, "why", False)
    assert twice.since == NOW + timedelta(minutes=60), "since the first of the two"
    assert change_of(soon, twice) is (Change.VANISHED if verdict is V.GONE else Change.LIMITED)


def test_a_doubt_ends_when_the_post_is_seen_again() -> None:
    doubt = look(LIVE, 60, V.GONE)
    back = look(doubt, 76, V.LIVE)
    assert (back.verdict, back.in_doubt, back.since) == (V.LIVE, False, NOW)
    assert look(back, 90, V.GONE).verdict is V.LIVE, "the first look of a new doubt"


def test_two_different_doubts_settle_nothing() -> None:
    watch = look(look(LIVE, 60, V.GONE), 76, V.LIMITED)
    assert (watch.verdict, watch.in_doubt) == (V.LIVE, True)
    assert look(watch, 92, V.LIMITED).verdict is V.LIMITED


@given(st.lists(st.sampled_from([0.0, 5.0, 20.0, 1000.0]), max_size=20))
def test_what_cannot_be_read_never_becomes_gone(waits: list[float]) -> None:
    watch, minutes = look(LIVE, 1, V.GONE), 1.0
    for wait in waits:
        minutes += wait
        watch = look(watch, minutes, V.UNREADABLE)
    assert watch.verdict is V.LIVE
    assert watch.looked_at == NOW + timedelta(minutes=1), "an old verdict keeps its age"
    assert len(watch.looks) <= MAX_LOOKS


def test_looks_that_read_nothing_become_rarer_and_one_that_does_ends_that() -> None:
    watch, waits = LIVE, []
    for minutes in range(6):
        watch = look(watch, minutes, V.UNREADABLE)
        waits.append(wait_after(watch))
    assert waits == [*UNREADABLE_WAITS, UNREADABLE_WAITS[-1], UNREADABLE_WAITS[-1]]
    assert wait_after(look(watch, 10, V.LIVE)) is None


def test_what_was_never_read_is_shown_as_unreadable() -> None:
    shown = look(look(Watch(), 0, V.UNREADABLE), 5, V.UNREADABLE, word="190").view(None)
    assert shown is not None
    assert (shown.verdict, shown.since, shown.looked_at, shown.word) == (
        V.UNREADABLE,
        NOW,
        NOW + timedelta(minutes=5),
        "190",
    )
    assert Watch().view(NOW) is None


def test_a_post_without_one_of_its_parts_is_limited_and_without_all_gone() -> None:
    both = look(Watch(), 0, V.LIVE, V.LIVE)
    partly = look(look(both, 60, V.LIVE, V.GONE), 76, V.LIVE, V.GONE)
    assert (partly.verdict, partly.word, change_of(both, partly)) == (V.LIMITED, "gone: part-2", Change.LIMITED)
    wholly = look(look(partly, 90, V.GONE, V.GONE), 106, V.GONE, V.GONE)
    assert (wholly.verdict, change_of(partly, wholly), wholly.is_over) == (V.GONE, Change.VANISHED, True)


@pytest.mark.parametrize("verdict", [V.LIMITED, V.REJECTED, V.UNSEEN])
def test_what_everybody_sees_again_is_restored(verdict: Verdict) -> None:
    less = look(look(LIVE, 60, verdict), 76, verdict)
    again = look(look(less, 90, V.LIVE), 106, V.LIVE)
    assert change_of(less, again) is Change.RESTORED


def test_processing_that_ends_is_no_change_that_is_reported() -> None:
    before = look(Watch(), 0, V.PROCESSING)
    after = look(before, 1, V.LIVE)
    assert (after.verdict, change_of(before, after)) == (V.LIVE, None)
    refused = look(look(before, 1, V.REJECTED), 17, V.REJECTED)
    assert change_of(before, refused) is Change.LIMITED


def test_a_story_that_has_ended_has_not_vanished() -> None:
    after = expired(LIVE, NOW)
    assert (after.verdict, after.word, change_of(LIVE, after), after.is_over) == (V.GONE, "expired", None, True)


def test_what_was_published_for_some_people_is_as_it_should_be() -> None:
    seen = Seen(verdict=V.LIMITED, word="unlisted")
    assert as_published(seen, ["unlisted", True]).verdict is V.LIVE
    assert as_published(seen, ["public"]).verdict is V.LIMITED
    assert as_published(Seen(verdict=V.GONE, word="unlisted"), ["unlisted"]).verdict is V.GONE


def test_a_stored_watch_is_read_back_also_with_fields_of_a_newer_version() -> None:
    watch = look(look(Watch(), 0, V.LIVE, V.LIVE), 60, V.GONE, V.LIVE)
    stored = watch.model_dump(mode="json", exclude_defaults=True)
    assert Watch.model_validate({**stored, "newer": 1}) == watch


@given(st.text(min_size=1, max_size=20), st.integers(0, 200 * 24 * 60))
def test_looks_are_spread_and_never_planned_for_what_is_past(key: str, minutes: int) -> None:
    now = NOW + timedelta(minutes=minutes)
    at = next_time(key, NOW, DEFAULT_AFTER, now)
    if at is None:
        assert now >= NOW + DEFAULT_AFTER[-1] * (1 - JITTER)
    else:
        assert at > now
        assert any(abs(at - NOW - after) <= after * JITTER for after in DEFAULT_AFTER)


def test_a_post_has_as_many_looks_as_times() -> None:
    now, looks = NOW, 0
    while (at := next_time("pub", NOW, DEFAULT_AFTER, now)) is not None:
        now, looks = at, looks + 1
    assert looks == len(DEFAULT_AFTER)


X, OTHER = LookRule(is_on=False), LookRule()
HOUR, DAY = (timedelta(hours=1),), (timedelta(days=1),)


@pytest.mark.parametrize(
    ("brand", "installation", "expected"),
    [
        ({}, {}, (DEFAULT_AFTER, ())),
        ({"after": HOUR}, {"after": DAY}, (HOUR, ())),
        ({}, {"after": DAY}, (DAY, ())),
        ({"channels": {"x": False, "bluesky": False}}, {"channels": {"x": DAY}}, ((), ())),
        ({"channels": {"x": HOUR}}, {}, (DEFAULT_AFTER, HOUR)),
        ({}, {"channels": {"x": HOUR, "bluesky": DAY}}, (DAY, HOUR)),
    ],
)
def test_a_brand_comes_before_the_installation_and_money_is_never_spent_unasked(
    brand: dict[str, object], installation: dict[str, object], expected: tuple[object, object]
) -> None:
    given = Looks.model_validate(brand), Looks.model_validate(installation)
    assert (times_of(*given, "bluesky", OTHER), times_of(*given, "x", X)) == expected


@pytest.mark.parametrize(
    "after",
    [
        ["PT9M"],
        ["P91D"],
        ["P1D", "PT1H"],
        ["P1D", "P1D"],
        [],
        ["P1D"] * 9,
        ["1 day"],
        [3600],
        ["01:00:00"],
        ["P1W"],
        ["PT" + "1" * 40 + "S"],
        "P1D",
        True,
    ],
)
def test_times_that_are_out_of_bounds_or_order_are_refused(after: object) -> None:
    with pytest.raises(ValidationError):
        Looks.model_validate({"after": after})
    with pytest.raises(ValidationError):
        Looks.model_validate({"channels": {"bluesky": after}})


def test_a_network_that_this_version_does_not_know_is_left_out() -> None:
    assert looks_of({"after": ["PT1H"], "channels": {"elsewhere": False, "x": ["P1D"]}, "newer": 1}) == Looks(
        after=HOUR,
        channels={"x": DAY},  # type: ignore[dict-item]
    )
    assert looks_of(None) == Looks()
