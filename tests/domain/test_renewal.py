"""When a connection needs upkeep, by the lifetime of its network's grants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from munadi.domain.account import Credentials
from munadi.domain.channel import Renewal, TokenLife
from munadi.domain.renewal import SPACING, RenewalPlan, renewal_plan_of

START = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
ITSELF = TokenLife(renewed_with=Renewal.TOKEN, access_ahead=timedelta(days=10))
USED = TokenLife(renewed_with=Renewal.REFRESH_TOKEN, grant_life=timedelta(days=180))
EITHER = TokenLife(renewed_with=Renewal.REFRESH_TOKEN, access_ahead=timedelta(days=10))
NOTHING = TokenLife()


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def credentials(
    ends: float | None = None, grant: float | None = None, *, refresh: str | None = None, final: bool = False
) -> Credentials:
    return Credentials(
        access_token=SecretStr("a"),
        refresh_token=None if refresh is None else SecretStr(refresh),
        expires_at=None if ends is None else day(ends),
        grant_expires_at=None if grant is None else day(grant),
        is_final=final,
    )


def keeping(life: TokenLife, given: Credentials, renewed: float | None = None) -> tuple[float | None, ...]:
    """(renew_at, warn_at, ends_at), in days after START."""
    ahead = renewal_plan_of(life, given, granted_at=START, renewed_at=None if renewed is None else day(renewed))
    moments = (ahead.renew_at, ahead.warn_at, ahead.ends_at)
    return tuple(None if at is None else round((at - START) / timedelta(days=1), 3) for at in moments)


@pytest.mark.parametrize(
    ("life", "given", "renewed", "expected"),
    [
        # A token that is exchanged for another: ten days ahead, or in the last third of a short life. Not twice a day.
        (ITSELF, credentials(60), None, (50, None, None)),
        (ITSELF, credentials(110), 50, (100, None, None)),
        (ITSELF, credentials(6), None, (4, None, None)),
        (ITSELF, credentials(None), None, (1, None, None)),  # refreshed after a day, to learn its end
        (ITSELF, credentials(60), 50, (56.667, None, None)),  # the network called it too young
        (ITSELF, credentials(1 / 24), 0.01, (None, 1 / 24 - 7, 1 / 24)),  # an hour's token is not renewed
        # A refresh token, whose life each use extends. Without one nothing can be renewed.
        (USED, credentials(0.05, refresh="r"), None, (150, None, None)),
        (USED, credentials(0.05, refresh="r"), 40, (190, None, None)),
        (USED, credentials(0.05, 90, refresh="r"), None, (60, None, None)),
        (USED, credentials(40.05, 130, refresh="r"), 40, (100, None, None)),
        (USED, credentials(0.05, 7, refresh="r"), None, (4.667, None, None)),
        (USED, credentials(0.05, 14, refresh="r", final=True), None, (None, 7, 14)),  # using it extends nothing
        (USED, credentials(0.05), None, (None, 0.05 - 7, 0.05)),
        (USED, credentials(0.05, refresh=""), None, (None, 0.05 - 7, 0.05)),
        # A Page's token: without end, or renewed with another token.
        (EITHER, credentials(None, refresh="r"), None, (None, None, None)),
        (EITHER, credentials(60, refresh="r"), None, (50, None, None)),
        (EITHER, credentials(60), None, (None, 53, 60)),
        # Nothing renews it: its owner is notified, and at its end the network is checked.
        (NOTHING, credentials(None), None, (None, None, None)),
        (NOTHING, credentials(60), None, (None, 53, 60)),
        (NOTHING, credentials(60, 30), None, (None, 23, 30)),
        (NOTHING, credentials(60), 61, (None, None, None)),  # it worked after its end
    ],
)
def test_the_next_upkeep_follows_the_lifetimes(
    life: TokenLife, given: Credentials, renewed: float | None, expected: tuple[float | None, ...]
) -> None:
    assert keeping(life, given, renewed) == tuple(None if at is None else round(at, 3) for at in expected)


def test_the_next_moment_is_never_past() -> None:
    ahead = RenewalPlan(lapses_at=day(60))
    assert [ahead.next_at(day(at)) for at in (0, 53, 59, 60)] == [day(53), day(60), day(60), None]
    assert [ahead.is_due(day(at)) for at in (53, 60)] == [False, True]


lives = st.sampled_from([ITSELF, USED, EITHER, NOTHING])
days = st.floats(0, 400)
maybe = st.none() | days


@given(lives, maybe, maybe, st.sampled_from([None, "r"]), maybe)
def test_a_renewal_is_never_planned_twice_in_a_day(
    life: TokenLife, ends: float | None, grant: float | None, refresh: str | None, renewed: float | None
) -> None:
    ahead = renewal_plan_of(
        life,
        credentials(ends, grant, refresh=refresh),
        granted_at=START,
        renewed_at=None if renewed is None else day(renewed),
    )
    if renewed is not None and ahead.renew_at is not None:
        assert ahead.renew_at >= day(renewed) + SPACING
    assert ahead.ends_at is None or ahead.renew_at is None
