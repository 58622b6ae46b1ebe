"""The meaning of X's answers: problem types, older codes and OAuth's words as keys, and answers by their text."""

from __future__ import annotations

from typing import Any

from munadi.domain.failure import Effect, Reason
from munadi.ports import Answer
from tests.channels.error_answers import ErrorTable, given, x_of

R, S = Reason, Effect


def problem(status: int, detail: str, kind: str = "about:blank", **headers: Any) -> Answer:
    return given(status, {"title": "x", "detail": detail, "type": kind, "status": status}, **headers)


INVALID = "https://api.twitter.com/2/problems/invalid-request"
X = ErrorTable(
    """
MISSING_SCOPE rejected: unsupported-authentication invalid_scope
APP_NOT_APPROVED rejected: client-forbidden invalid_client unauthorized_client
CONTENT_POLICY rejected: not-authorized-for-resource
ACCOUNT_RESTRICTED rejected: user-suspended 64
INVALID_FIELD rejected: invalid-request
TARGET_NOT_ACCESSIBLE rejected: resource-not-found
RATE_LIMITED not_sent 900: rate-limit 88
QUOTA_EXCEEDED not_sent 3600: usage-capped
TOKEN_EXPIRED not_sent: 32 89
TEXT_TOO_LONG rejected: 186
DUPLICATE_CONTENT rejected: 187
MEDIA_VALIDATION_FAILED rejected: 324
TOKEN_REVOKED not_sent: invalid_grant invalid_request
""",
    x_of,
    [
        (problem(401, "Unauthorized"), R.TOKEN_EXPIRED, S.NOT_SENT, "HTTP 401"),
        (given(401), R.TOKEN_EXPIRED, S.NOT_SENT, "HTTP 401"),
        (
            problem(403, "You are not allowed to create a Tweet with duplicate content."),
            R.DUPLICATE_CONTENT,
            S.REJECTED,
            "HTTP 403",
        ),
        (problem(403, "Quoting this post is not allowed"), R.CONTENT_POLICY, S.REJECTED, None),
        (problem(403, "You are not permitted to perform this action."), R.INVALID_FIELD, S.REJECTED, None),
        (
            problem(403, "Your account is not permitted to access this feature"),
            R.ACCOUNT_RESTRICTED,
            S.REJECTED,
            None,
        ),
        (problem(403, "You may not post a video longer than 2 minutes"), R.MEDIA_VALIDATION_FAILED, S.REJECTED, None),
        (problem(403, "Something new"), R.UNKNOWN_PROVIDER_ERROR, S.REJECTED, "HTTP 403"),
        (given(403, "<html>"), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 403"),
        (problem(400, "Your media IDs are invalid.", INVALID), R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, None),
        (
            problem(400, "The Tweet is deleted or not visible to you", INVALID),
            R.TARGET_NOT_ACCESSIBLE,
            S.REJECTED,
            None,
        ),
        (problem(400, "maximum of one cashtag", INVALID), R.INVALID_FIELD, S.REJECTED, "invalid-request"),
        (given(400), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, None),
        (problem(402, "CreditsDepleted"), R.QUOTA_EXCEEDED, S.NOT_SENT, "HTTP 402"),
        (problem(404, "gone"), R.TARGET_NOT_ACCESSIBLE, S.REJECTED, "HTTP 404"),
        (given(404), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 404"),
        (given(429), R.RATE_LIMITED, S.NOT_SENT, "HTTP 429"),
        (
            given(429, x_user_limit_24hour_remaining="0", x_user_limit_24hour_reset="1"),
            R.DAILY_CAP_REACHED,
            S.NOT_SENT,
            "HTTP 429",
        ),
        (problem(500, "duplicate content"), R.PROVIDER_OUTAGE, S.UNKNOWN, "HTTP 500"),
        (given(503, {"error": "invalid_grant"}), R.PROVIDER_OUTAGE, S.UNKNOWN, None),
        (given(418, {"detail": "odd"}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 418"),
        (given(400, {"errors": ["odd"]}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, None),
    ],
)
