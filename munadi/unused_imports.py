"""Keep libraries out of a process that other libraries import only for their own command lines."""

from __future__ import annotations

import sys


def leave_out(*libraries: str) -> None:
    """Make an import of these fail, before anything imports them. Only for what its importers can do without."""
    for name in libraries:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
