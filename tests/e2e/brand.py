"""A brand of a running stack, a subscriber that verifies signatures, and the network's own list of posts."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook
from svix.webhooks import Webhook as SvixWebhook

UNENDED = ("accepted", "queued", "publishing")
ENDED = {"published", "partially_published", "failed", "canceled", "unconfirmed"}


@dataclass
class Inbox:
    """A subscriber. Two independent libraries verify every request; what they refuse becomes a failure."""

    secret: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    answers: Callable[[dict[str, Any]], int] = lambda _event: 204
    url: str = ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        status = 500
        try:
            Webhook(self.secret).verify(body, headers)
            SvixWebhook(self.secret).verify(body, headers)
            event = json.loads(body)
            status = self.answers(event)
            if status < 300:
                self.events.append(event)
        except Exception as error:
            self.failures.append(f"{type(error).__name__}: {error}")
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    @asynccontextmanager
    async def listening(self, api: httpx.AsyncClient, **endpoint: Any) -> AsyncIterator[Inbox]:
        """Listen, and subscribe at the API."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        answer = await api.post("/v1/webhooks/endpoints", json={"url": self.url, **endpoint})
        assert answer.status_code == 201, answer.text
        self.secret = answer.json()["secret"]
        async with server:
            yield self

    def of(self, content_id: str) -> list[str]:
        """The types of a post's events, by sequence, each id once."""
        unique = {event["id"]: event for event in self.events if event["contentId"] == content_id}
        return [event["type"] for event in sorted(unique.values(), key=lambda event: event["sequence"])]


@dataclass
class Brand:
    """A brand with one fresh profile per channel at the sandbox, imported."""

    api: httpx.AsyncClient
    sandbox: httpx.AsyncClient
    ref: str

    @classmethod
    async def create(cls, api: httpx.AsyncClient, sandbox: httpx.AsyncClient, ref: str, *channels: str) -> Brand:
        answer = await api.post("/v1/brands", json={"ref": ref})
        assert answer.status_code == 201, answer.text
        for channel in channels or ("bluesky", "instagram"):
            await cls._import(api, sandbox, ref, channel)
        return cls(api, sandbox, ref)

    @staticmethod
    async def _import(api: httpx.AsyncClient, sandbox: httpx.AsyncClient, ref: str, channel: str) -> None:
        profile = (await sandbox.post("/control/profiles", json={"channel": channel, "name": ref})).json()
        if "password" in profile:
            given = {
                "serviceUrl": profile["serviceUrl"],
                "credentials": {"identifier": profile["identifier"], "password": profile["password"]},
            }
        else:
            credentials = {
                name: profile[name] for name in ("accessToken", "refreshToken", "expiresAt") if name in profile
            }
            given = {"externalId": profile["externalId"], "credentials": credentials}
        answer = await api.post(f"/v1/brands/{ref}/accounts", json={"channel": channel, **given})
        assert answer.status_code == 201, answer.text

    async def submit(self, text: str, *, seconds: float | None = None, **fields: Any) -> dict[str, Any]:
        """Accepted, or the test fails with the problem."""
        body: dict[str, Any] = {"brandRef": self.ref, "text": text, "channels": ["bluesky"], **fields}
        if seconds is not None:
            body["scheduledAt"] = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        answer = await self.api.post("/v1/contents", json=body)
        assert answer.status_code == 202, answer.text
        accepted: dict[str, Any] = answer.json()
        return accepted

    async def ended(self, content_id: str, within: float = 60) -> dict[str, Any]:
        """The post once every publication has ended."""
        deadline = time.monotonic() + within
        content: dict[str, Any] = {}
        while time.monotonic() < deadline:
            try:
                content = (await self.api.get(f"/v1/contents/{content_id}")).json()
                if content.get("status") in ENDED:
                    return content
            except httpx.TransportError:
                pass  # the API is being killed and started again by the test
            await asyncio.sleep(0.1)
        raise AssertionError(f"not ended after {within} s: {json.dumps(content, indent=1)}")

    async def posts(self, text: str, channel: str = "bluesky") -> list[dict[str, Any]]:
        """The posts of this text that the network itself lists."""
        answer = await self.sandbox.get("/control/posts", params={"channel": channel})
        return [row for row in answer.json() if row["text"] == text]

    async def upload(self, content: bytes, name: str = "a.jpg", **more: str) -> dict[str, str]:
        """Store a file of the brand; the reference by which a post names it."""
        return {"id": await store(self.api, content, name, brandRef=self.ref), **more}

    async def account(self, channel: str) -> dict[str, Any]:
        """The brand's account on a network, read by its id."""
        listed = await self.api.get("/v1/accounts", params={"brandRef": self.ref, "channel": channel})
        [account] = listed.json()["data"]
        found: dict[str, Any] = (await self.api.get(f"/v1/accounts/{account['id']}")).json()
        return found

    async def end_token(self, how: str, channel: str, **more: str) -> None:
        """`revoke` or `expire` the account's token at the network. Munadi is not informed."""
        body = {"channel": channel, "profile": (await self.account(channel))["externalId"], **more}
        answer = await self.sandbox.post(f"/control/tokens/{how}", json=body)
        assert answer.status_code < 300, answer.text

    async def reconnect(self, channel: str) -> dict[str, Any]:
        """Import the account again with a new token."""
        profile = (await self.account(channel))["externalId"]
        fresh = (await self.sandbox.post(f"/control/profiles/{channel}/{profile}/credentials")).json()
        credentials = {"accessToken": fresh["accessToken"]}
        given = {"channel": channel, "externalId": profile, "credentials": credentials}
        answer = await self.api.post(f"/v1/brands/{self.ref}/accounts", json=given)
        assert answer.status_code in (200, 201), answer.text
        account: dict[str, Any] = answer.json()
        return account

    async def hold(self, content_id: str, reason: str) -> dict[str, Any]:
        """Wait until the post's first publication waits for `reason`; the hold."""

        async def read() -> dict[str, Any] | None:
            hold = (await self.api.get(f"/v1/contents/{content_id}")).json()["publications"][0]["hold"]
            return hold if hold and hold["reason"] == reason else None

        found: dict[str, Any] = await until(read)
        return found

    async def contents(self, **asked: Any) -> list[dict[str, Any]]:
        """The brand's posts that fit. All pages of them, or the first when `limit` is given."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while cursor is not None:
            given = {"brandRef": self.ref, "limit": 100, **asked} | ({"cursor": cursor} if cursor else {})
            answer = await self.api.get("/v1/contents", params=given)
            assert answer.status_code == 200, answer.text
            found += answer.json()["data"]
            cursor = answer.json()["nextCursor"] if "limit" not in asked else None
        return found

    async def all_ended(self, within: float) -> dict[str, dict[str, Any]]:
        """The brand's posts by id once all have ended, or as they are after `within` seconds."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and await self.contents(status=UNENDED, limit=1):  # noqa: ASYNC110
            await asyncio.sleep(0.3)
        return {content["id"]: content for content in await self.contents()}

    async def events(self) -> list[str]:
        """The types of the brand's events, oldest first."""
        listed = await self.api.get("/v1/events", params={"brandRef": self.ref, "limit": 100})
        return [event["type"] for event in listed.json()["data"]]


async def until(read: Callable[[], Awaitable[Any]], within: float = 30, every: float = 0.2) -> Any:
    """The first truthy answer of `read`."""
    deadline = time.monotonic() + within
    while not (answer := await read()):
        assert time.monotonic() < deadline, f"not within {within} s: {answer!r}"
        await asyncio.sleep(every)
    return answer


async def store(api: httpx.AsyncClient, content: bytes, name: str, **fields: str) -> str:
    """The id of a stored file, which is every brand's without `brandRef`."""
    answer = await api.post("/v1/media", files={"file": (name, content)}, data=fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def epoch(moment: str) -> float:
    """A time of an answer as seconds since the epoch."""
    return datetime.fromisoformat(moment).timestamp()


async def is_up(api: httpx.AsyncClient) -> bool:
    """Whether the API answers, which was perhaps killed."""
    try:
        return (await api.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


async def plant(sandbox: httpx.AsyncClient, channel: str, operation: str, mode: str, **fields: Any) -> dict[str, Any]:
    """Let the network fail at an operation."""
    fault = {"channel": channel, "operation": operation, "mode": mode, **fields}
    answer = await sandbox.post("/control/faults", json=fault)
    assert answer.status_code == 201, answer.text
    planted: dict[str, Any] = answer.json()
    return planted


async def calls(sandbox: httpx.AsyncClient, channel: str, operation: str = "") -> list[dict[str, Any]]:
    """The calls of an operation, or of all, that the network received."""
    made = (await sandbox.get("/control/calls", params={"channel": channel})).json()
    return [call for call in made if operation in ("", call["operation"])]
