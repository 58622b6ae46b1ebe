"""What the processes that open files are limited to."""

from __future__ import annotations

import os
import resource

# Nothing that such a process could give away.
_SECRETS = ("MUNADI_", "AWS_")


def limit_resources(*, memory: int, seconds: int, file_bytes: int | None = None) -> None:
    """Before anything is read: octets of its own data, seconds of computing, and octets of each file that it writes.

    `RLIMIT_DATA` counts what is allocated, not what libraries map.
    """
    wanted = [(resource.RLIMIT_DATA, memory), (resource.RLIMIT_CPU, seconds)]
    wanted += [] if file_bytes is None else [(resource.RLIMIT_FSIZE, file_bytes)]
    for name, limit in wanted:
        _, most = resource.getrlimit(name)
        allowed = limit if most == resource.RLIM_INFINITY else min(limit, most)
        resource.setrlimit(name, (allowed, allowed))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def harmless_environment() -> dict[str, str]:
    """This process's environment, without what is secret."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(_SECRETS)}
