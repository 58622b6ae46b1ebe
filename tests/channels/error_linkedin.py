"""The meaning of LinkedIn's answers: its codes and OAuth's words as keys, and answers whose status decides."""

from __future__ import annotations

from munadi.domain.failure import Effect, Reason
from tests.channels.error_answers import WORDS, ErrorTable, given, linkedin_of

R, S = Reason, Effect
LINKEDIN = ErrorTable(
    """
TOKEN_REVOKED not_sent: 65601 invalid_request invalid_grant invalid_redirect_uri
TOKEN_EXPIRED not_sent: 65602 EMPTY_ACCESS_TOKEN
MISSING_SCOPE rejected: ACCESS_DENIED DOCUMENT_FORBIDDEN
TARGET_NOT_ACCESSIBLE rejected: NOT_FOUND
MISSING_FIELD rejected: MISSING_FIELD
INVALID_FIELD rejected: INVALID_VALUE_FOR_FIELD INVALID_URN_TYPE INVALID_URN_ID INVALID_VALUE_BLANK_FIELD
TEXT_TOO_LONG rejected: FIELD_LENGTH_TOO_LONG
PROVIDER_OUTAGE not_sent 900: VERSION_MISSING NONEXISTENT_VERSION
MEDIA_PROCESSING_TIMEOUT not_sent 5: MEDIA_ASSET_WAITING_UPLOAD
MEDIA_PROCESSING_FAILED not_sent: EXPIRED_UPLOAD_URL MEDIA_ASSET_PROCESSING_FAILED INVALID_IMAGE_ID INVALID_VIDEO_ID
MEDIA_PROCESSING_FAILED not_sent: UPDATING_ASSET_FAILED
DUPLICATE_CONTENT rejected: DUPLICATE_POST
PROVIDER_OUTAGE unknown: CONFLICT
RATE_LIMITED not_sent 900: TOO_MANY_REQUESTS
APP_NOT_APPROVED rejected: invalid_client invalid_client_id unauthorized_client unauthorized_scope_error
""",
    linkedin_of,
    [
        (given(401), R.TOKEN_EXPIRED, S.NOT_SENT, "HTTP 401"),
        (given(401, {"status": 401, "message": WORDS, "serviceErrorCode": 65600}), R.TOKEN_EXPIRED, S.NOT_SENT, None),
        (given(400, {"status": 400, "message": WORDS}), R.INVALID_FIELD, S.REJECTED, "HTTP 400"),
        (given(400, {"status": 400, "message": WORDS, "code": "NEW"}), R.INVALID_FIELD, S.REJECTED, "NEW"),
        (given(400, {"status": 500, "message": WORDS}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 400"),
        (given(400, {"message": WORDS}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, None),
        (given(400), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 400"),
        (given(403, {"status": 403, "message": WORDS}), R.MISSING_SCOPE, S.REJECTED, "HTTP 403"),
        (given(403, "<html>"), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 403"),
        (given(404, {"status": 404, "message": WORDS}), R.TARGET_NOT_ACCESSIBLE, S.REJECTED, "HTTP 404"),
        (given(404), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 404"),
        (given(409), R.PROVIDER_OUTAGE, S.UNKNOWN, "HTTP 409"),
        (given(413, {"status": 413, "message": WORDS}), R.UNKNOWN_PROVIDER_ERROR, S.REJECTED, "HTTP 413"),
        (given(413), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 413"),
        (given(422, {"status": 422, "message": WORDS}), R.INVALID_FIELD, S.REJECTED, "HTTP 422"),
        (given(426), R.PROVIDER_OUTAGE, S.NOT_SENT, "HTTP 426"),
        (given(429), R.RATE_LIMITED, S.NOT_SENT, "HTTP 429"),
        (given(500, {"status": 500, "code": "DUPLICATE_POST", "message": WORDS}), R.PROVIDER_OUTAGE, S.UNKNOWN, None),
        (given(503, {"error": "invalid_grant"}), R.PROVIDER_OUTAGE, S.UNKNOWN, None),
        (given(418, {"status": 418, "message": WORDS}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 418"),
    ],
)
