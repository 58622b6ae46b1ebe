"""One connect link in two browsers at once, and what else a link or its answer gives away."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from tests.harness.networks import create_profile, plant
from tools.attacks.attack import Attack, Scene, new_key

CHANNEL, EXCHANGE, DELAY = "x", "token", 6.0
EVIL = "https://evil.example"


async def _link(scene: Scene, key: str = "", **headers: str) -> dict[str, Any]:
    """A connect link. Its answer leads to another site at the end."""
    async with scene.target.client(key or scene.key) as api:
        path, body = f"/v1/brands/{scene.ref}/accounts/connect", {"channel": CHANNEL, "redirectUrl": f"{EVIL}/end"}
        answer = await api.post(path, json=body, headers=headers)
    return dict(answer.json())


async def _leave(scene: Scene, browser: httpx.AsyncClient, link: str) -> str:
    """Follow a link to the network; the address of its consent page."""
    path = urlsplit(link).path
    form = re.search(r'name="token" value="([0-9a-f]{64})"', (await browser.get(path)).text)
    assert form is not None, "the link has no form"
    headers = {"origin": scene.target.info["api"], "sec-fetch-site": "same-origin"}
    left = await browser.post(path, data={"token": form[1]}, headers=headers)
    assert left.status_code == 303, left.text
    return str(left.headers["location"])


async def _come_back(browser: httpx.AsyncClient, consent: str, profile: str) -> int:
    """Approve as that profile, and follow the network's redirect; the status of our answer."""
    decided = await browser.get(httpx.URL(consent).copy_merge_params({"approve": profile}))
    return (await browser.get(decided.headers["location"], timeout=30)).status_code


async def _two_browsers(scene: Scene) -> None:
    link = await _link(scene)
    async with (
        scene.target.sandbox() as sandbox,
        httpx.AsyncClient(base_url=scene.target.info["api"], timeout=30) as first,
        httpx.AsyncClient(base_url=scene.target.info["api"], timeout=30) as second,
    ):
        profiles = [await create_profile(sandbox, CHANNEL, f"{scene.ref}-{number}") for number in (1, 2)]
        ids = [str(profile["externalId"]) for profile in profiles]
        await plant(sandbox, CHANNEL, EXCHANGE, "delay", delaySeconds=DELAY)
        pages = [await _leave(scene, first, link["connectUrl"])]
        slow = asyncio.create_task(_come_back(first, pages[0], ids[0]))
        await asyncio.sleep(1)
        try:
            pages.append(await _leave(scene, second, link["connectUrl"]))
            await _come_back(second, pages[1], ids[1])
        except AssertionError:
            pass  # the link may be refused while the first browser is on its way
        await slow
    async with scene.client() as api:
        accounts = (await api.get("/v1/accounts", params={"brandRef": scene.ref, "channel": CHANNEL})).json()["data"]
    connected = [one for one in accounts if one["status"] == "connected"]
    scene.add("profiles connected by one link", len(connected), "", at_most=1)
    scene.add("links that connected nothing", float(not connected), "", at_most=0)
    scene.add("browsers that came to the network", len(pages))


async def _given_away(scene: Scene) -> None:
    """An answer that is replayed to another key, and a page for a Host that is not ours."""
    other = await new_key(scene.target, scene.ref)
    marked = {"idempotency-key": uuid4().hex}
    first, again = await _link(scene, **marked), await _link(scene, other, **marked)
    same = first["connectUrl"] == again.get("connectUrl")
    scene.add("connect answers replayed to another key", float(same), "", at_most=0)
    async with scene.target.client(key="") as browser:
        page = await browser.get(urlsplit(first["connectUrl"]).path, headers={"host": urlsplit(EVIL).netloc})
    scene.add("foreign pages shown as the way back", float(EVIL in page.text), "", at_most=0)


async def _links(scene: Scene) -> None:
    await _two_browsers(scene)
    await _given_away(scene)


ATTACKS = (
    Attack(
        "29",
        "one link, two browsers",
        f"the first exchange takes {DELAY:.0f} s; an answer is replayed to another key; a page has a foreign Host",
        "a link is used once: one profile connected, and it stays with its key and our own Host",
        _links,
        silence=0.5,
        longest=60,
    ),
)
