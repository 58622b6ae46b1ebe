"""Threads' errors: the Graph envelope with its two types, and the (code, subcode) pairs that this emulation emits.

Source: channels/threads.md section 6; `error_user_msg` comes in the profile's language, here Spanish.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from munadi.sandbox.exchange import Answer, Refusal


@dataclass(frozen=True)
class ThreadsError:
    code: int
    subcode: int | None
    message: str
    status: int = 400
    type: str = "OAuthException"
    transient: bool = False
    title: str | None = None
    user_message: str | None = None


TOKEN_MISSING = ThreadsError(104, None, "An access token is required to request this resource.")
TOKEN_UNREADABLE = ThreadsError(190, None, "Invalid OAuth access token - Cannot parse access token")
TOKEN_EXPIRED = ThreadsError(190, 463, "Error validating access token: Session has expired.")
APP_REMOVED = ThreadsError(190, 458, "Error validating access token: The user has not authorized application.")
PASSWORD_CHANGED = ThreadsError(190, 460, "Error validating access token: The session has been invalidated because "
                                "the user changed their password.")  # fmt: skip
CHECKPOINT = ThreadsError(190, 459, "Error validating access token: You cannot access the app till you log in to "
                          "www.threads.com and follow the instructions given.")  # fmt: skip
SESSION_INVALID = ThreadsError(190, 467, "Error validating access token: The session is invalid.")
SESSION_REVOKED = ThreadsError(452, 4279019, "Session key invalid. This could be because the session key has an "
                               "incorrect format, or because the user has revoked this session.")  # fmt: skip
NO_PERMISSION = ThreadsError(10, None, "(#10) Application does not have permission for this action", 403)
UNKNOWN = ThreadsError(1, None, "An unknown error has occurred.", 500, transient=True)
SERVICE_DOWN = ThreadsError(2, None, "An unexpected error has occurred. Please retry your request later.", 500,
                            transient=True)  # fmt: skip
APP_LIMIT = ThreadsError(4, None, "(#4) Application request limit reached")
SPAM = ThreadsError(4, 2207051, "Application request limit reached", title="Acción bloqueada",
                    user_message="Restringimos cierta actividad para proteger a nuestra comunidad.")  # fmt: skip
MEDIA_NOT_FOUND = ThreadsError(24, 4279009, "The requested resource does not exist", title="Contenido no encontrado",
                               user_message="No se encuentra el contenido que intentas publicar.")  # fmt: skip
MISSING_OBJECT = ThreadsError(100, 33, "Unsupported get request. Object with ID does not exist, cannot be loaded due "
                              "to missing permissions, or does not support this operation.",
                              type="THApiException")  # fmt: skip
TEXT_TOO_LONG = ThreadsError(100, None, "(#100) Param text must be at most 500 characters long.",
                             type="THApiException", title="Texto demasiado largo",
                             user_message="El texto supera los 500 caracteres.")  # fmt: skip
LINK_LIMIT = ThreadsError(100, None, "THREADS_API__LINK_LIMIT_EXCEEDED", type="THApiException")
RESTRICTED = ThreadsError(1, 4279013, "The Threads profile is restricted.", title="Perfil restringido",
                          user_message="Tu perfil no puede publicar por ahora.")  # fmt: skip
NOT_FETCHABLE = ThreadsError(1, 2207052, "The media could not be fetched from this URI.")
IMAGE_TOO_LARGE = ThreadsError(36000, 2207004, "The image size is too large.")
IMAGE_FORMAT = ThreadsError(36001, 2207005, "The image format is not supported.")
ASPECT_RATIO = ThreadsError(36003, 2207009, "The aspect ratio is not supported.")
BY_PAIR = {(error.code, error.subcode): error for error in list(globals().values())
           if isinstance(error, ThreadsError) and error not in (TEXT_TOO_LONG, LINK_LIMIT)}  # fmt: skip


def threads_answer(error: ThreadsError, *, message: str | None = None, status: int | None = None) -> Answer:
    body: dict[str, Any] = {
        "message": message or error.message,
        "type": error.type,
        "code": error.code,
        "is_transient": error.transient,
        "fbtrace_id": "A" + secrets.token_urlsafe(16),
    }
    if error.subcode is not None:
        body["error_subcode"] = error.subcode
    if error.title is not None:
        body |= {"error_user_title": error.title, "error_user_msg": error.user_message}
    return Answer(status or error.status, {"error": body})


def refuse(error: ThreadsError, message: str | None = None) -> Refusal:
    return Refusal(threads_answer(error, message=message))


def bad_parameter(message: str) -> Refusal:
    return refuse(ThreadsError(100, None, f"(#100) {message}", type="THApiException"))


def missing_object(object_id: str, method: str = "get") -> Refusal:
    words = MISSING_OBJECT.message.replace("Object with ID", f"Object with ID '{object_id}'")
    return refuse(MISSING_OBJECT, words.replace("get request", f"{method.lower()} request"))


def planned_failure(error: dict[str, Any], status: int | None) -> Answer:
    """What a fault's `error: {code, subcode, message}` means; code 2 when it says nothing."""
    pair = (error.get("code", 2), error.get("subcode"))
    known = BY_PAIR.get(pair) or ThreadsError(*pair, f"(#{pair[0]}) Error")
    return threads_answer(known, message=error.get("message"), status=status)
