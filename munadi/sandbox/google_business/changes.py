"""What can happen to a post of the emulated Google Business Profile. Source: docs/networks/google_business.md, 9."""

from __future__ import annotations

from munadi.sandbox.changes import ACCOUNT, DELETE, MODERATE, VANISH, Change, Changes, deleted

CHANGES: Changes = {
    DELETE: deleted("404 NOT_FOUND"),
    MODERATE: {"rejected": Change("Reject it", "state is REJECTED", {"state": "REJECTED"})},
    VANISH: {
        "role_lost": Change("Remove the manager", "403 PERMISSION_DENIED", on=ACCOUNT, status="role_lost"),
        "suspended": Change("Suspend the location", "404 NOT_FOUND", on=ACCOUNT, status="suspended"),
    },
}
