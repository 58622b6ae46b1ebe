"""What can happen to a message of the emulated Discord. Source: docs/networks/discord.md, section 9.

A moderator and AutoMod delete a message, and Discord gives no reason.
"""

from __future__ import annotations

from munadi.sandbox.changes import ACCOUNT, DELETE, MODERATE, VANISH, Change, Changes, deleted

CHANGES: Changes = {
    DELETE: deleted("404 10008 Unknown Message"),
    MODERATE: {
        "removed": Change("Let a moderator delete it", "404 10008 Unknown Message", hides="all", is_final=True),
    },
    VANISH: {
        "channel_gone": Change("Delete the channel", "404 10003 Unknown Channel", on=ACCOUNT, status="channel_gone"),
        "kicked": Change("Remove the bot", "403 50001 Missing Access", on=ACCOUNT, status="kicked"),
    },
}
