"""Graph API errors: the envelope, and the (code, subcode) pairs that every network of the family emits.

Source: Meta's error-handling page; messages are Meta's where they are known, close to them otherwise.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from munadi.sandbox.exchange import Answer, Refusal


@dataclass(frozen=True)
class GraphError:
    """`user_message` is in the reader's language; without one the message is shown below the title."""

    code: int
    subcode: int | None
    message: str
    status: int = 400
    transient: bool = False
    title: str | None = None
    user_message: str | None = None


TOKEN_MISSING = GraphError(104, None, "An access token is required to request this resource.")
TOKEN_UNREADABLE = GraphError(190, None, "Invalid OAuth access token - Cannot parse access token")
TOKEN_EXPIRED = GraphError(190, 463, "Error validating access token: Session has expired.")
APP_REMOVED = GraphError(190, 458, "Error validating access token: The user has not authorized application.")
PASSWORD_CHANGED = GraphError(190, 460, "Error validating access token: The session has been invalidated "
                              "because the user changed their password.")  # fmt: skip
CHECKPOINT = GraphError(190, 459, "Error validating access token: You cannot access the app till you log in "
                        "to the network's own site and follow the instructions given.")  # fmt: skip
SESSION_INVALID = GraphError(190, 467, "Error validating access token: The session is invalid because the "
                             "user logged out.")  # fmt: skip
NO_PERMISSION = GraphError(10, None, "(#10) Application does not have permission for this action", 403)
UNKNOWN = GraphError(1, None, "An unknown error has occurred.", 500, True)
SERVICE_DOWN = GraphError(2, None, "An unexpected error has occurred. Please retry your request later.", 500, True)
APP_LIMIT = GraphError(4, None, "(#4) Application request limit reached")
MISSING_OBJECT = GraphError(100, 33, "Unsupported get request. Object with ID does not exist, cannot be loaded "
                            "due to missing permissions, or does not support this operation.")  # fmt: skip
IMAGE_TOO_LARGE = GraphError(36000, 2207004, "The image size is too large.")
IMAGE_FORMAT = GraphError(36001, 2207005, "The image format is not supported.")
ASPECT_RATIO = GraphError(36003, 2207009, "The aspect ratio is not supported.")
REVOCATIONS = {one.subcode: one for one in (APP_REMOVED, PASSWORD_CHANGED, CHECKPOINT, SESSION_INVALID)}


def graph_answer(
    error: GraphError, *, message: str | None = None, status: int | None = None, data: Any = None
) -> Answer:
    body: dict[str, Any] = {
        "message": message or error.message,
        "type": "OAuthException",
        "code": error.code,
        "is_transient": error.transient,
        "fbtrace_id": "A" + secrets.token_urlsafe(16),
    }
    if error.subcode is not None:
        body["error_subcode"] = error.subcode
    if error.title is not None:
        body |= {"error_user_title": error.title, "error_user_msg": error.user_message or body["message"]}
    if data is not None:
        body["error_data"] = data
    return Answer(status or error.status, {"error": body})


def refuse(error: GraphError, message: str | None = None, *, data: Any = None) -> Refusal:
    return Refusal(graph_answer(error, message=message, data=data))


def parameter_error(message: str) -> GraphError:
    return GraphError(100, None, f"(#100) {message}")


def bad_parameter(message: str) -> Refusal:
    return refuse(parameter_error(message))


def refuse_if(broken: object, error: GraphError, message: str | None = None, *, data: Any = None) -> None:
    if broken:
        raise refuse(error, message, data=data)


def bad_parameter_if(broken: object, message: str) -> None:
    if broken:
        raise bad_parameter(message)


def missing_object(object_id: str, method: str = "get") -> Refusal:
    words = MISSING_OBJECT.message.replace("Object with ID", f"Object with ID '{object_id}'")
    return refuse(MISSING_OBJECT, words.replace("get request", f"{method.lower()} request"))


def login_error(message: str) -> Refusal:
    """The exchange of a code has an envelope of its own."""
    return Refusal(Answer(400, {"error_type": "OAuthException", "code": 400, "error_message": message}))
