"""Every row of Threads' tables, the answers without one, and what a failed container says."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from munadi.channels.threads.errors import ERRORS, FAILED_CONTAINERS, NAMED, explain, explain_container, renewals
from munadi.domain.failure import Effect, Reason
from munadi.ports import Answer
from tests.channels.making import NOW

R, S = Reason, Effect


def given(status: int, error: Any, **headers: str) -> Answer:
    body = {"error": error}
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, json.dumps(body))


def envelope(code: Any, subcode: int | None = None, **fields: Any) -> dict[str, Any]:
    known = {"message": "in its own words", "type": "OAuthException", "code": code, "error_subcode": subcode}
    return {name: value for name, value in (known | fields).items() if value is not None}


@pytest.mark.parametrize("key", ERRORS, ids=str)
def test_every_row_is_found(key: tuple[int | None, int | None]) -> None:
    code, subcode = key
    error = explain(given(400, envelope(code or 25, subcode)), NOW)
    row = ERRORS[key]
    assert (error.reason, error.effect, error.retry_after) == (row.reason, row.effect, row.wait)
    assert error.provider_code == (f"{code or 25}/{subcode}" if subcode else f"{code}")
    assert error.provider_message == "in its own words"
    assert renewals(error) == (row.renewals if code else 0)


@pytest.mark.parametrize("key", ERRORS, ids=str)
def test_a_5xx_proves_nothing_but_a_dead_token_and_the_race(key: tuple[int | None, int | None]) -> None:
    """Code 10 with HTTP 500 has been seen of posts that went live."""
    code, subcode = key
    error = explain(given(500, envelope(code or 25, subcode)), NOW)
    assert error.effect is (S.NOT_SENT if ERRORS[key].proof else S.UNKNOWN)
    assert renewals(error) == 0


@pytest.mark.parametrize("name", NAMED)
def test_a_named_error_within_its_message(name: str) -> None:
    error = explain(given(400, envelope(100, message=f"(#100) {name}: too many")), NOW)
    assert (error.reason, error.effect, error.provider_code) == (NAMED[name].reason, S.REJECTED, name)
    assert explain(given(400, envelope(name)), NOW).reason is NAMED[name].reason


@pytest.mark.parametrize(
    ("answer", "reason", "effect"),
    [
        # an unknown subcode leaves the code's meaning, unless it is one of Meta's publishing ones
        (given(400, envelope(190, 999)), R.TOKEN_EXPIRED, S.NOT_SENT),
        (given(400, envelope(4, 2207051)), R.SPAM_BLOCKED, S.UNKNOWN),
        (given(400, envelope(100, 2207051)), R.SPAM_BLOCKED, S.UNKNOWN),
        (given(400, envelope(4, 2207999)), R.INVALID_FIELD, S.UNKNOWN),
        (given(400, envelope(100, 4279999)), R.INVALID_FIELD, S.UNKNOWN),
        (given(400, envelope(1, 4279013)), R.ACCOUNT_RESTRICTED, S.REJECTED),
        (given(400, envelope(24)), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (given(400, envelope(452)), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (given(403, envelope(200)), R.MISSING_SCOPE, S.REJECTED),
        (given(403, envelope(299)), R.MISSING_SCOPE, S.REJECTED),
        (given(403, envelope(300)), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (given(500, envelope(10)), R.MISSING_SCOPE, S.UNKNOWN),
        (given(500, None), R.PROVIDER_OUTAGE, S.UNKNOWN),
        (given(500, envelope(4711)), R.PROVIDER_OUTAGE, S.UNKNOWN),
        (given(429, None), R.RATE_LIMITED, S.NOT_SENT),
        (given(400, envelope(4711)), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (given(400, "text"), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (given(400, envelope(None)), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (given(400, envelope(float("inf"))), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (given(400, envelope(4711, message="THREADS_API__NEW_WORD")), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (
            given(400, envelope(100, message="(#100) Param text must be at most 500 characters long.")),
            R.TEXT_TOO_LONG,
            S.REJECTED,
        ),
    ],
)
def test_answers_without_a_row(answer: Answer, reason: Reason, effect: Effect) -> None:
    error = explain(answer, NOW)
    assert (error.reason, error.effect) == (reason, effect)


def test_is_transient_is_not_believed() -> None:
    assert explain(given(400, envelope(24, 4279009, is_transient=False)), NOW).effect is S.NOT_SENT
    assert explain(given(400, envelope(100, is_transient=True)), NOW).effect is S.REJECTED


def test_the_words_for_people_come_first() -> None:
    words = envelope(100, error_user_title="Texto", error_user_msg="El texto es demasiado largo")
    assert explain(given(400, words), NOW).provider_message == "El texto es demasiado largo"


@pytest.mark.parametrize(
    ("headers", "wait"), [({"retry_after": "9"}, timedelta(seconds=9)), ({}, timedelta(minutes=5))]
)
def test_a_throttle_says_how_long(headers: dict[str, str], wait: timedelta) -> None:
    assert explain(given(400, envelope(80002), **headers), NOW).retry_after == wait


@pytest.mark.parametrize("message", FAILED_CONTAINERS)
def test_every_failed_container_is_known(message: str) -> None:
    error, allowed = explain_container("ERROR", message)
    row = FAILED_CONTAINERS[message]
    assert (error.reason, error.effect, error.provider_code, allowed) == (
        row.reason,
        row.effect,
        message,
        row.renewals,
    )
    assert (row.effect is S.REJECTED) == (row.renewals == 0)


@pytest.mark.parametrize(
    ("status", "message", "code", "reason", "allowed"),
    [
        ("ERROR", "", "ERROR", R.MEDIA_PROCESSING_FAILED, 2),
        ("ERROR", "FAILED_NEW_WAY", "ERROR", R.MEDIA_PROCESSING_FAILED, 2),
        ("EXPIRED", "", "EXPIRED", R.MEDIA_PROCESSING_FAILED, 3),
        ("STUCK", "", "STUCK", R.MEDIA_PROCESSING_TIMEOUT, 2),
    ],
)
def test_other_dead_containers(status: str, message: str, code: str, reason: Reason, allowed: int) -> None:
    error, found = explain_container(status, message)
    assert (error.provider_code, error.reason, error.effect, found) == (code, reason, S.NOT_SENT, allowed)
