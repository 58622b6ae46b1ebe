"""The failure tree: every reason says whose problem it is, whether a retry can help, and what to do."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from munadi.domain.failure import MAX_MESSAGE, ChannelError, Effect, Failure, FailureClass, Reason, Retryable
from munadi.domain.reasons import REASONS, failure_of

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


def test_every_reason_has_its_row_and_no_other() -> None:
    assert list(REASONS) == list(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_every_row_says_what_it_means_and_what_to_do(reason: Reason) -> None:
    facts = REASONS[reason]
    assert isinstance(facts.class_, FailureClass)
    assert isinstance(facts.retryable, Retryable)
    for sentence in (facts.meaning, facts.remedy):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert 20 <= len(sentence) <= 200
    assert facts.meaning != facts.remedy
    assert reason.value == reason.name


def test_every_class_is_used_and_meanings_differ() -> None:
    assert {facts.class_ for facts in REASONS.values()} == set(FailureClass)
    assert len({facts.meaning for facts in REASONS.values()}) == len(REASONS)


@pytest.mark.parametrize(
    ("class_", "forbidden"),
    [
        (FailureClass.OUTAGE, {Retryable.NEVER, Retryable.AFTER_FIX}),
        (FailureClass.RATE_LIMIT, {Retryable.NEVER, Retryable.AFTER_FIX}),
        (FailureClass.TOKEN, {Retryable.NEVER, Retryable.AFTER_WAIT}),
        (FailureClass.DUPLICATE, {Retryable.AUTO, Retryable.AFTER_WAIT}),
    ],
)
def test_the_advice_fits_the_class(class_: FailureClass, forbidden: set[Retryable]) -> None:
    assert not [r for r, facts in REASONS.items() if facts.class_ is class_ and facts.retryable in forbidden]


@pytest.mark.parametrize("reason", Reason)
def test_a_failure_survives_a_round_trip_over_the_wire(reason: Reason) -> None:
    error = ChannelError(reason, Effect.REJECTED, "no", provider_code="400", provider_message="they said no")
    failure = failure_of(reason, error=error, retry_at=NOW, attempt_id="att_1")
    wire = json.loads(failure.model_dump_json())
    fields = "reason class retryable message remedy providerCode providerMessage retryAfter attemptId"
    assert set(wire) == set(fields.split())
    assert wire["class"] == REASONS[reason].class_
    assert (wire["providerCode"], wire["providerMessage"], wire["attemptId"]) == ("400", "they said no", "att_1")
    assert Failure.model_validate(wire) == failure


def test_absent_texts_are_null_and_long_ones_are_bounded() -> None:
    bare = failure_of(Reason.WINDOW_MISSED)
    assert bare.message == REASONS[Reason.WINDOW_MISSED].meaning
    assert (bare.provider_code, bare.provider_message) == (None, None)
    error = ChannelError(Reason.CONTENT_POLICY, Effect.REJECTED, "no", provider_message="x" * 9_000)
    long = failure_of(Reason.CONTENT_POLICY, "y" * 9_000, error=error)
    assert len(long.message) == len(long.provider_message or "") == MAX_MESSAGE
    wordless = ChannelError(error.reason, error.effect, "no")
    assert failure_of(Reason.CONTENT_POLICY, error=wordless).provider_message is None


def test_an_error_reads_as_reason_code_and_words() -> None:
    error = ChannelError(Reason.RATE_LIMITED, Effect.NOT_SENT, "slow down", provider_code="429")
    assert str(error) == "RATE_LIMITED (429): slow down"
    assert isinstance(error, Exception)
    assert str(ChannelError(Reason.RATE_LIMITED, Effect.NOT_SENT, "slow down")) == "RATE_LIMITED: slow down"
