"""LinkedIn's envelope and the refusals of this emulation. Source: docs/networks/linkedin.md, section 6."""

from __future__ import annotations

from typing import Any

from munadi.sandbox.exchange import Answer, Refusal

KNOWN: dict[str, tuple[int, str, str]] = {
    "token": (401, "", "Invalid access token"),
    "access": (403, "ACCESS_DENIED", "Not enough permissions to access this resource"),
    "missing": (404, "NOT_FOUND", "Entity is not found"),
    "field": (400, "MISSING_FIELD", "A required field is missing"),
    "invalid": (400, "INVALID_VALUE_FOR_FIELD", "A field has an invalid value"),
    "blank": (400, "INVALID_VALUE_BLANK_FIELD", "A field is blank"),
    "long": (400, "FIELD_LENGTH_TOO_LONG", "A field is too long"),
    "encoding": (400, "ILLEGAL_ARGUMENT", "Syntax exception in path variables"),
    "versionMissing": (400, "VERSION_MISSING", "A version must be present"),
    "version": (426, "NONEXISTENT_VERSION", "Requested version is not active"),
    "waiting": (400, "MEDIA_ASSET_WAITING_UPLOAD", "The media asset is waiting for its upload"),
    "expired": (400, "EXPIRED_UPLOAD_URL", "The upload URL has expired"),
    "failed": (400, "MEDIA_ASSET_PROCESSING_FAILED", "The media asset could not be processed"),
    "image": (400, "INVALID_IMAGE_ID", "Invalid image id"),
    "video": (400, "INVALID_VIDEO_ID", "Invalid video id"),
    "document": (400, "INVALID_VALUE_FOR_FIELD", "Invalid document id"),  # its code is not documented
    "duplicate": (422, "DUPLICATE_POST", "Content is a duplicate"),
    "conflict": (409, "CONFLICT", "A write conflict occurred. Retry the request."),
    "rate": (429, "TOO_MANY_REQUESTS", "Resource level throttle limit for calls to this resource is reached."),
    "internal": (500, "INTERNAL_SERVER_ERROR", "Internal server error"),
    "busy": (503, "SERVICE_UNAVAILABLE", "Service unavailable"),
}


def answer(key: str, message: str | None = None, status: int = 0) -> Answer:
    known, code, text = KNOWN[key]
    body: dict[str, Any] = {"status": status or known, "message": message or text}
    return Answer(status or known, {**body, **({"code": code} if code else {"serviceErrorCode": 65600})})


def refuse(key: str, message: str | None = None) -> Refusal:
    return Refusal(answer(key, message))


def refuse_if(broken: object, key: str, message: str | None = None) -> None:
    if broken:
        raise refuse(key, message)


def refuse_token(word: str, description: str, status: int = 400) -> Refusal:
    return Refusal(Answer(status, {"error": word, "error_description": description}))


def planned(error: dict[str, Any], status: int | None) -> Answer:
    """The answer for a fault's `error: {error, message}`: a key of `KNOWN`, by default `internal`."""
    key = str(error.get("error", "internal"))
    return answer(key if key in KNOWN else "invalid", error.get("message"), status or 0)
