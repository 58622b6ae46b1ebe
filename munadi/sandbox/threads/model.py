"""The account of the emulated Threads, its scopes and errors, and what a container must fulfil.

Source: docs/networks/threads.md, sections 3, 4 and 6; `error_user_msg` comes in the profile's language, here Spanish.
What the reference says of attachments, tags and spoilers is checked in tests, by a witness of the calls.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from munadi.sandbox import model
from munadi.sandbox.graph import errors as shared
from munadi.sandbox.graph.errors import GraphError, bad_parameter_if, refuse, refuse_if
from munadi.sandbox.graph.reading import flag, listed
from munadi.sandbox.media import VideoRules, video_facts
from munadi.sandbox.platform import names

BASIC, PUBLISH = "threads_basic", "threads_content_publish"
MANAGE_REPLIES, READ_REPLIES, DELETE = "threads_manage_replies", "threads_read_replies", "threads_delete"
LOCATION = "threads_location_tagging"
TEXT_LENGTH, LINKS = 500, 5
MEDIA_TYPES = {"TEXT", "IMAGE", "VIDEO", "CAROUSEL"}
LINK = re.compile(r"https?://[^\s]*[^\s.,;:!?)\]}']", re.IGNORECASE)
COUNTRY = re.compile(r"[A-Z]{2}")
WIDEST, VIDEO_BYTES, MAX_BITS_PER_SECOND = 10, 1_000_000_000, 100_000_000
VIDEO = VideoRules((0.01, 300.5), (0.01, WIDEST), largest=VIDEO_BYTES)
VIDEO_PROBLEMS = {
    "format": "FAILED_PROCESSING_VIDEO",
    "audio": "FAILED_PROCESSING_AUDIO",
    "seconds": "INVALID_DURATION",
    "bytes": "INVALID_DURATION",
    "ratio": "INVALID_ASPEC_RATIO",
    "size": "INVALID_ASPEC_RATIO",
    "frames": "INVALID_FRAME_RATE",
}
SHOWN = names(
    "topic_tag reply_control poll_attachment is_spoiler_media gif_attachment text_attachment text_entities "
    "enable_reply_approvals quote_post_id location_id allowlisted_country_codes"
)
API = "THApiException"
SESSION_REVOKED = GraphError(452, 4279019, "Session key invalid. This could be because the session key has an "
                               "incorrect format, or because the user has revoked this session.")  # fmt: skip
SPAM = GraphError(4, 2207051, "Application request limit reached", title="Acción bloqueada",
                    user_message="Restringimos cierta actividad para proteger a nuestra comunidad.")  # fmt: skip
MEDIA_NOT_FOUND = GraphError(24, 4279009, "The requested resource does not exist", title="Contenido no encontrado",
                               user_message="No se encuentra el contenido que intentas publicar.")  # fmt: skip
RESTRICTED = GraphError(1, 4279013, "The Threads profile is restricted.", title="Perfil restringido",
                          user_message="Tu perfil no puede publicar por ahora.")  # fmt: skip
NOT_FETCHABLE = GraphError(1, 2207052, "The media could not be fetched from this URI.")
# What a fault may name by its pair; those below share theirs, code 100 without a subcode.
KNOWN = [one for one in (*globals().values(), *vars(shared).values()) if isinstance(one, GraphError)]
TEXT_TOO_LONG = GraphError(100, None, "(#100) Param text must be at most 500 characters long.",
                             title="Texto demasiado largo",
                             user_message="El texto supera los 500 caracteres.")  # fmt: skip
BAD_COUNTRIES = GraphError(100, None, "THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES")
LINK_LIMIT = GraphError(100, None, "THREADS_API__LINK_LIMIT_EXCEEDED")
REFUSALS = {
    "restricted": RESTRICTED,
    "not_fetchable": NOT_FETCHABLE,
    "few_children": shared.parameter_error("Param children must have 2 to 20 items"),
    "child_missing": MEDIA_NOT_FOUND,
    "child_no_item": shared.parameter_error("A child is not a finished carousel item"),
    "child_unfinished": shared.parameter_error("A child is not a finished carousel item"),
    "container_missing": MEDIA_NOT_FOUND,
    "EXPIRED": MEDIA_NOT_FOUND,
    "IN_PROGRESS": MEDIA_NOT_FOUND,
    "ERROR": shared.parameter_error("The media container has failed."),
}


@dataclass
class Account(model.Account):
    """Its id, `{th}` in paths, is above 2^53 on purpose."""

    site = "https://www.threads.com/@{0.username}"


def checked_kind(values: dict[str, str]) -> str:
    """The media type of valid parameters; raises the refusal of the first broken rule."""
    kind, text = values.get("media_type", "").upper(), values.get("text", "")
    bad_parameter_if(kind not in MEDIA_TYPES, "Param media_type must be one of {TEXT, IMAGE, VIDEO, CAROUSEL}")
    is_item = flag(values, "is_carousel_item")
    bad_parameter_if(is_item and kind not in ("IMAGE", "VIDEO"), f"Carousel items cannot be of the type {kind}")
    bad_parameter_if(kind == "TEXT" and not text, "The parameter text is required.")
    refuse_if(len(text) > TEXT_LENGTH, TEXT_TOO_LONG)
    long_text = json.loads(values.get("text_attachment", "{}"))
    attached = {values.get("link_attachment"), long_text.get("link_attachment_url")} - {None}
    refuse_if(len(set(LINK.findall(text)) | attached) > LINKS, LINK_LIMIT)
    if not all(COUNTRY.fullmatch(code) for code in listed(values, "allowlisted_country_codes")):
        raise refuse(BAD_COUNTRIES)
    return kind


def first_link(values: dict[str, str], media_type: str) -> str | None:
    """The preview card's link: the attachment, else a text post's first link."""
    if media_type != "TEXT":
        return None
    found = LINK.search(values.get("text", ""))
    return values.get("link_attachment") or (found.group() if found else None)


def video_problem(body: bytes) -> str | None:
    """The `error_message` that the container will have, or None for a good video."""
    problem = VIDEO.problem(body)
    if problem is not None:
        return VIDEO_PROBLEMS[problem]
    facts = video_facts(body)
    return "INVALID_BIT_RATE" if facts and len(body) * 8 / facts.seconds > MAX_BITS_PER_SECOND else None
