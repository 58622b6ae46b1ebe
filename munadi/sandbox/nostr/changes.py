"""What can happen to a note of the emulated relays. Source: docs/networks/nostr.md, section 9.

A relay drops what it likes, and gives no reason.
"""

from __future__ import annotations

from munadi.sandbox.changes import ACCOUNT, DELETE, MODERATE, VANISH, Change, Changes, deleted

CHANGES: Changes = {
    DELETE: deleted("EOSE without the event"),
    MODERATE: {"removed": Change("Let the relay drop it", "EOSE without the event", hides="all", is_final=True)},
    VANISH: {
        "banned": Change("Ban the key, and drop its notes", "EOSE without the event", on=ACCOUNT, status="banned"),
    },
}
