"""The built n8n nodes, and n8n as far as they use it."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.harness.brand import Brand
from tests.support.node import install_packages

NODES = Path(__file__).parents[2] / "integrations" / "n8n"


def build() -> None:
    """Compile the nodes unless that was done since they changed; safe when several test workers call it."""
    install_packages(NODES)
    stamp = NODES / "dist" / ".munadi-built"
    with (NODES / "tsconfig.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = _sources()
        if stamp.exists() and stamp.read_text() == wanted:
            return
        done = subprocess.run(["npm", "run", "build"], cwd=NODES, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        stamp.write_text(wanted)


def _sources() -> str:
    found = hashlib.sha256()
    for folder in ("nodes", "credentials", "icons"):
        for file in sorted((NODES / folder).rglob("*.*")):
            found.update(str(file).encode() + file.read_bytes())
    for name in ("package.json", "tsconfig.json"):
        found.update((NODES / name).read_bytes())
    return found.hexdigest()


class N8n:
    """n8n with a credential: each call runs in a Node process, over test/harness.mjs."""

    def __init__(self, address: str, key: str) -> None:
        self.credentials = {"baseUrl": address, "apiKey": key}

    async def call(self, call: str, **given: Any) -> dict[str, Any]:
        """`result`, or the `error`, with what the call changed of `kept` and `context`."""
        asked = json.dumps({"call": call, "credentials": self.credentials, **given}).encode()
        pipe = asyncio.subprocess.PIPE
        command = ["node", str(NODES / "test" / "run.mjs")]
        process = await asyncio.create_subprocess_exec(*command, cwd=NODES, stdin=pipe, stdout=pipe, stderr=pipe)
        shown, errors = await process.communicate(asked)
        assert process.returncode == 0, errors.decode()
        answer: dict[str, Any] = json.loads(shown)
        return answer

    async def execute(self, operation: str, given: dict[str, Any] | None = None, **parameters: Any) -> Any:
        """The JSON of every item that the node passes on."""
        answer = await self.call("execute", parameters={"operation": operation, **parameters}, **(given or {}))
        assert "error" not in answer, answer
        return [item["json"] for item in answer["result"]]


def post(brand: Brand, text: str, *channels: str, **more: Any) -> dict[str, Any]:
    """The parameters of a post that is due now."""
    return {"brandRef": brand.ref, "text": text, "channels": channels or ["bluesky"], "when": "now", **more}


def later(hours: int) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds")
