"""Limits how often an address may do something within a time. Its memory is bounded: a flood does not fill it."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict

WINDOW_SECONDS = 60.0
MAX_ADDRESSES = 10_000


class AddressLimit:
    """What the addresses did, as this process saw it. Beyond `MAX_ADDRESSES` the longest idle one is forgotten."""

    def __init__(self, most: int, *, seconds: float = WINDOW_SECONDS) -> None:
        self.most = most
        self._seconds = seconds
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def count(self, address: str | None, monotonic: float) -> int | None:
        """Count once; returns None within the limit, else the seconds until the address may do it again."""
        block = _block_of(address)
        began, count = self._windows.pop(block, (monotonic, 0))
        if monotonic - began >= self._seconds:
            began, count = monotonic, 0
        self._windows[block] = (began, count + 1)
        if len(self._windows) > MAX_ADDRESSES:
            self._windows.popitem(last=False)
        return None if count < self.most else max(1, math.ceil(began + self._seconds - monotonic))


def _block_of(address: str | None) -> str:
    """The address block of one caller: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        read = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    return str(ipaddress.ip_network((read, 64), strict=False)) if read.version == 6 else str(read)
