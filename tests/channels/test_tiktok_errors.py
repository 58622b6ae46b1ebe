"""Every documented code and fail_reason has its meaning; nothing else is guessed; no address is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.tiktok.errors import ERRORS, FAILURES, explain, explain_failure, is_ok
from munadi.domain.failure import Effect, FailureClass, Reason
from munadi.domain.reasons import REASONS
from munadi.ports import Answer
from tests.channels.making import NOW, Saved, bench, stage
from tests.channels.network import ok
from tests.channels.scene_tiktok import SETTINGS, STATUS, TIKTOK, UPLOAD_URL, WHO, refused

C, R, S = FailureClass, Reason, Effect

# (HTTP status, code, reason, effect, class by the facts)
ROWS = [
    (400, "invalid_param", R.INVALID_FIELD, S.REJECTED, C.INVALID_REQUEST),
    (400, "invalid_params", R.INVALID_FIELD, S.REJECTED, C.INVALID_REQUEST),
    (400, "invalid_file_upload", R.MEDIA_VALIDATION_FAILED, S.REJECTED, C.MEDIA),
    (400, "app_version_check_failed", R.FEATURE_NOT_ELIGIBLE, S.REJECTED, C.INVALID_REQUEST),
    (401, "access_token_invalid", R.TOKEN_EXPIRED, S.NOT_SENT, C.TOKEN),
    (401, "scope_not_authorized", R.MISSING_SCOPE, S.REJECTED, C.PERMISSION),
    (401, "scope_permission_missed", R.MISSING_SCOPE, S.REJECTED, C.PERMISSION),
    (403, "privacy_level_option_mismatch", R.INVALID_FIELD, S.REJECTED, C.INVALID_REQUEST),
    (403, "unaudited_client_can_only_post_to_private_accounts", R.APP_NOT_APPROVED, S.REJECTED, C.CONFIG),
    (403, "url_ownership_unverified", R.MEDIA_DOMAIN_UNVERIFIED, S.REJECTED, C.CONFIG),
    (403, "spam_risk_too_many_posts", R.DAILY_CAP_REACHED, S.NOT_SENT, C.RATE_LIMIT),
    (403, "spam_risk_too_many_pending_share", R.DAILY_CAP_REACHED, S.NOT_SENT, C.RATE_LIMIT),
    (403, "spam_risk_user_banned_from_posting", R.ACCOUNT_RESTRICTED, S.REJECTED, C.POLICY),
    (403, "spam_risk", R.SPAM_BLOCKED, S.REJECTED, C.POLICY),
    (403, "reached_active_user_cap", R.QUOTA_EXCEEDED, S.NOT_SENT, C.RATE_LIMIT),
    (429, "rate_limit_exceeded", R.RATE_LIMITED, S.NOT_SENT, C.RATE_LIMIT),
    (400, "invalid_publish_id", R.INVALID_FIELD, S.UNKNOWN, C.INVALID_REQUEST),
    (400, "token_not_authorized_for_specified_publish_id", R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, C.PERMISSION),
    (400, "publish_not_cancellable", R.INVALID_FIELD, S.REJECTED, C.INVALID_REQUEST),
    (500, "internal_error", R.PROVIDER_OUTAGE, S.UNKNOWN, C.OUTAGE),
    (200, "spam_risk_too_many_posts", R.DAILY_CAP_REACHED, S.NOT_SENT, C.RATE_LIMIT),
    (200, "spam_risk_user_banned_from_posting", R.ACCOUNT_RESTRICTED, S.REJECTED, C.POLICY),
    (200, "reached_active_user_cap", R.QUOTA_EXCEEDED, S.NOT_SENT, C.RATE_LIMIT),
    (200, "never_seen_before", R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, C.UNKNOWN),
]
OAUTH = [
    ("access_denied", R.TOKEN_REVOKED),
    ("invalid_grant", R.TOKEN_REVOKED),
    ("invalid_client", R.APP_NOT_APPROVED),
    ("unauthorized_client", R.APP_NOT_APPROVED),
    ("invalid_scope", R.MISSING_SCOPE),
    ("invalid_request", R.INVALID_FIELD),
    ("unsupported_grant_type", R.INVALID_FIELD),
    ("unsupported_response_type", R.INVALID_FIELD),
    ("server_error", R.PROVIDER_OUTAGE),
    ("temporarily_unavailable", R.PROVIDER_OUTAGE),
]
FAIL_REASONS = [
    ("file_format_check_failed", R.MEDIA_VALIDATION_FAILED, C.MEDIA),
    ("duration_check_failed", R.MEDIA_VALIDATION_FAILED, C.MEDIA),
    ("frame_rate_check_failed", R.MEDIA_VALIDATION_FAILED, C.MEDIA),
    ("picture_size_check_failed", R.MEDIA_VALIDATION_FAILED, C.MEDIA),
    ("video_bitrate_check_failed", R.MEDIA_VALIDATION_FAILED, C.MEDIA),
    ("video_pull_failed", R.MEDIA_UNREACHABLE, C.MEDIA),
    ("photo_pull_failed", R.MEDIA_UNREACHABLE, C.MEDIA),
    ("internal", R.PROVIDER_OUTAGE, C.OUTAGE),
    ("publish_cancelled", R.INVALID_FIELD, C.INVALID_REQUEST),
    ("auth_removed", R.TOKEN_REVOKED, C.TOKEN),
    ("spam_risk_too_many_posts", R.DAILY_CAP_REACHED, C.RATE_LIMIT),
    ("spam_risk_user_banned_from_posting", R.ACCOUNT_RESTRICTED, C.POLICY),
    ("spam_risk", R.SPAM_BLOCKED, C.POLICY),
    ("spam_risk_text", R.CONTENT_POLICY, C.POLICY),
    ("privacy_level_not_authorized", R.FEATURE_NOT_ELIGIBLE, C.INVALID_REQUEST),
    ("something_new", R.UNKNOWN_PROVIDER_ERROR, C.UNKNOWN),
    ("", R.UNKNOWN_PROVIDER_ERROR, C.UNKNOWN),
]


def read(response: httpx.Response) -> Answer:
    return Answer(response.status_code, dict(response.headers), response.json(), response.text)


@pytest.mark.parametrize(("status", "code", "reason", "effect", "class_"), ROWS, ids=lambda value: str(value))
def test_every_code(status: int, code: str, reason: Reason, effect: Effect, class_: FailureClass) -> None:
    error = explain(read(refused(status, code, "the field title is wrong")), NOW)
    assert (error.reason, error.effect, error.provider_code) == (reason, effect, code)
    assert REASONS[error.reason].class_ is class_
    assert error.provider_message == "the field title is wrong (log_id 202611250901)"


@pytest.mark.parametrize(("code", "reason"), OAUTH)
def test_every_oauth_error_even_with_http_200(code: str, reason: Reason) -> None:
    for status in (200, 400):
        error = explain(read(httpx.Response(status, json={"error": code, "error_description": "why"})), NOW)
        assert (error.reason, error.provider_code, error.provider_message) == (reason, code, "why")


def test_the_tables_above_are_whole() -> None:
    assert {row[1] for row in ROWS if row[1] != "never_seen_before"} | {row[0] for row in OAUTH} == set(ERRORS)
    assert {row[0] for row in FAIL_REASONS} - {"", "something_new"} == set(FAILURES)


@pytest.mark.parametrize(("fail_reason", "reason", "class_"), FAIL_REASONS)
def test_every_fail_reason_is_final(fail_reason: str, reason: Reason, class_: FailureClass) -> None:
    error = explain_failure(fail_reason)
    assert (error.reason, error.effect) == (reason, Effect.REJECTED)
    assert REASONS[error.reason].class_ is class_
    assert error.provider_code == (fail_reason or "FAILED")
    assert fail_reason in (error.provider_message or "")


@pytest.mark.parametrize("code", [row[1] for row in ROWS if row[0] < 500])
def test_a_5xx_proves_nothing_whatever_its_code(code: str) -> None:
    assert explain(read(refused(502, code)), NOW).effect is Effect.UNKNOWN


@pytest.mark.parametrize(
    ("code", "wait"),
    [
        ("rate_limit_exceeded", timedelta(seconds=60)),
        ("spam_risk_too_many_posts", timedelta(hours=1)),
        ("reached_active_user_cap", timedelta(hours=1)),
        ("invalid_param", None),
    ],
)
def test_waits(code: str, wait: timedelta | None) -> None:
    assert explain(read(refused(403, code)), NOW).retry_after == wait
    told = Answer(403, {"retry-after": "9"}, read(refused(403, code)).body, "")
    assert explain(told, NOW).retry_after == timedelta(seconds=9)


@pytest.mark.parametrize(
    ("status", "reason", "effect"),
    [
        (400, R.MEDIA_VALIDATION_FAILED, S.REJECTED),
        (403, R.MEDIA_PROCESSING_FAILED, S.UNKNOWN),
        (404, R.MEDIA_PROCESSING_FAILED, S.UNKNOWN),
        (416, R.MEDIA_PROCESSING_FAILED, S.UNKNOWN),
        (418, R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
        (429, R.RATE_LIMITED, S.NOT_SENT),
        (500, R.PROVIDER_OUTAGE, S.UNKNOWN),
    ],
)
def test_an_upload_answers_with_a_bare_status(status: int, reason: Reason, effect: Effect) -> None:
    error = explain(Answer(status, {}, None, ""), NOW, upload=True)
    assert (error.reason, error.effect, error.provider_code) == (reason, effect, f"HTTP {status}")


@pytest.mark.parametrize(
    "body", [None, {}, [], {"error": None}, {"error": {}}, {"error": "ok"}, {"error": {"code": "OK"}}, {"data": {}}]
)
def test_only_ok_is_ok(body: Any) -> None:
    given = Answer(200, {}, body, "")
    assert not is_ok(given)
    assert explain(given, NOW).effect is Effect.UNKNOWN
    assert is_ok(Answer(500, {}, {"error": {"code": "ok"}}, ""))


@pytest.mark.parametrize("text", [UPLOAD_URL, UPLOAD_URL.replace("/", "\\/"), f'{{"upload_url":"{UPLOAD_URL}"}}'])
def test_an_upload_address_is_never_kept(text: str) -> None:
    error = explain(Answer(500, {}, {"error": {"code": "x", "message": text}}, text), NOW)
    kept = f"{error.raw} {error.provider_message}"
    assert "secret-upload-token" not in kept
    assert "upload_id" not in kept
    assert "upload.example" in kept


@pytest.mark.parametrize("lost", [httpx.ReadError(f"reset by {UPLOAD_URL}"), httpx.Response(418, text=UPLOAD_URL)])
async def test_nor_by_a_broken_or_refused_upload(lost: Any) -> None:
    built = TIKTOK.failing(lost)
    with pytest.raises(Exception, match=r"TikTok|connection") as caught:
        await built.channel.publish(TIKTOK.draft, WHO, TIKTOK.handle, Saved(TIKTOK.handle), stage())
    kept = " ".join(str(value) for value in vars(caught.value).values())
    assert "secret-upload-token" not in kept


async def test_a_token_echoed_with_http_200_is_cut_out() -> None:
    built = bench("tiktok", SETTINGS)
    token = WHO.credentials.access_token.get_secret_value()
    body = {"error": {"code": "odd", "message": f"what is {token}"}}
    built.network.on("POST", STATUS, ok(body))
    with pytest.raises(Exception, match="TikTok") as caught:
        await built.channel.check(TIKTOK.draft, WHO, TIKTOK.handle)
    kept = " ".join(str(value) for value in vars(caught.value).values())
    assert "odd" in kept
    assert token not in kept
