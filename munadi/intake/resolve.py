"""Which accounts a request means. A guess is never made: what is not the only answer is a problem."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing
from munadi.db.tables import AccountRow, BrandRow
from munadi.domain.account import AccountStatus, ConnectedAccount, Credentials
from munadi.domain.channel import ChannelName, ChannelSpec
from munadi.domain.failure import Reason
from munadi.intake.endings import Ending, ending_before
from munadi.intake.problems import Findings
from munadi.intake.wire import ChannelSent
from munadi.ports import Channel, Channels


@dataclass(frozen=True)
class Target:
    """One publication to be: the channel as sent at `/channels/{index}`, its adapter and its account.

    `row` is None where the account is a finding: the draft is checked all the same.
    """

    index: int
    sent: ChannelSent
    channel: Channel
    row: AccountRow | None

    @property
    def pointer(self) -> str:
        """Where its own fields stand in the request."""
        return f"/channels/{self.index}"

    @property
    def account_pointer(self) -> str:
        """Where its account stands: at the channel itself where none is named."""
        return f"{self.pointer}/accountId" if self.sent.account_id else self.pointer

    @property
    def account_id(self) -> str:
        """The account's id, once nothing was found."""
        assert self.row is not None
        return self.row.id

    @property
    def account(self) -> ConnectedAccount | None:
        """The account as `validate` sees it: checking a draft needs no token, so none is unsealed."""
        row = self.row
        if row is None:
            return None
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
            credentials=Credentials(access_token=SecretStr(""), expires_at=row.token_expires_at),
            credentials_version=row.credentials_version,
        )


async def find_targets(
    session: AsyncSession,
    brand_ref: str,
    sent: Sequence[ChannelSent],
    channels: Channels,
    found: Findings,
    *,
    may_exist: bool,
) -> list[Target]:
    """The publications that a request asks for; what cannot be told is a finding.

    A brand that may not exist for the caller is unknown; then its accounts are not looked at.
    """
    accounts = await _accounts(session, brand_ref, sent) if may_exist else []
    # Where there are accounts there is a brand: the common case needs no second query.
    exists = bool(accounts) or (may_exist and await session.get(BrandRow, brand_ref) is not None)
    if not exists:
        found.add("/brandRef", "BRAND_UNKNOWN", f"there is no brand {brand_ref[:64]!r}")
    targets: list[Target] = []
    for index, each in enumerate(sent):
        if each.channel not in channels:
            _unknown_channel(index, each, channels, found)
            continue
        channel = channels[each.channel]
        row = _account(index, each, channel, accounts, found) if exists else None
        if row is not None and any(target.row is row for target in targets):
            message = f"{channel.spec.title} account {row.id} is named twice; one content publishes to it once"
            found.add(f"/channels/{index}", "ACCOUNT_DUPLICATE", message, spec=channel.spec)
        targets.append(Target(index, each, channel, row))
    return targets


def check_health(targets: Collection[Target], due: datetime, now: datetime, keyring: KeyRing, found: Findings) -> None:
    """Whether each account's token can live until the due time, and may post, as far as is known now."""
    for target in targets:
        row, spec = target.row, target.channel.spec
        if row is None:
            continue
        name = f"{row.handle} ({row.id})"
        if row.status == AccountStatus.REAUTH_REQUIRED:
            message = f"the network has ended our access to {name}; reconnect the account"
            found.add(target.account_pointer, "ACCOUNT_REAUTH_REQUIRED", message, spec=spec)
        elif (ending := ending_before(row, due, spec, now, keyring)) is not None and ending.is_final:
            require_life(found, target.account_pointer, row, spec, ending, due)
        elif not spec.may_publish(row.scopes):
            needed, granted = " or ".join(spec.publish_scopes), " ".join(row.scopes)
            message = missing_scope(row, spec)
            found.add(target.account_pointer, Reason.MISSING_SCOPE, message, spec=spec, limit=needed, actual=granted)


def missing_scope(row: AccountRow, spec: ChannelSpec) -> str:
    """What to say of an account that was connected without the permission to post."""
    needed = " or ".join(spec.publish_scopes)
    return f"{row.handle} ({row.id}) was connected without the permission {needed}; reconnect it and grant that"


def require_life(
    found: Findings, pointer: str, row: AccountRow, spec: ChannelSpec, ending: Ending, due: datetime
) -> None:
    """The problem of a slot after the end of its account's connection."""
    message = (
        f"our access to {row.handle} ({row.id}) ends on {ending.at:%Y-%m-%d %H:%MZ}, before the due time, and only its "
        "owner can extend it; reconnect the account or choose an earlier time"
    )
    limit, actual = ending.at.isoformat(), due.isoformat()
    found.add(pointer, Reason.TOKEN_EXPIRES_BEFORE_SLOT, message, spec=spec, limit=limit, actual=actual)


async def _accounts(session: AsyncSession, brand_ref: str, sent: Sequence[ChannelSent]) -> Sequence[AccountRow]:
    names = {each.channel for each in sent}
    ids = {each.account_id for each in sent if each.account_id}
    query = (
        select(AccountRow)
        .where(
            AccountRow.brand_ref == brand_ref,
            col(AccountRow.deleted_at).is_(None),
            col(AccountRow.status) != AccountStatus.DISCONNECTED.value,
            or_(col(AccountRow.channel).in_(names), col(AccountRow.id).in_(ids)),
        )
        .order_by(col(AccountRow.id))
    )
    return (await session.exec(query)).all()


def _account(
    index: int, sent: ChannelSent, channel: Channel, accounts: Sequence[AccountRow], found: Findings
) -> AccountRow | None:
    spec = channel.spec
    here = [row for row in accounts if row.channel == spec.name]
    if sent.account_id is not None:
        for row in here:
            if row.id == sent.account_id:
                return row
        message = f"the brand has no {spec.title} account {sent.account_id[:64]!r}"
        found.add(f"/channels/{index}/accountId", "ACCOUNT_UNKNOWN", message, spec=spec)
    elif not here:
        message = f"the brand has no {spec.title} account; connect one first"
        found.add(f"/channels/{index}", "ACCOUNT_MISSING", message, spec=spec)
    elif len(here) > 1:
        named = ", ".join(f"{row.id} ({row.handle})" for row in here[:10])
        message = f"the brand has {len(here)} {spec.title} accounts; say which by accountId: {named}"
        found.add(f"/channels/{index}", "ACCOUNT_AMBIGUOUS", message, spec=spec, limit=1, actual=len(here))
    else:
        return here[0]
    return None


def _unknown_channel(index: int, sent: ChannelSent, channels: Channels, found: Findings) -> None:
    there_are = ", ".join(sorted(name.value for name in channels.by_name))
    message = f"there is no channel {sent.channel!r}; there are {there_are}"
    found.add(f"/channels/{index}/channel", "CHANNEL_UNKNOWN", message, limit=there_are, actual=sent.channel)
