"""Reads requirements.lock: the pinned packages, where they apply, and the hashes of their files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements.lock"
_PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+?))? *\\?$")
_HASH = re.compile(r"^    --hash=sha256:(?P<digest>[0-9a-f]{64})(?: \\)?$")


@dataclass(frozen=True)
class Pin:
    """One package at one version. `marker`: the environments that need it, empty for all."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def read_lock(text: str) -> list[Pin]:
    """Every pin. Raises ValueError for a line that is neither a pin nor a hash."""
    pins: list[Pin] = []
    for number, line in enumerate(text.splitlines(), 1):
        if found := _PIN.match(line):
            pins.append(Pin(found["name"], found["version"], found["marker"] or "", ()))
        elif (found := _HASH.match(line)) and pins:
            last = pins[-1]
            pins[-1] = Pin(last.name, last.version, last.marker, (*last.hashes, found["digest"]))
        elif line.strip():
            raise ValueError(f"requirements.lock, line {number}: neither a pin nor a hash")
    return pins
