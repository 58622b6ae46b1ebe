"""The XRPC error envelope `{"error", "message"}` and the statuses of the names that occur.

Names, statuses and messages are those of the reference PDS (npm @atproto/pds 0.4.217, run side by side).
"""

from __future__ import annotations

from munadi.sandbox.exchange import Answer, Refusal

# name → (HTTP status, the reference's usual message)
KNOWN = {
    "InvalidRequest": (400, "Invalid Request"),
    "ExpiredToken": (400, "Token has expired"),
    "InvalidToken": (400, "Token could not be verified"),
    "InvalidSwap": (400, "Record was at null"),
    "BlobNotFound": (400, "Could not find blob"),
    "RecordNotFound": (400, "Could not locate record"),
    "SyntaxError": (400, "Expected property name or '}' in JSON at position 1"),
    "BadExpiration": (400, "Bad expiration"),
    "AuthMissing": (401, "Authentication Required"),
    "AuthenticationRequired": (401, "Authentication Required"),
    "AuthFactorTokenRequired": (401, "A sign in code has been sent to your email address"),
    "AccountTakedown": (401, "Account has been taken down"),
    "AccountDeactivated": (401, "Account is deactivated"),
    "AccountNotFound": (403, "Account not found"),
    "ScopeMissingError": (403, "Missing required scope"),
    "PayloadTooLarge": (413, "request entity too large"),
    "PayloadTooLargeError": (413, "request entity too large"),  # of JSON bodies
    "RateLimitExceeded": (429, "Rate Limit Exceeded"),
    "InternalServerError": (500, "Internal Server Error"),
    "MethodNotImplemented": (501, "Method Not Implemented"),
    "UpstreamFailure": (502, "Upstream Failure"),
    "NotEnoughResources": (503, "Not Enough Resources"),
    "UpstreamTimeout": (504, "Upstream Timeout"),
}


def xrpc_error(
    name: str, message: str | None = None, *, status: int | None = None, headers: dict[str, str] | None = None
) -> Answer:
    usual_status, usual_message = KNOWN.get(name, (400, name))
    body = {"error": name, "message": usual_message if message is None else message}
    return Answer(status or usual_status, body, headers or {})


def refuse(
    name: str, message: str | None = None, *, status: int | None = None, headers: dict[str, str] | None = None
) -> Refusal:
    return Refusal(xrpc_error(name, message, status=status, headers=headers))


def refuse_if(broken: object, name: str, message: str | None = None, *, headers: dict[str, str] | None = None) -> None:
    if broken:
        raise refuse(name, message, headers=headers)
