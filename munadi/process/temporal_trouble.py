"""Says in plain words why Temporal refuses this process, or cannot be reached, and what to do.

The SDK reports a failed connection as one text of a library below it, which often names no cause. So a TLS handshake of
our own finds what is wrong with the certificates, of either side.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temporalio.service import RPCError, RPCStatusCode

from munadi.process.temporal_tls import PREFIX, context_of

if TYPE_CHECKING:
    from munadi.temporal_settings import TemporalSettings

# For a connection, and then for the server's first bytes: with TLS 1.3 it objects to a certificate after the handshake.
PATIENCE = 2.0
# How the SDK writes the status of the request with which each connection begins.
_REFUSED = re.compile(r"\b(Unauthenticated|PermissionDenied)\b")
_REFUSALS = (RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.PERMISSION_DENIED)
# OpenSSL's numbers of reasons to reject a server's certificate.
_EXPIRED, _UNKNOWN_ISSUERS, _OTHER_NAMES = 10, (2, 18, 19, 20, 21), (62, 64)
_PLAIN = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST")


@dataclass(frozen=True)
class Trouble:
    """What is wrong, and a sentence of what to do."""

    message: str
    advice: str

    def __str__(self) -> str:
        return f"{self.message}. {self.advice}"


async def trouble_of(settings: TemporalSettings, error: Exception) -> Trouble:
    """What is wrong, after `error` of the SDK (RPCError, RuntimeError or TimeoutError)."""
    if isinstance(error, RPCError):
        if error.status in _REFUSALS:
            return _refused(settings, error.message)
    elif _REFUSED.search(str(error)):
        return _refused(settings, _message_in(str(error)))
    elif (found := await _handshake(settings)) is not None:
        return found
    return _silent(settings, (str(error).splitlines() or ["no answer"])[0])


def _message_in(text: str) -> str:
    found = re.search(r'message: "([^"]*)"', text)
    return found[1] if found else "unauthorized"


def _silent(settings: TemporalSettings, words: str) -> Trouble:
    advice = f"Is it up, does {PREFIX}ADDRESS name it, and does {PREFIX}TLS fit it?"
    return Trouble(f"Temporal at {settings.address} does not answer: {words[:200]}", advice)


def _refused(settings: TemporalSettings, words: str) -> Trouble:
    """The server's own words are kept short: they may name the caller."""
    words = words[:100].rstrip(". ")
    at, named = f"Temporal at {settings.address}", f"the namespace {settings.namespace}"
    if settings.api_key is not None:
        return Trouble(
            f"{at} refuses the API key for {named}: {words}",
            f"It must be valid, not expired, and may write to {named} ({PREFIX}NAMESPACE). Put another one into "
            f"{PREFIX}API_KEY, or into the file of {PREFIX}API_KEY_FILE.",
        )
    if settings.tls_cert is not None:
        return Trouble(
            f"{at} refuses the certificate {settings.tls_cert} for {named}: {words}",
            f"The authority that signed it must be one that {named} ({PREFIX}NAMESPACE) accepts.",
        )
    advice = f"Set {PREFIX}API_KEY_FILE, or {PREFIX}TLS_CERT and {PREFIX}TLS_KEY."
    return Trouble(f"{at} refuses requests without a key for {named}: {words}", advice)


async def _handshake(settings: TemporalSettings) -> Trouble | None:
    """What a handshake shows to be wrong; None where it shows nothing."""
    host, _, port = (settings.address or "").rpartition(":")
    host = host.strip("[]")
    try:
        context = context_of(settings) if settings.uses_tls else _unverified()
    except (OSError, ssl.SSLError):
        return None  # a file has changed since the settings were checked; the next start names it
    try:
        async with asyncio.timeout(PATIENCE):
            opened = asyncio.open_connection(
                host, int(port), ssl=context, server_hostname=settings.tls_server_name or host
            )
            reader, writer = await opened
        try:
            async with asyncio.timeout(PATIENCE):
                is_welcome = bool(await reader.read(1))
        finally:
            writer.transport.abort()
    except ssl.SSLError as error:
        return _objection(settings, error)
    except ConnectionResetError:
        is_welcome = False
    except TimeoutError:
        return None
    except (OSError, ValueError) as error:
        return _silent(settings, getattr(error, "strerror", None) or str(error))
    if not settings.uses_tls:
        return _wants_tls(settings)
    return None if is_welcome else _wants_certificate(settings, "it closes the connection")


def _objection(settings: TemporalSettings, error: ssl.SSLError) -> Trouble:
    """What one side has against the other's certificate."""
    if not settings.uses_tls and error.reason not in _PLAIN:
        return _wants_tls(settings)
    at, reason = f"Temporal at {settings.address}", error.reason or ""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _unverifiable(settings, error)
    if reason in _PLAIN:
        return Trouble(
            f"{at} does not speak TLS",
            f"Name its port for TLS in {PREFIX}ADDRESS; only inside a network of your own remove the settings "
            f"{PREFIX}TLS….",
        )
    return _wants_certificate(settings, reason.lower().replace("_", " "))


def _unverifiable(settings: TemporalSettings, error: ssl.SSLCertVerificationError) -> Trouble:
    message = f"the certificate of Temporal at {settings.address} cannot be trusted: {error.verify_message}"
    if error.verify_code == _EXPIRED:
        return Trouble(message, "Its operator must renew it; or is this machine's clock wrong?")
    if error.verify_code in _OTHER_NAMES:
        return Trouble(message, f"Set {PREFIX}TLS_SERVER_NAME to the name in the certificate, or correct the address.")
    if error.verify_code in _UNKNOWN_ISSUERS:
        named = f"{settings.tls_ca} is of another" if settings.tls_ca else "the system does not know it"
        return Trouble(message, f"Set {PREFIX}TLS_CA to the file of the authority that signed it: {named}.")
    return Trouble(message, f"Compare {PREFIX}ADDRESS and {PREFIX}TLS_CA with what its operator says.")


def _wants_certificate(settings: TemporalSettings, words: str) -> Trouble:
    at = f"Temporal at {settings.address}"
    if settings.tls_cert is None:
        advice = f"Set {PREFIX}TLS_CERT and {PREFIX}TLS_KEY; for an API key, take the address that is for API keys."
        return Trouble(f"{at} demands a client certificate, and none is set: {words}", advice)
    return Trouble(
        f"{at} refuses the client certificate {settings.tls_cert}: {words}",
        "It must be signed by an authority that the server accepts, for clients, and not have ended.",
    )


def _wants_tls(settings: TemporalSettings) -> Trouble:
    advice = f"Set {PREFIX}TLS=true, or an API key or a certificate, which turn it on."
    return Trouble(f"Temporal at {settings.address} speaks TLS, and the settings do not", advice)


def _unverified() -> ssl.SSLContext:
    """Only to learn whether the other side speaks TLS: nothing is sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
