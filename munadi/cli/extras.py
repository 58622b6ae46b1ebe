"""Which command needs more than `pip install munadi` brings, and whether that is installed.

Rule: `NEEDS` is the only list of such commands, and the extras in pyproject.toml, read from the installed package's
metadata, the only list of packages.
"""

from __future__ import annotations

import re
from importlib import metadata

from munadi.cli.exits import CommandFailed, Exit

SERVER, MCP = "server", "mcp"
# A group's name stands for all its commands.
NEEDS = {
    "api": SERVER,
    "db": SERVER,
    "demo": SERVER,
    "dev": SERVER,
    "keys rotate-encryption": SERVER,
    "mcp": MCP,
    "sandbox": SERVER,
    "worker": SERVER,
}
_PACKAGE = "munadi"
_NAME = re.compile(r"[\w.-]+")
_EXTRA = re.compile(r"""extra\s*==\s*["']([\w.-]+)["']""")


def require_for(command_path: str) -> None:
    """Raise CommandFailed (USAGE) if the command, such as `munadi db upgrade`, needs what is not installed."""
    _program, _, command = command_path.partition(" ")
    for name, extra in NEEDS.items():
        if f"{command} ".startswith(f"{name} "):
            require(extra, f"munadi {command}")


def require(extra: str, what: str) -> None:
    """Raise CommandFailed (USAGE), in one sentence with the command that installs it, if the extra is not installed."""
    if absent := missing(extra):
        found = f"{what} needs packages that are not installed ({len(absent)}, such as {absent[0]})"
        raise CommandFailed(f"{found}: pip install '{_PACKAGE}[{extra}]'", Exit.USAGE)


def missing(extra: str) -> list[str]:
    """The packages of the extra that are not installed. Their versions are the installer's concern."""
    return [name for name in packages(extra) if not _is_present(name)]


def packages(extra: str) -> list[str]:
    """The names of the extra's packages. None where Munadi itself is not installed, but runs from its sources."""
    try:
        requirements = metadata.requires(_PACKAGE) or []
    except metadata.PackageNotFoundError:
        return []
    wanted = [line for line in requirements if extra in _EXTRA.findall(line.partition(";")[2])]
    return [found[0] for line in wanted if (found := _NAME.match(line))]


def _is_present(package: str) -> bool:
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False
    return True
