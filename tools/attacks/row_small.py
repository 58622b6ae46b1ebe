"""Small doors: web pages that reach servers of a development stack, files that others may read, addresses inside."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from tools.attacks.attack import Attack, Scene
from tools.attacks.names import GOOD

FOREIGN = "evil.example"
INSIDE, NAME = "10.9.8.7", f"inside.{GOOD}"
PAGE = {"origin": f"http://{FOREIGN}", "content-type": "text/plain"}


async def _taken(calls: Iterable[tuple[str, str, dict[str, str], str | None]]) -> int:
    """How many of these calls succeed: method, address, headers, body."""
    taken = 0
    async with httpx.AsyncClient(timeout=10) as client:
        for method, url, headers, body in calls:
            with suppress(httpx.HTTPError):
                taken += (await client.request(method, url, headers=headers, content=body)).is_success
    return taken


async def _web_pages(scene: Scene) -> None:
    info, foreign = scene.target.info, {"host": FOREIGN}
    clock, nothing = f"{info['sandbox']}/control/clock", '{"advanceSeconds": 0}'
    control: list[tuple[str, str, dict[str, str], str | None]] = [
        ("POST", clock, PAGE, nothing),
        ("POST", clock, PAGE | foreign, nothing),
        ("POST", clock, foreign, nothing),
        ("GET", f"{info['sandbox']}/control/profiles", foreign, None),
    ]
    scene.add("calls of the sandbox's control taken from a web page", await _taken(control), "", at_most=0)
    metrics = [("GET", f"{info['api']}/metrics", foreign, None)]
    scene.add("metrics shown to a foreign Host", await _taken(metrics), "", at_most=0)
    ui = info.get("temporalUi")
    pages = [("GET", f"{ui}{path}", foreign, None) for path in ("/", "/api/v1/namespaces")] if ui else []
    scene.add("pages of Temporal's UI shown to a foreign Host", await _taken(pages), "", at_most=0)
    others = [("GET", f"{one}/api/v1/namespaces", foreign, None) for one in _listening(scene.target.state["pids"])]
    scene.add("Temporal's ports that answer to a foreign Host", await _taken(others))


def _listening(pids: dict[str, int]) -> list[str]:
    """The addresses at which Temporal listens."""
    opened = psutil.Process(pids["temporal"]).net_connections() if pids.get("temporal") else []
    return [f"http://{one.laddr.ip}:{one.laddr.port}" for one in opened if one.status == psutil.CONN_LISTEN]


async def _files(scene: Scene) -> None:
    data = scene.target.data
    readable = [file for file in data.rglob("*") if file.is_file() and stat.S_IMODE(file.stat().st_mode) & 0o077]
    databases = [file for file in readable if ".db" in file.name]
    scene.add("databases that others may read", len(databases), "", at_most=0)
    scene.add("other files that others may read", len(readable) - len(databases))
    scene.add("folder of data open to others", float(bool(_mode(data) & 0o077)), "", at_most=0)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def _doors(scene: Scene) -> None:
    await _web_pages(scene)
    await _files(scene)


async def _point_inside(scene: Scene) -> None:
    await scene.connect("bluesky")
    assert scene.names is not None
    scene.names.lead(NAME, INSIDE)


async def _inside(scene: Scene) -> None:
    """Let Munadi call a name that leads to an address inside, on each way; what its answers say of it."""
    url, texts = f"https://{NAME}", list[str]()
    async with scene.client() as api:
        credentials = {"accessToken": "t1"}
        given = {"channel": "mastodon", "serviceUrl": url, "credentials": credentials}
        texts.append((await api.post(f"/v1/brands/{scene.ref}/accounts", json=given)).text)
        texts.append((await api.post("/v1/media", json={"brandRef": scene.ref, "url": f"{url}/a.jpg"})).text)
        post: dict[str, Any] = {"brandRef": scene.ref, "text": "x", "channels": ["bluesky"]}
        media = {**post, "media": [{"url": f"{url}/a.jpg"}]}
        texts += [(await api.post(f"/v1/contents{end}", json=media)).text for end in ("", "/validate")]
        endpoint = await api.post("/v1/webhooks/endpoints", json={"url": f"{url}/hook", "brandRef": scene.ref})
        texts.append(endpoint.text)
        if endpoint.status_code == 201:
            texts.append((await api.post(f"/v1/webhooks/endpoints/{endpoint.json()['id']}/test")).text)
        content_id = await scene.submit(api, "look", link=f"{url}/page")
        await scene.ended(api, content_id, 20)
        await asyncio.sleep(2)
        listed = ("/v1/webhooks/deliveries", f"/v1/contents/{content_id}", "/v1/events")
        texts += [(await api.get(path, params=None if content_id in path else {"limit": 100})).text for path in listed]
        for row in (await api.get("/v1/webhooks/deliveries", params={"limit": 5})).json()["data"]:
            texts.append((await api.get(f"/v1/webhooks/deliveries/{row['id']}")).text)
    scene.add("answers looked at", len(texts))
    scene.add("answers that show an address inside", sum(INSIDE in text for text in texts), "", at_most=0)


ATTACKS = (
    Attack(
        "30",
        "small doors",
        "web pages call the sandbox, metrics and Temporal's UI of a development stack; modes of files",
        "closed to a foreign Host or Origin; files of their owner alone",
        _doors,
        env={},
        silence=0.5,
        longest=60,
    ),
    Attack(
        "30",
        "addresses inside",
        f"a name of a tenant leads to {INSIDE}: as a network, a picture, a link and a webhook",
        "refusals do not say where a name leads",
        _inside,
        prepare=_point_inside,
        silence=0.5,
        longest=60,
        names=True,
    ),
)
