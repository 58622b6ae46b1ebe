"""Whether an account is the one that its server claims it is. Source: atproto.com/specs/did and /specs/handle.

Anyone can run a server that claims any DID and any handle. The DID document decides: the server must be the PDS that it
names, or the entryway of our settings, which speaks for the PDSs behind it. A handle counts when the document claims it
and the handle leads back to the DID.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from munadi.channels.bluesky.errors import failure, field_refused
from munadi.channels.bluesky.identity import Identities, Owner
from munadi.channels.bluesky.spec import DID, HANDLE
from munadi.domain.failure import ChannelError, Effect, FailureClass, Reason
from munadi.domain.reasons import REASONS
from munadi.ports import AccountImport

log = logging.getLogger("munadi.channels.bluesky")

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PORTS = {"https": 443, "http": 80}
DOWN = frozenset({FailureClass.OUTAGE, FailureClass.RATE_LIMIT})


@dataclass(frozen=True)
class Claim:
    """What a server says about the account of a session; `pds` is from the DID document in its answer."""

    did: str
    handle: str | None
    pds: str | None


@dataclass(frozen=True)
class Proving:
    """Checks claims against the directory. Everything raises ChannelError."""

    identities: Identities
    entryway: str
    is_development: bool

    async def prove(self, claim: Claim, base: str, given: AccountImport) -> Owner:
        """The account as its DID document describes it, with its handle only if that is confirmed.

        For an account that is stored already (`given.handle`) the stored facts count while the directory is down.
        """
        if not DID.fullmatch(claim.did):
            message = f"{base} says that the account is {claim.did[:80]!r}, which is not a DID"
            raise field_refused(message, _pointer(given), "did", "did:plc or did:web", claim.did[:80])
        try:
            owner = await self.identities.by_did(claim.did)
        except ChannelError as error:
            return self._without_document(error, claim, base, given)
        if not (is_same_server(base, owner.pds) or is_same_server(base, self.entryway)):
            if given.handle:
                message = f"the account was connected at {base} and has moved to {owner.pds}: connect it again"
                raise failure(Reason.TARGET_NOT_ACCESSIBLE, message, Effect.REJECTED, "MOVED")
            says = f"{base} says that the account is {owner.did}, but that DID's document names {owner.pds}"
            message = f"{says} as its server: give the server that the account is on"
            raise field_refused(message, _pointer(given), "service_url_of_did", owner.pds, base)
        return replace(owner, handle=await self._handle(owner, given))

    async def _handle(self, owner: Owner, given: AccountImport) -> str | None:
        try:
            handle = await self.identities.handle_of(owner)
        except ChannelError as error:
            log.warning("the handle of %s could not be verified: %s", owner.did, error)
            return given.handle
        if handle is None and owner.handle is not None:
            log.warning("the handle that %s claims does not lead back to it and is not shown", owner.did)
        return handle

    def _without_document(self, error: ChannelError, claim: Claim, base: str, given: AccountImport) -> Owner:
        """The account when there is no DID document, or it cannot be read now; else ChannelError."""
        is_down = REASONS[error.reason].class_ in DOWN
        if given.handle and is_down:
            log.warning("the DID document of %s could not be read: %s", claim.did, error)
            return Owner(claim.did, base, given.handle)
        if self.is_development and is_loopback(base):
            # A server on this machine, which others cannot reach, often has no directory.
            log.warning("%s is taken as %s describes it, without a DID document: %s", claim.did, base, error)
            pds = claim.pds if claim.pds and is_loopback(claim.pds) else base
            return Owner(claim.did, pds, claim.handle if HANDLE.fullmatch(claim.handle or "") else None)
        if is_down:
            error.message = f"Bluesky: the DID document of {claim.did} could not be read, so nothing proves it"
            raise error
        message = f"{base} says that the account is {claim.did}, and that DID has no document that names a server"
        wanted = "a DID document with #atproto_pds"
        raise field_refused(message, _pointer(given), "did_document", wanted, claim.did) from error


def _pointer(given: AccountImport) -> str:
    return "/serviceUrl" if given.service_url else "/credentials"


def is_same_server(one: str, other: str) -> bool:
    """Whether two addresses have the same scheme, host and port. All names of this machine count as one."""
    return _origin(one) == _origin(other)


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    return urlsplit(url).hostname in LOOPBACK


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    return parts.scheme, "localhost" if host in LOOPBACK else host, parts.port or PORTS.get(parts.scheme)
