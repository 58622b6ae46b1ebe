"""What can happen to a post of the emulated Threads. Source: docs/networks/threads.md, section 9.

What a read by its id answers for an archived post is not documented; here it answers as before.
"""

from __future__ import annotations

from munadi.sandbox.changes import ACCOUNT, DELETE, HIDE, MODERATE, VANISH, Change, Changes, deleted

ABSENT = "100/33 by its id, and the lists lack it"
CHANGES: Changes = {
    DELETE: deleted(ABSENT),
    HIDE: {"archived": Change("Archive it", "The lists lack it; by its id it is read as before", hides="lists")},
    MODERATE: {"removed": Change("Remove it as Threads", f"{ABSENT}; no field says why", hides="all")},
    VANISH: {"checkpoint": Change("Lock the account", "190/459 for every call", on=ACCOUNT, status="checkpoint")},
}
