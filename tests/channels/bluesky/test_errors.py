"""Every row of the table, and the answers that the reference PDS was seen to give."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from munadi.channels.bluesky.errors import ERRORS, explain
from munadi.domain.failure import Effect, Reason
from munadi.ports import Answer
from tests.channels.making import NOW

R, S = Reason, Effect


def given(status: int, body: Any = None, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, json.dumps(body))


@pytest.mark.parametrize("key", ERRORS, ids=str)
def test_every_row_is_found(key: tuple[int | None, str]) -> None:
    status, name = key
    error = explain(given(status or 400, {"error": name, "message": "in its own words"}), NOW)
    assert (error.reason, error.effect) == (ERRORS[key].reason, ERRORS[key].effect)
    assert (error.provider_code, error.provider_message) == (name, "in its own words")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            "Invalid app.bsky.feed.post record: grapheme too big (maximum 300, got 301) at $.record.text",
            R.TEXT_TOO_LONG,
        ),
        (
            "Invalid app.bsky.feed.post record: string too big (maximum 3000, got 3250) at $.record.text",
            R.TEXT_TOO_LONG,
        ),
        (
            "Invalid app.bsky.feed.post record: string too big (maximum 640, got 641) at $.record.tags[0]",
            R.INVALID_FIELD,
        ),
        ('Invalid app.bsky.feed.post record: Missing required key "createdAt" at $.record', R.MISSING_FIELD),
        ('Invalid app.bsky.feed.post record: Invalid datetime (got "no") at $.record.createdAt', R.INVALID_FIELD),
        (
            "Invalid app.bsky.feed.post record: array too big (maximum 4, got 5) at $.record.embed",
            R.INVALID_FIELD,
        ),
        ('Invalid record key for app.bsky.feed.post: Invalid TID string (got "abc") at $', R.INVALID_FIELD),
        (
            "Invalid app.bsky.feed.post record: blob too big (maximum 1000000, got 2100003) at $.record.embed",
            R.MEDIA_VALIDATION_FAILED,
        ),
        (
            'Invalid app.bsky.feed.post record: Expected "image/*" (got "text/plain") at $.record.embed',
            R.MEDIA_VALIDATION_FAILED,
        ),
        ("Blob has been takendown, cannot re-upload", R.CONTENT_POLICY),
        ("Unable to resolve handle", R.INVALID_FIELD),
        ("", R.INVALID_FIELD),
    ],
)
def test_schema_messages(message: str, reason: Reason) -> None:
    error = explain(given(400, {"error": "InvalidRequest", "message": message}), NOW)
    assert (error.reason, error.effect) == (reason, S.REJECTED)


@pytest.mark.parametrize(
    ("answer", "reason", "effect"),
    [
        (given(413), R.MEDIA_VALIDATION_FAILED, S.REJECTED),
        (given(429), R.RATE_LIMITED, S.NOT_SENT),
        (given(500), R.PROVIDER_OUTAGE, S.UNKNOWN),
        (given(500, {"error": "Whatever"}), R.PROVIDER_OUTAGE, S.UNKNOWN),
        (given(401), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (given(401, {"error": "ExpiredToken"}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (given(302), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
    ],
)
def test_answers_without_a_row(answer: Answer, reason: Reason, effect: Effect) -> None:
    error = explain(answer, NOW)
    assert (error.reason, error.effect) == (reason, effect)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "12"}, timedelta(seconds=12)),
        ({"ratelimit_reset": str(int(NOW.timestamp()) + 90)}, timedelta(seconds=90)),
        ({"ratelimit_reset": str(int(NOW.timestamp()) - 90)}, timedelta(seconds=1)),
        ({"ratelimit_reset": "soon"}, timedelta(seconds=60)),
        ({}, timedelta(seconds=60)),
    ],
)
def test_a_rate_limit_says_how_long(headers: dict[str, str], wait: timedelta) -> None:
    assert explain(given(429, {"error": "RateLimitExceeded"}, **headers), NOW).retry_after == wait
