"""`make n8n`: the nodes in a real n8n, over `munadi dev` and its sandbox, as docs/guides/n8n.md describes."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import tempfile
from pathlib import Path

import httpx

from tests.harness.brand import Brand, until
from tests.harness.files import picture
from tests.harness.stack import Stack
from tests.support.node import install_packages
from tools.n8n.installation import NODES, ROOT, WITHIN, N8n
from tools.n8n.workflows import example, file, several

GUIDE = ROOT / "docs" / "guides" / "n8n.md"
ARTICLE = "Monsoon sale starts today"
LONG = "x" * 400


async def key(api: httpx.AsyncClient) -> str:
    """The key that the guide makes, for one brand and with the scopes it names."""
    scopes = re.findall(r"--scope (\S+)", GUIDE.read_text())
    made = await api.post("/v1/keys", json={"name": "n8n", "brandRef": "acme", "scopes": scopes})
    assert made.status_code == 201, made.text
    return str(made.json()["key"])


async def posts(brand: Brand, text: str) -> int:
    """How many posts of this text the network shows, once all that was accepted has ended."""
    await brand.all_ended(60)
    return len(await brand.posts(text))


async def by_hand(n8n: N8n, brand: Brand) -> None:
    for _ in range(2):
        shown = n8n.cli("execute", "--id=munadiPublish")
        assert '"accepted"' in shown, shown
    assert await posts(brand, ARTICLE) == 1
    print("published once by two executions of examples/publish.json")


async def waiting(n8n: N8n, brand: Brand) -> None:
    n8n.post("munadi-article", {"title": "Waited for"})
    [ended] = n8n.ended("munadiWait")
    resumed, *_ = n8n.ended("munadiResume")
    found = n8n.api.get(f"/rest/executions/{ended['id']}").json()["data"]["data"]
    assert "published" in json.dumps(found), found
    assert await posts(brand, "Waited for") == 1
    print(f"execution {ended['id']} waited, and execution {resumed['id']} of a signed event resumed it")


async def refused(n8n: N8n, api: httpx.AsyncClient) -> None:
    [endpoint] = (await api.get("/v1/webhooks/endpoints")).json()["data"]
    headers = {"webhook-id": "evt_1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
    before = len(n8n.executions("munadiResume"))
    answer = n8n.api.post(endpoint["url"], json={"type": "content.completed"}, headers=headers)
    assert answer.status_code == 401, answer.text
    assert len(n8n.executions("munadiResume")) == before
    print(f"a request with another signature got {answer.status_code} and started nothing")


async def retried(n8n: N8n, brand: Brand) -> None:
    body = {"posts": [{"text": "The first of two"}, {"text": LONG}]}
    n8n.post("munadi-several", body)
    [failed] = n8n.ended("munadiSeveral", status="error")
    n8n.retry(failed)
    assert len(n8n.ended("munadiSeveral", 2, status="error")) == 2
    assert await posts(brand, "The first of two") == 1
    print("the Retry of an execution that failed at its second item did not post the first one again")


async def uploaded(n8n: N8n, brand: Brand) -> None:
    n8n.post("munadi-file", {"picture": base64.b64encode(picture()).decode()})
    n8n.ended("munadiFile")
    assert await posts(brand, "With a file") == 1
    [content] = [each for each in await brand.contents() if each["text"] == "With a file"]
    assert [media["alt"] for media in content["media"]] == ["Teal"]
    print("binary data of an item was uploaded and published")


async def endpoints(api: httpx.AsyncClient, count: int) -> None:
    """Wait until Munadi has so many: n8n says that a workflow is active, or no longer, before its triggers are."""

    async def as_many() -> bool:
        return len((await api.get("/v1/webhooks/endpoints")).json()["data"]) == count

    await until(as_many, WITHIN)


async def removed(n8n: N8n, api: httpx.AsyncClient) -> None:
    n8n.deactivate("munadiResume")
    await endpoints(api, 0)
    print("the trigger removed its endpoint when it was deactivated")


def tested(n8n: N8n) -> None:
    assert n8n.test(n8n.credentials) == "OK"
    assert n8n.test(n8n.credentials | {"apiKey": "mun_wrong"}) == "Error"
    print("the credential's test accepts the key and refuses another")


async def trial(folder: Path) -> None:
    """Every claim of the guide, one after the other; an AssertionError at the first that does not hold."""
    install_packages(NODES)
    async with Stack(folder / "munadi") as stack, stack.client() as api, stack.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "acme", "bluesky")
        n8n = N8n(folder / "n8n", {"baseUrl": stack.info["api"], "apiKey": await key(api)})
        n8n.install()
        n8n.load(example("publish"), example("wait"), example("resume"), several(), file())
        await by_hand(n8n, brand)
        with n8n:
            for name in ("munadiWait", "munadiResume", "munadiSeveral", "munadiFile"):
                n8n.activate(name)
            await endpoints(api, 1)
            await waiting(n8n, brand)
            await refused(n8n, api)
            await retried(n8n, brand)
            await uploaded(n8n, brand)
            tested(n8n)
            await removed(n8n, api)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="munadi-n8n-") as name:
        (Path(name) / "munadi").mkdir()
        (Path(name) / "n8n").mkdir()
        asyncio.run(trial(Path(name)))
