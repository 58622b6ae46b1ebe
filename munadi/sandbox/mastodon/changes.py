"""What can happen to a post of the emulated Mastodon. Source: docs/networks/mastodon.md, section 9.

The visibility of a post cannot change, so nothing hides it but its server's moderators.
"""

from __future__ import annotations

from munadi.sandbox.changes import ACCOUNT, DELETE, MODERATE, VANISH, Change, Changes, deleted

ABSENT = "404 Record not found; lists leave it out"
CHANGES: Changes = {
    DELETE: deleted(ABSENT),
    MODERATE: {
        "deleted": Change("Delete it as a moderator", ABSENT, hides="all", is_final=True),
        "limited": Change("Limit the account", "account.limited is true", on=ACCOUNT, status="limited"),
        "sensitive": Change("Mark it as sensitive", "sensitive is true", {"sensitive": True}),
    },
    VANISH: {
        "suspended": Change(
            "Suspend the account",
            "403 with the account's token, 404 without one",
            on=ACCOUNT,
            status="suspended",
        ),
        "disabled": Change("Disable the log-in", "403 with the account's token", on=ACCOUNT, status="disabled"),
    },
}
