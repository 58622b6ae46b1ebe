"""Postiz's own command line (npm `postiz`) against a running installation: only the address and the key are changed."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.api.servers import picture
from tests.e2e.test_ayrshare_clients import PEERS, key_of
from tests.harness.brand import Brand
from tests.harness.stack import Stack
from tests.harness.times import instant
from tests.support.node import install_packages


class Postiz:
    """Its command line, with our address."""

    def __init__(self, address: str, key: str, home: Path) -> None:
        self._environment = {**os.environ, "POSTIZ_API_URL": address, "POSTIZ_API_KEY": key, "HOME": str(home)}

    async def run(self, *arguments: str) -> str:
        """What a command prints; the test fails with it where the command does."""
        command = ["node", str(PEERS / "node_modules" / "postiz" / "dist" / "index.js"), *arguments]
        done = await asyncio.to_thread(
            subprocess.run, command, env=self._environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    async def read(self, *arguments: str) -> Any:
        """The JSON behind the line that a command prints first."""
        printed = await self.run(*arguments)
        return json.loads(printed[printed.index("\n") :])

    async def posts(self) -> Mapping[str, dict[str, Any]]:
        """The posts that it lists, by id."""
        return {each["id"]: each for each in (await self.read("posts:list"))["posts"]}


async def test_postiz_command_line_works_with_our_address(
    stack: Stack, api: httpx.AsyncClient, brand: Brand, tmp_path: Path
) -> None:
    await asyncio.to_thread(install_packages, PEERS)
    postiz = Postiz(stack.info["api"], await key_of(api, brand), tmp_path)
    integrations = {each["identifier"]: each["id"] for each in await postiz.read("integrations:list")}
    assert set(integrations) == {"bluesky", "instagram"}
    (tmp_path / "sale.jpg").write_bytes(picture(640, 640))
    file = await postiz.read("upload", str(tmp_path / "sale.jpg"))

    text, due = f"Postiz {uuid4().hex}", instant(time.time() + 3)
    both = f"{integrations['bluesky']},{integrations['instagram']}"
    arguments = ["posts:create", "-c", text, "-m", file["path"], "-s", due, "-i", both]
    made = await postiz.read(*arguments)
    again = await postiz.read(*arguments)
    assert again == made  # the command was repeated, and nothing is posted twice
    ids = {each["postId"] for each in made}
    assert {(await postiz.posts())[each]["state"] for each in ids} <= {"QUEUE", "PUBLISHED"}
    group = (await postiz.posts())[made[0]["postId"]]["group"]
    await brand.published(group)
    listed = await postiz.posts()
    assert {listed[each]["state"] for each in ids} == {"PUBLISHED"}
    assert all(listed[each]["releaseURL"].startswith("http") for each in ids)
    assert len(await brand.posts(text)) == 1

    later = instant(time.time() + 86_400)
    thread = ["-c", f"{text} one", "-c", f"{text} two", "-s", later, "-i", integrations["bluesky"]]
    [waiting] = await postiz.read("posts:create", *thread)
    [draft] = await postiz.read(
        "posts:create", "-c", "draft", "-s", later, "-i", integrations["bluesky"], "-t", "draft"
    )
    listed = await postiz.posts()
    assert (listed[waiting["postId"]]["state"], listed[draft["postId"]]["state"]) == ("QUEUE", "DRAFT")
    for each in (waiting, draft):
        await postiz.run("posts:delete", each["postId"])
    assert set(await postiz.posts()) == ids
    assert len(await brand.contents()) == 2
