"""Looks at many pins with few requests. Source: docs/networks/pinterest.md, section 9.

The list of a board shows 250 pins, each as its own address does, and who sees a pin is up to its board. So boards are
read first; what their lists lack is older, or gone, and is read by its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from munadi.channels.answers import text_in
from munadi.channels.http import no_proof
from munadi.channels.looking import Look, are_many
from munadi.channels.pinterest.api import Api
from munadi.channels.pinterest.removing import PUBLIC, privacy_of, shown_on
from munadi.channels.pinterest.wire import id_in
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.withdrawal import PostedObject, Seen, Verdict

# Pins of one board for which its list is read.
SEVERAL = 2
NO_ID = Seen(verdict=Verdict.UNREADABLE, word="no id of Pinterest")
NOT_OWNER = Seen(verdict=Verdict.UNREADABLE, word="is_owner false")


@dataclass
class BoardLook:
    """One look at many pins. `privacy` is that of boards, None where the connection does not see one.

    `listed` are the pins of boards, as far as their lists were read.
    """

    api: Api
    account: ConnectedAccount
    look: Look
    privacy: dict[str, str | None] = field(default_factory=dict)
    listed: dict[str, set[str]] = field(default_factory=dict)

    async def run(self) -> list[Seen]:
        """What each pin shows. Raises ChannelError when nothing can be read."""
        look = self.look
        look.failures |= {one.id: NO_ID for one in look.objects if not (one.id.isascii() and one.id.isdecimal())}
        await self._read_boards()
        if are_many(look.objects):
            for board in dict.fromkeys(one.version for one in look.objects if one.version):
                await self._by_list(board)
        for one in look.unread:
            if not look.may_read():
                break
            try:
                await self._by_id(one)
            except ChannelError as error:
                look.failed(error, [one])
        return look.seen()

    async def _read_boards(self) -> None:
        """The privacy of all boards by one request, where the pins are on several."""
        if len({one.version for one in self.look.unread}) < SEVERAL or not self.look.may_read():
            return
        try:
            rows = await self.api.board_rows(self.account.token)
        except ChannelError as error:
            self.look.failed(error)
            return
        self.privacy |= {str(row["id"]): text_in(row, "privacy") or PUBLIC for row in rows}

    async def _by_list(self, board: str) -> None:
        """Note what pages of a board show, while they show any of the pins and several are left."""
        look, bookmark = self.look, None
        while len(wanted := [one for one in look.unread if one.version == board]) >= SEVERAL and look.may_read():
            try:
                rows, bookmark = await self.api.board_page(self.account.token, board, bookmark)
                by_id = {str(row["id"]): row for row in rows}
                self.listed.setdefault(board, set()).update(by_id)
                found = {one.id: await self._shown(by_id[one.id], board) for one in wanted if one.id in by_id}
            except ChannelError as error:
                look.failed(error)
                return
            look.found |= found
            if not found or bookmark is None:
                return

    async def _by_id(self, one: PostedObject) -> None:
        """Read a pin, or prove by its board that it is gone. Raises ChannelError."""
        try:
            pin = await self.api.get(f"pins/{one.id}", self.account.token)
        except ChannelError as error:
            code = error.provider_code or ""
            if not code.startswith("404/"):
                raise
            seen = await self._absent(one, code)
        else:
            if id_in(pin) != one.id:
                raise no_proof(pin, [self.account.token])
            seen = await self._shown(pin.body, one.version or "")
        known = self.look.failures if seen.verdict is Verdict.UNREADABLE else self.look.found
        known[one.id] = seen

    async def _shown(self, pin: Mapping[str, Any], board: str) -> Seen:
        """What a pin that is there shows, which its owner may have moved to another board. Raises ChannelError."""
        if pin.get("is_owner") is False:
            return NOT_OWNER
        return shown_on(await self._privacy(text_in(pin, "board_id") or board))

    async def _absent(self, one: PostedObject, code: str) -> Seen:
        """What a 404 means: gone, or on a board that the connection may not see. Raises ChannelError."""
        board = one.version
        if board is None or await self._privacy(board) is None:
            return Seen(verdict=Verdict.UNREADABLE, word=f"{code}, and its board cannot be read")
        if board not in self.listed:
            self.look.spend()
            self.listed[board] = await self.api.newest(self.account.token, board)
        if one.id in self.listed[board]:
            return Seen(verdict=Verdict.UNREADABLE, word=f"{code}, but listed")
        return Seen(verdict=Verdict.GONE, word=code)

    async def _privacy(self, board: str) -> str | None:
        """Who sees a board. Raises ChannelError."""
        if board not in self.privacy:
            self.look.spend()  # without it a pin that was read says nothing
            self.privacy[board] = await privacy_of(self.api, self.account, board)
        return self.privacy[board]
