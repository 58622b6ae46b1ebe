"""The state of an account that decides whether a post may be sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.channels.registry import spec_of
from munadi.db.accounts.app_pauses import account_and_app, pause_of
from munadi.db.prebuilt import Prebuilt
from munadi.db.tables import AccountRow
from munadi.domain.account import AccountStatus
from munadi.domain.app_pause import Paused
from munadi.domain.channel import ChannelName

_ACCOUNT = Prebuilt(
    select(
        col(AccountRow.status),
        col(AccountRow.deleted_at),
        account_and_app(),
        col(AccountRow.channel),
        col(AccountRow.scopes),
        pause_of(Paused.PUBLISHING).label("publishing_paused_until"),
    ).where(col(AccountRow.id) == bindparam("key"))
)


class AccountState(NamedTuple):
    """The state of an account that decides whether a post may be sent."""

    status: str
    deleted_at: datetime | None
    paused_until: datetime | None
    channel: str
    scopes: Sequence[str]
    publishing_paused_until: datetime | None  # by the network, for all accounts of the app

    @property
    def is_usable(self) -> bool:
        """Whether the account can publish without its owner's help."""
        is_connected = self.status in (AccountStatus.CONNECTED, AccountStatus.EXPIRING)
        return is_connected and spec_of(ChannelName(self.channel)).may_publish(self.scopes)


async def account_state(session: AsyncSession, account_id: str) -> AccountState:
    """The state of an account as it is stored now."""
    [row] = await _ACCOUNT.rows(session, {"key": account_id})
    return AccountState(*row)
