"""When a connection needs somebody: a token to renew in time, an owner to warn. Pure; the numbers are the channels'.

A grant lives in one of three ways (`TokenLife.renewed_with`): its token is exchanged for another while it lives, a
refresh token buys new access tokens and lives as long as it is used, or nothing renews it and its owner must connect
again. Short access tokens are no business of the keeper: who needs one renews it (`munadi.tokens`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from munadi.domain.account import AccountStatus, Credentials
from munadi.domain.channel import Renewal, TokenLife
from munadi.domain.model import Model

# So long before its end the owner of a connection hears that nothing but a reconnect extends it (`account.expiring`).
TOLD_AHEAD = timedelta(days=7)
# A token is renewed ahead at most so often, whatever its network answers.
SPACING = timedelta(days=1)
# Of a life that is shorter than what it is renewed ahead by, the last third is kept for outages.
LAST_PART = 3
# Between tries of a renewal that the network did not answer, or could not make.
TRY_GROWTH = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 360))


@dataclass(frozen=True)
class Keeping:
    """What is ahead of a connection: when we renew it, and when it ends if nobody does. None: not as far as known."""

    renew_at: datetime | None = None
    lapses_at: datetime | None = None

    @property
    def ends_at(self) -> datetime | None:
        """When it ends and only its owner can help; None while we can renew it."""
        return self.lapses_at if self.renew_at is None else None

    @property
    def tell_at(self) -> datetime | None:
        """When its owner is to hear of that end."""
        return None if self.ends_at is None else self.ends_at - TOLD_AHEAD

    def must_ask(self, now: datetime) -> bool:
        """Whether the network is to be asked now: for a renewal, or whether the end has really come."""
        asking_at = self.renew_at or self.ends_at
        return asking_at is not None and asking_at <= now

    def next_at(self, now: datetime) -> datetime | None:
        """The next moment at which something is to be done, later than `now`."""
        moments = (self.renew_at, self.tell_at, self.ends_at)
        return min((at for at in moments if at is not None and at > now), default=None)


class Kept(Model):
    """How an account stands after a look: what its workflow waits for. `next_at` None: for somebody's act."""

    status: AccountStatus
    next_at: datetime | None = None

    @property
    def has_ended(self) -> bool:
        """Disconnected: there is nothing to keep."""
        return self.status is AccountStatus.DISCONNECTED


def keeping_of(
    life: TokenLife, credentials: Credentials, *, granted_at: datetime, renewed_at: datetime | None
) -> Keeping:
    """What is ahead of these credentials. `granted_at`: when their owner last connected them; `renewed_at`: when we
    last asked for others."""
    since = renewed_at or granted_at
    if credentials.is_final and credentials.grant_expires_at is not None:
        return Keeping(lapses_at=credentials.grant_expires_at)
    match life.renewed_with:
        case Renewal.TOKEN:
            return _renewed_by_itself(life, credentials.expires_at, since, renewed_at)
        case Renewal.REFRESH_TOKEN if _is_there(credentials):
            return _renewed_by_refresh_token(life, credentials, since, renewed_at)
    ends = [at for at in (credentials.expires_at, credentials.grant_expires_at) if at is not None]
    ends_at = min(ends, default=None)
    if ends_at is not None and renewed_at is not None and renewed_at >= ends_at:
        return Keeping()  # it worked after its end: whoever named this date was wrong
    return Keeping(lapses_at=ends_at)


def _renewed_by_itself(
    life: TokenLife, expires_at: datetime | None, since: datetime, renewed_at: datetime | None
) -> Keeping:
    """While it lives it buys another, from a day old on; when it ends, a renewal tells if nobody else has."""
    if expires_at is None:
        return Keeping(renew_at=since + SPACING)
    renew_at = _ahead_of(expires_at, since, life.access_ahead or timedelta(0))
    if renewed_at is not None:
        renew_at = max(renew_at, renewed_at + SPACING)
    return Keeping(renew_at=renew_at if renew_at < expires_at else None, lapses_at=expires_at)


def _renewed_by_refresh_token(
    life: TokenLife, credentials: Credentials, since: datetime, renewed_at: datetime | None
) -> Keeping:
    """The refresh token buys others as long as it lives, and most live as long as they are used."""
    unused = since + life.grant_life if life.grant_life is not None else None
    lapses_at = credentials.grant_expires_at or unused
    moments = [] if lapses_at is None else [_ahead_of(lapses_at, since, life.grant_ahead)]
    if life.access_ahead is not None and credentials.expires_at is not None:
        moments.append(_ahead_of(credentials.expires_at, since, life.access_ahead))
        lapses_at = lapses_at or credentials.expires_at
    earliest = renewed_at + SPACING if renewed_at is not None else None
    renew_at = min(moments, default=None)
    return Keeping(max(renew_at, earliest) if renew_at and earliest else renew_at, lapses_at)


def _ahead_of(end: datetime, since: datetime, ahead: timedelta) -> datetime:
    """`ahead` of an end, or a third of the life before it where that is less."""
    return end - min(ahead, max(end - since, timedelta(0)) / LAST_PART)


def _is_there(credentials: Credentials) -> bool:
    token = credentials.refresh_token
    return token is not None and bool(token.get_secret_value())
