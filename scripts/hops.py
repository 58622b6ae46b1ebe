"""Lists the functions that a post passes: from the route to the commit, and from the claim to the visible call.

Runs `munadi dev` from a tree, with the probe in scripts/hops_probe, and publishes one text at the sandbox's Bluesky.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

PROBE = Path(__file__).parent / "hops_probe"
WAYS = {"route-to-commit": "from the route to the commit", "claim-to-call": "from the claim to the visible call"}
WITHIN = 120.0


def hops(tree: Path) -> dict[str, dict[str, int]]:
    """The functions of each way, by `file:function`, with how often each was entered or resumed."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "hops"
        _publish(tree, Path(folder), out)
        return {way: _waited_for(out / f"{way}.json") for way in WAYS}


def _publish(tree: Path, folder: Path, out: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MUNADI_")}
    env = {**kept, "PYTHONPATH": f"{PROBE}{os.pathsep}{tree}", "HOPS": str(out), "HOPS_ROOT": str(tree)}
    command = [sys.executable, "-m", "munadi.cli", "dev", "--json", "--data-dir", str(folder / "data")]
    with (folder / "log").open("w") as log:
        dev = subprocess.Popen(
            command, cwd=tree, env={**env, "MUNADI_API__PORT": "0"}, stdin=subprocess.PIPE, stdout=log, stderr=log
        )
    try:
        info = _ready(folder / "log", dev)
        with (
            httpx.Client(base_url=info["sandbox"], timeout=30) as sandbox,
            httpx.Client(
                base_url=info["api"], timeout=30, headers={"authorization": f"Bearer {info['apiKey']}"}
            ) as api,
        ):
            _post(api, sandbox)
            _waited_for(out / "claim-to-call.json")
    finally:
        dev.send_signal(signal.SIGINT)
        dev.wait(60)


def _ready(log: Path, dev: subprocess.Popen[bytes]) -> dict[str, Any]:
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline and dev.poll() is None:
        found = [line for line in log.read_text().splitlines() if line.startswith('{"api"')]
        if found:
            ready: dict[str, Any] = json.loads(found[0])
            return ready
        time.sleep(0.2)
    raise RuntimeError(f"munadi dev is not ready: {log.read_text()[-2000:]}")


def _post(api: httpx.Client, sandbox: httpx.Client) -> None:
    api.post("/v1/brands", json={"ref": "hops"}).raise_for_status()
    profile = sandbox.post("/control/profiles", json={"channel": "bluesky", "name": "hops"}).json()
    login = {name: profile[name] for name in ("identifier", "password")}
    account = {"channel": "bluesky", "serviceUrl": profile["serviceUrl"], "credentials": login}
    api.post("/v1/brands/hops/accounts", json=account).raise_for_status()
    post = {"brandRef": "hops", "text": "One text, counted.", "channels": ["bluesky"]}
    headers = {"idempotency-key": "one-text-counted"}
    api.post("/v1/contents", json=post, headers=headers).raise_for_status()


def _waited_for(file: Path) -> dict[str, int]:
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        if file.exists() and (text := file.read_text()):
            passed: dict[str, int] = json.loads(text)
            return passed
        time.sleep(0.2)
    raise RuntimeError(f"{file.stem} was not recorded")


def main() -> int:
    """Print the functions of both ways, for the tree in the first argument or this one."""
    tree = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]
    for way, passed in hops(tree).items():
        files = {name.split(":")[0] for name in passed}
        print(f"{WAYS[way]}: {len(passed)} functions in {len(files)} files")
        print("\n".join(f"  {name}" for name in passed))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
