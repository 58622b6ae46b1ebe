"""Shell completion of values that are known without a network call."""

from __future__ import annotations

from collections.abc import Iterable


def channels(incomplete: str) -> list[str]:
    """Names of networks that begin with what was typed."""
    from munadi.domain.channel import ChannelName

    return _beginning(incomplete, ChannelName)


def statuses(incomplete: str) -> list[str]:
    """Statuses of a post that begin with what was typed."""
    from munadi.domain.content import ContentStatus

    return _beginning(incomplete, ContentStatus)


def publication_statuses(incomplete: str) -> list[str]:
    """Statuses of a publication that begin with what was typed."""
    from munadi.domain.publication import PublicationStatus

    return _beginning(incomplete, PublicationStatus)


def delivery_statuses(incomplete: str) -> list[str]:
    """Statuses of a delivery that begin with what was typed."""
    from munadi.domain.webhook import DeliveryStatus

    return _beginning(incomplete, DeliveryStatus)


def event_types(incomplete: str) -> list[str]:
    """Types of events that begin with what was typed."""
    from munadi.domain.event import EventType

    return _beginning(incomplete, EventType)


def scopes(incomplete: str) -> list[str]:
    """Scopes of a key that begin with what was typed."""
    from munadi.domain.key import Scope

    return _beginning(incomplete, Scope)


def folds(incomplete: str) -> list[str]:
    """The choice of the hour that a clock change repeats."""
    return _beginning(incomplete, ("earlier", "later"))


def outcomes(incomplete: str) -> list[str]:
    """Outcomes that a person can report for an unconfirmed publication."""
    return _beginning(incomplete, ("published", "not_published"))


def profiles(incomplete: str) -> list[str]:
    """Names of stored profiles; none if their file is damaged, which the command then reports."""
    from munadi.cli.profile_store import load
    from munadi.process.exits import CommandFailed

    try:
        return _beginning(incomplete, sorted(load().profiles))
    except CommandFailed:
        return []


def dismissals(incomplete: str) -> list[str]:
    """Reasons for which a failure is dismissed."""
    return _beginning(incomplete, ("not_needed", "sent_elsewhere"))


def _beginning(incomplete: str, words: Iterable[str]) -> list[str]:
    return [str(word) for word in words if str(word).startswith(incomplete)]
