"""Node packages of a folder, installed once per lock file.

`python -m tests.support.node FOLDER…` installs them; the test set-up calls that.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

NODE_HEADERS = Path("/usr/include/node")


def install_packages(folder: Path) -> None:
    """`npm ci`, once per lock file; safe when several test workers call it at the same time."""
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules" / ".munadi-installed"
    with (folder / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == wanted:
            return
        if not (shutil.which("node") and shutil.which("npm")):
            raise RuntimeError(f"{folder.name} needs Node 20 and npm: install the packages nodejs and npm")
        _npm_ci(folder)
        stamp.write_text(wanted)


def _npm_ci(folder: Path) -> None:
    environment = dict(os.environ)
    if NODE_HEADERS.exists():  # headers already here need no download when a package is compiled
        environment.setdefault("npm_config_nodedir", str(NODE_HEADERS.parent.parent))
    command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"npm ci failed in {folder.name}:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        install_packages(Path(name).resolve())
