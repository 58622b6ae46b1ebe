"""X's problem JSON and the refusals of this emulation. Source: docs/networks/x.md, section 6."""

from __future__ import annotations

from typing import Any

from munadi.sandbox.exchange import Answer, Refusal

TYPES = "https://api.x.com/2/problems/"
# Problems that name the kind of thing they are about.
OF_RESOURCES = (f"{TYPES}not-authorized-for-resource", f"{TYPES}resource-not-found")
INVALID = "One or more parameters to your request was invalid."
KNOWN: dict[str, tuple[int, str, str]] = {
    "token": (401, "about:blank", "Unauthorized"),
    "scopes": (403, f"{TYPES}unsupported-authentication", "The token lacks a scope that this call needs."),
    "suspended": (403, f"{TYPES}user-suspended", "Your account is suspended."),
    "locked": (403, "about:blank", "Your account is not permitted to access this feature."),
    "duplicate": (403, "about:blank", "You are not allowed to create a Tweet with duplicate content."),
    "forbidden": (403, "about:blank", "You are not permitted to perform this action."),
    "reply": (
        403,
        f"{TYPES}not-authorized-for-resource",
        "You can only reply to or quote posts where you are mentioned or are the author.",
    ),
    "invalid": (400, f"{TYPES}invalid-request", INVALID),
    "parent": (400, f"{TYPES}invalid-request", "The Tweet replied to is deleted or not visible to you."),
    "media": (400, f"{TYPES}invalid-request", "Your media IDs are invalid."),
    "missing": (404, f"{TYPES}resource-not-found", "Could not find the resource."),
    "credits": (402, f"{TYPES}credits-depleted", "Your enrolled account does not have any credits."),
    "rate": (429, f"{TYPES}rate-limit", "Too Many Requests"),
    "internal": (500, "about:blank", "Internal Server Error"),
    "busy": (503, "about:blank", "Service Unavailable"),
}  # fmt: skip


def answer(key: str, headers: dict[str, str] | None = None, detail: str | None = None, status: int = 0) -> Answer:
    known, kind, text = KNOWN[key]
    found = status or known
    body = {"title": kind.rpartition("/")[2], "detail": detail or text, "type": kind, "status": found}
    body |= {"resource_type": "post"} if kind in OF_RESOURCES else {}
    return Answer(found, body, headers or {})


def refuse(key: str, detail: str | None = None) -> Refusal:
    return Refusal(answer(key, detail=detail))


def refuse_if(broken: object, key: str, detail: str | None = None) -> None:
    if broken:
        raise refuse(key, detail)


def refuse_token(word: str, description: str = "Value passed for the token was invalid.", status: int = 400) -> Refusal:
    return Refusal(Answer(status, {"error": word, "error_description": description}))


def planned(error: dict[str, Any], status: int | None) -> Answer:
    """The answer for a fault's `error: {error, message}`: a key of `KNOWN`, by default `internal`."""
    key = str(error.get("error", "internal"))
    return answer(key if key in KNOWN else "invalid", detail=error.get("message"), status=status or 0)
