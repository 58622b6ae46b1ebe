"""Which command needs more than is installed here, and what installs it.

The command line is part of the client's package; a server is an application of its own, which has everything. Rule:
`NEEDS` is the only list of commands that need more, and the extras in pyproject.toml, read from the installed
package's metadata, the only list of packages.
"""

from __future__ import annotations

import re
from importlib.util import find_spec

from munadi import __version__
from munadi.process.exits import CommandFailed, Exit

SERVER, CLI, MCP, ED25519, RECEIPTS = "server", "cli", "mcp", "ed25519", "receipts"
# A group's name stands for all its commands.
NEEDS = {
    "api": SERVER,
    "contents purge": SERVER,
    "db": SERVER,
    "demo": SERVER,
    "dev": SERVER,
    "imports postiz": SERVER,
    "keys rotate-encryption": SERVER,
    "keys rotate-receipt-key": SERVER,
    "mcp": MCP,
    "receipts": RECEIPTS,
    "sandbox": SERVER,
    "temporal": SERVER,
    "worker": SERVER,
}
PACKAGE = "munadi-client"
_A_PART_OF_THE_SERVER = "munadi.process.runtime"
_NAME = re.compile(r"[\w.-]+")
_EXTRA = re.compile(r"""extra\s*==\s*["']([\w.-]+)["']""")


def require_for(command_path: str) -> None:
    """Raise CommandFailed (USAGE) if the command, such as `munadi db upgrade`, needs what is not installed."""
    _program, _, command = command_path.partition(" ")
    for name, need in NEEDS.items():
        if f"{command} ".startswith(f"{name} "):
            require(need, f"munadi {command}")


def require(need: str, what: str) -> None:
    """Raise CommandFailed (USAGE), in one sentence with what installs it, if the server or an extra is missing."""
    if need == SERVER:
        if not has_server():
            found = f"{what} needs Munadi's server, and only the client is installed here"
            raise CommandFailed(f"{found}: {server_file()} installs it, or a clone of the repository", Exit.USAGE)
    elif absent := missing(need):
        found = f"{what} needs packages that are not installed ({len(absent)}, such as {absent[0]})"
        raise CommandFailed(f"{found}: pip install './{wheel_file()}[{need}]'", Exit.USAGE)


def has_server() -> bool:
    """Whether the server's code is here. Its packages are then its environment's concern."""
    return find_spec(_A_PART_OF_THE_SERVER) is not None


def missing(extra: str) -> list[str]:
    """The packages of the extra that are not installed. Their versions are the installer's concern."""
    return [name for name in packages(extra) if not _is_present(name)]


def packages(extra: str) -> list[str]:
    """The names of the extra's packages. None in a server's environment, which has no package of ours."""
    from importlib import metadata

    try:
        requirements = metadata.requires(PACKAGE) or []
    except metadata.PackageNotFoundError:
        return []
    wanted = [line for line in requirements if extra in _EXTRA.findall(line.partition(";")[2])]
    return [found[0] for line in wanted if (found := _NAME.match(line))]


def wheel_file() -> str:
    """The client's file, as `make dist` writes it."""
    return f"{PACKAGE.replace('-', '_')}-{__version__}-py3-none-any.whl"


def server_file() -> str:
    """The server's file, as `make dist` writes it."""
    return f"munadi-server-{__version__}.tar.gz"


def _is_present(package: str) -> bool:
    from importlib import metadata

    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False
    return True
