"""Relays and media servers by name. Their addresses come from users, so each call goes through the guard.

A note goes to all relays of its account at once. One that takes it has published it, and that is the answer; only where
none did, the errors count, and the doubtful ones first.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import coincurve

from munadi.channels.answers import text_in
from munadi.channels.http import ChannelHttp, ChannelTools, Request, no_proof
from munadi.channels.nostr.errors import explain, failure
from munadi.channels.nostr.keys import secret_of
from munadi.channels.nostr.spec import MAX_RELAYS
from munadi.channels.nostr.wire import RELAY_LOGIN, is_genuine, login_tags, signed, upload_header
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.outbound.websocket import EXCHANGE
from munadi.ports import Answer, Gate

SUBSCRIPTION = "munadi"
# Seconds for what a relay answers; one that is silent must not keep the others waiting.
RELAY_TIMEOUT = 10.0
LOGIN, DUPLICATE = "auth-required:", "duplicate:"
Login = Callable[[str], dict[str, Any]]


@dataclass
class RelayExchange:
    """One question to a relay: an event, or a request for events. `key` is the event's id, or the subscription."""

    frame: Sequence[Any]
    key: str
    login: Login | None = None
    status: int | None = None
    answer: list[Any] = field(default_factory=list)
    _challenge: str | None = None
    _login_id: str | None = None

    def hear(self, frame: str) -> Sequence[str]:
        """Take in one frame; log in where the relay asks for it, and ask again."""
        try:
            said = json.loads(frame)
        except ValueError:
            return ()
        match said:
            case ["AUTH", str(challenge), *_]:
                self._challenge = challenge
                return ()
            case ["OK", str(name), bool(), *_] if name == self._login_id:
                return (_dumps(self.frame),)
            case ["OK", str(name), bool(taken), *rest] if name in (self.key, ""):
                words = str(rest[0]) if rest else ""
                if not taken and (login := self._logging_in(words)):
                    return login
                self.status = 200 if taken or words.startswith(DUPLICATE) else 400
            case ["CLOSED", self.key, *rest]:
                if login := self._logging_in(str(rest[0]) if rest else ""):
                    return login
                self.status = 400
            case ["EOSE", self.key, *_]:
                self.status = 200
        self.answer.append(said)
        return ()

    def _logging_in(self, words: str) -> Sequence[str]:
        if not words.startswith(LOGIN) or self._challenge is None or self._login_id or self.login is None:
            return ()
        event = self.login(self._challenge)
        self._login_id = event["id"]
        return (_dumps(["AUTH", event]),)


@dataclass(frozen=True)
class Broadcast(Request):
    """An event for several relays. Its answer says which took it, and why the others did not."""

    relays: Sequence[str] = ()
    key: str = ""
    login: Callable[[str], Login] | None = None


class RelayHttp(ChannelHttp):
    """Sends what goes to several relays to each of them."""

    async def send(self, request: Request, gate: Gate | None = None) -> Answer:
        """Raises ChannelError if no relay took the event."""
        if not isinstance(request, Broadcast):
            return await super().send(request, gate)
        calls = [_to(request, relay) for relay in request.relays]
        if len(calls) == 1:
            await super().send(calls[0], gate)
            return _taken([request.relays[0]], {})
        results = await asyncio.gather(
            *(super(RelayHttp, self).send(one, gate) for one in calls), return_exceptions=True
        )
        errors: dict[str, ChannelError] = {}
        for relay, found in zip(request.relays, results, strict=True):
            if isinstance(found, ChannelError):
                errors[relay] = found
            elif isinstance(found, BaseException):
                raise found
        taken = [relay for relay in request.relays if relay not in errors]
        if not taken:
            raise _worst(list(errors.values()))
        return _taken(taken, {relay: str(error) for relay, error in errors.items()})


class Relays:
    """Any relay and any media server. Everything raises ChannelError."""

    def __init__(self, tools: ChannelTools) -> None:
        self._clock = tools.clock
        self.http = RelayHttp(tools.guarded, lambda answer: explain(answer, tools.clock.now()))

    def now(self) -> int:
        """Seconds since the epoch."""
        return int(self._clock.now().timestamp())

    def event(self, account: ConnectedAccount, event: Mapping[str, Any], timeout: float = RELAY_TIMEOUT) -> Broadcast:
        """The request that sends an event to all relays of an account. A relay's own word proves that it took it."""

        def proof(answer: Answer) -> bool:
            frames = answer.body if isinstance(answer.body, list) else []
            return any(isinstance(one, list) and one[:2] == ["OK", event["id"]] for one in frames)

        secret = key_of(account)
        places = relays_of(account)
        return Broadcast(
            "POST",
            places[0],
            json=["EVENT", event],
            proof=proof,
            timeout=min(timeout, RELAY_TIMEOUT),
            secrets=(account.token,),
            relays=places,
            key=str(event["id"]),
            login=lambda relay: self._login(secret, relay),
        )

    async def read(
        self, relay: str, query: Mapping[str, Any], secret: coincurve.PrivateKey | None = None
    ) -> list[dict[str, Any]]:
        """The events of one relay, up to its end of what is stored."""

        def proof(answer: Answer) -> bool:
            frames = answer.body if isinstance(answer.body, list) else []
            return ["EOSE", SUBSCRIPTION] in [one[:2] for one in frames if isinstance(one, list)]

        frame = ["REQ", SUBSCRIPTION, dict(query)]
        login = self._login(secret, relay) if secret else None
        exchange = RelayExchange(frame, SUBSCRIPTION, login)
        request = Request("GET", relay, json=frame, proof=proof, timeout=RELAY_TIMEOUT)
        answer = await self.http.send(replace(request, extensions={EXCHANGE: exchange}))
        found = [one[2] for one in answer.body if isinstance(one, list) and len(one) > 2 and one[0] == "EVENT"]
        return [one for one in found if is_genuine(one)]

    async def document(self, relay: str) -> Answer | None:
        """What a relay says of itself (NIP-11); None where it says nothing."""
        try:
            return await self.http.send(Request("GET", relay, headers={"accept": "application/nostr+json"}))
        except ChannelError:
            return None  # no relay needs one

    async def having(self, account: ConnectedAccount, ids: Sequence[str]) -> dict[str, set[str] | ChannelError]:
        """Which of these events each relay of an account has."""
        secret, places = key_of(account), relays_of(account)

        async def at(relay: str) -> set[str] | ChannelError:
            try:
                return {str(one["id"]) for one in await self.read(relay, {"ids": list(ids)}, secret)}
            except ChannelError as error:
                return error

        if len(places) == 1:
            return {places[0]: await at(places[0])}
        return dict(zip(places, await asyncio.gather(*map(at, places)), strict=True))

    async def upload(self, account: ConnectedAccount, asset: MediaAsset, content: bytes) -> tuple[str, str]:
        """Send a file to the account's first media server. Its address and its hash."""
        server = servers_of(account)[0].rstrip("/")
        sha256 = hashlib.sha256(content).hexdigest()
        headers = {"content-type": asset.mime_type, "x-sha-256": sha256}
        headers["authorization"] = upload_header(key_of(account), sha256, self.now())
        request = Request(
            "PUT", f"{server}/upload", headers=headers, content=content, secrets=(headers["authorization"],)
        )
        answer = await self.http.send(request)
        url = text_in(answer.body, "url")
        if text_in(answer.body, "sha256") != sha256 or not url or urlsplit(url).scheme not in ("http", "https"):
            raise no_proof(answer, request.secrets)
        return url, sha256

    def _login(self, secret: coincurve.PrivateKey, relay: str) -> Login:
        return lambda challenge: signed(secret, RELAY_LOGIN, self.now(), login_tags(shown(relay), challenge), "")


def key_of(account: ConnectedAccount) -> coincurve.PrivateKey:
    """The account's secret key. Raises ChannelError."""
    secret = secret_of(account.token)
    if secret is None:
        raise failure(Reason.TOKEN_REVOKED, "the account's key is no key of Nostr: import it again")
    return secret


def relays_of(account: ConnectedAccount) -> list[str]:
    """The relays of an account, its own first. Raises ChannelError."""
    listed = account.facts.get("relays")
    more = [str(one) for one in listed] if isinstance(listed, list) else []
    found = list(dict.fromkeys([*([account.service_url] if account.service_url else []), *more]))[:MAX_RELAYS]
    if not found:
        raise failure(Reason.TARGET_NOT_ACCESSIBLE, "the account has no relay: connect it again", Effect.REJECTED)
    return found


def servers_of(account: ConnectedAccount) -> list[str]:
    """The media servers of an account. Raises ChannelError."""
    listed = account.facts.get("servers")
    if not isinstance(listed, list) or not listed:
        raise failure(Reason.TARGET_NOT_ACCESSIBLE, "the account has no media server", Effect.REJECTED)
    return [str(one) for one in listed]


def shown(relay: str) -> str:
    """The address of a relay as people know it."""
    return f"ws{relay.removeprefix('http')}" if relay.startswith("http") else relay


def _to(request: Broadcast, relay: str) -> Request:
    login = request.login(relay) if request.login else None
    exchange = RelayExchange(request.json, request.key, login)
    return Request(
        request.method, relay, json=request.json, proof=request.proof, timeout=request.timeout,
        secrets=request.secrets, extensions={EXCHANGE: exchange},
    )  # fmt: skip


def _taken(relays: Sequence[str], refused: Mapping[str, str]) -> Answer:
    return Answer(200, {}, {"relays": list(relays), "refused": dict(refused)}, "")


def _worst(errors: Sequence[ChannelError]) -> ChannelError:
    """What counts where no relay took an event: a doubt before what was not sent, and a refusal last."""
    order = (Effect.UNKNOWN, Effect.NOT_SENT, Effect.REJECTED)
    found = min(errors, key=lambda one: order.index(one.effect) if one.effect in order else 0)
    if len(errors) > 1:
        found.message = f"{found.message} (none of {len(errors)} relays took it)"
    return found


def _dumps(frame: Sequence[Any]) -> str:
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)
