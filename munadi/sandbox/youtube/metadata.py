"""Checks of a call: its JSON body, its parts, and a video's metadata (known fields only, YouTube's limits).

Source: docs/networks/youtube.md section 4.
"""

from __future__ import annotations

import secrets
from typing import Any

from munadi.domain.time import iso_time
from munadi.sandbox.exchange import Call
from munadi.sandbox.platform import names
from munadi.sandbox.youtube.errors import refuse, refuse_if

# Writable fields of the discovery document, revision 20261104; without publishAt, which is not emulated.
SNIPPET = {"title", "description", "tags", "categoryId", "defaultLanguage", "defaultAudioLanguage"}
STATUS = names("privacyStatus license embeddable publicStatsViewable selfDeclaredMadeForKids containsSyntheticMedia")
# Parts that are written at videos.insert and only shown afterwards.
DETAILS = {"localizations", "recordingDetails", "paidProductPlacementDetails"}
PARTS = {"id", "snippet", "status", "processingDetails", "contentDetails"} | DETAILS
RESETS: dict[str, Any] = {
    "privacyStatus": "public",  # omitted means public
    "license": "youtube",
    "embeddable": True,
    "publicStatsViewable": True,
}
CATEGORIES = {"1", "2", "10", "15", "17", "19", "20", "22", "23", "24", "25", "26", "27", "28", "29"}


def known_only(given: Any, known: set[str], where: str) -> dict[str, Any]:
    """An object that names nothing else; Google refuses unknown names of a JSON body."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise refuse("badRequest")
    for name in given:
        if name not in known:
            raise refuse("badRequest", f"Invalid JSON payload received. Unknown name \"{name}\" at '{where}'")
    return given


def snippet_of(given: Any) -> dict[str, Any]:
    snippet = known_only(given, SNIPPET, "snippet")
    title, description = snippet.get("title", ""), snippet.get("description", "")
    refuse_if(not isinstance(title, str) or not title.strip() or len(title) > 100 or _bracketed(title), "invalidTitle")
    if not isinstance(description, str) or len(description.encode()) > 5_000 or _bracketed(description):
        raise refuse("invalidDescription")
    tags = snippet.get("tags", [])
    refuse_if(not isinstance(tags, list) or _counted(tags) > 500, "invalidTags")
    refuse_if(snippet.get("categoryId", "22") not in CATEGORIES, "invalidCategoryId")
    return {"categoryId": "22", "description": "", **snippet}


def details_of(body: dict[str, Any]) -> dict[str, Any]:
    """The parts of `DETAILS` that a body has."""
    localizations = body.get("localizations", {})
    refuse_if(not isinstance(localizations, dict), "badRequest")
    refuse_if(localizations and "defaultLanguage" not in body.get("snippet", {}), "defaultLanguageNotSet")
    for each in localizations.values():
        snippet_of(known_only(each, {"title", "description"}, "localizations"))
    recorded = known_only(body.get("recordingDetails"), {"recordingDate"}, "recordingDetails")
    refuse_if(recorded and not _is_instant(recorded.get("recordingDate")), "invalidRecordingDetails")
    placed = known_only(body.get("paidProductPlacementDetails"), {"hasPaidProductPlacement"}, "paidProductPlacement")
    if not isinstance(placed.get("hasPaidProductPlacement", False), bool):
        raise refuse("badRequest", "Invalid value at 'paid_product_placement_details' (TYPE_BOOL)")
    return {name: value for name, value in body.items() if name in DETAILS}


def status_of(given: Any) -> dict[str, Any]:
    """The whole status; a field that is left out gets its default."""
    status = {**RESETS, **known_only(given, STATUS, "status")}
    refuse_if(status["privacyStatus"] not in ("public", "unlisted", "private"), "forbiddenPrivacySetting")
    refuse_if(status["license"] not in ("youtube", "creativeCommon"), "forbiddenLicenseSetting")
    for name in ("embeddable", "publicStatsViewable", "selfDeclaredMadeForKids", "containsSyntheticMedia"):
        if not isinstance(status.get(name, False), bool):
            raise refuse("badRequest", f"Invalid value at 'status.{name}' (TYPE_BOOL)")
    return status


def _is_instant(value: Any) -> bool:
    try:
        return iso_time(str(value)).tzinfo is not None
    except ValueError:
        return False


def _bracketed(text: str) -> bool:
    return "<" in text or ">" in text


def _counted(tags: list[Any]) -> int:
    """Commas between tags count, and quotes around a tag with a space."""
    return sum(len(str(tag)) + (2 if " " in str(tag) else 0) for tag in tags) + max(len(tags) - 1, 0)


def parts(call: Call, known: set[str]) -> set[str]:
    """The `part` parameter, which every call needs."""
    named = {part.strip() for part in call.query.get("part", "").split(",") if part.strip()}
    refuse_if(not named, "missingRequiredParameter", "Missing required parameter: part")
    if not named <= known:
        raise refuse("unexpectedPart", f"'{sorted(named - known)[0]}' was not expected in the part parameter")
    return named


def new_id(length: int) -> str:
    return secrets.token_urlsafe(length)[:length]
