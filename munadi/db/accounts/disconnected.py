"""Accounts that were disconnected and are not back: where, when and by whose key, and what connects them again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.accounts.rows import same_profile
from munadi.db.tables import AccountRow, KeyRow, PublicationRow
from munadi.db.tables.audit import AuditRow
from munadi.domain.audit import Action
from munadi.domain.failure import Reason
from munadi.domain.publication import PublicationStatus


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
        .where(same_profile(newer, AccountRow), or_(col(newer.deleted_at).is_(None), _is_later(newer)))
        .exists()
    )
    query = (
        select(AccountRow)
        .where(col(AccountRow.brand_ref) == brand_ref, col(AccountRow.deleted_at).is_not(None), ~is_back)
        .order_by(col(AccountRow.deleted_at).desc(), col(AccountRow.id))
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def count_left_failures(session: AsyncSession, account_ids: Collection[str], since: datetime) -> int:
    """How many posts failed since then because an earlier account of these accounts' profiles, in the same brand, was
    disconnected, and are not dismissed. It reads the failed publications of those accounts alone, by their index."""
    if not account_ids:
        return 0
    old, new, row = aliased(AccountRow), aliased(AccountRow), PublicationRow
    query = (
        select(func.count(func.distinct(col(row.content_id))))
        .join(old, col(old.id) == col(row.account_id))
        .join(new, same_profile(new, old))
        .where(col(new.id).in_(account_ids), col(new.deleted_at).is_(None), col(old.deleted_at).is_not(None))
        .where(col(row.status) == PublicationStatus.FAILED.value)
        .where(col(row.failure)["reason"].as_string() == Reason.ACCOUNT_DISCONNECTED.value)
        .where(col(row.dismissed_at).is_(None), col(row.updated_at) >= since)
    )
    return (await session.exec(query)).one()


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
