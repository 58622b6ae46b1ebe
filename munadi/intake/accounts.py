"""Finds the accounts of a request, and checks that they can publish. An ambiguous name is a problem, never a guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select
from sqlmodel import col

from munadi.crypto import KeyRing
from munadi.db.accounts.rows import without_token
from munadi.db.prebuilt import Prebuilt
from munadi.db.session import Database
from munadi.db.tables import AccountRow, BrandRow
from munadi.domain.account import AccountStatus, ConnectedAccount
from munadi.domain.channel import ChannelSpec
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.publication import Warning_
from munadi.intake.account_trouble import Trouble, troubles_of
from munadi.intake.requests import ChannelRequest
from munadi.ports import AnyChannel, Channels


@dataclass(frozen=True)
class Target:
    """Where one publication goes: the channel as sent at `/channels/{index}`, its adapter and its account.

    `row` is None where the account is a problem. The draft is checked in that case too.
    """

    index: int
    sent: ChannelRequest
    channel: AnyChannel
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
        """The account as `validate` needs it."""
        return None if self.row is None else without_token(self.row)


# A post that is due after the network ends the called version of its API.
API_VERSION_ENDS_BEFORE_SLOT = "API_VERSION_ENDS_BEFORE_SLOT"

# Compiled once: every request to publish reads its accounts.
_ACCOUNTS = (
    select(*AccountRow.__table__.c)  # type: ignore[attr-defined]
    .join(BrandRow, col(BrandRow.ref) == col(AccountRow.brand_ref))
    .where(
        col(AccountRow.brand_ref) == bindparam("brand_ref"),
        col(BrandRow.erasing_at).is_(None),
        col(AccountRow.deleted_at).is_(None),
        col(AccountRow.status) != AccountStatus.DISCONNECTED.value,
        or_(
            col(AccountRow.channel).in_(bindparam("channels", expanding=True)),
            col(AccountRow.id).in_(bindparam("ids", expanding=True)),
        ),
    )
    .order_by(col(AccountRow.id))
)
_BRAND = Prebuilt(
    select(col(BrandRow.ref)).where(col(BrandRow.ref) == bindparam("brand_ref"), col(BrandRow.erasing_at).is_(None))
)


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
        channel = channels.get(each.channel)
        if channel is None:
            _unknown_channel(index, each, channels, problems)
            continue
        row = _account(index, each, channel, accounts, problems) if exists else None
        if row is not None and any(target.row is row for target in targets):
            message = f"{channel.spec.title} account {row.id} is named twice; one post publishes to an account once"
            problems.add(f"/channels/{index}", "ACCOUNT_DUPLICATE", message, spec=channel.spec)
        targets.append(Target(index, each, channel, row))
    return targets


def _read_accounts(connection: Connection, values: Mapping[str, Any]) -> tuple[bool, list[AccountRow]]:
    """Whether the brand exists, and its accounts. The rows belong to no session, and are only read."""
    accounts = [AccountRow.model_construct(**row._mapping) for row in connection.execute(_ACCOUNTS, values)]
    # A brand with accounts exists, so the common case needs no second query.
    return bool(accounts) or bool(_BRAND.read(connection, values)), accounts


def find_troubles(
    targets: Sequence[Target], due: datetime, now: datetime, keyring: KeyRing
) -> list[tuple[Target, Trouble]]:
    """What keeps the accounts of a request from publishing at `due`."""
    return [
        (target, trouble)
        for target in targets
        if (row := target.row) is not None
        for trouble in troubles_of(row, target.channel.spec, due, now, keyring)
    ]


def report_troubles(
    found: Sequence[tuple[Target, Trouble]], problems: ProblemCollector, *, refuse: bool
) -> list[Warning_]:
    """The warnings about accounts that cannot publish; problems instead, where they are certain and to be refused."""
    warnings = []
    for target, trouble in found:
        if refuse and trouble.is_certain:
            trouble.report(problems, target.account_pointer)
        else:
            warnings.append(trouble.warning(target.account_pointer))
    return warnings


def check_versions(
    targets: Sequence[Target], due: datetime, now: datetime, problems: ProblemCollector
) -> list[Warning_]:
    """Report networks that have ended the called version of their API; warn of those that end it before `due`."""
    warnings = []
    for target in targets:
        spec = target.channel.spec
        if target.row is None or not spec.is_over(max(now, due).date()):
            continue
        if spec.is_over(now.date()):
            _report_version(problems, target, due)
            continue
        message, pointer = f"{spec.title} {_version_end(spec)}, before the due time", target.account_pointer
        warnings.append(
            Warning_(code=API_VERSION_ENDS_BEFORE_SLOT, message=message, channel=spec.name, pointer=pointer)
        )
    return warnings


def _version_end(spec: ChannelSpec) -> str:
    """What ends when, and what to do about it."""
    setting = f"MUNADI_CHANNELS__{spec.name.upper()}__VERSION"
    return f"ends the called version of its API on {spec.version_ends}: set {setting} to a newer one and restart"


def _report_version(problems: ProblemCollector, target: Target, due: datetime) -> None:
    """Report a network whose called version is over: it refuses every post."""
    spec = target.channel.spec
    limit, message = str(spec.version_ends), _version_end(spec)
    problems.add(target.account_pointer, "API_VERSION_ENDED", message, spec=spec, limit=limit, actual=due.isoformat())


def _account(
    index: int, sent: ChannelRequest, channel: AnyChannel, accounts: Sequence[AccountRow], problems: ProblemCollector
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
