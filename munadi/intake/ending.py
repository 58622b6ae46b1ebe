"""Checks a time to end, `withdrawAt`: which networks of a post can withdraw it then. What cannot be withdrawn stays up.

A post that no network can withdraw is refused; one that some cannot is accepted, with a warning for each of those.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec
from munadi.domain.content import Draft
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.publication import Warning_
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule
from munadi.intake.drafts import PlacedDraft
from munadi.intake.warnings import WarningCode
from munadi.ports import AnyChannel

POINTER = "/withdrawAt"
CODE = WarningCode.WITHDRAWAL_NOT_SUPPORTED.value


@dataclass(frozen=True)
class Stays:
    """A publication that its network does not take back at the time to end, and why, as a whole sentence."""

    spec: ChannelSpec
    why: str

    def warning(self, pointer: str | None) -> Warning_:
        """The warning about it."""
        return Warning_(code=CODE, message=self.why, channel=self.spec.name.value, pointer=pointer)


def why_not(spec: ChannelSpec, rule: WithdrawalRule, published_at: datetime | None, at: datetime) -> str | None:
    """Why the network removes no such post at that time; None if it does."""
    if rule.kind is Removal.NONE:
        return f"{spec.title} lets no app remove this post. {rule.by_hand}"
    until = spec.withdrawal_until
    if until is not None and published_at is not None and at >= published_at + until:
        hours = round(until.total_seconds() / 3600)
        return f"{spec.title} lets no app remove a post after {hours} hours. {rule.by_hand}"
    return None


def lacking(scopes: Collection[str], granted: Collection[str]) -> str | None:
    """What the account may not do, of these permissions; None where nothing is known to be missing."""
    missing = [scope for scope in scopes if granted and scope not in granted]
    if not missing:
        return None
    return f"the account was connected without the permission {' and '.join(missing)}; reconnect it and grant that"


def stays_up(
    channel: AnyChannel, draft: Draft, account: ConnectedAccount, published_at: datetime, at: datetime
) -> Stays | None:
    """Whether a publication stays up at its time to end; None if it can be withdrawn then."""
    rule = channel.withdrawal(draft, account)
    why = why_not(channel.spec, rule, published_at, at)
    if why is None and (without := lacking(rule.scopes, account.scopes)) is not None:
        why = f"{channel.spec.title} does not remove this post: {without}."
    return Stays(channel.spec, why) if why is not None else None


def check_stays(found: Sequence[Stays | None], problems: ProblemCollector) -> list[Warning_]:
    """A warning for each publication that stays up; a problem if all do."""
    staying = [each for each in found if each is not None]
    if staying and len(staying) == len(found):
        names = ", ".join(dict.fromkeys(each.spec.name.value for each in staying))
        reasons = " ".join(dict.fromkeys(each.why for each in staying))
        message = f"no network of this post can withdraw it at that time: {reasons}"
        problems.add(POINTER, CODE, message, limit="a network that can withdraw it", actual=names)
        return []
    return [each.warning(POINTER) for each in staying]


def check_placed(
    placed: Iterable[PlacedDraft], due: datetime, withdraw_at: datetime | None, problems: ProblemCollector
) -> list[Warning_]:
    """Check the drafts of a request with a time to end. Those of unknown accounts are problems already."""
    if withdraw_at is None:
        return []
    found = [
        stays_up(each.target.channel, each.draft, account, due, withdraw_at)
        for each in placed
        if (account := each.target.account) is not None
    ]
    return check_stays(found, problems)
