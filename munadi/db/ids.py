"""New ids. Here and not in the domain, because making one reads the clock and the system's randomness."""

from __future__ import annotations

from typeid import TypeID

from munadi.domain.ids import Prefix


def new_id(prefix: Prefix) -> str:
    """A fresh TypeID, e.g. `cnt_01jd…`."""
    return str(TypeID(prefix=prefix.value))
