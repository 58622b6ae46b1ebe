"""What the shell may offer for a value: words that are the same at every API. Nothing is asked over the network."""

from __future__ import annotations

from collections.abc import Iterable


def channels(incomplete: str) -> list[str]:
    """The networks."""
    from munadi.domain.channel import ChannelName

    return _beginning(incomplete, ChannelName)


def statuses(incomplete: str) -> list[str]:
    """What a content can be."""
    from munadi.domain.content import ContentStatus

    return _beginning(incomplete, ContentStatus)


def delivery_statuses(incomplete: str) -> list[str]:
    """What a delivery can be."""
    from munadi.domain.webhook import DeliveryStatus

    return _beginning(incomplete, DeliveryStatus)


def event_types(incomplete: str) -> list[str]:
    """What can happen."""
    from munadi.domain.event import EventType

    return _beginning(incomplete, EventType)


def scopes(incomplete: str) -> list[str]:
    """What a key may do."""
    from munadi.domain.key import Scope

    return _beginning(incomplete, Scope)


def folds(incomplete: str) -> list[str]:
    """Which of a doubled hour."""
    return _beginning(incomplete, ("earlier", "later"))


def outcomes(incomplete: str) -> list[str]:
    """What became of an unconfirmed publication."""
    return _beginning(incomplete, ("published", "not_published"))


def _beginning(incomplete: str, words: Iterable[str]) -> list[str]:
    return [str(word) for word in words if str(word).startswith(incomplete)]
