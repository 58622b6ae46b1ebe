"""The one way a channel talks to its network: every call has a deadline, answers are bounded and redacted.

A call with a `gate` is visible. Until its first byte leaves, any failure is *not sent*. From then on it is *unknown*
when the transport fails, the deadline passes, the answer cannot be read, or a success lacks the network's own proof
(a proxy answers 200 too); the network is checked then. Nothing here retries.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable, Collection, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import httpx

from munadi.channels.answers import ACCEPT_ENCODING, UnreadableAnswer, read_answer, text_in
from munadi.domain.channel import SLOWEST_UPLINK
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Unknown
from munadi.domain.redaction import redact as redact
from munadi.outbound.guard import GuardCode, GuardRefused
from munadi.outbound.host_calls import HostCalls
from munadi.ports import Answer, Calls, Clock, Gate, LinkReader, MediaReader
from munadi.ports.requests import count_request
from munadi.telemetry.calls import network_call

# The statuses whose Retry-After says when the network may be called again (RFC 9110, 10.2.3; RFC 6585, 4).
COME_BACK_LATER = frozenset({429, 503})
CONNECT_TIMEOUT = 5.0
# Seconds for a whole call: connect, send, and read the whole answer. The bytes of a request add theirs.
CALL_TIMEOUT = 20.0
NO_PROOF = "NO_PROOF"
MAX_ID = 300


Item = TypeVar("Item")
# The name under which a file is sent, and its bytes.
NamedFile = tuple[str, bytes]


def _no_keys(purpose: str) -> Sequence[bytes]:
    raise RuntimeError(f"no secret keys were given for {purpose}")


@dataclass(frozen=True)
class ChannelTools:
    """What a channel is built with. `guarded` refuses non-public addresses: for URLs a user can influence.

    `derive` returns 32 secret bytes for a purpose, per secret key of the installation, newest first. `calls` are the
    places that the calls of all channels share.
    """

    client: httpx.AsyncClient
    guarded: httpx.AsyncClient
    media: MediaReader
    links: LinkReader
    clock: Clock
    derive: Callable[[str], Sequence[bytes]] = _no_keys
    calls: Calls = field(default_factory=HostCalls)
    is_development: bool = False

    def http(self, explain: Callable[[Answer, datetime], ChannelError]) -> ChannelHttp:
        """HTTP to the network's own hosts; `explain` is the channel's table of errors."""
        return ChannelHttp(self.client, lambda answer: explain(answer, self.clock.now()))


def could_not_read(error: ChannelError) -> Unknown:
    """The result of a `find` that could not read the network."""
    return Unknown(note=str(error)[:200], pause=error.pause)


def require_known_host(url: str, hosts: Collection[str], suffixes: Collection[str] = ()) -> str:
    """A URL that a network named, if it leads to a configured host or to one of the network's own domains.

    Raises ChannelError: it may carry a token and media, so an unknown place gets nothing.
    """
    target = urlsplit(url)
    name = target.hostname or ""
    known = any(target.netloc == urlsplit(host).netloc and target.scheme == urlsplit(host).scheme for host in hosts)
    ours = target.scheme == "https" and any(name == end or name.endswith(f".{end}") for end in suffixes)
    if known or ours:
        return url
    message = f"the network named an address that is not its own: {name or 'none'}"
    raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.NOT_SENT, message, provider_code="FOREIGN_URL")


def given_id(value: Any) -> str | None:
    """An id that a network gave, as text or as a number of at most 300 characters; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    given = str(value).strip()
    return given if 0 < len(given) <= MAX_ID else None


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a body that have a value: what is None is left out."""
    return {name: value for name, value in fields.items() if value is not None}


def no_proof(answer: Answer, hidden: Sequence[str] = ()) -> ChannelError:
    """A success without the network's own proof. Only a check of the network can show what the call did."""
    return ChannelError(
        Reason.PROVIDER_OUTAGE,
        Effect.UNKNOWN,
        f"the answer (HTTP {answer.status}) lacks the proof that the network gives of a success",
        provider_code=NO_PROOF,
        raw=redact(answer.text, *hidden),
    )


def is_empty(answer: Answer) -> bool:
    """Whether an answer has no body or an object, as a revocation's: the page of a proxy is neither."""
    return not answer.text.strip() or isinstance(answer.body, dict)


def unreadable(error: UnreadableAnswer) -> ChannelError:
    """An answer that breaks our limits: the network has the request, and its outcome is unknown."""
    return ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, str(error), provider_code=error.code)


@dataclass(frozen=True)
class Request:
    """One call: where it goes, what it carries, and how its answer is read.

    `token` and `secrets` (other confidential parts) are cut out of refusals. `proof` finds the network's own proof in a
    2xx; without it the outcome is unknown (`no_proof`). `also_ok` are statuses that are answers too, such as 308 of a
    resumable upload. Files make a form multipart; one without a name has that of its field. `content` that comes part
    by part needs a `content-length` among the headers, or it is sent chunked. `timeout` is in seconds for all of it,
    beside the time that the request's bytes need at 200 kB/s. `extensions` are for the client: an exchange over a
    websocket (`munadi.outbound.websocket`).
    """

    method: str
    url: str
    _: KW_ONLY
    token: str | None = None
    headers: Mapping[str, str] | None = None
    params: Mapping[str, str] | None = None
    json: Any = None
    form: Mapping[str, str] | None = None
    files: Mapping[str, bytes | NamedFile] | None = None
    content: bytes | AsyncIterable[bytes] | None = None
    secrets: Sequence[str] = ()
    proof: Callable[[Answer], object] | None = None
    also_ok: Collection[int] = ()
    timeout: float = CALL_TIMEOUT
    extensions: Mapping[str, Any] | None = None

    @property
    def hidden(self) -> list[str]:
        """What is cut out of refusals."""
        return [secret for secret in (self.token, *self.secrets) if secret]


@dataclass(frozen=True)
class Listing(Generic[Item]):
    """How a network lists something: `read` makes the items of a page, or None of what is none.

    `cursor` is where a page names the next one, `param` how that is asked for; `most` pages are read.
    """

    read: Callable[[Any], list[Item] | None]
    cursor: Sequence[str]
    param: str
    most: int


class ChannelHttp:
    """HTTP for one channel: a 2xx is an `Answer`, everything else a sorted `ChannelError`."""

    def __init__(self, client: httpx.AsyncClient, explain: Callable[[Answer], ChannelError]) -> None:
        self._client = client
        self.explain = explain

    async def send(self, request: Request, gate: Gate | None = None) -> Answer:
        """Send a request; with `gate` it is visible. Raises ChannelError; its `effect` says what is known of it."""
        count_request()
        sent, hidden = _FirstByte(gate), request.hidden
        try:
            answer = await self._exchange(self._built(request, sent), request.timeout, hidden)
        except UnreadableAnswer as error:
            raise unreadable(error) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise _transport_error(error, sent.happened, hidden) from error
        except (GuardRefused, httpx.InvalidURL) as error:
            raise _address_refused(error) from error
        if 200 <= answer.status < 300 or answer.status in request.also_ok:
            if request.proof is not None and not request.proof(answer):
                raise no_proof(answer, hidden)
            return answer
        raise self._refusal(answer)

    async def items(
        self, request: Request, listing: Listing[Item], ends: Callable[[Sequence[Sequence[Item]]], bool] | None = None
    ) -> list[Item] | None:
        """The items of a list, page by page, until it has no more or `ends` says so of the pages that were read.

        None where there are more pages than may be read. Raises ChannelError, also for what is no page.
        """
        pages: list[list[Item]] = []
        for _ in range(listing.most):
            answer = await self.send(request)
            page = listing.read(answer.body)
            if page is None:
                raise no_proof(answer, request.hidden)
            pages.append(page)
            following = text_in(answer.body, *listing.cursor)
            if following is None or (ends is not None and ends(pages)):
                return [one for page in pages for one in page]
            request = replace(request, params={**(request.params or {}), listing.param: following})
        return None

    def _built(self, request: Request, sent: _FirstByte) -> httpx.Request:
        headers = {"accept-encoding": ACCEPT_ENCODING, **(request.headers or {})}
        if request.token is not None:
            headers["authorization"] = f"Bearer {request.token}"
        named = {
            name: (name, part) if isinstance(part, bytes) else part for name, part in (request.files or {}).items()
        }
        return self._client.build_request(
            request.method,
            request.url,
            headers=headers,
            params=request.params,
            json=request.json,
            data=dict(request.form) if request.form is not None else None,
            files={name: (*part, "application/octet-stream") for name, part in named.items()} or None,
            content=request.content,
            extensions={**(request.extensions or {}), "trace": sent.trace},
        )

    async def _exchange(self, request: httpx.Request, timeout: float, hidden: Sequence[str]) -> Answer:
        """Send and read, all within the deadline: httpx's own timeouts start again with every byte."""
        deadline = timeout + int(request.headers.get("content-length", 0)) / SLOWEST_UPLINK
        request.extensions["timeout"] = httpx.Timeout(deadline, connect=CONNECT_TIMEOUT, pool=CONNECT_TIMEOUT).as_dict()
        with network_call(request.method, request.url.host) as call:
            async with asyncio.timeout(deadline):
                response = await self._client.send(request, stream=True, follow_redirects=False)
                call.answered(response.status_code, response.headers)
                try:
                    return await read_answer(response, hidden)
                finally:
                    await response.aclose()

    def _refusal(self, answer: Answer) -> ChannelError:
        """What the channel makes of it, with the answer itself and the time that it named."""
        explained = self.explain(answer)
        explained.raw = explained.raw or redact(answer.text)
        if answer.status in COME_BACK_LATER and "retry-after" in answer.headers:
            explained.named_wait = explained.retry_after
        return explained


class _FirstByte:
    """Watches for the first byte of a request, and calls the gate just before it."""

    def __init__(self, gate: Gate | None) -> None:
        self.happened = False
        self._gate = gate

    async def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        # http11.… or http2.…: the last moment at which raising sends nothing.
        if event.endswith("send_request_headers.started"):
            if self._gate is not None:
                self._gate()
            self.happened = True


def _address_refused(error: GuardRefused | httpx.InvalidURL) -> ChannelError:
    """An address that may not or cannot be called: nothing was sent, and only a name may resolve later."""
    code = error.code.value if isinstance(error, GuardRefused) else "INVALID_URL"
    if code == GuardCode.NAME_NOT_RESOLVED:
        reason, effect = Reason.NETWORK_UNREACHABLE, Effect.NOT_SENT
    else:
        reason, effect = Reason.TARGET_NOT_ACCESSIBLE, Effect.REJECTED
    return ChannelError(reason, effect, f"the account's server cannot be called: {error}", provider_code=code)


def _transport_error(error: Exception, first_byte_sent: bool, hidden: Sequence[str]) -> ChannelError:
    name = type(error).__name__
    reason, effect = Reason.NETWORK_UNREACHABLE, Effect.NOT_SENT
    message = "the network could not be reached; nothing was sent"
    if first_byte_sent:
        late = isinstance(error, TimeoutError | httpx.TimeoutException)
        what = "the answer was not complete by the call's deadline" if late else "the connection broke"
        reason, effect = Reason.PROVIDER_OUTAGE, Effect.UNKNOWN
        message = f"{what} after the request had been sent; its outcome is unknown"
    text = redact(f"{name}: {error}", *hidden)
    return ChannelError(reason, effect, message, provider_code=name, provider_message=text)
