"""`make audit`: looks up known vulnerabilities of the packages in requirements.lock in the OSV database, by pip-audit.

Exit code 0: nothing is known. 1: pip-audit found something, or failed. 2: the service is not reachable from here, and
nothing was checked; an audit that could not be made is not a passed one.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
SERVICE = "api.osv.dev"
PIP_AUDIT = "pip-audit==2.10.1"
UV = ROOT / ".cache" / "uv" / "bin" / "uv"


def reachable(host: str = SERVICE, port: int = 443, seconds: float = 10) -> bool:
    """Whether the service takes a connection."""
    try:
        socket.create_connection((host, port), timeout=seconds).close()
    except OSError:
        return False
    return True


def audit(can_reach: Callable[[], bool], run: Callable[[list[str]], int]) -> int:
    """The exit code; `run` runs a command and returns its own."""
    if not can_reach():
        print(f"{SERVICE} is not reachable from here: NOTHING WAS CHECKED.", file=sys.stderr)
        print("Run `make audit` where it is; `make sbom` lists what to check.", file=sys.stderr)
        return 2
    options = ["--vulnerability-service", "osv", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    return min(run([str(UV), "tool", "run", PIP_AUDIT, "-r", "requirements.lock", *options]), 1)


def main() -> int:
    """Audit the lock of this checkout."""
    return audit(reachable, lambda command: subprocess.run(command, cwd=ROOT, check=False).returncode)


if __name__ == "__main__":
    sys.exit(main())
