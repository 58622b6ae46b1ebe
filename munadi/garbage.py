"""The garbage collector of a server process."""

from __future__ import annotations

import gc

# New objects between two collections; Python's own is 700. A request makes thousands, and nearly all of them die young.
YOUNGEST = 10_000


def exempt_startup() -> None:
    """Call it once a process serves: what it has loaded until then lives as long as the process does.

    A full collection reads every object, which is a pause of a tenth of a second and more. After this it reads only
    what was made later.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNGEST, 10, 10)
