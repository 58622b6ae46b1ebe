"""Computes what an installation needs from what one post was measured to cost.

Temporal Cloud's prices and rules are those of docs.temporal.io/cloud/pricing and docs.temporal.io/cloud/actions,
read in December 2026.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

GIGABYTE = 1_000_000_000
# Temporal Cloud counts a month as so many hours, where it gives gigabytes for gigabyte hours.
HOURS_OF_MONTH = 744
SECONDS_OF_MONTH = HOURS_OF_MONTH * 3600

# Million actions up to which a price in dollars per million holds, by plan.
BUSINESS = ((5, 50.0), (10, 45.0), (20, 40.0), (50, 35.0), (100, 30.0), (200, 25.0))
DEVELOPER = ((math.inf, 50.0),)
ACTIVE, RETAINED = 0.042, 0.00105  # dollars per gigabyte hour
FAIRNESS = 1.1  # a tenth of an action for each action, in hours with fairness
BUSINESS_INCLUDES = {"actions": 2.5, "active": 2.5, "retained": 100.0}  # millions, GB, GB
BUSINESS_LEAST = 500.0
PLAN_SHARE = 0.1
DEFAULT_ACTIONS_A_SECOND = 500

# A core that is busier than this answers late.
BUSY = 0.7


@dataclass(frozen=True)
class Post:
    """What one post costs: milliseconds of processor time by part, commits, actions, and bytes."""

    worker: float
    temporal: float
    postgres: float
    commits: float
    actions: float
    waiting: int
    ended: int
    stored: int


@dataclass(frozen=True)
class Load:
    """`scheduled` posts wait, each for a month on average, so as many are published a month; `peak` in one minute.

    Temporal keeps histories for `retention_days` after the end.
    """

    scheduled: int
    peak: int
    retention_days: int = 7

    @property
    def a_second(self) -> float:
        """Posts a second in the minute of the peak."""
        return self.peak / 60


def cores(load: Load, milliseconds: float) -> float:
    """The cores that a part needs to publish the peak within its minute."""
    return load.a_second * milliseconds / 1000 / BUSY


def actions_a_month(load: Load, post: Post) -> float:
    """Billed actions, with those for fairness."""
    return load.scheduled * post.actions * FAIRNESS


def actions_price(millions: float, tiers: tuple[tuple[float, float], ...] = BUSINESS) -> float:
    """Dollars for so many million actions in a month."""
    price, below = 0.0, 0.0
    for upto, each in tiers:
        price += max(0.0, min(millions, upto) - below) * each
        below = upto
    if millions > below:
        raise ValueError(f"no public price for {millions} million actions")
    return price


def active_gigabytes(load: Load, post: Post) -> float:
    """Histories of posts that wait."""
    return load.scheduled * post.waiting / GIGABYTE


def retained_gigabytes(load: Load, post: Post) -> float:
    """Histories of posts that ended within the namespace's retention."""
    ended = load.scheduled * load.retention_days * 24 / HOURS_OF_MONTH
    return ended * post.ended / GIGABYTE


def storage_price(active: float, retained: float) -> float:
    """Dollars a month for so many gigabyte hours."""
    return active * ACTIVE + retained * RETAINED


def developer_bill(load: Load, post: Post) -> float:
    """Dollars a month at Temporal Cloud on the plan without a base fee."""
    usage = actions_price(actions_a_month(load, post) / 1e6, DEVELOPER) + storage_price(
        active_gigabytes(load, post) * HOURS_OF_MONTH, retained_gigabytes(load, post) * HOURS_OF_MONTH
    )
    return usage * (1 + PLAN_SHARE)


def business_bill(load: Load, post: Post) -> float:
    """Dollars a month at Temporal Cloud on the Business plan, whose allocation is used first."""
    actions = max(0.0, actions_a_month(load, post) / 1e6 - BUSINESS_INCLUDES["actions"])
    active = max(0.0, active_gigabytes(load, post) - BUSINESS_INCLUDES["active"])
    retained = max(0.0, retained_gigabytes(load, post) - BUSINESS_INCLUDES["retained"])
    usage = actions_price(actions) + storage_price(active * HOURS_OF_MONTH, retained * HOURS_OF_MONTH)
    return usage + max(BUSINESS_LEAST, usage * PLAN_SHARE)
