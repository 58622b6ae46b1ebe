"""The garbage collector of a server process frees what its caches have dropped."""

from __future__ import annotations

import subprocess
import sys

# What a process has loaded, then groups of objects that refer to each other: 1 500 are kept, as in the worker's cache.
DROPPING = """
import weakref
from collections import deque
from munadi.process.garbage import exempt_startup

class Group:
    def __init__(self):
        self.parts = [[self] for _ in range(140)]

loaded = [[] for _ in range(400_000)]
exempt_startup()
kept, seen = deque(maxlen=1_500), []
for _ in range(4_000):
    kept.append(Group())
    seen.append(weakref.ref(kept[-1]))
print(sum(each() is not None for each in seen) - len(kept))
"""


def test_what_a_cache_drops_is_freed_soon() -> None:
    done = subprocess.run([sys.executable, "-c", DROPPING], capture_output=True, text=True, check=True, timeout=60)
    assert int(done.stdout) < 1_000, "of 2 500 that were dropped"
