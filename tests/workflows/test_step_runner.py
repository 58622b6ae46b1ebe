"""The check of the network after an unknown outcome, which the post and its later steps share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from activities.absences import REMEMBERED, Absences
from activities.policies import LaterStepPolicy, PostPolicy
from activities.step_runner import SPACING, StepRunner, evidence
from munadi.domain.attempt import doubt_about
from munadi.domain.channel import ChannelName, Resend
from munadi.domain.content import PublicationDraft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.outcome import NO_CALL, CallRecord, Outcome, effect_of
from munadi.domain.publication import Absent, PublicationStatus, Published, Unknown
from munadi.domain.publishing import Attempt, NextStep, Step, StepResult
from munadi.ports import Attempts, Channels
from tests.channels.making import FixedClock
from tests.workflows.fakes import ServerClock, Tokens
from tests.workflows.network import FakeChannel, spec

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
FOUND = Published(post_id="1")
EXPIRED = ChannelError(Reason.TOKEN_EXPIRED, Effect.NOT_SENT, "the token expired")


def step(name: str) -> Step:
    draft = PublicationDraft(publication_id="pub_1", created_at=NOW, due_at=NOW)
    status = PublicationStatus.PUBLISHING if name == "post" else PublicationStatus.PUBLISHED
    return Step("pub_1", "cnt_1", "acc_1", "bluesky", status, 1, 1, draft, None, NOW, 1, 0, name)


ATTEMPT = Attempt("att_1", 1, NOW - timedelta(hours=1), NOW - timedelta(hours=1), Effect.UNKNOWN)


class Looking(StepRunner):
    """A runner whose checks find `found`, one after another; it keeps what is recorded."""

    def __init__(self, clock: FixedClock, *, twice: bool, found: Sequence[Absent | Unknown]) -> None:
        none = timedelta(0)
        spec = SimpleNamespace(
            looks_twice=twice, look_every=SPACING, looks_a_day=None, margin=none, absence_window=none,
            proof_of_absence=lambda _: none,
        )  # fmt: skip
        channels: Any = {ChannelName.BLUESKY: SimpleNamespace(spec=spec, resend=lambda *_: Resend.AFTER_ABSENCE)}
        super().__init__(cast(Attempts, None), channels, Tokens(), clock, "w")
        self.left, self.recorded = list(found), 0

    async def find(self, *_: Any) -> Any:
        return self.left.pop(0)

    async def record(
        self, step: Step, attempt: Attempt | None, outcome: Outcome, call: CallRecord = NO_CALL
    ) -> StepResult:
        self.recorded += effect_of(outcome) is Effect.NOT_SENT
        return step.then(NextStep.LOOK)


@pytest.mark.parametrize(
    ("twice", "found", "recorded", "waits"),
    [
        (False, [Absent()], [1], [0]),
        (True, [Absent(), Absent()], [0, 1], [5, 0]),
        (True, [Absent(), Unknown(note="read in part"), Absent(), Absent()], [0, 0, 0, 1], [5, 0, 5, 0]),
    ],
)
async def test_an_absence_may_need_two_checks_in_a_row(
    twice: bool, found: list[Any], recorded: list[int], waits: list[float]
) -> None:
    clock = FixedClock(NOW)
    looking = Looking(clock, twice=twice, found=found)
    seen = []
    for _ in found:
        result = await looking.reconcile(step("post"), ATTEMPT, PostPolicy())
        seen.append((looking.recorded, result.after.total_seconds()))
        clock.forward(seconds=result.after.total_seconds())
    assert seen == list(zip(recorded, waits, strict=True))


async def test_checks_too_soon_after_each_other_count_as_one() -> None:
    clock = FixedClock(NOW)
    looking = Looking(clock, twice=True, found=[Absent()] * 3)
    waits = []
    for seconds in (0, 2, 3):
        clock.forward(seconds=seconds)
        waits.append((await looking.reconcile(step("post"), ATTEMPT, PostPolicy())).after.total_seconds())
    assert (waits, looking.recorded) == ([5, 3, 0], 1)


def test_the_oldest_absence_is_forgotten() -> None:
    absences = Absences()
    for number in range(REMEMBERED + 1):
        absences.duration(str(number), NOW)
    assert absences.duration("1", NOW + timedelta(seconds=9)) == timedelta(seconds=9)
    assert absences.duration("0", NOW + timedelta(seconds=9)) == timedelta(0)


def runner(tokens: Tokens, *answers: Published | ChannelError, belongs_to_another: bool = False) -> StepRunner:
    class Network(FakeChannel):
        left = list(answers)

        async def _find(self, *_: Any) -> Published:
            answer = self.left.pop(0)
            if isinstance(answer, ChannelError):
                raise answer
            return answer

    async def is_taken(*_: Any) -> bool:
        return belongs_to_another

    channels = Channels({ChannelName.BLUESKY: Network(spec(ChannelName.BLUESKY))})
    return StepRunner(
        cast(Attempts, SimpleNamespace(belongs_to_another=is_taken)), channels, tokens, ServerClock(), "w"
    )


@pytest.mark.parametrize("name", ["post", "part-2"])
async def test_a_similar_post_of_another_publication_proves_nothing(name: str) -> None:
    alike = FOUND.alike()
    assert isinstance(await runner(Tokens(), alike, belongs_to_another=True).find(step(name), NOW), Unknown)
    assert await runner(Tokens(), alike).find(step(name), NOW) == alike
    assert await runner(Tokens(), FOUND, belongs_to_another=True).find(step(name), NOW) == FOUND


@pytest.mark.parametrize("name", ["post", "comment"])
async def test_an_expired_token_is_renewed_for_a_check(name: str) -> None:
    tokens = Tokens()
    assert await runner(tokens, EXPIRED, FOUND).find(step(name), NOW) == FOUND
    assert tokens.renewals == 1


@pytest.mark.parametrize("name", ["post", "comment"])
async def test_a_failed_check_is_never_an_absence(name: str) -> None:
    away = ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, "no answer")
    assert isinstance(await runner(Tokens(), away).find(step(name), NOW), Unknown)


DOUBTED = replace(ATTEMPT, id="att_2", number=2, effect=None, uncertain_since=NOW - timedelta(hours=2))
COPY = ChannelError(Reason.DUPLICATE_CONTENT, Effect.REJECTED, "a duplicate", may_be_ours=True)
REFUSALS = [
    COPY,
    replace(COPY, effect=Effect.UNKNOWN),
    ChannelError(Reason.INVALID_FIELD, Effect.REJECTED, "refused"),
]


@pytest.mark.parametrize("error", REFUSALS, ids=["copy", "copy of unknown effect", "any refusal"])
@pytest.mark.parametrize("policy", [PostPolicy(), LaterStepPolicy()], ids=["post", "later step"])
def test_a_refusal_is_evidence_while_an_earlier_attempt_is_uncertain(error: ChannelError, policy: Any) -> None:
    outcome = evidence(DOUBTED, error, policy)
    assert outcome is not None
    assert (outcome.is_refused, effect_of(outcome), outcome.then) == (True, Effect.REJECTED, policy.reconcile)
    assert evidence(replace(DOUBTED, uncertain_since=None), error, policy) is None


@pytest.mark.parametrize("effect", [Effect.NOT_SENT, Effect.UNKNOWN])
def test_an_answer_that_is_no_refusal_is_no_evidence(effect: Effect) -> None:
    assert evidence(DOUBTED, ChannelError(Reason.PROVIDER_OUTAGE, effect, "down"), PostPolicy()) is None
    assert evidence(DOUBTED, FOUND, PostPolicy()) is None


LATER, EARLIER = NOW + timedelta(hours=1), NOW - timedelta(days=1)


def past(**facts: Any) -> Any:
    return SimpleNamespace(
        **{
            "was_uncertain": True,
            "closed_by": "look",
            "intent_at": NOW,
            "ended_at": NOW,
            "uncertain_since": None,
            **facts,
        }
    )


@pytest.mark.parametrize(
    ("attempts", "since"),
    [
        ([], None),
        ([past()], NOW),
        ([past(closed_by=None)], NOW),  # from before the column
        ([past(closed_by="answer")], None),  # a late answer is certain
        ([past(closed_by="check")], None),  # the network gave it up
        ([past(closed_by="key")], None),  # its own key showed that it is not there
        ([past(was_uncertain=False, closed_by="answer")], None),
        ([past(), past(closed_by="person")], None),  # a person looked
        ([past(closed_by="person"), past(intent_at=LATER)], LATER),
        (
            [past(was_uncertain=False, closed_by="answer", uncertain_since=NOW - timedelta(days=1))],
            NOW - timedelta(days=1),
        ),
    ],
)
def test_what_leaves_a_doubt(attempts: list[Any], since: datetime | None) -> None:
    doubt = doubt_about(attempts)
    assert (doubt.since if doubt else None) == since


def test_a_look_is_fresh_for_half_a_minute() -> None:
    doubt = doubt_about([past()])
    assert doubt is not None
    assert not doubt.needs_a_look(NOW + timedelta(seconds=29))
    assert doubt.needs_a_look(NOW + timedelta(seconds=31))


@pytest.mark.parametrize(
    ("resend", "uncertain_since", "effect", "may"),
    [
        (Resend.NEVER, None, Effect.UNKNOWN, False),
        (Resend.AFTER_ABSENCE, NOW, Effect.UNKNOWN, True),
        (Resend.ONCE_AFTER_ABSENCE, None, Effect.UNKNOWN, True),
        (Resend.ONCE_AFTER_ABSENCE, NOW, Effect.UNKNOWN, False),
        (Resend.ONCE_AFTER_LONG_ABSENCE, None, Effect.UNKNOWN, True),
        (Resend.ONCE_AFTER_LONG_ABSENCE, NOW, Effect.UNKNOWN, False),
        (Resend.SAME_HANDLE, NOW, Effect.UNKNOWN, True),
        (Resend.SAME_HANDLE, NOW, Effect.REJECTED, False),  # evidence
        (Resend.AFTER_ABSENCE, None, Effect.SENT, False),  # accepted
    ],
)
async def test_what_may_be_sent_again_once_it_is_absent(
    resend: Resend, uncertain_since: datetime | None, effect: Effect, may: bool
) -> None:
    looking = Looking(FixedClock(NOW), twice=False, found=[Absent()])
    looking._channels["bluesky"].resend = lambda *_: resend  # type: ignore[method-assign]
    await looking.reconcile(
        step("post"), replace(ATTEMPT, effect=effect, uncertain_since=uncertain_since), PostPolicy()
    )
    assert looking.recorded == may
