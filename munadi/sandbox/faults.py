"""Faults that a test plants: which calls they affect, how often, and how."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class FaultMode(StrEnum):
    # without effect
    ERROR = "error"
    RESET = "reset"
    HANG = "hang"
    # delayed, then as usual
    DELAY = "delay"
    # after the effect
    ACCEPT_THEN_RESET = "accept_then_reset"
    ACCEPT_THEN_HANG = "accept_then_hang"
    ACCEPT_THEN_502 = "accept_then_502"
    ACCEPT_THEN_504 = "accept_then_504"
    ACCEPT_THEN_HALF_BODY = "accept_then_half_body"
    LIVE_BUT_ERROR = "live_but_error"


WITHOUT_EFFECT = {FaultMode.ERROR, FaultMode.RESET, FaultMode.HANG}
AFTER_EFFECT = set(FaultMode) - WITHOUT_EFFECT - {FaultMode.DELAY}


@dataclass
class Fault:
    channel: str
    operation: str  # an operation's name, or "*"
    mode: FaultMode
    times: int | None = 1  # None: until removed
    profile: str | None = None  # a profile's id or name; None: any
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    error: dict[str, Any] | None = None  # the network's own error: see `Platform.failure`
    delay_seconds: float = 0.0
    id: str = field(default_factory=lambda: f"flt_{secrets.token_hex(6)}")
    hits: int = 0


class FaultBoard:
    """Faults in the order they were planted; the first that fits a call is taken."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}

    def plant(self, fault: Fault) -> Fault:
        self._faults[fault.id] = fault
        return fault

    def take(self, channel: str, operation: str, profile_names: set[str]) -> Fault | None:
        """The fault for this call, which uses it once; None when no fault fits."""
        for fault in self._faults.values():
            if fault.channel != channel or fault.operation not in ("*", operation):
                continue
            if fault.profile is not None and fault.profile not in profile_names:
                continue
            if fault.times is not None and fault.hits >= fault.times:
                continue
            fault.hits += 1
            return fault
        return None

    def give_back(self, fault: Fault) -> None:
        """The network refused the call, so the fault applies to the next one."""
        fault.hits -= 1

    def listed(self) -> list[Fault]:
        return list(self._faults.values())

    def remove(self, fault_id: str) -> bool:
        return self._faults.pop(fault_id, None) is not None

    def clear(self) -> None:
        self._faults.clear()
