"""The garbage collector of a server process."""

from __future__ import annotations

import gc

# New objects between two collections; Python's own is 700. A request makes thousands, and nearly all of them die young.
YOUNGEST = 10_000
# A workflow that the cache drops is a cycle of 140 objects, which only a full collection frees. With Python's own 10
# and 10 that came after 7 000 workflows: whatever was accepted in the last hour stayed in memory.
MIDDLE, OLDEST = 5, 2


def exempt_startup() -> None:
    """Call it once a process serves: what it has loaded until then lives as long as the process does.

    A full collection reads every object, which is a pause of a tenth of a second and more. After this it reads only
    what was made later.
    """
    gc.collect()
    gc.freeze()
    gc.collect()  # of nothing: else a full collection waits until a quarter of what is exempt is new
    gc.set_threshold(YOUNGEST, MIDDLE, OLDEST)
