"""The meaning of Mastodon's answers: OAuth's words as keys, and answers by their status and text."""

from __future__ import annotations

from munadi.domain.failure import Effect, Reason
from tests.channels.error_answers import ErrorTable, given, mastodon_of

R, S = Reason, Effect
MASTODON = ErrorTable(
    """
TOKEN_REVOKED not_sent: invalid_grant invalid_client unauthorized_client
TOKEN_EXPIRED not_sent: invalid_token
MISSING_SCOPE rejected: insufficient_scope
""",
    mastodon_of,
    [
        (given(401, {"error": "The access token was revoked"}), R.TOKEN_EXPIRED, S.NOT_SENT, "HTTP 401"),
        (given(401), R.TOKEN_EXPIRED, S.NOT_SENT, "HTTP 401"),
        (given(422, {"error": "This method requires an authenticated user"}), R.TOKEN_EXPIRED, S.NOT_SENT, "HTTP 422"),
        (given(403, {"error": "This action is outside the authorized scopes"}), R.MISSING_SCOPE, S.REJECTED, None),
        (given(403, {"error": "Your login is currently disabled"}), R.ACCOUNT_RESTRICTED, S.REJECTED, "HTTP 403"),
        (given(403, {"error": "This action is not allowed"}), R.CONTENT_POLICY, S.REJECTED, None),
        (given(403, {"error": "Cette action est interdite"}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 403"),
        (given(403, "<html>"), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, None),
        (given(404, {"error": "Record not found"}), R.TARGET_NOT_ACCESSIBLE, S.REJECTED, "HTTP 404"),
        (given(404), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 404"),
        (given(422, {"error": "Validation failed: Text can't be blank"}), R.MISSING_FIELD, S.REJECTED, None),
        (
            given(422, {"error": "Validation failed: Text character limit of 500 exceeded"}),
            R.TEXT_TOO_LONG,
            S.REJECTED,
            None,
        ),
        (
            given(422, {"error": "Cannot attach files that have not finished processing."}),
            R.PROVIDER_OUTAGE,
            S.NOT_SENT,
            None,
        ),
        (
            given(422, {"error": "Media 1 not found or already attached to another post"}),
            R.DUPLICATE_CONTENT,
            S.UNKNOWN,
            None,
        ),
        (given(422, {"error": "Cannot attach more than 4 files"}), R.MEDIA_VALIDATION_FAILED, S.REJECTED, "HTTP 422"),
        (
            given(422, {"error": "Validation failed: File content type is invalid"}),
            R.MEDIA_VALIDATION_FAILED,
            S.REJECTED,
            None,
        ),
        (given(422, {"error": "Validierung gescheitert"}), R.INVALID_FIELD, S.REJECTED, None),
        (given(422, "<html>"), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, None),
        (given(400, {"error": "too long"}), R.INVALID_FIELD, S.REJECTED, None),
        (given(413), R.MEDIA_VALIDATION_FAILED, S.REJECTED, None),
        (given(429), R.RATE_LIMITED, S.NOT_SENT, "HTTP 429"),
        (given(500, {"error": "Record not found"}), R.PROVIDER_OUTAGE, S.UNKNOWN, "HTTP 500"),
        (given(503, {"error": "invalid_grant"}), R.PROVIDER_OUTAGE, S.UNKNOWN, None),
        (given(200, {"status": "request already handled"}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, None),
    ],
)
