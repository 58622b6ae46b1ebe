"""What a program does with a post that is live, by the Python client: edit it, withdraw it, prove it, hear of it."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from munadi.client import Client
from munadi.webhooks import verify
from tests.harness.brand import Brand, until
from tests.harness.stack import Stack
from tests.harness.web import Call, serving

RECEIPTS = Path(__file__).parents[2] / "docs" / "guides" / "receipts.md"
HEARD = {"content.publish.succeeded", "content.publish.edited", "content.publish.withdrawn"}
WITHIN = 60


class Ended(NamedTuple):
    """What the client returned last."""

    publication: Any
    receipt: Any
    keys: Any


@pytest.fixture
async def toots(api: httpx.AsyncClient, sandbox: httpx.AsyncClient) -> Brand:
    """A brand on a network that lets an app edit and remove posts."""
    return await Brand.create(api, sandbox, f"after-{uuid4().hex[:8]}", "mastodon")


def program(stack: Stack, brand_ref: str, hook: str, secrets: list[str]) -> Ended:
    """Publish, edit, withdraw, get the receipt. The secret of the endpoint is appended to `secrets`."""
    with Client(str(stack.info["api"]), str(stack.info["apiKey"])) as munadi:
        secrets.append(munadi.webhooks.create(hook, brand_ref=brand_ref)["secret"])
        accepted = munadi.contents.publish({"brandRef": brand_ref, "text": "Saturday", "channels": ["mastodon"]})
        [publication] = munadi.contents.wait(accepted["id"], timeout=WITHIN)["publications"]
        munadi.contents.edit_publication(publication["id"], "Saturday and Sunday")
        read = partial(munadi.contents.publication, publication["id"])
        once(read, lambda found: found["edits"][-1]["endedAt"])
        munadi.contents.withdraw_publication(publication["id"])
        withdrawn = once(read, lambda found: found["withdrawal"]["endedAt"])
        return Ended(withdrawn, munadi.contents.receipt(publication["id"]), munadi.receipt_keys())


def once(read: Callable[[], Any], is_over: Callable[[Any], Any]) -> Any:
    deadline = time.monotonic() + WITHIN
    while not is_over(found := read()):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found


async def test_a_program_edits_withdraws_and_proves_what_it_published(
    stack: Stack, toots: Brand, tmp_path: Path
) -> None:
    secrets: list[str] = []
    events: list[dict[str, Any]] = []

    async def receive(call: Call) -> None:
        events.append(verify(call.body, call.headers, secrets[0]))
        await call.head(204, content_length=0)

    async with serving(receive) as address:
        ended = await asyncio.to_thread(program, stack, toots.ref, f"{address}/hook", secrets)
        heard = await until(lambda: asyncio.sleep(0, {each["type"] for each in events} >= HEARD))
    assert heard
    publication, claims = ended.publication, ended.receipt["claims"]
    assert [(each["text"], each["status"]) for each in publication["edits"]] == [("Saturday and Sunday", "edited")]
    assert (publication["status"], publication["withdrawal"]["status"]) == ("published", "withdrawn")
    assert await toots.posts("Saturday and Sunday", "mastodon") == await toots.posts("Saturday", "mastodon") == []
    assert (claims["edits"][0]["status"], claims["withdrawal"]["status"]) == ("edited", "withdrawn")
    assert [call["outcome"] for call in claims["calls"]] == ["sent"] * 3
    await verified(stack, ended, tmp_path)


async def verified(stack: Stack, ended: Ended, folder: Path) -> None:
    """The receipt is genuine for the command and for the program of the guide. Both have the keys in a file."""
    (folder / "receipt.jws").write_text(ended.receipt["receipt"] + "\n")
    (folder / "munadi-keys.json").write_text(json.dumps(ended.keys))
    files = [str(folder / "receipt.jws"), str(folder / "munadi-keys.json")]
    code, shown = await stack.cli("receipts", "verify", files[0], "--keys", files[1])
    assert (code, "The receipt is genuine." in shown) == (0, True), shown
    assert "withdrawn" in shown
    [text] = re.findall(r"^```python\n(.*?)^```$", RECEIPTS.read_text(), re.M | re.S)
    (folder / "verify.py").write_text(text)
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "verify.py", *files], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert json.loads(done.stdout) == ended.receipt["claims"], done.stderr
