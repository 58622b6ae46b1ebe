"""Rows of accounts: a new one, and one with its credentials opened."""

from __future__ import annotations

from datetime import datetime

from munadi.db.ids import new_id
from munadi.db.tables import AccountRow
from munadi.domain.account import AccountStatus, ConnectedAccount, Credentials
from munadi.domain.channel import ChannelName
from munadi.domain.ids import Prefix

A = AccountStatus


def new_account(brand_ref: str, channel: ChannelName, external_id: str, now: datetime) -> AccountRow:
    """A row without credentials yet."""
    return AccountRow(
        id=new_id(Prefix.ACCOUNT),
        brand_ref=brand_ref,
        channel=channel.value,
        external_id=external_id,
        handle="",
        status=A.CONNECTED.value,
        sealed=b"",
        credentials_version=0,
        created_at=now,
        updated_at=now,
    )


def connected_account(row: AccountRow, credentials: Credentials) -> ConnectedAccount:
    """An account as a channel takes it."""
    return ConnectedAccount(
        id=row.id,
        brand_ref=row.brand_ref,
        channel=ChannelName(row.channel),
        external_id=row.external_id,
        handle=row.handle,
        service_url=row.service_url,
        login=row.login,
        scopes=tuple(row.scopes),
        facts=row.facts,
        credentials=credentials,
        credentials_version=row.credentials_version,
    )
