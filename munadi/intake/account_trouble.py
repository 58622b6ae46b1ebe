"""What keeps an account from publishing at a due time until its owner acts (decision 28).

A post for such an account is accepted with a warning and waits for the owner, while its other publications go out on
time. A brand may refuse such posts instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select
from sqlmodel import col

from munadi.crypto import KeyRing
from munadi.db.tables import AccountRow, BrandRow
from munadi.domain.account import AccountStatus
from munadi.domain.brand import UnusableAccounts
from munadi.domain.channel import ChannelSpec
from munadi.domain.failure import Failure, Reason
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.publication import ACCOUNT_REAUTH_REQUIRED, Warning_
from munadi.domain.reasons import failure_of
from munadi.intake.account_expiry import Expiry, expiry_before

ACCOUNT_CODES = frozenset({ACCOUNT_REAUTH_REQUIRED, Reason.TOKEN_EXPIRES_BEFORE_SLOT.value, Reason.MISSING_SCOPE.value})
_UNUSABLE = select(col(BrandRow.unusable_accounts)).where(col(BrandRow.ref) == bindparam("brand_ref"))


@dataclass(frozen=True)
class Trouble:
    """Why an account cannot publish at the due time, with the account and what to do in `message`.

    `is_certain`: a brand may refuse it; otherwise the account may still be extended without its owner. `cause` is what
    a publication waits for from now on, None while the account can still publish. `limit` and `actual` are the rule's.
    """

    row: AccountRow
    spec: ChannelSpec
    code: str
    message: str
    is_certain: bool = True
    cause: Failure | None = None
    limit: str | None = None
    actual: str | None = None

    def warning(self, pointer: str) -> Warning_:
        """The warning of an accepted post."""
        name = self.spec.name.value
        return Warning_(code=self.code, message=self.message, channel=name, pointer=pointer, account_id=self.row.id)

    def report(self, problems: ProblemCollector, pointer: str) -> None:
        """Report it as a problem, where the brand refuses such posts."""
        problems.add(pointer, self.code, self.message, spec=self.spec, limit=self.limit, actual=self.actual)


def troubles_of(
    row: AccountRow, spec: ChannelSpec, due: datetime, now: datetime, keyring: KeyRing
) -> Iterator[Trouble]:
    """What keeps the account from publishing at `due`; nothing for most accounts."""
    if row.status == AccountStatus.REAUTH_REQUIRED:
        message = f"the network has ended our access to {row.handle} ({row.id}); reconnect the account"
        yield Trouble(row, spec, ACCOUNT_REAUTH_REQUIRED, message, cause=failure_of(Reason.TOKEN_REVOKED))
        return
    expiry = expiry_before(row, due, spec, now, keyring)
    if expiry is not None:
        yield _ending(row, spec, expiry, due)
    if not spec.may_publish(row.scopes):
        needed, granted = " or ".join(spec.publish_scopes), " ".join(row.scopes)
        message = missing_scope(row, spec)
        cause = failure_of(Reason.MISSING_SCOPE, message)
        yield Trouble(row, spec, Reason.MISSING_SCOPE.value, message, cause=cause, limit=needed, actual=granted)


def refuses_unusable(connection: Connection, brand_ref: str) -> bool:
    """Whether the brand refuses posts for accounts that cannot publish."""
    return connection.execute(_UNUSABLE, {"brand_ref": brand_ref}).scalar() == UnusableAccounts.REFUSE


def missing_scope(row: AccountRow, spec: ChannelSpec) -> str:
    """The message for an account that was connected without the permission to post."""
    needed = " or ".join(spec.publish_scopes)
    return f"{row.handle} ({row.id}) was connected without the permission {needed}; reconnect it and grant that"


def _ending(row: AccountRow, spec: ChannelSpec, expiry: Expiry, due: datetime) -> Trouble:
    code, limit, actual = Reason.TOKEN_EXPIRES_BEFORE_SLOT.value, expiry.at.isoformat(), due.isoformat()
    at = f"{expiry.at:%Y-%m-%d %H:%MZ}, before the due time"
    if expiry.is_final:
        advice = "and only its owner can extend it; reconnect the account or choose an earlier time"
        message = f"our access to {row.handle} ({row.id}) ends on {at}, {advice}"
        return Trouble(row, spec, code, message, limit=limit, actual=actual)
    what = "access to" if expiry.at == row.grant_expires_at else "the token of"
    message = f"{spec.title} ends {what} {row.handle} ({row.id}) on {at}: reconnect it before that"
    return Trouble(row, spec, code, message, is_certain=False)
