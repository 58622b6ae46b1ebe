"""What the examples of problems have beyond the catalogue: the broken rules that they list."""

from __future__ import annotations

from typing import Any

from api.known_problems import of_code
from api.known_problems.model import BODY, KnownProblem
from api.openapi.examples import ACCOUNT, CONTENT, TOO_LONG
from munadi.domain.failure import Reason
from munadi.domain.reasons import REASONS

_INVALID = of_code("INVALID_REQUEST")


def _refused(reason: Reason, status: int, title: str) -> KnownProblem:
    """A network's answer to credentials."""
    facts = REASONS[reason]
    return KnownProblem(
        reason, status, title, f"{facts.meaning} {facts.remedy}", facts.remedy, frozenset({"accounts"}), BODY
    )


# More than one example of a code, and the reasons of networks, by the example's name.
EXTRA: dict[str, KnownProblem] = {
    "INVALID_POST": KnownProblem(
        _INVALID.code,
        422,
        _INVALID.title,
        "2 rules are broken; nothing was stored",
        _INVALID.remedy,
        frozenset({"contents", "drafts"}),
        BODY,
    ),
    "TOKEN_REVOKED": _refused(Reason.TOKEN_REVOKED, 422, "The network refused"),
    "PROVIDER_OUTAGE": _refused(Reason.PROVIDER_OUTAGE, 503, "The network is not available"),
}


def _error(pointer: str, code: str, message: str, **more: Any) -> dict[str, Any]:
    return {
        "pointer": pointer,
        "code": code,
        "message": message,
        "channel": None,
        "rule": None,
        "limit": None,
        "actual": None,
        **more,
    }


# The `errors` of an example, by its name.
ERRORS: dict[str, list[dict[str, Any]]] = {
    "INVALID_REQUEST": [
        _error("?limitt", "UNKNOWN_PARAMETER", _INVALID.detail, rule="unknown_parameter"),
    ],
    "INVALID_POST": [
        TOO_LONG,
        _error(
            "/scheduledAt",
            "TIME_IN_PAST",
            "the time has passed; omit scheduledAt to publish now",
            rule="time_in_past",
            limit="2026-12-01T10:00:00+00:00",
            actual="2026-12-01T09:00:00+00:00",
        ),
    ],
    "MEDIA_IN_USE": [
        _error(
            "",
            "MEDIA_IN_USE",
            f"{CONTENT['id']} needs it",
            rule="media_in_use",
            actual=CONTENT["id"],
        ),
    ],
    "CURSOR_EXPIRED": [
        _error("?after", "CURSOR_EXPIRED", of_code("CURSOR_EXPIRED").detail, rule="retention", limit=120, actual=17),
    ],
    "QUOTA_EXCEEDED": [
        _error("", "QUOTA_EXCEEDED", of_code("QUOTA_EXCEEDED").detail, rule="apiCallsPerMinute", limit=60, actual=61),
    ],
    "TOKEN_REVOKED": [
        _error(
            "/credentials",
            Reason.TOKEN_REVOKED,
            EXTRA["TOKEN_REVOKED"].detail,
            channel=ACCOUNT["channel"],
            actual="190",
        ),
    ],
}
