"""Shell completion of values that are known without a network call."""

from __future__ import annotations

from collections.abc import Iterable


def profiles(incomplete: str) -> list[str]:
    """Names of stored profiles; none if their file is damaged, which the command then reports."""
    from munadi.cli.profile_store import load
    from munadi.process.exits import CommandFailed

    try:
        return beginning(incomplete, sorted(load().profiles))
    except CommandFailed:
        return []


def channels(incomplete: str) -> list[str]:
    """Names of networks that begin with what was typed."""
    from munadi.domain.channel import ChannelName

    return beginning(incomplete, ChannelName)


def event_types(incomplete: str) -> list[str]:
    """Types of events that begin with what was typed."""
    from munadi.domain.event import EventType

    return beginning(incomplete, EventType)


def beginning(incomplete: str, words: Iterable[str]) -> list[str]:
    """The words that begin with what was typed."""
    return [str(word) for word in words if str(word).startswith(incomplete)]
