"""TLS to Temporal: the settings, their files, and when the client's certificate ends."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from temporalio.client import TLSConfig

if TYPE_CHECKING:
    from munadi.temporal_settings import TemporalSettings

PREFIX = "MUNADI_TEMPORAL__"


def tls_of(settings: TemporalSettings) -> TLSConfig | bool:
    """What the SDK needs of the settings."""
    if not settings.uses_tls:
        return False
    if not (settings.tls_ca or settings.tls_cert or settings.tls_server_name):
        return True
    return TLSConfig(
        server_root_ca_cert=settings.tls_ca.read_bytes() if settings.tls_ca else None,
        domain=settings.tls_server_name,
        client_cert=settings.tls_cert.read_bytes() if settings.tls_cert else None,
        client_private_key=settings.tls_key.read_bytes() if settings.tls_key else None,
    )


def context_of(settings: TemporalSettings) -> ssl.SSLContext:
    """What Python's own TLS needs of the settings. With it a failed connection is examined."""
    context = ssl.create_default_context(cafile=str(settings.tls_ca) if settings.tls_ca else None)
    context.set_alpn_protocols(["h2"])
    if settings.tls_cert and settings.tls_key:
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password="")
    return context


def certificate_ends(settings: TemporalSettings) -> datetime | None:
    """When the client's certificate ends, if there is one."""
    return None if settings.tls_cert is None else _validity(settings.tls_cert.read_bytes())[1]


def wrong_tls(settings: TemporalSettings) -> Iterator[str]:
    """The settings of TLS that contradict each other or name a file that cannot be used; a line for each."""
    for name in ("API_KEY", "TLS_CA", "TLS_CERT", "TLS_KEY", "TLS_SERVER_NAME"):
        if getattr(settings, name.lower()) is not None and settings.tls is False:
            remedy = f"remove {PREFIX}TLS, or {PREFIX}{name}"
            yield f"{PREFIX}{name} is set and {PREFIX}TLS is false: it is of use only with encryption; {remedy}"
    if (settings.tls_cert is None) is not (settings.tls_key is None):
        there, missing = ("CERT", "KEY") if settings.tls_cert else ("KEY", "CERT")
        yield f"{PREFIX}TLS_{there} is set without {PREFIX}TLS_{missing}: set both, or none"
        return
    yield from _wrong_files(settings)


def _wrong_files(settings: TemporalSettings) -> Iterator[str]:
    context = ssl.create_default_context()
    try:
        if settings.tls_ca:
            context.load_verify_locations(settings.tls_ca)
    except (OSError, ssl.SSLError) as error:
        yield f"{PREFIX}TLS_CA: {settings.tls_ca} is no certificate in PEM that can be read: {_words(error)}"
    if not (settings.tls_cert and settings.tls_key):
        return
    try:
        # Without a password of ours, OpenSSL would ask for one at the terminal.
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password="")
    except (OSError, ssl.SSLError) as error:
        pair = f"{settings.tls_cert} and {settings.tls_key}"
        yield f"{PREFIX}TLS_CERT and {PREFIX}TLS_KEY: {pair} are no pair in PEM that can be read: {_words(error)}"
        return
    begins, ends = _validity(settings.tls_cert.read_bytes())
    now, named = datetime.now(UTC), f"{PREFIX}TLS_CERT: the certificate {settings.tls_cert}"
    if now > ends:
        yield f"{named} ended on {ends:%Y-%m-%d}: put a new one, and its key, in the place of both files"
    elif now < begins:
        yield f"{named} is valid from {begins:%Y-%m-%d %H:%M} UTC: use another one, or set this machine's clock"


def _validity(pem: bytes) -> tuple[datetime, datetime]:
    from cryptography import x509

    found = x509.load_pem_x509_certificate(pem)
    return found.not_valid_before_utc, found.not_valid_after_utc


def _words(error: OSError) -> str:
    return str(error.strerror or error).splitlines()[0]
