"""The profile `acme` at each network of the sandbox, over real sockets, and what it can post."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Pending, Published
from munadi.domain.withdrawal import PostedObject
from munadi.outbound.websocket import WebSockets
from munadi.ports import AccountImport, PublicationDraft
from munadi.sandbox.pinterest.model import board_of
from tests.channels.calls import GateThatCounts, Saved
from tests.channels.connected import Connected, film, jpeg, new, padded
from tests.channels.making import document, error_of, image, video
from tests.channels.servers import MediaSite, Oracle
from tests.harness.documents import pdf
from tests.judges.discovery import Discovery, Witness

UNIT = 262_144  # the smallest chunk of YouTube
# The draft of a post that has one object, where a text alone is none.
WITH_ONE = {"instagram": "photo", "pinterest": "photo", "tiktok": "file", "youtube": "clip"}
VALUES = {"limits": "value", "delays": "seconds", "switches": "enabled"}


class Acme(Connected):
    """`made` is what the sandbox has of the profile; files are stored and served."""

    made: Mapping[str, Any]
    witness: Witness

    def __init__(self, name: str, oracle: Oracle, site: MediaSite, settings: Any, client: httpx.AsyncClient) -> None:
        super().__init__(name, settings, client)
        self.name, self.oracle, self.site = name, oracle, site
        self.media.base = site.url

    def put(self, **files: bytes) -> None:
        self.media.files |= files
        self.site.files |= {f"/{name}": content for name, content in files.items()}

    def set(self, what: str, value: Any, *kinds: str) -> None:
        """Set limits, delays or switches of this network."""
        for kind in kinds:
            self.oracle.call("PUT", f"/{what}", channel=self.name, kind=kind, **{VALUES[what]: value})

    def plant(self, operation: str, mode: str, **rest: Any) -> None:
        self.oracle.plant(self.name, operation, mode, **rest)

    def tokens(self, action: str, **rest: Any) -> None:
        self.oracle.call("POST", f"/tokens/{action}", channel=self.name, profile=self.account.external_id, **rest)

    def calls(self, *operations: str) -> list[dict[str, Any]]:
        return [call for call in self.oracle.call("GET", "/calls") if call["operation"] in operations]

    @property
    def posts(self) -> list[dict[str, Any]]:
        return self.oracle.posts(self.account.external_id)

    async def send(
        self,
        given: PublicationDraft,
        saved: Saved,
        step: str = "post",
        closed: Exception | None = None,
        *,
        doubtful: bool = False,
    ) -> Published | Pending:
        """One visible call. Its gate may be closed. `doubtful`: an earlier one may have arrived."""
        gate = GateThatCounts(closed)
        found: Published | Pending = await self.port.publish(given, self.account, saved, step, gate, doubtful=doubtful)
        return found

    async def finish(self, given: PublicationDraft, saved: Saved, step: str = "post") -> Published:
        """Finish a step as the workflow does: an unsent step is retried after its wait, a pending one is checked."""
        found: Any = None
        for _ in range(300):
            try:
                found = found or await self.send(given, saved, step)
            except ChannelError as error:
                if step == "post" or error.effect is not Effect.NOT_SENT or error.retry_after is None:
                    raise
                await asyncio.sleep(min(error.retry_after.total_seconds(), 0.1))
                continue
            if isinstance(found, Published):
                return found
            await asyncio.sleep(0.02)
            found = await self.port.check(given, self.account, saved)
        raise AssertionError("never published")

    async def post(self, given: PublicationDraft, saved: Saved | None = None) -> Published:
        saved = saved or Saved()
        await self.prepare(given, saved)
        return await self.finish(given, saved)

    async def found(self, given: PublicationDraft, saved: Saved, step: str = "post") -> Published:
        """The result of `find` after some time: a network may show a post late."""
        for _ in range(300):
            found = await self.find(given, saved, step)
            if isinstance(found, Published):
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"never found: {found}")

    async def refresh(self) -> None:
        fresh = await self.channel.refresh(self.account)
        self.account = self.account.model_copy(update={"credentials": fresh})

    async def failure(
        self,
        given: PublicationDraft,
        saved: Saved | None = None,
        reason: Reason | None = None,
        effect: Effect | None = None,
        code: str | None = None,
    ) -> ChannelError:
        """The error of a publication, from its preparation or its visible call. It must have the expected values."""
        return await error_of(self.post(given, saved), reason, effect, code)


@dataclass(frozen=True)
class Place:
    """How the profile is connected. Hosts are paths of the sandbox by role, `quick` are the delays that are 0."""

    hosts: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    quick: tuple[str, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)


APP = {"client_id": "4711", "client_secret": "app-secret"}
PLACES = {
    "bluesky": Place({host: host for host in ("entryway", "video", "appview", "plc")}, quick=("video",)),
    "discord": Place({"api": "api", "site": "site"}, limits={"messagesPer5Seconds": 1000}),
    "facebook": Place(
        {"graph": "graph", "auth": "www", "upload": "upload", "video": "video"},
        {**APP, "poll_quick": 0.02},
        ("reel", "video", "publish", "index"),
    ),
    "google_business": Place(
        {role: role for role in ("api", "accounts", "locations", "auth", "token")},
        {**APP, "poll_quick": 0.02, "poll_slow": 0.02, "poll_idle": 0.02},
        ("processing",),
        {"writesPerMinute": 1000, "requestsPerMinute": 10_000},
    ),
    "instagram": Place(
        {"graph": "graph", "token": "token", "auth": "www", "fb_graph": "fbgraph", "fb_auth": "fbwww"},
        {"poll_quick": 0.02, "version": "v26.0"},
        ("image", "reel", "parent"),
    ),
    "linkedin": Place(
        {"api": "api", "auth": "www", "upload": "www"},
        {**APP, "page_client_id": "4712", "page_client_secret": "pages-secret", "poll": 0.02, "grace": 0.02},
        ("video",),
        {"partBytes": 30_000},
    ),
    "nostr": Place({"site": "site"}, limits={"notesPerMinute": 1000}),
    "mastodon": Place({}, {"poll_quick": 0.02, "poll_slow": 0.02}, quick=("video",)),  # its address is the account's
    "pinterest": Place(
        {"api": "api", "auth": "www", "upload": "s3"}, {**APP, "poll_quick": 0.02, "poll_slow": 0.02}, ("video",)
    ),
    "telegram": Place(
        {"api": "api", "site": "site"}, {"probe": True, "probe_misses": 5, "storage_chat": "-1005000000000"}
    ),
    "threads": Place(
        {"graph": "graph", "token": "token", "auth": "www"},
        {"poll_text": 0.02, "poll_image": 0.02, "poll_video": 0.02, "poll_slow": 0.1, "settle": 0},
        ("text", "image", "video", "parent", "race"),
    ),
    "tiktok": Place(
        {"api": "api", "auth": "www", "upload": "upload"},
        {**APP, "poll_quick": 0.02, "chunk_bytes": len(film(360, 640, 3)) // 5},
        ("processing", "moderation"),
        {"minChunkBytes": 100, "statusPerMinute": 1000},
    ),
    "x": Place({"api": "api", "auth": "www", "upload": "api"}, {**APP, "chunk_bytes": 20_000}, ("video",)),
    "youtube": Place(
        {role: role for role in ("api", "auth", "token")},
        {**APP, "poll_quick": 0.02, "poll_slow": 0.02, "poll_idle": 0.02, "chunk_bytes": UNIT, "chunks_per_run": 2},
        ("processing", "listing"),
    ),
}


def hosts_of(name: str, oracle: Oracle) -> dict[str, str]:
    """Where the sandbox emulates a network, by the role of each host."""
    return {role: f"{oracle.url}/{name}/{path}" for role, path in PLACES[name].hosts.items()}


@asynccontextmanager
async def acme_at(
    name: str,
    oracle: Oracle,
    site: MediaSite,
    *,
    through_page: bool = False,
    transport: httpx.AsyncBaseTransport | None = None,
    **changes: Any,
) -> AsyncIterator[Acme]:
    """A connected profile. What YouTube is sent is judged by Google's discovery document, as are its good answers."""
    place = PLACES[name]
    witness = Witness(Discovery("/youtube/api"), f"{oracle.url}/youtube/api")
    hooks = witness.hooks if name == "youtube" else {}
    over = transport or WebSockets(httpx.AsyncHTTPTransport())
    async with httpx.AsyncClient(event_hooks=hooks, transport=over) as client:
        acme = Acme(name, oracle, site, {"hosts": hosts_of(name, oracle), **place.settings, **changes}, client)
        acme.witness = witness
        acme.set("delays", 0, *place.quick)
        for kind, value in place.limits.items():
            acme.set("limits", value, kind)
        acme.made = oracle.call("POST", "/profiles", channel=name, name="acme")
        await acme.connect(imported(acme.made, "facebook" if through_page else None))
        yield acme
    if name == "youtube":
        assert witness.faults == []
        if not any(call["fault"] for call in oracle.call("GET", "/calls")):
            assert witness.answer_faults() == []


def imported(made: Mapping[str, Any], login: str | None = None) -> AccountImport:
    """The credentials of a profile for an import."""
    names = {"access_token": "personToken" if login else "accessToken", "refresh_token": "refreshToken"}
    secrets: Any = {ours: SecretStr(made[name]) for ours, name in names.items() if name in made}
    if "identifier" in made:
        return AccountImport(identifier=made["identifier"], password=SecretStr(made["password"]))
    server = made.get("serviceUrl")
    return AccountImport(external_id=made["externalId"], service_url=server, login=login, **secrets)


def at(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("acme", names, indirect=True)


# What is posted


def _film(acme: Acme, content: bytes, text: str, fields: dict[str, Any], **facts: Any) -> PublicationDraft:
    acme.put(med_0=content)
    return new(text, media=(video(bytes=len(content), **facts),), **fields)


def draft(acme: Acme, kind: str, text: str = "Hello", **fields: Any) -> PublicationDraft:
    """A post of a kind of `KINDS`, and its files where they are searched for."""
    if kind.endswith("story"):
        text, fields = "", {"options": {"kind": "story"}, **fields}
    if acme.name == "pinterest":
        fields["options"] = {"boardId": board_of(acme.account.external_id), **fields.get("options", {})}
    if acme.name == "tiktok":
        fields["options"] = {"privacyLevel": "PUBLIC_TO_EVERYONE", **fields.get("options", {})}
        return _film(acme, film(360, 640, 3), text, fields)
    if acme.name == "youtube":
        fields["options"] = {"madeForKids": False, **fields.get("options", {})}
        return _film(acme, film(90, 160, 1), text, fields)
    match kind:
        case "photo" | "photo story":
            acme.put(med_0=jpeg())
            return new(text, media=(image(0, alt="Teal"),), **fields)
        case "photos":
            acme.put(med_0=jpeg(), med_1=jpeg(400, 400, "red"))
            return new(text, media=(image(0, alt="Teal"), image(1)), **fields)
        case "reel" | "video story":
            return _film(acme, film(540, 960, 3), text, fields, width=540, height=960, fps=24.0)
        case "video":
            content = film(320, 180, 4 if acme.name == "pinterest" else 3)
            content = padded(content) if acme.name == "linkedin" else content
            return _film(acme, content, text, fields, width=320, height=180, fps=24.0)
        case "document":
            content = pdf()
            acme.put(med_0=content)
            return new(text, media=(document(bytes=len(content)),), **fields)
        case "closed":
            return new(text, options={"replyControl": ["nobody"], "quotesAllowed": False}, **fields)
    return new(text, **fields)


async def many_posts(acme: Acme, count: int) -> list[PostedObject]:
    """So many published posts, of which each has one object."""
    kind, found = WITH_ONE.get(acme.name, "text"), list[PostedObject]()
    for number in range(count):
        made = await acme.post(draft(acme, kind, f"Post {number}"), Saved())
        found += [PostedObject(id=one.id, version=one.version) for one in made.made]
    assert len(found) == count
    return found
