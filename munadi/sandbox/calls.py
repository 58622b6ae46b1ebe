"""The log of calls to the emulated networks. Paths only: queries and bodies may contain tokens."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from munadi.sandbox.clock import wall_time

CAPACITY = 10_000


@dataclass
class CallRecord:
    at: float
    channel: str
    operation: str
    method: str
    path: str
    profile: str | None
    visible: bool
    status: int | None = None  # None: nothing (yet) or no complete answer was sent
    effect: bool = False
    fault: str | None = None  # the id of the fault that acted on it


class CallLog:
    def __init__(self) -> None:
        self._records: deque[CallRecord] = deque(maxlen=CAPACITY)

    def open(
        self, *, channel: str, operation: str, method: str, path: str, profile: str | None, visible: bool
    ) -> CallRecord:
        """Written at arrival, completed by the caller: a call that hangs is already in the log."""
        record = CallRecord(wall_time(), channel, operation, method, path, profile, visible)
        self._records.append(record)
        return record

    def listed(self, channel: str | None = None) -> list[CallRecord]:
        return [record for record in self._records if channel in (None, record.channel)]

    def clear(self) -> None:
        self._records.clear()
