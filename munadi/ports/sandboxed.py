"""What is called for a test brand in the place of a network: the same channel, built with the sandbox's addresses.

Rule: while it is called, no other server can be (`munadi.ports.calls.calling_only`). Every call of a channel passes
here (`Channel._boundary`), so a test brand has no other way to a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports.calls import calling_only

if TYPE_CHECKING:
    from munadi.ports.channel import AnyChannel

SETTING = "MUNADI_SANDBOX_URL"


@dataclass(frozen=True)
class Sandboxed:
    """A channel whose network is the sandbox, and the sandbox's server (`https://host:port`)."""

    channel: AnyChannel
    server: str


@contextmanager
def called(channel: AnyChannel, is_test: bool) -> Iterator[AnyChannel]:
    """What is called inside the block: the network, or for a test brand the sandbox, and then nothing else can be.

    Raises ChannelError (not sent) for a test brand where no sandbox is set up.
    """
    if not is_test:
        yield channel
    elif channel.sandboxed is None:
        message = f"{channel.spec.title}: this is a test brand, and there is no sandbox here; set {SETTING}"
        raise ChannelError(Reason.INTERNAL_ERROR, Effect.NOT_SENT, message)
    else:
        with calling_only(channel.sandboxed.server):
            yield channel.sandboxed.channel
