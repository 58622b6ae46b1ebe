"""Scripts for Ayrshare's own clients, on PyPI and npm, against a running installation: only the address is changed."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.servers import picture
from tests.e2e.test_dist import UV
from tests.e2e.test_typescript_sdk import run
from tests.harness.brand import Brand
from tests.harness.stack import Stack
from tests.support.node import install_packages

PEERS = Path(__file__).parents[1] / "peers"
SCOPES = ["contents:read", "contents:write", "contents:withdraw", "accounts:read"]


def python_client(folder: Path) -> tuple[list[str], dict[str, str]]:
    """The command that runs the script for the client on PyPI, and its environment."""
    run(UV, "venv", "-q", "--python", sys.executable, "environment", cwd=folder)
    lock = ["--require-hashes", "-r", PEERS / "requirements.lock"]
    run(UV, "pip", "install", "-q", "--python", "environment", *lock, cwd=folder)
    return [str(folder / "environment" / "bin" / "python"), str(PEERS / "ayrshare_story.py")], {}


def node_client(folder: Path) -> tuple[list[str], dict[str, str]]:
    """As `python_client`, of the client on npm, whose address is a constant in its code."""
    install_packages(PEERS)
    packages = PEERS / "node_modules"
    code = (packages / "social-post-api" / "index.js").read_text()
    assert code.count('const BASE_URL = "https://app.ayrshare.com/api";') == 1
    client = folder / "client.cjs"
    client.write_text(code.replace('"https://app.ayrshare.com/api"', 'process.env.ADDRESS + "/api"'))
    return ["node", str(PEERS / "ayrshare_story.cjs")], {"AYRSHARE": str(client), "NODE_PATH": str(packages)}


async def key_of(api: httpx.AsyncClient, brand: Brand) -> str:
    """A key of one brand, as a user of a door has."""
    answer = await api.post("/v1/keys", json={"name": "door", "brandRef": brand.ref, "scopes": SCOPES})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])


@pytest.mark.parametrize("client", [python_client, node_client])
async def test_a_script_of_ayrshares_client_works_with_our_address(
    client: Any, stack: Stack, api: httpx.AsyncClient, brand: Brand, tmp_path: Path
) -> None:
    command, more = await asyncio.to_thread(client, tmp_path)
    (tmp_path / "sale.jpg").write_bytes(picture())
    environment = {**os.environ, **more, "ADDRESS": stack.info["api"], "KEY": await key_of(api, brand)}
    text = f"Ayrshare {uuid4().hex}"
    done = await asyncio.to_thread(
        subprocess.run,
        [*command, text, str(tmp_path / "sale.jpg")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)

    assert found["user"]["activeSocialAccounts"] == ["bluesky", "instagram"]
    now = found["now"]
    assert (now["status"], now["errors"]) == ("success", []), now
    [live] = now["postIds"]
    assert live["postUrl"].startswith("http")
    assert found["again"]["id"] == now["id"]  # the script was run again, and nothing is posted twice
    assert found["scheduled"]["status"] == "scheduled"
    assert {now["id"], found["scheduled"]["id"]} <= {each["id"] for each in found["history"]["history"]}
    assert found["read"]["postIds"] == now["postIds"]
    assert found["canceled"]["status"] == "success"
    assert found["withdrawn"]["status"] == "success", found["withdrawn"]
    assert found["refused"]["status"] == "error"
    assert {"shortenLinks"} <= {each["field"] for each in found["refused"]["errors"]}

    content = await brand.content(now["id"])
    assert content["publications"][0]["withdrawal"]["status"] == "withdrawn"
    assert [each["id"] for each in content["media"]] == [found["upload"]["id"]]
    assert len(await brand.contents()) == 2
