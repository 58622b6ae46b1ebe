"""A front with TLS before a Temporal server, which asks for what Temporal Cloud asks for: a client certificate, or an
API key and the name of the namespace in a header. It passes on what it lets through, byte by byte.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self

import grpc
import grpc.aio

from tests.support.certificates import Issued
from tests.support.ports import LOOPBACK

NAMESPACE = "temporal-namespace"
# What grpc or this front adds itself.
OWN = ("user-agent", "authorization", NAMESPACE)
READS = ("Get", "List", "Describe", "Count", "Query", "Scan")
# What a namespace's keys and certificates may not do at Temporal Cloud, whatever their role.
FOR_OPERATORS = ("/temporal.api.operatorservice.", "/temporal.api.workflowservice.v1.WorkflowService/RegisterNamespace")
HEALTH = "/grpc.health."


class Role(Enum):
    """What a key may do in its namespace."""

    READ = "read"
    WRITE = "write"
    OPERATOR = "operator"


@dataclass
class Front:
    """`with Front(…) as front:` listens on loopback until the block ends. A test may change `keys` meanwhile.

    `keys`: each key with its role; None asks for no key. `client_ca`: what a client's certificate must be signed by;
    None asks for none.
    """

    upstream: str
    certificate: Issued
    keys: dict[str, Role] | None = None
    client_ca: bytes | None = None
    namespace: str = "default"
    seen: list[tuple[str, str | None]] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def keys_seen(self) -> set[str | None]:
        """The keys of the requests since the last time."""
        found, self.seen = {key for _, key in self.seen}, []
        return found

    def __enter__(self) -> Self:
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)), daemon=True)
        self._thread.start()
        assert started.wait(20), "the front has not started"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive()

    async def _serve(self, started: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        credentials = grpc.ssl_server_credentials(
            [self.certificate.pems], self.client_ca, require_client_auth=self.client_ca is not None
        )
        async with grpc.aio.insecure_channel(self.upstream) as channel:
            server = grpc.aio.server()
            server.add_generic_rpc_handlers((_PassedOn(self, channel),))
            self.port = server.add_secure_port(f"{LOOPBACK}:0", credentials)
            await server.start()
            started.set()
            await self._stop.wait()
            await server.stop(0)

    def refusal(self, method: str, metadata: dict[str, Any]) -> tuple[grpc.StatusCode, str] | None:
        """Why a request is not passed on; None if it is."""
        key = str(metadata.get("authorization", "")).removeprefix("Bearer ") or None
        self.seen.append((method, key))
        role: Role | None = Role.WRITE
        if self.keys is not None:
            role = self.keys.get(key or "")
            if role is None:
                return grpc.StatusCode.UNAUTHENTICATED, "invalid API key"
            if metadata.get(NAMESPACE) != self.namespace or method.startswith(HEALTH):
                return grpc.StatusCode.PERMISSION_DENIED, "Request unauthorized."
        is_read = method.rpartition("/")[-1].startswith(READS)
        if (method.startswith(FOR_OPERATORS) and role is not Role.OPERATOR) or (role is Role.READ and not is_read):
            return grpc.StatusCode.PERMISSION_DENIED, "Request unauthorized."
        return None


class _PassedOn(grpc.GenericRpcHandler):
    def __init__(self, front: Front, channel: grpc.aio.Channel) -> None:
        self._front = front
        self._channel = channel

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        return grpc.unary_unary_rpc_method_handler(self._passing_on(details.method))

    def _passing_on(self, method: str) -> Callable[[bytes, Any], Awaitable[bytes]]:
        async def pass_on(request: bytes, context: Any) -> bytes:
            given = dict(context.invocation_metadata())
            if (refusal := self._front.refusal(method, given)) is not None:
                await context.abort(*refusal)
            kept = tuple((name, value) for name, value in given.items() if name not in OWN)
            call = self._channel.unary_unary(method)
            try:
                answer: bytes = await call(request, metadata=kept, timeout=context.time_remaining())
            except grpc.aio.AioRpcError as error:
                await context.abort(error.code(), error.details() or "", tuple(error.trailing_metadata()))
            return answer

        return pass_on
