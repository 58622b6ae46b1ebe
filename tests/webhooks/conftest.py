"""A hostile server on loopback, and certificates of its own."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class HostileServer:
    """Counts connections, keeps the requests' bytes, and answers as `behaviour` wants."""

    behaviour: Behaviour | None = None
    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    open: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open[asyncio.current_task()] = writer
        with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            self.requests.append(head + await reader.readexactly(int(length or 0)))
            if self.behaviour:
                await self.behaviour(reader, writer)
        with contextlib.suppress(OSError):
            writer.close()

    def answers(self, raw: bytes) -> None:
        """Answer every request with `raw` and close."""

        async def behaviour(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(raw)
            await writer.drain()

        self.behaviour = behaviour


@contextlib.asynccontextmanager
async def _serving(tls: ssl.SSLContext | None) -> AsyncIterator[HostileServer]:
    hostile = HostileServer()
    server = await asyncio.start_server(hostile, "127.0.0.1", 0, ssl=tls)
    hostile.port = server.sockets[0].getsockname()[1]
    try:
        yield hostile
    finally:
        server.close()
        for task, writer in hostile.open.items():
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*hostile.open, return_exceptions=True)
        await asyncio.sleep(0)  # lets the aborted transports close


@pytest.fixture
async def server():
    async with _serving(None) as hostile:
        yield hostile


@pytest.fixture
async def canary():
    """A second server that must see no connection."""
    async with _serving(None) as hostile:
        yield hostile


@dataclass
class Certificate:
    """A self-signed certificate for some names: what the server shows, and what trusts it."""

    server: ssl.SSLContext
    trust: ssl.SSLContext


@pytest.fixture
def certificate(tmp_path):
    def make(*names: str) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
        now = datetime.now(UTC)
        cert = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem = cert.public_bytes(serialization.Encoding.PEM)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = tmp_path / f"{names[0]}.pem"
        file.write_bytes(secret + pem)
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        serving.load_cert_chain(file)
        return Certificate(serving, ssl.create_default_context(cadata=pem.decode()))

    return make


@pytest.fixture
def serve_tls():
    """`async with serve_tls(certificate) as server`: a hostile server behind TLS."""
    return lambda certificate: _serving(certificate.server)
