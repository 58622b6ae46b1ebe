"""The meaning of Pinterest's answers: `status/code` as keys, and answers by their text."""

from __future__ import annotations

from munadi.domain.failure import Effect, Reason
from munadi.ports import Answer
from tests.channels.error_answers import ErrorTable, given, pinterest_of

R, S = Reason, Effect


def problem(status: int, code: int, message: str, **headers: str) -> Answer:
    return given(status, {"code": code, "message": message}, **headers)


PINTEREST = ErrorTable(
    """
INVALID_FIELD rejected: 400/1 409/1
TOKEN_EXPIRED not_sent: 401/2
APP_NOT_APPROVED rejected: 401/3
TARGET_NOT_ACCESSIBLE rejected: 403/29 404/40 404/50
RATE_LIMITED not_sent 60: 429/8
""",
    pinterest_of,
    [
        (
            problem(403, 29, "Apps with Trial access may not create Pins in production"),
            R.APP_NOT_APPROVED,
            S.REJECTED,
            "403/29",
        ),
        (problem(403, 7, "Something new"), R.UNKNOWN_PROVIDER_ERROR, S.REJECTED, "403/7"),
        (problem(400, 235, "Sorry, we could not fetch the image."), R.MEDIA_UNREACHABLE, S.NOT_SENT, "400/235"),
        (problem(400, 1, "Unable to reach the URL."), R.MEDIA_UNREACHABLE, S.NOT_SENT, "400/1"),
        (problem(400, 1, "This link was blocked"), R.SPAM_BLOCKED, S.REJECTED, "400/1"),
        (problem(400, 99, "odd"), R.INVALID_FIELD, S.REJECTED, "400/99"),
        (problem(404, 99, "odd"), R.TARGET_NOT_ACCESSIBLE, S.REJECTED, "404/99"),
        (given(400, {"code": "1", "message": "odd"}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 400"),
        (given(401), R.TOKEN_EXPIRED, S.NOT_SENT, "HTTP 401"),
        (given(403, "<html>"), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 403"),
        (given(404), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 404"),
        (given(429), R.RATE_LIMITED, S.NOT_SENT, "HTTP 429"),
        (problem(500, 1, "could not fetch the image"), R.PROVIDER_OUTAGE, S.UNKNOWN, "500/1"),
        (given(503, "<html>"), R.PROVIDER_OUTAGE, S.UNKNOWN, "HTTP 503"),
        (problem(418, 1, "odd"), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "418/1"),
    ],
)
