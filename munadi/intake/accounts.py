"""Finds the accounts of a request, and checks that they can publish. An ambiguous name is a problem, never a guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from pydantic import SecretStr
from sqlalchemy import Connection, bindparam, or_, select
from sqlmodel import col

from munadi.crypto import KeyRing
from munadi.db.accounts.rows import connected_account
from munadi.db.session import Database
from munadi.db.tables import AccountRow, BrandRow
from munadi.domain.account import AccountStatus, ConnectedAccount, Credentials
from munadi.domain.channel import ChannelSpec
from munadi.domain.failure import Reason
from munadi.domain.publication import Warning_
from munadi.intake.account_expiry import Expiry, expiry_before
from munadi.intake.problems import ProblemCollector
from munadi.intake.requests import ChannelRequest
from munadi.ports import Channel, Channels


@dataclass(frozen=True)
class Target:
    """Where one publication goes: the channel as sent at `/channels/{index}`, its adapter and its account.

    `row` is None where the account is a problem. The draft is checked in that case too.
    """

    index: int
    sent: ChannelRequest
    channel: Channel
    row: AccountRow | None

    @property
    def pointer(self) -> str:
        """The pointer of this channel's fields in the request."""
        return f"/channels/{self.index}"

    @property
    def account_pointer(self) -> str:
        """The pointer of the account: the channel itself where no account is named."""
        return f"{self.pointer}/accountId" if self.sent.account_id else self.pointer

    @property
    def account(self) -> ConnectedAccount | None:
        """The account as `validate` needs it. Checking a draft needs no token, so none is unsealed."""
        row = self.row
        if row is None:
            return None
        return connected_account(row, Credentials(access_token=SecretStr(""), expires_at=row.token_expires_at))


# A post that is due after the network ends the called version of its API.
API_VERSION_ENDS_BEFORE_SLOT = "API_VERSION_ENDS_BEFORE_SLOT"

# Compiled once: every request to publish reads its accounts.
_ACCOUNTS = (
    select(*AccountRow.__table__.c)  # type: ignore[attr-defined]
    .where(
        col(AccountRow.brand_ref) == bindparam("brand_ref"),
        col(AccountRow.deleted_at).is_(None),
        col(AccountRow.status) != AccountStatus.DISCONNECTED.value,
        or_(
            col(AccountRow.channel).in_(bindparam("channels", expanding=True)),
            col(AccountRow.id).in_(bindparam("ids", expanding=True)),
        ),
    )
    .order_by(col(AccountRow.id))
)
_BRAND = select(col(BrandRow.ref)).where(col(BrandRow.ref) == bindparam("brand_ref"))


async def find_targets(
    database: Database,
    brand_ref: str,
    sent: Sequence[ChannelRequest],
    channels: Channels,
    problems: ProblemCollector,
    *,
    brand_is_visible: bool,
) -> list[Target]:
    """The targets of a request. What cannot be resolved is a problem.

    A brand that the caller may not see counts as unknown, and its accounts are not read.
    """
    exists, accounts = False, list[AccountRow]()
    if brand_is_visible:
        values = {
            "brand_ref": brand_ref,
            "channels": [each.channel for each in sent],
            "ids": [each.account_id for each in sent if each.account_id],
        }
        exists, accounts = await database.lookup(lambda connection: _read_accounts(connection, values))
    if not exists:
        problems.add("/brandRef", "BRAND_UNKNOWN", f"there is no brand {brand_ref[:64]!r}")
    targets: list[Target] = []
    for index, each in enumerate(sent):
        if each.channel not in channels:
            _unknown_channel(index, each, channels, problems)
            continue
        channel = channels[each.channel]
        row = _account(index, each, channel, accounts, problems) if exists else None
        if row is not None and any(target.row is row for target in targets):
            message = f"{channel.spec.title} account {row.id} is named twice; one post publishes to an account once"
            problems.add(f"/channels/{index}", "ACCOUNT_DUPLICATE", message, spec=channel.spec)
        targets.append(Target(index, each, channel, row))
    return targets


def _read_accounts(connection: Connection, values: Mapping[str, Any]) -> tuple[bool, list[AccountRow]]:
    """Whether the brand exists, and its accounts. A Core row has the columns of an `AccountRow` as attributes."""
    accounts = cast(list[AccountRow], list(connection.execute(_ACCOUNTS, values)))
    # A brand with accounts exists, so the common case needs no second query.
    return bool(accounts) or connection.execute(_BRAND, values).first() is not None, accounts


def check_accounts(
    targets: Sequence[Target], due: datetime, now: datetime, keyring: KeyRing, problems: ProblemCollector
) -> list[Warning_]:
    """Report accounts that cannot publish at `due`; the warnings are those whose connection may end before it."""
    warnings = []
    for target in targets:
        row, spec = target.row, target.channel.spec
        if row is None:
            continue
        if row.status == AccountStatus.REAUTH_REQUIRED:
            message = f"the network has ended our access to {row.handle} ({row.id}); reconnect the account"
            problems.add(target.account_pointer, "ACCOUNT_REAUTH_REQUIRED", message, spec=spec)
            continue
        if spec.is_over(now.date()):
            _report_version(problems, target, due)
        elif spec.is_over(due.date()):
            message = f"{spec.title} {_version_end(spec)}, before the due time"
            warnings.append(
                Warning_(
                    code=API_VERSION_ENDS_BEFORE_SLOT,
                    message=message,
                    channel=spec.name,
                    pointer=target.account_pointer,
                )
            )
        expiry = expiry_before(row, due, spec, now, keyring)
        if expiry is not None and expiry.is_final:
            report_expiry(problems, target.account_pointer, row, spec, expiry, due)
            continue
        if expiry is not None:
            warnings.append(expiry_warning(row, spec, expiry, target.account_pointer))
        if not spec.may_publish(row.scopes):
            needed, granted = " or ".join(spec.publish_scopes), " ".join(row.scopes)
            message = missing_scope(row, spec)
            problems.add(target.account_pointer, Reason.MISSING_SCOPE, message, spec=spec, limit=needed, actual=granted)
    return warnings


def expiry_warnings(
    targets: Sequence[Target], due: datetime, now: datetime, keyring: KeyRing, problems: ProblemCollector
) -> list[Warning_]:
    """As `check_accounts` for an edit: it moves no time, so a connection that ends before `due` is only a warning."""
    return [
        expiry_warning(row, target.channel.spec, expiry, target.account_pointer)
        for target in targets
        if (row := target.row) is not None
        and (expiry := expiry_before(row, due, target.channel.spec, now, keyring)) is not None
    ]


def _version_end(spec: ChannelSpec) -> str:
    """What ends when, and what to do about it."""
    setting = f"MUNADI_CHANNELS__{spec.name.upper()}__VERSION"
    return f"ends the called version of its API on {spec.version_ends}: set {setting} to a newer one and restart"


def _report_version(problems: ProblemCollector, target: Target, due: datetime) -> None:
    """Report a network whose called version is over: it refuses every post."""
    spec = target.channel.spec
    limit, message = str(spec.version_ends), _version_end(spec)
    problems.add(target.account_pointer, "API_VERSION_ENDED", message, spec=spec, limit=limit, actual=due.isoformat())


def missing_scope(row: AccountRow, spec: ChannelSpec) -> str:
    """The message for an account that was connected without the permission to post."""
    needed = " or ".join(spec.publish_scopes)
    return f"{row.handle} ({row.id}) was connected without the permission {needed}; reconnect it and grant that"


def report_expiry(
    problems: ProblemCollector, pointer: str, row: AccountRow, spec: ChannelSpec, expiry: Expiry, due: datetime
) -> None:
    """Report a due time after the end of the account's connection."""
    message = (
        f"our access to {row.handle} ({row.id}) ends on {expiry.at:%Y-%m-%d %H:%MZ}, before the due time, and only its "
        "owner can extend it; reconnect the account or choose an earlier time"
    )
    limit, actual = expiry.at.isoformat(), due.isoformat()
    problems.add(pointer, Reason.TOKEN_EXPIRES_BEFORE_SLOT, message, spec=spec, limit=limit, actual=actual)


def expiry_warning(row: AccountRow, spec: ChannelSpec, expiry: Expiry, pointer: str) -> Warning_:
    """The warning for a connection that may end before the due time."""
    what = "access to" if expiry.at == row.grant_expires_at else "the token of"
    message = (
        f"{spec.title} ends {what} {row.handle} on {expiry.at:%Y-%m-%d %H:%MZ}, before the due time: "
        "reconnect it before that"
    )
    code = Reason.TOKEN_EXPIRES_BEFORE_SLOT.value
    return Warning_(code=code, message=message, channel=spec.name.value, pointer=pointer)


def _account(
    index: int, sent: ChannelRequest, channel: Channel, accounts: Sequence[AccountRow], problems: ProblemCollector
) -> AccountRow | None:
    spec = channel.spec
    here = [row for row in accounts if row.channel == spec.name]
    if sent.account_id is not None:
        for row in here:
            if row.id == sent.account_id:
                return row
        message = f"the brand has no {spec.title} account {sent.account_id[:64]!r}"
        problems.add(f"/channels/{index}/accountId", "ACCOUNT_UNKNOWN", message, spec=spec)
    elif not here:
        message = f"the brand has no {spec.title} account; connect one first"
        problems.add(f"/channels/{index}", "ACCOUNT_MISSING", message, spec=spec)
    elif len(here) > 1:
        named = ", ".join(f"{row.id} ({row.handle})" for row in here[:10])
        message = f"the brand has {len(here)} {spec.title} accounts; name one with accountId: {named}"
        problems.add(f"/channels/{index}", "ACCOUNT_AMBIGUOUS", message, spec=spec, limit=1, actual=len(here))
    else:
        return here[0]
    return None


def _unknown_channel(index: int, sent: ChannelRequest, channels: Channels, problems: ProblemCollector) -> None:
    there_are = ", ".join(sorted(name.value for name in channels.by_name))
    message = f"there is no channel {sent.channel!r}; there are {there_are}"
    problems.add(f"/channels/{index}/channel", "CHANNEL_UNKNOWN", message, limit=there_are, actual=sent.channel)
