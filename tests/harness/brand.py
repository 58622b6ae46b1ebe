"""A brand of a running stack: it submits posts, waits for their end, and reads what its networks list."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from tests.harness.networks import create_profile, posts_of
from tests.harness.times import instant

UNENDED = ("accepted", "queued", "publishing")
ENDED = {"published", "partially_published", "failed", "canceled", "unconfirmed"}
CLIENTS = 8


@dataclass
class Brand:
    """A brand with one fresh profile for each channel at the sandbox, imported."""

    api: httpx.AsyncClient
    sandbox: httpx.AsyncClient
    ref: str

    @classmethod
    async def create(
        cls,
        api: httpx.AsyncClient,
        sandbox: httpx.AsyncClient,
        ref: str,
        *channels: str,
        login: str | None = None,
        mode: str = "live",
    ) -> Brand:
        """A new brand with these channels. `login`: as of `connect`, for each of them."""
        answer = await api.post("/v1/brands", json={"ref": ref, "mode": mode})
        assert answer.status_code == 201, answer.text
        brand = cls(api, sandbox, ref)
        for channel in channels or ("bluesky", "instagram"):
            await brand.connect(channel, login=login)
        return brand

    async def connect(
        self,
        channel: str,
        names: Mapping[str, str] | None = None,
        named: Callable[[str], str] | None = None,
        login: str | None = None,
    ) -> None:
        """Import a new profile of that network. `names`: which parts of it to import, where it has several accounts.

        `named` gives the address of its server another name. `login`: by another log-in of the network than its
        default, with the token of the person.
        """
        profile = await create_profile(self.sandbox, channel, self.ref)
        if login:
            profile["accessToken"] = profile["personToken"]
        if named is not None:
            profile = {name: value for name, value in profile.items() if name != "externalId"}
            profile["serviceUrl"] = named(profile["serviceUrl"])
        if names:
            profile = {name: profile[part] for name, part in names.items()}
        if "password" in profile:
            given = {
                "serviceUrl": profile["serviceUrl"],
                "credentials": {"identifier": profile["identifier"], "password": profile["password"]},
            }
        else:
            names = ("accessToken", "refreshToken", "expiresAt")
            credentials = {name: profile[name] for name in names if name in profile}
            named = {name: profile[name] for name in ("externalId", "serviceUrl") if name in profile}
            given = {**named, "credentials": credentials} | ({"login": login} if login else {})
        answer = await self.api.post(f"/v1/brands/{self.ref}/accounts", json={"channel": channel, **given})
        assert answer.status_code == 201, answer.text

    async def submit(self, text: str, *, seconds: float | None = None, **fields: Any) -> dict[str, Any]:
        """Submit a post, due in `seconds`. The accepted post, or the test fails with the problem."""
        body: dict[str, Any] = {"brandRef": self.ref, "text": text, "channels": ["bluesky"], **fields}
        if seconds is not None:
            body["scheduledAt"] = instant(time.time() + seconds)
        answer = await self.api.post("/v1/contents", json=body)
        assert answer.status_code == 202, answer.text
        accepted: dict[str, Any] = answer.json()
        return accepted

    async def submit_all(self, dues: Mapping[str, float]) -> dict[str, dict[str, Any]]:
        """The accepted posts by text, sent by eight clients at once. Due times are seconds since the epoch."""
        waiting = iter(list(dues.items()))
        made: dict[str, dict[str, Any]] = {}

        async def client() -> None:
            for text, due in waiting:
                made[text] = await self.submit(text, scheduledAt=instant(due))

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        return made

    async def content(self, content_id: str) -> dict[str, Any]:
        """The post as the API shows it now."""
        found: dict[str, Any] = (await self.api.get(f"/v1/contents/{content_id}")).json()
        return found

    async def ended(self, content_id: str, within: float = 60) -> dict[str, Any]:
        """The post once every publication has ended."""
        deadline = time.monotonic() + within
        content: dict[str, Any] = {}
        while time.monotonic() < deadline:
            try:
                content = await self.content(content_id)
                if content.get("status") in ENDED:
                    return content
            except httpx.TransportError:
                pass  # the test kills the API and it is started again
            await asyncio.sleep(0.1)
        raise AssertionError(f"not ended after {within} s: {json.dumps(content, indent=1)}")

    async def published(self, content_id: str, within: float = 60) -> dict[str, Any]:
        """The post once it has ended; the test fails unless it is published."""
        content = await self.ended(content_id, within)
        assert content["status"] == "published", content
        return content

    async def posts(self, text: str, channel: str = "bluesky") -> list[dict[str, Any]]:
        """The posts of this text that the network itself lists."""
        return [row for row in await posts_of(self.sandbox, channel) if row["text"] == text]

    async def upload(self, content: bytes, name: str = "a.jpg", **more: str) -> dict[str, str]:
        """Store a file of the brand; the reference by which a post names it."""
        return {"id": await store(self.api, content, name, brandRef=self.ref), **more}

    async def account(self, channel: str) -> dict[str, Any]:
        """The brand's account on a network, read by its id."""
        listed = await self.api.get("/v1/accounts", params={"brandRef": self.ref, "channel": channel})
        [account] = listed.json()["data"]
        found: dict[str, Any] = (await self.api.get(f"/v1/accounts/{account['id']}")).json()
        return found

    async def profile(self, channel: str) -> str:
        """The id by which the network knows the brand's account."""
        return str((await self.account(channel))["externalId"])

    async def end_token(self, how: str, channel: str, **more: str) -> None:
        """`revoke` or `expire` the account's token at the network. Munadi is not informed."""
        body = {"channel": channel, "profile": await self.profile(channel), **more}
        answer = await self.sandbox.post(f"/control/tokens/{how}", json=body)
        assert answer.status_code < 300, answer.text

    async def reconnect(self, channel: str) -> dict[str, Any]:
        """Import the account again with a new token."""
        profile = await self.profile(channel)
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
            hold = (await self.content(content_id))["publications"][0]["hold"]
            return hold if hold and hold["reason"] == reason else None

        found: dict[str, Any] = await until(read)
        return found

    async def contents(self, **query: Any) -> list[dict[str, Any]]:
        """The brand's posts that match. All pages of them, or the first when `limit` is given."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while cursor is not None:
            given = {"brandRef": self.ref, "limit": 100, **query} | ({"cursor": cursor} if cursor else {})
            answer = await self.api.get("/v1/contents", params=given)
            assert answer.status_code == 200, answer.text
            found += answer.json()["data"]
            cursor = answer.json()["nextCursor"] if "limit" not in query else None
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
    """The id of a stored file. Without `brandRef` every brand may use it."""
    answer = await api.post("/v1/media", files={"file": (name, content)}, data=fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def attempts(api: httpx.AsyncClient, content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The attempts of a post's first publication."""
    detail = (await api.get(f"/v1/publications/{content['publications'][0]['id']}")).json()
    log: list[dict[str, Any]] = detail["attemptLog"]
    return log


async def is_up(api: httpx.AsyncClient) -> bool:
    """Whether the API, which was perhaps killed, answers."""
    try:
        return (await api.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False
