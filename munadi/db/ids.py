"""Creates ids. Not in the domain, because it reads the clock and the system's randomness."""

from __future__ import annotations

from typeid import TypeID

from munadi.domain.ids import Prefix


def new_id(prefix: Prefix) -> str:
    """A new TypeID, such as `cnt_01jd…`."""
    return str(TypeID(prefix=prefix.value))
