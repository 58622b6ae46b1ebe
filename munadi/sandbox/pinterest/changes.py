"""What can happen to a pin of the emulated Pinterest. Source: docs/networks/pinterest.md, section 9.

A pin has no state of its own: one that a spam filter hides looks to its owner as before, so it is not here.
"""

from __future__ import annotations

from munadi.sandbox.changes import (
    ACCOUNT,
    BOARD,
    COPYRIGHT,
    DELETE,
    HIDE,
    MODERATE,
    VANISH,
    Change,
    Changes,
    deleted,
)

ABSENT = "404/50 by its id, and the board lacks it"
REMOVED = Change("Remove it as Pinterest", f"{ABSENT}; no field says why", hides="all")
CHANGES: Changes = {
    DELETE: deleted(ABSENT),
    HIDE: {
        "secret": Change(
            "Make its board secret",
            "The board's privacy is SECRET: 403 without boards:read_secret",
            {"privacy": "SECRET"},
            on=BOARD,
        ),
        "protected": Change(
            "Make its board protected", "The board's privacy is PROTECTED", {"privacy": "PROTECTED"}, on=BOARD
        ),
    },
    MODERATE: {"removed": REMOVED},
    COPYRIGHT: {"removed": REMOVED},
    VANISH: {"closed": Change("Suspend the account", "401/2 for every call", on=ACCOUNT, status="closed")},
}
