"""Servers on loopback, with their certificates."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.harness.pages import serving


@pytest.fixture
async def server():
    async with serving() as web:
        yield web


@pytest.fixture
async def canary():
    """A second server, which must get no connection."""
    async with serving() as web:
        yield web


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
    """`async with serve_tls(certificate) as server`: a server behind TLS."""
    return lambda certificate: serving(certificate.server)
