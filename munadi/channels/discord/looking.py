"""Looks whether messages are there. Source: docs/networks/discord.md, section 9.

Each is read by its id: a bot needs the permission to read the channel, and a webhook reads its own. Discord has no
state between there and gone: what a moderator or AutoMod removes is deleted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from munadi.channels.discord.api import Api
from munadi.channels.discord.errors import UNKNOWN_MESSAGE
from munadi.channels.discord.spec import SNOWFLAKE
from munadi.channels.looking import Look
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.withdrawal import PostedObject, Seen, Verdict

LIVE, EDITED = Seen(verdict=Verdict.LIVE), Seen(verdict=Verdict.LIVE, word="edited")
GONE = Seen(verdict=Verdict.GONE, word=UNKNOWN_MESSAGE)
NO_ID = Seen(verdict=Verdict.UNREADABLE, word="no id of Discord")


async def look(api: Api, objects: Sequence[PostedObject], account: ConnectedAccount) -> list[Seen]:
    """Read each message. Raises ChannelError when nothing can be read."""
    seen, caller = Look(objects, None), api.of(account)
    seen.failures |= {one.id: NO_ID for one in objects if not is_message_id(one.id)}
    for one in seen.unread:
        if not seen.may_read():
            break
        try:
            message = await api.message(caller, one.version, one.id)
        except ChannelError as error:
            seen.failed(error, [one])
        else:
            seen.found[one.id] = GONE if message is None else EDITED if message.get("edited_timestamp") else LIVE
    return seen.seen()


def is_message_id(text: str) -> bool:
    """Whether it can be the id of a message."""
    return re.fullmatch(SNOWFLAKE, text) is not None
