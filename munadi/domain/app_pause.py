"""Which calls of an app wait, after a network has refused one of them because of the app and not of the account."""

from __future__ import annotations

from enum import StrEnum

from munadi.domain.failure import ChannelError, Reason


class Paused(StrEnum):
    """The calls that are paused: all of them, those that prepare a post, or those that publish one.

    A quota may be that of one kind of call (YouTube: of uploads), so the calls of other kinds go on.
    """

    ALL = "all"
    PREPARING = "preparing"
    PUBLISHING = "publishing"


def paused_by(error: ChannelError, during: Paused | None) -> Paused | None:
    """The calls to pause after an error that was raised `during` a call; None: those of no other account."""
    if not error.of_app:
        return None
    return Paused.ALL if error.reason is Reason.RATE_LIMITED else during
