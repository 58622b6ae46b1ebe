"""When a plan may be prepared or claimed, and when the workflow must act."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from munadi.domain.channel import ChannelName
from munadi.domain.publication import ENDED, PublicationStatus
from munadi.domain.publishing import Plan

S = PublicationStatus
DUE = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
moments = st.integers(-5_000, 5_000).map(lambda minutes: DUE + timedelta(minutes=minutes))
plans = st.builds(
    Plan,
    publication_id=st.just("pub_1"),
    channel=st.sampled_from(ChannelName),
    status=st.sampled_from(S),
    epoch=st.integers(0, 9),
    due_at=moments,
    publish_by=moments,
    prepare_at=st.none() | moments,
    held_until=st.none() | moments,
    next_look_at=st.none() | moments,
)


@given(plans)
def test_a_plan_is_never_claimed_early_held_or_unprepared(plan: Plan) -> None:
    at = plan.claimable_at
    assert (at is not None) == (plan.status is S.QUEUED and plan.prepare_at is None)
    if at is not None:
        assert at >= plan.due_at
        assert plan.held_until is None or at >= plan.held_until
        assert at in (plan.due_at, plan.held_until)


@given(plans)
def test_a_plan_is_never_prepared_early_or_held(plan: Plan) -> None:
    at = plan.preparable_at
    assert (at is not None) == (plan.status is S.QUEUED and plan.prepare_at is not None)
    if at is not None:
        assert at == max(moment for moment in (plan.prepare_at, plan.held_until) if moment is not None)


@given(plans)
def test_a_queued_plan_always_has_a_next_moment_within_its_window(plan: Plan) -> None:
    if plan.status is S.QUEUED:
        assert plan.wants_at is not None
        assert plan.wants_at <= plan.publish_by
        assert plan.wants_at in (plan.claimable_at, plan.preparable_at, plan.publish_by)
    elif plan.status in (S.UNCONFIRMED, S.PUBLISHED):
        assert plan.wants_at == plan.next_look_at
    else:
        assert plan.wants_at is None


@given(plans)
def test_a_plan_rests_when_it_has_ended_and_no_check_is_planned(plan: Plan) -> None:
    assert plan.rests == (plan.status in ENDED and plan.next_look_at is None)
    if plan.rests:
        assert plan.wants_at is None


def test_only_ids_times_and_enums_reach_a_history() -> None:
    allowed = (str, int, float, bool, type(None))
    plan = Plan(publication_id="p", channel="bluesky", status="queued", epoch=1, due_at=DUE, publish_by=DUE)
    assert all(isinstance(value, allowed) for value in plan.model_dump(mode="json").values())
    assert Plan.model_validate_json(plan.model_dump_json()) == plan
