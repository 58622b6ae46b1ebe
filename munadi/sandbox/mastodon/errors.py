"""Mastodon's envelope `{"error": "text"}` and the refusals of this emulation. Source: docs/networks/mastodon.md, 6."""

from __future__ import annotations

from typing import Any

from munadi.sandbox.exchange import Answer, Refusal

GRANT = (
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the "
    "authorization request, or was issued to another client."
)
CLIENT = "Client authentication failed due to unknown client, no client authentication included, or unsupported method."
KNOWN: dict[str, tuple[int, str]] = {
    "token": (401, "The access token is invalid"),
    "scopes": (403, "This action is outside the authorized scopes"),
    "disabled": (403, "Your login is currently disabled"),
    "missing": (404, "Record not found"),
    "blank": (422, "Validation failed: Text can't be blank"),
    "poll_media": (422, "Validation failed: Cannot attach media to a poll"),
    "poll": (422, "Validation failed: Poll options or duration are invalid"),
    "mixed": (422, "Cannot attach a video to a post that already contains images"),
    "unfinished": (422, "Cannot attach files that have not finished processing. Try again in a moment!"),
    "attached": (422, "Media not found or already attached to another post"),
    "type": (422, "Validation failed: File content type is invalid, File is invalid"),
    "failed": (422, "There was an error processing the file"),
    "rate": (429, "Too many requests"),
    "internal": (500, "Internal Server Error"),
    "busy": (503, "There was a temporary problem serving your request, please try again"),
}


def answer(key: str, **more: str) -> Answer:
    status, text = KNOWN[key]
    return Answer(status, {"error": text}, more)


def refuse(key: str) -> Refusal:
    return Refusal(answer(key))


def refuse_if(broken: object, key: str) -> None:
    if broken:
        raise refuse(key)


def refuse_token(word: str, status: int = 400) -> Refusal:
    """A refusal of the token endpoint."""
    text = CLIENT if word == "invalid_client" else GRANT
    return Refusal(Answer(status, {"error": word, "error_description": text}))


def planned(error: dict[str, Any], status: int | None) -> Answer:
    """The answer for a fault's `error: {error, message}`: a key of `KNOWN`, or the text itself."""
    known, text = KNOWN.get(str(error.get("error", "internal")), (422, str(error.get("error"))))
    return Answer(status or known, {"error": error.get("message", text)})
