"""What can happen to a post of the emulated LinkedIn. Source: docs/networks/linkedin.md, section 9.

An app reads nothing of a member's post, so it can only be deleted, or its account closed.
"""

from __future__ import annotations

from munadi.sandbox.changes import ACCOUNT, DELETE, HIDE, MODERATE, VANISH, Change, Changes, deleted

CHANGES: Changes = {
    DELETE: deleted("404 NOT_FOUND; another DELETE is answered with 204"),
    HIDE: {
        "connections": Change(
            "Show it to connections only", "visibility is CONNECTIONS", {"visibility": "CONNECTIONS"}
        ),
        "logged_in": Change("Show it to members only", "visibility is LOGGED_IN", {"visibility": "LOGGED_IN"}),
        "no_feed": Change(
            "Keep it out of the feed", "feedDistribution is NONE", {"distribution": {"feedDistribution": "NONE"}}
        ),
    },
    MODERATE: {
        "removed": Change("Remove it as LinkedIn", "404 NOT_FOUND; no field says why", hides="all"),
        "failed": Change(
            "Let its video fail later",
            "lifecycleState is PUBLISH_FAILED",
            {"lifecycleState": "PUBLISH_FAILED"},
            kinds=frozenset({"video"}),
        ),
    },
    VANISH: {"no_role": Change("Take the role away", "403 ACCESS_DENIED", on=ACCOUNT, status="no_role")},
}
OF_MEMBERS: Changes = {control: CHANGES[control] for control in (DELETE, VANISH)}
