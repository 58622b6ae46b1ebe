"""Counts what a brand has at a time, by its rows: endpoints, keys, connect links, saved drafts, bytes of files, running
recoveries of webhook events.

A brand without a limit of its own has the installation's where there is one, so that none takes all that there is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import ConnectionRow, EndpointRow, KeyRow, MediaRow, RecoveryRow, SavedDraftRow
from munadi.domain.brand import BrandLimits
from munadi.domain.connection import ConnectionStatus
from munadi.domain.usage import Limit
from munadi.domain.webhook import RecoveryStatus

# The installation's number for each kind of holding that has one.
Defaults = Mapping[Limit, int]


def _endpoints(_: datetime) -> list[ColumnElement[bool]]:
    return [col(EndpointRow.deleted_at).is_(None)]


def _keys(now: datetime) -> list[ColumnElement[bool]]:
    ends = col(KeyRow.expires_at)
    return [col(KeyRow.revoked_at).is_(None), or_(ends.is_(None), ends > now)]


# Those of one endpoint. A deleted endpoint's end within a second.
_RUNNING_RECOVERIES = (
    select(func.count())
    .where(col(RecoveryRow.endpoint_id) == col(EndpointRow.id), col(RecoveryRow.status) == RecoveryStatus.RUNNING.value)
    .scalar_subquery()
)


def _connect_links(now: datetime) -> list[ColumnElement[bool]]:
    # A failed one can be tried again.
    is_used = col(ConnectionRow.status) == ConnectionStatus.CONNECTED.value
    return [~is_used, col(ConnectionRow.expires_at) > now]


def _drafts(_: datetime) -> list[ColumnElement[bool]]:
    return [col(SavedDraftRow.content_id).is_(None)]


def _media(_: datetime) -> list[ColumnElement[bool]]:
    return [col(MediaRow.deleted_at).is_(None)]


_Conditions = Callable[[datetime], list[ColumnElement[bool]]]
# Of each kind: its name for people, its table, what is counted or added up, and the rows that count.
KINDS: Mapping[Limit, tuple[str, Any, Any, _Conditions]] = {
    Limit.ENDPOINTS: ("webhook endpoints", EndpointRow, func.count(), _endpoints),
    Limit.KEYS: ("valid API keys", KeyRow, func.count(), _keys),
    Limit.CONNECT_LINKS: ("unused links to connect a profile", ConnectionRow, func.count(), _connect_links),
    Limit.DRAFTS: ("saved drafts", SavedDraftRow, func.count(), _drafts),
    Limit.RECOVERIES: (
        "running replays and recoveries of webhook events",
        EndpointRow,
        func.coalesce(func.sum(_RUNNING_RECOVERIES), 0),
        _endpoints,
    ),
    Limit.MEDIA_BYTES: ("bytes of stored files", MediaRow, func.coalesce(func.sum(MediaRow.bytes), 0), _media),
}


def limit_of(kind: Limit, own: BrandLimits, defaults: Defaults) -> int | None:
    """How much a brand may have at a time; None: any number."""
    limit = kind.of(own)
    return defaults.get(kind) if limit is None else limit


async def holdings_of(session: AsyncSession, refs: Collection[str], kind: Limit, now: datetime) -> dict[str, int]:
    """Per brand, how much of one kind it has now; one statement."""
    _, table, amount, conditions = KINDS[kind]
    ref = col(table.brand_ref)
    query = select(ref, amount).where(ref.in_(refs), *conditions(now)).group_by(ref)
    return {brand_ref: int(found) for brand_ref, found in (await session.exec(query)).all()}
