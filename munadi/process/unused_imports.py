"""Prevents imports of libraries that other libraries need only for their own command lines."""

from __future__ import annotations

import sys


def leave_out(*libraries: str) -> None:
    """Make later imports of these modules fail. Only for modules that their importers can do without."""
    for name in libraries:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
