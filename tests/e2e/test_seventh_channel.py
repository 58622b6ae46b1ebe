"""Adding a channel is one folder and one registry line: shown over real processes, in a copy of the tree."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx

from tests.e2e.brand import Brand
from tests.e2e.seventh_server import SeventhServer, serving
from tests.e2e.stack import Stack

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


async def test_one_folder_and_one_line(tmp_path: Path) -> None:
    """And a lost answer: the network has the post, and there is one."""
    with serving() as network:
        await publish_to(network, tmp_path)
    (post,) = network.posts.values()
    assert (post["text"], post["quiet"], network.puts) == ("short", True, 1)


async def publish_to(network: SeventhServer, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    add_the_channel(tree)
    stack = Stack(tmp_path, {"PYTHONPATH": str(tree), "MUNADI_CHANNELS__SEVENTH__API": network.url}).start()
    try:
        async with stack.client() as api, httpx.AsyncClient() as nobody:
            answer = await api.get("/v1/channels/seventh")
            assert answer.status_code == 200, answer.text
            listed = answer.json()
            assert listed["textLimits"][0]["maximum"] == 7
            await api.post("/v1/brands", json={"ref": "acme"})
            account = {"channel": "seventh", "credentials": {"accessToken": "t"}}
            imported = await api.post("/v1/brands/acme/accounts", json=account)
            assert imported.status_code == 201, imported.text
            brand = Brand(api, nobody, "acme")
            long = {"brandRef": "acme", "text": "far too long", "channels": ["seventh"]}
            refused = await api.post("/v1/contents", json=long)
            assert refused.status_code == 422
            assert (refused.json()["errors"][0]["limit"], refused.json()["errors"][0]["actual"]) == (7, 12)
            chosen = {"channel": "seventh", "options": {"isQuiet": True}}
            accepted = await brand.submit("short", channels=[chosen])
            content = await brand.ended(accepted["id"])
            assert content["status"] == "published"
            assert content["publications"][0]["providerUrl"] == "https://seventh.example/1"
    finally:
        assert stack.stop() == 0
