"""The doors: APIs of other programs that an installation may answer like, for clients that were written for them."""

from __future__ import annotations

from enum import StrEnum


class DoorName(StrEnum):
    """What `MUNADI_DOORS` may list."""

    AYRSHARE = "ayrshare"
    POSTIZ = "postiz"


def read_doors(text: str) -> tuple[DoorName, ...]:
    """The doors in a setting, each once. ValueError names one that there is not."""
    names = [each.strip().lower() for each in text.split(",") if each.strip()]
    known = ", ".join(DoorName)
    for name in names:
        if name not in set(DoorName):
            raise ValueError(f"there is no door {name[:40]!r}; there are {known}")
    return tuple(door for door in DoorName if door in names)
