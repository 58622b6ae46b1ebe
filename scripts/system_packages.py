"""Installs the programs that tests use and no Python package has: Node, Chromium, PostgreSQL, snac, Prometheus, …

As root, apt installs what is missing; for other users their names are printed.
"""

import os
import shutil
import subprocess
import sys

# program -> Debian packages that bring it
PACKAGES = {
    "node": ["nodejs"],
    "npm": ["npm"],
    "chromium-headless-shell": ["chromium-headless-shell", "fonts-dejavu-core"],  # a third less work than chromium
    "docker-compose": ["docker-compose"],
    "webhook": ["webhook"],
    "php": ["php-cli"],
    "go": ["golang-go"],
    "pgbouncer": ["pgbouncer"],
    "psql": ["postgresql"],  # with the extensions that the server of the wheel lacks
    "kubectl": ["kubernetes-client"],  # renders the manifests: kustomize is in it
    "promtool": ["prometheus"],  # reads the metrics, and judges the alert rules
    "snac": ["snac2"],  # a small server with Mastodon's API
}
OLDEST_NODE = 20


def main() -> int:
    missing = [program for program in PACKAGES if not shutil.which(program)]
    if missing:
        refusal = install([package for program in missing for package in PACKAGES[program]])
        if refusal:
            print(f"test set-up: {', '.join(missing)} missing. {refusal}", file=sys.stderr)
            return 1
    return check_node()


def install(packages: list[str]) -> str:
    """Empty when done, else the problem."""
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    if not shutil.which("apt-get"):
        return f"There is no apt-get here; install what Debian calls {' '.join(packages)}."
    if os.geteuid() != 0:
        return f"As root: {' '.join(command)}"
    print(f"test set-up: apt-get install {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "-q"], command):
        done = subprocess.run(step, env=environment, capture_output=True, text=True)
        if done.returncode:
            return f"{' '.join(step)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return ""


def check_node() -> int:
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        print(f"test set-up: Node {OLDEST_NODE} or newer is needed, this is {version}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
