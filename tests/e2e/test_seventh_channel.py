"""Adding a channel is one folder and one registry line: shown over real processes, in a copy of the tree."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.harness.brand import Brand
from tests.harness.stack import Stack
from tests.harness.web import Call, serving

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "channels" / "seventh"
PACKAGES = ("munadi", "workflows", "activities", "api", "worker")
LINE = '    SEVENTH = "seventh"\n'


def add_the_channel(tree: Path) -> None:
    """Exactly what a developer does: copy the folder in, add the line."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(FOLDER, tree / "munadi" / "channels" / "seventh")
    names = tree / "munadi" / "domain" / "channel.py"
    anchor = '    YOUTUBE = "youtube"\n'
    text = names.read_text()
    assert text.count(anchor) == 1
    names.write_text(text.replace(anchor, anchor + LINE))


def test_a_simple_network_needs_few_lines() -> None:
    lines = sum(len(part.read_text().splitlines()) for part in FOLDER.glob("*.py"))
    assert lines <= 500


@dataclass
class SeventhNetwork:
    """The network itself. It loses its first answer, so the post must be found by its key.

    `posts` are by key; `puts` counts the requests that made or repeated one.
    """

    posts: dict[str, dict[str, Any]] = field(default_factory=dict)
    puts: int = 0

    async def answer(self, call: Call) -> None:
        status, body = 404, dict[str, Any](error={"code": "not_found"})
        if call.method == "PUT":
            post = self.posts.setdefault(call.path, {"id": str(len(self.posts) + 1), **json.loads(call.body)})
            self.puts += 1
            status, body = (502, {}) if self.puts == 1 else (200, post)
        elif call.path == "/me":
            status, body = 200, {"id": "7", "name": "seven"}
        elif call.path in self.posts:
            status, body = 200, self.posts[call.path]
        await call.answer(json.dumps(body).encode(), status=status)


async def test_one_folder_and_one_line(tmp_path: Path) -> None:
    """And a lost answer: the network has the post, and there is one."""
    network, tree = SeventhNetwork(), tmp_path / "tree"
    add_the_channel(tree)
    async with serving(network.answer) as url:
        env = {"PYTHONPATH": str(tree), "MUNADI_CHANNELS__SEVENTH__API": url}
        async with Stack(tmp_path, env) as stack, stack.client() as api:
            await publish_to_the_seventh(api)
    (post,) = network.posts.values()
    assert (post["text"], post["quiet"], network.puts) == ("short", True, 1)


async def publish_to_the_seventh(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/channels/seventh")
    assert answer.status_code == 200, answer.text
    assert answer.json()["textLimits"][0]["maximum"] == 7
    await api.post("/v1/brands", json={"ref": "acme"})
    account = {"channel": "seventh", "credentials": {"accessToken": "t"}}
    imported = await api.post("/v1/brands/acme/accounts", json=account)
    assert imported.status_code == 201, imported.text
    long = {"brandRef": "acme", "text": "far too long", "channels": ["seventh"]}
    refused = await api.post("/v1/contents", json=long)
    assert refused.status_code == 422
    assert (refused.json()["errors"][0]["limit"], refused.json()["errors"][0]["actual"]) == (7, 12)
    brand = Brand(api, api, "acme")
    accepted = await brand.submit("short", channels=[{"channel": "seventh", "options": {"isQuiet": True}}])
    content = await brand.published(accepted["id"])
    assert content["publications"][0]["providerUrl"] == "https://seventh.example/1"
