"""The admin key of a development stack: created once per data folder, so that it survives restarts."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from munadi.cli.dev.local_http import get_status
from munadi.cli.dev.plan import Plan


async def admin_key(plan: Plan, create: Callable[[], Awaitable[str]]) -> str:
    """The stored key if the API still accepts it, otherwise a new one; `create` prints one as JSON."""
    file = plan.data_dir / "dev.key"
    kept = file.read_text().strip() if file.exists() else ""
    if kept and await _is_taken(plan.api_url, kept):
        return kept
    made = str(json.loads(await create())["apiKey"])
    write_private(file, made + "\n")
    return made


def write_private(file: Path, text: str) -> None:
    """Write the file atomically, readable by this user only."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        output.write(text)
    draft.replace(file)


async def _is_taken(api_url: str, key: str) -> bool:
    return await get_status(f"{api_url}/v1/keys", {"Authorization": f"Bearer {key}"}, within=10.0) == 200
