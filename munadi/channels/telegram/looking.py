"""Looks whether messages are there. Source: docs/networks/telegram.md, section 9.

A bot reads no messages. A look asks for a live location to stop, which none of our messages has: nothing happens, and
the refusal tells whether the message is there. Telegram words every failed read as "not found", so another message must
be seen in the same chat.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from munadi.channels.looking import MOST_OUTAGES, is_about_account, unreadable
from munadi.channels.telegram.api import Api
from munadi.channels.telegram.errors import MISSING
from munadi.channels.telegram.removing import UNNAMED, chat_of_object
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.withdrawal import PostedObject, Seen, Verdict

# Telegram's own message at the beginning of a chat, which cannot be deleted.
FIRST = 1
# So many messages are asked for in a second.
PER_SECOND = 5
LIVE, GONE = Seen(verdict=Verdict.LIVE), Seen(verdict=Verdict.GONE, word=MISSING)
NAMELESS = Seen(verdict=Verdict.UNREADABLE, word="Telegram did not name its id", blind=True)
NO_ID = Seen(verdict=Verdict.UNREADABLE, word="no id of Telegram")
NO_CONTROL = Seen(verdict=Verdict.UNREADABLE, word=f"{MISSING}, and no other message can be read", blind=True)
# What is so at every message of a chat, and says nothing about another chat.
_OF_CHAT = frozenset({Reason.TARGET_NOT_ACCESSIBLE, Reason.ACCOUNT_RESTRICTED, Reason.MISSING_SCOPE})


async def look(api: Api, objects: Sequence[PostedObject], account: ConnectedAccount) -> list[Seen]:
    """Ask for each message. GONE if another one of the look, or the chat's first message, can be read in its chat.

    Where neither can, the answer to the removal is all that there is. Raises ChannelError when nothing can be read.
    """
    probes, found = Probes(api, account.token), dict[tuple[str, str], Seen]()
    for chat in dict.fromkeys(chat_of_object(one, account) for one in objects):
        ids = dict.fromkeys(one.id for one in objects if chat_of_object(one, account) == chat)
        found |= {(chat, name): seen for name, seen in (await _chat(probes, chat, list(ids))).items()}
    if probes.error is not None and probes.answered == 0:
        raise probes.error
    return [found[chat_of_object(one, account), one.id] for one in objects]


@dataclass
class Probes:
    """The probes of one look, with the pace of all. `error` is the first that came; after `has_ended` none is made."""

    api: Api
    token: str
    answered: int = 0
    error: ChannelError | None = None
    has_ended: bool = False
    outages: int = 0
    _made_at: deque[float] = field(default_factory=lambda: deque(maxlen=PER_SECOND))

    async def is_there(self, chat: str, message_id: int) -> bool:
        """Whether a message can be read. Raises ChannelError."""
        if self.has_ended and self.error is not None:
            raise self.error
        await self._wait()
        try:
            seen = await self.api.seen(self.token, chat, message_id)
        except ChannelError as error:
            self.error = self.error or error
            self.outages += error.reason is Reason.PROVIDER_OUTAGE
            is_of_all = is_about_account(error) and error.reason not in _OF_CHAT
            self.has_ended = self.has_ended or is_of_all or self.outages >= MOST_OUTAGES
            raise
        self.answered += 1
        return seen != MISSING

    async def _wait(self) -> None:
        """Until another probe may be made: a few at once, then as many as a second may have."""
        clock = asyncio.get_running_loop().time
        if len(self._made_at) == PER_SECOND:
            await asyncio.sleep(max(self._made_at[0] + 1 - clock(), 0))
        self._made_at.append(clock())


async def _chat(probes: Probes, chat: str, ids: Sequence[str]) -> dict[str, Seen]:
    """What each message of a chat shows."""
    found, missing = {name: NO_ID if name != UNNAMED else NAMELESS for name in ids}, list[str]()
    wanted = [name for name in ids if name != UNNAMED and name.isascii() and name.isdecimal()]
    for place, name in enumerate(wanted):
        try:
            if await probes.is_there(chat, int(name)):
                found[name] = LIVE
            else:
                missing.append(name)
        except ChannelError as error:
            found[name] = unreadable(error)
            if error.reason in _OF_CHAT:
                found |= dict.fromkeys([*missing, *wanted[place:]], found[name])
                return found
    if missing:
        found |= dict.fromkeys(missing, await _absent(probes, chat, is_readable=LIVE in found.values()))
    return found


async def _absent(probes: Probes, chat: str, *, is_readable: bool) -> Seen:
    """What "not found" means in a chat."""
    if is_readable:
        return GONE
    try:
        return GONE if await probes.is_there(chat, FIRST) else NO_CONTROL
    except ChannelError as error:
        return unreadable(error)
