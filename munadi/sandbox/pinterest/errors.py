"""Pinterest's envelope `{code, message}` and the refusals of this emulation. Source: docs/networks/pinterest.md, 6."""

from __future__ import annotations

from typing import Any

from munadi.sandbox.exchange import Answer, Refusal

KNOWN: dict[str, tuple[int, int, str]] = {
    "token": (401, 2, "Authentication failed."),
    "gated": (401, 3, "Your application consumer type is not supported: restricted feature: pin_edit"),
    "trial": (403, 29, "Apps with Trial access may not create Pins in production. Use the sandbox instead."),
    "scopes": (403, 29, "You are not permitted to access that resource."),
    "invalid": (400, 1, "Invalid parameters."),
    "image": (400, 235, "Sorry, we could not fetch the image."),
    "address": (400, 1, "Unable to reach the URL. Please check the URL is correct and try again."),
    "spam": (400, 1, "Sorry! This link was blocked: it may lead to spam."),
    "board": (404, 40, "Board not found."),
    "pin": (404, 50, "Pin not found."),
    "media": (404, 1, "Media not found."),
    "missing": (404, 1, "Resource not found."),
    "name": (409, 1, "A board with this name exists."),
    "rate": (429, 8, "You have exceeded your rate limit. Try again later."),
    "internal": (500, 1, "Internal server error"),
    "busy": (503, 1, "Service unavailable"),
    "code": (400, 1, "The authorization code is invalid, expired or used."),
    "redirect_uri": (400, 1, "The redirect_uri does not match the one of the authorization."),
    "grant": (400, 1, "Invalid grant_type."),
}


def answer(key: str, headers: dict[str, str] | None = None, message: str | None = None, status: int = 0) -> Answer:
    known, code, text = KNOWN[key]
    return Answer(status or known, {"code": code, "message": message or text}, headers or {})


def refuse(key: str, message: str | None = None) -> Refusal:
    return Refusal(answer(key, message=message))


def refuse_if(broken: object, key: str, message: str | None = None) -> None:
    if broken:
        raise refuse(key, message)


def refuse_upload(code: str) -> Refusal:
    """A refusal of the place of uploads: XML."""
    return Refusal(Answer(403, f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code></Error>'))


def planned(error: dict[str, Any], status: int | None) -> Answer:
    """The answer for a fault's `error: {error, message}`: a key of `KNOWN`, by default `internal`."""
    key = str(error.get("error", "internal"))
    return answer(key if key in KNOWN else "invalid", message=error.get("message"), status=status or 0)
