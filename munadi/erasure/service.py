"""The service for erasures: requests for them, by keys and by networks, and how far they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.accounts.service import AccountService
from munadi.db.answers import NotPermitted, NotVisible, Service
from munadi.db.audit import record
from munadi.db.ids import new_id
from munadi.db.keys.callers import Principal, forget_callers
from munadi.db.tables import AccountRow, BrandRow, ErasureRow, KeyRow
from munadi.domain.audit import Action
from munadi.domain.erasure import ErasureView
from munadi.domain.ids import Prefix, is_id
from munadi.domain.problem import Problem, ProblemsFound
from munadi.erasure.scope import view_of


@dataclass(frozen=True)
class ErasureService(Service):
    """Erasures. A request commits them; the worker does the rest (`worker/erasing.py`)."""

    accounts: AccountService

    async def erase_brand(self, ref: str, confirm: str, caller: Principal) -> ErasureView:
        """Request the erasure of a brand; the running one, if there is one. From then on the brand counts as gone, and
        its keys are revoked. Raises NotPermitted, ProblemsFound, NotVisible."""
        if not caller.may_see(ref):
            raise NotVisible("brand", ref)
        if caller.only_brand is not None:
            raise NotPermitted("a key of one brand erases no brand; use one for all brands, or for several")
        _require(confirm, ref, "the brand's ref")
        now = self.clock.now()
        async with self.database.write() as session:
            brand = await session.get(BrandRow, ref, with_for_update=True)
            running = await running_erasure(session, ref, None)
            if running is not None:
                return view_of(running)
            if brand is None:
                raise NotVisible("brand", ref)
            brand.erasing_at = now
            of_brand = (col(KeyRow.brand_ref) == ref, col(KeyRow.revoked_at).is_(None))
            await session.exec(update(KeyRow).where(*of_brand).values(revoked_at=now))
            row = add_erasure(session, ref, None, now)
            record(session, Action.BRAND_ERASED, target=row.id, brand_ref=ref, now=now)
        forget_callers(self.database)
        return view_of(row)

    async def erase_account(self, account_id: str, confirm: str, caller: Principal) -> ErasureView:
        """Request the erasure of an account; the running one, if there is one. Raises NotVisible, ProblemsFound."""
        account = await self.accounts.get(account_id, caller)
        _require(confirm, account_id, "the account's id")
        now = self.clock.now()
        async with self.database.write() as session:
            return view_of(await begin_account_erasure(session, account.brand_ref, account_id, now))

    async def get(self, erasure_id: str, caller: Principal) -> ErasureView:
        """An erasure, also one that has ended. Raises NotVisible."""
        async with self.database.read() as session:
            row = await session.get(ErasureRow, erasure_id) if is_id(erasure_id, Prefix.ERASURE) else None
        if row is None or not caller.may_see(row.brand_ref):
            raise NotVisible("erasure", erasure_id)
        return view_of(row)


async def running_erasure(session: AsyncSession, ref: str, account_id: str | None) -> ErasureRow | None:
    """The running erasure of a brand or of an account."""
    query = select(ErasureRow).where(
        ErasureRow.brand_ref == ref,
        col(ErasureRow.account_id).is_not_distinct_from(account_id),
        col(ErasureRow.ended_at).is_(None),
    )
    return (await session.exec(query.limit(1))).first()


async def begin_account_erasure(
    session: AsyncSession, ref: str, account_id: str, now: datetime, code: str | None = None
) -> ErasureRow:
    """Begin the erasure of an account in the caller's transaction; the running one, if there is one."""
    await session.exec(select(AccountRow.id).where(AccountRow.id == account_id).with_for_update())
    running = await running_erasure(session, ref, account_id)
    if running is not None:
        running.code = running.code or code
        return running
    row = add_erasure(session, ref, account_id, now, code)
    record(session, Action.ACCOUNT_ERASED, target=row.id, brand_ref=ref, now=now)
    return row


def add_erasure(
    session: AsyncSession, ref: str | None, account_id: str | None, now: datetime, code: str | None = None
) -> ErasureRow:
    """Add the row of a new erasure. Without a brand there is nothing to erase, and it has ended."""
    row = ErasureRow(
        id=new_id(Prefix.ERASURE),
        brand_ref=ref,
        account_id=account_id,
        code=code,
        requested_at=now,
        updated_at=now,
        ended_at=now if ref is None else None,
    )
    session.add(row)
    return row


def _require(confirm: str, name: str, what: str) -> None:
    """A request for an erasure names what it erases twice, so that a wrong path alone erases nothing."""
    if confirm != name:
        message = f"to erase, give {what} here too: confirm={name}"
        raise ProblemsFound([Problem(pointer="?confirm", code="NOT_CONFIRMED", message=message, rule="confirm")])
