"""The Bot API's envelope and the refusals of this emulation. Source: docs/networks/telegram.md, section 6."""

from __future__ import annotations

from typing import Any

from munadi.sandbox.exchange import Answer, Refusal

KNOWN: dict[str, tuple[int, str]] = {
    "token": (401, "Unauthorized"),
    "missing": (404, "Not Found"),
    "chat": (400, "Bad Request: chat not found"),
    "kicked": (403, "Forbidden: bot was kicked from the channel chat"),
    "right": (400, "Bad Request: need administrator rights in the channel chat"),
    "photos": (400, "Bad Request: not enough rights to send photos to the chat"),
    "upgraded": (400, "Bad Request: group chat was upgraded to a supergroup chat"),
    "empty": (400, "Bad Request: message text is empty"),
    "long": (400, "Bad Request: message is too long"),
    "caption": (400, "Bad Request: message caption is too long"),
    "entities": (400, "Bad Request: ENTITY_BOUNDS_INVALID"),
    "poll": (400, "Bad Request: poll must have at least 1 option"),
    "anonymous": (400, "Bad Request: non-anonymous polls can't be sent to channel chats"),
    "parent": (400, "Bad Request: message to be replied not found"),
    "file": (400, "Bad Request: wrong file identifier/HTTP URL specified"),
    "image": (400, "Bad Request: IMAGE_PROCESS_FAILED"),
    "sides": (400, "Bad Request: PHOTO_INVALID_DIMENSIONS"),
    "extension": (
        400,
        "Bad Request: photo has unsupported extension. Use one of .jpg, .jpeg, .gif, .png, .tif or .bmp",
    ),
    "album": (400, "Bad Request: can't use the media of the specified type in the album"),
    "large": (413, "Request Entity Too Large"),
    "unforwarded": (400, "Bad Request: message to forward not found"),
    "protected": (400, "Bad Request: message can't be forwarded"),
    "gone": (400, "Bad Request: message to edit not found"),
    "anothers": (400, "Bad Request: message can't be edited"),
    "own": (400, "Bad Request: there is no live location in the message to edit"),
    "invalid": (400, "Bad Request: invalid parameter"),
    "rate": (429, "Too Many Requests: retry after 30"),
    "restart": (500, "Internal Server Error: restart"),
}


def answer(key: str, description: str | None = None, status: int = 0, **more: Any) -> Answer:
    code, text = KNOWN[key]
    found = status or code
    return Answer(found, {"ok": False, "error_code": found, "description": description or text, **more})


def refuse(key: str, **more: Any) -> Refusal:
    return Refusal(answer(key, **more))


def refuse_if(broken: object, key: str) -> None:
    if broken:
        raise refuse(key)


def too_many(seconds: int) -> Refusal:
    """429 says the seconds three times."""
    body = answer("rate", f"Too Many Requests: retry after {seconds}", parameters={"retry_after": seconds}).body
    return Refusal(Answer(429, body, {"retry-after": str(seconds)}))


def planned(error: dict[str, Any], status: int | None) -> Answer:
    """The answer for a fault's `error: {error, message}`: a key of `KNOWN`, by default `restart`."""
    key = str(error.get("error", "restart"))
    return answer(key if key in KNOWN else "invalid", error.get("message"), status or 0)
