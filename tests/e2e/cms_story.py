"""What an editor does with the CMS of `examples/cms`, in either language, and what becomes of it at the networks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.harness.brand import Brand, until
from tests.harness.gateway import Gateway
from tests.harness.stack import Stack
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

Article = dict[str, Any]


@dataclass
class Cms:
    """The program, in a folder of its own, beside a gateway that may lose the API's answers."""

    process: Process
    port: int
    gateway: Gateway
    brand: Brand
    pages: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.pages = httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{self.port}", timeout=60, trust_env=False)

    async def start(self) -> None:
        self.process.start()
        await asyncio.to_thread(self.process.wait_for_port, self.port)

    async def put(self, name: str, text: str, *channels: str) -> Article:
        answer = await self.pages.put(f"/articles/{name}", json={"text": text, "channels": channels})
        assert answer.status_code == 200, answer.text
        return await self.article(name)

    async def article(self, name: str) -> Article:
        found: Article = (await self.pages.get("/articles")).json()[name]
        return found

    async def becomes(self, name: str, is_so: Callable[[Article], bool]) -> Article:
        async def read() -> Article | None:
            found = await self.article(name)
            return found if is_so(found) else None

        found: Article = await until(read)
        return found


@asynccontextmanager
async def running(stack: Stack, folder: Path, argv: Sequence[str | Path]) -> AsyncIterator[Cms]:
    """The CMS as its guide starts it, with a new brand on Mastodon and Threads."""
    port = free_port()
    async with stack.client() as api, stack.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, f"cms-{uuid4().hex[:8]}", "mastodon", "threads")
        hook = {"url": f"http://{LOOPBACK}:{port}/", "brandRef": brand.ref}
        endpoint = (await api.post("/v1/webhooks/endpoints", json=hook)).raise_for_status().json()
        with Gateway(str(stack.info["api"])) as gateway:
            env = {"MUNADI_URL": gateway.url, "MUNADI_API_KEY": stack.info["apiKey"]}
            env["WEBHOOK_SECRET"] = endpoint["secret"]
            with Process([*argv, brand.ref, str(port)], log=folder / "cms.log", env=env, cwd=folder) as process:
                cms = Cms(process, port, gateway, brand)
                await asyncio.to_thread(process.wait_for_port, port)
                async with cms.pages:
                    yield cms
        await api.delete(f"/v1/webhooks/endpoints/{endpoint['id']}")


async def an_editor_works(stack: Stack, folder: Path, argv: Sequence[str | Path]) -> None:
    """Publishes, edits, withdraws and publishes again; then meets refusals, a lost answer and a dead account."""
    async with running(stack, folder, argv) as cms:
        await _an_article_lives(cms)
        await _refusals_say_what_to_do(cms)
        await _a_lost_answer_makes_no_second_post(cms)
        await _a_dead_account_is_reported(cms)


async def _an_article_lives(cms: Cms) -> None:
    first, second = f"Sale {cms.brand.ref}", f"Last day of the sale {cms.brand.ref}"
    await cms.put("sale", first, "mastodon")
    shown = await cms.becomes("sale", lambda it: it["status"] == "published")
    assert [each.startswith("http") for each in shown["live"]] == [True]
    assert len(await cms.brand.posts(first, "mastodon")) == 1
    assert (await cms.put("sale", second, "mastodon"))["refused"] == []
    await until(lambda: cms.brand.posts(second, "mastodon"))
    assert await cms.brand.posts(first, "mastodon") == []
    await asyncio.to_thread(cms.process.kill)
    await cms.start()
    assert (await cms.article("sale"))["live"] == shown["live"]
    await cms.pages.delete("/articles/sale")
    await cms.becomes("sale", lambda it: (it["status"], it["live"]) == ("withdrawn", []))
    assert await cms.brand.posts(second, "mastodon") == []
    again = f"Back again {cms.brand.ref}"
    await cms.put("sale", again, "mastodon")
    await cms.becomes("sale", lambda it: it["status"] == "published" and len(it["live"]) == 1)
    assert len(await cms.brand.posts(again, "mastodon")) == 1


async def _refusals_say_what_to_do(cms: Cms) -> None:
    refused = await cms.put("constructor", "x" * 600, "mastodon", "threads")
    assert refused["status"] == "refused"
    assert [line.partition(":")[0] for line in refused["refused"]] == ["/text", "/text"]
    text = f"Threads {cms.brand.ref}"
    await cms.put("constructor", text, "threads")
    await cms.becomes("constructor", lambda it: it["status"] == "published")
    [cannot] = (await cms.put("constructor", f"{text}, edited", "threads"))["refused"]
    assert re.search(r"cannot be edited at Threads from here\. .* https?://\S+$", cannot), cannot
    for answer in (
        await cms.pages.post("/", json={"type": "content.completed"}),
        *[await cms.pages.put("/articles/constructor", content=each) for each in (b"no JSON", b"null", b"\xff", b"")],
    ):
        assert answer.status_code == 400, answer.text


async def _a_lost_answer_makes_no_second_post(cms: Cms) -> None:
    text = f"Lost {cms.brand.ref}"
    cms.gateway.loses_answers = True
    for name in ("lost", "regretted"):
        answer = await cms.pages.put(f"/articles/{name}", json={"text": f"{text}, {name}", "channels": ["mastodon"]})
        assert (answer.status_code, "Try again" in answer.text) == (503, True)
        await until(partial(cms.brand.posts, f"{text}, {name}", "mastodon"))
    await asyncio.to_thread(cms.process.kill)
    cms.gateway.loses_answers = False
    await cms.start()
    await cms.put("lost", f"{text}, found", "mastodon")
    await until(lambda: cms.brand.posts(f"{text}, found", "mastodon"))
    assert (await cms.pages.delete("/articles/regretted")).status_code == 200
    await cms.becomes("regretted", lambda it: it["status"] == "withdrawn")
    assert [await cms.brand.posts(f"{text}, {name}", "mastodon") for name in ("lost", "regretted")] == [[], []]
    assert len([post for post in await cms.brand.contents() if text in post["text"]]) == 2


async def _a_dead_account_is_reported(cms: Cms) -> None:
    await cms.brand.end_token("revoke", "threads")
    text = f"Waiting {cms.brand.ref}"
    await cms.put("waiting", text, "threads")
    shown = await cms.becomes("waiting", lambda it: bool(it["todo"]))
    assert shown["todo"][0].startswith("threads: it waits: ")
    await asyncio.to_thread(cms.process.wait_for_line, "^connect .* again: ")
    await cms.brand.reconnect("threads")
    shown = await cms.becomes("waiting", lambda it: it["status"] == "published")
    assert shown["todo"] == []
    assert len(await cms.brand.posts(text, "threads")) == 1
