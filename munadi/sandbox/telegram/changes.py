"""What can happen to a message of the emulated Telegram. Source: docs/networks/telegram.md, section 9.

A bot reads nothing but whether the message is there: Telegram has no state that hides one.
"""

from __future__ import annotations

from munadi.sandbox.changes import ACCOUNT, DELETE, MODERATE, VANISH, Change, Changes, deleted

CHANGES: Changes = {
    DELETE: deleted("stopMessageLiveLocation: message to edit not found"),
    MODERATE: {
        "frozen": Change("Freeze the bot's account", "400 FROZEN_METHOD_INVALID", on=ACCOUNT, status="frozen"),
    },
    VANISH: {
        "chat_gone": Change("Delete the channel", "400 chat not found", on=ACCOUNT, status="chat_gone"),
        "kicked": Change("Remove the bot", "403 bot was kicked", on=ACCOUNT, status="kicked"),
    },
}
