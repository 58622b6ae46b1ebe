"""What can happen to a post of the emulated TikTok. Source: docs/networks/tiktok.md, section 9.

The query of videos leaves out what is not public, and never says why.
"""

from __future__ import annotations

from munadi.sandbox.changes import ACCOUNT, COPYRIGHT, DELETE, HIDE, MODERATE, VANISH, Change, Changes, deleted

OMITTED = "video/query leaves it out, as it does for every other reason"
CHANGES: Changes = {
    DELETE: deleted(OMITTED),
    HIDE: {
        "private": Change("Make it private", OMITTED, hides="lists"),
        "friends": Change("Show it to friends only", OMITTED, hides="lists"),
    },
    MODERATE: {"removed": Change("Remove it as TikTok", OMITTED, hides="lists")},
    COPYRIGHT: {"removed": Change("Remove it for copyright", OMITTED, hides="lists")},
    VANISH: {"closed": Change("Ban the account", "401 access_token_invalid", on=ACCOUNT, status="closed")},
}
