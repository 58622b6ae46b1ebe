"""What became of a message whose answer was lost, by asking for the ids above the last one before it.

Bots have no list of messages. Ids of a channel or a supergroup rise by one and are never used again, so a lost message
has an id above the last known one; a probe without effect tells whose it is. What it shows is compared through the
storage chat; two posts may be the same, so that is a likeness and no proof. Source: docs/networks/telegram.md,
section 7; all unverified, hence off by default.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from munadi.channels.telegram.accounts import KIND, PROBED, USERNAME, chat_fact
from munadi.channels.telegram.api import Api
from munadi.channels.telegram.errors import ANOTHERS, MISSING, OWN
from munadi.channels.telegram.state import Prepared
from munadi.channels.telegram.wire import file_in, same_text
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.publication import Absent, Unknown

# Messages may be deleted, so an id counts as beyond the end only if these many before it are missing too.
HOLE = 8
# A chat with more new messages than this is not looked through.
MAX_NEW = 300
HIGHEST = 1 << 31
# A gap of this many ids is not looked beyond.
FAR = 1 << 14


@dataclass(frozen=True)
class Lookup:
    """One chat, seen by one bot. `misses` missing ids in a row are its end. Everything raises ChannelError."""

    api: Api
    token: str
    chat: str
    misses: int

    async def find(self, floor: int, count: int) -> int | Absent | Unknown:
        """The first id of the only `count` own messages above `floor`."""
        control = await self._seen(floor)
        if control == MISSING:
            return Unknown(note="the last message before this one is gone, or cannot be read")
        own, others, missed, at = list[int](), 0, 0, floor
        while missed < self.misses:
            at += 1
            if at - floor > MAX_NEW:
                return Unknown(note=f"the chat has more than {MAX_NEW} new messages")
            seen = await self._seen(at)
            missed = missed + 1 if seen == MISSING else 0
            others += seen == ANOTHERS
            own += [at] if seen == OWN else []
        if own:
            is_run = len(own) == count and own[-1] - own[0] == count - 1
            note = f"the bot has {len(own)} new messages, and the post is {count}"
            return own[0] if is_run else Unknown(note=note)
        if others and control != OWN:
            return Unknown(note="the chat has new messages, and none is known to be the bot's own")
        if await self._beyond(at):
            return Unknown(note="the chat has messages above a gap, which were not looked through")
        return Absent()

    async def shows(self, first: int, text: str, files: Sequence[tuple[str, str | None]], storage: str) -> bool:
        """Whether the messages from `first` on have this text and these files, each with its kind and its unique id.

        Only a copy shows a bot what a message has: one is made in the storage chat for each, and deleted again.
        """
        copies = [await self.api.forward(self.token, self.chat, first + n, storage) for n in range(len(files) or 1)]
        ids = [one for one in (copy.get("message_id") for copy in copies) if isinstance(one, int)]
        with suppress(ChannelError):  # a copy that stays is in the storage chat only
            await self.api.remove(self.token, storage, json.dumps(ids))
        found = [(kind, file_in(copy, kind, "file_unique_id")) for copy, (kind, _) in zip(copies, files, strict=False)]
        known = all(seen == sent for (_, seen), (_, sent) in zip(found, files, strict=True) if sent is not None)
        return known and all(seen for _, seen in found) and same_text(copies[0], text)

    async def last_id(self) -> int | None:
        """The chat's last id: by doubling, then halving, then upwards to the end. None where it has none."""
        last: int | None = None
        low: int | None = 0
        while low is not None:
            last = await self._end(await self._highest(low)) or last
            low = await self._beyond(last or 0)
        return last

    async def _highest(self, low: int) -> int:
        """An id near the end of the run of messages that begins at `low`."""
        step = 1
        while low + step < HIGHEST and await self._lives(low + step):
            low, step = low + step, step * 2
        high = low + step
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if await self._lives(middle) else (low, middle)
        return low

    async def _end(self, near: int) -> int | None:
        """The last message from `near` on, before so many missing ones."""
        last, missed, at = None, 0, max(near - HOLE, 0)
        while missed < self.misses:
            at += 1
            is_missing = await self._seen(at) == MISSING
            last, missed = (last, missed + 1) if is_missing else (at, 0)
        return last

    async def _beyond(self, last: int) -> int | None:
        """A message far above `last`: people delete many at once, and what is above such a gap was not seen."""
        distance = self.misses
        while distance < FAR:
            distance *= 2
            for at in (last + distance, last + distance + 1):
                if await self._seen(at) != MISSING:
                    return at
        return None

    async def _lives(self, message_id: int) -> bool:
        for at in range(message_id, max(message_id - HOLE, 0), -1):
            if await self._seen(at) != MISSING:
                return True
        return False

    async def _seen(self, message_id: int) -> str:
        return await self.api.seen(self.token, self.chat, message_id)


def is_probed(account: ConnectedAccount, state: Prepared) -> bool:
    """Whether ids say anything about the chat: it has its own, and the bot sees all messages and edits only its own."""
    return account.facts.get(PROBED) is True and state.chat is None


def chat_of(account: ConnectedAccount, state: Prepared) -> str:
    """The id of the chat."""
    return state.chat or account.external_id


def address_of(site: str, account: ConnectedAccount, state: Prepared, message_id: int, topic: int | None) -> str | None:
    """Where people see a message; members only, if the chat is not public. A basic group has no addresses."""
    chat, name = chat_of(account, state), chat_fact(account, USERNAME)
    if not name and (chat_fact(account, KIND) == "group" or not chat.startswith("-100")):
        return None
    place = name or f"c/{chat.removeprefix('-100')}"
    return f"{site.rstrip('/')}/{place}/{f'{topic}/' if topic else ''}{message_id}"
