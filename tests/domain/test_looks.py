"""When a live post is looked at next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from munadi.domain.channel import ChannelName
from munadi.domain.liveness import APART, Watch, after_look
from munadi.domain.look_ages import AFTER, Looks, ages_for, kept_looks, stored_looks
from munadi.domain.look_rule import LookRule
from munadi.domain.looks import GRACE, JITTER, PROCESSING_WAITS, UNREADABLE_WAITS, LookPlan, life_of, next_look
from munadi.domain.withdrawal import Seen, Verdict

PUBLISHED = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIVE = Watch(verdict=Verdict.LIVE, since=PUBLISHED)


def plan(key: str = "pub_1", ages: tuple[timedelta, ...] = AFTER, life: timedelta | None = None) -> LookPlan:
    return LookPlan.of(key, PUBLISHED, ages, life)


def test_each_age_is_jittered_by_a_tenth_and_never_at_a_full_hour() -> None:
    firsts = set[datetime]()
    for number in range(200):
        moments = plan(f"pub_{number}").moments
        assert plan(f"pub_{number}").moments == moments, "the same for every worker"
        for age, at in zip(AFTER, moments, strict=True):
            assert abs(at - PUBLISHED - age) <= age * JITTER + timedelta(minutes=2)
            assert at.minute >= 2
        firsts.add(moments[0])
    assert len(firsts) > 190, "posts of one minute are not looked at in one minute"


def test_after_a_look_that_shows_it_the_next_age_follows_and_after_the_last_none() -> None:
    moments = plan().moments
    assert next_look(LIVE, plan(), PUBLISHED) == moments[0]
    assert next_look(LIVE, plan(), moments[0]) == moments[1]
    assert next_look(LIVE, plan(), moments[2] + DAY) == moments[3]
    assert next_look(LIVE, plan(), moments[3]) is None


def test_one_look_serves_all_ages_that_an_outage_let_pass() -> None:
    assert next_look(LIVE, plan(), PUBLISHED + 3 * DAY) == plan().moments[2]


def test_what_is_gone_is_not_looked_at_any_more() -> None:
    assert next_look(Watch(verdict=Verdict.GONE), plan(), PUBLISHED) is None


def test_what_is_rejected_is_looked_at_again_at_the_next_age() -> None:
    assert next_look(Watch(verdict=Verdict.REJECTED), plan(), PUBLISHED + HOUR * 2) == plan().moments[1]


def test_a_second_answer_is_asked_for_once_it_counts() -> None:
    watch = after_look(LIVE, Seen(verdict=Verdict.GONE), PUBLISHED).watch
    assert next_look(watch, plan(), PUBLISHED) == PUBLISHED + APART
    late = plan().moments[-1] + HOUR
    pending = after_look(LIVE, Seen(verdict=Verdict.GONE), late).watch
    assert next_look(pending, plan(), late) == late + APART, "after the last age, too"


def test_looks_that_show_nothing_become_rare_and_end() -> None:
    watch, at, waits = LIVE, PUBLISHED, list[timedelta]()
    for _ in range(len(UNREADABLE_WAITS) + 1):
        watch = after_look(watch, Seen(verdict=Verdict.UNREADABLE), at).watch
        after = next_look(watch, plan(), at)
        assert after is not None
        waits.append(after - at)
        at = after
    assert waits == [*UNREADABLE_WAITS, UNREADABLE_WAITS[-1]]
    assert next_look(watch, plan(), plan().moments[-1] + GRACE + HOUR) is None


def test_a_post_that_its_network_still_works_on_is_looked_at_again_soon() -> None:
    watch = after_look(Watch(), Seen(verdict=Verdict.PROCESSING), PUBLISHED).watch
    assert next_look(watch, plan(), PUBLISHED) == PUBLISHED + PROCESSING_WAITS[0]
    watch = after_look(watch, Seen(verdict=Verdict.PROCESSING), PUBLISHED).watch
    assert next_look(watch, plan(), PUBLISHED) == PUBLISHED + PROCESSING_WAITS[1]


def test_a_pause_that_the_network_asks_for_is_kept() -> None:
    watch = after_look(LIVE, Seen(verdict=Verdict.UNREADABLE), PUBLISHED).watch
    assert next_look(watch, plan(), PUBLISHED, pause=2 * HOUR) == PUBLISHED + 2 * HOUR


def test_a_story_ends_by_itself() -> None:
    story = plan(ages=AFTER, life=DAY)
    assert len(story.moments) == 2, "after an hour, and once before its end"
    assert story.moments[-1] < PUBLISHED + DAY
    assert next_look(LIVE, story, story.moments[-1]) is None
    gone = after_look(LIVE, Seen(verdict=Verdict.GONE), PUBLISHED + DAY - timedelta(minutes=5)).watch
    assert next_look(gone, story, PUBLISHED + DAY - timedelta(minutes=5)) is None, "the second answer would be its end"
    assert story.is_over(PUBLISHED + DAY)
    rule = LookRule(lives={"story": DAY})
    assert (life_of(rule, "story"), life_of(rule, "reel"), life_of(rule, None)) == (DAY, None, None)


def test_without_ages_nothing_is_looked_at() -> None:
    assert plan(ages=()).moments == ()
    assert next_look(Watch(), plan(ages=()), PUBLISHED) is None


X, B = ChannelName.X, ChannelName.BLUESKY
PRICED, FREE = LookRule(price=0.005, after=()), LookRule()


@pytest.mark.parametrize(
    ("channel", "rule", "brand", "installation", "wanted"),
    [
        (B, FREE, None, Looks(), AFTER),
        (B, FREE, None, Looks(after=(DAY,)), (DAY,)),
        (B, FREE, Looks(after=(HOUR,)), Looks(after=(DAY,)), (HOUR,)),
        (B, FREE, Looks(after=()), Looks(after=(DAY,)), ()),
        (B, FREE, Looks(after=(HOUR,), channels={B: ()}), Looks(), ()),
        (X, PRICED, None, Looks(), ()),
        (X, PRICED, Looks(after=(HOUR,)), Looks(after=(HOUR,)), ()),
        (X, PRICED, Looks(channels={X: (DAY,)}), Looks(), (DAY,)),
        (X, PRICED, None, Looks(channels={X: (DAY,)}), (DAY,)),
        (X, PRICED, Looks(channels={X: ()}), Looks(channels={X: (DAY,)}), ()),
    ],
)
def test_what_names_the_network_comes_first(
    channel: ChannelName, rule: LookRule, brand: Looks | None, installation: Looks, wanted: tuple[timedelta, ...]
) -> None:
    assert ages_for(channel, rule, brand, installation) == wanted


def test_ages_are_put_in_order_and_bounded() -> None:
    assert Looks(after=(DAY, HOUR, DAY)).after == (HOUR, DAY)
    for bad in ((timedelta(0),), (timedelta(days=366),), tuple(timedelta(hours=n) for n in range(1, 14))):
        with pytest.raises(ValidationError):
            Looks(after=bad)
    with pytest.raises(ValidationError):
        Looks.model_validate({"channels": {"myspace": ["PT1H"]}})


def test_what_a_brand_wants_is_stored_and_read() -> None:
    looks = Looks(after=(HOUR,), channels={X: (DAY,)})
    assert kept_looks(stored_looks(looks)) == looks
    assert kept_looks(stored_looks(None)) is None


def test_the_requests_of_a_look_grow_with_its_objects() -> None:
    rule = LookRule(at_once=20, requests=3)
    assert [rule.requests_for(number) for number in (1, 20, 21, 60)] == [3, 3, 6, 9]
    one_by_one = LookRule(at_once=20, requests=2, requests_each=1)
    assert [one_by_one.requests_for(number) for number in (1, 20, 21)] == [3, 22, 25]
