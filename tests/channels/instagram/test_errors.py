"""Every row of the table, the answers without one, and what a failed container says."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from munadi.channels.instagram.errors import ERRORS, RENEWALS, explain, explain_container, renewals
from munadi.domain.failure import Effect, Reason
from munadi.ports import Answer
from tests.channels.making import NOW

R, S = Reason, Effect


def given(status: int, error: Any, **headers: str) -> Answer:
    body = {"error": error}
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, json.dumps(body))


def envelope(code: int | None, subcode: int | None = None, **fields: Any) -> dict[str, Any]:
    known = {"message": "in its own words", "type": "OAuthException", "code": code, "error_subcode": subcode}
    return {name: value for name, value in (known | fields).items() if value is not None}


@pytest.mark.parametrize("key", ERRORS, ids=str)
def test_every_row_is_found(key: tuple[int | None, int | None]) -> None:
    code, subcode = key
    error = explain(given(400, envelope(code or 1, subcode)), NOW)
    row = ERRORS[key]
    assert (error.reason, error.effect, error.retry_after) == (row.reason, row.effect, row.wait)
    assert error.provider_code == (f"{code or 1}/{subcode}" if subcode else f"{code}")
    assert error.provider_message == "in its own words"
    assert renewals(error) == row.renewals


@pytest.mark.parametrize(
    ("answer", "reason", "effect"),
    [
        # an unknown subcode leaves the code's meaning, unless it is one of Instagram's own
        (given(400, envelope(190, 999)), R.TOKEN_EXPIRED, S.NOT_SENT),
        (given(400, envelope(4, 2207051)), R.SPAM_BLOCKED, S.UNKNOWN),
        (given(400, envelope(4, 2207999)), R.INVALID_FIELD, S.UNKNOWN),
        (given(400, envelope(100, 2207999)), R.INVALID_FIELD, S.UNKNOWN),
        (given(400, envelope(24)), R.INVALID_FIELD, S.UNKNOWN),
        (given(403, envelope(200)), R.MISSING_SCOPE, S.REJECTED),
        (given(403, envelope(299)), R.MISSING_SCOPE, S.REJECTED),
        (given(403, envelope(300)), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (given(500, envelope(2)), R.PROVIDER_OUTAGE, S.UNKNOWN),
        (given(500, None), R.PROVIDER_OUTAGE, S.UNKNOWN),
        (given(500, envelope(4711)), R.PROVIDER_OUTAGE, S.UNKNOWN),
        (given(429, None), R.RATE_LIMITED, S.NOT_SENT),
        (given(400, envelope(4711)), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (given(400, "text"), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (given(400, envelope(None)), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (
            given(400, envelope(4711, message="INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID")),
            R.INVALID_FIELD,
            S.REJECTED,
        ),
    ],
)
def test_answers_without_a_row(answer: Answer, reason: Reason, effect: Effect) -> None:
    error = explain(answer, NOW)
    assert (error.reason, error.effect) == (reason, effect)


def test_is_transient_is_not_believed() -> None:
    assert explain(given(400, envelope(100, is_transient=True)), NOW).effect is S.REJECTED


def test_the_words_for_people_come_first() -> None:
    words = envelope(36003, 2207009, error_user_title="Ratio", error_user_msg="Crop it")
    assert explain(given(400, words), NOW).provider_message == "Crop it"


USAGE = {
    "17": [{"type": "instagram", "estimated_time_to_regain_access": 0}],
    "18": [{"estimated_time_to_regain_access": 7}],
}


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"x_business_use_case_usage": json.dumps(USAGE)}, timedelta(minutes=7)),
        ({"x_business_use_case_usage": json.dumps({"17": USAGE["17"]})}, timedelta(minutes=5)),
        ({"x_business_use_case_usage": "nonsense"}, timedelta(minutes=5)),
        ({"x_business_use_case_usage": "[1]"}, timedelta(minutes=5)),
        ({"x_business_use_case_usage": '{"1": [{"estimated_time_to_regain_access": "x"}]}'}, timedelta(minutes=5)),
        ({"retry_after": "9"}, timedelta(seconds=9)),
        ({}, timedelta(minutes=5)),
    ],
)
def test_a_throttle_says_how_long(headers: dict[str, str], wait: timedelta) -> None:
    assert explain(given(400, envelope(80002), **headers), NOW).retry_after == wait


@pytest.mark.parametrize(
    ("code", "status", "provider_code", "reason", "renew"),
    [
        (
            "ERROR",
            "Error: Media upload has failed with error code 2207026",
            "2207026",
            R.MEDIA_VALIDATION_FAILED,
            False,
        ),
        ("ERROR", "2207053", "2207053", R.MEDIA_PROCESSING_FAILED, True),
        ("ERROR", "code 2207077: too bad", "2207077", R.MEDIA_PROCESSING_FAILED, True),
        ("ERROR", "Error 2207057", "2207057", R.INVALID_FIELD, False),
        ("ERROR", "Error: 122070261", "ERROR", R.MEDIA_PROCESSING_FAILED, True),
        ("ERROR", "", "ERROR", R.MEDIA_PROCESSING_FAILED, True),
        ("EXPIRED", "Expired: not published within 24 hours", "EXPIRED", R.MEDIA_PROCESSING_FAILED, True),
    ],
)
def test_a_dead_container(code: str, status: str, provider_code: str, reason: Reason, renew: bool) -> None:
    error, allowed = explain_container(code, status)
    assert (error.provider_code, error.reason, allowed) == (provider_code, reason, RENEWALS if renew else 0)
