"""Graph API errors: the envelope, and the (code, subcode) pairs that this emulation emits.

Source: channels/instagram.md section 6; messages are Meta's where they are known, close to them otherwise.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from munadi.sandbox.exchange import Answer, Refusal


@dataclass(frozen=True)
class GraphError:
    code: int
    subcode: int | None
    message: str
    status: int = 400
    transient: bool = False
    title: str | None = None


TOKEN_MISSING = GraphError(104, None, "An access token is required to request this resource.")
TOKEN_UNREADABLE = GraphError(190, None, "Invalid OAuth access token - Cannot parse access token")
TOKEN_EXPIRED = GraphError(190, 463, "Error validating access token: Session has expired.")
APP_REMOVED = GraphError(190, 458, "Error validating access token: The user has not authorized application.")
PASSWORD_CHANGED = GraphError(190, 460, "Error validating access token: The session has been invalidated "
                              "because the user changed their password.")  # fmt: skip
CHECKPOINT = GraphError(190, 459, "Error validating access token: You cannot access the app till you log in "
                        "to www.instagram.com and follow the instructions given.")  # fmt: skip
SESSION_INVALID = GraphError(190, 467, "Error validating access token: The session is invalid because the "
                             "user logged out.")  # fmt: skip
NO_PERMISSION = GraphError(10, None, "(#10) Application does not have permission for this action", 403)
UNKNOWN = GraphError(1, None, "An unknown error has occurred.", 500, True)
SERVICE_DOWN = GraphError(2, None, "An unexpected error has occurred. Please retry your request later.", 500, True)
APP_LIMIT = GraphError(4, None, "(#4) Application request limit reached")
SPAM = GraphError(4, 2207051, "Application request limit reached", title="Action is blocked")
MISSING_OBJECT = GraphError(100, 33, "Unsupported get request. Object with ID does not exist, cannot be loaded "
                            "due to missing permissions, or does not support this operation.")  # fmt: skip
UNKNOWN_MEDIA_TYPE = GraphError(100, 2207023, "The media type is unknown.")
VIDEO_IS_REELS = GraphError(100, 2207067, "The VIDEO media_type is no longer supported. Use REELS.")
CAROUSEL_COUNT = GraphError(100, 2207028, "A carousel needs between 2 and 10 children.")
ALREADY_PUBLISHED = GraphError(100, None, "(#100) The media container was already published.")
CHILD_ALONE = GraphError(100, None, "(#100) A carousel item cannot be published on its own.")
DOWNLOAD_TIMEOUT = GraphError(-2, 2207003, "Timeout downloading media")
PUBLISH_QUOTA = GraphError(9, 2207042, "Application request limit reached", title="Max posts per day reached")
MEDIA_MISSING = GraphError(24, 2207006, "The requested resource does not exist")
CONTAINER_MISSING = GraphError(24, 2207008, "Media builder does not exist or has expired")
RESTRICTED = GraphError(25, 2207050, "The Instagram account is restricted.")
NOT_FETCHABLE = GraphError(9004, 2207052, "Only photo or video can be accepted as media type.",
                           title="The media could not be fetched from this URI.")  # fmt: skip
NOT_READY = GraphError(9007, 2207027, "Media ID is not available", title="The media is not ready for publishing")
IMAGE_TOO_LARGE = GraphError(36000, 2207004, "The image size is too large.")
IMAGE_FORMAT = GraphError(36001, 2207005, "The image format is not supported.")
ASPECT_RATIO = GraphError(36003, 2207009, "The aspect ratio is not supported.")
CAPTION_TOO_LONG = GraphError(36004, 2207010, "The caption was too long.")

# What a failed video leaves in the container's `status`
VIDEO_UNSUPPORTED, VIDEO_NOT_FETCHABLE, VIDEO_LOST = 2207026, 2207052, 2207053
BY_PAIR = {(error.code, error.subcode): error for error in list(globals().values()) if isinstance(error, GraphError)}


def graph_answer(error: GraphError, *, message: str | None = None, status: int | None = None) -> Answer:
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
        body |= {"error_user_title": error.title, "error_user_msg": message or error.message}
    return Answer(status or error.status, {"error": body})


def refuse(error: GraphError, message: str | None = None) -> Refusal:
    return Refusal(graph_answer(error, message=message))


def bad_parameter(message: str) -> Refusal:
    return refuse(GraphError(100, None, f"(#100) {message}"))


def missing_object(object_id: str, method: str = "get") -> Refusal:
    words = MISSING_OBJECT.message.replace("Object with ID", f"Object with ID '{object_id}'")
    return refuse(MISSING_OBJECT, words.replace("get request", f"{method.lower()} request"))


def planned_failure(error: dict[str, Any], status: int | None) -> Answer:
    """What a fault's `error: {code, subcode, message}` means; code 2 when it says nothing."""
    pair = (error.get("code", 2), error.get("subcode"))
    known = BY_PAIR.get(pair) or GraphError(*pair, f"(#{pair[0]}) Error")
    return graph_answer(known, message=error.get("message"), status=status)
