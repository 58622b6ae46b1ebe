"""When to renew an account's token, and when to warn its owner. Pure; the numbers come from the channels.

A grant is renewed in one of three ways (`TokenLife.renewed_with`): its valid token is exchanged for a new one; a
refresh token gets new access tokens, and stays valid while it is used; or nothing renews it and its owner must
reconnect. Short-lived access tokens are not planned here: who needs one renews it (`munadi.accounts.tokens`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from munadi.domain.account import AccountStatus, Credentials
from munadi.domain.channel import Renewal, TokenLife
from munadi.domain.model import Passed

# How long before its end the owner of a connection is warned that only a reconnect extends it (`account.expiring`).
WARN_AHEAD = timedelta(days=7)
# The shortest time between two renewals of a token, whatever its network answers.
SPACING = timedelta(days=1)
# A short-lived grant is renewed when a third of its life is left, so that an outage does not end it.
LAST_PART = 3
# The waits between attempts of a renewal that the network did not answer, or could not make.
TRY_GROWTH = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 360))


@dataclass(frozen=True)
class RenewalPlan:
    """When to renew a connection, and when it ends without a renewal. None: no such time is known."""

    renew_at: datetime | None = None
    lapses_at: datetime | None = None

    @property
    def ends_at(self) -> datetime | None:
        """When the connection ends and only its owner can extend it; None while Munadi can renew it."""
        return self.lapses_at if self.renew_at is None else None

    @property
    def warn_at(self) -> datetime | None:
        """When to warn the owner of that end."""
        return None if self.ends_at is None else self.ends_at - WARN_AHEAD

    def is_due(self, now: datetime) -> bool:
        """Whether to call the network now: to renew the grant, or to check whether it has really ended."""
        due_at = self.renew_at or self.ends_at
        return due_at is not None and due_at <= now

    def next_at(self, now: datetime) -> datetime | None:
        """The next time after `now` at which upkeep has something to do."""
        moments = (self.renew_at, self.warn_at, self.ends_at)
        return min((at for at in moments if at is not None and at > now), default=None)


class UpkeepResult(Passed):
    """The result of one upkeep run. The workflow runs again at `next_at`; None: when it is woken."""

    status: AccountStatus
    next_at: datetime | None = None

    @property
    def has_ended(self) -> bool:
        """Whether the account is disconnected, so that upkeep ends."""
        return self.status is AccountStatus.DISCONNECTED


def renewal_plan_of(
    life: TokenLife, credentials: Credentials, *, granted_at: datetime, renewed_at: datetime | None
) -> RenewalPlan:
    """The renewal plan of these credentials. `granted_at`: when their owner last connected; `renewed_at`: when Munadi
    last renewed them."""
    since = renewed_at or granted_at
    if credentials.is_final and credentials.grant_expires_at is not None:
        return RenewalPlan(lapses_at=credentials.grant_expires_at)
    match life.renewed_with:
        case Renewal.TOKEN:
            return _renewed_by_itself(life, credentials.expires_at, since, renewed_at)
        case Renewal.REFRESH_TOKEN if _is_there(credentials):
            return _renewed_by_refresh_token(life, credentials, since, renewed_at)
    ends = [at for at in (credentials.expires_at, credentials.grant_expires_at) if at is not None]
    ends_at = min(ends, default=None)
    if ends_at is not None and renewed_at is not None and renewed_at >= ends_at:
        return RenewalPlan()  # it still worked after that date, so the date was wrong
    return RenewalPlan(lapses_at=ends_at)


def _renewed_by_itself(
    life: TokenLife, expires_at: datetime | None, since: datetime, renewed_at: datetime | None
) -> RenewalPlan:
    """The plan of a token that is exchanged for a new one while it is valid, once it is a day old."""
    if expires_at is None:
        return RenewalPlan(renew_at=since + SPACING)
    renew_at = _ahead_of(expires_at, since, life.access_ahead or timedelta(0))
    if renewed_at is not None:
        renew_at = max(renew_at, renewed_at + SPACING)
    return RenewalPlan(renew_at=renew_at if renew_at < expires_at else None, lapses_at=expires_at)


def _renewed_by_refresh_token(
    life: TokenLife, credentials: Credentials, since: datetime, renewed_at: datetime | None
) -> RenewalPlan:
    """The plan of a refresh token. Most stay valid as long as they are used."""
    unused = since + life.grant_life if life.grant_life is not None else None
    lapses_at = credentials.grant_expires_at or unused
    moments = [] if lapses_at is None else [_ahead_of(lapses_at, since, life.grant_ahead)]
    if life.access_ahead is not None and credentials.expires_at is not None:
        moments.append(_ahead_of(credentials.expires_at, since, life.access_ahead))
        lapses_at = lapses_at or credentials.expires_at
    earliest = renewed_at + SPACING if renewed_at is not None else None
    renew_at = min(moments, default=None)
    return RenewalPlan(max(renew_at, earliest) if renew_at and earliest else renew_at, lapses_at)


def _ahead_of(end: datetime, since: datetime, ahead: timedelta) -> datetime:
    """The time `ahead` of an end, or at the last third of the life where that is later."""
    return end - min(ahead, max(end - since, timedelta(0)) / LAST_PART)


def _is_there(credentials: Credentials) -> bool:
    token = credentials.refresh_token
    return token is not None and bool(token.get_secret_value())
