"""Faults that a test plants: which calls they affect, how often, and how."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from munadi.sandbox.clock import wall_time


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


# In the place of an operation: any whose effect followers see, whichever the post takes.
VISIBLE = "visible"
WITHOUT_EFFECT = {FaultMode.ERROR, FaultMode.RESET, FaultMode.HANG}
AFTER_EFFECT = set(FaultMode) - WITHOUT_EFFECT - {FaultMode.DELAY}


@dataclass
class Fault:
    channel: str
    operation: str  # an operation's name, `VISIBLE`, or "*"
    mode: FaultMode
    times: int | None = 1  # None: until removed
    profile: str | None = None  # a profile's id or name; None: any
    brand: str | None = None  # a test brand's ref; None: any, and calls that name none
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    error: dict[str, Any] | None = None  # the network's own error: see `Platform.failure`
    delay_seconds: float = 0.0
    seconds: float | None = None  # how long it lasts; None: no matter when
    title: str = ""  # as the page planted it
    planted_at: float = field(default_factory=wall_time)
    id: str = field(default_factory=lambda: f"flt_{secrets.token_hex(6)}")
    hits: int = 0

    @property
    def is_live(self) -> bool:
        """Whether it can still act."""
        lasts = self.seconds is None or wall_time() < self.planted_at + self.seconds
        return lasts and (self.times is None or self.hits < self.times)

    def fits(
        self, channel: str, operation: str, profile_names: set[str], *, visible: bool = False, brand: str | None = None
    ) -> bool:
        names = ("*", operation, VISIBLE) if visible else ("*", operation)
        return (
            self.channel == channel
            and self.operation in names
            and (self.profile is None or self.profile in profile_names)
            and self.brand in (None, brand)
            and self.is_live
        )


class FaultBoard(dict[str, Fault]):
    """Faults by id, in the order they were planted; the first that fits a call acts on it."""

    def of(self, brand: str | None) -> list[Fault]:
        """The faults of one brand; all of them without one."""
        return [fault for fault in self.values() if brand in (None, fault.brand)]

    def remove(self, brand: str | None) -> None:
        """Remove the faults of one brand; all of them without one."""
        for fault in self.of(brand):
            del self[fault.id]

    def take(
        self, channel: str, operation: str, profile_names: set[str], *, visible: bool = False, brand: str | None = None
    ) -> Fault | None:
        """The fault for this call, which uses it once; None when no fault fits."""
        call = (channel, operation, profile_names)
        fault = next((one for one in self.values() if one.fits(*call, visible=visible, brand=brand)), None)
        if fault is not None:
            fault.hits += 1
        return fault
