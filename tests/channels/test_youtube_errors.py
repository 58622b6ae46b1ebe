"""Every row of the table, the answers without one, and when a quota renews."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from munadi.channels.youtube.errors import ERRORS, POOL_EMPTY, explain, until_midnight
from munadi.domain.failure import Effect, Reason
from munadi.ports import Answer
from tests.channels.making import NOW

R, S = Reason, Effect
MIDNIGHT = timedelta(hours=23, minutes=1)  # from NOW, 01:00 in California, and a minute
BUCKET = (
    "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day' of service "
    "'youtube.googleapis.com' for consumer 'project_number:1'."
)
TOKEN_WORDS = {"invalid_grant", "invalid_rapt", "invalid_client", "deleted_client"}


def given(status: int, body: Any, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, body, json.dumps(body))


def envelope(reason: str | None, message: str = "in its own words", **more: Any) -> dict[str, Any]:
    errors = [{"domain": "global", "reason": reason, "message": message}] if reason else []
    return {"error": {"code": 400, "message": message, "errors": errors, **more}}


@pytest.mark.parametrize("reason", sorted(ERRORS.keys() - TOKEN_WORDS))
def test_every_reason_has_its_row(reason: str) -> None:
    error = explain(given(400, envelope(reason)), NOW)
    row = ERRORS[reason]
    assert (error.reason, error.effect) == (row.reason, row.effect)
    assert (error.provider_code, error.provider_message) == (reason, "in its own words")
    assert error.retry_after == (MIDNIGHT if row is POOL_EMPTY else row.wait)


@pytest.mark.parametrize("word", sorted(TOKEN_WORDS))
def test_every_word_of_the_token_endpoint_has_its_row(word: str) -> None:
    error = explain(given(400, {"error": word, "error_description": "Bad Request"}), NOW)
    assert (error.reason, error.effect) == (ERRORS[word].reason, ERRORS[word].effect)
    assert (error.provider_code, error.provider_message) == (word, "Bad Request")


def test_a_workspaces_question_is_more_than_a_dead_grant() -> None:
    body = {"error": "invalid_grant", "error_subtype": "invalid_rapt", "error_description": "reauth related error"}
    assert explain(given(400, body), NOW).reason is R.LOGIN_CHECKPOINT
    assert explain(given(400, {**body, "error_subtype": "new"}), NOW).reason is R.TOKEN_REVOKED


INFO = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "reason": "RATE_LIMIT_EXCEEDED",
    "metadata": {"quota_limit": "VideoUploadsPerDayPerProject", "quota_metric": "youtube.googleapis.com/video_uploads"},
}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, envelope("rateLimitExceeded", BUCKET)),
        (403, envelope("rateLimitExceeded", BUCKET)),
        (429, envelope("rateLimitExceeded", details=[INFO])),
        (429, envelope(None, status="RESOURCE_EXHAUSTED", details=[INFO])),
        (429, envelope(None, BUCKET)),
    ],
)
def test_an_empty_bucket_waits_for_midnight_whatever_the_header_says(status: int, body: Any) -> None:
    error = explain(given(status, body, retry_after="5"), NOW)
    assert (error.reason, error.effect, error.retry_after) == (R.QUOTA_EXCEEDED, S.NOT_SENT, MIDNIGHT)


@pytest.mark.parametrize("reason", ["rateLimitExceeded", "userRateLimitExceeded", "servingLimitExceeded"])
def test_a_burst_waits_a_little(reason: str) -> None:
    body = envelope(reason, "Too many requests per minute", details=["odd", {"metadata": "odd"}])
    assert explain(given(403, body), NOW).retry_after == timedelta(minutes=1)
    assert explain(given(403, body, retry_after="7"), NOW).retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("answer", "reason", "effect"),
    [
        (
            given(403, envelope("forbidden", details=[{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}])),
            R.MISSING_SCOPE,
            S.REJECTED,
        ),
        (given(403, envelope("neverSeen")), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (given(401, envelope("neverSeen")), R.TOKEN_EXPIRED, S.NOT_SENT),
        (given(401, envelope(None, status="UNAUTHENTICATED")), R.TOKEN_EXPIRED, S.NOT_SENT),
        (given(500, envelope("quotaExceeded")), R.PROVIDER_OUTAGE, S.UNKNOWN),
        (given(503, envelope("backendError")), R.PROVIDER_OUTAGE, S.UNKNOWN),
        (given(502, None), R.PROVIDER_OUTAGE, S.UNKNOWN),
        (given(413, None), R.MEDIA_VALIDATION_FAILED, S.REJECTED),
        (given(416, None), R.PROVIDER_OUTAGE, S.UNKNOWN),
        (given(404, None), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (given(400, {"error": {"errors": "odd", "message": 5}}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (given(400, {"error": {"errors": [None]}}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
    ],
)
def test_answers_without_a_row(answer: Answer, reason: Reason, effect: Effect) -> None:
    error = explain(answer, NOW)
    assert (error.reason, error.effect) == (reason, effect)


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 12, 1, 8, 0, tzinfo=UTC), 24),  # midnight itself
        (datetime(2026, 12, 1, 7, 0, tzinfo=UTC), 1),
        (datetime(2026, 7, 1, 6, 0, tzinfo=UTC), 1),  # summer time
        (datetime(2026, 3, 8, 8, 0, tzinfo=UTC), 23),  # the day that the clock goes forward
        (datetime(2026, 11, 1, 7, 0, tzinfo=UTC), 25),  # and back
    ],
)
def test_midnight_is_californias(now: datetime, hours: int) -> None:
    assert until_midnight(now) == timedelta(hours=hours, minutes=1)
