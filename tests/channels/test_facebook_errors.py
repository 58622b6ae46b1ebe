"""Every row of the table, and what an answer means that has none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from munadi.channels.facebook.errors import ERRORS, UPLOAD_ERRORS, codes_of, explain, may_upload_again
from munadi.domain.failure import ChannelError, Effect, FailureClass, Reason
from munadi.domain.reasons import REASONS
from munadi.ports import Answer
from tests.channels.making import NOW

C, S = FailureClass, Effect

# (code, subcode) → class and effect, as section 6 of the facts says; rows of `ERRORS` that are not here are families.
TABLE = [
    ((190, None), C.TOKEN, S.NOT_SENT),
    ((190, 463), C.TOKEN, S.NOT_SENT),
    ((190, 467), C.TOKEN, S.NOT_SENT),
    ((190, 458), C.TOKEN, S.NOT_SENT),
    ((190, 460), C.TOKEN, S.NOT_SENT),
    ((190, 459), C.TOKEN, S.NOT_SENT),
    ((190, 464), C.TOKEN, S.NOT_SENT),
    ((190, 999), C.TOKEN, S.NOT_SENT),
    ((102, None), C.TOKEN, S.NOT_SENT),
    ((190, 492), C.PERMISSION, S.REJECTED),
    ((3, None), C.CONFIG, S.REJECTED),
    ((10, None), C.PERMISSION, S.REJECTED),
    ((200, None), C.PERMISSION, S.REJECTED),
    ((210, None), C.PERMISSION, S.REJECTED),
    ((240, None), C.PERMISSION, S.REJECTED),
    ((283, None), C.PERMISSION, S.REJECTED),
    ((299, None), C.PERMISSION, S.REJECTED),
    ((1363042, None), C.PERMISSION, S.REJECTED),
    ((1404078, None), C.PERMISSION, S.REJECTED),
    ((100, None), C.INVALID_REQUEST, S.REJECTED),
    ((100, 33), C.PERMISSION, S.REJECTED),
    ((803, None), C.PERMISSION, S.REJECTED),
    ((104, None), C.INVALID_REQUEST, S.REJECTED),
    ((2061006, None), C.INVALID_REQUEST, S.REJECTED),
    ((1349125, None), C.INVALID_REQUEST, S.REJECTED),
    ((1609008, None), C.INVALID_REQUEST, S.REJECTED),
    ((1609005, None), C.INVALID_REQUEST, S.REJECTED),
    ((324, None), C.MEDIA, S.REJECTED),
    ((1366046, None), C.MEDIA, S.REJECTED),
    ((2069019, None), C.MEDIA, S.REJECTED),
    ((382, None), C.MEDIA, S.REJECTED),
    ((1363022, None), C.MEDIA, S.REJECTED),
    ((1363023, None), C.MEDIA, S.REJECTED),
    ((389, None), C.MEDIA, S.NOT_SENT),
    ((6000, None), C.MEDIA, S.NOT_SENT),
    ((6001, None), C.MEDIA, S.NOT_SENT),
    ((1363019, None), C.OUTAGE, S.UNKNOWN),
    ((1363030, None), C.OUTAGE, S.UNKNOWN),
    ((1363033, None), C.OUTAGE, S.UNKNOWN),
    ((1363037, None), C.OUTAGE, S.UNKNOWN),
    ((1363040, None), C.MEDIA, S.REJECTED),
    ((1363127, None), C.MEDIA, S.REJECTED),
    ((1363128, None), C.MEDIA, S.REJECTED),
    ((1363129, None), C.MEDIA, S.REJECTED),
    ((4, None), C.RATE_LIMIT, S.NOT_SENT),
    ((17, None), C.RATE_LIMIT, S.NOT_SENT),
    ((32, None), C.RATE_LIMIT, S.NOT_SENT),
    ((341, None), C.RATE_LIMIT, S.NOT_SENT),
    ((613, None), C.RATE_LIMIT, S.NOT_SENT),
    ((613, 1996), C.RATE_LIMIT, S.NOT_SENT),
    ((80001, None), C.RATE_LIMIT, S.NOT_SENT),
    ((368, 1390008), C.RATE_LIMIT, S.NOT_SENT),
    ((368, None), C.POLICY, S.REJECTED),
    ((368, 4854002), C.POLICY, S.REJECTED),
    ((368, 12), C.POLICY, S.REJECTED),
    ((1346003, None), C.POLICY, S.REJECTED),
    ((1404102, None), C.POLICY, S.REJECTED),
    ((1404112, None), C.POLICY, S.REJECTED),
    ((1404006, None), C.POLICY, S.REJECTED),
    ((506, None), C.DUPLICATE, S.UNKNOWN),
    ((368, 1404082), C.DUPLICATE, S.UNKNOWN),
    ((1366051, None), C.DUPLICATE, S.UNKNOWN),
    ((1, None), C.OUTAGE, S.UNKNOWN),
    ((2, None), C.OUTAGE, S.UNKNOWN),
    ((1363047, None), C.OUTAGE, S.UNKNOWN),
    ((1609010, None), C.OUTAGE, S.UNKNOWN),
    # a number that is a code of its own is found beside 100, too
    ((100, 1609005), C.INVALID_REQUEST, S.REJECTED),
    ((100, 1363128), C.MEDIA, S.REJECTED),
    ((100, 1404102), C.POLICY, S.REJECTED),
    ((1, 1363047), C.OUTAGE, S.UNKNOWN),
    # no row
    ((9007, 2207027), C.UNKNOWN, S.UNKNOWN),
    ((36000, None), C.UNKNOWN, S.UNKNOWN),
    ((424242, 7), C.UNKNOWN, S.UNKNOWN),
]


def told(status: int, body: Any, headers: dict[str, str] | None = None) -> ChannelError:
    return explain(Answer(status, headers or {}, body, str(body)), NOW)


def graph(code: Any, subcode: Any = None, status: int = 400, **more: Any) -> ChannelError:
    return told(status, {"error": {"code": code, "error_subcode": subcode, "message": "no", **more}})


@pytest.mark.parametrize(("pair", "cls", "effect"), TABLE, ids=lambda value: str(value))
def test_a_code_and_its_class(pair: tuple[int, int | None], cls: FailureClass, effect: Effect) -> None:
    error = graph(*pair)
    assert (REASONS[error.reason].class_, error.effect) == (cls, effect)
    assert error.provider_code == (f"{pair[0]}/{pair[1]}" if pair[1] else str(pair[0]))


def test_the_table_of_this_test_is_whole() -> None:
    families = {(code, None) for code in range(200, 300)}
    assert set(ERRORS) - families <= {pair for pair, _, _ in TABLE}


@pytest.mark.parametrize(
    ("status", "body", "reason", "code"),
    [
        (400, {"error": {"type": "OAuthException", "message": "Invalid"}}, Reason.TOKEN_EXPIRED, "HTTP 400"),
        (429, None, Reason.RATE_LIMITED, "HTTP 429"),
        (500, None, Reason.PROVIDER_OUTAGE, "HTTP 500"),
        (500, {"error": {"code": 2, "type": "OAuthException"}}, Reason.PROVIDER_OUTAGE, "2"),
        (500, {"error": {"code": 424242}}, Reason.PROVIDER_OUTAGE, "424242"),
        (404, None, Reason.UNKNOWN_PROVIDER_ERROR, "HTTP 404"),
        (400, {"error": {"code": "190", "error_subcode": "458"}}, Reason.TOKEN_REVOKED, "190/458"),
    ],
)
def test_answers_with_little_in_them(status: int, body: Any, reason: Reason, code: str) -> None:
    error = told(status, body)
    assert (error.reason, error.provider_code) == (reason, code)


def test_a_missing_video_permission_is_known_by_its_words() -> None:
    assert graph(100, message="(#100) No permission to publish the video").reason is Reason.MISSING_SCOPE


@pytest.mark.parametrize(
    ("name", "reason", "again"),
    [
        ("OffsetInvalidError", Reason.PROVIDER_OUTAGE, False),
        ("PartialRequestError", Reason.PROVIDER_OUTAGE, False),
        ("ProcessingFailedError", Reason.MEDIA_PROCESSING_FAILED, True),
    ],
)
def test_the_upload_host_has_words_of_its_own(name: str, reason: Reason, again: bool) -> None:
    error = told(400, {"debug_info": {"retriable": True, "type": name, "message": "Request failed"}})
    assert (error.reason, error.provider_code, error.provider_message) == (reason, name, "Request failed")
    assert may_upload_again(error) is again
    assert set(UPLOAD_ERRORS) == {"OffsetInvalidError", "PartialRequestError", "ProcessingFailedError"}


@pytest.mark.parametrize(("code", "again"), [(389, True), (6000, True), (6001, True), (324, False), (190, False)])
def test_which_errors_another_upload_may_get_past(code: int, again: bool) -> None:
    assert may_upload_again(graph(code)) is again


def test_a_throttle_says_when_to_come_back() -> None:
    usage = '{"1": [{"type": "pages", "estimated_time_to_regain_access": 7}, {"estimated_time_to_regain_access": 3}]}'
    error = told(400, {"error": {"code": 80001}}, {"x-business-use-case-usage": usage})
    assert error.retry_after == timedelta(minutes=7)
    assert graph(80001).retry_after == timedelta(minutes=5)
    assert graph(368, 1390008).retry_after == timedelta(hours=1)
    assert told(400, {"error": {"code": 4}}, {"x-business-use-case-usage": "[1]"}).retry_after == timedelta(minutes=5)


def test_the_users_words_come_first_and_secrets_never() -> None:
    error = graph(100, error_user_msg="Too long", access_token="EAAabc123abc123abc123abc123")
    assert error.provider_message == "Too long"
    assert "abc123" not in str(error.raw)
    assert codes_of(graph(368, 1390008)) == [368, 1390008]
