"""Published posts at servers that others wrote, and a withdrawal whose answer is lost."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.e2e.aftermath import (
    Publications,
    age_withdrawal,
    ask,
    bring_forward,
    by_network,
    is_told,
    looked,
    needs_attention,
    nothing_seen,
    told,
    verdicts,
    with_ids,
)
from tests.harness.brand import Brand, until
from tests.harness.inbox import Inbox
from tests.harness.networks import hits, plant, posts_of
from tests.harness.times import instant
from tests.harness.world import World
from tests.support.pds import RealPDS
from tests.support.snac import BACK, SLOW, RealSnac

# Long enough to publish, and to be asked for what these servers have no way for.
LIVES = 12.0


@dataclass
class RealServers:
    """Two posts at the reference PDS and at snac: one is withdrawn at its time to end, one deleted by its owner."""

    world: World
    inbox: Inbox
    pds: RealPDS
    snac: RealSnac

    async def run(self) -> None:
        """All that happens, in its order."""
        await self._connect()
        brand, channels = self.brand, ("bluesky", "mastodon")
        ends = await brand.submit("It ends", channels=channels, withdrawAt=instant(time.time() + LIVES))
        goes = await brand.submit("It is deleted", channels=channels)
        ending, going = [await with_ids(brand, one["id"]) for one in (ends, goes)]
        assert await self._there(ending) == await self._there(going) == {"bluesky", "mastodon"}
        await self._is_refused_first(going)
        since = bring_forward(self.world, goes)
        # Bluesky's own app does not know the posts of this server, and may be late.
        assert verdicts(await looked(brand, goes, since, *channels)) == {"bluesky": "processing", "mastodon": "live"}
        await self._delete(going)
        assert await self._there(going) == set()
        since = bring_forward(self.world, goes)
        assert verdicts(await looked(brand, goes, since, "bluesky")) == {"bluesky": "processing"}, "one answer alone"
        # snac says nothing of what it has not, and gives an edited post another id.
        assert verdicts(await nothing_seen(brand, goes, "mastodon")) == {"mastodon": "live"}
        await is_told(self.inbox, goes, {"bluesky": [("vanished", "gone")]})
        assert verdicts(await by_network(brand, goes["id"])) == {"bluesky": "gone", "mastodon": "live"}
        refused = ("withdrawal_refused", "WITHDRAWAL_REFUSED")
        await is_told(self.inbox, ends, {"bluesky": [("withdrawn", None)], "mastodon": [refused]})
        assert await self._there(ending) == {"mastodon"}

    @property
    def brand(self) -> Brand:
        """The accounts at these servers."""
        return Brand(self.world.api, self.world.sandbox, "elsewhere")

    async def _connect(self) -> None:
        api, alice = self.world.api, self.pds.accounts[0]
        await ask(api, "/v1/brands", 201, ref="elsewhere")
        login = {"identifier": alice.handle, "password": alice.app_password}
        for given in (
            {"channel": "bluesky", "serviceUrl": self.pds.url, "credentials": login},
            {"channel": "mastodon", "serviceUrl": self.snac.url, "credentials": {"accessToken": await self._token()}},
        ):
            await ask(api, "/v1/brands/elsewhere/accounts", 201, **given)

    async def _token(self) -> str:
        """A token of snac. On a busy machine it may reset a connection before its answer is read; then anew."""
        for _ in range(2):
            with suppress(httpx.ReadError):
                return await self._consented()
        return await self._consented()

    async def _consented(self) -> str:
        """A token of snac, by the consent of its owner."""
        async with self._client() as client:
            wanted = {"client_name": "Munadi", "redirect_uris": BACK, "scopes": "read write"}
            app = (await client.post("/api/v1/apps", data=wanted)).json()
            back = await asyncio.to_thread(self.snac.agree, self.snac.accounts[0], app["client_id"], BACK, "s")
            known = {"client_id": app["client_id"], "client_secret": app["client_secret"], "redirect_uri": BACK}
            code = {"grant_type": "authorization_code", "code": parse_qs(urlsplit(back).query)["code"][0]}
            return str((await client.post("/oauth/token", data=known | code)).json()["access_token"])

    def _client(self) -> httpx.AsyncClient:
        """snac closes connections without a word, so none is kept."""
        limits = httpx.Limits(max_keepalive_connections=0)
        return httpx.AsyncClient(base_url=self.snac.url, timeout=SLOW, limits=limits)

    async def _is_refused_first(self, there: Publications) -> None:
        """What these servers have no way for."""
        api = self.world.api
        for one in there.values():
            await ask(api, f"/v1/publications/{one['id']}/edit", 422, "EDIT_NOT_SUPPORTED", text="It stays")
        path = f"/v1/publications/{there['mastodon']['id']}/withdraw"
        refusal = await ask(api, path, 422, "WITHDRAWAL_NOT_SUPPORTED")
        assert refusal["permalink"] == there["mastodon"]["providerUrl"]
        assert await self._there(there) == {"bluesky", "mastodon"}

    async def _there(self, publications: Publications) -> set[str]:
        """The servers that show the post to everybody."""
        found = set()
        async with httpx.AsyncClient(timeout=SLOW) as network:
            query = dict(zip(("repo", "collection", "rkey"), _place(publications["bluesky"]), strict=True))
            answer = await network.get(f"{self.pds.url}/xrpc/com.atproto.repo.getRecord", params=query)
            found |= {"bluesky"} if answer.status_code == 200 else set()
        post_id = publications["mastodon"]["providerPostId"]
        account_id = (await self.brand.profile("mastodon")).partition("@")[0]
        shown = await asyncio.to_thread(self.snac.posts, account_id)
        return found | ({"mastodon"} if post_id in {one["id"] for one in shown} else set())

    async def _delete(self, publications: Publications) -> None:
        """Their owners delete them, behind Munadi's back."""
        alice, url = self.pds.accounts[0], f"{self.pds.url}/xrpc"
        async with httpx.AsyncClient(timeout=SLOW) as network:
            login = {"identifier": alice.handle, "password": alice.password}
            session = (await network.post(f"{url}/com.atproto.server.createSession", json=login)).json()
            body = dict(zip(("repo", "collection", "rkey"), _place(publications["bluesky"]), strict=True))
            owner = {"authorization": f"Bearer {session['accessJwt']}"}
            answer = await network.post(f"{url}/com.atproto.repo.deleteRecord", json=body, headers=owner)
            assert answer.status_code == 200, answer.text
        who = self.snac.accounts[0]
        async with self._client() as client:
            form = {"id": publications["mastodon"]["providerUrl"], "action": "Delete"}
            answer = await client.post(f"/{who.name}/admin/action", data=form, auth=(who.name, who.password))
            assert answer.status_code == 303, answer.text


def _place(publication: Mapping[str, Any]) -> list[str]:
    """The repository, the collection and the key of a record."""
    return str(publication["providerPostId"]).removeprefix("at://").split("/")


@dataclass
class LostAnswer:
    """A withdrawal whose answer is lost while the network cannot be read: not certain, until it can be read again.

    Beside it an account of Instagram that is connected through its Page, which lets an app withdraw a post.
    """

    world: World
    inbox: Inbox

    async def run(self) -> None:
        """All that happens, in its order."""
        world = replace(self.world, brand=await Brand.create(self.world.api, self.world.sandbox, "unsure", "facebook"))
        await world.brand.connect("instagram", login="facebook")
        photo = {"channel": "instagram", "media": [{"id": await world.file("picture")}]}
        content = await world.brand.submit("It may be gone", channels=["facebook", photo])
        there = await with_ids(world.brand, content["id"])
        facebook = await world.brand.profile("facebook")
        lost = await plant(world.sandbox, "facebook", "delete_post", "accept_then_reset", profile=facebook)
        away = await plant(world.sandbox, "facebook", "*", "error", status=503, times=None, profile=facebook)
        await ask(world.api, f"/v1/contents/{content['id']}/withdraw", 202)

        async def is_lost() -> bool:
            return await hits(world.sandbox, lost["id"]) > 0

        await until(is_lost)
        assert told(self.inbox, content).get("facebook") is None, "a minute may bring the answer"
        await age_withdrawal(world, content)
        unsure, gone = ("withdrawal_unconfirmed", "WITHDRAWAL_UNCONFIRMED"), ("withdrawn", None)
        await is_told(self.inbox, content, {"facebook": [unsure], "instagram": [gone]})
        found = (await by_network(world.brand, content["id"]))["facebook"]["withdrawal"]
        assert found["status"] == "unconfirmed"
        assert [one["id"] for one in found["left"]] == [there["facebook"]["providerPostId"]]
        assert re.findall(r'id="kept-(pub_\w+)"', await needs_attention(world)) == [there["facebook"]["id"]]
        assert (await world.sandbox.delete(f"/control/faults/{away['id']}")).is_success
        await age_withdrawal(world, content)
        await is_told(self.inbox, content, {"facebook": [unsure, gone], "instagram": [gone]})
        for name in ("facebook", "instagram"):
            assert there[name]["providerPostId"] not in {row["id"] for row in await posts_of(world.sandbox, name)}
        assert "kept-pub_" not in await needs_attention(world)
