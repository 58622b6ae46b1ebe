"""What a program that signs in may be allowed: levels that a person understands, each a set of scopes.

The scopes of webhooks, accounts and keys are never given to a program that signs in: those need a key.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from munadi.domain.key import Scope
from munadi.domain.key_caps import KeyCaps

ACCESS_LIFE = timedelta(hours=1)
# A refresh token that is not used for so long has ended; each use gives a new one.
REFRESH_LIFE = timedelta(days=30)
CODE_LIFE = timedelta(seconds=60)
# A person needs some minutes to sign in and to read.
REQUEST_LIFE = timedelta(minutes=15)

MOST_REDIRECTS, LONGEST_ADDRESS, LONGEST_NAME = 10, 1_000, 80
# Of a longer name no more is read: normalization sorts a run of marks in quadratic time.
MOST_READ = 10 * LONGEST_NAME
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# A host of other characters could change the policy of the page that names it, or look like two hosts to a person.
_HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:.]+")
# RFC 8252, 7.1: an app's own scheme is its domain reversed (`com.example.app:/back`). Many take a word instead, then
# with `//` (`cursor://…`): so `mailto:`, `tel:` and the like are none.
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,60}")
# These belong to browsers and systems, which would run or open what is behind them.
# fmt: off
_OF_SYSTEMS = frozenset({
    "about", "blob", "chrome", "chrome-extension", "data", "edge", "file", "filesystem", "ftp", "ftps",
    "intent", "jar", "javascript", "ldap", "ldaps", "moz-extension", "nfs", "rdp", "resource", "search",
    "search-ms", "sftp", "shell", "smb", "ssh", "telnet", "vbscript", "view-source", "vnc", "ws", "wss",
})
# fmt: on
_OF_WINDOWS = "ms-"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class AccessLevel(StrEnum):
    """What a person can allow a program."""

    READ = "read"
    DRAFT = "draft"
    PROPOSE = "propose"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"


# Each level includes the ones before it, except for the last: taking posts back is a choice of its own.
LEVELS: Mapping[AccessLevel, tuple[Scope, ...]] = {
    AccessLevel.READ: (Scope.CONTENTS_READ, Scope.ACCOUNTS_READ),
    AccessLevel.DRAFT: (Scope.DRAFTS_WRITE,),
    AccessLevel.PROPOSE: (Scope.CONTENTS_PROPOSE,),
    AccessLevel.PUBLISH: (Scope.CONTENTS_WRITE,),
    AccessLevel.WITHDRAW: (Scope.CONTENTS_WITHDRAW,),
}
GRANTABLE: tuple[Scope, ...] = tuple(scope for scopes in LEVELS.values() for scope in scopes)


@dataclass(frozen=True)
class Consent:
    """What a person allowed a program, and the request that it answers. `granted_by` is the key of the person.

    `caps`: what the key may do at most beside them; None: no such bounds.
    """

    client_id: str
    client_name: str
    brand_ref: str
    scopes: tuple[Scope, ...]
    ends_at: datetime
    granted_by: str
    redirect_uri: str
    challenge: str
    resource: str | None
    caps: KeyCaps | None = None


@dataclass(frozen=True)
class IssuedTokens:
    """The tokens of a grant, as a program gets them once. Without `refresh` the first one is the key itself."""

    access: str
    refresh: str | None
    seconds: int
    scopes: tuple[Scope, ...]


class GrantRefused(Exception):
    """A code or a refresh token that gives no tokens. `code` is that of RFC 6749, 5.2."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def scopes_of(levels: Collection[str]) -> tuple[Scope, ...]:
    """The scopes of some levels; those to read are always among them."""
    wanted = {AccessLevel.READ, *levels}
    return tuple(scope for level, scopes in LEVELS.items() if level in wanted for scope in scopes)


def redirect_problem(uri: str) -> str | None:
    """Why a program cannot be sent back to this address; None when it can."""
    if len(uri) > LONGEST_ADDRESS or not uri.isascii() or not uri.isprintable() or " " in uri:
        return f"an address has at most {LONGEST_ADDRESS} visible ASCII characters"
    try:
        parts = urlsplit(uri)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return "is not an address"
    if "#" in uri:
        return "has a fragment (#…), which a redirect has no use for"
    if parts.username is not None or parts.password is not None:
        return "has a user name"
    if parts.scheme in ("https", "http"):
        if not host or not _HOST.fullmatch(host):
            return "has no host, or one with other characters than a name has"
        is_safe = parts.scheme == "https" or host in LOOPBACK
        return None if is_safe else "is neither https nor of this machine (http://127.0.0.1, RFC 8252)"
    return None if _is_own_scheme(parts.scheme, uri) else "has a scheme that is not an app's own"


def _is_own_scheme(scheme: str, uri: str) -> bool:
    if scheme in _OF_SYSTEMS or scheme.startswith(_OF_WINDOWS) or not _SCHEME.fullmatch(scheme):
        return False
    return "." in scheme or uri.startswith(f"{scheme}://")


def is_on_this_machine(uri: str) -> bool:
    """Whether a registered address is on the machine of the person's browser."""
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname in LOOPBACK


def is_same_redirect(registered: str, asked: str) -> bool:
    """Whether a program that registered one address may be sent to the other: the same text, or on this machine the
    same but for the port, which an app gets anew at each start (RFC 8252, 7.3)."""
    if registered == asked:
        return True
    one, other = urlsplit(registered), urlsplit(asked)
    on_this_machine = one.scheme == other.scheme == "http" and one.hostname in LOOPBACK
    same = (one.hostname, one.path, one.query) == (other.hostname, other.path, other.query)
    return on_this_machine and same and other.username is None and "#" not in asked


def is_challenge(text: str) -> bool:
    """Whether a text can be the SHA-256 of a verifier (RFC 7636, 4.2)."""
    return _CHALLENGE.fullmatch(text) is not None


def shown_name(text: str | None) -> str:
    """The name that a program gives itself, without what could make a person read it otherwise."""
    normal = unicodedata.normalize("NFKC", (text or "")[:MOST_READ])
    plain = "".join(each for each in normal if each == " " or unicodedata.category(each)[0] not in "CZ")
    return " ".join(plain.split())[:LONGEST_NAME].strip()
