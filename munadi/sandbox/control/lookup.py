"""Find what a control call names; an unknown name answers 4xx with the known ones."""

from __future__ import annotations

from typing import Any

from fastapi import HTTPException

from munadi.sandbox.platform import Platform, UnknownProfileError
from munadi.sandbox.state import SandboxState


def network_of(state: SandboxState, channel: str) -> Platform[Any]:
    network = state.networks.get(channel)
    if network is None:
        raise HTTPException(422, f"unknown channel {channel!r}; there are {', '.join(sorted(state.networks))}")
    return network


def profile_of(network: Platform[Any], reference: str) -> str:
    """The profile's id, for an id or a name."""
    try:
        return network.profile_id(reference)
    except UnknownProfileError as problem:
        raise HTTPException(404, str(problem)) from None


def require_operation(network: Platform[Any], operation: str) -> None:
    """A fault with a misspelt operation would never act, and the test would pass without reason."""
    names = network.operation_names()
    if operation != "*" and operation not in names:
        raise HTTPException(422, f"unknown operation {operation!r}; there are {', '.join(sorted(names))}")
