"""Graph API errors of Pages: the envelope, and the codes that this emulation emits.

Source: channels/facebook.md section 6; messages are Meta's where they are known, close to them otherwise. Which code
answers a thirty-first reel is not documented; 613 is this emulation's choice.
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


TOKEN_MISSING = GraphError(104, None, "An access token is required to request this resource.")
TOKEN_UNREADABLE = GraphError(190, None, "Invalid OAuth access token - Cannot parse access token")
TOKEN_EXPIRED = GraphError(190, 463, "Error validating access token: Session has expired.")
APP_REMOVED = GraphError(190, 458, "Error validating access token: The user has not authorized application.")
PASSWORD_CHANGED = GraphError(190, 460, "Error validating access token: The session has been invalidated "
                              "because the user changed their password.")  # fmt: skip
CHECKPOINT = GraphError(190, 459, "Error validating access token: You cannot access the app till you log in "
                        "to www.facebook.com and follow the instructions given.")  # fmt: skip
SESSION_INVALID = GraphError(190, 467, "Error validating access token: The session is invalid because the "
                             "user logged out.")  # fmt: skip
ROLE_LOST = GraphError(190, 492, "Error validating access token: The user must be an administrator, editor, or "
                       "moderator of the page.")  # fmt: skip
NEEDS_PAGE_TOKEN = GraphError(200, None, "(#200) Publishing to a Page requires the token of the Page", 403)
NO_PERMISSION = GraphError(10, None, "(#10) This endpoint requires a permission that was not granted", 403)
UNKNOWN = GraphError(1, None, "An unknown error occurred", 500, True)
SERVICE_DOWN = GraphError(2, None, "An unexpected error has occurred. Please retry your request later.", 500, True)
APP_LIMIT = GraphError(4, None, "(#4) Application request limit reached")
PAGE_LIMIT = GraphError(32, None, "(#32) Page request limit reached")
PAGES_LIMIT = GraphError(80001, None, "(#80001) There have been too many calls to this Page account.")
REELS_QUOTA = GraphError(613, None, "(#613) Calls to this api have exceeded the rate limit.")
MISSING_OBJECT = GraphError(100, 33, "Unsupported get request. Object with ID does not exist, cannot be loaded "
                            "due to missing permissions, or does not support this operation.")  # fmt: skip
RESTRICTED = GraphError(368, None, "(#368) The action attempted has been deemed abusive or is otherwise disallowed")
TOO_FAST = GraphError(368, 1390008, "(#368) It looks like you were misusing this feature by going too fast.")
DUPLICATE = GraphError(506, None, "(#506) Duplicate status message")
IMAGE_INVALID = GraphError(324, None, "(#324) Missing or invalid image file")
IMAGE_TOO_LARGE = GraphError(1366046, None, "Your photos couldn't be uploaded. Photos should be smaller than 4 MB "
                             "and saved as JPG, PNG.")  # fmt: skip
VIDEO_UNFETCHABLE = GraphError(389, None, "(#389) Unable to fetch video file from URL.")
VIDEO_INVALID = GraphError(6000, None, "(#6000) There was a problem uploading your video file.")
WRONG_OFFSET = GraphError(100, 1363037, "The start_offset is not the next one that is expected.", transient=True)
LINK_UNREADABLE = GraphError(1609005, None, "(#1609005) There was a problem scraping data from the provided link.")
OWN_LINK = GraphError(1609008, None, "(#1609008) You can't attach a link to facebook.com.")
REVOCATIONS = {error.subcode: error for error in (
    APP_REMOVED, PASSWORD_CHANGED, CHECKPOINT, SESSION_INVALID, ROLE_LOST)}  # fmt: skip
BY_PAIR = {(error.code, error.subcode): error for error in list(globals().values()) if isinstance(error, GraphError)}


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
    if data is not None:
        body["error_data"] = data
    return Answer(status or error.status, {"error": body})


def refuse(error: GraphError, message: str | None = None, *, data: Any = None) -> Refusal:
    return Refusal(graph_answer(error, message=message, data=data))


def bad_parameter(message: str) -> Refusal:
    return refuse(GraphError(100, None, f"(#100) {message}"))


def missing_object(object_id: str, method: str = "get") -> Refusal:
    words = MISSING_OBJECT.message.replace("Object with ID", f"Object with ID '{object_id}'")
    return refuse(MISSING_OBJECT, words.replace("get request", f"{method.lower()} request"))


def upload_refused(kind: str, message: str) -> Refusal:
    """The upload host has an envelope of its own."""
    return Refusal(Answer(400, {"debug_info": {"retriable": True, "type": kind, "message": message}}))


def planned_failure(error: dict[str, Any], status: int | None) -> Answer:
    """What a fault's `error: {code, subcode, message}` means; code 2 when it says nothing."""
    pair = (error.get("code", 2), error.get("subcode"))
    known = BY_PAIR.get(pair) or GraphError(*pair, f"(#{pair[0]}) Error")
    return graph_answer(known, message=error.get("message"), status=status)
