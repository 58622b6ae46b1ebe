"""The v2 envelope, `{data, error: {code, message, log_id}}`, and the codes with the statuses that go with them.

Source: docs/networks/tiktok.md section 6. creator_info reports three of them with HTTP 200.
"""

from __future__ import annotations

import secrets
from typing import Any

from munadi.sandbox.exchange import Answer, Refusal
from munadi.sandbox.platform import names

STATUSES = {
    401: "access_token_invalid scope_not_authorized scope_permission_missed",
    403: "privacy_level_option_mismatch unaudited_client_can_only_post_to_private_accounts url_ownership_unverified "
    "spam_risk_too_many_posts spam_risk_too_many_pending_share spam_risk_user_banned_from_posting spam_risk "
    "reached_active_user_cap",
    429: "rate_limit_exceeded",
    500: "internal_error",
}
STATUS_OF = {code: status for status, codes in STATUSES.items() for code in codes.split()}  # all others: 400
MESSAGES = {
    "access_token_invalid": "The access token is invalid or not found in the request.",
    "scope_not_authorized": "The user did not authorize the scope required for completing this request.",
    "rate_limit_exceeded": "The API rate limit was exceeded. Please try again later.",
    "internal_error": "Something went wrong. Please try again later.",
    "url_ownership_unverified": "Please review our URL ownership verification rules.",
    "unaudited_client_can_only_post_to_private_accounts": "Please review our integration guidelines.",
    "privacy_level_option_mismatch": "Privacy level is not one of the options of creator_info.",
    "spam_risk_too_many_posts": "The daily post cap from the API is reached for the current user.",
    "spam_risk_user_banned_from_posting": "The user is banned from making new posts.",
    "reached_active_user_cap": "The daily quota for active publishing users from your client is reached.",
}
FAIL_REASONS = names(
    "file_format_check_failed duration_check_failed frame_rate_check_failed picture_size_check_failed "
    "video_bitrate_check_failed video_pull_failed photo_pull_failed internal publish_cancelled auth_removed "
    "spam_risk_too_many_posts spam_risk_user_banned_from_posting spam_risk spam_risk_text privacy_level_not_authorized"
)


def done(data: dict[str, Any] | None = None, *, effect: bool = False) -> Answer:
    return Answer(200, _envelope("ok", "", data or {}), effect=effect)


def refuse(code: str, message: str | None = None, *, status: int | None = None) -> Refusal:
    return Refusal(planned_failure({"code": code, "message": message}, status))


def invalid(message: str) -> Refusal:
    return refuse("invalid_params", message)


def refuse_if(broken: object, code: str, message: str | None = None) -> None:
    if broken:
        raise refuse(code, message)


def invalid_if(broken: object, message: str) -> None:
    if broken:
        raise invalid(message)


def planned_failure(error: dict[str, Any], status: int | None) -> Answer:
    """The answer for a fault's `error: {code, message}`; internal_error when it is empty."""
    code = str(error.get("code") or "internal_error")
    message = error.get("message") or MESSAGES.get(code, "Please check the documentation.")
    return Answer(status or STATUS_OF.get(code, 400), _envelope(code, message, {}))


def oauth_refusal(error: str, description: str, *, as_success: bool) -> Refusal:
    """OAuth errors have their own shape; some reports say that they arrive with HTTP 200."""
    body = {"error": error, "error_description": description, "log_id": _log_id()}
    return Refusal(Answer(200 if as_success else 400, body))


def _envelope(code: str, message: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"data": data, "error": {"code": code, "message": message, "log_id": _log_id()}}


def _log_id() -> str:
    return "2026" + secrets.token_hex(14).upper()
