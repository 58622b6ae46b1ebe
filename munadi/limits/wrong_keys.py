"""Limits wrong API keys per address, and records them in the audit log, bounded.

A right key always works, also from an address that is braked: many callers can share one address. The brake only
changes the answer to a wrong key. Memory and rows are bounded, so that a flood fills neither.
"""

from __future__ import annotations

import logging
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from munadi.db.ids import new_id
from munadi.db.session import Database
from munadi.db.tables.audit import AuditRow
from munadi.domain.audit import Action
from munadi.domain.ids import Prefix
from munadi.limits.addresses import AddressLimit
from munadi.process.flushing import flushing

log = logging.getLogger("munadi.audit")

# The most rows of one minute. Further refusals are counted in one row without an address.
MAX_ROWS = 200
FLUSH_SECONDS = 2.0


@dataclass(frozen=True)
class Refusal:
    """The refusals of one kind within a minute, which are counted together."""

    minute: datetime
    action: Action
    reason: str
    address: str | None
    key_id: str | None
    brand_ref: str | None


@dataclass
class _Count:
    """The count of one refusal: in its row (`written`), and in all."""

    row_id: str
    request_id: str | None
    count: int = 0
    written: int = 0


class WrongKeys:
    """The wrong keys that this process received."""

    def __init__(self, database: Database, per_minute: int) -> None:
        """`per_minute`: wrong keys of one address that the brake lets pass."""
        self._database = database
        self._limit = AddressLimit(per_minute)
        self._counts: dict[Refusal, _Count] = {}

    @property
    def per_minute(self) -> int:
        """Wrong keys of one address that the brake lets pass."""
        return self._limit.most

    def brake(self, address: str | None, monotonic: float) -> int | None:
        """Count a wrong key; returns None while the address may send more, else the seconds until it may."""
        return self._limit.count(address, monotonic)

    def note(
        self,
        action: Action,
        reason: str,
        *,
        address: str | None,
        request_id: str | None,
        key_id: str | None,
        brand_ref: str | None,
        now: datetime,
    ) -> None:
        """Count a refusal for the audit log. `reason` is the problem's code."""
        minute = now.replace(second=0, microsecond=0)
        kind = Refusal(minute, action, reason, address, key_id, brand_ref)
        if kind not in self._counts and len(self._counts) >= MAX_ROWS:
            kind, request_id = Refusal(minute, action, "OTHER_ADDRESSES", None, None, None), None
        self._counts.setdefault(kind, _Count(new_id(Prefix.AUDIT), request_id)).count += 1

    async def flush(self) -> None:
        """Write the counts since the last call: one row for each kind of refusal and minute."""
        changed = [(kind, one, one.count) for kind, one in self._counts.items() if one.count > one.written]
        if changed:
            async with self._database.write() as session:
                for kind, one, count in changed:
                    await session.merge(_row(kind, one, count))
            for _, one, count in changed:
                one.written = count
        newest = max((kind.minute for kind in self._counts), default=None)
        self._counts = {
            kind: one for kind, one in self._counts.items() if kind.minute == newest or one.count > one.written
        }

    def running(self) -> AbstractAsyncContextManager[None]:
        """Write every two seconds while the block runs, and once more at its end."""
        return flushing(self.flush, "refusals of wrong keys", log, seconds=FLUSH_SECONDS)


def _row(kind: Refusal, one: _Count, count: int) -> AuditRow:
    return AuditRow(
        id=one.row_id,
        at=kind.minute,
        key_id=kind.key_id,
        brand_ref=kind.brand_ref,
        action=kind.action.value,
        target=kind.reason,
        request_id=one.request_id,
        address=kind.address,
        count=count,
    )
