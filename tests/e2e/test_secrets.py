"""Every token, secret and password of a run is searched for in everything that the run wrote or answered."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect
from temporalio.client import Client

from tests.faults.evidence import prove
from tests.harness.brand import Brand, until
from tests.harness.files import clip
from tests.harness.networks import create_profile, plant
from tests.harness.stack import Stack
from tests.support.browser import open_page
from tests.support.postgres import find_binaries

# What Bluesky's tokens are.
JWT = re.compile(rb"eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{15,}")
CARRIED = re.compile(r"[?&](?:code|state)=([^&#]{20,})")
APP_SECRET = "CANARY-app-secret-0123456789"


def sandbox_rows(stack: Stack, query: str, *values: str) -> list[str]:
    """The first column of what the sandbox's database has."""
    with closing(sqlite3.connect(stack.data / "sandbox" / "sandbox.sqlite3")) as rows:
        return [str(found) for (found,) in rows.execute(query, values) if found]


def tokens_of(stack: Stack) -> list[str]:
    """Every token, grant and code that the emulated networks gave out and still know."""
    query = "SELECT key FROM sandbox_rows WHERE substr(name, instr(name, '_')) IN (?, ?, ?)"
    apps = "SELECT json_extract(body, '$.client_secret') FROM sandbox_rows WHERE name = 'mastodon_app'"
    return sandbox_rows(stack, query, "_token", "_grant", "_code") + sandbox_rows(stack, apps)


def uploads_of(stack: Stack) -> set[str]:
    """The secret parts of the one-upload addresses that the emulated networks gave out."""
    tokens = "SELECT json_extract(body, '$.upload_token') FROM sandbox_rows WHERE name = 'tiktok_publish'"
    sessions = "SELECT key FROM sandbox_rows WHERE name = 'youtube_session'"
    return {*sandbox_rows(stack, sessions), *sandbox_rows(stack, tokens)}


def token_of(stack: Stack, channel: str, profile: str) -> str:
    """The newest token of a profile: the one that is published with."""
    query = "SELECT key FROM sandbox_rows WHERE name = ? AND body LIKE ? ORDER BY rowid DESC LIMIT 1"
    return sandbox_rows(stack, query, f"{channel}_token", f"%{profile}%")[0]


def written(folder: Path, without: set[str]) -> dict[str, bytes]:
    """Every file that Munadi and Temporal wrote, but the sandbox's own and the folder for keys."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not without & set(path.relative_to(folder).parts)
    }


async def histories(stack: Stack) -> bytes:
    client = await Client.connect(stack.temporal)
    found = b""
    async for workflow in client.list_workflows():
        history = await client.get_workflow_handle(workflow.id, run_id=workflow.run_id).fetch_history()
        found += b"".join(event.SerializeToString() for event in history.events)
    return found


def dump(url: str) -> bytes:
    """The database as `pg_dump` writes it; bytes are hexadecimal there."""
    command = [find_binaries() / "pg_dump", "--inserts", url.replace("postgresql+psycopg:", "postgresql:")]
    return subprocess.run(command, check=True, capture_output=True).stdout


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.faults)])
async def test_no_token_code_or_secret_is_written_or_answered(
    tmp_path: Path, browser: Browser, kind: str, create_database: Callable[[], str]
) -> None:
    env = {"MUNADI_CHANNELS__THREADS__CLIENT_SECRET": APP_SECRET, "MUNADI_LOG_LEVEL": "debug"}
    url = create_database() if kind == "postgresql" else None
    async with Stack(tmp_path, env | ({"MUNADI_DATABASE_URL": url} if url else {})) as stack:
        secrets, answers, events = await everything_that_can_happen(stack, browser)
    everywhere = written(tmp_path, {"sandbox", "sandbox.log", "keys"}) | {"histories": events, "answers": answers}
    assert {"data/temporal.db", "data/logs/worker.log", "data/logs/api.log"} <= set(everywhere)
    if url is None:
        assert "data/munadi.db" in everywhere
    else:
        everywhere["dump"] = dump(url)
        assert b"INSERT INTO public.accounts" in everywhere["dump"]
    found = [
        f"{name}: {secret[:14]}…"
        for name, text in everywhere.items()
        for secret in secrets
        if secret.encode() in text or secret.encode().hex().encode() in text
    ]
    found += [f"{name}: {token[:30]!r}…" for name, text in everywhere.items() for token in JWT.findall(text)]
    measured = {"places": len(everywhere), "secrets": len(secrets)}
    prove("22", f"secrets searched for in all that was written, {kind}", trials=1, failures=found, measured=measured)


async def everything_that_can_happen(stack: Stack, browser: Browser) -> tuple[set[str], bytes, bytes]:
    """Connecting, importing, publishing, refusals, a dead grant: the secrets, the answers, the histories."""
    said: list[bytes] = []
    sent: list[str] = []  # codes and states, as the browser carried them

    async def record(response: httpx.Response) -> None:
        said.append(await response.aread())

    async with stack.client() as api, stack.sandbox() as sandbox:
        api.event_hooks["response"].append(record)
        brand = await Brand.create(api, sandbox, "canaries", "bluesky", "facebook", "instagram", "tiktok", "youtube")
        for channel in ("mastodon", "threads"):
            profile = await create_profile(sandbox, channel, "canary")
            asked = {"channel": channel, "hint": profile.get("serviceUrl")}
            made = (await api.post("/v1/brands/canaries/accounts/connect", json=asked)).json()
            async with open_page(browser, made["connectUrl"]) as page:
                page.on("request", lambda request: sent.extend(CARRIED.findall(request.url)))
                await page.get_by_role("button", name="Continue to").click()
                await page.get_by_role("radio", name=profile["username"]).check()
                await page.get_by_role("button", name="Allow").click()
                await expect(page.get_by_role("heading", name="Connected")).to_be_visible()
        # The network repeats the token in its error message.
        for channel, operation in (("threads", "threads_publish"), ("facebook", "feed")):
            token = token_of(stack, channel, await brand.profile(channel))
            await plant(sandbox, channel, operation, "error", error={"code": 368, "message": f"no good: {token}"})
        token = token_of(stack, "mastodon", (await brand.profile("mastodon")).partition("@")[0])
        await plant(sandbox, "mastodon", "post_status", "error", status=422, error={"message": f"no good: {token}"})
        channels = ["bluesky", "facebook", "mastodon", "threads"]
        made_contents = [await brand.submit(f"canary {n}", channels=channels, seconds=1) for n in range(4)]
        for content in made_contents:
            await brand.ended(content["id"])
        await upload_films(stack, brand)
        await revoke_and_fail(brand)
        wrong = {"channel": "threads", "credentials": {"accessToken": "CANARY-imported-token"}}
        assert (await api.post("/v1/brands/canaries/accounts", json=wrong)).status_code == 422
        for path in ("/v1/events?limit=100", "/metrics", "/v1/accounts", f"/v1/connections/{made['id']}"):
            assert (await api.get(path)).status_code == 200
        secrets = {*tokens_of(stack), *uploads_of(stack), *sent, APP_SECRET, "CANARY-imported-token"}
        assert len(secrets) > 10
        return secrets, b"\n".join(said), await histories(stack)


async def upload_films(stack: Stack, brand: Brand) -> None:
    """One upload that ends, and one that is refused midway, so that its address is still stored at the end."""
    youtube = {"channel": "youtube", "options": {"title": "canary film", "madeForKids": False}}
    tiktok = {"channel": "tiktok", "options": {"privacyLevel": "PUBLIC_TO_EVERYONE"}}
    film: dict[str, Any] = {"channels": [youtube, tiktok], "media": [await brand.upload(clip(3), "a.mp4")]}
    await brand.submit("canary film", **film)

    async def uploaded() -> bool:
        return len(uploads_of(stack)) >= 2 and "youtube" in await published_on(brand)

    await until(uploaded, 60)
    known = uploads_of(stack)
    await plant(brand.sandbox, "youtube", "upload_chunk", "error", status=503, times=None)
    await brand.submit("canary film under way", **{**film, "channels": [youtube]})

    async def begun() -> bool:
        return len(uploads_of(stack)) > len(known)

    await until(begun, 20)


async def published_on(brand: Brand) -> set[str]:
    """The channels on which a film is live."""
    films = [content for content in await brand.contents() if content["text"] == "canary film"]
    return {one["channel"] for film in films for one in film["publications"] if one["status"] == "published"}


async def revoke_and_fail(brand: Brand) -> None:
    """A grant ends, so that the refusal, the hold and the event are written too."""
    await brand.end_token("revoke", "threads")
    content = await brand.submit("canary held", channels=["threads"], seconds=1)
    await brand.hold(content["id"], "TOKEN")
