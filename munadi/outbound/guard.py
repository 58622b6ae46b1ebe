"""One guard for every outbound URL that a user can influence: media, webhook and PDS addresses.

Rule: a name is resolved once, every address it has must be public, and the connection goes to
the address that was checked. So there is no second DNS answer to trust (rebinding), and each hop of
a redirect passes here again. Parsing is httpx's, which also connects: there are no two readings of a URL.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import httpx

from munadi.domain.problem import Problem
from munadi.domain.problem_collector import ProblemCollector
from munadi.outbound.addresses import Address, is_loopback, why_not_public
from munadi.outbound.private_targets import PrivateTargets
from munadi.outbound.resolver import Resolver
from munadi.ports.calls import calling_brand, only_server

log = logging.getLogger("munadi.outbound")

BRAND_HEADER = "Sandbox-Brand"
DEFAULT_PORTS = frozenset({80, 443, 8080, 8443})
URL_LIMIT = 4096

# Names as DNS has them, and underscores, which some real hosts use. Everything odd is refused, not guessed.
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
# getaddrinfo reads such names as IPv4 in decimal, octal, hexadecimal or shortened notation.
_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
_USERINFO = re.compile(r"[^/?#]*//[^/?#]*@")

Resolve = Callable[[str, int], Awaitable[Collection[str]]]
Trace = Callable[[str, dict[str, Any]], Awaitable[None]]


class GuardCode(StrEnum):
    """Stable codes, shown in problems and delivery logs."""

    URL_SCHEME = "URL_SCHEME"
    URL_USERINFO = "URL_USERINFO"
    URL_HOST = "URL_HOST"
    URL_PORT = "URL_PORT"
    NAME_NOT_RESOLVED = "NAME_NOT_RESOLVED"
    ADDRESS_NOT_PUBLIC = "ADDRESS_NOT_PUBLIC"
    NOT_THE_SANDBOX = "NOT_THE_SANDBOX"


class GuardRefused(Exception):
    """The URL may not be called. `code` is stable, `message` is for people; nothing was connected."""

    def __init__(self, code: GuardCode, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL: `host` as the certificate must name it, `addresses` in the resolver's order."""

    url: httpx.URL
    host: str
    port: int
    addresses: tuple[Address, ...]


class Guard:
    """Decides which URLs may be called. One per purpose; it has no state.

    `allow_loopback` (development only) lets localhost through on any port, and without TLS.
    `private` are private addresses that an operator allows, on any port, and without TLS. `allowed_ports` counts for
    everything else; `https_only` refuses plain http there.
    """

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        https_only: bool = True,
        allowed_ports: Collection[int] = DEFAULT_PORTS,
        resolve: Resolve | None = None,
        resolve_timeout: float = 5.0,
        private: PrivateTargets | None = None,
    ) -> None:
        self.allow_loopback = allow_loopback
        self.https_only = https_only
        self.allowed_ports = frozenset(allowed_ports)
        self._resolve = resolve or Resolver()
        self._resolve_timeout = resolve_timeout
        self._private = private or PrivateTargets()

    async def check(self, url: str | httpx.URL) -> Target:
        """The addresses `url` may be called at. Raises GuardRefused, and nothing else, for a bad URL."""
        parsed = self.check_form(url)
        host = _host(parsed)
        port = _port(parsed)
        literal = _literal(host)
        addresses = (literal,) if literal else await self._addresses(host, port)
        for address in addresses:
            reason = why_not_public(address)
            if reason is None:
                self._check_public(parsed, port)
            elif not (self.allow_loopback and is_loopback(address)) and not self._private.allows(host, port, address):
                # A tenant must not learn what a name is here, such as an address of the operator's network.
                log.info("refused %s: it is at %s (%s)", host, address, reason)
                raise GuardRefused(GuardCode.ADDRESS_NOT_PUBLIC, f"{host} has no public address")
        return Target(parsed, host, port, addresses)

    async def find(self, url: str, pointer: str, problems: ProblemCollector) -> None:
        """Report a problem at the pointer unless `url` may be called."""
        try:
            await self.check(url)
        except GuardRefused as error:
            problems.extend([Problem(pointer=pointer, code=error.code, message=error.message, rule="outbound_url")])

    def check_form(self, url: str | httpx.URL) -> httpx.URL:
        """The part of `check` that needs no network: scheme, user info, host and port. Raises GuardRefused."""
        parsed = _parse(url)
        if parsed.scheme not in ("http", "https"):
            raise GuardRefused(GuardCode.URL_SCHEME, f"a URL starts with https://, not {parsed.scheme[:20]!r}")
        if parsed.userinfo or _USERINFO.match(str(url)):
            raise GuardRefused(GuardCode.URL_USERINFO, "a URL may not carry a user name or password")
        host = _host(parsed)
        if not 0 < _port(parsed) < 65536:
            raise GuardRefused(GuardCode.URL_PORT, f"{_port(parsed)} is not a port")
        if self.allow_loopback and _names_loopback(host):
            return parsed
        if not self._private.may_allow(host, _port(parsed)):
            self._check_public(parsed, _port(parsed))
        return parsed

    def _check_public(self, parsed: httpx.URL, port: int) -> None:
        """The rules for whatever is not at an allowed private address."""
        if self.https_only and parsed.scheme != "https":
            raise GuardRefused(GuardCode.URL_SCHEME, "plain http is not allowed, use https")
        if port not in self.allowed_ports:
            raise GuardRefused(GuardCode.URL_PORT, f"port {port} is not allowed")

    async def _addresses(self, host: str, port: int) -> tuple[Address, ...]:
        try:
            async with asyncio.timeout(self._resolve_timeout):
                found = tuple(ip_address(text) for text in await self._resolve(host, port))
        except (OSError, ValueError) as error:  # TimeoutError is an OSError; UnicodeError a ValueError
            raise GuardRefused(GuardCode.NAME_NOT_RESOLVED, f"{host} could not be resolved") from error
        if not found:
            raise GuardRefused(GuardCode.NAME_NOT_RESOLVED, f"{host} has no address")
        return found


async def refuse_other_servers(request: httpx.Request) -> None:
    """httpx's event hook for a request, at every client: a test brand's calls go to the sandbox and nowhere else.

    Raises GuardRefused, before a name is resolved or a connection is opened.
    """
    only = only_server()
    if only is not None and not is_at(request.url, only):
        message = f"a test brand calls only the sandbox, not {request.url.host[:80]}"
        raise GuardRefused(GuardCode.NOT_THE_SANDBOX, message)


async def name_test_brand(request: httpx.Request) -> None:
    """httpx's event hook for a request, at every client: the sandbox learns which test brand calls, as each has a clock
    and faults of its own there. It runs after `refuse_other_servers`, so no other server learns a brand."""
    if only_server() is not None and (brand_ref := calling_brand()) is not None:
        request.headers[BRAND_HEADER] = brand_ref


def is_at(url: httpx.URL | str, server: str) -> bool:
    """Whether a URL leads to this server: the same scheme, host and port."""
    try:
        return _origin(httpx.URL(url)) == _origin(httpx.URL(server))
    except (httpx.InvalidURL, ValueError):
        return False


def _origin(url: httpx.URL) -> tuple[str, bytes, int]:
    return url.scheme, url.raw_host.lower(), _port(url)


def _parse(url: str | httpx.URL) -> httpx.URL:
    if len(str(url)) > URL_LIMIT:
        raise GuardRefused(GuardCode.URL_HOST, f"a URL has at most {URL_LIMIT} characters")
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise GuardRefused(GuardCode.URL_HOST, "this is not a URL") from error


def _host(url: httpx.URL) -> str:
    """The host in ASCII (IDNA applied), lower case, without the root's dot. Raises GuardRefused."""
    host = url.raw_host.decode("ascii", "replace").lower().strip("[]")
    if _literal(host):
        return host
    host = host.removesuffix(".")
    if not _NAME.fullmatch(host) or (_NUMBER.fullmatch(host) and not _literal(host)):
        raise GuardRefused(GuardCode.URL_HOST, f"{host[:80]!r} is not a host name or a plain IP address")
    return host


def _port(url: httpx.URL) -> int:
    return url.port if url.port is not None else (443 if url.scheme == "https" else 80)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _names_loopback(host: str) -> bool:
    literal = _literal(host)
    return is_loopback(literal) if literal else host == "localhost" or host.endswith(".localhost")
