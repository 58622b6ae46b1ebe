"""The rows of the emulated Google Business Profile, its errors and its log-in.

Source: docs/networks/google_business.md, sections 2, 3 and 6.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from munadi.sandbox import model
from munadi.sandbox.bearer import Login
from munadi.sandbox.exchange import Problems
from munadi.sandbox.oauth import ConsentRules

SCOPE = "https://www.googleapis.com/auth/business.manage"
LOGIN = Login(
    [SCOPE],
    ConsentRules("4/0A", {"error": "access_denied"}, seconds=600, scopes_as=("scope", " ")),
    {
        "app": ("invalid_client", "The OAuth client was not found.", 401),
        "code": ("invalid_grant", "Malformed auth code."),
        "client": ("invalid_grant", "The code was given to another client."),
        "redirect_uri": ("redirect_uri_mismatch",),
        "verifier": ("invalid_grant", "Invalid code verifier."),
        "refresh": ("invalid_grant", "Token has been expired or revoked."),
        "grant": ("unsupported_grant_type",),
    },
    "Error 400: invalid_request",
    prefixes=("ya29.", "1//0"),
    replay="is fine",
)
QUOTA = (
    "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of service "
    "'mybusiness.googleapis.com' for consumer 'project_number:000000000000'."
)
ARGUMENT = "Request contains an invalid argument."
ROWS: dict[str, tuple[Any, ...]] = {
    "token": (401, "Request had invalid authentication credentials.", "UNAUTHENTICATED"),
    "scopes": (
        403,
        "Request had insufficient authentication scopes.",
        "PERMISSION_DENIED",
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    ),
    "role": (403, "The caller does not have permission", "PERMISSION_DENIED"),
    "disabled": (403, "The API has not been used in this project.", "PERMISSION_DENIED", "SERVICE_DISABLED"),
    "missing": (404, "Requested entity was not found.", "NOT_FOUND"),
    "invalid": (400, ARGUMENT, "INVALID_ARGUMENT"),
    "rate": (429, QUOTA, "RESOURCE_EXHAUSTED"),
    "conflict": (409, "The operation was aborted.", "ABORTED"),
    "internal": (500, "Internal error encountered.", "INTERNAL"),
    "busy": (503, "The service is currently unavailable.", "UNAVAILABLE"),
}  # fmt: skip
VALIDATION = "type.googleapis.com/google.mybusiness.v4.ValidationError"
INFO = "type.googleapis.com/google.rpc.ErrorInfo"


def _body(name: str, status: int, text: str, word: str, reason: str = "", **more: Any) -> dict[str, Any]:
    """The envelope. `field`: what was refused, with `why`."""
    error: dict[str, Any] = {"code": status, "message": text, "status": word}
    if reason:
        error["details"] = [{"@type": INFO, "reason": reason, "domain": "googleapis.com"}]
    if "field" in more:
        wrong = {"code": more["code"], "field": more["field"], "message": more["why"]}
        error["details"] = [{"@type": VALIDATION, "errorDetails": [wrong]}]
    return {"error": error}


PROBLEMS = Problems(ROWS, _body)
refuse, refuse_if = PROBLEMS.refuse, PROBLEMS.refuse_if


def wrong_if(broken: object, code: str | int, field: str, why: str) -> None:
    """Refuse a field of a post."""
    refuse_if(broken, "invalid", code=code, field=field, why=why)


@dataclass
class Location(model.Account):
    """A location that a person manages: it is held by their own account and by a group of theirs."""

    site = "https://maps.google.com/?cid={0.id}"

    person: str
    language: str = "en"

    @property
    def accounts(self) -> tuple[str, str]:
        """The ids of the accounts that hold it."""
        return self.person, f"{self.person}9"


@dataclass
class LocalPost:
    """`fields` are those of the request; a post is judged at `judged_at`."""

    id: str
    profile_id: str
    fields: dict[str, Any]
    made_at: float
    judged_at: float
    received_at: float  # real time
    is_rejected: bool = False
    changed_at: float = 0.0
    digests: list[str] = field(default_factory=list)
