"""What the page lets go wrong with an account's next post: planted faults, in words for people who try Munadi.

The control API plants the same and more. Each network has its own refusal (`Platform.refusal`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from munadi.sandbox.faults import VISIBLE, Fault, FaultMode
from munadi.sandbox.platform import Platform
from munadi.sandbox.state import SandboxState

OUTAGE_SECONDS = 30.0
DOWN: dict[str, Any] = {"status": 503, "body": "down for maintenance"}


@dataclass(frozen=True)
class Mishap:
    """`title` is what the network does, `outcome` what to expect of it, as sentences."""

    title: str
    outcome: str


REFUSED, LIMITED, REVOKED, OUTAGE, LOST = "refused", "limited", "revoked", "outage", "lost"
MISHAPS = {
    REFUSED: Mishap(
        "The network does not let the account publish",
        "The post fails. Needs attention says why and what to do; Retry there publishes it.",
    ),
    LIMITED: Mishap("Too many posts: it has to wait", "The post waits, and is published later by itself."),
    REVOKED: Mishap("The owner takes the access back", "Posts wait for the account until its owner connects it again."),
    OUTAGE: Mishap(
        f"The network is down for {OUTAGE_SECONDS:.0f} seconds", "The post waits, and is published by itself."
    ),
    LOST: Mishap(
        "It is published, and the answer is lost", "Munadi finds the post at the network. It is not sent again."
    ),
}


def let_happen(state: SandboxState, network: Platform[Any], profile_id: str, name: str) -> None:
    """Plant one of `MISHAPS` for a profile. What was planted for its next post before is replaced."""
    for planted in list(state.faults.values()):
        if planted.title and (planted.channel, planted.profile) == (network.channel, profile_id):
            del state.faults[planted.id]
    if name == REVOKED:
        network.revoke_tokens(profile_id, None)
        return
    kind: dict[str, dict[str, Any]] = {
        REFUSED: {"operation": VISIBLE, "mode": FaultMode.ERROR, "error": network.refusal},
        LIMITED: {"operation": VISIBLE, "mode": FaultMode.ERROR, "error": network.throttling},
        OUTAGE: {"operation": "*", "mode": FaultMode.ERROR, "times": None, "seconds": OUTAGE_SECONDS, **DOWN},
        LOST: {"operation": VISIBLE, "mode": FaultMode.ACCEPT_THEN_RESET},
    }
    fault = Fault(network.channel, profile=profile_id, title=MISHAPS[name].title, **kind[name])
    state.faults[fault.id] = fault
