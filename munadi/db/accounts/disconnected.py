"""Accounts that were disconnected and are not back: where, when and by whose key, and what connects them again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import AccountRow, KeyRow
from munadi.db.tables.audit import AuditRow
from munadi.domain.audit import Action


@dataclass(frozen=True)
class DisconnectedBy:
    """Who disconnected an account: a key, or None where it was done without one, on the machine itself."""

    key_id: str | None
    key_name: str | None


async def not_connected_again(session: AsyncSession, brand_ref: str, limit: int) -> Sequence[AccountRow]:
    """A brand's disconnected accounts whose profile has no newer account there, the last disconnected first."""
    newer = aliased(AccountRow)
    is_back = (
        select(newer.id)
        .where(
            col(newer.brand_ref) == col(AccountRow.brand_ref),
            col(newer.channel) == col(AccountRow.channel),
            col(newer.external_id) == col(AccountRow.external_id),
            or_(col(newer.deleted_at).is_(None), _is_later(newer)),
        )
        .exists()
    )
    query = (
        select(AccountRow)
        .where(col(AccountRow.brand_ref) == brand_ref, col(AccountRow.deleted_at).is_not(None), ~is_back)
        .order_by(col(AccountRow.deleted_at).desc(), col(AccountRow.id))
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def accounts_by_id(session: AsyncSession, account_ids: Collection[str]) -> dict[str, AccountRow]:
    """These accounts, disconnected or not."""
    if not account_ids:
        return {}
    rows = (await session.exec(select(AccountRow).where(col(AccountRow.id).in_(account_ids)))).all()
    return {row.id: row for row in rows}


async def disconnected_by(session: AsyncSession, account_ids: Collection[str]) -> dict[str, DisconnectedBy]:
    """Who disconnected these accounts, as far as the audit log still has it; others are missing."""
    if not account_ids:
        return {}
    query = (
        select(AuditRow.target, AuditRow.key_id, KeyRow.name)
        .outerjoin(KeyRow, col(KeyRow.id) == col(AuditRow.key_id))
        .where(col(AuditRow.target).in_(account_ids), AuditRow.action == Action.ACCOUNT_DISCONNECTED.value)
        .order_by(col(AuditRow.id))
    )
    return {str(target): DisconnectedBy(key_id, name) for target, key_id, name in (await session.exec(query)).all()}


def _is_later(newer: type[AccountRow]) -> ColumnElement[bool]:
    """Of two that were disconnected, the later one stands for the profile."""
    at, its = col(AccountRow.deleted_at), col(newer.deleted_at)
    return or_(its > at, and_(its == at, col(newer.id) > col(AccountRow.id)))
